/*
 * The exit of a vCPU: recorded here, and cpu_exec() left with it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm390/include/uapi.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/cpu_ldst.h"
#include "exec/exec-all.h"
#include "exit-record.h"

Kvm390Exit *kvm390_exit_of(CPUS390XState *env)
{
    return kvm390_intercepts.vm ? env->kvm390.exit : NULL;
}

void kvm390_record_exit(Kvm390Exit *e, uint32_t reason)
{
    e->pending = true;
    e->error = 0;
    e->reason = reason;
}

void kvm390_record_sieic(Kvm390Exit *e, uint8_t icptcode, uint64_t insn)
{
    kvm390_record_exit(e, KVM_EXIT_S390_SIEIC);
    e->icptcode = icptcode;
    e->ipa = insn >> 48;
    e->ipb = insn >> 16;
}

void kvm390_record_fault(Kvm390Exit *e)
{
    e->pending = true;
    e->error = -EFAULT;
}

uint64_t kvm390_failed_instruction(CPUS390XState *env)
{
    uint64_t insn = 0;
    int i;

    if (env->ex_value) {
        return env->ex_value & ~0xffffull;
    }
    for (i = 0; i < env->int_pgm_ilen; i++) {
        insn |= (uint64_t)cpu_ldub_code(env, env->psw.addr + i)
                << (56 - 8 * i);
    }
    return insn;
}

void kvm390_exit_soon(CPUS390XState *env)
{
    cpu_exit(env_cpu(env));
}

void G_NORETURN kvm390_exit_now(CPUS390XState *env)
{
    CPUState *cs = env_cpu(env);

    cs->exception_index = EXCP_INTERRUPT;
    cpu_loop_exit(cs);
}

void G_NORETURN kvm390_exit_behind(CPUS390XState *env, Kvm390Exit *e,
                                   uint64_t next, unsigned ilen)
{
    e->last_ilen = ilen;
    env->psw.addr = next;
    env->ex_value = 0;
    kvm390_exit_now(env);
}

void G_NORETURN kvm390_leave(CPUS390XState *env, Kvm390Exit *e, uint64_t insn,
                             uint64_t next, unsigned ilen)
{
    kvm390_record_sieic(e, KVM390_ICPT_INSTRUCTION, insn);
    e->exits[KVM390_EXITS_INSTRUCTION]++;
    kvm390_exit_behind(env, e, next, ilen);
}

void G_NORETURN kvm390_next_instruction(CPUS390XState *env, uint64_t next)
{
    CPUState *cs = env_cpu(env);

    env->psw.addr = next;
    env->ex_value = 0;
    cs->exception_index = cs->singlestep_enabled ? EXCP_DEBUG : -1;
    cpu_loop_exit(cs);
}

void kvm390_exit_no_lowcore(CPUS390XState *env)
{
    Kvm390Exit *e = kvm390_exit_of(env);

    if (e) {
        kvm390_record_fault(e);
        kvm390_exit_now(env);
    }
}
