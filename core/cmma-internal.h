/*
 * What the files behind include/cmma.h share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CMMA_INTERNAL_H
#define KVM390_CMMA_INTERNAL_H

#include "kvm390/include/cmma.h"

/* The table of memory in force, or NULL. */
const Kvm390CmmaMap *kvm390_cmma_map(const Kvm390Cmma *cmma);

/* The first stretch that ends behind @gfn, or NULL; it may begin behind it. */
const Kvm390GfnRange *kvm390_cmma_range(const Kvm390CmmaMap *map,
                                        uint64_t gfn);

/* CMMA is in use from now on. */
void kvm390_cmma_mark_used(Kvm390Cmma *cmma);

/* Set a page's value byte; returns true if that changed it. */
bool kvm390_cmma_assign(Kvm390Cmma *cmma, uint64_t gfn, uint8_t value);

/* The first page in [gfn, end) whose state byte is not 0, or @end. */
uint64_t kvm390_cmma_next_set(const Kvm390Cmma *cmma, uint64_t gfn,
                              uint64_t end);

/* Put a page into the log if migration mode is on. Any thread. */
void kvm390_cmma_log_change(Kvm390Cmma *cmma, uint64_t gfn);

/* Take a page out of the log, if it is in it. Any thread. */
void kvm390_cmma_log_take(Kvm390Cmma *cmma, uint64_t gfn);

/* Put pages into the log, or take them out. Any thread. */
void kvm390_cmma_log_add(Kvm390Cmma *cmma, Kvm390GfnRange pages);
void kvm390_cmma_log_remove(Kvm390Cmma *cmma, Kvm390GfnRange pages);

#endif /* KVM390_CMMA_INTERNAL_H */
