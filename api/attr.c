/*
 * Device attributes of a VM
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu-model.h"
#include "mode.h"
#include "hw/s390x/tod.h"
#include "qapi/error.h"
#include "kvm390/include/accel.h"

/* --- memory --- */

static int get_mem(uint64_t attr, Kvm390Call *call)
{
    if (attr != KVM_S390_VM_MEM_LIMIT_SIZE) {
        return -ENXIO;
    }
    *(uint64_t *)kvm390_api_out(call, 8) =
        kvm390_intercepts.ucontrol ? UINT64_MAX :
        kvm390_slots_limit();
    return 0;
}

static int set_mem(uint64_t attr, Kvm390Call *call)
{
    if (attr == KVM_S390_VM_MEM_ENABLE_CMMA ||
        attr == KVM_S390_VM_MEM_CLR_CMMA) {
        return kvm390_api_cmma_control(attr);
    }
    if (attr != KVM_S390_VM_MEM_LIMIT_SIZE) {
        return -ENXIO;
    }
    if (kvm390_intercepts.ucontrol) {
        return -EINVAL;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    return kvm390_mode->limit_memory(ldq_he_p(call->in[0]));
}

static int has_mem(uint64_t attr)
{
    switch (attr) {
    case KVM_S390_VM_MEM_ENABLE_CMMA:
    case KVM_S390_VM_MEM_CLR_CMMA:
        return kvm390_cmma_wanted() ? 0 : -ENXIO;
    case KVM_S390_VM_MEM_LIMIT_SIZE:
        return 0;
    default:
        return -ENXIO;
    }
}

/* --- TOD --- */

static int get_tod(uint64_t attr, Kvm390Call *call)
{
    S390TODState *td = s390_get_todstate();
    S390TODClass *tdc = S390_TOD_GET_CLASS(td);
    struct kvm_s390_vm_tod_clock *ext;
    S390TOD tod;

    tdc->get(td, &tod, &error_abort);
    switch (attr) {
    case KVM_S390_VM_TOD_LOW:
        *(uint64_t *)kvm390_api_out(call, 8) = tod.low;
        return 0;
    case KVM_S390_VM_TOD_HIGH:
        *(uint8_t *)kvm390_api_out(call, 1) = 0;
        return 0;
    case KVM_S390_VM_TOD_EXT:
        ext = kvm390_api_out(call, sizeof(*ext));
        ext->tod = tod.low;
        return 0;
    default:
        return -ENXIO;
    }
}

static int set_tod(uint64_t attr, Kvm390Call *call)
{
    S390TODState *td = s390_get_todstate();
    S390TODClass *tdc = S390_TOD_GET_CLASS(td);
    struct kvm_s390_vm_tod_clock ext = { };
    CPUState *cs;

    if (attr > KVM_S390_VM_TOD_EXT) {
        return -ENXIO;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    switch (attr) {
    case KVM_S390_VM_TOD_LOW:
        ext.tod = ldq_he_p(call->in[0]);
        break;
    case KVM_S390_VM_TOD_HIGH:
        return call->in[0][0] ? -EINVAL : 0;
    case KVM_S390_VM_TOD_EXT:
        memcpy(&ext, call->in[0], sizeof(ext));
        if (ext.epoch_idx) {
            return -EINVAL; /* no multiple-epoch facility */
        }
        break;
    }
    CPU_FOREACH(cs) {
        cpu_env(cs)->kvm390.tod_ahead = 0; /* every vCPU has it */
    }
    tdc->set(td, &(S390TOD) { .low = ext.tod }, &error_abort);
    return 0;
}

/*
 * --- crypto: wrapping keys nobody can look at, no adjunct processors ---
 */

/* The facility that wrapping keys are of (PoP, "Facility Indications"). */
#define MSA_EXT_3 76

static int set_crypto(uint64_t attr)
{
    switch (attr) {
    case KVM_S390_VM_CRYPTO_ENABLE_AES_KW:
    case KVM_S390_VM_CRYPTO_ENABLE_DEA_KW:
    case KVM_S390_VM_CRYPTO_DISABLE_AES_KW:
    case KVM_S390_VM_CRYPTO_DISABLE_DEA_KW:
        /* TCG's PCKMO wraps nothing: there is nothing to switch. */
        return kvm390_model_vm_facility(MSA_EXT_3) ? 0 : -EINVAL;
    case KVM_S390_VM_CRYPTO_ENABLE_APIE:
    case KVM_S390_VM_CRYPTO_DISABLE_APIE:
        return -EOPNOTSUPP;
    default:
        return -ENXIO;
    }
}

/* --- the ioctls --- */

int kvm390_get_attr(Kvm390Call *call)
{
    const struct kvm_device_attr *attr = call->arg;

    switch (attr->group) {
    case KVM_S390_VM_MEM_CTRL:
        return get_mem(attr->attr, call);
    case KVM_S390_VM_MIGRATION:
        return kvm390_api_get_migration(attr->attr, call);
    case KVM_S390_VM_TOD:
        return attr->flags ? -EINVAL : get_tod(attr->attr, call);
    case KVM_S390_VM_CPU_MODEL:
        return kvm390_model_get(attr->attr, call);
    default:
        return -ENXIO;
    }
}

int kvm390_set_attr(Kvm390Call *call)
{
    const struct kvm_device_attr *attr = call->arg;

    switch (attr->group) {
    case KVM_S390_VM_MEM_CTRL:
        return set_mem(attr->attr, call);
    case KVM_S390_VM_MIGRATION:
        return kvm390_api_set_migration(attr->attr);
    case KVM_S390_VM_TOD:
        return attr->flags ? -EINVAL : set_tod(attr->attr, call);
    case KVM_S390_VM_CPU_MODEL:
        return kvm390_model_set(attr->attr, call);
    case KVM_S390_VM_CRYPTO:
        return set_crypto(attr->attr);
    default:
        return -ENXIO;
    }
}

int kvm390_has_attr(Kvm390Call *call)
{
    const struct kvm_device_attr *attr = call->arg;

    switch (attr->group) {
    case KVM_S390_VM_MEM_CTRL:
        return has_mem(attr->attr);
    case KVM_S390_VM_MIGRATION:
        return 0;
    case KVM_S390_VM_TOD:
        return attr->attr <= KVM_S390_VM_TOD_HIGH ? 0 : -ENXIO;
    case KVM_S390_VM_CPU_MODEL:
        return attr->attr <= KVM_S390_VM_CPU_MACHINE_UV_FEAT_GUEST ?
               0 : -ENXIO;
    case KVM_S390_VM_CRYPTO:
        return attr->attr <= KVM_S390_VM_CRYPTO_DISABLE_DEA_KW ? 0 : -ENXIO;
    default:
        return -ENXIO;
    }
}
