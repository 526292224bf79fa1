/*
 * Accesses to guest memory by devices
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_DMA_H
#define KVM390_DMA_H

#include "exec/memory.h"

/*
 * Called by QEMU's memory core after a store into RAM that no generated code
 * made: the region, the offset in it and the length. Any thread, in an RCU
 * critical section. Defined in system/physmem.c; NULL unless kvm390 needs it.
 */
extern void (*kvm390_memory_stored)(MemoryRegion *mr, hwaddr addr, hwaddr len);

/*
 * Called by address_space_map() when it maps RAM for reading, which is how
 * virtio fetches its buffers: the address space, address and length. Any
 * thread. Defined in system/physmem.c; NULL unless kvm390 needs it.
 */
extern void (*kvm390_memory_mapped)(AddressSpace *as, hwaddr addr, hwaddr len);

/**
 * kvm390_dma_init: have device accesses recorded in the storage keys
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
