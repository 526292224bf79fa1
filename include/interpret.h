/*
 * Interpretive execution: START INTERPRETIVE EXECUTION
 *
 * SIE is a change of worlds within one CPU. At entry the registers that host
 * and guest do not share are exchanged (PSW, control registers, general
 * registers 14 and 15, prefix, ...), and so are the TLBs; everything in QEMU
 * then works for the guest as it does for the host, but for what takes an
 * absolute address to be one of the machine's: a guest's absolute address is
 * one of the host's primary space (sie-stage2.c). At an interception, or when
 * the host has an interruption to take, the worlds change back.
 *
 * Two rules keep it sound:
 *
 * - Where worlds change, the CPU leaves the translation block by
 *   cpu_loop_exit(), or tells that an interruption was taken: a block of one
 *   world is never chained to one of the other. The flag KVM390_FLAG_SIE keeps
 *   their blocks apart in every search.
 * - Who looks at a CPU from outside finds the host: a machine that stops, and
 *   a reset, leave SIE (sie-switch.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_INTERPRET_H
#define KVM390_INTERPRET_H

#include "cpu.h"

/* A translation block's flag: it belongs to a guest of SIE. */
#define KVM390_FLAG_SIE     (1u << 11)

/*
 * A code of no program interruption: the guest's access ended in one of the
 * host's, which env->kvm390.sie has. It goes the way of the guest's own up to
 * where they are delivered.
 */
#define KVM390_PGM_HOST_FAULT   0x1000

/* Beside the length of an intercepted instruction: it is EXECUTE's target. */
#define KVM390_EXECUTED         0x10

#ifdef CONFIG_USER_ONLY

#define kvm390_sie_active(env)  false
#define kvm390_sie_flags(env)   0u
#define kvm390_sie_reset(env)
#define kvm390_sie_facilities(env, at, machine) (machine)
#define kvm390_per_on(env)      ((env)->psw.mask & PSW_MASK_PER)

#else

/** kvm390_sie_active: is a guest being executed? On the CPU's own thread. */
#define kvm390_sie_active(env)  (unlikely((env)->kvm390.sie.active))

/** kvm390_per_on: is PER on, by the PSW or for the host of a guest? */
#define kvm390_per_on(env)                                                  \
    ((env)->psw.mask & PSW_MASK_PER ||                                      \
     (kvm390_sie_active(env) && (env)->kvm390.sie.per))

/** kvm390_sie_flags: the translation-block flags that a guest adds */
uint32_t kvm390_sie_flags_slow(CPUS390XState *env);
#define kvm390_sie_flags(env)                                               \
    (kvm390_sie_active(env) ? kvm390_sie_flags_slow(env) : 0u)

/** kvm390_sie_offered: has the machine SIE? Any thread. */
bool kvm390_sie_offered(void);

/**
 * kvm390_sie_leave: end the guest's execution, if there is one
 * @env: the CPU, on its own thread or stopped
 * @icpt: SIE_ICPT_*; with SIE_ICPT_NONE the host will execute SIE again
 *
 * All changes are in the control block afterwards, and the CPU is the host's.
 */
void kvm390_sie_leave(CPUS390XState *env, unsigned icpt);

/** kvm390_sie_init: once, when the accelerator is initialised. BQL. */
void kvm390_sie_init(void);

/**
 * kvm390_sie_reset: a CPU is about to be reset
 *
 * Its own thread, or before it runs.
 */
void kvm390_sie_reset(CPUS390XState *env);

/**
 * kvm390_sie_absolute: the machine's absolute address of a guest's
 * @env: the current CPU, in SIE
 * @guest: the guest's absolute address
 * @type: the access
 * @absolute: the result
 * @prot: PAGE_*, reduced to what the host permits; or NULL
 *
 * Returns: 0, KVM390_PGM_ADDRESSING where the guest has no such storage, or
 * KVM390_PGM_HOST_FAULT.
 */
