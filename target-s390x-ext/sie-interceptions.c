/*
 * What ends a guest's execution (interpret.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg.h"
#include "exec/helper-proto.h"
#include "exec/translation-block.h"
#include "exit-record.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/counters.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/pgm.h"
#include "kvm390/include/sie.h"

/* --- instructions --- */

void kvm390_sie_instruction(CPUS390XState *env, const Kvm390SieText *text)
{
    Kvm390SieControls controls = env->kvm390.sie.controls;

    kvm390_sie_sigp_order(env, text);
    controls.interlocked = kvm390_interlocks(kvm390_opcode(text->insn)) &&
                           !kvm390_sie_lock_tables(env);
    switch (kvm390_intercepted(&controls, text->insn)) {
    case KVM390_INTERPRETED:
        return;
    case KVM390_INTERCEPTED:
        kvm390_sie_leave_done(env, SIE_ICPT_INSTRUCTION, text);
    case KVM390_INTERCEPTED_KSS:
        /* It is met again: the PSW stays where it is. */
        kvm390_sie_record(env, text->insn, text->ilen, text->executed);
        kvm390_sie_leave_now(env, SIE_ICPT_KSS);
    }
}

/* An instruction that has begun already, and has done nothing. */
static void record_failed(CPUS390XState *env)
{
    const uint64_t insn = kvm390_failed_instruction(env);

    kvm390_sie_record(env, insn, env->int_pgm_ilen,
                      insn >> 56 != cpu_ldub_code(env, env->psw.addr));
    env->psw.addr += env->int_pgm_ilen;
}

bool kvm390_sie_host_protects(CPUS390XState *env, int exc)
{
    return exc == KVM390_PGM_HOST_FAULT &&
           env->kvm390.sie.fault_code == KVM390_PGM_PROTECTION;
}

void kvm390_sie_leave_to_host(CPUS390XState *env, uintptr_t ra)
{
    cpu_restore_state(env_cpu(env), ra);
    record_failed(env);
    kvm390_sie_leave_now(env, SIE_ICPT_INSTRUCTION);
}

#define MVPG_OPCODE 0xb254ull

void kvm390_sie_mvpg(CPUS390XState *env, uint64_t source, uint64_t dest,
                     unsigned regs, uintptr_t ra)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    uint64_t absolute, source_entry;
    bool missing, executed;

    if (!sie->active || env->psw.mask & PSW_MASK_DAT ||
        !(ldl_be_p(sie->block + SIE_ECA) & SIE_ECA_MVPGI)) {
        return;
    }
    missing = kvm390_sie_absolute(env, mmu_real2abs(env, source),
                                  MMU_DATA_LOAD, &absolute, NULL) ==
              KVM390_PGM_HOST_FAULT;
    source_entry = sie->last_entry;
    missing |= kvm390_sie_absolute(env, mmu_real2abs(env, dest),
                                   MMU_DATA_STORE, &absolute, NULL) ==
               KVM390_PGM_HOST_FAULT;
    if (!missing) {
        return;
    }
    executed = tcg_tb_lookup(ra)->cs_base;
    cpu_restore_state(env_cpu(env), ra);
    stq_be_p(sie->block + SIE_PEI_DEST, sie->last_entry);
    stq_be_p(sie->block + SIE_PEI_SOURCE, source_entry);
    kvm390_sie_record(env, MVPG_OPCODE << 48 | (uint64_t)regs << 32,
                      env->int_pgm_ilen, executed);
    env->psw.addr += env->int_pgm_ilen;
    kvm390_sie_leave_now(env, SIE_ICPT_PARTIAL);
}

uint8_t kvm390_sie_facilities(CPUS390XState *env, unsigned at,
                              uint8_t machine)
{
    uint64_t list;

    if (!kvm390_sie_active(env)) {
        return machine;
    }
    list = ldl_be_p(env->kvm390.sie.block + SIE_FAC) & SIE_FAC_BITS;
    return address_space_ldub(env_cpu(env)->as, list + at,
                              MEMTXATTRS_UNSPECIFIED, NULL);
}

/* --- program interruptions --- */

/* The host's: the guest's instruction has not happened, SIE has not ended. */
static void take_host_fault(CPUS390XState *env)
{
    const int code = env->kvm390.sie.fault_code;
    const uint64_t teid = env->kvm390.sie.fault_teid;

    kvm390_count_add(KVM390_COUNTER_SIE_HOST_FAULTS, 1);
    kvm390_sie_leave(env, SIE_ICPT_NONE);
    env->tlb_fill_exc = code;
    env->tlb_fill_tec = teid;
    env->int_pgm_code = code;
    env->int_pgm_ilen = 4;
    env_cpu(env)->exception_index = EXCP_PGM;
}

static bool psw_stays(uint32_t code)
{
    return code == PGM_PER ||
           kvm390_pgm_properties(code) & KVM390_PGM_NULLIFIES;
}

