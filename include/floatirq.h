/*
 * Floating interruptions: those that any CPU of a VM may take
 *
 * What KVM keeps for a whole VM: I/O interruptions in the order they came, a
 * queue for each interruption subclass; virtio and pfault-done external
 * interruptions; one service signal, whose events and whose SCCB address are
 * taken apart; one machine check. Plain values, no QEMU. The caller serializes
 * all calls but kvm390_float_pending().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_FLOATIRQ_H
#define KVM390_FLOATIRQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kvm_s390_ext_info;
struct kvm_s390_interrupt;
struct kvm_s390_io_info;
struct kvm_s390_irq;
struct kvm_s390_mchk_info;

/* Limits beyond which an injection is -EBUSY. I/O's is in the uapi header. */
#define KVM390_MAX_VIRTIO_IRQS 87381
#define KVM390_MAX_PFAULT_IRQS (64 * 255)

/*
 * What is pending. Bits 0 to 7 are the I/O interruption subclasses as in
 * CR6 >> 24: 0x80 is subclass 0.
 */
enum {
    KVM390_FLOAT_IO = 0xff,
    KVM390_FLOAT_SERVICE = 0x100,       /* an SCCB address */
    KVM390_FLOAT_SERVICE_EVENT = 0x200,
    KVM390_FLOAT_PFAULT = 0x400,
    KVM390_FLOAT_VIRTIO = 0x800,
    KVM390_FLOAT_MCHK = 0x1000,
};

#define KVM390_FLOAT_QUEUES 10 /* eight subclasses, pfault, virtio */

typedef struct Kvm390Queued Kvm390Queued;

typedef struct Kvm390FloatIrqs {
    struct {
        Kvm390Queued *first, *last;
    } queue[KVM390_FLOAT_QUEUES];
    unsigned nr_io, nr_pfault, nr_virtio;
    uint32_t service;
    uint64_t mcic, cr14;        /* of the machine check */
    uint32_t pending;           /* KVM390_FLOAT_*, atomic */
} Kvm390FloatIrqs;

/** kvm390_float_pending: KVM390_FLOAT_* bits. Any thread, without a lock. */
static inline uint32_t kvm390_float_pending(const Kvm390FloatIrqs *f)
{
    return __atomic_load_n(&f->pending, __ATOMIC_ACQUIRE);
}

/**
 * kvm390_float_from_interrupt: what KVM_S390_INTERRUPT means for a VM
 *
 * Returns 0, or -EINVAL for a type that does not float.
 */
int kvm390_float_from_interrupt(const struct kvm_s390_interrupt *in,
                                struct kvm_s390_irq *irq);

/**
 * kvm390_float_inject: make an interruption pending
 *
 * Returns 0; -EINVAL for a type that does not float; -EBUSY if there are too
 * many of its kind; -ENOMEM. A second SCCB address before the first is taken
 * is dropped, as KVM does it.
 */
int kvm390_float_inject(Kvm390FloatIrqs *f, const struct kvm_s390_irq *irq);

/**
 * kvm390_float_take_io: the I/O interruption that is due first
 * @subclasses: 0x80 is subclass 0, the one of highest priority
 * @schid: subchannel ID in the upper, number in the lower half; 0 for any
 *
 * Returns false if there is none.
 */
bool kvm390_float_take_io(Kvm390FloatIrqs *f, uint8_t subclasses,
                          uint32_t schid, struct kvm_s390_io_info *io);

/** kvm390_float_take_pfault, _virtio: the oldest one; false: there is none. */
bool kvm390_float_take_pfault(Kvm390FloatIrqs *f,
                              struct kvm_s390_ext_info *ext);
bool kvm390_float_take_virtio(Kvm390FloatIrqs *f,
                              struct kvm_s390_ext_info *ext);

/** kvm390_float_take_event: the event bits of the service signal, or 0 */
uint32_t kvm390_float_take_event(Kvm390FloatIrqs *f);

/** kvm390_float_take_service: all of the service signal, or 0 */
uint32_t kvm390_float_take_service(Kvm390FloatIrqs *f);

/**
 * kvm390_float_take_mchk: joins the machine check to @mchk
 *
 * Returns false if there is none.
 */
bool kvm390_float_take_mchk(Kvm390FloatIrqs *f,
                            struct kvm_s390_mchk_info *mchk);

/**
 * kvm390_float_get_all: what is pending, which it stays
 * @irqs: room for @max
 *
 * Returns how many, or -ENOMEM if that is not room enough.
 */
int kvm390_float_get_all(const Kvm390FloatIrqs *f, struct kvm_s390_irq *irqs,
                         size_t max);

/** kvm390_float_clear: nothing is pending any more */
void kvm390_float_clear(Kvm390FloatIrqs *f);

#endif
