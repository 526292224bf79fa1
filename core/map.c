/*
 * A map of guest memory: what many pages look like, in few cells
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include "kvm390/include/access.h"
#include "kvm390/include/cmma.h"
#include "kvm390/include/map.h"

static uint64_t cells_of(uint64_t first, uint64_t pages, unsigned shift)
{
    return ((first + pages - 1) >> shift) - (first >> shift) + 1;
}

int kvm390_map_plan(Kvm390MapPlan *plan, uint64_t first, uint64_t pages,
                    int shift)
{
    const uint64_t end = 1ull << KVM390_PAGEMAP_GFN_BITS;
    uint64_t cells;

    if (first >= end || !pages || pages > end - first ||
        shift > KVM390_MAP_SHIFT) {
        return -EINVAL;
    }
    if (shift < 0) {
        for (shift = 0; cells_of(first, pages, shift) > KVM390_MAP_CELLS;
             shift++) {
        }
    }
    cells = cells_of(first, pages, shift);
    if (cells > KVM390_MAP_CELLS) {
        return -E2BIG;
    }
    plan->first = first >> shift << shift;
    plan->cells = cells;
    plan->shift = shift;
    plan->looks = 1ull << shift;
    while (plan->looks > KVM390_MAP_STRETCH &&
           plan->looks * cells > KVM390_MAP_LOOKS) {
        plan->looks /= 2;
    }
    return 0;
}

bool kvm390_map_stretch(const Kvm390MapPlan *plan, uint32_t cell, uint32_t n,
                        Kvm390GfnRange *range)
{
    uint64_t pages = 1ull << plan->shift;
    bool all = plan->looks == pages;
    uint64_t length = all ? pages : KVM390_MAP_STRETCH;
    uint64_t stretches = plan->looks / length;

    if (n >= stretches) {
        return false;
    }
    range->first = plan->first + ((uint64_t)cell << plan->shift) +
                   n * (pages / stretches);
    range->end = range->first + length;
    return true;
}

/* A state byte as a number below KVM390_MAP_STATES, and back. */
static unsigned state_index(uint8_t state)
{
    return (state & KVM390_CMMA_USAGE) |
           (state & KVM390_PAGE_DISCARDED ? 4 : 0) |
           (state & KVM390_CMMA_NODAT ? 8 : 0);
}

static uint8_t state_of(unsigned index)
{
    return (index & 3) | (index & 4 ? KVM390_PAGE_DISCARDED : 0) |
           (index & 8 ? KVM390_CMMA_NODAT : 0);
}

void kvm390_map_hole(Kvm390MapCount *count, uint32_t pages)
{
    count->looked += pages;
}

void kvm390_map_page(Kvm390MapCount *count, uint8_t key, uint8_t state,
                     bool resident)
{
    count->looked++;
    count->memory++;
    count->resident += resident;
    count->rc |= key & (KVM390_KEY_R | KVM390_KEY_C);
    count->key[key >> 3]++;
    count->state[state_index(state)]++;
}

/* The index of the largest; the first of several. */
static unsigned index_of_most(const uint32_t *counts, unsigned n)
{
    unsigned best = 0;

    for (unsigned i = 1; i < n; i++) {
        if (counts[i] > counts[best]) {
            best = i;
        }
    }
    return best;
}

static uint8_t in_eighths(uint32_t part, uint32_t whole)
{
    if (part == whole) {
        return KVM390_MAP_RESIDENT;
    }
    return part ? 1 + (uint64_t)part * (KVM390_MAP_RESIDENT - 1) / whole : 0;
}

Kvm390MapCell kvm390_map_cell(const Kvm390MapCount *count)
{
    unsigned key = index_of_most(count->key, 32);
    unsigned state = index_of_most(count->state, KVM390_MAP_STATES);
    Kvm390MapCell cell = { .memory = count->memory };

    if (cell.memory) {
        cell.key = key << 3 | count->rc;
        cell.state = state_of(state);
        cell.resident = in_eighths(count->resident, count->memory);
        cell.mixed =
            (count->key[key] < count->memory ? KVM390_MAP_MIXED_KEY : 0) |
            (count->state[state] < count->memory ? KVM390_MAP_MIXED_STATE : 0) |
            (count->memory < count->looked ? KVM390_MAP_MIXED_MEMORY : 0);
    }
    return cell;
}

bool kvm390_map_same(const Kvm390MapCell *a, const Kvm390MapCell *b)
{
    return a->memory == b->memory && a->key == b->key &&
           a->state == b->state && a->resident == b->resident &&
           a->mixed == b->mixed;
}
