/*
 * Register ioctls: REGS, SREGS, FPU, ONE_REG
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "mode.h"
#include "exec/cputlb.h"
#include "hw/s390x/tod.h"
#include "tcg/tcg_s390x.h"
#include "kvm390/include/compat.h"

int kvm390_get_regs(Kvm390Call *call)
{
    struct kvm_regs *regs = call->arg;

    memcpy(regs->gprs, call->vcpu->cpu->env.regs, sizeof(regs->gprs));
    return 0;
}

int kvm390_set_regs(Kvm390Call *call)
{
    const struct kvm_regs *regs = call->arg;

    memcpy(call->vcpu->cpu->env.regs, regs->gprs, sizeof(regs->gprs));
    return 0;
}

int kvm390_get_sregs(Kvm390Call *call)
{
    CPUS390XState *env = &call->vcpu->cpu->env;
    struct kvm_sregs *sregs = call->arg;

    memcpy(sregs->acrs, env->aregs, sizeof(sregs->acrs));
    memcpy(sregs->crs, env->cregs, sizeof(sregs->crs));
    return 0;
}

int kvm390_set_sregs(Kvm390Call *call)
{
    CPUS390XState *env = &call->vcpu->cpu->env;
    const struct kvm_sregs *sregs = call->arg;

    memcpy(env->aregs, sregs->acrs, sizeof(sregs->acrs));
    memcpy(env->cregs, sregs->crs, sizeof(sregs->crs));
    tlb_flush(CPU(call->vcpu->cpu)); /* another address space */
    return 0;
}

int kvm390_get_fpu(Kvm390Call *call)
{
    CPUS390XState *env = &call->vcpu->cpu->env;
    struct kvm_fpu *fpu = call->arg;
    int i;

    memset(fpu, 0, sizeof(*fpu));
    fpu->fpc = env->fpc;
    for (i = 0; i < 16; i++) {
        fpu->fprs[i] = *get_freg(env, i);
    }
    return 0;
}

int kvm390_set_fpu(Kvm390Call *call)
{
    CPUS390XState *env = &call->vcpu->cpu->env;
    const struct kvm_fpu *fpu = call->arg;
    int i;

    kvm390_mode->set_fpc(call->vcpu, fpu->fpc);
    for (i = 0; i < 16; i++) {
        *get_freg(env, i) = fpu->fprs[i];
    }
    return 0;
}

static bool read_reg(Kvm390Vcpu *vcpu, uint64_t id, uint64_t *value)
{
    CPUS390XState *env = &vcpu->cpu->env;
    S390TODState *td = s390_get_todstate();

    switch (id) {
    case KVM_REG_S390_TODPR:
        *value = env->todpr;
        return true;
    case KVM_REG_S390_EPOCHDIFF:
        *value = td->base.low + env->kvm390.tod_ahead;
        return true;
    case KVM_REG_S390_CPU_TIMER:
        *value = kvm390_get_cputm(vcpu);
        return true;
    case KVM_REG_S390_CLOCK_COMP:
        *value = env->ckc;
        return true;
    case KVM_REG_S390_PFTOKEN:
        *value = env->pfault_token;
        return true;
    case KVM_REG_S390_PFCOMPARE:
        *value = env->pfault_compare;
        return true;
    case KVM_REG_S390_PFSELECT:
        *value = env->pfault_select;
        return true;
    case KVM_REG_S390_PP:
        *value = env->pp;
        return true;
    case KVM_REG_S390_GBEA:
        *value = env->gbea;
        return true;
    default:
        return false;
    }
}

static bool write_reg(Kvm390Vcpu *vcpu, uint64_t id, uint64_t value)
{
    CPUS390XState *env = &vcpu->cpu->env;
    S390TODState *td = s390_get_todstate();

    switch (id) {
    case KVM_REG_S390_TODPR:
        env->todpr = value;
        return true;
    case KVM_REG_S390_EPOCHDIFF:
        env->kvm390.tod_ahead = value - td->base.low;
        tcg_s390_tod_updated(CPU(vcpu->cpu), RUN_ON_CPU_NULL);
        return true;
    case KVM_REG_S390_CPU_TIMER:
        kvm390_set_cputm(vcpu, value);
        return true;
    case KVM_REG_S390_CLOCK_COMP:
        env->ckc = value;
        tcg_s390_tod_updated(CPU(vcpu->cpu), RUN_ON_CPU_NULL);
        return true;
    case KVM_REG_S390_PFTOKEN:
        env->pfault_token = value;
        return true;
    case KVM_REG_S390_PFCOMPARE:
        env->pfault_compare = value;
        return true;
    case KVM_REG_S390_PFSELECT:
        env->pfault_select = value;
        return true;
    case KVM_REG_S390_PP:
        env->pp = value;
        return true;
    case KVM_REG_S390_GBEA:
        env->gbea = value;
        return true;
    default:
        return false;
    }
}

/* "Not implemented yet", says KVM. */
int kvm390_translate(Kvm390Call *call)
{
    return -EINVAL;
}

static bool is_short(uint64_t id)
{
    return (id & KVM_REG_SIZE_MASK) == KVM_REG_SIZE_U32;
}

int kvm390_get_one_reg(Kvm390Call *call)
{
    const struct kvm_one_reg *reg = call->arg;
    uint64_t value;

    if (!read_reg(call->vcpu, reg->id, &value)) {
        return -EINVAL;
    }
    if (is_short(reg->id)) {
        *(uint32_t *)kvm390_api_out(call, 4) = value;
    } else {
        *(uint64_t *)kvm390_api_out(call, 8) = value;
    }
    return 0;
}

int kvm390_set_one_reg(Kvm390Call *call)
{
    const struct kvm_one_reg *reg = call->arg;
    uint64_t value;

    if (!read_reg(call->vcpu, reg->id, &value)) {
        return -EINVAL;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    value = is_short(reg->id) ? ldl_he_p(call->in[0]) : ldq_he_p(call->in[0]);
    return write_reg(call->vcpu, reg->id, value) ? 0 : -EINVAL;
}
