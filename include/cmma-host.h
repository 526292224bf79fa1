/*
 * Page states and the machine: memory, giving it back, reset, migration
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CMMA_HOST_H
#define KVM390_CMMA_HOST_H

#include "qom/object.h"

/**
 * kvm390_cmma_realize: set up the page states of this process's guest
 * @pages: guest frame numbers lie below this, 1 to 2^52
 * @errp: where to say that there is not enough address space
 *
 * From then on the guest's memory is followed as it comes and goes. CMMA is
 * not enabled yet. Returns false on error. Once, under the BQL.
 */
bool kvm390_cmma_realize(uint64_t pages, Error **errp);

/**
 * kvm390_stattrib_create: the storage attribute device for this accelerator
 *
 * Returns a new object, or NULL under another accelerator. s390-ccw-virtio
 * gets CMMA enabled as soon as it is built if its CPU model has the feature
 * "cmm"; on kvm390-vm that is up to the client. Under the BQL.
 */
Object *kvm390_stattrib_create(void);

/**
 * kvm390_cmma_reset: what a machine reset does to the page states
 *
 * Nothing under another accelerator. All vCPUs are paused. Under the BQL.
 */
void kvm390_cmma_reset(void);

/**
 * kvm390_cmma_pages: how many pages are in which state, for the monitor
 *
 * Returns a new struct, or NULL if CMMA is not enabled. Any thread.
 */
struct Kvm390CmmaPages *kvm390_cmma_pages(void);

#endif /* KVM390_CMMA_HOST_H */