int kvm390_sie_absolute(CPUS390XState *env, uint64_t guest,
                        MMUAccessType type, uint64_t *absolute, int *prot);

/**
 * kvm390_sie_lowcore: the machine's absolute address of a CPU's prefix area
 * @env: the current CPU
 *
 * In SIE of its first 4 KiB; where these are not accessible the guest is left
 * and this does not return.
 */
uint64_t kvm390_sie_lowcore(CPUS390XState *env);

/**
 * kvm390_sie_invalidates: IPTE has made a page-table entry invalid
 * @env: the current CPU
 * @entry: the entry's real address
 *
 * Empties all CPUs' TLBs if a second stage may have used the table. Not before
 * the entry is invalid: the other CPUs may do it at once, and look again.
 */
void kvm390_sie_invalidates(CPUS390XState *env, uint64_t entry);

/*
 * An instruction of a guest that is about to be executed.
 *
 * @insn: the instruction, left-aligned
 * @next: the address behind it, or behind its EXECUTE
 * @ilen: its length in bytes, of EXECUTE's target that of EXECUTE
 * @executed: it is EXECUTE's target
 */
typedef struct Kvm390SieText {
    uint64_t insn;
    uint64_t next;
    unsigned ilen;
    bool executed;
} Kvm390SieText;

/**
 * kvm390_sie_instruction: an instruction of the guest that may be intercepted
 * @env: the current CPU, in SIE
 * @text: the instruction
 *
 * Returns if QEMU's own code for it is to be executed.
 */
void kvm390_sie_instruction(CPUS390XState *env, const Kvm390SieText *text);

/**
 * kvm390_sie_leave_now: leave the guest, and the block that is executed
 * @env: the current CPU, in SIE
 * @icpt: SIE_ICPT_*
 */
void G_NORETURN kvm390_sie_leave_now(CPUS390XState *env, unsigned icpt);

/**
 * kvm390_sie_record: put an instruction into the control block
 * @env: the current CPU, in SIE
 * @insn, @ilen, @executed: as in Kvm390SieText
 */
void kvm390_sie_record(CPUS390XState *env, uint64_t insn, unsigned ilen,
                       bool executed);

/**
 * kvm390_sie_leave_done: leave the guest behind an instruction
 * @env: the current CPU, in SIE
 * @icpt: SIE_ICPT_*
 * @text: the instruction, of which all or a part has been done
 */
void G_NORETURN kvm390_sie_leave_done(CPUS390XState *env, unsigned icpt,
                                      const Kvm390SieText *text);

/**
 * kvm390_sie_sigp_order: SIGNAL PROCESSOR of a guest
 * @env: the current CPU, in SIE
 * @text: the instruction, of any kind
 *
 * Returns if it is the host's; else the guest goes on behind it, or was left.
 */
void kvm390_sie_sigp_order(CPUS390XState *env, const Kvm390SieText *text);

/**
 * kvm390_sie_called: the external call that is pending at a guest's CPU
 * @env: the current CPU, in SIE
 * @take: it is taken: none is pending afterwards
 *
 * Returns: the calling CPU's address, or -1.
 */
int kvm390_sie_called(CPUS390XState *env, bool take);

/**
 * kvm390_sie_take_external: let the guest take an external interruption
 * @env: the current CPU, in SIE
 *
 * One that is pending, that its PSW admits, and that it takes without the
 * host. Returns true if it has taken one: the PSW is another then, and if that
 * one waits the guest may have been left. The caller ends the block.
 */
bool kvm390_sie_take_external(CPUS390XState *env);

/**
 * kvm390_sie_external: the same, or leave the guest for one of its timers
 *
 * Returns true if one of the two has happened.
 */
bool kvm390_sie_external(CPUS390XState *env);

/** kvm390_sie_host_protects: did this end at a page that the host protects? */
bool kvm390_sie_host_protects(CPUS390XState *env, int exc);