static void record_program(CPUS390XState *env, uint16_t code)
{
    uint8_t *block = env->kvm390.sie.block;

    if (env->per_perc_atmid) {
        code |= PGM_PER;
        stw_be_p(block + SIE_PERC_ATMID, env->per_perc_atmid);
        stq_be_p(block + SIE_PERADDR, env->per_address);
        stb_p(block + SIE_PERAID, 0);
    }
    stw_be_p(block + SIE_IPRCC, code);
    stw_be_p(block + SIE_PGMILC, env->int_pgm_ilen);
    stq_be_p(block + SIE_TECMC, env->tlb_fill_tec);
    stb_p(block + SIE_EAID, 0);
    stl_be_p(block + SIE_DXC, code == PGM_DATA ? env->fpc >> 8 & 0xff : 0);
}

/*
 * An invalid PSW that was loaded, and one that a program interruption would
 * load again. (LPSWE of the same does not differ but in the old PSW.)
 */
static bool invalid_new_psw(CPUS390XState *env)
{
    AddressSpace *as = env_cpu(env)->as;
    uint64_t at;

    if (env->int_pgm_code != PGM_SPECIFICATION || env->int_pgm_ilen ||
        kvm390_sie_absolute(env, env->psa, MMU_DATA_LOAD, &at, NULL)) {
        return false;
    }
    at += offsetof(LowCore, program_new_psw);
    return address_space_ldq_be(as, at, MEMTXATTRS_UNSPECIFIED, NULL) ==
           env->psw.mask &&
           address_space_ldq_be(as, at + 8, MEMTXATTRS_UNSPECIFIED, NULL) ==
           env->psw.addr;
}

bool kvm390_sie_program(CPUS390XState *env)
{
    const Kvm390Sie *sie = &env->kvm390.sie;
    const uint32_t code = env->int_pgm_code;
    unsigned icpt;

    if (!sie->active) {
        return false;
    }
    kvm390_sie_unlock_tables(env);
    if (code == KVM390_PGM_HOST_FAULT) {
        take_host_fault(env);
        return true;
    }
    icpt = kvm390_sie_program_icpt(code | (env->per_perc_atmid ? PGM_PER : 0),
                                   ldl_be_p(sie->block + SIE_CPUFLAGS),
                                   sie->controls.ictl,
                                   ldub_p(sie->block + SIE_ECB),
                                   invalid_new_psw(env));
    if (icpt == SIE_ICPT_NONE) {
        return false;
    }
    if (icpt == SIE_ICPT_OPEREXC) {
        record_failed(env);
    } else {
        record_program(env, code);
        if (!psw_stays(code)) {
            env->psw.addr += env->int_pgm_ilen;
        }
    }
    kvm390_sie_leave(env, icpt);
    return true;
}

/* --- the rest --- */

bool kvm390_sie_wait(CPUS390XState *env)
{
    if (!env->kvm390.sie.active) {
        return false;
    }
    if (!kvm390_sie_take_external(env)) {
        kvm390_sie_leave(env, SIE_ICPT_WAIT);
    }
    return true;
}

/* What the host would take with its own PSW and control registers. */
static bool host_has_interruption(CPUS390XState *env)
{
    static const unsigned subclasses[] = { 0, 6, 14 };
    const Kvm390SieWorld *host = &env->kvm390.sie.host;
    const uint64_t mask = env->psw.mask;
    uint64_t cr[ARRAY_SIZE(subclasses)];
    bool has;

    env->psw.mask = host->psw_mask;
    for (unsigned i = 0; i < ARRAY_SIZE(subclasses); i++) {
        cr[i] = env->cregs[subclasses[i]];
        env->cregs[subclasses[i]] = host->cr[subclasses[i]];
    }
    has = s390_cpu_has_int(env_archcpu(env));
    env->psw.mask = mask;
    for (unsigned i = 0; i < ARRAY_SIZE(subclasses); i++) {
        env->cregs[subclasses[i]] = cr[i];
    }
    return has;
}

bool kvm390_sie_interrupted(CPUS390XState *env)
{
    Kvm390Sie *sie = &env->kvm390.sie;

    if (host_has_interruption(env)) {
        kvm390_sie_leave(env, SIE_ICPT_NONE);
        /* SIE has ended: the old PSW is behind it. */
        env->psw.addr = sie->host.psw_addr;
        return true;
    }
    if (kvm390_sie_external(env)) {
        if (sie->active) {
            /* The PSW is another: QEMU looks for its block anew. */
            cpu_loop_exit(env_cpu(env));
        }
    } else {
        kvm390_sie_arm_again(env);
    }
    return false;
}

/* At a block's start: another CPU has set a flag in the control block. */
void HELPER(kvm390_sie_request)(CPUS390XState *env)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    unsigned icpt = kvm390_sie_request_icpt(
        ldl_be_p(sie->block + SIE_CPUFLAGS), env->psw.mask & PSW_MASK_EXT,
        env->psw.mask & PSW_MASK_IO);

    if (env->ex_value) {
        return;
    }
    if (icpt != SIE_ICPT_NONE) {
        kvm390_sie_leave_now(env, icpt);
    }
    if (kvm390_sie_take_external(env)) {
        cpu_loop_exit(env_cpu(env));
    }
}
