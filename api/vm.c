/*
 * The system's and the VM's simple ioctls: version, capabilities
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "mode.h"
#include "cpu-model.h"
#include "vm-state.h"
#include "kvm390/include/caps.h"

int kvm390_get_api_version(Kvm390Call *call)
{
    return call->number ? -EINVAL : KVM_API_VERSION;
}

int kvm390_create_vm(Kvm390Call *call)
{
    if (!kvm390_mode->client_runs) {
        return -EBUSY; /* its VM is there already */
    }
    if (call->number & ~KVM_VM_S390_UCONTROL) {
        return -EINVAL;
    }
    if (kvm390_vm.created) {
        return -EBUSY; /* the library starts another process instead */
    }
    kvm390_vm.created = true;
    kvm390_intercepts.ucontrol = call->number & KVM_VM_S390_UCONTROL;
    return 0;
}

int kvm390_extension(Kvm390Call *call)
{
    return call->number <= UINT32_MAX ?
           kvm390_check_extension(call->number) : 0;
}

int kvm390_get_mmap_size(Kvm390Call *call)
{
    return call->number ? -EINVAL : KVM390_RUN_SIZE;
}

/* There is no ultravisor. Who asks for it says who is stopped, as with KVM. */
int kvm390_pv_command(Kvm390Call *call)
{
    kvm390_intercepts.user_cpu_state = true;
    return -EINVAL;
}

/* There are no PCI functions to be interpreted. */
int kvm390_zpci_op(Kvm390Call *call)
{
    return -EINVAL;
}

int kvm390_enable_sie(Kvm390Call *call)
{
    return 0;
}

int kvm390_enable_cap(Kvm390Call *call)
{
    const struct kvm_enable_cap *cap = call->arg;
    Kvm390Intercepts *on = &kvm390_intercepts;

    if (cap->flags) {
        return -EINVAL;
    }
    switch (cap->cap) {
    case KVM_CAP_S390_IRQCHIP:
        kvm390_vm.irqchip = true;
        return 0;
    case KVM_CAP_HALT_POLL: /* nobody polls here */
        return cap->args[0] > UINT32_MAX ? -EINVAL : 0;
    case KVM_CAP_S390_USER_SIGP:
        qatomic_set(&on->user_sigp, true);
        return 0;
    case KVM_CAP_S390_USER_STSI:
        qatomic_set(&on->user_stsi, true);
        return 0;
    case KVM_CAP_S390_USER_INSTR0:
        qatomic_set(&on->user_instr0, true);
        return 0;
    case KVM_CAP_S390_USER_OPEREXEC:
        qatomic_set(&on->user_operexec, true);
        return 0;
    case KVM_CAP_S390_VSIE_ESAMODE:
        return 0; /* of guests of the guest, which has no SIE here */
    case KVM_CAP_S390_HPAGE_1M: /* no huge pages for the guest */
        return kvm390_vcpus() ? -EBUSY : -EINVAL;
    case KVM_CAP_S390_AIS:
        return kvm390_enable_ais();
    case KVM_CAP_S390_VECTOR_REGISTERS:
    case KVM_CAP_S390_RI:
    case KVM_CAP_S390_GS:
    case KVM_CAP_S390_CPU_TOPOLOGY:
        return kvm390_vcpus() ? -EBUSY :
               !kvm390_check_extension(cap->cap) ? -EINVAL :
               kvm390_model_grant(cap->cap);
    default:
        return -EINVAL;
    }
}

/* The capability of a vCPU that switches on something of the whole VM. */
int kvm390_vcpu_enable_cap(Kvm390Call *call)
{
    const struct kvm_enable_cap *cap = call->arg;

    if (cap->flags || cap->cap != KVM_CAP_S390_CSS_SUPPORT) {
        return -EINVAL;
    }
    qatomic_set(&kvm390_intercepts.css, true);
    return 0;
}

/* There is one, and it needs no creating. */
int kvm390_create_irqchip(Kvm390Call *call)
{
    return kvm390_vm.irqchip ? 0 : -EINVAL;
}
