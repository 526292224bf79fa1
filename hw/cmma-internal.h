/*
 * What the files that tie page states to the machine share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_HW_CMMA_INTERNAL_H
#define KVM390_HW_CMMA_INTERNAL_H

#include "qemu/rcu.h"
#include "kvm390/include/cmma.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/essa.h"

/* A stretch of guest memory and where the host keeps it. */
typedef struct Kvm390HostRange {
    Kvm390GfnRange gfn;
    MemoryRegion *mr;           /* a reference is held */
    RAMBlock *block;
    uint64_t offset;            /* of the first page in the block, in bytes */
} Kvm390HostRange;

/* The guest's memory in order of address. Immutable once it is in use. */
typedef struct Kvm390HostMap {
    struct rcu_head rcu;
    unsigned n;
    Kvm390HostRange *range;
    Kvm390CmmaMap *map;         /* the same, neighbours joined */
} Kvm390HostMap;

/* The memory in force, NULL before there is any. Inside an RCU section. */
const Kvm390HostMap *kvm390_host_map(void);

/* The number of the first range that ends behind @gfn; @map->n: none does. */
unsigned kvm390_host_map_from(const Kvm390HostMap *map, uint64_t gfn);

/* Follow the guest's memory from now on. Under the BQL. */
void kvm390_host_map_init(void);

/* The part of @range that lies in @gfn; false if there is none. */
bool kvm390_host_range_cut(const Kvm390HostRange *range, Kvm390GfnRange gfn,
                           Kvm390GfnRange *part);

/* Where the host keeps a page of the range. */
static inline uint64_t kvm390_host_offset(const Kvm390HostRange *range,
                                          uint64_t gfn)
{
    return range->offset + ((gfn - range->gfn.first) << TARGET_PAGE_BITS);
}

static inline uint8_t *kvm390_host_addr(const Kvm390HostRange *range,
                                        uint64_t gfn)
{
    return range->block->host + kvm390_host_offset(range, gfn);
}

/* Kvm390CmmaOps: a page's content, and giving it back. Any thread. */
bool kvm390_host_resident(uint64_t gfn);
void kvm390_host_make_resident(uint64_t gfn);
void kvm390_host_content_needed(uint64_t gfn);
void kvm390_host_wake(void);
void kvm390_host_release(Kvm390GfnRange gfn);

/* Start the thread that gives unused pages back. Under the BQL. */
void kvm390_discard_init(void);

/* Keep unused pages out of migration. Under the BQL. */
void kvm390_cmma_migration_init(void);

#endif /* KVM390_HW_CMMA_INTERNAL_H */
