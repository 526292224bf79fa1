/*
 * A sparse table with one fixed-size entry for each guest page
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm390/include/pagemap.h"

static uint64_t chunk_count(const Kvm390Pagemap *map)
{
    return (map->pages + KVM390_PAGEMAP_CHUNK_PAGES - 1)
           >> KVM390_PAGEMAP_CHUNK_SHIFT;
}

/* The last chunk is only as large as the guest needs. */
static size_t chunk_bytes(const Kvm390Pagemap *map, uint64_t chunk)
{
    uint64_t first = chunk << KVM390_PAGEMAP_CHUNK_SHIFT;

    return kvm390_pagemap_run(map, first, KVM390_PAGEMAP_CHUNK_PAGES)
           << map->entry_shift;
}

static void *reserve_memory(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

int kvm390_pagemap_init(Kvm390Pagemap *map, uint64_t pages,
                        unsigned entry_size)
{
    memset(map, 0, sizeof(*map));
    if (!pages || pages > 1ull << KVM390_PAGEMAP_GFN_BITS || !entry_size ||
        entry_size > 8 || (entry_size & (entry_size - 1))) {
        return -EINVAL;
    }
    map->pages = pages;
    map->entry_shift = __builtin_ctz(entry_size);
    /* At 2^52 pages this is half a GiB of addresses, and still no memory. */
    map->chunks = reserve_memory(chunk_count(map) * sizeof(map->chunks[0]));
    if (!map->chunks) {
        map->pages = 0;
        return -ENOMEM;
    }
    return 0;
}

void kvm390_pagemap_destroy(Kvm390Pagemap *map)
{
    uint64_t n;

    if (!map->chunks) {
        return;
    }
    for (n = 0; n < map->chunks_end; n++) {
        if (map->chunks[n]) {
            munmap(map->chunks[n], chunk_bytes(map, n));
        }
    }
    munmap(map->chunks, chunk_count(map) * sizeof(map->chunks[0]));
    memset(map, 0, sizeof(*map));
}

/* Before the chunk is published, so that whoever sees it finds it counted. */
static void count_chunk(Kvm390Pagemap *map, uint64_t chunk)
{
    uint64_t end = __atomic_load_n(&map->chunks_end, __ATOMIC_ACQUIRE);

    while (end <= chunk &&
           !__atomic_compare_exchange_n(&map->chunks_end, &end, chunk + 1,
                                        false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
    }
}

char *kvm390_pagemap_add_chunk(Kvm390Pagemap *map, uint64_t chunk)
{
    char *other = NULL;
    char *mem = reserve_memory(chunk_bytes(map, chunk));

    if (!mem) {
        return NULL;
    }
    count_chunk(map, chunk);
    /* Whoever comes second uses what the first one published. */
    if (!__atomic_compare_exchange_n(&map->chunks[chunk], &other, mem, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        munmap(mem, chunk_bytes(map, chunk));
        return other;
    }
    return mem;
}

int kvm390_pagemap_reserve(Kvm390Pagemap *map, uint64_t gfn, uint64_t count)
{
    while (count && kvm390_pagemap_contains(map, gfn)) {
        uint64_t run = kvm390_pagemap_run(map, gfn, count);

        if (!kvm390_pagemap_get(map, gfn)) {
            return -ENOMEM;
        }
        gfn += run;
        count -= run;
    }
    return 0;
}

/* Whole host pages go back to the host; what shares one is overwritten. */
static void clear_bytes(char *p, size_t bytes)
{
    size_t host_page = sysconf(_SC_PAGESIZE);
    size_t head = -(uintptr_t)p & (host_page - 1);
    size_t whole;

    if (head > bytes) {
        head = bytes;
    }
    whole = (bytes - head) & ~(host_page - 1);
    memset(p, 0, head);
    if (whole && madvise(p + head, whole, MADV_DONTNEED)) {
        memset(p + head, 0, whole);
    }
    memset(p + head + whole, 0, bytes - head - whole);
}

void kvm390_pagemap_clear(Kvm390Pagemap *map, uint64_t gfn, uint64_t count)
{
    uint64_t end = __atomic_load_n(&map->chunks_end, __ATOMIC_ACQUIRE)
                   << KVM390_PAGEMAP_CHUNK_SHIFT;

    if (end > map->pages) {
        end = map->pages;
    }
    while (count && gfn < end) {
        uint64_t run = kvm390_pagemap_run(map, gfn, count);
        char *entry = kvm390_pagemap_peek(map, gfn);

        if (entry) {
            clear_bytes(entry, run << map->entry_shift);
        }
        gfn += run;
        count -= run;
    }
}
