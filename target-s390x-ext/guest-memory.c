/*
 * Guest memory of the machine that runs, for the rules of core/
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic128.h"
#include "cpu.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/guest-access.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/slot-memory.h"
#include "guest-memory.h"
#include "windows.h"

/*
 * Each thread keeps what it last found, to spare the look-up. It may be used
 * if the memory map has not begun to change (kvm390_map_number()): what goes
 * out of it is freed after this section, or is a client's (lost-pages.h).
 */
static __thread Kvm390GuestMemory last_found;

/* The RAM from @start on, if it reaches @abs. */
static bool find_from(Kvm390GuestMemory *gm, hwaddr start, hwaddr abs,
                      Kvm390Window *w)
{
    hwaddr xlat, len = HWADDR_MAX;
    MemoryRegion *mr = address_space_translate(&address_space_memory, start,
                                               &xlat, &len, false,
                                               MEMTXATTRS_UNSPECIFIED);

    if (!memory_access_is_direct(mr, false, MEMTXATTRS_UNSPECIFIED)) {
        return false;
    }
    len &= TARGET_PAGE_MASK;
    if (abs - start >= len) {
        return false;
    }
    *w = (Kvm390Window) {
        .base = start,
        .size = len,
        .host = (uint8_t *)memory_region_get_ram_ptr(mr) + xlat,
        .readonly = !memory_access_is_direct(mr, true, MEMTXATTRS_UNSPECIFIED),
    };
    gm->window_ram = memory_region_get_ram_addr(mr) + xlat;
    gm->dirty_log_mask = memory_region_get_dirty_log_mask(mr);
    return true;
}

/* A client's memory: the piece that has the address, or what its window has. */
static bool find_client_memory(Kvm390GuestMemory *gm, hwaddr abs,
                               Kvm390Window *w)
{
    Kvm390RamWindow *ram;
    uint64_t first, last;
    Kvm390Stretch s;

    if (!kvm390_slot_memory_find(abs, &s)) {
        return false;
    }
    ram = kvm390_window_at(abs);
    first = MAX(s.gpa, ram->gpa);
    last = MIN(s.last, ram->gpa + (ram->size - 1));
    *w = (Kvm390Window) {
        .base = first,
        .size = last - first + 1,
        .host = ram->host + (first - ram->gpa),
    };
    gm->window_ram = memory_region_get_ram_addr(&ram->mr) +
                     (first - ram->gpa);
    gm->dirty_log_mask = memory_region_get_dirty_log_mask(&ram->mr);
    return true;
}

/* Most machines have one piece of RAM, from 0 on: one look-up serves all. */
static bool find_machine_address(Kvm390GuestMemory *gm, uint64_t abs,
                                 Kvm390Window *w)
{
    return find_client_memory(gm, abs, w) ||
           find_from(gm, 0, abs, w) ||
           find_from(gm, abs & TARGET_PAGE_MASK, abs, w);
}

static bool guest_find(void *opaque, uint64_t abs, Kvm390Window *w)
{
    Kvm390GuestMemory *gm = opaque;

    if (!find_machine_address(gm, kvm390_own_to_machine(&gm->own, abs), w)) {
        return false;
    }
    w->base -= gm->own.origin;
    return true;
}

static uint8_t guest_key(void *opaque, uint64_t abs)
{
    Kvm390GuestMemory *gm = opaque;

    if (!kvm390_keys_active()) {
        return 0;
    }
    return kvm390_keystore_get(&kvm390_keys.store,
                               (gm->own.origin + abs) >> TARGET_PAGE_BITS);
}

/* What address_space_write() does after it has stored into RAM. */
static void mark_dirty(Kvm390GuestMemory *gm, uint64_t abs, uint64_t len)
{
    ram_addr_t addr = gm->window_ram + (abs - gm->mem.window.base);
    uint8_t clean = gm->dirty_log_mask;

    if (clean) {
        clean = physical_memory_range_includes_clean(addr, len, clean);
    }
    if (clean & (1 << DIRTY_MEMORY_CODE)) {
        kvm390_drop_blocks(addr, addr + len - 1);
        clean &= ~(1 << DIRTY_MEMORY_CODE);
    }
    physical_memory_set_dirty_range(addr, len, clean);
}

