/*
 * A set of guest pages that many threads add to and that is read in order
 *
 * A bitmap with a bit for each page, and above it levels of summary bits: a
 * bit of level n + 1 says that a 64-bit word of level n may not be zero. The
 * next member after a page is found in a step or two for each level, so what
 * a walk costs follows the members, not the guest's size. Every level is a
 * sparse table (pagemap.h): a set nobody adds to has no memory.
 *
 * QEMU's HBitmap is built the same way but is for one thread at a time, and
 * vCPUs must not queue for a lock on each ESSA.
 *
 * Locking: none. Adding and removing are atomic operations on the page's own
 * bit, and exactly one of several threads is told that it changed it. Summary
 * bits may be set without need, never missing once all calls under way have
 * returned: an addition looks at every level after it set the page's bit, and
 * a removal that cleared a summary bit looks at the word below again. A walk
 * that must see each addition that returned before it began runs while no
 * other thread removes members: whoever removes serialises that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_GFNSET_H
#define KVM390_GFNSET_H

#include <stdbool.h>
#include <stdint.h>
#include "kvm390/include/pagemap.h"

#define KVM390_GFNSET_LEVELS  9             /* 64^9 pages exceed 2^52 */
#define KVM390_GFN_NONE       UINT64_MAX    /* no such page */

typedef struct Kvm390GfnSet {
    Kvm390Pagemap level[KVM390_GFNSET_LEVELS];  /* of 64-bit words */
    unsigned levels;
    uint64_t pages;
} Kvm390GfnSet;

/**
 * kvm390_gfnset_init: make an empty set
 * @set: the set
 * @pages: members are gfn 0 to @pages - 1; 1 to 2^52
 *
 * Returns 0, -EINVAL or -ENOMEM.
 */
int kvm390_gfnset_init(Kvm390GfnSet *set, uint64_t pages);

/**
 * kvm390_gfnset_destroy: release a set that no thread uses any more
 * @set: a set that was initialised, or all zero
 */
void kvm390_gfnset_destroy(Kvm390GfnSet *set);

/**
 * kvm390_gfnset_add: put a page into the set
 * @set: the set
 * @gfn: the page; one outside the set is ignored
 *
 * Returns true if the page was not in the set. Any thread.
 */
bool kvm390_gfnset_add(Kvm390GfnSet *set, uint64_t gfn);

/**
 * kvm390_gfnset_add_range: put pages into the set
 * @set: the set
 * @first: first page
 * @end: the page after the last; what lies outside the set is ignored
 *
 * Returns how many were not in the set. Any thread.
 */
uint64_t kvm390_gfnset_add_range(Kvm390GfnSet *set, uint64_t first,
                                 uint64_t end);

/**
 * kvm390_gfnset_remove: take a page out of the set
 * @set: the set
 * @gfn: the page
 *
 * Returns true if the page was in the set. Any thread.
 */
bool kvm390_gfnset_remove(Kvm390GfnSet *set, uint64_t gfn);

/**
 * kvm390_gfnset_remove_range: take pages out of the set
 * @set: the set
 * @first: first page
 * @end: the page after the last
 *
 * Returns how many were in the set. The cost follows the members. Any thread.
 */
uint64_t kvm390_gfnset_remove_range(Kvm390GfnSet *set, uint64_t first,
                                    uint64_t end);

/**
 * kvm390_gfnset_contains: whether a page is in the set. Any thread.
 */
bool kvm390_gfnset_contains(const Kvm390GfnSet *set, uint64_t gfn);

/**
 * kvm390_gfnset_next: the first member at or after a page
 * @set: the set
 * @gfn: where to begin
 *
 * Returns its number, or KVM390_GFN_NONE. Any thread; see above for what a
 * walk beside other threads may miss.
 */
uint64_t kvm390_gfnset_next(const Kvm390GfnSet *set, uint64_t gfn);

#endif /* KVM390_GFNSET_H */
