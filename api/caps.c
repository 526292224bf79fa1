/*
 * The KVM capabilities that kvm390 offers.
 *
 * A capability enters this table with the code that honours it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm390/include/uapi.h"
#include "mode.h"
#include "cpu.h"
#include "hw/boards.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/caps.h"
#include "kvm390/include/exits.h"
#include "kvm390/include/ioctls.h"
#include "kvm390/include/memop.h"
#include "cpu-model.h"

static int max_vcpus(void)
{
    return MACHINE_GET_CLASS(current_machine)->max_cpus;
}

/* What KVM recommends: one for each CPU of the host that is online. */
static int recommended_vcpus(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    return online < 1 ? 1 : MIN(online, max_vcpus());
}

static int mem_op_size(void)
{
    return KVM390_MEMOP_MAX_SIZE;
}

static int mem_op_extension(void)
{
    return KVM390_MEMOP_EXTENSION;
}

static int is_offered(void)
{
    return 1;
}

static int storage_keys(void)
{
    return kvm390_skeys_wanted();
}

static int cmma_migration(void)
{
    return kvm390_cmma_wanted();
}

static int nr_slots(void)
{
    return KVM390_NR_SLOTS;
}

static int guest_debug(void)
{
    return KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP |
           KVM_GUESTDBG_USE_HW_BP;
}

static int ucontrol_vms(void)
{
    return kvm390_mode->client_runs;
}

static int mask_ranges(void)
{
    return 1 << KVM_S390_REG_MASK_FACILITIES |
           1 << KVM_S390_REG_MASK_FEATURES | 1 << KVM_S390_REG_MASK_SUBFUNCS;
}

static int irq_routes(void)
{
    return KVM390_MAX_ROUTES;
}

static int vector_registers(void)
{
    return kvm390_model_facility(129);
}

static int runtime_instrumentation(void)
{
    return kvm390_model_facility(64);
}

static int guarded_storage(void)
{
    return kvm390_model_facility(133);
}

static int branch_prediction(void)
{
    return kvm390_model_facility(82);
}

static int cpu_topology(void)
{
    return kvm390_model_facility(11);
}

