/*
 * What belongs to the VM, and its lock
 *
 * There is one VM in a process. All that the API keeps of it is in one struct,
 * and each field says under which lock it is.
 *
 * Locks, outermost first:
 *
 *   the VM's lock    for whoever changes the VM or waits for vCPUs while
 *                    working on it; held to the end of the change
 *   the BQL          may be given up while the VM's lock is held, to wait
 *                    for vCPUs: what is "VM and BQL" stays as it is meanwhile
 *   server->lock     a server's list of connections
 *
 * Who holds the BQL waits for the VM's lock by giving up the BQL; a vCPU's
 * thread goes on with what is queued for its vCPU meanwhile. So the holder's
 * waits for vCPUs always end, and nobody else waits for a vCPU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_VM_STATE_H
#define KVM390_VM_STATE_H

#include "api.h"
#include "threads.h"

#define KVM390_MAX_ADAPTERS 64

/* A file with statistics, made when it is first asked for. */
typedef struct Kvm390StatsFile {
    int fd;
    bool open;                  /* atomic */
    enum kvm390_order order;    /* the client's */
} Kvm390StatsFile;

/* The floating interrupt controller. */
typedef struct Kvm390Flic {
    bool created;               /* as a device, by KVM_CREATE_DEVICE */
    struct Kvm390Adapter *adapters[KVM390_MAX_ADAPTERS];
    bool ais;                   /* adapter-interruption suppression is on */
    uint8_t simm, nimm;         /* subclasses in single-/no-interruption mode */
} Kvm390Flic;

typedef struct Kvm390Vm {
    /* --- the VM's lock; BQL --- */
    const void *owner;          /* who holds it: any address of the thread's */
    unsigned waiters;           /* for it to be free, or for the holder's job */
    QemuCond changed;           /* one of both */

    /* --- vCPUs: entered under VM and BQL, looked up without; they stay --- */
    Kvm390Vcpu *vcpus[S390_MAX_CPUS];
    unsigned nr_vcpus;          /* BQL */
    Kvm390Reserve *vcpu_thread; /* of the CPU that is being made; VM */

    /* --- what was created and enabled; VM and BQL --- */
    bool created;               /* by KVM_CREATE_VM */
    bool irqchip;               /* KVM_CAP_S390_IRQCHIP */

    /* --- memory; VM and BQL --- */
    struct Kvm390Slot *slots[KVM390_NR_SLOTS];
    unsigned nr_slots, nr_unlogged; /* of them, and without dirty logging */
    uint64_t slots_limit;       /* bytes */

    /* --- interruptions; changed under VM and BQL, read under the BQL --- */
    struct kvm_irq_routing_entry *routes; /* by GSI, or NULL */
    QLIST_HEAD(, Kvm390Irqfd) irqfds;
    GArray *ioeventfds;         /* by address, or NULL */
    Kvm390Flic flic;

    /* --- counts --- */
    uint64_t ioctls[KVM390_NR_IOCTLS]; /* atomic; by row of ioctls.h */
    uint64_t stat_values[KVM390_VM_STATS_NR]; /* BQL */
    Kvm390StatsFile stats, vcpu_stats[S390_MAX_CPUS]; /* BQL */
} Kvm390Vm;

extern Kvm390Vm kvm390_vm;

/**
 * kvm390_vm_lock: wait until nobody else changes the VM
 *
 * The BQL is given up meanwhile. Not recursive. Any thread, under the BQL; a
 * vCPU's thread outside of cpu_exec().
 */
void kvm390_vm_lock(void);

/** kvm390_vm_unlock: the change is done. The thread that locked; BQL. */
void kvm390_vm_unlock(void);

/** kvm390_vm_locked: is a change under way? BQL. For assertions. */
bool kvm390_vm_locked(void);

/**
 * kvm390_vm_wait: wait for what another thread does for the holder
 * @done: it is done; set by kvm390_vm_tell()
 *
 * As the holder waits for the lock: the BQL is given up, a vCPU's thread goes
 * on with what is queued. Under the VM's lock and the BQL.
 */
void kvm390_vm_wait(const bool *done);

/** kvm390_vm_tell: set what kvm390_vm_wait() waits for. BQL. */
void kvm390_vm_tell(bool *done);

/**
 * kvm390_vm_drain: wait until every vCPU has seen what was queued for it
 *
 * A change of the address space, or a TLB that catches stores again. Gives up
 * the BQL. Under the VM's lock and the BQL.
 */
void kvm390_vm_drain(void);

#endif
