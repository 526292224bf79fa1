/*
 * Storage keys as user space reaches them: what KVM's ioctls do
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/keyrules.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/quiesce.h"
#include "kvm390/include/skeys.h"
#include "kvm390/trace.h"

bool kvm390_pages_are_memory(uint64_t start_gfn, uint64_t count)
{
    const uint64_t end = 1ull << KVM390_PAGEMAP_GFN_BITS;
    hwaddr addr = start_gfn << TARGET_PAGE_BITS;
    hwaddr left = count << TARGET_PAGE_BITS;

    if (start_gfn >= end || count > end - start_gfn) {
        return count == 0;
    }
    RCU_READ_LOCK_GUARD();
    while (left) {
        hwaddr xlat, len = left;
        MemoryRegion *mr = address_space_translate(&address_space_memory, addr,
                                                   &xlat, &len, false,
                                                   MEMTXATTRS_UNSPECIFIED);

        if (!memory_region_is_ram(mr) || !len) {
            return false;
        }
        addr += len;
        left -= len;
    }
    return true;
}

int kvm390_check_get_skeys(uint64_t count, uint32_t flags)
{
    if (flags) {
        return -EINVAL;
    }
    if (!kvm390_keys_used()) {
        return KVM390_SKEYS_NONE;
    }
    return count && count <= KVM390_SKEYS_MAX ? 0 : -EINVAL;
}

int kvm390_get_skeys(uint64_t start_gfn, uint64_t count, uint32_t flags,
                     uint8_t *keys)
{
    int ret = kvm390_check_get_skeys(count, flags);

    if (ret) {
        return ret;
    }
    if (!kvm390_pages_are_memory(start_gfn, count)) {
        return -EFAULT;
    }
    kvm390_keystore_read(&kvm390_keys.store, start_gfn, count, keys);
    return 0;
}

typedef struct {
    uint64_t start_gfn;
    uint64_t count;
    const uint8_t *keys;
} KeyRange;

static void set_quiesced(void *opaque)
{
    const KeyRange *range = opaque;

    kvm390_keystore_write(&kvm390_keys.store, range->start_gfn, range->count,
                          range->keys);
    kvm390_flush_quiesced();
}

static bool low_bit_set(const uint8_t *keys, uint64_t count)
{
    uint64_t all = 0, eight, i;

    for (i = 0; count - i >= sizeof(eight); i += sizeof(eight)) {
        memcpy(&eight, keys + i, sizeof(eight));
        all |= eight;
    }
    for (; i < count; i++) {
        all |= keys[i];
    }
    return all & (~0ull / 255 * (uint8_t)~KVM390_KEY_BITS);
}

int kvm390_set_skeys(uint64_t start_gfn, uint64_t count, uint32_t flags,
                     const uint8_t *keys)
{
    KeyRange range = { start_gfn, count, keys };

    if (flags || !count || count > KVM390_SKEYS_MAX) {
        return -EINVAL;
    }
    if (!keys) {
        return -EFAULT;
    }
    kvm390_keys_use();
    if (low_bit_set(keys, count)) {
        return -EINVAL;
    }
    if (!kvm390_pages_are_memory(start_gfn, count)) {
        return -EFAULT;
    }
    kvm390_run_quiesced(set_quiesced, &range);
    return 0;
}

typedef struct {
    uint64_t gfn;
    uint8_t key;
    uint8_t operation;
    uint8_t old;
} OneKey;

static void change_quiesced(void *opaque)
{
    OneKey *one = opaque;
    Kvm390KeyStore *store = &kvm390_keys.store;

    kvm390_flush_quiesced();
    if (one->operation == KVM390_KEYOP_SSKE) {
        kvm390_keystore_set(store, one->gfn, one->key, false, false, true,
                            &one->old);
    } else {
        kvm390_keystore_reset_reference(store, one->gfn, true, &one->old);
    }
}

int kvm390_keyop(uint64_t addr, uint8_t *key, uint8_t operation)
{
    OneKey one = {
        .gfn = addr >> TARGET_PAGE_BITS,
        .key = *key,
        .operation = operation,
    };

    if (operation < KVM390_KEYOP_ISKE || operation > KVM390_KEYOP_SSKE) {
        return -EINVAL;
    }
    if (!kvm390_pages_are_memory(one.gfn, 1)) {
        return -EFAULT;
    }
    if (operation != KVM390_KEYOP_ISKE) {
        kvm390_keys_activate();
        kvm390_run_quiesced(change_quiesced, &one);
    } else if (kvm390_keys_active()) {
        one.old = kvm390_keystore_get(&kvm390_keys.store, one.gfn);
    }
    *key = operation == KVM390_KEYOP_RRBE
           ? one.old & (KVM390_KEY_R | KVM390_KEY_C) : one.old;
    trace_kvm390_keyop(addr, operation, one.key, one.old);
    return 0;
}
