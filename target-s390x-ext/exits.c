/*
 * What leaves the guest for user space, where user space runs the vCPUs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/uapi.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/helper-proto.h"
#include "qemu/main-loop.h"
#include "tcg/tcg_s390x.h"
#include "kvm390/include/exits.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/interrupts.h"
#include "exit-record.h"

#define TSCH 0xb235
#define CCW_NOTIFY 3

int (*kvm390_notify)(uint32_t schid, uint64_t queue, uint64_t cookie);

bool kvm390_exit_wait(CPUS390XState *env)
{
    if (kvm390_sie_wait(env)) {
        return true;
    }
    if (!kvm390_exit_of(env)) {
        return false;
    }
    s390_cpu_halt(env_archcpu(env));
    return true;
}

void kvm390_exit_waiting(CPUS390XState *env)
{
    const uint64_t enabled = PSW_MASK_IO | PSW_MASK_EXT | PSW_MASK_MCHECK;
    Kvm390Exit *e = kvm390_exit_of(env);

    e->stats[KVM390_STAT_exit_wait_state]++;
    if (!(env->psw.mask & enabled) || kvm390_intercepts.ucontrol) {
        kvm390_record_sieic(e, KVM390_ICPT_WAIT, 0);
    }
}

bool kvm390_exit_stop(CPUS390XState *env)
{
    Kvm390Exit *e = kvm390_exit_of(env);

    if (!e) {
        return false;
    }
    kvm390_record_sieic(e, KVM390_ICPT_STOP, 0);
    e->store_status = env->sigp_order == SIGP_STOP_STORE_STATUS;
    env->sigp_order = 0;
    e->stats[KVM390_STAT_exit_stop_request]++;
    if (!kvm390_intercepts.user_cpu_state) {
        /* Otherwise user space says when it has stopped. */
        env->pending_int &= ~INTERRUPT_STOP;
        s390_cpu_set_state(S390_CPU_STATE_STOPPED, env_archcpu(env));
    }
    kvm390_exit_soon(env);
    return true;
}

static uint64_t load_lowcore(CPUS390XState *env, size_t at)
{
    return address_space_ldq_be(env_cpu(env)->as, env->psa + at,
                                MEMTXATTRS_UNSPECIFIED, NULL);
}

/*
 * Would the program new PSW lead to the same operation exception again, and
 * so on? KVM hands that to user space and does not spin.
 */
static bool would_loop(CPUS390XState *env)
{
    const size_t at = offsetof(LowCore, program_new_psw);
    uint64_t mask = load_lowcore(env, at), addr = load_lowcore(env, at + 8);
    const uint64_t same = PSW_MASK_ASC | PSW_MASK_DAT;

    return env->psw.addr + env->int_pgm_ilen - addr <= 6 &&
           !(mask & PSW_MASK_WAIT) && !(env->psw.mask & PSW_MASK_PSTATE) &&
           !((mask ^ env->psw.mask) & same);
}

/* Can instructions be fetched with it, without a specification exception? */
static bool psw_valid(uint64_t mask, uint64_t addr)
{
    if (mask & PSW_MASK_RESERVED || addr & 1) {
        return false;
    }
    switch (mask & (PSW_MASK_64 | PSW_MASK_32)) {
    case PSW_MASK_64 | PSW_MASK_32:
        return true;
    case PSW_MASK_32:
        return !(addr & ~0x7fffffffull);
    default:
        return !(mask & PSW_MASK_64) && !(addr & ~0xffffffull);
    }
}

/* KVM hands that to user space and does not spin. */
static bool specification_loop(CPUS390XState *env)
{
    const size_t at = offsetof(LowCore, program_new_psw);

    return env->int_pgm_code == PGM_SPECIFICATION &&
           !psw_valid(load_lowcore(env, at), load_lowcore(env, at + 8));
}

/* Which of its own QEMU delivers next, in its order; -1: none. */
static int next_external(const CPUS390XState *env)
{
    static const struct {
        uint32_t pending;
        uint64_t subclass;
        int stat;
    } order[] = {
        { INTERRUPT_EMERGENCY_SIGNAL, CR0_EMERGENCY_SIGNAL_SC,
          KVM390_STAT_deliver_emergency_signal },
        { INTERRUPT_EXTERNAL_CALL, CR0_EXTERNAL_CALL_SC,
          KVM390_STAT_deliver_external_call },
        { INTERRUPT_EXT_CLOCK_COMPARATOR, CR0_CKC_SC,
          KVM390_STAT_deliver_ckc },
        { INTERRUPT_EXT_CPU_TIMER, CR0_CPU_TIMER_SC,
          KVM390_STAT_deliver_cputm },
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(order); i++) {
        if (env->pending_int & order[i].pending &&
            env->cregs[0] & order[i].subclass) {
            return order[i].stat;
        }
    }
    return -1;
}

