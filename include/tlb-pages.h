/*
 * Which page of the host's memory is where in a TLB
 *
 * When translated code comes to lie on a page, stores to the page have to be
 * seen, so every TLB of every CPU is searched for entries that store into it;
 * and when the key of a page changes, for those that get to it (tlb-drop.h).
 * QEMU looks at each entry, and a TLB may have 65536. Here a TLB keeps, beside
 * its entries, a hash table of the host pages that they get to, so that the
 * search looks at those few that can be meant.
 *
 * An entry that is made takes its place out of the list that it was in. One
 * that goes without another coming in its place stays in its list, where it
 * does no harm: who searches looks at the entry itself. Entries that were moved
 * to the victim TLB are in no list; it has eight, and they are all looked at.
 *
 * Plain functions over plain values; the TLB's lock is held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_TLB_PAGES_H
#define KVM390_TLB_PAGES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The end of a list, and what no entry's number is. */
#define KVM390_TLB_NO_PLACE     UINT32_MAX

struct CPUState;

typedef struct Kvm390TlbPages {
    uint32_t size;              /* of the TLB; 0: none was seen yet */
    uint32_t *first;            /* by hash value: the number of an entry */
    struct {
        uint32_t next;          /* the next one with the same value */
        uint32_t value;         /* the one it was put in with */
    } *entry;                   /* by number */
} Kvm390TlbPages;

/**
 * kvm390_tlb_pages_of: those of a CPU's TLB
 * @mmu_idx: the TLB's MMU index
 *
 * For code that is compiled once for all targets, which cannot see what
 * kvm390 keeps of a CPU.
 */
Kvm390TlbPages *kvm390_tlb_pages_of(struct CPUState *cs, unsigned mmu_idx);

/** kvm390_tlb_pages_free: the TLB is gone */
static inline void kvm390_tlb_pages_free(Kvm390TlbPages *pages)
{
    free(pages->first);
    free(pages->entry);
    *pages = (Kvm390TlbPages) { };
}

/**
 * kvm390_tlb_pages_clear: the TLB was emptied
 * @pages: all zero the first time
 * @size: how many entries it has from now on, a power of two
 */
static inline void kvm390_tlb_pages_clear(Kvm390TlbPages *pages, uint32_t size)
{
    if (pages->size != size) {
        kvm390_tlb_pages_free(pages);
        pages->size = size;
        pages->first = malloc(size * sizeof(*pages->first));
        pages->entry = calloc(size, sizeof(*pages->entry));
        if (!pages->first || !pages->entry) {
            abort();
        }
    }
    /* KVM390_TLB_NO_PLACE */
    memset(pages->first, 0xff, size * sizeof(*pages->first));
}

static inline uint32_t kvm390_tlb_pages_hash(const Kvm390TlbPages *pages,
                                             uintptr_t host)
{
    uint64_t page = host >> 12;

    /* Neighbours differ, and so do pages that are a power of two apart. */
    return (page ^ page >> 15) & (pages->size - 1);
}

static inline void kvm390_tlb_pages_remove(Kvm390TlbPages *pages,
                                           uint32_t place)
{
    uint32_t *at = &pages->first[pages->entry[place].value];

    while (*at != KVM390_TLB_NO_PLACE) {
        if (*at == place) {
            *at = pages->entry[place].next;
            return;
        }
        at = &pages->entry[*at].next;
    }
}

/**
 * kvm390_tlb_pages_set: an entry was made
 * @place: the entry's number, 0 to the TLB's size - 1
 * @host: the host address of the page that it gets to; 0 if there is none
 */
static inline void kvm390_tlb_pages_set(Kvm390TlbPages *pages, uint32_t place,
                                        uintptr_t host)
{
    uint32_t value;

    kvm390_tlb_pages_remove(pages, place);
    if (host) {
        value = kvm390_tlb_pages_hash(pages, host);
        pages->entry[place].value = value;
        pages->entry[place].next = pages->first[value];
        pages->first[value] = place;
    }
}

/**
 * kvm390_tlb_pages_first: the first entry that may get to a page
 * @host: the page's host address
 *
 * Returns: its number, or KVM390_TLB_NO_PLACE.
 */
static inline uint32_t kvm390_tlb_pages_first(const Kvm390TlbPages *pages,
                                              uintptr_t host)
{
    return pages->first[kvm390_tlb_pages_hash(pages, host)];
}

/** kvm390_tlb_pages_next: the one after entry @place */
static inline uint32_t kvm390_tlb_pages_next(const Kvm390TlbPages *pages,
                                             uint32_t place)
{
    return pages->entry[place].next;
}

#endif /* KVM390_TLB_PAGES_H */
