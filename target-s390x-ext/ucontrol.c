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
#include "kvm390/include/sie.h"

/* Two bytes of opcode, wherever they are in the instruction. */
static unsigned opcode(uint64_t insn)
{
    unsigned first = insn >> 56;

    switch (first) {
    case 0xb2:
    case 0xb9:
    case 0xe5:
        return insn >> 48;
    case 0xe3:
    case 0xeb:
        return first << 8 | ((insn >> 16) & 0xff);
    default:
        return first << 8;
    }
}

/* Does the range of control registers of an LCTL or LCTLG hold one of these? */
static bool loads_control(uint64_t insn, uint16_t lctl)
{
    unsigned r1 = (insn >> 52) & 0xf, r3 = (insn >> 48) & 0xf, r = r1;

    for (;; r = (r + 1) & 0xf) {
        if (lctl & 0x8000 >> r) {
            return true;
        }
        if (r == r3) {
            return false;
        }
    }
}

/* Not a matter of keys: is the instruction intercepted? */
static bool intercepted(const Kvm390Exit *e, uint64_t insn)
{
    switch (opcode(insn)) {
    case 0x8200: /* LPSW */
    case 0xb2b2: /* LPSWE */
    case 0xeb71: /* LPSWEY */
        return e->sie.ictl & SIE_ICTL_LPSW;
    case 0xb600: /* STCTL */
    case 0xeb25: /* STCTG */
        return e->sie.ictl & SIE_ICTL_STCTL;
    case 0xb700: /* LCTL */
    case 0xeb2f: /* LCTLG */
        return loads_control(insn, e->sie.lctl);
    case 0xe501: /* TPROT */
        return e->sie.ictl & SIE_ICTL_TPROT;
    case 0xb229: /* ISKE */
        return e->sie.ictl & SIE_ICTL_ISKE;
    case 0xb22b: /* SSKE */
        return e->sie.ictl & SIE_ICTL_SSKE;
    case 0xb22a: /* RRBE */
        return e->sie.ictl & SIE_ICTL_RRBE;
    case 0xb223: /* IVSK */
    case 0xb9ac: /* IRBM */
    case 0xb9ae: /* RRBM */
    case 0xb9af: /* PFMF */
        return false;
    default:
        return true;
    }
}

static bool uses_keys(uint64_t insn)
{
    switch (opcode(insn)) {
    case 0xb223: /* IVSK */
    case 0xb229: /* ISKE */
    case 0xb22a: /* RRBE */
    case 0xb22b: /* SSKE */
    case 0xb9ac: /* IRBM */
    case 0xb9ae: /* RRBM */
    case 0xb9af: /* PFMF */
        return true;
    default:
        return false;
    }
}

void kvm390_ucontrol_intercept(CPUS390XState *env, Kvm390Exit *e,
                               uint64_t insn, uint64_t next, unsigned ilen)
{
    if (e->sie.kss && uses_keys(insn)) {
        /* The instruction is met again: the PSW stays where it is. */
        kvm390_record_sieic(e, KVM390_ICPT_KSS, insn);
        env->ex_value = 0;
        kvm390_exit_now(env);
    }
    if (intercepted(e, insn)) {
        kvm390_leave(env, e, insn, next, ilen);
    }
}

/* Exceptions that leave the PSW at the instruction. */
static bool is_nullifying(uint32_t code)
{
    switch (code) {
    case PGM_ASCE_TYPE:
    case PGM_REG_FIRST_TRANS:
    case PGM_REG_SEC_TRANS:
    case PGM_REG_THIRD_TRANS:
    case PGM_SEGMENT_TRANS:
    case PGM_PAGE_TRANS:
    case PGM_PER: /* the PSW was advanced already */
        return true;
    default:
        return false;
    }
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
        e->exits[KVM390_EXITS_OPEREXC]++;
        env->psw.addr += env->int_pgm_ilen;
    } else if (code == PGM_SPECIFICATION || e->sie.ictl & SIE_ICTL_PINT) {
        kvm390_record_sieic(e, KVM390_ICPT_PROGRAM, 0);
        e->pgm_code = code;
        if (!is_nullifying(code)) {
            env->psw.addr += env->int_pgm_ilen;
        }
    } else {
        return false;
    }
    e->last_ilen = env->int_pgm_ilen;
    kvm390_exit_soon(env);
    return true;
}
