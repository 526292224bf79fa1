/*
 * -accel kvm390: TCG with the storage behaviour of KVM on real hardware.
 *
 * The accelerator and its operations are subclasses of TCG's, so everything
 * that TCG offers (properties, threads, icount, replay, gdbstub) is inherited.
 * TCG keeps its state private, so the instance has no fields of its own; there
 * is one accelerator in a process, and its properties live in kvm390_config.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/accel.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qom/object_interfaces.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interrupts.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/guest-access.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/kvm-stream.h"
#include "kvm390/include/exits.h"
#include "kvm390/include/vm.h"
#include "kvm390/accel/kvm390-version.h"
#include "kvm390/accel/migration.h"
#include "kvm390/trace.h"

#define TYPE_KVM390_ACCEL ACCEL_CLASS_NAME("kvm390")

const char *kvm390_version(void)
{
    return KVM390_VERSION;
}

static int kvm390_init_machine(KVM390_ACCEL_TAKE MachineState *ms)
{
    AccelClass *tcg =
        ACCEL_CLASS(object_class_by_name(ACCEL_CLASS_NAME("tcg")));

    trace_kvm390_init(kvm390_version(), kvm390_config.skeys,
                      kvm390_config.cmma);
    kvm390_guest_access_init();
    kvm390_sie_init();
    kvm390_irq_migration_init();
    kvm390_kvm_stream_init();
    kvm390_migration_init();
    return tcg->init_machine(KVM390_ACCEL_PASS ms);
}

static bool get_skeys(Object *obj, Error **errp)
{
    return kvm390_config.skeys;
}

static void set_skeys(Object *obj, bool value, Error **errp)
{
    kvm390_config.skeys = value;
}

static bool get_cmma(Object *obj, Error **errp)
{
    return kvm390_config.cmma;
}

static void set_cmma(Object *obj, bool value, Error **errp)
{
    kvm390_config.cmma = value;
}

static bool get_sie(Object *obj, Error **errp)
{
    return kvm390_config.sie;
}

static void set_sie(Object *obj, bool value, Error **errp)
{
    kvm390_config.sie = value;
}

static bool get_discard(Object *obj, Error **errp)
{
    return kvm390_config.discard;
}

static void set_discard(Object *obj, bool value, Error **errp)
{
    kvm390_config.discard = value;
}

static void get_discard_delay(Object *obj, Visitor *v, const char *name,
                              void *opaque, Error **errp)
{
    uint32_t value = kvm390_config.discard_delay;

    visit_type_uint32(v, name, &value, errp);
}

static void set_discard_delay(Object *obj, Visitor *v, const char *name,
                              void *opaque, Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value > 60 * 1000) {
        error_setg(errp, "discard-delay is at most 60000 ms");
        return;
    }
    kvm390_config.discard_delay = value;
}

/* -accel kvm390,help: QEMU offers no such help, so it is a property. */
static void set_help(Object *obj, bool value, Error **errp)
{
    if (value) {
        type_print_class_properties(TYPE_KVM390_ACCEL);
        exit(0);
    }
}

static void kvm390_accel_class_init(ObjectClass *oc, Kvm390ClassData *data)
{
    AccelClass *ac = ACCEL_CLASS(oc);

    ac->name = "kvm390";
    ac->init_machine = kvm390_init_machine;
    ac->allowed = &kvm390_allowed;

    object_class_property_add_bool(oc, "skeys", get_skeys, set_skeys);
    object_class_property_set_description(oc, "skeys",
        "Enforce storage keys and offer the instructions for them (default on)");
    object_class_property_add_bool(oc, "cmma", get_cmma, set_cmma);
    object_class_property_set_description(oc, "cmma",
        "Offer collaborative memory management, ESSA (default on)");
    object_class_property_add_bool(oc, "sie", get_sie, set_sie);
    object_class_property_set_description(oc, "sie",
        "Offer interpretive execution, SIE, so that the guest can run KVM; needs"
        " skeys=on (default on)");
    object_class_property_add_bool(oc, "discard", get_discard, set_discard);
    object_class_property_set_description(oc, "discard",
        "Give memory that the guest does not use back to the host (default on)");
    object_class_property_add(oc, "discard-delay", "uint32", get_discard_delay,
                              set_discard_delay, NULL, NULL);
    object_class_property_set_description(oc, "discard-delay",
        "How long a page is left unused before it is given back, once to twice"
        " this many ms (default 100)");
    object_class_property_add_bool(oc, "help", NULL, set_help);
    object_class_property_set_description(oc, "help",
        "Print this list and exit");
}

static void kvm390_ops_init(Kvm390OpsInit *init)
{
    AccelOpsClass *ops = kvm390_ops_of(init);
    AccelOpsClass *tcg = ACCEL_OPS_CLASS(
        object_class_by_name(ACCEL_OPS_NAME("tcg")));

    tcg->ops_init(init);
    if (object_dynamic_cast(OBJECT(current_machine), TYPE_KVM390_VM)) {
        kvm390_vm_ops_init(ops);
    } else {
        kvm390_kvm_stream_ops_init(ops);
        kvm390_attach_init();
    }
}

static void kvm390_ops_class_init(ObjectClass *oc, Kvm390ClassData *data)
{
    ACCEL_OPS_CLASS(oc)->ops_init = kvm390_ops_init;
}

static const TypeInfo kvm390_types[] = {
    {
        .name = TYPE_KVM390_ACCEL,
        .parent = ACCEL_CLASS_NAME("tcg"),
        .class_init = kvm390_accel_class_init,
    },
    {
        .name = ACCEL_OPS_NAME("kvm390"),
        .parent = ACCEL_OPS_NAME("tcg"),
        .class_init = kvm390_ops_class_init,
    },
};

DEFINE_TYPES(kvm390_types)
