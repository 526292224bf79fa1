/*
 * Floating interruptions: those that any CPU of a VM may take
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "kvm390/include/uapi.h"
#include "kvm390/include/floatirq.h"

enum { QUEUE_PFAULT = 8, QUEUE_VIRTIO = 9 };

#define EVENT_BITS 3u
#define SCCB_BITS  (~7u)
#define CR14_CHANNEL_REPORT (1ull << 28)

struct Kvm390Queued {
    Kvm390Queued *next;
    uint64_t type;
    union {
        struct kvm_s390_io_info io;
        struct kvm_s390_ext_info ext;
    };
};

static uint32_t queue_bit(unsigned queue)
{
    return queue == QUEUE_PFAULT ? KVM390_FLOAT_PFAULT :
           queue == QUEUE_VIRTIO ? KVM390_FLOAT_VIRTIO : 0x80 >> queue;
}

static void set_pending(Kvm390FloatIrqs *f, uint32_t bits)
{
    __atomic_or_fetch(&f->pending, bits, __ATOMIC_RELEASE);
}

static void clear_pending(Kvm390FloatIrqs *f, uint32_t bits)
{
    __atomic_and_fetch(&f->pending, ~bits, __ATOMIC_RELEASE);
}

static bool is_io(uint64_t type)
{
    return type <= KVM_S390_INT_IO_MAX;
}

int kvm390_float_from_interrupt(const struct kvm_s390_interrupt *in,
                                struct kvm_s390_irq *irq)
{
    memset(irq, 0, sizeof(*irq));
    irq->type = in->type;
    switch (in->type) {
    case KVM_S390_INT_VIRTIO:
        irq->u.ext.ext_params = in->parm;
        irq->u.ext.ext_params2 = in->parm64;
        return 0;
    case KVM_S390_INT_SERVICE:
        irq->u.ext.ext_params = in->parm;
        return 0;
    case KVM_S390_INT_PFAULT_DONE:
        irq->u.ext.ext_params2 = in->parm64;
        return 0;
    case KVM_S390_MCHK:
        irq->u.mchk.cr14 = in->parm;
        irq->u.mchk.mcic = in->parm64;
        return 0;
    case KVM_S390_INT_IO_MIN ... KVM_S390_INT_IO_MAX:
        irq->u.io.subchannel_id = in->parm >> 16;
        irq->u.io.subchannel_nr = in->parm;
        irq->u.io.io_int_parm = in->parm64 >> 32;
        irq->u.io.io_int_word = in->parm64;
        return 0;
    default:
        return -EINVAL;
    }
}

static int append_queued(Kvm390FloatIrqs *f, unsigned queue, unsigned *count,
                         unsigned limit, const struct kvm_s390_irq *irq)
{
    Kvm390Queued *new;

    if (*count >= limit) {
        return -EBUSY;
    }
    new = calloc(1, sizeof(*new));
    if (!new) {
        return -ENOMEM;
    }
    new->type = irq->type;
    if (is_io(irq->type)) {
        new->io = irq->u.io;
    } else {
        new->ext = irq->u.ext;
    }
    if (f->queue[queue].last) {
        f->queue[queue].last->next = new;
    } else {
        f->queue[queue].first = new;
    }
    f->queue[queue].last = new;
    ++*count;
    set_pending(f, queue_bit(queue));
    return 0;
}

static void inject_service(Kvm390FloatIrqs *f, uint32_t parm)
{
    f->service |= parm & EVENT_BITS;
    if (f->service & EVENT_BITS) {
        set_pending(f, KVM390_FLOAT_SERVICE_EVENT);
    }
    if (!(f->service & SCCB_BITS)) {
        f->service |= parm & SCCB_BITS;
        set_pending(f, KVM390_FLOAT_SERVICE);
    }
}

int kvm390_float_inject(Kvm390FloatIrqs *f, const struct kvm_s390_irq *irq)
{
    switch (irq->type) {
    case KVM_S390_MCHK:
        /* Only a channel report floats. */
        f->cr14 |= irq->u.mchk.cr14 & CR14_CHANNEL_REPORT;
        f->mcic |= irq->u.mchk.mcic;
        set_pending(f, KVM390_FLOAT_MCHK);
        return 0;
    case KVM_S390_INT_SERVICE:
        inject_service(f, irq->u.ext.ext_params);
        return 0;
    case KVM_S390_INT_VIRTIO:
        return append_queued(f, QUEUE_VIRTIO, &f->nr_virtio,
                             KVM390_MAX_VIRTIO_IRQS, irq);
    case KVM_S390_INT_PFAULT_DONE:
        return append_queued(f, QUEUE_PFAULT, &f->nr_pfault,
                             KVM390_MAX_PFAULT_IRQS, irq);
    case KVM_S390_INT_IO_MIN ... KVM_S390_INT_IO_MAX:
        return append_queued(f, irq->u.io.io_int_word >> 27 & 7, &f->nr_io,
                             KVM_S390_MAX_FLOAT_IRQS, irq);
    default:
        return -EINVAL;
    }
}

