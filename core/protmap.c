/*
 * Which ranges of addresses are protected, and how
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/protmap.h"

#include <errno.h>
#include <stdlib.h>

/* The index of the first range that ends behind @addr. */
static size_t first_behind(const Kvm390ProtMap *map, uint64_t addr)
{
    size_t low = 0, high = map->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (map->ranges[mid].end > addr) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

unsigned kvm390_protmap_get(const Kvm390ProtMap *map, uint64_t addr)
{
    const Kvm390ProtRange *r = kvm390_protmap_from(map, addr);

    return r && r->start <= addr ? r->permit : KVM390_PERMIT_ALL;
}

const Kvm390ProtRange *kvm390_protmap_from(const Kvm390ProtMap *map,
                                           uint64_t addr)
{
    size_t i = first_behind(map, addr);

    return i < map->n ? &map->ranges[i] : NULL;
}

void kvm390_protmap_clear(Kvm390ProtMap *map)
{
    free(map->ranges);
    *map = (Kvm390ProtMap) { };
}

/* Put a range at the end of a list under construction. */
static void append_range(Kvm390ProtMap *map, uint64_t start, uint64_t end,
                         unsigned permit)
{
    Kvm390ProtRange *last = map->n ? &map->ranges[map->n - 1] : NULL;

    if (start >= end || permit == KVM390_PERMIT_ALL) {
        return;
    }
    if (last && last->end == start && last->permit == permit) {
        last->end = end;
        return;
    }
    map->ranges[map->n++] = (Kvm390ProtRange) { start, end, permit };
}

int kvm390_protmap_set(Kvm390ProtMap *map, uint64_t start, uint64_t end,
                       unsigned permit)
{
    /* One range can become two, and there may be the new one. */
    Kvm390ProtMap new = { .room = map->n + 2 };
    size_t i;

    new.ranges = malloc(new.room * sizeof(*new.ranges));
    if (!new.ranges) {
        return -ENOMEM;
    }
    for (i = 0; i < map->n && map->ranges[i].start < start; i++) {
        Kvm390ProtRange r = map->ranges[i];

        append_range(&new, r.start, r.end < start ? r.end : start, r.permit);
    }
    append_range(&new, start, end, permit);
    for (i = first_behind(map, end); i < map->n; i++) {
        Kvm390ProtRange r = map->ranges[i];

        append_range(&new, r.start > end ? r.start : end, r.end, r.permit);
    }
    free(map->ranges);
    *map = new;
    return 0;
}
