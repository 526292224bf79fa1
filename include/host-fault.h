/*
 * Guest memory that the host has not, or not for this access
 *
 * Where user space runs the vCPUs, memory behind an absolute address is the
 * client's. An access that finds none is an addressing exception of the
 * guest's, or in a user-controlled VM an exit; one that the client's own
 * protection of its memory forbids ends KVM_RUN with -EFAULT. Each check for
 * memory notes the address that it was asked for and the answer, so that the
 * exception that follows can be told apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_HOST_FAULT_H
#define KVM390_HOST_FAULT_H

#include "kvm390/include/protmap.h"

/**
 * kvm390_host_permits: does the client's protection permit an access?
 * @absolute: an absolute address
 * @write: a store
 *
 * To be asked before it is looked up whether there is memory at @absolute;
 * both answers together are what the guest may do. Always true where QEMU
 * owns the memory. Any thread; the answer is kept for that thread.
 */
bool kvm390_host_permits(uint64_t absolute, bool write);

/** kvm390_host_permit: the same for both kinds of access; nothing is kept. */
unsigned kvm390_host_permit(uint64_t absolute);

/** kvm390_host_fault: the page that this thread last asked for */
uint64_t kvm390_host_fault(void);

/** kvm390_host_refused: was the answer no? */
bool kvm390_host_refused(void);

/**
 * kvm390_host_set_protection: replace what is protected
 * @map: by absolute address; its ranges are taken over
 *
 * BQL. vCPUs may go on with the earlier rules until their TLBs are flushed.
 */
void kvm390_host_set_protection(Kvm390ProtMap *map);

#endif
