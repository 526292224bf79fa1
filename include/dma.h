/*
 * Accesses to guest memory by devices
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_DMA_H
#define KVM390_DMA_H

#include "qemu/notify.h"
#include "kvm390/include/compat.h"

/* An access to RAM that no generated code made, as the memory core sees it. */
typedef struct Kvm390RamAccess {
    MemoryRegion *mr;           /* the RAM, */
    hwaddr addr;                /* offset in it, */
    hwaddr len;                 /* and length in bytes */
    bool is_write;              /* a store; else memory was mapped to be read */
} Kvm390RamAccess;

/**
 * kvm390_add_ram_access_notifier: be told of accesses to RAM
 * @notifier: called with a Kvm390RamAccess, in any thread, in an RCU critical
 *            section, in several threads at a time
 *
 * Before there are vCPUs or devices; for good. Of fetches, those are told of
 * that map memory (address_space_map()), which is how virtio fetches its
 * buffers. Defined in system/physmem.c.
 */
void kvm390_add_ram_access_notifier(Notifier *notifier);

/**
 * kvm390_dma_init: have device accesses recorded in the storage keys
 *
 * May be called again: each object of the device does. BQL.
 */
void kvm390_dma_init(void);

/**
 * kvm390_dma_fetched: the channel subsystem has accessed guest memory
 * @addr: guest absolute address
 * @len: length in bytes
 *
 * Sets R; C, if it was a store, is set by other means, and so it may be called
 * for both. Any thread; does nothing unless storage keys are in use, nor for
 * addresses without memory.
 */
void kvm390_dma_fetched(hwaddr addr, hwaddr len);

#endif /* KVM390_DMA_H */
