/*
 * Interruptions that user space injects, and what of them is pending
 *
 * QEMU keeps external calls, emergency signals, timers, restart and stop in
 * the CPU; interrupts.h keeps the others. SET_PREFIX is kept in the vCPU until
 * it runs. Rules and errors are those of KVM (api.rst 4.28, 4.97 and on, and
 * what arch/s390/kvm observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "mode.h"
#include "vm-state.h"
#include "s390x-internal.h"
#include "hw/s390x/s390_flic.h"
#include "kvm390/include/interrupts.h"

#define PGM_PER_BIT 0x80

/* --- program interruptions --- */

/* The part of @info that describes a PER event, over that of @pgm. */
static void merge_per(struct kvm_s390_pgm_info *pgm,
                      const struct kvm_s390_pgm_info *info)
{
    pgm->per_address = info->per_address;
    pgm->per_code = info->per_code;
    pgm->per_atmid = info->per_atmid;
    pgm->per_access_id = info->per_access_id;
}

static void inject_program(Kvm390Vcpu *vcpu,
                           const struct kvm_s390_pgm_info *info)
{
    struct kvm_s390_pgm_info *pgm = &kvm390_local_irqs(vcpu->cpu)->pgm;
    struct kvm_s390_pgm_info old = *pgm;

    *pgm = *info;
    if (info->code == PGM_PER_BIT) {
        /* A PER event joins what is pending. */
        *pgm = old;
        pgm->code |= PGM_PER_BIT;
        merge_per(pgm, info);
    } else if (!(info->code & PGM_PER_BIT)) {
        pgm->code |= old.code & PGM_PER_BIT;
        merge_per(pgm, &old);
    }
    pgm->flags = info->flags;
    if (!(info->flags & KVM_S390_PGM_FLAGS_ILC_VALID)) {
        pgm->flags &= ~KVM_S390_PGM_FLAGS_ILC_MASK;
        pgm->flags |= vcpu->exit.last_ilen | KVM_S390_PGM_FLAGS_ILC_VALID;
    }
    kvm390_inject_local(vcpu->cpu, KVM390_LOCAL_PGM);
}

/* --- the others --- */

static bool vcpu_exists(uint16_t cpu_address)
{
    return cpu_address < S390_MAX_CPUS && s390_cpu_addr2state(cpu_address);
}

static void store_status(CPUState *cs, run_on_cpu_data data)
{
    Kvm390Vcpu *vcpu = kvm390_vcpu_find(S390_CPU(cs)->env.core_id);

    kvm390_mode->regs_pull(vcpu);
    *(int *)data.host_ptr =
        kvm390_store_status_at(vcpu, KVM_S390_STORE_STATUS_NOADDR);
}

static int inject_stop(Kvm390Vcpu *vcpu, uint32_t flags)
{
    int ret = 0;

    if (flags & ~KVM_S390_STOP_FLAG_STORE_STATUS) {
        return -EINVAL;
    }
    if (kvm390_vcpu_stopped(vcpu)) {
        if (flags & KVM_S390_STOP_FLAG_STORE_STATUS) {
            run_on_cpu(CPU(vcpu->cpu), store_status,
                       RUN_ON_CPU_HOST_PTR(&ret));
        }
        return ret;
    }
    if (vcpu->cpu->env.pending_int & INTERRUPT_STOP) {
        return -EBUSY;
    }
    vcpu->stop_store_status = flags;
    cpu_inject_stop(vcpu->cpu);
    return 0;
}

static int inject_prefix(Kvm390Vcpu *vcpu, const struct kvm_s390_irq *irq)
{
    if (!kvm390_vcpu_stopped(vcpu)) {
        return -EBUSY;
    }
    vcpu->prefix = *irq;
    return 0;
}

static int inject_emergency(Kvm390Vcpu *vcpu, uint16_t source)
{
    if (!vcpu_exists(source)) {
        return -EINVAL;
    }
    cpu_inject_emergency_signal(vcpu->cpu, source);
    return 0;
}

static int inject_local(Kvm390Vcpu *vcpu, const struct kvm_s390_irq *irq)
{
    switch (irq->type) {
    case KVM_S390_PROGRAM_INT:
        inject_program(vcpu, &irq->u.pgm);
        return 0;
    case KVM_S390_SIGP_SET_PREFIX:
        return inject_prefix(vcpu, irq);
    case KVM_S390_SIGP_STOP:
        return inject_stop(vcpu, irq->u.stop.flags);
    case KVM_S390_RESTART:
        cpu_inject_restart(vcpu->cpu);
        return 0;
    case KVM_S390_INT_CLOCK_COMP:
        cpu_inject_clock_comparator(vcpu->cpu);
        kvm390_inject_local(vcpu->cpu, KVM390_LOCAL_CKC);
        return 0;
    case KVM_S390_INT_CPU_TIMER:
        cpu_inject_cpu_timer(vcpu->cpu);
        kvm390_inject_local(vcpu->cpu, KVM390_LOCAL_CPUTM);
        return 0;
    case KVM_S390_INT_EXTERNAL_CALL:
        return !vcpu_exists(irq->u.extcall.code) ? -EINVAL :
               cpu_inject_external_call(vcpu->cpu, irq->u.extcall.code);
    case KVM_S390_INT_EMERGENCY:
        return inject_emergency(vcpu, irq->u.emerg.code);
    case KVM_S390_MCHK:
        kvm390_inject_mchk(vcpu->cpu, &irq->u.mchk);
        return 0;
    case KVM_S390_INT_PFAULT_INIT:
        kvm390_local_irqs(vcpu->cpu)->pfault = irq->u.ext;
        kvm390_inject_local(vcpu->cpu, KVM390_LOCAL_PFAULT);
        return 0;
    default:
        return -EINVAL;
    }
}

