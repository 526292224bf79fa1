/*
 * The floating interrupt controller as a device: KVM_DEV_TYPE_FLIC
 *
 * A VM has one. It lists, injects and clears floating interruptions, and keeps
 * the I/O adapters, whose interruptions GSI routes and AIRQ_INJECT raise
 * (Linux, Documentation/virt/kvm/devices/s390_flic.rst). Changed under the VM's
 * lock and the BQL, read under the BQL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu-model.h"
#include "vm-state.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interrupts.h"

#define MAX_ISC      7

enum { AIS_MODE_ALL, AIS_MODE_SINGLE };

static Kvm390Flic *const flic = &kvm390_vm.flic;

typedef struct Kvm390Adapter {
    uint8_t isc;
    bool maskable, masked, swap, suppressible;
} Kvm390Adapter;

static Kvm390Adapter *find_adapter(unsigned id)
{
    return id < KVM390_MAX_ADAPTERS ? flic->adapters[id] : NULL;
}

int kvm390_create_device(Kvm390Call *call)
{
    const struct kvm_create_device *device = call->arg;

    if (device->type != KVM_DEV_TYPE_FLIC) {
        return -ENODEV;
    }
    if (device->flags & KVM_CREATE_DEVICE_TEST) {
        return 0;
    }
    if (flic->created) {
        return -EINVAL;
    }
    call->out_fd = memfd_create("kvm-flic", MFD_CLOEXEC);
    if (call->out_fd < 0) {
        return -errno;
    }
    flic->created = true;
    return 0;
}

/* --- lists of interruptions --- */

static int get_all(const struct kvm_device_attr *attr, Kvm390Call *call)
{
    size_t max = attr->attr / sizeof(struct kvm_s390_irq);
    g_autofree struct kvm_s390_irq *irqs = NULL;
    int n;

    if (!attr->attr || attr->attr > KVM_S390_FLIC_MAX_BUFFER) {
        return -EINVAL;
    }
    irqs = g_try_new(struct kvm_s390_irq, max);
    if (max && !irqs) {
        return -ENOBUFS;
    }
    n = kvm390_float_get_all(kvm390_float_irqs(), irqs, max);
    if (n > 0) {
        memcpy(kvm390_api_out(call, n * sizeof(*irqs)), irqs,
               n * sizeof(*irqs));
    }
    return n;
}

static int enqueue_irqs(const struct kvm_device_attr *attr, Kvm390Call *call)
{
    struct kvm_s390_irq irq;
    uint64_t at;
    int ret = 0;

    if (attr->attr % sizeof(irq) || attr->attr > KVM_S390_FLIC_MAX_BUFFER) {
        return -EINVAL;
    }
    if (attr->attr && !call->in[0]) {
        return -EFAULT;
    }
    for (at = 0; at < attr->attr && !ret; at += sizeof(irq)) {
        memcpy(&irq, call->in[0] + at, sizeof(irq));
        ret = kvm390_inject_vm(&irq);
    }
    return ret;
}

