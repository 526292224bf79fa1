/*
 * KVM_SET_GUEST_DEBUG: single-stepping and hardware breakpoints
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "exec/exec-all.h"
#include "exec/breakpoint.h"
#include "hw/core/cpu.h"

#define VALID_FLAGS (KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | \
                     KVM_GUESTDBG_USE_HW_BP)

static int insert(CPUState *cs, const struct kvm_hw_breakpoint *bp)
{
    switch (bp->type) {
    case KVM_HW_BP:
        cpu_breakpoint_insert(cs, bp->addr, BP_GDB, NULL);
        return 0;
    case KVM_HW_WP_WRITE:
        if (!bp->len) {
            return -EINVAL;
        }
        return cpu_watchpoint_insert(cs, bp->addr, bp->len,
                                     BP_GDB | BP_MEM_WRITE, NULL) ?
               -EINVAL : 0;
    default:
        return -EINVAL;
    }
}

static int insert_all(Kvm390Call *call, const struct kvm_guest_debug *debug)
{
    unsigned n = debug->arch.nr_hw_bp, i;
    struct kvm_hw_breakpoint bp;
    int ret = 0;

    if (!n) {
        return 0;
    }
    if (n > 64) {
        return -EINVAL;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    for (i = 0; i < n && !ret; i++) {
        memcpy(&bp, call->in[0] + i * sizeof(bp), sizeof(bp));
        ret = insert(CPU(call->vcpu->cpu), &bp);
    }
    return ret;
}

int kvm390_set_guest_debug(Kvm390Call *call)
{
    const struct kvm_guest_debug *debug = call->arg;
    CPUState *cs = CPU(call->vcpu->cpu);
    int ret = 0;

    call->vcpu->guest_debug = 0;
    call->vcpu->debug_pending = false;
    cpu_breakpoint_remove_all(cs, BP_GDB);
    cpu_watchpoint_remove_all(cs, BP_GDB);
    cpu_single_step(cs, 0);
    if (debug->control & ~VALID_FLAGS) {
        return -EINVAL;
    }
    if (!(debug->control & KVM_GUESTDBG_ENABLE)) {
        return 0;
    }
    if (debug->control & KVM_GUESTDBG_USE_HW_BP) {
        ret = insert_all(call, debug);
    }
    if (ret) {
        cpu_breakpoint_remove_all(cs, BP_GDB);
        cpu_watchpoint_remove_all(cs, BP_GDB);
        return ret;
    }
    call->vcpu->guest_debug = debug->control;
    if (debug->control & KVM_GUESTDBG_SINGLESTEP) {
        cpu_single_step(cs, SSTEP_ENABLE);
    }
    return 0;
}