/* kvm390_keys_record() for a stretch that may be long: words side by side. */
static void record_accesses(uint64_t abs, uint64_t len, bool store)
{
    Kvm390Pagemap *map = &kvm390_keys.store.map;
    uint16_t bits = KVM390_KEY_R | (store ? KVM390_KEY_C : 0);
    uint64_t gfn = abs >> TARGET_PAGE_BITS;
    uint64_t pages = ((abs + len - 1) >> TARGET_PAGE_BITS) - gfn + 1;

    if (!kvm390_keys_active()) {
        return;
    }
    while (pages) {
        uint64_t run = kvm390_pagemap_run(map, gfn, pages);
        uint16_t *word = kvm390_keystore_word(&kvm390_keys.store, gfn);

        for (uint64_t i = 0; i < run; i++) {
            if ((qatomic_read(&word[i]) & bits) != bits) {
                qatomic_or(&word[i], bits);
            }
        }
        gfn += run;
        pages -= run;
    }
}

static void guest_touched(void *opaque, uint64_t abs, uint64_t len, bool store)
{
    Kvm390GuestMemory *gm = opaque;

    record_accesses(gm->own.origin + abs, len, store);
    if (store) {
        mark_dirty(gm, abs, len);
    }
}

static bool guest_cmpxchg16(void *opaque, void *host, void *old,
                            const void *new)
{
    Int128 cmp, val, found;
    bool same;

    memcpy(&cmp, old, sizeof(cmp));
    memcpy(&val, new, sizeof(val));
#if HAVE_CMPXCHG128
    found = atomic16_cmpxchg(host, cmp, val);
    same = int128_eq(found, cmp);
#else
    /* exclusive, see kvm390_memop_vm() */
    memcpy(&found, host, sizeof(found));
    same = int128_eq(found, cmp);
    if (same) {
        memcpy(host, &val, sizeof(val));
    }
#endif
    memcpy(old, &found, sizeof(found));
    return same;
}

static bool guest_permits(void *opaque, uint64_t abs, bool store)
{
    Kvm390GuestMemory *gm = opaque;

    return kvm390_host_permits(kvm390_own_to_machine(&gm->own, abs), store);
}

static const Kvm390MemOps guest_mem_ops = {
    .find = guest_find,
    .key = guest_key,
    .touched = guest_touched,
    .cmpxchg16 = guest_cmpxchg16,
    .permits = guest_permits,
};

static bool same_space(const Kvm390OwnSpace *a, const Kvm390OwnSpace *b)
{
    return a->origin == b->origin && a->size == b->size;
}

void kvm390_guest_memory_begin(Kvm390GuestMemory *gm,
                               const Kvm390OwnSpace *own)
{
    const Kvm390OwnSpace space = own ? *own : (Kvm390OwnSpace) { };
    unsigned map = kvm390_map_number();

    if (last_found.map == map && same_space(&last_found.own, &space)) {
        *gm = last_found;
    }
    gm->own = space;
    gm->map = map;
    gm->mem.ops = &guest_mem_ops;
    gm->mem.opaque = gm;
}

void kvm390_guest_memory_end(const Kvm390GuestMemory *gm)
{
    bool kept = gm->map == last_found.map &&
                same_space(&gm->own, &last_found.own) &&
                gm->mem.window.base == last_found.mem.window.base;

    if (!kept && !(gm->map & 1)) {
        last_found = *gm;
    }
}

static void map_begins_to_change(MemoryListener *listener)
{
    kvm390_map_changes();
}

static void map_has_changed(MemoryListener *listener)
{
    kvm390_map_changed();
}

static MemoryListener map_listener = {
    .name = "kvm390-guest-access",
    .begin = map_begins_to_change,
    .commit = map_has_changed,
};

void kvm390_guest_access_init(void)
{
    memory_listener_register(&map_listener, &address_space_memory);
}

