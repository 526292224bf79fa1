/*
 * What the PSW must be before an instruction is fetched by it, and where its
 * condition code is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_PSW_H
#define KVM390_PSW_H

#include "cpu.h"
#include "kvm390/include/accel.h"

/**
 * kvm390_odd_psw: mend or refuse a PSW that QEMU's translator ends at.
 * @env: the CPU, about to fetch an instruction
 *
 * In the 24-bit and the 31-bit mode the instruction address wraps (PoP,
 * "Address Wraparound"); QEMU 10.0 does not wrap what it computes of it,
 * sequential or relative. An invalid addressing mode or reserved bit is an
 * early specification exception (PoP, "Exceptions Associated with the PSW");
 * QEMU 10.0 forgets that exception if an interruption loaded the PSW. vCPU
 * thread; does not return after an exception.
 */
void kvm390_odd_psw(CPUS390XState *env);

/**
 * kvm390_check_psw: kvm390_odd_psw() where there may be a need for it.
 * @env: the CPU, about to fetch an instruction
 *
 * Does nothing unless kvm390_enabled(). vCPU thread.
 */
static inline void kvm390_check_psw(CPUS390XState *env)
{
#ifndef CONFIG_USER_ONLY
    const uint64_t mode = PSW_MASK_64 | PSW_MASK_32;

    if (unlikely((env->psw.mask & (PSW_MASK_RESERVED | mode)) != mode) &&
        kvm390_enabled()) {
        kvm390_odd_psw(env);
    }
#endif
}

/**
 * kvm390_cc_to_psw: put the condition code into env->psw.mask
 * kvm390_cc_from_psw: take it from there
 * @env: a CPU that does not run
 *
 * TCG keeps it apart, in a form from which it is computed when it is needed.
 * QEMU 10.0 migrates and saves the PSW without that, and a guest goes on with
 * condition code 0. Nothing is done unless kvm390_enabled(). BQL.
 */
void kvm390_cc_to_psw(CPUS390XState *env);
void kvm390_cc_from_psw(CPUS390XState *env);

#endif /* KVM390_PSW_H */
