/*
 * The machine kvm390-vm: nothing but what a client of the KVM API makes
 *
 * No memory, no devices, no vCPU. What the kernel has for every VM is here:
 * the floating interrupt controller, the TOD clock, storage keys, storage
 * attributes. vCPUs and memory slots come through -object kvm390-api.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "cpu.h"
#include "hw/boards.h"
#include "hw/qdev-properties.h"
#include "hw/s390x/s390_flic.h"
#include "hw/s390x/storage-attributes.h"
#include "hw/s390x/storage-keys.h"
#include "hw/s390x/tod.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interrupts.h"
#include "kvm390/include/slot-memory.h"
#include "kvm390/include/vm.h"

static void vm_init(MachineState *ms)
{
    if (!kvm390_enabled()) {
        error_report("the machine kvm390-vm needs -accel kvm390");
        exit(1);
    }
    MACHINE_GET_CLASS(ms)->possible_cpu_arch_ids(ms);
    kvm390_slot_memory_init();
    s390_init_sigp();
    s390_flic_init();
    kvm390_vm_flic_init();
    s390_init_sigp();
    s390_init_tod();
    s390_skeys_init();
    s390_stattrib_init();
}

/* Room for every CPU address; none is plugged when the machine starts. */
static const CPUArchIdList *vm_possible_cpus(MachineState *ms)
{
    unsigned max = ms->smp.max_cpus, i;

    if (!ms->possible_cpus) {
        ms->possible_cpus = g_malloc0(sizeof(CPUArchIdList) +
                                      sizeof(CPUArchId) * max);
        ms->possible_cpus->len = max;
        for (i = 0; i < max; i++) {
            ms->possible_cpus->cpus[i].type = ms->cpu_type;
            ms->possible_cpus->cpus[i].vcpus_count = 1;
            ms->possible_cpus->cpus[i].arch_id = i;
        }
    }
    return ms->possible_cpus;
}

static void vm_cpu_plug(HotplugHandler *handler, DeviceState *dev,
                        Error **errp)
{
    MachineState *ms = MACHINE(handler);
    S390CPU *cpu = S390_CPU(dev);

    ms->possible_cpus->cpus[cpu->env.core_id].cpu = CPU(dev);
}

static HotplugHandler *vm_hotplug_handler(MachineState *ms, DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_CPU) ? HOTPLUG_HANDLER(ms) :
           NULL;
}

static void vm_class_init(ObjectClass *oc, Kvm390ClassData *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "VM for a client of the KVM API (-object kvm390-api)";
    mc->init = vm_init;
    mc->max_cpus = S390_MAX_CPUS;
    mc->default_cpus = S390_MAX_CPUS;
    mc->default_cpu_type = S390_CPU_TYPE_NAME("max");
    mc->default_ram_size = 0;
    mc->no_floppy = mc->no_cdrom = mc->no_parallel = mc->no_serial = true;
    mc->possible_cpu_arch_ids = vm_possible_cpus;
    mc->get_hotplug_handler = vm_hotplug_handler;
    HOTPLUG_HANDLER_CLASS(oc)->plug = vm_cpu_plug;
}

static const TypeInfo vm_type = {
    .name = TYPE_KVM390_VM,
    .parent = TYPE_MACHINE,
    .class_init = vm_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_HOTPLUG_HANDLER },
        { }
    },
};

static void register_types(void)
{
    type_register_static(&vm_type);
}

type_init(register_types)