void kvm390_exit_external(CPUS390XState *env)
{
    Kvm390Exit *e = kvm390_exit_of(env);
    int stat = e ? next_external(env) : -1;

    if (stat < 0) {
        return;
    }
    if ((stat == KVM390_STAT_deliver_ckc ||
         stat == KVM390_STAT_deliver_cputm) &&
        load_lowcore(env, offsetof(LowCore, external_new_psw)) & PSW_MASK_EXT) {
        e->stats[KVM390_STAT_exit_external_interrupt]++;
        kvm390_record_sieic(e, KVM390_ICPT_EXTERNAL, 0);
        kvm390_exit_now(env);
    }
    e->stats[stat]++;
}

bool kvm390_exit_program(CPUS390XState *env)
{
    Kvm390Exit *e = kvm390_exit_of(env);
    uint64_t insn;

    if (kvm390_sie_program(env)) {
        return true;
    }
    if (e && env->int_pgm_code == PGM_ADDRESSING &&
        env->kvm390.memory.refused) {
        /* The client's doing; the instruction starts over when it is undone. */
        kvm390_record_fault(e);
        kvm390_exit_soon(env);
        return true;
    }
    if (e && kvm390_intercepts.ucontrol) {
        return kvm390_ucontrol_program(env, e);
    }
    if (e && specification_loop(env)) {
        e->stats[KVM390_STAT_exit_program_interruption]++;
        kvm390_record_sieic(e, KVM390_ICPT_PROGRAM, 0);
        kvm390_exit_now(env);
    }
    if (!e || env->int_pgm_code != PGM_OPERATION) {
        return false;
    }
    insn = kvm390_failed_instruction(env);
    if (!kvm390_intercepts.user_operexec &&
        !(kvm390_intercepts.user_instr0 && !(insn >> 48)) &&
        !would_loop(env)) {
        return false;
    }
    kvm390_record_sieic(e, KVM390_ICPT_OPEREXC, insn);
    e->stats[KVM390_STAT_exit_operation_exception]++;
    e->last_ilen = env->int_pgm_ilen;
    env->psw.addr += env->int_pgm_ilen;
    kvm390_exit_soon(env);
    return true;
}

/* TSCH: user space gets the subchannel's interruption, if one is pending. */
static void take_io(CPUS390XState *env, Kvm390Exit *e)
{
    struct kvm_s390_io_info io = { };

    bql_lock();
    e->tsch.dequeued = env->regs[1] &&
                       kvm390_float_take_io(kvm390_float_irqs(), 0xff,
                                            env->regs[1], &io);
    bql_unlock();
    e->tsch.id = io.subchannel_id;
    e->tsch.nr = io.subchannel_nr;
    e->tsch.parm = io.io_int_parm;
    e->tsch.word = io.io_int_word;
}

static void G_NORETURN leave_for_tsch(CPUS390XState *env, Kvm390Exit *e,
                                      uint64_t insn, uint64_t next,
                                      unsigned ilen)
{
    kvm390_record_sieic(e, KVM390_ICPT_INSTRUCTION, insn);
    e->reason = KVM_EXIT_S390_TSCH;
    e->stats[KVM390_STAT_exit_instruction]++;
    take_io(env, e);
    kvm390_exit_behind(env, e, next, ilen);
}

/* DIAG 308: clear and normal reset of the configuration are user space's. */
static void G_NORETURN diag_308(CPUS390XState *env, Kvm390Exit *e,
                                uint64_t insn, uint64_t next, unsigned ilen)
{
    uint64_t subcode = env->regs[(insn >> 48) & 0xf] & 0xffff;

    if (subcode != 3 && subcode != 4) {
        kvm390_leave(env, e, insn, next, ilen);
    }
    kvm390_record_exit(e, KVM_EXIT_S390_RESET);
    e->reset_flags = (subcode == 3 ? KVM_S390_RESET_CLEAR : 0) |
                     KVM_S390_RESET_SUBSYSTEM | KVM_S390_RESET_IPL |
                     KVM_S390_RESET_CPU_INIT;
    if (!kvm390_intercepts.user_cpu_state) {
        bql_lock();
        s390_cpu_set_state(S390_CPU_STATE_STOPPED, env_archcpu(env));
        bql_unlock();
    }
    kvm390_exit_behind(env, e, next, ilen);
}

/* DIAG 500: a virtio-ccw notification that an eventfd stands for. */
static void diag_500(CPUS390XState *env, Kvm390Exit *e, uint64_t insn,
                     uint64_t next, unsigned ilen)
{
    int cookie = -1;

    if (kvm390_intercepts.css && env->regs[1] == CCW_NOTIFY && kvm390_notify) {
        bql_lock();
        cookie = kvm390_notify(env->regs[2], env->regs[3], env->regs[4]);
        bql_unlock();
    }
    if (cookie < 0) {
        kvm390_leave(env, e, insn, next, ilen);
    }
    env->regs[2] = cookie;
    kvm390_next_instruction(env, next);
}

