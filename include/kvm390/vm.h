/*
 * The machine kvm390-vm: where user space runs the vCPUs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_VM_H
#define KVM390_VM_H

#define TYPE_KVM390_VM "kvm390-vm-machine"

typedef struct AccelOpsClass AccelOpsClass;

/**
 * kvm390_vm_ops_init: give a class of accelerator operations the threads that
 * serve a client and run its vCPUs
 */
void kvm390_vm_ops_init(AccelOpsClass *ops);

#endif
