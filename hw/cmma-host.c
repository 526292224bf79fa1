/*
 * Page states and the machine: set-up and reset
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "cpu.h"
#include "kvm390/include/cmma-host.h"
#include "kvm390/trace.h"
#include "cmma-internal.h"

static const Kvm390CmmaOps host_ops = {
    .resident = kvm390_host_resident,
    .make_resident = kvm390_host_make_resident,
    .content_needed = kvm390_host_content_needed,
    .wake = kvm390_host_wake,
    .release = kvm390_host_release,
};

bool kvm390_cmma_realize(uint64_t pages, Error **errp)
{
    int ret = kvm390_cmma_init(&kvm390_guest_cmma, pages, &host_ops);

    if (ret) {
        error_setg_errno(errp, -ret, "kvm390: no room for the states of %"
                         PRIu64 " pages", pages);
        return false;
    }
    kvm390_host_map_init();
    kvm390_discard_init();
    kvm390_cmma_migration_init();
    return true;
}

void kvm390_cmma_reset(void)
{
    if (kvm390_essa_offered()) {
        RCU_READ_LOCK_GUARD();
        kvm390_cmma_clear(&kvm390_guest_cmma);
        trace_kvm390_cmma_reset();
    }
}
