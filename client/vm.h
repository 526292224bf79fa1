/*
 * A VM and its vCPUs, as the files of libkvm390 know them
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_CLIENT_VM_H
#define KVM390_CLIENT_VM_H

#include "internal.h"

struct kvm390_vcpu {
    struct kvm390_vm *vm;
    struct kvm390_vcpu *next;
    struct kvm390_conn conn;
    unsigned id;
    int run_fd;
    struct kvm_run *run;
    bool has_sigmask;   /* KVM_SET_SIGNAL_MASK; used by KVM_RUN's thread */
    sigset_t sigmask;
};

struct kvm390_vm {
    struct kvm390_conn conn;
    struct kvm390_vcpu *vcpus;
    pid_t pid;
    pid_t owner;           /* who made it; nobody else may use it */
    struct kvm390_vm *next;
};

/**
 * kvm390_vm_is_forked: does this VM belong to the process that forked us?
 *
 * Its descriptors are the parent's; only the memory is there.
 */
static inline bool kvm390_vm_is_forked(const struct kvm390_vm *vm)
{
    return vm->owner != getpid();
}

/**
 * kvm390_vms_for_each: call a function with each VM that this process started
 *
 * With a lock held that opening and closing of VMs waits for. Any thread.
 */
void kvm390_vms_for_each(void (*tell)(struct kvm390_vm *vm, const void *what),
                         const void *what);

/** kvm390_vcpu_free: let go of a vCPU; in a fork()ed child, of its memory */
void kvm390_vcpu_free(struct kvm390_vcpu *vcpu);

/**
 * kvm390_vcpu_wait_run: KVM_RUN: the reply takes its time, and a signal ends
 * the wait for it
 * @msg: the request; then the reply
 * @reply: as kvm390_call()
 *
 * Returns 0, or -1 with errno set if the connection is broken. Any thread; the
 * vCPU's connection is in use until the end.
 */
int kvm390_vcpu_wait_run(struct kvm390_vcpu *vcpu, struct kvm390_message *msg,
                         void **reply);

/**
 * kvm390_vcpu_set_signal_mask: KVM_SET_SIGNAL_MASK
 * @arg: the caller's struct kvm_signal_mask, or 0 for none
 *
 * Returns 0, or a negative errno: -EFAULT or -EINVAL, as KVM's
 * kvm_vcpu_ioctl() does. In the thread that calls KVM_RUN.
 */
int kvm390_vcpu_set_signal_mask(struct kvm390_vcpu *vcpu, uint64_t arg);

#endif