/**
 * kvm390_sie_leave_to_host: instruction interception of what has begun
 * @env: the current CPU, in SIE; the instruction has changed nothing
 * @ra: the helper's return address
 */
void G_NORETURN kvm390_sie_leave_to_host(CPUS390XState *env, uintptr_t ra);

/**
 * kvm390_sie_mvpg: MVPG in a guest, which may be left to the host partly done
 * @env: the current CPU
 * @source, @dest: real addresses of the pages
 * @regs: the fields R1 and R2
 * @ra: the helper's return address
 */
void kvm390_sie_mvpg(CPUS390XState *env, uint64_t source, uint64_t dest,
                     unsigned regs, uintptr_t ra);

/**
 * kvm390_sie_program: a program interruption is about to be delivered
 * @env: the current CPU, BQL
 *
 * Returns true if the guest was left for it, or for the host's.
 */
bool kvm390_sie_program(CPUS390XState *env);

/**
 * kvm390_sie_lock_tables: the guest is about to change its translation tables
 * @env: the current CPU, in SIE
 *
 * Returns false if the host has them. Otherwise, and if the control block asks
 * for it, the host waits until kvm390_sie_unlock_tables().
 */
bool kvm390_sie_lock_tables(CPUS390XState *env);
void kvm390_sie_unlock_tables(CPUS390XState *env);

/** kvm390_sie_wait: a PSW that waits was loaded; true if a guest was left. */
bool kvm390_sie_wait(CPUS390XState *env);

/**
 * kvm390_sie_interrupted: has the host an interruption to take?
 * @env: the current CPU, in SIE; BQL
 *
 * Returns true if so, and the guest was left for it. The guest may have been
 * left for a timer of its own, too: then this returns false. Where it takes an
 * interruption itself this does not return.
 */
bool kvm390_sie_interrupted(CPUS390XState *env);

/**
 * kvm390_sie_facilities: a byte of the facility list that STFLE stores
 * @env: the current CPU
 * @at: its number
 * @machine: what the machine's list has there
 *
 * Returns: the guest's, of a guest of SIE with a list of its own.
 */
uint8_t kvm390_sie_facilities(CPUS390XState *env, unsigned at,
                              uint8_t machine);

/* --- the guest's timers (sie-timers.c) --- */

/** kvm390_sie_ckc: its clock comparator. */
uint64_t kvm390_sie_ckc(CPUS390XState *env);
void kvm390_sie_set_ckc(CPUS390XState *env, uint64_t value);

/** kvm390_sie_cputm: its CPU timer, in units of the TOD clock. */
uint64_t kvm390_sie_cputm(CPUS390XState *env);
void kvm390_sie_set_cputm(CPUS390XState *env, uint64_t value);

/**
 * kvm390_ckc_expires: when the clock comparator is due of a CPU whose TOD clock
 *                     is not the machine's (KVM_REG_S390_EPOCHDIFF)
 *
 * Returns the time in nanoseconds of the virtual clock, 0 if it is due.
 */
int64_t kvm390_ckc_expires(CPUS390XState *env);

/** kvm390_tod_ahead: what a CPU's TOD clock is ahead of the machine's. */
#define kvm390_tod_ahead(env)                                               \
    ((env)->kvm390.tod_ahead +                                              \
     (kvm390_sie_active(env) ? (env)->kvm390.sie.epoch : 0))

/** kvm390_sie_arm: see to it that the guest is left when a timer is due. */
void kvm390_sie_arm(CPUS390XState *env);

/**
 * kvm390_sie_arm_again: the CPU has looked, and none was due, or the PSW masks
 *                       it off; BQL
 */
void kvm390_sie_arm_again(CPUS390XState *env);

/**
 * kvm390_sie_timer_due: is the guest to take an interruption of a timer?
 *
 * Returns the external interruption code, or 0.
 */
unsigned kvm390_sie_timer_due(CPUS390XState *env);

#endif /* !CONFIG_USER_ONLY */

#endif /* KVM390_INTERPRET_H */
