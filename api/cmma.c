/*
 * Page states: GET_CMMA_BITS, SET_CMMA_BITS, and the attributes around them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "mode.h"
#include "qemu/rcu.h"
#include "system/replay.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/essa.h"
#include "kvm390/include/slot-memory.h"

int kvm390_api_get_cmma(Kvm390Call *call)
{
    struct kvm_s390_cmma_log *args = call->arg;
    Kvm390CmmaLog log = {
        .start_gfn = args->start_gfn,
        .count = args->count,
        .flags = args->flags,
    };
    g_autofree uint8_t *values = g_malloc(MIN(args->count,
                                              KVM390_CMMA_SIZE_MAX));
    int ret;

    WITH_RCU_READ_LOCK_GUARD() {
        ret = kvm390_cmma_get_bits(&kvm390_guest_cmma, &log, values);
    }
    if (ret) {
        return ret;
    }
    if (log.count) {
        memcpy(kvm390_api_out(call, log.count), values, log.count);
    } else {
        args->values = 0;
    }
    args->start_gfn = log.start_gfn;
    args->count = log.count;
    args->flags = log.flags;
    args->remaining = log.remaining;
    return 0;
}

int kvm390_api_set_cmma(Kvm390Call *call)
{
    const struct kvm_s390_cmma_log *args = call->arg;
    Kvm390CmmaLog log = {
        .start_gfn = args->start_gfn,
        .count = args->count,
        .flags = args->flags,
        .mask = args->mask,
    };
    int ret = kvm390_cmma_set_check(kvm390_cmma_enabled(&kvm390_guest_cmma),
                                    args->flags, args->count);

    if (ret <= 0) {
        return ret;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    if (replay_mode != REPLAY_MODE_NONE) {
        return -EBUSY;
    }
    RCU_READ_LOCK_GUARD();
    return kvm390_cmma_set_bits(&kvm390_guest_cmma, &log, call->in[0]);
}

int kvm390_api_cmma_control(uint64_t attr)
{
    int ret;

    if (!kvm390_cmma_wanted()) {
        return -ENXIO;
    }
    if (attr == KVM_S390_VM_MEM_ENABLE_CMMA) {
        ret = kvm390_cmma_enable(&kvm390_guest_cmma, kvm390_vcpus());
        kvm390_slot_memory_changed(); /* CMMA looks at memory from now on */
        return ret;
    }
    if (replay_mode != REPLAY_MODE_NONE) {
        return -EBUSY;
    }
    RCU_READ_LOCK_GUARD();
    ret = kvm390_cmma_clear(&kvm390_guest_cmma);
    if (!ret) {
        kvm390_cmma_clean_log(&kvm390_guest_cmma);
    }
    return ret;
}

int kvm390_api_set_migration(uint64_t attr)
{
    unsigned slots, unlogged;

    RCU_READ_LOCK_GUARD();
    switch (attr) {
    case KVM_S390_VM_MIGRATION_START:
        kvm390_mode->count_slots(&slots, &unlogged);
        return kvm390_cmma_start_migration(&kvm390_guest_cmma, slots,
                                           unlogged);
    case KVM_S390_VM_MIGRATION_STOP:
        kvm390_cmma_stop_migration(&kvm390_guest_cmma);
        return 0;
    default:
        return -ENXIO;
    }
}

int kvm390_api_get_migration(uint64_t attr, Kvm390Call *call)
{
    if (attr != KVM_S390_VM_MIGRATION_STATUS) {
        return -ENXIO;
    }
    *(uint64_t *)kvm390_api_out(call, 8) =
        kvm390_cmma_migration(&kvm390_guest_cmma);
    return 0;
}
