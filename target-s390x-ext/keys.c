/*
 * The machine's storage keys: when they begin to count, and device accesses
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/quiesce.h"
#include "kvm390/trace.h"

Kvm390Keys kvm390_keys;

void kvm390_flush_quiesced(void)
{
    if (kvm390_keys_active()) {
        kvm390_keystore_new_epoch(&kvm390_keys.store);
    }
    kvm390_tlbs_stale();
    trace_kvm390_keys_flush(kvm390_keys.store.epoch);
}

int kvm390_keys_init(uint64_t pages)
{
    return kvm390_keystore_init(&kvm390_keys.store, pages);
}

int kvm390_keys_reserve(uint64_t gfn, uint64_t count)
{
    return kvm390_pagemap_reserve(&kvm390_keys.store.map, gfn, count);
}

static void activate_quiesced(void *unused)
{
    if (kvm390_keys_active()) {
        return;
    }
    g_assert(kvm390_keys.store.map.pages); /* kvm390_keys_init() was called */
    qatomic_store_release(&kvm390_keys.active, true);
    kvm390_flush_quiesced();
    trace_kvm390_keys_active();
}

void kvm390_keys_use_quiesced(void *unused)
{
    activate_quiesced(NULL);
    if (kvm390_keys_used()) {
        return;
    }
    kvm390_keystore_reset(&kvm390_keys.store);
    kvm390_flush_quiesced();
    qatomic_store_release(&kvm390_keys.used, true);
    trace_kvm390_keys_used();
}

void kvm390_keys_activate(void)
{
    if (!kvm390_keys_active()) {
        kvm390_run_quiesced(activate_quiesced, NULL);
    }
}

void kvm390_keys_use(void)
{
    if (!kvm390_keys_used()) {
        kvm390_run_quiesced(kvm390_keys_use_quiesced, NULL);
    }
}

static void forget_quiesced(void *unused)
{
    if (!kvm390_keys_active()) {
        return;
    }
    kvm390_keystore_reset(&kvm390_keys.store);
    kvm390_flush_quiesced();
    qatomic_store_release(&kvm390_keys.used, false);
}

void kvm390_keys_forget(void)
{
    kvm390_run_quiesced(forget_quiesced, NULL);
}

typedef struct PageRange {
    uint64_t gfn, count;
} PageRange;

static void forget_pages_quiesced(void *opaque)
{
    const PageRange *range = opaque;

    kvm390_pagemap_clear(&kvm390_keys.store.map, range->gfn, range->count);
    kvm390_flush_quiesced();
}

void kvm390_keys_forget_pages(uint64_t gfn, uint64_t count)
{
    PageRange range = { gfn, count };

    if (kvm390_keys_active()) {
        kvm390_run_quiesced(forget_pages_quiesced, &range);
    }
}

void kvm390_keys_record(hwaddr addr, hwaddr len, bool store)
{
    uint64_t gfn, last;

    if (!len || !kvm390_keys_active()) {
        return;
    }
    last = (addr + len - 1) >> TARGET_PAGE_BITS;
    for (gfn = addr >> TARGET_PAGE_BITS; gfn <= last; gfn++) {
        kvm390_keystore_record(&kvm390_keys.store, gfn, store);
    }
}
