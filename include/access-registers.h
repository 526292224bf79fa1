/*
 * Access-register mode.
 *
 * QEMU 10.0 knows no access-register mode and ends when a guest enters it.
 * Under kvm390 the translator calls a helper before an instruction that has
 * storage operands in this mode. It translates the access registers
 * (core/dat.c) and finds the one space that the instruction's operands are in:
 *
 * - If that is the primary space, all goes on as in primary-space mode.
 *
 * - If it is another one, the operands go through a family of MMU indexes
 *   (protection.h) that is bound to the space's ASCE and the access key. That
 *   the family is in use is in the translation block's flags, so where the
 *   block at hand was made for the other case, the helper leaves it and the
 *   instruction begins anew. Nothing is remembered but this guess, which the
 *   helper checks again before each instruction; so it does not matter what
 *   the program does to access registers, lists or control registers between
 *   two of them. TLB entries of the family are those of an ASCE, as the other
 *   families' are: what changes tables or control registers empties them, and
 *   a family that is taken for another space or key is emptied first.
 *   Instructions are fetched from the primary space, through the family of
 *   the PSW key, which is never taken for the family in use (families.c).
 *
 * - If its operands are in two different spaces, there is an ALEN-translation
 *   exception. So there is for other spaces than the primary one where an
 *   instruction translates by itself (LRA, TPROT, MVPG, ...), and with
 *   skeys=off. MVCOS has its own way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_ACCESS_REGISTERS_H
#define KVM390_ACCESS_REGISTERS_H

#include "cpu.h"
#include "kvm390/include/accel.h"

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

#ifndef CONFIG_USER_ONLY

/**
 * kvm390_ar_space_active: do storage operands go through the bound family?
 * @env: the current CPU
 * @key: the PSW key
 *
 * Ends it if the CPU has left the mode or has another key.
 */
bool kvm390_ar_space_active(CPUS390XState *env, unsigned key);

/* The space that an access register designates. */
typedef struct Kvm390ArSpace {
    uint64_t asce;
    bool fetch_only;        /* its access-list entry permits fetches only */
} Kvm390ArSpace;

/**
 * kvm390_bind_ar_family: let storage operands go through a family of a space
 * @env: the current CPU
 * @space: the space, another one than the primary space
 * @key: the PSW key
 *
 * Takes a family if none is bound to this space and key. vCPU thread.
 */
void kvm390_bind_ar_family(CPUS390XState *env, Kvm390ArSpace space,
                           unsigned key);

/**
 * kvm390_ar_space_refused: name the access register of an exception to be
 * @env: the current CPU
 *
 * Stores the exception access identification at real address 160.
 */
void kvm390_ar_space_refused(CPUS390XState *env);

/**
 * kvm390_mvcos: MVCOS if an operand is in access-register mode
 * @env: the current CPU, at an MVCOS whose operand-access controls were checked
 * @dest, @dest_as, @dest_key: address of the first operand, its address-space
 *                             control (0 to 3) and access key
 * @src, @src_as, @src_key: those of the second operand
 * @len: 0 to 4096 bytes
 * @ra: the helper's return address
 *
 * Does not return if there is a program interruption.
 *
 * Returns: false, having done nothing, if neither operand is.
 */
bool kvm390_mvcos(CPUS390XState *env, uint64_t dest, unsigned dest_as,
                  unsigned dest_key, uint64_t src, unsigned src_as,
                  unsigned src_key, uint32_t len, uintptr_t ra);

#endif /* !CONFIG_USER_ONLY */
#endif /* KVM390_ACCESS_REGISTERS_H */
