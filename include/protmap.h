/*
 * Which ranges of addresses are protected, and how
 *
 * A sorted list of ranges that do not overlap, each with what is still
 * permitted there; where nothing is listed, everything is. Ranges of equal
 * permission that touch are one. A lookup is a binary search; a change costs
 * as much as there are ranges, of which a program that protects memory has
 * few.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_PROTMAP_H
#define KVM390_PROTMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KVM390_PERMIT_READ  1u
#define KVM390_PERMIT_WRITE 2u
#define KVM390_PERMIT_ALL   3u

typedef struct Kvm390ProtRange {
    uint64_t start, end; /* [start, end) */
    unsigned permit;     /* not KVM390_PERMIT_ALL */
} Kvm390ProtRange;

typedef struct Kvm390ProtMap {
    Kvm390ProtRange *ranges;
    size_t n, room;
} Kvm390ProtMap;

/**
 * kvm390_protmap_set: from now on, this is permitted in [start, end)
 * @permit: KVM390_PERMIT_READ and _WRITE or'ed together, or 0
 *
 * Returns 0, or -ENOMEM with nothing changed. @start < @end.
 */
int kvm390_protmap_set(Kvm390ProtMap *map, uint64_t start, uint64_t end,
                       unsigned permit);

/** kvm390_protmap_get: what is permitted at an address */
unsigned kvm390_protmap_get(const Kvm390ProtMap *map, uint64_t addr);

/**
 * kvm390_protmap_from: the first range that ends behind @addr, or NULL
 *
 * With its index below map->n the ranges behind it can be walked.
 */
const Kvm390ProtRange *kvm390_protmap_from(const Kvm390ProtMap *map,
                                           uint64_t addr);

/** kvm390_protmap_clear: permit everything everywhere, and free the memory */
void kvm390_protmap_clear(Kvm390ProtMap *map);

#endif
