/*
 * The machine kvm390-vm: where user space runs the vCPUs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_VM_H
#define KVM390_VM_H

#include <stddef.h>
#include <stdint.h>

#define TYPE_KVM390_VM "kvm390-vm-machine"

typedef struct AccelOpsClass AccelOpsClass;

/**
 * kvm390_vm_ops_init: VM mode; give a class of accelerator operations the
 * threads that serve a client and run its vCPUs
 */
void kvm390_vm_ops_init(AccelOpsClass *ops);

/** kvm390_attach_init: attach mode, for every other machine */
void kvm390_attach_init(void);

/**
 * kvm390_ioctl_counter: how often was an ioctl called, through any client
 * @i: 0, 1, 2 ... in the order of the API's table
 * @value: the number of calls
 *
 * Returns the ioctl's name, or NULL behind the last. Any thread.
 */
const char *kvm390_ioctl_counter(size_t i, uint64_t *value);

#endif
