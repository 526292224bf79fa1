/*
 * The CPU timer and the clock comparator of vCPUs that user space runs
 *
 * The CPU timer runs only in KVM_RUN.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "mode.h"
#include "s390x-internal.h"
#include "hw/s390x/tod.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "tcg/tcg_s390x.h"
#include "target/s390x/tcg/s390-tod.h"

uint64_t kvm390_get_cputm(Kvm390Vcpu *vcpu)
{
    return kvm390_mode->get_cputm(vcpu);
}

void kvm390_set_cputm(Kvm390Vcpu *vcpu, uint64_t value)
{
    CPUS390XState *env = &vcpu->cpu->env;

    if (!((int64_t)value < 0)) {
        env->pending_int &= ~INTERRUPT_EXT_CPU_TIMER;
    }
    kvm390_mode->set_cputm(vcpu, value);
}

void kvm390_run_start_cputm(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    env->cputm = now + tod2time_signed(vcpu->cputm);
    if (!(vcpu->cputm_armed || env->cregs[0] & CR0_CPU_TIMER_SC)) {
        return; /* nobody is going to be told */
    }
    if ((int64_t)vcpu->cputm < 0) {
        if (!(env->pending_int & INTERRUPT_EXT_CPU_TIMER)) {
            bql_lock();
            cpu_inject_cpu_timer(vcpu->cpu);
            bql_unlock();
        }
    } else {
        timer_mod(env->cpu_timer, env->cputm);
    }
}

/*
 * It would interrupt each single step, and nothing else would ever be stepped:
 * so not while that lasts.
 */
static bool hold_clock_comparator(Kvm390Vcpu *vcpu)
{
    const uint32_t stepping = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
    bool hold = (vcpu->debug.control & stepping) == stepping;
    CPUS390XState *env = &vcpu->cpu->env;

    if (hold || vcpu->ckc_held) {
        bql_lock();
        if (hold) {
            timer_del(env->tod_timer);
            env->pending_int &= ~INTERRUPT_EXT_CLOCK_COMPARATOR;
        } else {
            tcg_s390_tod_updated(CPU(vcpu->cpu), RUN_ON_CPU_NULL);
        }
        bql_unlock();
        vcpu->ckc_held = hold;
    }
    return hold;
}

/*
 * The clock comparator's timer runs all the time, on the main thread. What is
 * due already must not come behind the CPU timer for that.
 */
void kvm390_run_start_ckc(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    S390TODState *td = s390_get_todstate();
    S390TOD tod;

    if (hold_clock_comparator(vcpu) ||
        !(env->psw.mask & PSW_MASK_EXT) || !(env->cregs[0] & CR0_CKC_SC) ||
        env->pending_int & INTERRUPT_EXT_CLOCK_COMPARATOR) {
        return;
    }
    S390_TOD_GET_CLASS(td)->get(td, &tod, &error_abort);
    if (tod.low + env->kvm390.tod_ahead > env->ckc) {
        bql_lock();
        cpu_inject_clock_comparator(vcpu->cpu);
        bql_unlock();
    }
}

uint64_t kvm390_run_cputm(Kvm390Vcpu *vcpu)
{
    return tcg_s390_get_cpu_timer(&vcpu->cpu->env);
}

void kvm390_run_leave(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;

    vcpu->cputm = kvm390_run_cputm(vcpu);
    vcpu->cputm_armed = timer_pending(env->cpu_timer);
    if (vcpu->cputm_armed) {
        timer_del(env->cpu_timer);
    }
}
