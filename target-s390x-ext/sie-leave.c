/*
 * How a guest is left within an instruction, and what is recorded of it
 * (interpret.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/cputlb.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/sie.h"

void kvm390_sie_leave_now(CPUS390XState *env, unsigned icpt)
{
    kvm390_sie_leave(env, icpt);
    env_cpu(env)->exception_index = -1;
    cpu_loop_exit(env_cpu(env));
}

uint64_t kvm390_sie_lowcore(CPUS390XState *env)
{
    uint64_t absolute;

    if (!kvm390_sie_active(env)) {
        return kvm390_machine_address(env, env->psa);
    }
    if (kvm390_sie_absolute(env, env->psa, MMU_DATA_STORE, &absolute, NULL)) {
        /* The host took it away; it sees to that at the next entry. */
        kvm390_sie_leave_now(env, SIE_ICPT_NONE);
    }
    return absolute;
}

void kvm390_sie_record(CPUS390XState *env, uint64_t insn, unsigned ilen,
                       bool executed)
{
    uint8_t *block = env->kvm390.sie.block;

    stb_p(block + SIE_ICPTSTATUS, kvm390_sie_icptstatus(
              executed, ilen, env->per_perc_atmid & PER_CODE_EVENT_IFETCH));
    stw_be_p(block + SIE_IPA, insn >> 48);
    stl_be_p(block + SIE_IPB, insn >> 16);
}

void kvm390_sie_leave_done(CPUS390XState *env, unsigned icpt,
                           const Kvm390SieText *text)
{
    kvm390_sie_record(env, text->insn, text->ilen, text->executed);
    env->psw.addr = text->next;
    kvm390_sie_leave_now(env, icpt);
}