static unsigned inject_stat(uint64_t type)
{
    switch (type) {
    case KVM_S390_SIGP_SET_PREFIX:
        return KVM390_STAT_inject_set_prefix;
    case KVM_S390_SIGP_STOP:
        return KVM390_STAT_inject_stop_signal;
    case KVM_S390_RESTART:
        return KVM390_STAT_inject_restart;
    case KVM_S390_INT_CLOCK_COMP:
        return KVM390_STAT_inject_ckc;
    case KVM_S390_INT_CPU_TIMER:
        return KVM390_STAT_inject_cputm;
    case KVM_S390_INT_EXTERNAL_CALL:
        return KVM390_STAT_inject_external_call;
    case KVM_S390_INT_EMERGENCY:
        return KVM390_STAT_inject_emergency_signal;
    case KVM_S390_MCHK:
        return KVM390_STAT_inject_mchk;
    case KVM_S390_INT_PFAULT_INIT:
        return KVM390_STAT_inject_pfault_init;
    default:
        return KVM390_STAT_inject_program;
    }
}

int kvm390_irq_inject(Kvm390Vcpu *vcpu, const struct kvm_s390_irq *irq)
{
    int ret = inject_local(vcpu, irq);

    if (!ret) {
        vcpu->exit.stats[inject_stat(irq->type)]++;
    }
    return ret;
}

static int inject_and_wake(Kvm390Vcpu *vcpu, const struct kvm_s390_irq *irq)
{
    int ret = kvm390_irq_inject(vcpu, irq);

    if (!ret) {
        /* User space emulated the instruction; the step comes after this. */
        vcpu->debug.pending = false;
        kvm390_vcpu_wake(vcpu);
    }
    return ret;
}

int kvm390_vcpu_irq(Kvm390Call *call)
{
    return inject_and_wake(call->vcpu, call->arg);
}

int kvm390_vcpu_interrupt(Kvm390Call *call)
{
    const struct kvm_s390_interrupt *in = call->arg;
    struct kvm_s390_irq irq = { .type = in->type };

    switch (in->type) {
    case KVM_S390_PROGRAM_INT:
    case KVM_S390_INT_EXTERNAL_CALL:
    case KVM_S390_INT_EMERGENCY:
        if (in->parm > UINT16_MAX) {
            return -EINVAL;
        }
        if (in->type == KVM_S390_PROGRAM_INT) {
            irq.u.pgm.code = in->parm;
        } else {
            irq.u.emerg.code = in->parm; /* where extcall.code lies, too */
        }
        break;
    case KVM_S390_SIGP_SET_PREFIX:
        irq.u.prefix.address = in->parm;
        break;
    case KVM_S390_SIGP_STOP:
        irq.u.stop.flags = in->parm;
        break;
    case KVM_S390_MCHK:
        irq.u.mchk.mcic = in->parm64;
        break;
    case KVM_S390_INT_PFAULT_INIT:
        irq.u.ext.ext_params = in->parm;
        irq.u.ext.ext_params2 = in->parm64;
        break;
    }
    return inject_and_wake(call->vcpu, &irq);
}

/* --- floating interruptions --- */

static unsigned float_stat(uint64_t type)
{
    switch (type) {
    case KVM_S390_MCHK:
        return KVM390_VM_STAT_inject_float_mchk;
    case KVM_S390_INT_PFAULT_DONE:
        return KVM390_VM_STAT_inject_pfault_done;
    case KVM_S390_INT_SERVICE:
        return KVM390_VM_STAT_inject_service_signal;
    case KVM_S390_INT_VIRTIO:
        return KVM390_VM_STAT_inject_virtio;
    default:
        return KVM390_VM_STAT_inject_io;
    }
}

int kvm390_inject_vm(const struct kvm_s390_irq *irq)
{
    int ret = kvm390_mode->inject_floating(irq);

    if (!ret) {
        kvm390_vm.stat_values[float_stat(irq->type)]++;
    }
    return ret;
}

int kvm390_vm_interrupt(Kvm390Call *call)
{
    struct kvm_s390_irq irq;
    int ret = kvm390_float_from_interrupt(call->arg, &irq);

    return ret ? ret : kvm390_inject_vm(&irq);
}

/* --- GET_IRQ_STATE, SET_IRQ_STATE, resets --- */

static void append_irq(GByteArray *out, const struct kvm_s390_irq *irq)
{
    g_byte_array_append(out, (const uint8_t *)irq, sizeof(*irq));
}

