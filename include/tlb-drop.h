/*
 * Taking one page out of all TLBs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_TLB_DROP_H
#define KVM390_TLB_DROP_H

#include <stdbool.h>
#include <stdint.h>

/**
 * kvm390_tlb_drop: take a page out of every TLB of every CPU
 * @host: the page's address in the host's memory
 *
 * Looks only at entries that can be meant, see tlb-pages.h. Another CPU may be
 * in the middle of an access that it began before, and finishes it; an entry
 * that it is about to make is not found. Cached jumps stay. On a vCPU's thread
 * that executes guest instructions.
 *
 * Returns whether another CPU than the current one had the page.
 */
bool kvm390_tlb_drop(uintptr_t host);

#endif /* KVM390_TLB_DROP_H */