static int clear_io(const struct kvm_device_attr *attr, Kvm390Call *call)
{
    struct kvm_s390_io_info io;
    uint32_t schid;

    if (attr->flags || attr->attr != sizeof(schid)) {
        return -EINVAL;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    schid = ldl_he_p(call->in[0]);
    if (!schid) {
        return -EINVAL;
    }
    kvm390_float_take_io(kvm390_float_irqs(), 0xff, schid, &io);
    return 0;
}

/* --- adapters --- */

static int register_adapter(Kvm390Call *call)
{
    struct kvm_s390_io_adapter info;
    Kvm390Adapter *a;

    if (!call->in[0]) {
        return -EFAULT;
    }
    memcpy(&info, call->in[0], sizeof(info));
    if (info.id >= KVM390_MAX_ADAPTERS || flic->adapters[info.id]) {
        return -EINVAL;
    }
    a = g_new0(Kvm390Adapter, 1);
    a->isc = info.isc & MAX_ISC;
    a->maskable = info.maskable;
    a->swap = info.swap;
    a->suppressible = info.flags & KVM_S390_ADAPTER_SUPPRESSIBLE;
    flic->adapters[info.id] = a;
    return 0;
}

static int modify_adapter(Kvm390Call *call)
{
    struct kvm_s390_io_adapter_req req;
    Kvm390Adapter *a;

    if (!call->in[0]) {
        return -EFAULT;
    }
    memcpy(&req, call->in[0], sizeof(req));
    a = find_adapter(req.id);
    if (!a) {
        return -EINVAL;
    }
    switch (req.type) {
    case KVM_S390_IO_ADAPTER_MASK:
        if (!a->maskable) {
            return -EINVAL;
        }
        a->masked = req.mask;
        return 0;
    case KVM_S390_IO_ADAPTER_MAP:
    case KVM_S390_IO_ADAPTER_UNMAP:
        return 0; /* of no effect since Linux 5.7, whatever the address */
    default:
        return -EINVAL;
    }
}

int kvm390_adapter_swaps(unsigned id)
{
    Kvm390Adapter *a = find_adapter(id);

    return a ? a->swap : -EINVAL;
}

static int inject_adapter(const Kvm390Adapter *a)
{
    struct kvm_s390_irq irq = {
        .type = KVM_S390_INT_IO(1, 0, 0, 0),
        .u.io.io_int_word = 0x80000000u | a->isc << 27,
    };
    uint8_t bit = 0x80 >> a->isc;
    int ret;

    if (!flic->ais || !a->suppressible) {
        return kvm390_inject_vm(&irq);
    }
    if (flic->nimm & bit) {
        return 0; /* suppressed */
    }
    ret = kvm390_inject_vm(&irq);
    if (!ret) {
        flic->nimm |= flic->simm & bit; /* it was the single one */
    }
    return ret;
}

int kvm390_adapter_interrupt(unsigned id)
{
    Kvm390Adapter *a = find_adapter(id);

    return !a ? -EINVAL : a->masked ? 0 : inject_adapter(a);
}

/* AIRQ_INJECT does not ask for the mask; that is the indicators' part. */
static int inject_airq(unsigned id)
{
    Kvm390Adapter *a = find_adapter(id);

    return a ? inject_adapter(a) : -EINVAL;
}

/* --- adapter-interruption suppression --- */

int kvm390_enable_ais(void)
{
    if (kvm390_vcpus()) {
        return -EBUSY;
    }
    flic->ais = true;
    return kvm390_model_grant(KVM_CAP_S390_AIS);
}

static int set_ais_mode(Kvm390Call *call)
{
    struct kvm_s390_ais_req req;
    uint8_t bit;

    if (!flic->ais) {
        return -EOPNOTSUPP;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    memcpy(&req, call->in[0], sizeof(req));
    if (req.isc > MAX_ISC || req.mode > AIS_MODE_SINGLE) {
        return -EINVAL;
    }
    bit = 0x80 >> req.isc;
    flic->nimm &= ~bit;
    flic->simm = req.mode == AIS_MODE_SINGLE ? flic->simm | bit :
                                               flic->simm & ~bit;
    return 0;
}

static int set_all_ais_modes(Kvm390Call *call)
{
    struct kvm_s390_ais_all all;

    if (!flic->ais) {
        return -EOPNOTSUPP;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    memcpy(&all, call->in[0], sizeof(all));
    flic->simm = all.simm;
    flic->nimm = all.nimm;
    return 0;
}

static int get_all_ais_modes(const struct kvm_device_attr *attr,
                             Kvm390Call *call)
{
    struct kvm_s390_ais_all all = { .simm = flic->simm, .nimm = flic->nimm };

    if (attr->attr < sizeof(all)) {
        return -EINVAL;
    }
    if (!flic->ais) {
        return -EOPNOTSUPP;
    }
    memcpy(kvm390_api_out(call, sizeof(all)), &all, sizeof(all));
    return 0;
}

/* --- the ioctls --- */

int kvm390_flic_get(Kvm390Call *call)
{
    const struct kvm_device_attr *attr = call->arg;

    switch (attr->group) {
    case KVM_DEV_FLIC_GET_ALL_IRQS:
        return get_all(attr, call);
    case KVM_DEV_FLIC_AISM_ALL:
        return get_all_ais_modes(attr, call);
    default:
        return -EINVAL;
    }
}

int kvm390_flic_set(Kvm390Call *call)
{
    const struct kvm_device_attr *attr = call->arg;

    switch (attr->group) {
    case KVM_DEV_FLIC_ENQUEUE:
        return enqueue_irqs(attr, call);
    case KVM_DEV_FLIC_CLEAR_IRQS:
        kvm390_float_clear(kvm390_float_irqs());
        return 0;
    case KVM_DEV_FLIC_APF_ENABLE:
    case KVM_DEV_FLIC_APF_DISABLE_WAIT:
        /* No page of a guest is ever away: there is nothing to switch. */
        return kvm390_intercepts.ucontrol ? -EINVAL : 0;
    case KVM_DEV_FLIC_ADAPTER_REGISTER:
        return register_adapter(call);
    case KVM_DEV_FLIC_ADAPTER_MODIFY:
        return modify_adapter(call);
    case KVM_DEV_FLIC_CLEAR_IO_IRQ:
        return clear_io(attr, call);
    case KVM_DEV_FLIC_AISM:
        return set_ais_mode(call);
    case KVM_DEV_FLIC_AIRQ_INJECT:
        return inject_airq(attr->attr);
    case KVM_DEV_FLIC_AISM_ALL:
        return set_all_ais_modes(call);
    default:
        return -EINVAL;
    }
}

int kvm390_flic_has(Kvm390Call *call)
{
    const struct kvm_device_attr *attr = call->arg;

    return attr->group >= KVM_DEV_FLIC_GET_ALL_IRQS &&
           attr->group <= KVM_DEV_FLIC_AISM_ALL ? 0 : -ENXIO;
}
