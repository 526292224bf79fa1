/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=3,4 hercules=3 timeout=60 */
/*
 * SIGP to a CPU while another one changes the key of a page in use, again and
 * again. Setting such a key needs all CPUs to pause; the CPU that waits for
 * its SIGP, and the CPU that the SIGP is for, must not hold that up. A machine
 * that gets it wrong hangs.
 */
#include "guest.h"

#define ORDERS  10000

static uint32_t finish;
static uint64_t changes;
static uint8_t *page;

static void change_keys(void *unused)
{
    while (!__atomic_load_n(&finish, __ATOMIC_ACQUIRE)) {
        sske((uint64_t)page, changes++ & 1 ? SKEY_ACC(1) : SKEY_ACC(2));
        *(volatile uint8_t *)page = 1;
    }
}

void main(void)
{
    unsigned stopped = smp_count() - 1;
    uint64_t prefix;
    uint32_t refused = 0;

    page = page_alloc(1);
    prefix = (uint64_t)page_alloc(4);
    prefix = (prefix + 8191) & ~8191ul;
    smp_start(1, change_keys, NULL);
    for (unsigned i = 0; i < ORDERS; i++) {
        refused += sigp_retry(stopped, SIGP_INITIAL_CPU_RESET, 0, NULL) != 0;
        refused += sigp_retry(stopped, SIGP_SET_PREFIX, prefix, NULL) != 0;
    }
    __atomic_store_n(&finish, 1, __ATOMIC_RELEASE);
    smp_wait(1);
    ok_eq(refused, 0, "every SIGP was accepted");
    ok(changes > 0, "keys were changed meanwhile");
    tap_note("%lu key changes", changes);
}
