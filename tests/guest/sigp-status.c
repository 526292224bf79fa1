/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=2 hercules=2 */
/*
 * SIGP orders that store status or set a prefix where there is no storage: an
 * invalid parameter (PoP, "Signal-Processor Orders"), and in the last place
 * where there is some.
 */
#include "guest.h"

#define STOPPED           0x40u
#define INVALID_PARAMETER 0x100u

static void nothing(void *unused)
{
}

static void refused(unsigned order, uint64_t address, const char *what)
{
    uint32_t status = 0;
    int cc = sigp_retry(1, order, address, &status);

    ok(cc == 1 && status == INVALID_PARAMETER, "%s at %x: cc %d, status %x",
       what, (uint32_t)address, cc, status);
}

void main(void)
{
    uint64_t end = memory_size();
    uint32_t status = 0;

    smp_call(1, nothing, NULL);
    ok(sigp_retry(1, SIGP_SENSE, 0, &status) == 1 && status == STOPPED,
       "the other CPU is stopped: status %x", status);
    refused(SIGP_STORE_STATUS, end, "STORE STATUS");
    refused(SIGP_STORE_STATUS, 0x7ffffe00, "STORE STATUS");
    ok(sigp_retry(1, SIGP_STORE_STATUS, end - 512, NULL) == 0,
       "STORE STATUS in the last 512 bytes");
    refused(SIGP_SET_PREFIX, end, "SET PREFIX");
    refused(SIGP_SET_PREFIX, 0x7fffe000, "SET PREFIX");
}
