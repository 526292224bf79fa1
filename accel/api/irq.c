/*
 * Interruptions that user space injects, and what of them is pending
 *
 * QEMU keeps external calls, emergency signals, timers, restart and stop in
 * the CPU, and service and I/O interruptions in the floating interrupt
 * controller; those are used. What QEMU has no place for is kept in the vCPU:
 * program interruptions, which are delivered here, and machine checks and
 * pfault tokens, which are kept for GET_IRQ_STATE and never taken.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "s390x-internal.h"
#include "exec/address-spaces.h"
#include "exec/exec-all.h"
#include "exec/cputlb.h"
#include "hw/s390x/s390_flic.h"
#include "exec/memory.h"

#define PGM_PER_BIT 0x80

/* --- program interruptions --- */

/* Where they are stored (PoP, "Assigned Storage Locations"). */
enum {
    LC_ILC = 0x8c, LC_CODE = 0x8e, LC_DXC = 0x90, LC_MON_CLASS = 0x94,
    LC_PER_CODE = 0x96, LC_PER_ATMID = 0x97, LC_PER_ADDRESS = 0x98,
    LC_ACCESS_ID = 0xa0, LC_PER_ACCESS_ID = 0xa1, LC_OP_ACCESS_ID = 0xa2,
    LC_TEID = 0xa8, LC_MON_CODE = 0xb0, LC_LAST_BREAK = 0x110,
    LC_PGM_OLD_PSW = 0x150, LC_PGM_NEW_PSW = 0x1d0,
};

/* What is stored with a code, and whether the PSW is put back. */
enum { WITH_TEID = 1, WITH_ACCESS_ID = 2, WITH_OP_ID = 4, WITH_MONITOR = 8,
       WITH_DXC = 16, NULLIFIES = 32 };

static unsigned properties(unsigned code)
{
    switch (code) {
    case 0x20 ... 0x27: /* AFX, ASX, LX, EX, authority, LFX, LSX, ... */
        return WITH_TEID | NULLIFIES;
    case 0x1c: /* space switch */
        return WITH_TEID;
    case PGM_ALEN_SPEC:
    case PGM_ALE_SEQ:
    case PGM_ASTE_VALID:
    case PGM_ASTE_SEQ:
    case PGM_EXT_AUTH:
        return WITH_ACCESS_ID | NULLIFIES;
    case PGM_SEGMENT_TRANS:
    case PGM_PAGE_TRANS:
    case PGM_ASCE_TYPE:
    case PGM_REG_FIRST_TRANS:
    case PGM_REG_SEC_TRANS:
    case PGM_REG_THIRD_TRANS:
        return WITH_TEID | WITH_ACCESS_ID | WITH_OP_ID | NULLIFIES;
    case PGM_PROTECTION:
        return WITH_TEID | WITH_ACCESS_ID;
    case PGM_MONITOR:
        return WITH_MONITOR;
    case PGM_DATA:
    case PGM_VECTOR_PROCESSING:
        return WITH_DXC;
    case PGM_STACK_FULL ... PGM_STACK_OP:
    case PGM_TRACE_TABLE:
    case PGM_CRYPTO:
        return NULLIFIES;
    default:
        return 0;
    }
}

typedef struct Lowcore {
    AddressSpace *as;
    hwaddr base;
    bool failed;
} Lowcore;

static void put(Lowcore *lc, hwaddr at, uint64_t value, unsigned size)
{
    uint8_t buf[8];

    stn_be_p(buf, size, value);
    lc->failed |= address_space_write(lc->as, lc->base + at,
                                      MEMTXATTRS_UNSPECIFIED, buf, size);
}

static uint64_t get(Lowcore *lc, hwaddr at)
{
    uint64_t value = 0;

    lc->failed |= address_space_read(lc->as, lc->base + at,
                                     MEMTXATTRS_UNSPECIFIED, &value, 8);
    return be64_to_cpu(value);
}

static void put_details(Lowcore *lc, const struct kvm_s390_pgm_info *pgm)
{
    unsigned props = properties(pgm->code & ~PGM_PER_BIT);

    if (props & WITH_TEID) {
        put(lc, LC_TEID, pgm->trans_exc_code, 8);
    }
    if (props & WITH_ACCESS_ID) {
        put(lc, LC_ACCESS_ID, pgm->exc_access_id, 1);
    }
    if (props & WITH_OP_ID) {
        put(lc, LC_OP_ACCESS_ID, pgm->op_access_id, 1);
    }
    if (props & WITH_MONITOR) {
        put(lc, LC_MON_CLASS, pgm->mon_class_nr, 2);
        put(lc, LC_MON_CODE, pgm->mon_code, 8);
    }
    if (props & WITH_DXC) {
        put(lc, LC_DXC, pgm->data_exc_code, 4);
    }
    if (pgm->code & PGM_PER_BIT) {
        put(lc, LC_PER_CODE, pgm->per_code, 1);
        put(lc, LC_PER_ATMID, pgm->per_atmid, 1);
        put(lc, LC_PER_ADDRESS, pgm->per_address, 8);
        put(lc, LC_PER_ACCESS_ID, pgm->per_access_id, 1);
    }
}

