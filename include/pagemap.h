/*
 * A sparse table with one fixed-size entry for each guest page
 *
 * Address space for the entries is reserved in large chunks, and the host
 * commits it when an entry is first written: a table nobody writes to costs
 * nothing, whatever the size of the guest and wherever its memory lies. An
 * entry that was never written reads as zero.
 *
 * Finding an entry takes no lock: two loads. Entries never move, so a pointer
 * to one stays valid for the life of the table. The caller accesses entries
 * by atomic operations (__atomic_*); the table itself only ever adds chunks,
 * each published once with release order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_PAGEMAP_H
#define KVM390_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pages in a chunk, as a power of two: 2^26 pages are 256 GiB of guest. */
#define KVM390_PAGEMAP_CHUNK_SHIFT  26
#define KVM390_PAGEMAP_CHUNK_PAGES  (1ull << KVM390_PAGEMAP_CHUNK_SHIFT)
/* A 64-bit address has this many bits of guest frame number. */
#define KVM390_PAGEMAP_GFN_BITS     52

typedef struct Kvm390Pagemap {
    char **chunks;              /* atomic; NULL where nothing was written */
    uint64_t chunks_end;        /* atomic; no chunk exists from here on */
    uint64_t pages;             /* entries exist for gfn 0 to pages - 1 */
    unsigned entry_shift;       /* log2 of an entry's size in bytes */
} Kvm390Pagemap;

/**
 * kvm390_pagemap_init: reserve a table
 * @map: the table
 * @pages: number of guest pages, 1 to 2^52
 * @entry_size: bytes an entry, 1, 2, 4 or 8
 *
 * Returns 0, -EINVAL for arguments out of range, or -ENOMEM.
 */
int kvm390_pagemap_init(Kvm390Pagemap *map, uint64_t pages,
                        unsigned entry_size);

/**
 * kvm390_pagemap_reserve: make sure that entries can be written
 * @map: the table
 * @gfn, @count: which; what lies beyond the table is ignored
 *
 * Takes address space, no memory. Returns 0, or -ENOMEM; some of the entries
 * may have a place then. Any thread.
 */
int kvm390_pagemap_reserve(Kvm390Pagemap *map, uint64_t gfn, uint64_t count);

/**
 * kvm390_pagemap_destroy: release a table
 * @map: a table that was initialised, or all zero
 *
 * No other thread may be using the table.
 */
void kvm390_pagemap_destroy(Kvm390Pagemap *map);

/**
 * kvm390_pagemap_clear: make entries zero and give their memory back
 * @map: the table
 * @gfn: first entry
 * @count: number of entries; what lies beyond the table is ignored
 *
 * Safe against concurrent readers. A concurrent writer's entry ends up as
 * written or as zero.
 */
void kvm390_pagemap_clear(Kvm390Pagemap *map, uint64_t gfn, uint64_t count);

/* Slow half of kvm390_pagemap_get(): NULL only if no memory can be reserved. */
char *kvm390_pagemap_add_chunk(Kvm390Pagemap *map, uint64_t chunk);

/**
 * kvm390_pagemap_contains: whether a page has an entry
 */
static inline bool kvm390_pagemap_contains(const Kvm390Pagemap *map,
                                           uint64_t gfn)
{
    return gfn < map->pages;
}

/**
 * kvm390_pagemap_peek: find an entry for reading
 * @map: the table
 * @gfn: guest frame number, any value
 *
 * Returns the entry, or NULL if it lies outside the table or in a chunk that
 * was never written to (the entry's value is then zero). Any thread.
 */
static inline void *kvm390_pagemap_peek(const Kvm390Pagemap *map, uint64_t gfn)
{
    char *chunk;

    if (gfn >= map->pages) {
        return NULL;
    }
    chunk = __atomic_load_n(&map->chunks[gfn >> KVM390_PAGEMAP_CHUNK_SHIFT],
                            __ATOMIC_ACQUIRE);
    if (!chunk) {
        return NULL;
    }
    return chunk + ((gfn & (KVM390_PAGEMAP_CHUNK_PAGES - 1))
                    << map->entry_shift);
}

/**
 * kvm390_pagemap_get: find an entry for writing
 * @map: the table
 * @gfn: guest frame number, any value
 *
 * Returns the entry, or NULL if it lies outside the table (or the host is out
 * of address space). Any thread.
 */
static inline void *kvm390_pagemap_get(Kvm390Pagemap *map, uint64_t gfn)
{
    void *entry = kvm390_pagemap_peek(map, gfn);

    if (__builtin_expect(!entry, 0) && gfn < map->pages &&
        kvm390_pagemap_add_chunk(map, gfn >> KVM390_PAGEMAP_CHUNK_SHIFT)) {
        entry = kvm390_pagemap_peek(map, gfn);
    }
    return entry;
}

/**
 * kvm390_pagemap_run: how many entries lie side by side
 * @map: the table
 * @gfn: first entry, inside the table
 * @count: how many are wanted, at least 1
 *
 * Returns the number of entries, 1 to @count, that follow each other in
 * memory from @gfn on, for loops over many pages.
 */
static inline uint64_t kvm390_pagemap_run(const Kvm390Pagemap *map,
                                          uint64_t gfn, uint64_t count)
{
    uint64_t in_chunk = KVM390_PAGEMAP_CHUNK_PAGES -
                        (gfn & (KVM390_PAGEMAP_CHUNK_PAGES - 1));
    uint64_t in_map = map->pages - gfn;
    uint64_t run = in_chunk < in_map ? in_chunk : in_map;

    return count < run ? count : run;
}

#endif /* KVM390_PAGEMAP_H */
