/*
 * The migration log of page states: which pages changed since they were read
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/cmma.h"
#include "cmma-internal.h"

uint64_t kvm390_cmma_migration(const Kvm390Cmma *cmma)
{
    return __atomic_load_n(&cmma->migration, __ATOMIC_SEQ_CST);
}

void kvm390_cmma_log_change(Kvm390Cmma *cmma, uint64_t gfn)
{
    if (kvm390_cmma_migration(cmma) && kvm390_gfnset_add(&cmma->dirty, gfn)) {
        __atomic_fetch_add(&cmma->dirty_count, 1, __ATOMIC_SEQ_CST);
    }
}

void kvm390_cmma_log_take(Kvm390Cmma *cmma, uint64_t gfn)
{
    if (kvm390_gfnset_remove(&cmma->dirty, gfn)) {
        __atomic_fetch_sub(&cmma->dirty_count, 1, __ATOMIC_SEQ_CST);
    }
}

void kvm390_cmma_log_add(Kvm390Cmma *cmma, Kvm390GfnRange pages)
{
    uint64_t n = kvm390_gfnset_add_range(&cmma->dirty, pages.first, pages.end);

    __atomic_fetch_add(&cmma->dirty_count, n, __ATOMIC_SEQ_CST);
}

void kvm390_cmma_log_remove(Kvm390Cmma *cmma, Kvm390GfnRange pages)
{
    uint64_t n = kvm390_gfnset_remove_range(&cmma->dirty, pages.first,
                                            pages.end);

    __atomic_fetch_sub(&cmma->dirty_count, n, __ATOMIC_SEQ_CST);
}

void kvm390_cmma_clean_log(Kvm390Cmma *cmma)
{
    pthread_mutex_lock(&cmma->log_lock);
    kvm390_cmma_log_remove(cmma, (Kvm390GfnRange) { 0, cmma->dirty.pages });
    pthread_mutex_unlock(&cmma->log_lock);
}

uint64_t kvm390_cmma_remaining(const Kvm390Cmma *cmma)
{
    if (!__atomic_load_n(&cmma->used, __ATOMIC_SEQ_CST) ||
        !kvm390_cmma_migration(cmma)) {
        return 0;
    }
    return __atomic_load_n(&cmma->dirty_count, __ATOMIC_SEQ_CST);
}
