/*
 * KVM_RUN
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "s390x-internal.h"
#include "accel/tcg/tcg-accel-ops.h"
#include "exec/cpu-common.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/lost-memory.h"

/* It may have been before KVM_RUN began, or meant for one that is over. */
static bool run_cancelled(Kvm390Vcpu *vcpu)
{
    return qatomic_read(&vcpu->cancel) == vcpu->token;
}

/*
 * A wait, in KVM_RUN. What can be taken is taken, whatever the PSW; else a
 * disabled wait is an exit, and in an enabled one the call waits.
 */
static void wait_halted(Kvm390Vcpu *vcpu)
{
    CPUState *cs = CPU(vcpu->cpu);

    bql_lock();
    if (!cpu_has_work(cs)) {
        kvm390_exit_waiting(&vcpu->cpu->env);
    }
    while (cs->halted && !cpu_has_work(cs) && !vcpu->exit.pending &&
           !run_cancelled(vcpu) && !cs->stop) {
        if (!cpu_work_list_empty(cs)) {
            process_queued_cpu_work(cs);
            continue;
        }
        qemu_cond_wait_bql(cs->halt_cond);
    }
    qemu_process_cpu_events_common(cs);
    if (cpu_has_work(cs)) {
        cs->halted = 0;
    }
    bql_unlock();
}

/* A stop that asked for the status to be stored, now that the CPU is still. */
static int store_status_of_stop(Kvm390Vcpu *vcpu)
{
    int ret = 0;

    if (vcpu->exit.icptcode == KVM390_ICPT_STOP &&
        vcpu->exit.reason == KVM_EXIT_S390_SIEIC &&
        (vcpu->stop_store_status || vcpu->exit.store_status)) {
        bql_lock();
        vcpu->cputm = kvm390_run_cputm(vcpu);
        ret = kvm390_store_status_at(vcpu, KVM_S390_STORE_STATUS_NOADDR);
        if (!kvm390_intercepts.user_cpu_state) {
            vcpu->stop_store_status = false;
        }
        bql_unlock();
    }
    return ret;
}

/* Until there is something to tell user space; returns KVM_RUN's result. */
static int run_guest(Kvm390Vcpu *vcpu)
{
    CPUState *cs = CPU(vcpu->cpu);
    bool first = true;
    int ret;

    for (;;) {
        if (vcpu->exit.pending) {
            vcpu->exit.pending = false;
            if (vcpu->exit.error) {
                return vcpu->exit.error;
            }
            ret = store_status_of_stop(vcpu);
            if (ret) {
                return ret;
            }
            kvm390_run_set_exit(vcpu, &vcpu->exit);
            kvm390_ucontrol_intercepted(vcpu, &vcpu->exit);
            kvm390_debug_exited(vcpu);
            return 0;
        }
        if (kvm390_lost_memory_met()) {
            return -EFAULT;
        }
        if (run_cancelled(vcpu)) {
            if (!first || !cpu_has_work(cs)) {
                kvm390_run_set_reason(vcpu, KVM_EXIT_INTR);
                vcpu->exit.stats[KVM390_STAT_signal_exits]++;
                return -EINTR;
            }
            /* Interruptions are taken first, and no more. */
            tcg_kick_vcpu_thread(cs);
        }
        first = false;
        if (cs->halted) {
            wait_halted(vcpu);
            if (cs->halted) {
                continue;
            }
        }
        switch (tcg_cpu_exec(cs)) {
        case EXCP_DEBUG:
            if (!vcpu->exit.pending && kvm390_debug_event(vcpu)) {
                return 0;
            }
            break;
        case EXCP_ATOMIC:
            cpu_exec_step_atomic(cs);
            break;
        }
        qatomic_set_mb(&cs->exit_request, 0);
        kvm390_vcpu_do_work(cs);
    }
}

/* In the machine's memory map. */
static hwaddr lowcore_address(S390CPU *cpu)
{
    return kvm390_machine_address(&cpu->env, cpu->env.psa);
}

/* Is the memory there that a prefix area should have? */
static bool lowcore_is_lost(S390CPU *cpu)
{
    const hwaddr at = lowcore_address(cpu);
    uint8_t byte;

    kvm390_lost_memory_begin();
    address_space_read(CPU(cpu)->as, at, MEMTXATTRS_UNSPECIFIED, &byte, 1);
    address_space_read(CPU(cpu)->as, at + TARGET_PAGE_SIZE,
                       MEMTXATTRS_UNSPECIFIED, &byte, 1);
    return kvm390_lost_memory_met();
}

