/*
 * Accesses to guest memory by devices, recorded in the storage keys
 *
 * A store by a device sets R and C. QEMU's memory core sees every one of
 * them, in whatever way a device accesses memory, because migration has to.
 * It has no such place for fetches that are devices' alone: memory mapped for
 * reading (virtio's buffers) is taken for fetched, and the channel subsystem
 * says what it reads (CCWs, IDAWs, what they designate).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/dma.h"
#include "kvm390/include/keys.h"

static void memory_stored(MemoryRegion *mr, hwaddr addr, hwaddr len)
{
    if (!kvm390_keys_active()) {
        return;
    }
    for (; mr->container; mr = mr->container) {
        addr += mr->addr;
    }
    if (mr == get_system_memory()) {
        kvm390_keys_record(addr, len, true);
    }
}

/* A PCI device's addresses are not the guest's. */
static void memory_mapped(AddressSpace *as, hwaddr addr, hwaddr len)
{
    if (as == &address_space_memory) {
        kvm390_keys_record(addr, len, false);
    }
}

void kvm390_dma_init(void)
{
    kvm390_memory_stored = memory_stored;
    kvm390_memory_mapped = memory_mapped;
}

void kvm390_dma_fetched(hwaddr addr, hwaddr len)
{
    if (kvm390_keys_active() &&
        address_space_access_valid(&address_space_memory, addr, len, false,
                                   MEMTXATTRS_UNSPECIFIED)) {
        kvm390_keys_record(addr, len, false);
    }
}
