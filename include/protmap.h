/*
 * Which ranges of addresses are protected, and how
 *
 * Ranges that do not overlap, each with what is still permitted there; where
 * nothing is listed, everything is. Ranges of equal permission that touch are
 * one. They are in a tree: a lookup costs the logarithm of how many there are,
 * and so does a change, for each range that it takes out. Who calls sees to it
 * that one thread is in here at a time.
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
    struct _GTree *by_end;  /* of ranges; NULL: none */
    size_t n;
    uint64_t compared;      /* addresses, for tests of what it costs */
} Kvm390ProtMap;

/* More are refused: a process of Linux cannot have as many mappings. */
#define KVM390_PROTMAP_MAX (1u << 18)

/**
 * kvm390_protmap_set: from now on, this is permitted in [start, end)
 * @permit: KVM390_PERMIT_READ and _WRITE or'ed together, or 0
 *
 * Returns 0, or -ENOMEM with nothing changed. @start < @end. After the first
 * call the map stays where it is.
 */
int kvm390_protmap_set(Kvm390ProtMap *map, uint64_t start, uint64_t end,
                       unsigned permit);

/** kvm390_protmap_get: what is permitted at an address */
unsigned kvm390_protmap_get(const Kvm390ProtMap *map, uint64_t addr);

/**
 * kvm390_protmap_from: the first range that ends behind @addr, or NULL
 */
const Kvm390ProtRange *kvm390_protmap_from(const Kvm390ProtMap *map,
                                           uint64_t addr);

/** kvm390_protmap_clear: permit everything everywhere, and free the memory */
void kvm390_protmap_clear(Kvm390ProtMap *map);

#endif