static unsigned diagnose_stat(unsigned code)
{
    switch (code) {
    case 0x10:
        return KVM390_STAT_instruction_diagnose_10;
    case 0x44:
        return KVM390_STAT_instruction_diagnose_44;
    case 0x9c:
        return KVM390_STAT_instruction_diagnose_9c;
    case 0x258:
        return KVM390_STAT_instruction_diagnose_258;
    case 0x308:
        return KVM390_STAT_instruction_diagnose_308;
    case 0x500:
        return KVM390_STAT_instruction_diagnose_500;
    default:
        return KVM390_STAT_instruction_diagnose_other;
    }
}

static void exit_on_diagnose(CPUS390XState *env, Kvm390Exit *e, uint64_t insn,
                             uint64_t next, unsigned ilen, uintptr_t ra)
{
    unsigned b2 = (insn >> 44) & 0xf;
    unsigned code = ((insn >> 32) & 0xfff) + (b2 ? env->regs[b2] : 0);

    e->stats[diagnose_stat(code & 0xffff)]++;
    switch (code & 0xffff) {
    case 0x10:
        return; /* release pages: the instruction itself */
    case 0x44:
    case 0x9c:
        kvm390_next_instruction(env, next);
    case 0x258:
        kvm390_diag_258(env, insn, next, ra);
        kvm390_leave(env, e, insn, next, ilen);
    case 0x500:
        diag_500(env, e, insn, next, ilen);
        break;
    case 0x308:
        diag_308(env, e, insn, next, ilen);
    default:
        kvm390_leave(env, e, insn, next, ilen);
    }
}

void kvm390_exit_stsi(CPUS390XState *env, int cc)
{
    Kvm390Exit *e = kvm390_exit_of(env);

    if (!e || cc) {
        return;
    }
    e->stsi.fc = env->regs[0] >> 28 & 0xf;
    e->stsi.sel1 = env->regs[0];
    e->stsi.sel2 = env->regs[1];
    env->regs[0] = 0; /* as KVM leaves it */
    if (kvm390_intercepts.user_stsi) {
        kvm390_record_exit(e, KVM_EXIT_S390_STSI);
        env->cc_op = 0;
        kvm390_exit_behind(env, e, e->stsi.next, e->stsi.ilen);
    }
}

void HELPER(kvm390_intercept)(CPUS390XState *env, uint64_t insn, uint64_t next,
                              uint32_t ilen)
{
    Kvm390Exit *e = kvm390_exit_of(env);
    const bool executed = ilen & KVM390_EXECUTED;

    ilen &= ~KVM390_EXECUTED;
    if (kvm390_sie_active(env)) {
        kvm390_sie_instruction(env, &(Kvm390SieText) {
            .insn = insn, .next = next, .ilen = ilen, .executed = executed });
        return;
    }
    if (!e) {
        return;
    }
    if (kvm390_intercepts.ucontrol) {
        kvm390_ucontrol_intercept(env, e, insn, next, ilen);
        return;
    }
    switch (insn >> 56) {
    case 0x83:
        exit_on_diagnose(env, e, insn, next, ilen, GETPC());
        return;
    case 0xae:
        kvm390_sigp(env, e, insn, next, ilen);
        return;
    }
    switch (insn >> 48) {
    case 0xb27d: /* STSI */
        e->stats[KVM390_STAT_instruction_stsi]++;
        e->stsi.next = next;
        e->stsi.ilen = ilen;
        e->stsi.ar = insn >> 44 & 0xf;
        e->stsi.addr = (e->stsi.ar ? env->regs[e->stsi.ar] : 0) +
                       (insn >> 32 & 0xfff);
        return;
    case 0xb220: /* SERVC */
        kvm390_leave(env, e, insn, next, ilen);
    case 0xb236: /* TPI */
        e->stats[KVM390_STAT_instruction_tpi]++;
        if (kvm390_intercepts.css) {
            return;
        }
        break;
    case TSCH:
        e->stats[KVM390_STAT_instruction_tsch]++;
        if (kvm390_intercepts.css) {
            leave_for_tsch(env, e, insn, next, ilen);
        }
        break;
    default:
        /* PCI, CLP and SIC are not the channel subsystem's */
        if (kvm390_intercepts.css || insn >> 56 != 0xb2) {
            kvm390_leave(env, e, insn, next, ilen);
        }
    }
    /* I/O instructions of a guest without a channel subsystem */
    env->cc_op = 3;
    kvm390_next_instruction(env, next);
}
