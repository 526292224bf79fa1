/*
 * Between the files that record exits
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_EXIT_RECORD_H
#define KVM390_EXIT_RECORD_H

#include "kvm390/include/exits.h"

/* All of these: the vCPU's thread, inside cpu_exec(). */

/**
 * kvm390_exit_of: where the CPU's exits are recorded
 *
 * Returns: NULL on any machine but kvm390-vm.
 */
Kvm390Exit *kvm390_exit_of(CPUS390XState *env);

/** kvm390_record_exit: KVM_RUN returns 0 with this KVM_EXIT_* reason */
void kvm390_record_exit(Kvm390Exit *e, uint32_t reason);

/** kvm390_record_sieic: an interception; @insn is left-aligned, or 0 */
void kvm390_record_sieic(Kvm390Exit *e, uint8_t icptcode, uint64_t insn);

/** kvm390_record_fault: KVM_RUN returns -EFAULT */
void kvm390_record_fault(Kvm390Exit *e);

/** kvm390_failed_instruction: what met an exception, left-aligned */
uint64_t kvm390_failed_instruction(CPUS390XState *env);

/** kvm390_exit_soon: leave once the present exception is dealt with */
void kvm390_exit_soon(CPUS390XState *env);

/** kvm390_exit_now: leave from inside an instruction; the PSW stays */
void G_NORETURN kvm390_exit_now(CPUS390XState *env);

/**
 * kvm390_exit_behind: the same, with the instruction done
 * @next: the address behind it, where the PSW goes
 * @ilen: its length in bytes
 */
void G_NORETURN kvm390_exit_behind(CPUS390XState *env, Kvm390Exit *e,
                                   uint64_t next, unsigned ilen);

/**
 * kvm390_leave: an interception of an instruction, and kvm390_exit_behind()
 * @insn: left-aligned
 */
void G_NORETURN kvm390_leave(CPUS390XState *env, Kvm390Exit *e, uint64_t insn,
                             uint64_t next, unsigned ilen);

/** kvm390_next_instruction: it is done, and the PSW goes to @next */
void G_NORETURN kvm390_next_instruction(CPUS390XState *env, uint64_t next);

/**
 * kvm390_sigp: SIGNAL PROCESSOR
 *
 * Returns if it is to be run here.
 */
void kvm390_sigp(CPUS390XState *env, Kvm390Exit *e, uint64_t insn,
                 uint64_t next, unsigned ilen);

/**
 * kvm390_diag_258: page-reference services
 * @ra: the helper's return address
 *
 * Returns if it is user space's.
 */
void kvm390_diag_258(CPUS390XState *env, uint64_t insn, uint64_t next,
                     uintptr_t ra);

/**
 * kvm390_ucontrol_intercept: an instruction of a user-controlled VM
 *
 * Returns if it is to be run here.
 */
void kvm390_ucontrol_intercept(CPUS390XState *env, Kvm390Exit *e,
                               uint64_t insn, uint64_t next, unsigned ilen);

/**
 * kvm390_ucontrol_program: a program interruption of a user-controlled VM
 *
 * Returns true if it is an exit instead of being taken. Under the BQL.
 */
bool kvm390_ucontrol_program(CPUS390XState *env, Kvm390Exit *e);

#endif
