/*
 * Guest memory that the host has not, or not for this access
 *
 * Where user space runs the vCPUs, memory behind an absolute address is the
 * client's. An access that finds none is an addressing exception of the
 * guest's, or in a user-controlled VM an exit. Each check for memory notes
 * the address that it was asked for, so that the exit can name it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_HOST_FAULT_H
#define KVM390_HOST_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * kvm390_host_permits: may the guest access this page at all?
 * @absolute: an absolute address
 * @write: a store
 *
 * To be asked before it is looked up whether there is memory at @absolute;
 * both answers together are what the guest may do. Always true where QEMU
 * owns the memory. Any thread; the answer is kept for that thread.
 */
bool kvm390_host_permits(uint64_t absolute, bool write);

/** kvm390_host_fault: the page that this thread last asked for */
uint64_t kvm390_host_fault(void);

#endif
