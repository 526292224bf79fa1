/*
 * Which ranges of addresses are protected, and how
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/protmap.h"

#include <errno.h>
#include <glib.h>

static gint compare_ends(gconstpointer a, gconstpointer b, gpointer map)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    ((Kvm390ProtMap *)map)->compared++;
    return (x > y) - (x < y);
}

static Kvm390ProtRange *first_behind(const Kvm390ProtMap *map, uint64_t addr)
{
    GTreeNode *node = map->by_end ? g_tree_upper_bound(map->by_end, &addr) :
                                    NULL;

    return node ? g_tree_node_value(node) : NULL;
}

unsigned kvm390_protmap_get(const Kvm390ProtMap *map, uint64_t addr)
{
    const Kvm390ProtRange *r = first_behind(map, addr);

    return r && r->start <= addr ? r->permit : KVM390_PERMIT_ALL;
}

const Kvm390ProtRange *kvm390_protmap_from(const Kvm390ProtMap *map,
                                           uint64_t addr)
{
    return first_behind(map, addr);
}

void kvm390_protmap_clear(Kvm390ProtMap *map)
{
    if (map->by_end) {
        g_tree_destroy(map->by_end);
    }
    *map = (Kvm390ProtMap) { };
}

static void insert_range(Kvm390ProtMap *map, uint64_t start, uint64_t end,
                         unsigned permit)
{
    Kvm390ProtRange *r = g_new(Kvm390ProtRange, 1);

    *r = (Kvm390ProtRange) { start, end, permit };
    if (!map->by_end) {
        map->by_end = g_tree_new_full(compare_ends, map, NULL, g_free);
    }
    g_tree_insert(map->by_end, &r->end, r);
    map->n++;
}

static void take_out(Kvm390ProtMap *map, Kvm390ProtRange *r)
{
    g_tree_remove(map->by_end, &r->end);
    map->n--;
}

/* Nothing is listed in [start, end) any more. A range's end, its key, stays. */
static void cut_range(Kvm390ProtMap *map, uint64_t start, uint64_t end)
{
    Kvm390ProtRange *r = first_behind(map, start);

    if (r && r->start < start) {
        insert_range(map, r->start, start, r->permit);
        r->start = start;
    }
    while (r && r->end <= end) {
        take_out(map, r);
        r = first_behind(map, start);
    }
    if (r && r->start < end) {
        r->start = end;
    }
}

/* List a range in a gap, as one with its neighbours where they are alike. */
static void fill_gap(Kvm390ProtMap *map, uint64_t start, uint64_t end,
                     unsigned permit)
{
    Kvm390ProtRange *left, *right = first_behind(map, end);

    left = map->by_end ? g_tree_lookup(map->by_end, &start) : NULL;
    if (left && left->permit == permit) {
        start = left->start;
        take_out(map, left);
    }
    if (right && right->start == end && right->permit == permit) {
        right->start = start;
    } else {
        insert_range(map, start, end, permit);
    }
}

/* Does permitting all of [start, end) make two ranges of one? */
static bool splits_range(const Kvm390ProtMap *map, uint64_t start, uint64_t end)
{
    const Kvm390ProtRange *r = first_behind(map, start);

    return r && r->start < start && r->end > end;
}

int kvm390_protmap_set(Kvm390ProtMap *map, uint64_t start, uint64_t end,
                       unsigned permit)
{
    if (map->n >= KVM390_PROTMAP_MAX &&
        (permit != KVM390_PERMIT_ALL || splits_range(map, start, end))) {
        return -ENOMEM;
    }
    cut_range(map, start, end);
    if (permit != KVM390_PERMIT_ALL) {
        fill_gap(map, start, end, permit);
    }
    return 0;
}
