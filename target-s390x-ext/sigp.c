/*
 * SIGNAL PROCESSOR where user space runs the vCPUs
 *
 * KVM does by itself what needs no one to start or reset a CPU; the rest is
 * user space's, and so is more of it with KVM_CAP_S390_USER_SIGP. What is done
 * here is left to QEMU, but for stopping a CPU that runs: QEMU stops one that
 * waits on the spot, and its user space would never hear of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm390/include/uapi.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "qemu/main-loop.h"
#include "exit-record.h"

static unsigned order_of(CPUS390XState *env, uint64_t insn)
{
    unsigned b2 = insn >> 44 & 0xf;

    return ((b2 ? env->regs[b2] : 0) + (insn >> 32 & 0xfff)) & SIGP_ORDER_MASK;
}

static bool left_to_user(unsigned order)
{
    switch (order) {
    case SIGP_SENSE:
    case SIGP_EXTERNAL_CALL:
    case SIGP_EMERGENCY:
    case SIGP_COND_EMERGENCY:
    case SIGP_SENSE_RUNNING:
        return false;
    case SIGP_STOP:
    case SIGP_STOP_STORE_STATUS:
    case SIGP_STORE_STATUS_ADDR:
    case SIGP_SET_PREFIX:
    case SIGP_SET_ARCH:
        return kvm390_intercepts.user_sigp;
    default:
        return true;
    }
}

static bool is_reset(unsigned order)
{
    return order == SIGP_CPU_RESET || order == SIGP_INITIAL_CPU_RESET;
}

/* Returns a condition code, or -1 if nothing is decided yet. BQL. */
static int check_target(S390CPU *dst, unsigned order)
{
    if (!dst) {
        return SIGP_CC_NOT_OPERATIONAL;
    }
    return !is_reset(order) &&
           dst->env.pending_int & (INTERRUPT_STOP | INTERRUPT_RESTART) ?
           SIGP_CC_BUSY : -1;
}

/* Returns a condition code, or -1: QEMU does it. BQL. */
static int order_stop(S390CPU *dst, unsigned order)
{
    if (s390_cpu_get_state(dst) != S390_CPU_STATE_OPERATING ||
        (order != SIGP_STOP && order != SIGP_STOP_STORE_STATUS)) {
        return -1;
    }
    dst->env.sigp_order = order;
    cpu_inject_stop(dst);
    return SIGP_CC_ORDER_CODE_ACCEPTED;
}

#define BY_ORDER(order, name) [order] = KVM390_STAT_instruction_sigp_##name

static unsigned order_stat(unsigned order)
{
    static const uint8_t stats[] = {
        BY_ORDER(SIGP_SENSE, sense),
        BY_ORDER(SIGP_EXTERNAL_CALL, external_call),
        BY_ORDER(SIGP_EMERGENCY, emergency),
        BY_ORDER(SIGP_START, start),
        BY_ORDER(SIGP_STOP, stop),
        BY_ORDER(SIGP_RESTART, restart),
        BY_ORDER(SIGP_STOP_STORE_STATUS, stop_store_status),
        BY_ORDER(SIGP_INITIAL_CPU_RESET, init_cpu_reset),
        BY_ORDER(SIGP_CPU_RESET, cpu_reset),
        BY_ORDER(SIGP_SET_PREFIX, prefix),
        BY_ORDER(SIGP_STORE_STATUS_ADDR, store_status),
        BY_ORDER(SIGP_SET_ARCH, arch),
        BY_ORDER(SIGP_COND_EMERGENCY, cond_emergency),
        BY_ORDER(SIGP_SENSE_RUNNING, sense_running),
        BY_ORDER(SIGP_STORE_ADTL_STATUS, store_adtl_status),
    };

    return order < ARRAY_SIZE(stats) && stats[order] ?
           stats[order] : KVM390_STAT_instruction_sigp_unknown;
}

void kvm390_sigp(CPUS390XState *env, Kvm390Exit *e, uint64_t insn,
                 uint64_t next, unsigned ilen)
{
    unsigned order = order_of(env, insn);
    bool user = left_to_user(order);
    S390CPU *dst;
    int cc = -1;

    e->stats[order_stat(order)]++;
    if (user && kvm390_intercepts.user_sigp) {
        kvm390_leave(env, e, insn, next, ilen);
    }
    if (order == SIGP_SET_ARCH) {
        return;
    }
    bql_lock();
    dst = s390_cpu_addr2state(env->regs[insn >> 48 & 0xf]);
    cc = check_target(dst, order);
    if (cc < 0 && !user) {
        cc = order_stop(dst, order);
    }
    bql_unlock();
    if (cc >= 0) {
        env->cc_op = cc;
        kvm390_next_instruction(env, next);
    }
    if (user) {
        kvm390_leave(env, e, insn, next, ilen);
    }
}
