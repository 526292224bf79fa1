/*
 * The floating-point-control register, set from outside of the guest
 *
 * The rounding mode is in two places: the guest sees the register, QEMU's
 * arithmetic looks at the CPU's float_status. Who sets one sets both.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_FPC_H
#define KVM390_FPC_H

#include <stdbool.h>
#include <stdint.h>

/**
 * kvm390_fpc_is_valid: whether a guest could have set the register to it
 * @fpc: the value
 * @extended: the CPU has the floating-point-extension facility, and with it
 *            the third bit of the binary rounding mode
 *
 * Unassigned bits are zero, and 4, 5 and 6 are no binary rounding mode
 * (Principles of Operation, "Floating-Point-Control Register"). Plain.
 */
static inline bool kvm390_fpc_is_valid(uint32_t fpc, bool extended)
{
    const unsigned mode = fpc & 7;

    return !(fpc & 0x03030088) &&
           (mode <= 3 || (mode == 7 && extended));
}

struct CPUArchState;

/**
 * kvm390_load_fpc: set a CPU's register, and the rounding mode with it
 * @fpc: the value; one that is not valid counts as 0, as with KVM
 *
 * Nothing else runs the CPU meanwhile.
 */
void kvm390_load_fpc(struct CPUArchState *env, uint32_t fpc);

#endif /* KVM390_FPC_H */
