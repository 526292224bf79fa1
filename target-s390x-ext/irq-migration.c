/*
 * Interruptions that QEMU's TCG does not send, on their way to another QEMU:
 * those it has no place for, and those that are pending in its CPUs
 *
 * A section of its own, sent only if one is pending: a stream without it is as
 * QEMU's TCG has it. It is a list of struct kvm_s390_irq, big-endian, each
 * behind the CPU address that it belongs to. The timers' are not in it: they
 * follow from the registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "s390x-internal.h"
#include "kvm390/include/interrupts.h"
#include "kvm390/include/wire.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"

#define FLOATING UINT32_MAX

/* Of the list, in bytes: all that can be pending at once is half of it. */
#define MAX_LEN (64u << 20)

typedef struct Record {
    uint64_t cpu;
    struct kvm_s390_irq irq;
} Record;

typedef struct State {
    uint32_t len;
    uint8_t *list;
} State;

static State state; /* BQL */

#define IN_CPU (INTERRUPT_EXTERNAL_CALL | INTERRUPT_EMERGENCY_SIGNAL | \
                INTERRUPT_RESTART | INTERRUPT_STOP)

static bool local_irqs_needed(void *opaque)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        if (kvm390_irq_pending(S390_CPU(cs)) ||
            S390_CPU(cs)->env.pending_int & IN_CPU) {
            return true;
        }
    }
    return false;
}

static void append_local_irq(GByteArray *list, uint32_t cpu,
                             struct kvm_s390_irq irq)
{
    Record r = { .cpu = cpu_to_be64(cpu), .irq = irq };

