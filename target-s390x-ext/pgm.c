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
#include "kvm390/include/compat.h"
#include "kvm390/include/guest-access.h"
#include "kvm390/include/interrupts.h"
#include "kvm390/trace.h"

static void store_lowcore(CPUS390XState *env, size_t offset, uint64_t value,
                          size_t size)
{
    uint64_t be = cpu_to_be64(value << (64 - 8 * size));

    address_space_write(env_cpu(env)->as,
                        kvm390_machine_address(env, env->psa + offset),
                        MEMTXATTRS_UNSPECIFIED, &be, size);
}

#define STORE_LOWCORE(env, field, value) \
    store_lowcore(env, offsetof(LowCore, field), value, \
                  sizeof(((LowCore *)0)->field))

void kvm390_pgm_raise(S390CPU *cpu, const Kvm390Pgm *pgm, uint64_t psw_mask)
{
    CPUS390XState *env = &cpu->env;

    /* from here the interruption takes the TEID */
    env->tlb_fill_exc = pgm->code;
    env->tlb_fill_tec = pgm->teid;
    /* the access id is undefined in the other modes */
    if ((psw_mask & PSW_MASK_ASC) == PSW_ASC_ACCREG &&
        kvm390_pgm_properties(pgm->code) & KVM390_PGM_HAS_ACCESS_ID) {
        STORE_LOWCORE(env, exc_access_id, pgm->access_id);
    }
    trigger_pgm_exception(env, pgm->code);
}

void kvm390_pgm_inject(S390CPU *cpu, const Kvm390Pgm *pgm)
{
    trace_kvm390_pgm_inject(CPU(cpu)->cpu_index, pgm->code, pgm->ilc,
                            pgm->teid);
    kvm390_local_irqs(cpu)->pgm = (struct kvm_s390_pgm_info) {
        .flags = KVM_S390_PGM_FLAGS_ILC_VALID | pgm->ilc,
        .code = pgm->code,
        .trans_exc_code = pgm->teid,
        .exc_access_id = pgm->access_id,
    };
    kvm390_inject_local(cpu, KVM390_LOCAL_PGM);
}
