/*
 * Accesses to guest memory by devices, recorded in the storage keys
 *
 * A store by a device sets R and C. QEMU's memory core sees every one of
 * them, in whatever way a device accesses memory, because migration has to.
 * It has no such place for fetches; where the channel subsystem and
 * virtio-ccw read guest memory, kvm390_dma_fetched() is called.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "kvm390/include/kvm390/accel.h"
#include "kvm390/include/kvm390/dma.h"
#include "kvm390/include/kvm390/keys.h"

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

void kvm390_dma_init(void)
{
    kvm390_memory_stored = memory_stored;
}

void kvm390_dma_fetched(hwaddr addr, hwaddr len)
{
    kvm390_keys_record(addr, len, false);
}