    kvm390_reorder(&kvm390_layout_kvm_s390_irq, &r.irq, sizeof(r.irq),
                   KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
    g_byte_array_append(list, (uint8_t *)&r, sizeof(r));
}

static void append_local(GByteArray *list, S390CPU *cpu)
{
    const Kvm390LocalIrqs *l = kvm390_local_irqs(cpu);
    uint32_t id = cpu->env.core_id;

    if (l->pending & KVM390_LOCAL_PGM) {
        append_local_irq(list, id, (struct kvm_s390_irq) {
            .type = KVM_S390_PROGRAM_INT, .u.pgm = l->pgm });
    }
    if (l->pending & KVM390_LOCAL_MCHK) {
        append_local_irq(list, id, (struct kvm_s390_irq) {
            .type = KVM_S390_MCHK, .u.mchk = l->mchk });
    }
    if (l->pending & KVM390_LOCAL_PFAULT) {
        append_local_irq(list, id, (struct kvm_s390_irq) {
            .type = KVM_S390_INT_PFAULT_INIT, .u.ext = l->pfault });
    }
}

static void append_in_cpu(GByteArray *list, S390CPU *cpu)
{
    CPUS390XState *env = &cpu->env;
    uint32_t id = env->core_id, source;

    if (env->pending_int & INTERRUPT_EMERGENCY_SIGNAL) {
        for (source = 0; source < S390_MAX_CPUS; source++) {
            if (test_bit(source, env->emergency_signals)) {
                append_local_irq(list, id, (struct kvm_s390_irq) {
                    .type = KVM_S390_INT_EMERGENCY, .u.emerg.code = source });
            }
        }
    }
    if (env->pending_int & INTERRUPT_EXTERNAL_CALL) {
        append_local_irq(list, id, (struct kvm_s390_irq) {
            .type = KVM_S390_INT_EXTERNAL_CALL,
            .u.extcall.code = env->external_call_addr });
    }
    if (env->pending_int & INTERRUPT_RESTART) {
        append_local_irq(list, id,
                         (struct kvm_s390_irq) { .type = KVM_S390_RESTART });
    }
    if (env->pending_int & INTERRUPT_STOP) {
        append_local_irq(list, id, (struct kvm_s390_irq) {
            .type = KVM_S390_SIGP_STOP, .u.stop.flags =
                env->sigp_order == SIGP_STOP_STORE_STATUS });
    }
}

static void append_floating(GByteArray *list)
{
    const Kvm390FloatIrqs *f = kvm390_float_irqs();
    size_t max = f->nr_io + f->nr_pfault + f->nr_virtio + 2, i;
    g_autofree struct kvm_s390_irq *irqs = g_new(struct kvm_s390_irq, max);
    int n = kvm390_float_get_all(f, irqs, max);

    for (i = 0; n > 0 && i < n; i++) {
        append_local_irq(list, FLOATING, irqs[i]);
    }
}

static int pre_save(void *opaque)
{
    GByteArray *list = g_byte_array_new();
    CPUState *cs;

    CPU_FOREACH(cs) {
        append_in_cpu(list, S390_CPU(cs));
        append_local(list, S390_CPU(cs));
    }
    append_floating(list);
    state.len = list->len;
    state.list = g_byte_array_free(list, false);
    return 0;
}

static int post_save(void *opaque)
{
    g_free(state.list);
    state = (State) { };
    return 0;
}

static void take_stop(S390CPU *cpu, uint32_t flags)
{
    cpu->env.sigp_order = flags & KVM_S390_STOP_FLAG_STORE_STATUS ?
                          SIGP_STOP_STORE_STATUS : SIGP_STOP;
    cpu_inject_stop(cpu);
}

bool kvm390_take_local(S390CPU *cpu, const struct kvm_s390_irq *irq)
{
    Kvm390LocalIrqs *l = kvm390_local_irqs(cpu);

    switch (irq->type) {
    case KVM_S390_INT_EMERGENCY:
        if (irq->u.emerg.code >= S390_MAX_CPUS) {
            return false;
        }
        cpu_inject_emergency_signal(cpu, irq->u.emerg.code);
        return true;
    case KVM_S390_INT_EXTERNAL_CALL:
        return irq->u.extcall.code < S390_MAX_CPUS &&
               !cpu_inject_external_call(cpu, irq->u.extcall.code);
    case KVM_S390_RESTART:
        cpu_inject_restart(cpu);
        return true;
    case KVM_S390_SIGP_STOP:
        take_stop(cpu, irq->u.stop.flags);
        return true;
    case KVM_S390_PROGRAM_INT:
        l->pgm = irq->u.pgm;
        kvm390_inject_local(cpu, KVM390_LOCAL_PGM);
        return true;
    case KVM_S390_MCHK:
        kvm390_inject_mchk(cpu, &irq->u.mchk);
        return true;
    case KVM_S390_INT_PFAULT_INIT:
        l->pfault = irq->u.ext;
        kvm390_inject_local(cpu, KVM390_LOCAL_PFAULT);
        return true;
    case KVM_S390_INT_CLOCK_COMP:
    case KVM_S390_INT_CPU_TIMER:
        return true; /* its condition is in the registers */
    default:
        return false;
    }
}

static bool take_local_irq(Record *r)
{
    uint64_t id = be64_to_cpu(r->cpu);
    S390CPU *cpu;

    kvm390_reorder(&kvm390_layout_kvm_s390_irq, &r->irq, sizeof(r->irq),
                   KVM390_WIRE_ORDER, KVM390_HOST_ORDER);
    if (id == FLOATING) {
        return !kvm390_inject_float(&r->irq);
    }
    cpu = id < S390_MAX_CPUS ? s390_cpu_addr2state(id) : NULL;
    return cpu && kvm390_take_local(cpu, &r->irq);
}

static int post_load(void *opaque, int version_id)
{
    bool ok = state.len % sizeof(Record) == 0;
    uint32_t at;
    Record r;

    for (at = 0; ok && at < state.len; at += sizeof(r)) {
        memcpy(&r, state.list + at, sizeof(r));
        ok = take_local_irq(&r);
    }
    post_save(NULL);
    if (!ok) {
        error_report("kvm390: a migrated interruption is not valid");
        return -EINVAL;
    }
    return 0;
}

/* Asked before there is memory for the list. */
static bool len_is_possible(void *opaque, int version_id)
{
    return state.len <= MAX_LEN;
}

static const VMStateDescription vmstate = {
    .name = "kvm390-interruptions",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = local_irqs_needed,
    .pre_save = pre_save,
    .post_save = post_save,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(len, State),
        VMSTATE_VALIDATE("the list's length is possible", len_is_possible),
        VMSTATE_VBUFFER_ALLOC_UINT32(list, State, 1, NULL, len),
        VMSTATE_END_OF_LIST()
    },
};

void kvm390_irq_migration_init(void)
{
    vmstate_register(NULL, 0, &vmstate, &state);
}
