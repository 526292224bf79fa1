/*
 * Program interruptions that guest access finds: raised by the instruction
 * that runs, or injected from outside.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "kvm390/include/kvm390/guest-access.h"
#include "kvm390/trace.h"

/*
 * Marks env->int_pgm_code as an injected interruption. Whatever replaces the
 * code (another exception, a reset) takes the mark away with it.
 */
#define PGM_INJECTED 0x80000000u

/*
 * The injected interruption of each vCPU. Used by the vCPU's thread, and by
 * others only while the vCPU does not run.
 */
static Kvm390Pgm injected[S390_MAX_CPUS];

static bool stores_access_id(int code)
{
    switch (code) {
    case PGM_ALEN_SPEC:
    case PGM_ALE_SEQ:
    case PGM_ASTE_VALID:
    case PGM_ASTE_SEQ:
    case PGM_EXT_AUTH:
        return true;
    }
    return false;
}

static bool is_translation(int code)
{
    switch (code) {
    case PGM_ASCE_TYPE:
    case PGM_REG_FIRST_TRANS:
    case PGM_REG_SEC_TRANS:
    case PGM_REG_THIRD_TRANS:
    case PGM_SEGMENT_TRANS:
    case PGM_PAGE_TRANS:
        return true;
    }
    return false;
}

static void store_lowcore(CPUS390XState *env, size_t offset, uint64_t value,
                          size_t size)
{
    uint64_t be = cpu_to_be64(value << (64 - 8 * size));

    address_space_write(env_cpu(env)->as, env->psa + offset,
                        MEMTXATTRS_UNSPECIFIED, &be, size);
}

static uint64_t load_lowcore8(CPUS390XState *env, size_t offset)
{
    return address_space_ldq(env_cpu(env)->as, env->psa + offset,
                             MEMTXATTRS_UNSPECIFIED, NULL);
}

#define STORE_LOWCORE(env, field, value) \
    store_lowcore(env, offsetof(LowCore, field), value, \
                  sizeof(((LowCore *)0)->field))

void kvm390_pgm_raise(S390CPU *cpu, const Kvm390Pgm *pgm)
{
    CPUS390XState *env = &cpu->env;

    /* from here the interruption takes the TEID */
    env->tlb_fill_exc = pgm->code;
    env->tlb_fill_tec = pgm->teid;
    /* the access id is undefined in the other modes */
    if ((env->psw.mask & PSW_MASK_ASC) == PSW_ASC_ACCREG &&
        (stores_access_id(pgm->code) || is_translation(pgm->code) ||
         pgm->code == PGM_PROTECTION)) {
        STORE_LOWCORE(env, exc_access_id, pgm->access_id);
    }
    trigger_pgm_exception(env, pgm->code);
}

void kvm390_pgm_inject(S390CPU *cpu, const Kvm390Pgm *pgm)
{
    CPUState *cs = CPU(cpu);

    trace_kvm390_pgm_inject(cs->cpu_index, pgm->code, pgm->ilc, pgm->teid);
    injected[cpu->env.core_id] = *pgm;
    trigger_pgm_exception(&cpu->env, pgm->code | PGM_INJECTED);
    /* A CPU that waits takes it, one that is stopped when it is started. */
    if (s390_cpu_get_state(cpu) == S390_CPU_STATE_OPERATING) {
        cs->halted = 0;
    }
    qemu_cpu_kick(cs);
}

/* Put the PSW back to the instruction, by the CPU's addressing mode. */
static void rewind_psw(CPUS390XState *env, uint8_t ilc)
{
    env->psw.addr = kvm390_effective(env->psw.mask, env->psw.addr - ilc);
}

bool kvm390_pgm_deliver_injected(CPUS390XState *env)
{
    const Kvm390Pgm *pgm = &injected[env->core_id];

    if (!(env->int_pgm_code & PGM_INJECTED)) {
        return false;
    }
    env->int_pgm_code = pgm->code;

    if (is_translation(pgm->code) || pgm->code == PGM_PROTECTION) {
        STORE_LOWCORE(env, trans_exc_code, pgm->teid);
        STORE_LOWCORE(env, exc_access_id, pgm->access_id);
    }
    if (is_translation(pgm->code)) {
        STORE_LOWCORE(env, op_access_id, 0);
    }
    if (stores_access_id(pgm->code)) {
        STORE_LOWCORE(env, exc_access_id, pgm->access_id);
    }
    if (is_translation(pgm->code) || stores_access_id(pgm->code)) {
        rewind_psw(env, pgm->ilc);
    }
    STORE_LOWCORE(env, pgm_ilen, pgm->ilc);
    STORE_LOWCORE(env, pgm_code, pgm->code);
    STORE_LOWCORE(env, per_breaking_event_addr, env->gbea);
    STORE_LOWCORE(env, program_old_psw.mask, s390_cpu_get_psw_mask(env));
    STORE_LOWCORE(env, program_old_psw.addr, env->psw.addr);
    s390_cpu_set_psw(env,
                     load_lowcore8(env, offsetof(LowCore, program_new_psw)),
                     load_lowcore8(env,
                                   offsetof(LowCore, program_new_psw) + 8));
    return true;
}