static void append_type(GByteArray *out, uint64_t type)
{
    struct kvm_s390_irq irq = { .type = type };

    append_irq(out, &irq);
}

static void append_sigp(GByteArray *out, CPUS390XState *env)
{
    struct kvm_s390_irq irq = { };
    unsigned i;

    if (env->pending_int & INTERRUPT_EMERGENCY_SIGNAL) {
        irq.type = KVM_S390_INT_EMERGENCY;
        for (i = 0; i < S390_MAX_CPUS; i++) {
            if (test_bit(i, env->emergency_signals)) {
                irq.u.emerg.code = i;
                append_irq(out, &irq);
            }
        }
    }
    if (env->pending_int & INTERRUPT_EXTERNAL_CALL) {
        irq = (struct kvm_s390_irq) { .type = KVM_S390_INT_EXTERNAL_CALL };
        irq.u.extcall.code = env->external_call_addr;
        append_irq(out, &irq);
    }
}

/* Those with a payload that interrupts.h keeps. */
static void append_local(GByteArray *out, const Kvm390LocalIrqs *l)
{
    struct kvm_s390_irq mchk = { .type = KVM_S390_MCHK, .u.mchk = l->mchk };
    struct kvm_s390_irq pgm = { .type = KVM_S390_PROGRAM_INT,
                                .u.pgm = l->pgm };

    if (l->pending & KVM390_LOCAL_MCHK_REPRESSIBLE) {
        append_irq(out, &mchk);
    }
    if (l->pending & KVM390_LOCAL_PGM) {
        append_irq(out, &pgm);
    }
    if (l->pending & KVM390_LOCAL_MCHK_EXIGENT) {
        append_irq(out, &mchk);
    }
}

/* In the order in which KVM numbers them. */
static void append_all(GByteArray *out, Kvm390Vcpu *vcpu)
{
    const Kvm390LocalIrqs *l = kvm390_local_irqs(vcpu->cpu);
    CPUS390XState *env = &vcpu->cpu->env;
    struct kvm_s390_irq irq = { .type = KVM_S390_SIGP_STOP };

    if (vcpu->prefix.type) {
        append_irq(out, &vcpu->prefix);
    }
    if (env->pending_int & INTERRUPT_RESTART) {
        append_type(out, KVM_S390_RESTART);
    }
    if (env->pending_int & INTERRUPT_STOP) {
        irq.u.stop.flags = vcpu->stop_store_status ||
                           env->sigp_order == SIGP_STOP_STORE_STATUS;
        append_irq(out, &irq);
    }
    if (l->pending & KVM390_LOCAL_PFAULT) {
        irq = (struct kvm_s390_irq) { .type = KVM_S390_INT_PFAULT_INIT,
                                      .u.ext = l->pfault };
        append_irq(out, &irq);
    }
    /* A timer's is pending once it can be taken, which ends KVM_RUN's wait. */
    if (l->pending & KVM390_LOCAL_CPUTM) {
        append_type(out, KVM_S390_INT_CPU_TIMER);
    }
    if (l->pending & KVM390_LOCAL_CKC) {
        append_type(out, KVM_S390_INT_CLOCK_COMP);
    }
    append_local(out, l);
    append_sigp(out, env);
}

int kvm390_get_irqs(Kvm390Call *call)
{
    const struct kvm_s390_irq_state *state = call->arg;

    if (!state->len) {
        return -EINVAL;
    }
    append_all(call->out, call->vcpu);
    if (call->out->len > state->len) {
        g_byte_array_set_size(call->out, 0);
        return -ENOBUFS;
    }
    return call->out->len;
}

/*
 * What KVM keeps in the list that has to be empty. An external call is kept
 * elsewhere, as the hardware takes it; timers follow from the registers.
 */
#define LISTED (INTERRUPT_EMERGENCY_SIGNAL | INTERRUPT_RESTART | INTERRUPT_STOP)

int kvm390_set_irqs(Kvm390Call *call)
{
    const struct kvm_s390_irq_state *state = call->arg;
    size_t n = state->len / sizeof(struct kvm_s390_irq), i;
    struct kvm_s390_irq irq;
    int ret = 0;

    if (!n || state->len % sizeof(struct kvm_s390_irq) ||
        state->len > call->buffer[0].in_len) {
        return -EINVAL;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    if (call->vcpu->cpu->env.pending_int & LISTED || call->vcpu->prefix.type ||
        kvm390_local_irqs(call->vcpu->cpu)->pending) {
        return -EBUSY;
    }
    for (i = 0; i < n && !ret; i++) {
        memcpy(&irq, call->in[0] + i * sizeof(irq), sizeof(irq));
        ret = kvm390_irq_inject(call->vcpu, &irq);
    }
    return ret;
}

void kvm390_irq_clear_local(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;

    env->pending_int = 0;
    memset(env->emergency_signals, 0, sizeof(env->emergency_signals));
    kvm390_clear_local(vcpu->cpu);
    vcpu->prefix.type = 0;
    vcpu->stop_store_status = false;
    env->sigp_order = 0;
    vcpu->exit.last_ilen = 0;
}
