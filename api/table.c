/*
 * The KVM API: which ioctl is answered by which function
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "qemu/main-loop.h"
#include "kvm390/include/vm.h"
#include "kvm390/trace.h"

#define SYS  KVM390_ON_SYSTEM
#define VM   KVM390_ON_VM
#define VCPU KVM390_ON_VCPU
#define FLIC KVM390_ON_FLIC

static const Kvm390ApiEntry table[] = {
    { KVM_GET_API_VERSION, SYS, KVM390_NO_BQL, kvm390_get_api_version },
    { KVM_CREATE_VM, SYS, 0, kvm390_create_vm },
    { KVM_CHECK_EXTENSION, SYS | VM, 0, kvm390_extension },
    { KVM_GET_VCPU_MMAP_SIZE, SYS, KVM390_NO_BQL, kvm390_get_mmap_size },
    { KVM_S390_ENABLE_SIE, SYS, KVM390_NO_BQL, kvm390_enable_sie },

    { KVM_CREATE_VCPU, VM, KVM390_VM_MODE | KVM390_NO_BQL,
      kvm390_create_vcpu },
    { KVM_SET_USER_MEMORY_REGION, VM, KVM390_VM_MODE, kvm390_set_memory },
    { KVM_SET_USER_MEMORY_REGION2, VM, KVM390_VM_MODE, kvm390_set_memory2 },
    { KVM_GET_DIRTY_LOG, VM, KVM390_VM_MODE, kvm390_get_dirty_log },
    { KVM_ENABLE_CAP, VM, KVM390_VM_MODE, kvm390_enable_cap },
    { KVM_SET_DEVICE_ATTR, VM, 0, kvm390_set_attr },
    { KVM_GET_DEVICE_ATTR, VM, 0, kvm390_get_attr },
    { KVM_HAS_DEVICE_ATTR, VM, 0, kvm390_has_attr },
    { KVM_S390_GET_REG_WRITABLE_MASKS, VM, 0, kvm390_get_masks },
    { KVM_CREATE_IRQCHIP, VM, KVM390_VM_MODE, kvm390_create_irqchip },
    { KVM_SET_GSI_ROUTING, VM, KVM390_VM_MODE, kvm390_set_routing },
    { KVM390_PROTECT, VM, KVM390_VM_MODE, kvm390_protect },
    { KVM_IRQFD, VM, KVM390_VM_MODE, kvm390_irqfd },
    { KVM_IOEVENTFD, VM, KVM390_VM_MODE, kvm390_ioeventfd },
    { KVM_CREATE_DEVICE, VM, KVM390_VM_MODE, kvm390_create_device },
    { KVM_SET_DEVICE_ATTR, FLIC, KVM390_VM_MODE, kvm390_flic_set },
    { KVM_GET_DEVICE_ATTR, FLIC, KVM390_VM_MODE, kvm390_flic_get },
    { KVM_HAS_DEVICE_ATTR, FLIC, KVM390_VM_MODE, kvm390_flic_has },
    { KVM_S390_INTERRUPT, VM, 0, kvm390_vm_interrupt },
    { KVM_S390_GET_SKEYS, VM, 0, kvm390_api_get_skeys },
    { KVM_S390_SET_SKEYS, VM, 0, kvm390_api_set_skeys },
    { KVM_S390_KEYOP, VM, 0, kvm390_api_keyop },
    { KVM_S390_GET_CMMA_BITS, VM, 0, kvm390_api_get_cmma },
    { KVM_S390_SET_CMMA_BITS, VM, 0, kvm390_api_set_cmma },
    { KVM_S390_MEM_OP, VM, KVM390_NO_BQL, kvm390_vm_memop },
    { KVM_S390_MEM_OP, VCPU, KVM390_REGS_IN, kvm390_vcpu_memop },
    { KVM_GET_STATS_FD, VM | VCPU, 0, kvm390_get_stats_fd },

    { KVM_RUN, VCPU, KVM390_VM_MODE | KVM390_NO_BQL, kvm390_run },
    { KVM_GET_REGS, VCPU, KVM390_REGS_IN, kvm390_get_regs },
    { KVM_SET_REGS, VCPU, KVM390_REGS_IN | KVM390_REGS_OUT, kvm390_set_regs },
    { KVM_GET_SREGS, VCPU, KVM390_REGS_IN, kvm390_get_sregs },
    { KVM_SET_SREGS, VCPU, KVM390_REGS_IN | KVM390_REGS_OUT,
      kvm390_set_sregs },
    { KVM_TRANSLATE, VCPU, 0, kvm390_translate },
    { KVM_GET_FPU, VCPU, KVM390_REGS_IN, kvm390_get_fpu },
    { KVM_SET_FPU, VCPU, KVM390_REGS_IN | KVM390_REGS_OUT, kvm390_set_fpu },
    { KVM_GET_ONE_REG, VCPU, 0, kvm390_get_one_reg },
    { KVM_SET_ONE_REG, VCPU, 0, kvm390_set_one_reg },
    { KVM_GET_MP_STATE, VCPU, 0, kvm390_get_mp_state },
    { KVM_SET_MP_STATE, VCPU, 0, kvm390_set_mp_state },
    { KVM_S390_INTERRUPT, VCPU, KVM390_ANY_THREAD, kvm390_vcpu_interrupt },
    { KVM_S390_IRQ, VCPU, KVM390_ANY_THREAD, kvm390_vcpu_irq },
    { KVM_S390_SET_IRQ_STATE, VCPU, 0, kvm390_set_irqs },
    { KVM_S390_GET_IRQ_STATE, VCPU, 0, kvm390_get_irqs },
    { KVM_S390_STORE_STATUS, VCPU, KVM390_REGS_IN, kvm390_store_status },
    { KVM_S390_SET_INITIAL_PSW, VCPU, 0, kvm390_set_initial_psw },
    { KVM_S390_NORMAL_RESET, VCPU, KVM390_REGS_IN | KVM390_REGS_OUT,
      kvm390_normal_reset },
    { KVM_S390_INITIAL_RESET, VCPU, KVM390_REGS_IN | KVM390_REGS_OUT,
      kvm390_initial_reset },
    { KVM_S390_CLEAR_RESET, VCPU, KVM390_REGS_IN | KVM390_REGS_OUT,
      kvm390_clear_reset },
    { KVM_SET_GUEST_DEBUG, VCPU, KVM390_VM_MODE, kvm390_set_guest_debug },
    { KVM_ENABLE_CAP, VCPU, KVM390_VM_MODE, kvm390_vcpu_enable_cap },
    { KVM_S390_UCAS_MAP, VCPU, KVM390_VM_MODE, kvm390_ucas_map },
    { KVM_S390_UCAS_UNMAP, VCPU, KVM390_VM_MODE, kvm390_ucas_unmap },
    { KVM_S390_VCPU_FAULT, VCPU, 0, kvm390_vcpu_fault },
    { KVM_PRE_FAULT_MEMORY, VCPU, 0, kvm390_pre_fault },
};

static uint64_t counts[ARRAY_SIZE(table)]; /* atomic */

