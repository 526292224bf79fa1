/*
 * Access-register mode.
 *
 * QEMU 10.0 knows no access-register mode and ends when a guest enters it.
 * Under kvm390 it works where the access registers that an instruction uses
 * hold ALET 0, which designates the primary address space; base register 0
 * means no access register and designates it too. Any other ALET is a program
 * interruption: ALET-specification where the ALET is malformed, else
 * ALEN-translation, as if the access list held no entry for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_ACCESS_REGISTERS_H
#define KVM390_ACCESS_REGISTERS_H

#include "cpu.h"
#include "kvm390/include/kvm390/accel.h"

/**
 * kvm390_space_of_asc: the address space that an access with ASC bits uses.
 * @asc: one of PSW_ASC_*
 *
 * Returns: PSW_ASC_PRIMARY for access-register mode under kvm390 (the ALETs
 * were checked when the instruction began), else @asc. Any context.
 */
static inline uint64_t kvm390_space_of_asc(uint64_t asc)
{
    return asc == PSW_ASC_ACCREG && kvm390_enabled() ? PSW_ASC_PRIMARY : asc;
}

/**
 * kvm390_sacf_access_registers: SET ADDRESS SPACE CONTROL (FAST) with code 2.
 * @env: the CPU, with DAT on
 * @ra: the helper's return address
 *
 * Sets access-register mode. A special-operation exception unless CR0 bit 37,
 * secondary-space control, is one (PoP, "SET ADDRESS SPACE CONTROL").
 *
 * Returns: false, having done nothing, if another accelerator is in charge.
 * vCPU thread.
 */
bool kvm390_sacf_access_registers(CPUS390XState *env, uintptr_t ra);

#endif /* KVM390_ACCESS_REGISTERS_H */
