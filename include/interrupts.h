/*
 * Interruptions that QEMU's TCG has no place for
 *
 * QEMU keeps external calls, emergency signals, timers, restart and stop in
 * the CPU, and service and I/O interruptions in its floating interrupt
 * controller. What KVM can make pending besides is kept and delivered here:
 * for a vCPU, an injected program interruption, machine check and pfault
 * token; for the VM, virtio and pfault-done interruptions and the floating
 * machine check. On the machine kvm390-vm service and I/O interruptions are
 * kept here too, with KVM's order and limits.
 *
 * Everything is under the BQL; what is pending may be asked without.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_INTERRUPTS_H
#define KVM390_INTERRUPTS_H

#include "cpu.h"
#include "kvm390/include/uapi.h"
#include "kvm390/include/floatirq.h"
#include "kvm390/include/irq-hooks.h"

/* Kvm390LocalIrqs.pending */
enum {
    KVM390_LOCAL_PGM = 1,
    KVM390_LOCAL_MCHK_EXIGENT = 2,
    KVM390_LOCAL_MCHK_REPRESSIBLE = 4,
    KVM390_LOCAL_MCHK = KVM390_LOCAL_MCHK_EXIGENT |
                        KVM390_LOCAL_MCHK_REPRESSIBLE,
    KVM390_LOCAL_PFAULT = 8,
    /* INTERRUPT_EXT_* of QEMU's that was injected, not found by a timer */
    KVM390_LOCAL_CKC = 16,
    KVM390_LOCAL_CPUTM = 32,
};

typedef struct Kvm390LocalIrqs {
    uint32_t pending;           /* atomic */
    struct kvm_s390_pgm_info pgm;
    struct kvm_s390_mchk_info mchk;
    struct kvm_s390_ext_info pfault;
} Kvm390LocalIrqs;

/** kvm390_local_irqs: those of a vCPU, env->kvm390.irqs. BQL. */
Kvm390LocalIrqs *kvm390_local_irqs(S390CPU *cpu);

/** kvm390_float_irqs: the VM's. BQL. */
Kvm390FloatIrqs *kvm390_float_irqs(void);

/**
 * kvm390_inject_local: make one of the KVM390_LOCAL_* pending
 * @cpu: the vCPU, whose Kvm390LocalIrqs says the rest
 *
 * Under the BQL, on any thread.
 */
void kvm390_inject_local(S390CPU *cpu, uint32_t which);

/**
 * kvm390_inject_mchk: make a machine check pending, or part of one that is
 *
 * Under the BQL, on any thread.
 */
void kvm390_inject_mchk(S390CPU *cpu, const struct kvm_s390_mchk_info *mchk);

/**
 * kvm390_inject_float: make a floating interruption pending
 *
 * Returns 0 or a negative errno, as kvm390_float_inject(). Under the BQL.
 */
int kvm390_inject_float(const struct kvm_s390_irq *irq);

/**
 * kvm390_inject_float_qemu: the same where QEMU has the machine
 *
 * QEMU's own controller has, and migrates, service and I/O interruptions.
 * Returns 0 or a negative errno. Under the BQL.
 */
int kvm390_inject_float_qemu(const struct kvm_s390_irq *irq);

/** kvm390_clear_local: nothing of this is pending any more. BQL. */
void kvm390_clear_local(S390CPU *cpu);

/**
 * kvm390_recheck_timers: timer interruptions that were injected stand only
 * while their conditions hold
 *
 * As at each delivery, and at the start of KVM_RUN. The vCPU's thread, BQL.
 */
void kvm390_recheck_timers(CPUS390XState *env);

/**
 * kvm390_take_local: make pending in a vCPU what arrived with a guest
 * @irq: in the host's byte order; the timers' follow from the registers
 *
 * Returns whether it is one that a vCPU can have. Under the BQL.
 */
bool kvm390_take_local(S390CPU *cpu, const struct kvm_s390_irq *irq);

/** kvm390_irq_migration_init: before the machine is made */
void kvm390_irq_migration_init(void);

/** kvm390_vm_flic_init: the machine kvm390-vm: QEMU's own injections too. */
void kvm390_vm_flic_init(void);

#endif