const Kvm390ApiEntry *kvm390_api_find(uint32_t nr, unsigned kind)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(table); i++) {
        if (table[i].nr == nr && table[i].kinds & kind) {
            return &table[i];
        }
    }
    return NULL;
}

const char *kvm390_ioctl_counter(size_t i, uint64_t *value)
{
    if (i >= ARRAY_SIZE(table)) {
        return NULL;
    }
    *value = qatomic_read(&counts[i]);
    return kvm390_ioctl_find(table[i].nr, table[i].kinds)->name;
}

/* What KVM says to a number it does not know depends on whom it is asked. */
static int unknown(uint32_t cmd, int32_t target)
{
    if (target == KVM390_SYSTEM) {
        return -EINVAL;
    }
    return target >= 0 && _IOC_TYPE(cmd) != KVMIO ? -EINVAL : -ENOTTY;
}

typedef struct OnVcpu {
    const Kvm390ApiEntry *entry;
    Kvm390Call *call;
} OnVcpu;

static void on_vcpu(CPUState *cs, run_on_cpu_data data)
{
    OnVcpu *job = data.host_ptr;

    job->call->ret = job->entry->handler(job->call);
}

static void call_vcpu(const Kvm390ApiEntry *entry, Kvm390Call *call)
{
    Kvm390Vcpu *vcpu = call->vcpu;
    bool here = entry->flags & KVM390_ANY_THREAD;

    if (kvm390_intercepts.vm && entry->flags & KVM390_REGS_IN) {
        kvm390_run_pull(vcpu);
    }
    if (!here) {
        kvm390_sie_load(vcpu);
    }
    if (here || current_cpu == CPU(vcpu->cpu)) {
        call->ret = entry->handler(call);
    } else {
        OnVcpu job = { entry, call };

        run_on_cpu(CPU(vcpu->cpu), on_vcpu, RUN_ON_CPU_HOST_PTR(&job));
    }
    if (kvm390_intercepts.vm && entry->flags & KVM390_REGS_OUT &&
        call->ret >= 0) {
        kvm390_run_push_live(vcpu);
    }
    if (!here) {
        kvm390_sie_store(vcpu);
    }
}

void kvm390_api_call(uint32_t cmd, int32_t target, Kvm390Call *call)
{
    unsigned kind = kvm390_kind(target);
    const Kvm390ApiEntry *entry = kvm390_api_find(cmd, kind);

    trace_kvm390_ioctl(target, cmd, call->io ? call->io->name : "?");
    if (!entry || !call->io) {
        call->ret = unknown(cmd, target);
    } else if (entry->flags & KVM390_VM_MODE && !kvm390_intercepts.vm) {
        call->ret = -EBUSY;
    } else if (call->io->size && !call->arg) {
        call->ret = -EFAULT;
    } else {
        qatomic_inc(&counts[entry - table]);
        if (entry->flags & KVM390_NO_BQL) {
            call->ret = entry->handler(call);
        } else {
            bql_lock();
            if (kind == VCPU) {
                call_vcpu(entry, call);
            } else {
                call->ret = entry->handler(call);
            }
            bql_unlock();
        }
    }
    trace_kvm390_ioctl_done(target, cmd, call->ret);
}
