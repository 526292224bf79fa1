/*
 * When a TLB of the emulated CPU has become too small
 *
 * QEMU sizes a TLB by how full it was, but only when it is emptied for
 * another reason. A guest that works on more pages than the TLB holds and
 * seldom changes its address space misses at nearly every page, for ever. So
 * the TLB fill counts, and where the count says that emptying the TLB once is
 * cheaper than going on, empties it; QEMU doubles it then.
 *
 * Plain functions over plain values; any context, any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_TLBSIZE_H
#define KVM390_TLBSIZE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * No TLB is made larger than this (256 MiB of guest memory). To empty one of
 * that size takes the time of some hundred fills.
 */
#define KVM390_TLB_MOST_ENTRIES     65536

/*
 * At a change of the address space after so long, let QEMU size all TLBs; its
 * own window for what is little used is as long.
 */
#define KVM390_TLB_SIZE_NS          100000000

/* Look at a TLB after so many fills for each of its entries. */
#define KVM390_TLB_FILLS            4

/**
 * kvm390_tlb_wants_look: whether it is time for kvm390_tlb_is_small()
 * @fills: fills since the last look
 * @entries: size of the TLB, a power of two
 *
 * Emptying a TLB costs at most one more fill for each entry, so what a look
 * may lead to is a small part of what the fills before it took.
 */
static inline bool kvm390_tlb_wants_look(size_t fills, size_t entries)
{
    return fills > KVM390_TLB_FILLS * entries;
}

/**
 * kvm390_tlb_is_small: whether to empty a TLB so that it grows
 * @used: entries in use
 * @entries: size of the TLB, a power of two
 *
 * More than 70 % in use: the bound at which QEMU doubles a TLB that it
 * empties (tlb_mmu_resize_locked()); with fewer, emptying would be for nothing.
 */
static inline bool kvm390_tlb_is_small(size_t used, size_t entries)
{
    return entries < KVM390_TLB_MOST_ENTRIES && used * 100 / entries > 70;
}

#endif /* KVM390_TLBSIZE_H */
