/*
 * What leaves a user-controlled VM's guest: every interception, raw
 *
 * KVM hands each one to user space and handles none (Linux,
 * kvm_handle_sie_intercept()), so what counts is what the hardware intercepts:
 * some instructions always, some where the control block's interception
 * controls ask for it, and those that use storage keys while the keyless
 * subset is on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm390/include/uapi.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exit-record.h"
#include "kvm390/include/pgm.h"
#include "kvm390/include/sie.h"

void kvm390_ucontrol_intercept(CPUS390XState *env, Kvm390Exit *e,
                               uint64_t insn, uint64_t next, unsigned ilen)
{
    Kvm390SieControls controls = e->sie;

    controls.interpret = KVM390_INTERPRET_PFMF | KVM390_INTERPRET_STFLE |
                         KVM390_INTERPRET_PTF;
    switch (kvm390_intercepted(&controls, insn)) {
    case KVM390_INTERPRETED:
        return;
    case KVM390_INTERCEPTED:
        kvm390_leave(env, e, insn, next, ilen);
    case KVM390_INTERCEPTED_KSS:
        /* The instruction is met again: the PSW stays where it is. */
        kvm390_record_sieic(e, KVM390_ICPT_KSS, insn);
        env->ex_value = 0;
        kvm390_exit_now(env);
    }
}

/* Exceptions that leave the PSW at the instruction, or behind it already. */
static bool psw_stays(uint32_t code)
{
    return code == PGM_PER ||
           kvm390_pgm_properties(code) & KVM390_PGM_NULLIFIES;
}

/* No memory is mapped there; the instruction starts over when there is. */
static void record_unmapped(CPUS390XState *env, Kvm390Exit *e)
{
    kvm390_record_exit(e, KVM_EXIT_S390_UCONTROL);
    e->fault_addr = env->kvm390.memory.page;
}

bool kvm390_ucontrol_program(CPUS390XState *env, Kvm390Exit *e)
{
    uint32_t code = env->int_pgm_code;

    if (code == PGM_ADDRESSING) {
        record_unmapped(env, e);
    } else if (code == PGM_OPERATION && e->sie.ictl & SIE_ICTL_OPEREXC) {
        kvm390_record_sieic(e, KVM390_ICPT_OPEREXC,
                            kvm390_failed_instruction(env));
        e->stats[KVM390_STAT_exit_operation_exception]++;
        env->psw.addr += env->int_pgm_ilen;
    } else if (code == PGM_SPECIFICATION || e->sie.ictl & SIE_ICTL_PINT) {
        kvm390_record_sieic(e, KVM390_ICPT_PROGRAM, 0);
        e->pgm_code = code;
        if (!psw_stays(code)) {
            env->psw.addr += env->int_pgm_ilen;
        }
    } else {
        return false;
    }
    e->last_ilen = env->int_pgm_ilen;
    kvm390_exit_soon(env);
    return true;
}
