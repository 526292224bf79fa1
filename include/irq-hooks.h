/*
 * Where QEMU's delivery of interruptions asks for those of interrupts.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_IRQ_HOOKS_H
#define KVM390_IRQ_HOOKS_H

#include "cpu.h"
#include "qemu/atomic.h"

typedef struct QEMUS390FlicIO QEMUS390FlicIO;

extern bool kvm390_irqs_used; /* anything was ever injected here */

bool kvm390_has_irq_slow(S390CPU *cpu);
bool kvm390_irq_pending_slow(S390CPU *cpu);
bool kvm390_deliver_slow(CPUS390XState *env, bool before_external);

/** kvm390_has_irq: is there one that @cpu would take now? Any thread. */
static inline bool kvm390_has_irq(S390CPU *cpu)
{
    return qatomic_read(&kvm390_irqs_used) && kvm390_has_irq_slow(cpu);
}

/** kvm390_irq_pending: one it may come to take? */
static inline bool kvm390_irq_pending(S390CPU *cpu)
{
    return qatomic_read(&kvm390_irqs_used) && kvm390_irq_pending_slow(cpu);
}

/**
 * kvm390_deliver: take the interruption that is due first, if any
 * @before_external: one that has priority over external interruptions, or
 *                   one that comes after those QEMU knows
 *
 * Returns whether one was taken. The vCPU's thread, under the BQL.
 */
static inline bool kvm390_deliver(CPUS390XState *env, bool before_external)
{
    return qatomic_read(&kvm390_irqs_used) &&
           kvm390_deliver_slow(env, before_external);
}

/** kvm390_dequeue_io: for TPI; NULL, or what the caller frees. BQL. */
QEMUS390FlicIO *kvm390_dequeue_io(uint64_t cr6);

#endif