/* The client permits stores into the prefix area. */
static bool lowcore_permitted(S390CPU *cpu)
{
    const hwaddr at = lowcore_address(cpu);

    return kvm390_host_permits(at, true) &&
           kvm390_host_permits(at + TARGET_PAGE_SIZE, true);
}

static bool has_lowcore(S390CPU *cpu)
{
    return lowcore_permitted(cpu) &&
           address_space_access_valid(CPU(cpu)->as, lowcore_address(cpu),
                                      2 * TARGET_PAGE_SIZE, true,
                                      MEMTXATTRS_UNSPECIFIED);
}

/* The prefix area has no memory behind it. */
static int no_lowcore(Kvm390Vcpu *vcpu)
{
    if (!kvm390_intercepts.ucontrol || !lowcore_permitted(vcpu->cpu)) {
        return -EFAULT;
    }
    vcpu->exit.reason = KVM_EXIT_S390_UCONTROL;
    vcpu->exit.fault_addr = vcpu->cpu->env.psa;
    kvm390_run_set_exit(vcpu, &vcpu->exit);
    return 0;
}

/* Start a vCPU that is stopped, unless user space is to do that. */
static int start_stopped(Kvm390Vcpu *vcpu)
{
    int ret = 0;

    bql_lock();
    kvm390_ucontrol_load(vcpu);
    if (kvm390_vcpu_stopped(vcpu)) {
        if (kvm390_intercepts.user_cpu_state) {
            ret = -EINVAL;
        } else {
            s390_cpu_set_state(S390_CPU_STATE_OPERATING, vcpu->cpu);
        }
    }
    bql_unlock();
    return ret;
}

/* Nothing of an earlier KVM_RUN, or from before a reset, is left to TCG. */
static void forget_last_run(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    CPUState *cs = CPU(vcpu->cpu);

    bql_lock();
    cpu_reset_interrupt(cs, CPU_INTERRUPT_HALT);
    bql_unlock();
    cs->halted = 0;
    cs->exception_index = -1;
    cs->cflags_next_tb = -1;
    cs->watchpoint_hit = NULL;
    env->ex_value = 0;
    env->per_perc_atmid = 0;
    vcpu->exit.pending = false;
    vcpu->exit.last_ilen = 0;
}

static void leave_run(Kvm390Vcpu *vcpu)
{
    if (run_cancelled(vcpu)) {
        qatomic_set(&vcpu->cancel, KVM390_NO_TOKEN);
    }
    vcpu->exit.stats[KVM390_STAT_exit_userspace]++;
    kvm390_run_leave(vcpu);
    kvm390_run_push(vcpu);
    kvm390_ucontrol_leave(vcpu);
    CPU(vcpu->cpu)->halted = 1; /* SIGP SENSE RUNNING: it does not run */
    kvm390_stats_update(vcpu);
}

int kvm390_run(Kvm390Call *call)
{
    Kvm390Vcpu *vcpu = call->vcpu;
    int ret;

    vcpu->token = call->number;
    if (qatomic_read(&vcpu->run->immediate_exit)) {
        return -EINTR;
    }
    if (!kvm390_run_masks_valid(vcpu)) {
        return -EINVAL;
    }
    if (kvm390_debug_report(vcpu)) {
        return 0;
    }
    if (vcpu->sie || kvm390_vcpu_stopped(vcpu)) {
        ret = start_stopped(vcpu);
        if (ret) {
            return ret;
        }
    }
    forget_last_run(vcpu);
    kvm390_run_sync(vcpu);
    if (CPU(vcpu->cpu)->exception_index == EXCP_HLT) {
        /* It waits, but takes what it can before a kick is obeyed. */
        CPU(vcpu->cpu)->exception_index = -1;
    }
    kvm390_debug_begin(vcpu);
    if (!has_lowcore(vcpu->cpu)) {
        ret = no_lowcore(vcpu);
    } else if (lowcore_is_lost(vcpu->cpu)) {
        ret = -EFAULT;
    } else {
        ret = kvm390_ucontrol_enter(vcpu) ? run_guest(vcpu) : 0;
    }
    leave_run(vcpu);
    return ret;
}
