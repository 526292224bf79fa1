/*
 * Where guest memory lies on the host, and single pages of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "cpu.h"
#include "system/replay.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/slot-memory.h"
#include "kvm390/trace.h"
#include "cmma-internal.h"

static Kvm390HostMap *host_map;     /* RCU; replaced under the BQL */

const Kvm390HostMap *kvm390_host_map(void)
{
    return qatomic_rcu_read(&host_map);
}

static void free_host_map(Kvm390HostMap *map)
{
    for (unsigned i = 0; i < map->n; i++) {
        memory_region_unref(map->range[i].mr);
    }
    g_free(map->range);
    g_free(map->map);
    g_free(map);
}

static bool collect_range(Int128 start, Int128 len, const MemoryRegion *cmr,
                          hwaddr offset, void *opaque)
{
    GArray *ranges = opaque;
    MemoryRegion *mr = (MemoryRegion *)cmr;
    uint64_t first = int128_get64(start) >> TARGET_PAGE_BITS;
    uint64_t pages = int128_get64(len) >> TARGET_PAGE_BITS;
    ram_addr_t in_block;
    Kvm390HostRange range;

    if (!memory_region_is_ram(mr) || memory_region_is_ram_device(mr) ||
        memory_region_is_rom(mr) || !pages) {
        return false;
    }
    range.gfn = (Kvm390GfnRange){ first, first + pages };
    range.mr = mr;
    range.block = qemu_ram_block_from_host(memory_region_get_ram_ptr(mr) +
                                           offset, false, &in_block);
    range.offset = in_block;
    if (range.block) {
        g_array_append_val(ranges, range);
    }
    return false;
}

/* The same memory for the page states, which know no blocks. */
static Kvm390CmmaMap *join_neighbours(const Kvm390HostRange *range, unsigned n)
{
    Kvm390CmmaMap *map = g_malloc0(sizeof(*map) + n * sizeof(map->range[0]));

    for (unsigned i = 0; i < n; i++) {
        if (map->n && map->range[map->n - 1].end == range[i].gfn.first) {
            map->range[map->n - 1].end = range[i].gfn.end;
        } else {
            map->range[map->n++] = range[i].gfn;
        }
    }
    return map;
}

static bool same_ranges(const Kvm390HostMap *map, GArray *ranges)
{
    if (!map || map->n != ranges->len) {
        return false;
    }
    for (unsigned i = 0; i < map->n; i++) {
        const Kvm390HostRange *a = &map->range[i];
        const Kvm390HostRange *b = &g_array_index(ranges, Kvm390HostRange, i);

        if (a->gfn.first != b->gfn.first || a->gfn.end != b->gfn.end ||
            a->mr != b->mr || a->offset != b->offset) {
            return false;
        }
    }
    return true;
}

static void update_map(void)
{
    GArray *ranges = g_array_new(false, false, sizeof(Kvm390HostRange));
    Kvm390HostMap *old = host_map, *new;

    kvm390_for_each_memory(collect_range, ranges);
    if (same_ranges(old, ranges)) {
        g_array_free(ranges, true);
        return;
    }
    new = g_new0(Kvm390HostMap, 1);
    new->n = ranges->len;
    new->range = (Kvm390HostRange *)g_array_free(ranges, false);
    new->map = join_neighbours(new->range, new->n);
    for (unsigned i = 0; i < new->n; i++) {
        memory_region_ref(new->range[i].mr);
        trace_kvm390_cmma_memory(new->range[i].gfn.first,
                                 new->range[i].gfn.end);
    }
    qatomic_rcu_set(&host_map, new);
    kvm390_cmma_set_map(&kvm390_guest_cmma, new->map);
    if (old) {
        call_rcu(old, free_host_map, rcu);
    }
}

static void memory_changed(MemoryListener *listener)
{
    update_map();
}

/* A slot that comes or goes need not look at all: nobody asks but for CMMA. */
static void slots_changed(Notifier *notifier, void *data)
{
    if (kvm390_cmma_enabled(&kvm390_guest_cmma)) {
        update_map();
    }
}

static Notifier slots_notifier = { .notify = slots_changed };

static MemoryListener memory_listener = {
    .name = "kvm390-cmma",
    .commit = memory_changed,
};

void kvm390_host_map_init(void)
{
    memory_listener_register(&memory_listener, &address_space_memory);
    kvm390_add_slot_memory_notifier(&slots_notifier);
}

bool kvm390_host_range_cut(const Kvm390HostRange *range, Kvm390GfnRange gfn,
                           Kvm390GfnRange *part)
{
    part->first = MAX(range->gfn.first, gfn.first);
    part->end = MIN(range->gfn.end, gfn.end);
    return part->first < part->end;
}

unsigned kvm390_host_map_from(const Kvm390HostMap *map, uint64_t gfn)
{
    unsigned low = 0, high = map->n;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (map->range[middle].gfn.end <= gfn) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Find a page; inside an RCU section. */
static const Kvm390HostRange *find_page(uint64_t gfn)
{
    const Kvm390HostMap *map = kvm390_host_map();
    unsigned i = map ? kvm390_host_map_from(map, gfn) : 0;

    return map && i < map->n && gfn >= map->range[i].gfn.first ?
           &map->range[i] : NULL;
}

bool kvm390_host_resident(uint64_t gfn)
{
    RCU_READ_LOCK_GUARD();
    const Kvm390HostRange *range = find_page(gfn);
    uint64_t size = qemu_real_host_page_size();
    unsigned char there = 1;

    /* A replay must not depend on what the host did with its memory. */
    if (range && replay_mode == REPLAY_MODE_NONE) {
        uint8_t *host = kvm390_host_addr(range, gfn);

        mincore((void *)QEMU_ALIGN_DOWN((uintptr_t)host, size), size, &there);
    }
    return there & 1;
}

void kvm390_host_make_resident(uint64_t gfn)
{
    RCU_READ_LOCK_GUARD();
    const Kvm390HostRange *range = find_page(gfn);

    if (range) {
        /* Adds nothing, but as a store: the host has to provide memory. */
        qatomic_or(kvm390_host_addr(range, gfn), 0);
    }
}

void kvm390_host_content_needed(uint64_t gfn)
{
    RCU_READ_LOCK_GUARD();
    const Kvm390HostRange *range = find_page(gfn);

    if (range) {
        uint8_t clients = memory_region_get_dirty_log_mask(range->mr) &
                          ~(1 << DIRTY_MEMORY_CODE);

        physical_memory_set_dirty_range(
            range->block->offset + kvm390_host_offset(range, gfn),
            TARGET_PAGE_SIZE, clients);
    }
}
