/*
 * Which unused pages are given back to the host, and when
 *
 * The host calls themselves are made by the caller, while pages are claimed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/cmma.h"
#include "cmma-internal.h"

#define TAKEN   (KVM390_PAGE_DISCARDED | KVM390_PAGE_CLAIMED)

/* Set @bits in the state of a page that is unused and has none of @not. */
static bool mark_if_unused(Kvm390Cmma *cmma, uint64_t gfn, uint8_t bits,
                           uint8_t not)
{
    uint8_t *entry = kvm390_pagemap_get(&cmma->states, gfn);
    uint8_t old;

    if (!entry) {
        return false;
    }
    old = __atomic_load_n(entry, __ATOMIC_SEQ_CST);
    do {
        if ((old & KVM390_CMMA_USAGE) != KVM390_CMMA_UNUSED || old & not) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(entry, &old, old | bits, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return true;
}

Kvm390CmmaRipe kvm390_cmma_ripen(Kvm390Cmma *cmma, uint64_t gfn)
{
    /* First out of the set: a page that becomes unused now comes anew. */
    kvm390_gfnset_remove(&cmma->pending, gfn);
    if (kvm390_cmma_state(cmma, gfn) & KVM390_PAGE_AGED) {
        return KVM390_CMMA_RIPE;
    }
    if (!mark_if_unused(cmma, gfn, KVM390_PAGE_AGED, TAKEN)) {
        return KVM390_CMMA_NOT_UNUSED;
    }
    kvm390_gfnset_add(&cmma->pending, gfn);
    return KVM390_CMMA_YOUNG;
}

bool kvm390_cmma_claim(Kvm390Cmma *cmma, uint64_t gfn)
{
    return mark_if_unused(cmma, gfn, KVM390_PAGE_CLAIMED, TAKEN);
}

bool kvm390_cmma_claim_run(Kvm390Cmma *cmma, uint64_t *cursor, uint64_t end,
                           uint64_t max, Kvm390GfnRange *run)
{
    uint64_t gfn = *cursor;
    uint64_t n = 0;

    while (n < max) {
        uint64_t next = kvm390_gfnset_next(&cmma->pending, gfn);

        if (next >= end || (n && next != gfn)) {
            break;
        }
        gfn = next + 1;
        if (kvm390_cmma_ripen(cmma, next) == KVM390_CMMA_RIPE &&
            kvm390_cmma_claim(cmma, next)) {
            if (!n++) {
                run->first = next;
            }
        } else if (n) {
            break;
        }
    }
    *cursor = n ? gfn : end;
    if (n) {
        run->end = run->first + n;
    }
    return n;
}

bool kvm390_cmma_claim_block(Kvm390Cmma *cmma, Kvm390GfnRange block)
{
    Kvm390GfnRange claimed = { block.first, block.first };

    /* A page given back earlier is in memory again with any of its block. */
    while (claimed.end < block.end &&
           mark_if_unused(cmma, claimed.end, KVM390_PAGE_CLAIMED,
                          KVM390_PAGE_CLAIMED)) {
        claimed.end++;
    }
    if (claimed.end == block.end) {
        return true;
    }
    kvm390_cmma_unclaim(cmma, claimed, false);
    return false;
}

void kvm390_cmma_unclaim(Kvm390Cmma *cmma, Kvm390GfnRange run, bool discarded)
{
    for (uint64_t gfn = run.first; gfn < run.end; gfn++) {
        uint8_t *entry = kvm390_pagemap_get(&cmma->states, gfn);

        if (discarded) {
            __atomic_fetch_or(entry, KVM390_PAGE_DISCARDED, __ATOMIC_SEQ_CST);
        }
        __atomic_fetch_and(entry, ~(KVM390_PAGE_CLAIMED | KVM390_PAGE_AGED),
                           __ATOMIC_SEQ_CST);
    }
}

static void mark_discarded(Kvm390Cmma *cmma, Kvm390GfnRange run)
{
    for (uint64_t gfn = run.first; gfn < run.end; gfn++) {
        uint8_t *entry = kvm390_pagemap_get(&cmma->states, gfn);

        if (entry) {
            __atomic_fetch_or(entry, KVM390_PAGE_DISCARDED, __ATOMIC_SEQ_CST);
        }
    }
}

void kvm390_cmma_release(Kvm390Cmma *cmma, Kvm390GfnRange pages)
{
    const Kvm390CmmaMap *map = kvm390_cmma_map(cmma);

    for (unsigned i = 0; map && i < map->n; i++) {
        Kvm390GfnRange part = map->range[i];

        if (part.first < pages.first) {
            part.first = pages.first;
        }
        if (part.end > pages.end) {
            part.end = pages.end;
        }
        if (part.first < part.end) {
            cmma->ops->release(part);
            mark_discarded(cmma, part);
        }
    }
}