/* Unlinks the one behind @before, which is NULL for the first. */
static Kvm390Queued *take_queued(Kvm390FloatIrqs *f, unsigned queue,
                                 Kvm390Queued *before)
{
    Kvm390Queued **link = before ? &before->next : &f->queue[queue].first;
    Kvm390Queued *one = *link;

    if (!one) {
        return NULL;
    }
    *link = one->next;
    if (f->queue[queue].last == one) {
        f->queue[queue].last = before;
    }
    if (!f->queue[queue].first) {
        clear_pending(f, queue_bit(queue));
    }
    return one;
}

static Kvm390Queued *take_of_subchannel(Kvm390FloatIrqs *f, unsigned queue,
                                        uint32_t schid)
{
    Kvm390Queued *one, *before = NULL;

    for (one = f->queue[queue].first; one; before = one, one = one->next) {
        if (!schid || (one->io.subchannel_id == schid >> 16 &&
                       one->io.subchannel_nr == (schid & 0xffff))) {
            return take_queued(f, queue, before);
        }
    }
    return NULL;
}

bool kvm390_float_take_io(Kvm390FloatIrqs *f, uint8_t subclasses,
                          uint32_t schid, struct kvm_s390_io_info *io)
{
    unsigned i;

    for (i = 0; i < 8; i++) {
        Kvm390Queued *one = subclasses & 0x80 >> i ?
                            take_of_subchannel(f, i, schid) : NULL;

        if (one) {
            *io = one->io;
            free(one);
            f->nr_io--;
            return true;
        }
    }
    return false;
}

static bool take_ext(Kvm390FloatIrqs *f, unsigned queue, unsigned *count,
                     struct kvm_s390_ext_info *ext)
{
    Kvm390Queued *one = take_queued(f, queue, NULL);

    if (!one) {
        return false;
    }
    *ext = one->ext;
    free(one);
    --*count;
    return true;
}

bool kvm390_float_take_pfault(Kvm390FloatIrqs *f,
                              struct kvm_s390_ext_info *ext)
{
    return take_ext(f, QUEUE_PFAULT, &f->nr_pfault, ext);
}

bool kvm390_float_take_virtio(Kvm390FloatIrqs *f,
                              struct kvm_s390_ext_info *ext)
{
    return take_ext(f, QUEUE_VIRTIO, &f->nr_virtio, ext);
}

uint32_t kvm390_float_take_event(Kvm390FloatIrqs *f)
{
    uint32_t event = f->service & EVENT_BITS;

    f->service &= ~EVENT_BITS;
    clear_pending(f, KVM390_FLOAT_SERVICE_EVENT);
    return event;
}

uint32_t kvm390_float_take_service(Kvm390FloatIrqs *f)
{
    uint32_t service = f->service;

    f->service = 0;
    clear_pending(f, KVM390_FLOAT_SERVICE | KVM390_FLOAT_SERVICE_EVENT);
    return service;
}

bool kvm390_float_take_mchk(Kvm390FloatIrqs *f,
                            struct kvm_s390_mchk_info *mchk)
{
    if (!(f->pending & KVM390_FLOAT_MCHK)) {
        return false;
    }
    mchk->mcic |= f->mcic;
    mchk->cr14 |= f->cr14;
    f->mcic = f->cr14 = 0;
    clear_pending(f, KVM390_FLOAT_MCHK);
    return true;
}

int kvm390_float_get_all(const Kvm390FloatIrqs *f, struct kvm_s390_irq *irqs,
                         size_t max)
{
    const uint32_t service = KVM390_FLOAT_SERVICE | KVM390_FLOAT_SERVICE_EVENT;
    size_t n = f->nr_io + f->nr_pfault + f->nr_virtio +
               !!(f->pending & service) + !!(f->pending & KVM390_FLOAT_MCHK);
    const Kvm390Queued *one;
    unsigned i;

    if (n > max || !n) {
        return n ? -ENOMEM : 0;
    }
    memset(irqs, 0, n * sizeof(*irqs));
    for (i = 0; i < KVM390_FLOAT_QUEUES; i++) {
        for (one = f->queue[i].first; one; one = one->next) {
            irqs->type = one->type;
            if (is_io(one->type)) {
                irqs++->u.io = one->io;
            } else {
                irqs++->u.ext = one->ext;
            }
        }
    }
    if (f->pending & service) {
        irqs->type = KVM_S390_INT_SERVICE;
        irqs++->u.ext.ext_params = f->service;
    }
    if (f->pending & KVM390_FLOAT_MCHK) {
        irqs->type = KVM_S390_MCHK;
        irqs->u.mchk.mcic = f->mcic;
        irqs->u.mchk.cr14 = f->cr14;
    }
    return n;
}

void kvm390_float_clear(Kvm390FloatIrqs *f)
{
    Kvm390Queued *one;
    unsigned i;

    for (i = 0; i < KVM390_FLOAT_QUEUES; i++) {
        while ((one = take_queued(f, i, NULL))) {
            free(one);
        }
    }
    memset(f, 0, sizeof(*f));
}
