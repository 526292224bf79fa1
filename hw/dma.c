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
#include "kvm390/include/accel.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/dma.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/slot-memory.h"

/* RAM that is not part of the guest's memory has no keys. */
static void record_access(Notifier *notifier, void *data)
{
    const Kvm390RamAccess *access = data;
    MemoryRegion *mr = access->mr;
    hwaddr addr = access->addr;

    if (!kvm390_keys_active()) {
        return;
    }
    for (; mr->container; mr = mr->container) {
        addr += mr->addr;
    }
    if (mr == get_system_memory() || kvm390_is_slot_memory(mr)) {
        kvm390_keys_record(addr, access->len, access->is_write);
    }
}

static Notifier ram_access_notifier = { .notify = record_access };

void kvm390_dma_init(void)
{
    static bool asked;

    if (!asked) {
        kvm390_add_ram_access_notifier(&ram_access_notifier);
        asked = true;
    }
}

void kvm390_dma_fetched(hwaddr addr, hwaddr len)
{
    if (kvm390_keys_active() &&
        address_space_access_valid(&address_space_memory, addr, len, false,
                                   MEMTXATTRS_UNSPECIFIED)) {
        kvm390_keys_record(addr, len, false);
    }
}
