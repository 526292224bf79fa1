/*
 * Streams of QEMU's -accel kvm, taken by -accel kvm390
 *
 * QEMU under KVM sends what QEMU under TCG has no place for: the floating
 * interruptions, as a section of KVM's interrupt controller, and with each CPU
 * those that are pending in it. Both are lists of struct kvm_s390_irq, as a
 * mainframe's kernel wrote them: big-endian. Here they become pending where
 * this accelerator keeps them. None of it is ever sent.
 *
 * A CPU's list arrives in a buffer that TCG does not make; a CPU's thread makes
 * it here. It is looked at when the machine runs: then all is there.
 *
 * Everything is under the BQL, but for making the buffer, before the CPU runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "s390x-internal.h"
#include "hw/boards.h"
#include "hw/s390x/s390_flic.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interrupts.h"
#include "kvm390/include/kvm-stream.h"
#include "kvm390/include/wire.h"
#include "migration/qemu-file-types.h"
#include "migration/vmstate.h"
#include "qemu/error-report.h"
#include "system/runstate.h"

/* Of a CPU: an emergency signal of each other one, and one of each kind. */
#define KINDS 32
/* The count that says that the sender could not read its own. */
#define FAILED UINT64_MAX
/* More than KVM lets be pending. */
#define MAX_FLOATING (1 << 20)

static struct {
    uint8_t simm, nimm;
} ais; /* the adapter-interruption suppression of the subsection */

static void (*create_vcpu_thread)(CPUState *cs);

static void from_wire(struct kvm_s390_irq *irq)
{
    kvm390_reorder(&kvm390_layout_kvm_s390_irq, irq, sizeof(*irq),
                   KVM390_WIRE_ORDER, KVM390_HOST_ORDER);
}

/* --- floating interruptions --- */

static int get_floating(QEMUFile *f, void *opaque, size_t size,
                        const VMStateField *field)
{
    uint64_t n = qemu_get_be64(f);
    struct kvm_s390_irq irq;

    if (n == FAILED || n > MAX_FLOATING) {
        error_report("kvm390: the sender lost its floating interruptions");
        return -EINVAL;
    }
    for (; n; n--) {
        if (qemu_get_buffer(f, (uint8_t *)&irq, sizeof(irq)) != sizeof(irq)) {
            return -EINVAL;
        }
        from_wire(&irq);
        if (kvm390_inject_float_qemu(&irq)) {
            error_report("kvm390: a migrated interruption is not valid");
            return -EINVAL;
        }
    }
    return 0;
}

static int put_nothing(QEMUFile *f, void *opaque, size_t size,
                       const VMStateField *field, JSONWriter *vmdesc)
{
    return 0;
}

static bool never_sent(void *opaque)
{
    return false;
}

static int ais_post_load(void *opaque, int version_id)
{
    QEMUS390FLICState *flic = QEMU_S390_FLIC(s390_get_flic());

    flic->simm = ais.simm;
    flic->nimm = ais.nimm;
    return 0;
}

static const VMStateDescription vmstate_ais = {
    .name = "s390-flic/ais",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = never_sent,
    .post_load = ais_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(simm, typeof(ais)),
        VMSTATE_UINT8(nimm, typeof(ais)),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate = {
    .name = "s390-flic",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = never_sent,
    .fields = (const VMStateField[]) {
        {
            .name = "irqs",
            .info = &(const VMStateInfo) {
                .name = "irqs",
                .get = get_floating,
                .put = put_nothing,
            },
            .flags = VMS_SINGLE,
        },
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_ais,
        NULL
    },
};

/* --- those of a CPU --- */

static void make_buffer(CPUState *cs)
{
    S390CPU *cpu = S390_CPU(cs);

    cpu->irqstate = g_new0(struct kvm_s390_irq,
                           current_machine->smp.max_cpus + KINDS);
    create_vcpu_thread(cs);
}

static void take_local(S390CPU *cpu)
{
    struct kvm_s390_irq *irq = cpu->irqstate;
    size_t n = cpu->irqstate_saved_size / sizeof(*irq);

    for (; n; n--, irq++) {
        from_wire(irq);
        if (!kvm390_take_local(cpu, irq)) {
            error_report("kvm390: CPU %u: a migrated interruption of type 0x%"
                         PRIx64 " is lost", cpu->env.core_id,
                         (uint64_t)irq->type);
        }
    }
    cpu->irqstate_saved_size = 0;
}

static void state_changed(void *opaque, bool running, RunState state)
{
    CPUState *cs;

    if (running) {
        CPU_FOREACH(cs) {
            take_local(S390_CPU(cs));
        }
    }
}

void kvm390_kvm_stream_init(void)
{
    vmstate_register(NULL, 0, &vmstate, &ais);
    qemu_add_vm_change_state_handler(state_changed, NULL);
}

void kvm390_kvm_stream_ops_init(AccelOpsClass *ops)
{
    create_vcpu_thread = ops->create_vcpu_thread;
    ops->create_vcpu_thread = make_buffer;
}
