/*
 * What LCTL and LCTLG mean to the TLBs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CONTROLS_H
#define KVM390_CONTROLS_H

#include "cpu.h"

/* The control registers as they were. */
typedef struct Kvm390Controls {
    uint64_t cr[16];
} Kvm390Controls;

static inline Kvm390Controls kvm390_controls(const CPUS390XState *env)
{
    Kvm390Controls was;

    memcpy(was.cr, env->cregs, sizeof(was.cr));
    return was;
}

/**
 * kvm390_controls_loaded: keep the TLB entries that still hold
 * @env: the current CPU, whose control registers were just loaded
 * @was: what they were before
 * @first: address of the operand
 * @end: address behind it
 *
 * Empties the TLBs of the address spaces that changed, or brings back what
 * they held before (see tlbbanks.h). The rest stays: LCTL purges nothing of
 * its own (Principles of Operation, Dynamic Address Translation, "Translation-
 * Lookaside Buffer").
 */
void kvm390_controls_loaded(CPUS390XState *env, const Kvm390Controls *was,
                            uint64_t first, uint64_t end);

#endif /* KVM390_CONTROLS_H */