int kvm390_irq_deliver(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    struct kvm_s390_pgm_info *pgm = &vcpu->pgm.info;
    Lowcore lc = { CPU(vcpu->cpu)->as, env->psa };
    unsigned ilen = pgm->flags & KVM_S390_PGM_FLAGS_ILC_MASK;
    uint64_t mask, addr;

    put_details(&lc, pgm);
    if (properties(pgm->code & ~PGM_PER_BIT) & NULLIFIES &&
        !(pgm->flags & KVM_S390_PGM_FLAGS_NO_REWIND)) {
        env->psw.addr -= ilen;
    }
    put(&lc, LC_ILC, ilen, 2);
    put(&lc, LC_CODE, pgm->code, 2);
    put(&lc, LC_LAST_BREAK, env->gbea, 8);
    put(&lc, LC_PGM_OLD_PSW, s390_cpu_get_psw_mask(env), 8);
    put(&lc, LC_PGM_OLD_PSW + 8, env->psw.addr, 8);
    mask = get(&lc, LC_PGM_NEW_PSW);
    addr = get(&lc, LC_PGM_NEW_PSW + 8);
    qatomic_set(&vcpu->pgm.pending, false);
    memset(pgm, 0, sizeof(*pgm));
    if (lc.failed) {
        return -EFAULT;
    }
    if (CPU(vcpu->cpu)->halted) {
        s390_cpu_unhalt(vcpu->cpu);
    }
    s390_cpu_set_psw(env, mask, addr);
    return 0;
}

/* The part of @info that describes a PER event, over that of @pgm. */
static void merge_per(struct kvm_s390_pgm_info *pgm,
                      const struct kvm_s390_pgm_info *info)
{
    pgm->per_address = info->per_address;
    pgm->per_code = info->per_code;
    pgm->per_atmid = info->per_atmid;
    pgm->per_access_id = info->per_access_id;
}

static int inject_program(Kvm390Vcpu *vcpu,
                          const struct kvm_s390_pgm_info *info)
{
    struct kvm_s390_pgm_info old = vcpu->pgm.info, *pgm = &vcpu->pgm.info;

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
    qatomic_set(&vcpu->pgm.pending, true);
    return 0;
}

/* --- the others --- */

static bool exists(uint16_t cpu_address)
{
    return cpu_address < S390_MAX_CPUS && s390_cpu_addr2state(cpu_address);
}

static bool stopped(Kvm390Vcpu *vcpu)
{
    return s390_cpu_get_state(vcpu->cpu) == S390_CPU_STATE_STOPPED;
}

static int inject_stop(Kvm390Vcpu *vcpu, uint32_t flags)
{
    if (flags & ~KVM_S390_STOP_FLAG_STORE_STATUS) {
        return -EINVAL;
    }
    if (stopped(vcpu)) {
        return 0;
    }
    if (vcpu->cpu->env.pending_int & INTERRUPT_STOP) {
        return -EBUSY;
    }
    vcpu->stop_store_status = flags;
    cpu_inject_stop(vcpu->cpu);
    return 0;
}

static int keep(struct kvm_s390_irq *place, const struct kvm_s390_irq *irq)
{
    *place = *irq;
    return 0;
}

int kvm390_irq_inject(Kvm390Vcpu *vcpu, const struct kvm_s390_irq *irq)
{
    switch (irq->type) {
    case KVM_S390_PROGRAM_INT:
        return inject_program(vcpu, &irq->u.pgm);
    case KVM_S390_SIGP_SET_PREFIX:
        return stopped(vcpu) ? keep(&vcpu->prefix, irq) : -EBUSY;
    case KVM_S390_SIGP_STOP:
        return inject_stop(vcpu, irq->u.stop.flags);
    case KVM_S390_RESTART:
        cpu_inject_restart(vcpu->cpu);
        return 0;
    case KVM_S390_INT_CLOCK_COMP:
        cpu_inject_clock_comparator(vcpu->cpu);
        return 0;
    case KVM_S390_INT_CPU_TIMER:
        cpu_inject_cpu_timer(vcpu->cpu);
        return 0;
    case KVM_S390_INT_EXTERNAL_CALL:
        return !exists(irq->u.extcall.code) ? -EINVAL :
               cpu_inject_external_call(vcpu->cpu, irq->u.extcall.code);
    case KVM_S390_INT_EMERGENCY:
        if (!exists(irq->u.emerg.code)) {
            return -EINVAL;
        }
        cpu_inject_emergency_signal(vcpu->cpu, irq->u.emerg.code);
        return 0;
    case KVM_S390_MCHK:
        return keep(&vcpu->mchk, irq);
    case KVM_S390_INT_PFAULT_INIT:
        return keep(&vcpu->pfault, irq);
    default:
        return -EINVAL;
    }
}

