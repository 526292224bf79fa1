/*
 * vCPU states: MP_STATE, resets, initial PSW
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "mode.h"
#include "s390x-internal.h"
#include "exec/cputlb.h"
#include "qemu/timer.h"
#include "kvm390/include/compat.h"

/* What an initial reset leaves in two control registers (PoP, "Resets"). */
#define CR0_RESET  0xe0ull
#define CR14_RESET 0xc2000000ull

int kvm390_get_mp_state(Kvm390Call *call)
{
    struct kvm_mp_state *state = call->arg;

    state->mp_state = kvm390_vcpu_stopped(call->vcpu) ? KVM_MP_STATE_STOPPED :
                      KVM_MP_STATE_OPERATING;
    return 0;
}

int kvm390_set_mp_state(Kvm390Call *call)
{
    const struct kvm_mp_state *state = call->arg;

    kvm390_intercepts.user_cpu_state = true;
    switch (state->mp_state) {
    case KVM_MP_STATE_STOPPED:
        call->vcpu->cpu->env.pending_int &= ~INTERRUPT_STOP;
        call->vcpu->stop_store_status = false;
        call->vcpu->cpu->env.sigp_order = 0;
        s390_cpu_set_state(S390_CPU_STATE_STOPPED, call->vcpu->cpu);
        return 0;
    case KVM_MP_STATE_OPERATING:
        s390_cpu_set_state(S390_CPU_STATE_OPERATING, call->vcpu->cpu);
        kvm390_mode->vcpu_operating(call->vcpu);
        return 0;
    default:
        return -ENXIO;
    }
}

int kvm390_set_initial_psw(Kvm390Call *call)
{
    const struct kvm_s390_psw *psw = call->arg;

    if (!kvm390_vcpu_stopped(call->vcpu)) {
        return -EBUSY;
    }
    kvm390_mode->set_psw(call->vcpu, psw->mask, psw->addr);
    return 0;
}

/* What all resets of a CPU do (KVM api.rst 4.123). */
static void reset_common(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;

    env->psw.mask &= ~PSW_MASK_RI;
    env->pfault_token = -1ull;
    memset(env->riccb, 0, sizeof(env->riccb));
    memset(vcpu->run->s.regs.riccb, 0, sizeof(env->riccb));
    kvm390_irq_clear_local(vcpu);
    if (!kvm390_intercepts.user_cpu_state) {
        s390_cpu_set_state(S390_CPU_STATE_STOPPED, vcpu->cpu);
    }
}

static void reset_initial(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;

    reset_common(vcpu);
    env->psw.mask = 0;
    env->psw.addr = 0;
    env->cc_op = 0;
    env->psa = 0;
    env->ckc = 0;
    timer_del(env->tod_timer);
    kvm390_set_cputm(vcpu, 0);
    vcpu->cputm_armed = false;
    env->todpr = 0;
    env->pp = 0;
    env->gbea = 1;
    env->bpbc = false;
    env->fpc = 0;
    memset(env->cregs, 0, sizeof(env->cregs));
    env->cregs[0] = CR0_RESET;
    env->cregs[14] = CR14_RESET;
    tlb_flush(CPU(vcpu->cpu));
}

int kvm390_normal_reset(Kvm390Call *call)
{
    reset_common(call->vcpu);
    return 0;
}

int kvm390_initial_reset(Kvm390Call *call)
{
    reset_initial(call->vcpu);
    kvm390_run_push(call->vcpu);
    return 0;
}

int kvm390_clear_reset(Kvm390Call *call)
{
    CPUS390XState *env = &call->vcpu->cpu->env;

    reset_initial(call->vcpu);
    memset(env->regs, 0, sizeof(env->regs));
    memset(env->aregs, 0, sizeof(env->aregs));
    memset(env->vregs, 0, sizeof(env->vregs));
    memset(env->gscb, 0, sizeof(env->gscb));
    env->etoken = 0;
    env->etoken_extension = 0;
    kvm390_run_push(call->vcpu);
    return 0;
}