#define CAPS(CAP) \
    CAP(KVM_CAP_NR_VCPUS, recommended_vcpus) \
    CAP(KVM_CAP_MAX_VCPUS, max_vcpus) \
    CAP(KVM_CAP_MAX_VCPU_ID, max_vcpus) \
    CAP(KVM_CAP_S390_MEM_OP, mem_op_size) \
    CAP(KVM_CAP_S390_MEM_OP_EXTENSION, mem_op_extension) \
    CAP(KVM_CAP_S390_SKEYS, storage_keys) \
    CAP(KVM_CAP_S390_KEYOP, storage_keys) \
    CAP(KVM_CAP_S390_CMMA_MIGRATION, cmma_migration) \
    CAP(KVM_CAP_NR_MEMSLOTS, nr_slots) \
    CAP(KVM_CAP_USER_MEMORY, is_offered) \
    CAP(KVM_CAP_USER_MEMORY2, is_offered) \
    CAP(KVM_CAP_DESTROY_MEMORY_REGION_WORKS, is_offered) \
    CAP(KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, is_offered) \
    CAP(KVM_CAP_SYNC_MMU, is_offered) \
    CAP(KVM_CAP_SYNC_REGS, is_offered) \
    CAP(KVM_CAP_ONE_REG, is_offered) \
    CAP(KVM_CAP_MP_STATE, is_offered) \
    CAP(KVM_CAP_IMMEDIATE_EXIT, is_offered) \
    CAP(KVM_CAP_ENABLE_CAP, is_offered) \
    CAP(KVM_CAP_ENABLE_CAP_VM, is_offered) \
    CAP(KVM_CAP_CHECK_EXTENSION_VM, is_offered) \
    CAP(KVM_CAP_VM_ATTRIBUTES, is_offered) \
    CAP(KVM_CAP_DEVICE_CTRL, is_offered) \
    CAP(KVM_CAP_SET_GUEST_DEBUG, is_offered) \
    CAP(KVM_CAP_SET_GUEST_DEBUG2, guest_debug) \
    CAP(KVM_CAP_BINARY_STATS_FD, is_offered) \
    CAP(KVM_CAP_IRQ_ROUTING, irq_routes) \
    CAP(KVM_CAP_IRQFD, is_offered) \
    CAP(KVM_CAP_IRQFD_RESAMPLE, is_offered) \
    CAP(KVM_CAP_IOEVENTFD, is_offered) \
    CAP(KVM_CAP_IOEVENTFD_ANY_LENGTH, is_offered) \
    CAP(KVM_CAP_S390_AIS, is_offered) \
    CAP(KVM_CAP_S390_AIS_MIGRATION, is_offered) \
    CAP(KVM_CAP_PRE_FAULT_MEMORY, is_offered) \
    CAP(KVM_CAP_S390_PSW, is_offered) \
    CAP(KVM_CAP_S390_GMAP, is_offered) \
    CAP(KVM_CAP_S390_COW, is_offered) /* without it no QEMU starts */ \
    CAP(KVM_CAP_S390_IRQCHIP, is_offered) \
    CAP(KVM_CAP_S390_CSS_SUPPORT, is_offered) \
    CAP(KVM_CAP_S390_INJECT_IRQ, is_offered) \
    CAP(KVM_CAP_S390_IRQ_STATE, is_offered) \
    CAP(KVM_CAP_S390_UCONTROL, ucontrol_vms) \
    CAP(KVM_CAP_S390_USER_SIGP, is_offered) \
    CAP(KVM_CAP_S390_USER_STSI, is_offered) \
    CAP(KVM_CAP_S390_USER_INSTR0, is_offered) \
    CAP(KVM_CAP_S390_USER_OPEREXEC, is_offered) \
    CAP(KVM_CAP_S390_VSIE_ESAMODE, is_offered) \
    CAP(KVM_CAP_S390_VCPU_RESETS, is_offered) \
    CAP(KVM_CAP_S390_DIAG318, is_offered) \
    CAP(KVM_CAP_S390_VECTOR_REGISTERS, vector_registers) \
    CAP(KVM_CAP_S390_RI, runtime_instrumentation) \
    CAP(KVM_CAP_S390_GS, guarded_storage) \
    CAP(KVM_CAP_S390_BPB, branch_prediction) \
    CAP(KVM_CAP_S390_CPU_TOPOLOGY, cpu_topology) \
    CAP(KVM_CAP_ASYNC_PF, is_offered) \
    CAP(KVM_CAP_HALT_POLL, is_offered) \
    CAP(KVM_CAP_INTERNAL_ERROR_DATA, is_offered) \
    CAP(KVM_CAP_SYSTEM_EVENT_DATA, is_offered) \
    CAP(KVM_CAP_S390_REG_MASK_RANGES, mask_ranges)

#define ENTRY(cap, function) \
    { .name = #cap, .number = cap, .value = function },

const Kvm390Cap kvm390_caps[] = {
    CAPS(ENTRY)
    { }
};

/* A row of ioctls.h that names a capability not offered does not compile. */
#define OFFERED(cap, function) OFFERED_##cap,
#define NAMED(number, on, pass, type, buffers, descriptor, flags, handler, \
              cap) \
    NAMED_BY_##handler = OFFERED_##cap,

G_GNUC_UNUSED enum { OFFERED_BASIC, CAPS(OFFERED) KVM390_IOCTLS(NAMED) };

int kvm390_check_extension(uint32_t number)
{
    for (const Kvm390Cap *cap = kvm390_caps; cap->name; cap++) {
        if (cap->number == number) {
            return cap->value();
        }
    }
    return 0;
}
