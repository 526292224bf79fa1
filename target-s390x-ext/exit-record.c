/*
 * The exit of a vCPU: recorded here, and cpu_exec() left with it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm390/include/uapi.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "accel/tcg/tcg-accel-ops.h"
#include "exit-record.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/gaccess.h"

Kvm390Exit *kvm390_exit_of(CPUS390XState *env)
{
    return kvm390_intercepts.client_runs ? env->kvm390.exit : NULL;
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

/* Left-aligned. */
static uint64_t fetch_text(CPUS390XState *env, uint64_t addr)
{
    uint64_t insn = 0;
    int n = 2, i;

    for (i = 0; i < n; i++) {
        insn |= (uint64_t)cpu_ldub_code(env, kvm390_effective(env->psw.mask,
                                                              addr + i))
                << (56 - 8 * i);
        n = get_ilen(insn >> 56);
    }
    return insn;
}

/* Where an EXECUTE's target is; false: @insn is no EXECUTE. */
static bool target_of(CPUS390XState *env, uint64_t insn, uint64_t *addr)
{
    unsigned x2 = insn >> 48 & 0xf, b2 = insn >> 44 & 0xf;

    if (insn >> 56 == 0x44) {
        *addr = (x2 ? env->regs[x2] : 0) + (b2 ? env->regs[b2] : 0) +
                (insn >> 32 & 0xfff);
        return true;
    }
    if (insn >> 56 == 0xc6 && !x2) {
        *addr = env->psw.addr + 2 * (int64_t)(int32_t)(insn >> 16);
        return true;
    }
    return false;
}

uint64_t kvm390_failed_instruction(CPUS390XState *env)
{
    uint64_t insn = fetch_text(env, env->psw.addr), addr;
    unsigned r1 = insn >> 52 & 0xf;

    if (target_of(env, insn, &addr)) {
        insn = fetch_text(env, addr) | (r1 ? (env->regs[r1] & 0xff) << 48 : 0);
    }
    return insn;
}

void kvm390_exit_soon(CPUS390XState *env)
{
    tcg_kick_vcpu_thread(env_cpu(env));
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
    e->stats[KVM390_STAT_exit_instruction]++;
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