static int inject_and_wake(Kvm390Vcpu *vcpu, const struct kvm_s390_irq *irq)
{
    int ret = kvm390_irq_inject(vcpu, irq);

    if (!ret) {
        /* User space emulated the instruction; the step comes after this. */
        vcpu->debug_pending = false;
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

    if (kvm390_intercepts.ucontrol) {
        return -EINVAL;
    }
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

/* --- floating interrupts --- */

int kvm390_vm_interrupt(Kvm390Call *call)
{
    const struct kvm_s390_interrupt *in = call->arg;

    if (kvm390_intercepts.ucontrol) {
        return -EINVAL;
    }
    switch (in->type) {
    case KVM_S390_INT_SERVICE:
        s390_sclp_extint(in->parm);
        return 0;
    case KVM_S390_INT_IO_MIN ... KVM_S390_INT_IO_MAX:
        s390_io_interrupt(in->parm >> 16, in->parm, in->parm64 >> 32,
                          in->parm64);
        return 0;
    default:
        return -EINVAL;
    }
}

/* --- GET_IRQ_STATE, SET_IRQ_STATE, resets --- */

static void append(GByteArray *out, const struct kvm_s390_irq *irq)
{
    g_byte_array_append(out, (const uint8_t *)irq, sizeof(*irq));
}

static void append_type(GByteArray *out, uint64_t type)
{
    struct kvm_s390_irq irq = { .type = type };

    append(out, &irq);
}

static void append_sigp(GByteArray *out, CPUS390XState *env)
{
    struct kvm_s390_irq irq = { };
    unsigned i;

    if (env->pending_int & INTERRUPT_EXTERNAL_CALL) {
        irq.type = KVM_S390_INT_EXTERNAL_CALL;
        irq.u.extcall.code = env->external_call_addr;
        append(out, &irq);
    }
    if (env->pending_int & INTERRUPT_EMERGENCY_SIGNAL) {
        irq.type = KVM_S390_INT_EMERGENCY;
        for (i = 0; i < S390_MAX_CPUS; i++) {
            if (test_bit(i, env->emergency_signals)) {
                irq.u.emerg.code = i;
                append(out, &irq);
            }
        }
    }
}

static void append_all(GByteArray *out, Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    struct kvm_s390_irq irq = { };

    append_sigp(out, env);
    if (env->pending_int & INTERRUPT_EXT_CLOCK_COMPARATOR) {
        append_type(out, KVM_S390_INT_CLOCK_COMP);
    }
    if (env->pending_int & INTERRUPT_EXT_CPU_TIMER) {
        append_type(out, KVM_S390_INT_CPU_TIMER);
    }
    if (vcpu->pgm.pending) {
        irq.type = KVM_S390_PROGRAM_INT;
        irq.u.pgm = vcpu->pgm.info;
        append(out, &irq);
    }
    if (env->pending_int & INTERRUPT_RESTART) {
        append_type(out, KVM_S390_RESTART);
    }
    if (env->pending_int & INTERRUPT_STOP) {
        irq = (struct kvm_s390_irq) { .type = KVM_S390_SIGP_STOP };
        irq.u.stop.flags = vcpu->stop_store_status;
        append(out, &irq);
    }
    if (vcpu->prefix.type) {
        append(out, &vcpu->prefix);
    }
    if (vcpu->mchk.type) {
        append(out, &vcpu->mchk);
    }
    if (vcpu->pfault.type) {
        append(out, &vcpu->pfault);
    }
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

int kvm390_set_irqs(Kvm390Call *call)
{
    const struct kvm_s390_irq_state *state = call->arg;
    size_t n = state->len / sizeof(struct kvm_s390_irq), i;
    struct kvm_s390_irq irq;
    int ret = 0;

    if (!n || state->len % sizeof(struct kvm_s390_irq) ||
        state->len > call->seg[0].in_len) {
        return -EINVAL;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    if (call->vcpu->cpu->env.pending_int || call->vcpu->pgm.pending ||
        call->vcpu->prefix.type || call->vcpu->mchk.type ||
        call->vcpu->pfault.type) {
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
    qatomic_set(&vcpu->pgm.pending, false);
    memset(&vcpu->pgm.info, 0, sizeof(vcpu->pgm.info));
    vcpu->prefix.type = vcpu->mchk.type = vcpu->pfault.type = 0;
    vcpu->exit.last_ilen = 0;
}
