/*
 * Migration mode, and the ioctls that read and set page states
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <string.h>
#include "kvm390/include/cmma.h"
#include "cmma-internal.h"

static void log_all_pages(Kvm390Cmma *cmma)
{
    const Kvm390CmmaMap *map = kvm390_cmma_map(cmma);

    for (unsigned i = 0; map && i < map->n; i++) {
        kvm390_cmma_log_add(cmma, map->range[i]);
    }
}

int kvm390_cmma_start_migration(Kvm390Cmma *cmma, unsigned slots,
                                unsigned unlogged)
{
    bool enabled = kvm390_cmma_enabled(cmma);
    int ret;

    pthread_mutex_lock(&cmma->log_lock);
    ret = kvm390_migration_start_check(kvm390_cmma_migration(cmma), enabled,
                                       slots, unlogged);
    if (ret > 0) {
        /* First the flag: a change from here on is logged by who makes it. */
        __atomic_store_n(&cmma->migration, true, __ATOMIC_SEQ_CST);
        if (enabled) {
            log_all_pages(cmma);
        }
        ret = 0;
    }
    pthread_mutex_unlock(&cmma->log_lock);
    return ret;
}

void kvm390_cmma_stop_migration(Kvm390Cmma *cmma)
{
    pthread_mutex_lock(&cmma->log_lock);
    __atomic_store_n(&cmma->migration, false, __ATOMIC_SEQ_CST);
    kvm390_cmma_log_remove(cmma, (Kvm390GfnRange) { 0, cmma->dirty.pages });
    pthread_mutex_unlock(&cmma->log_lock);
}

/* Read @count values from @start on; returns how many there are. */
static uint32_t peek_run(Kvm390Cmma *cmma, uint64_t start, uint32_t count,
                         uint8_t *values)
{
    const Kvm390GfnRange *range = kvm390_cmma_range(kvm390_cmma_map(cmma),
                                                    start);

    if (!range || start < range->first) {
        return 0;
    }
    if (count > range->end - start) {
        count = range->end - start;
    }
    for (uint32_t n = 0; n < count; n++) {
        values[n] = kvm390_cmma_value(cmma, start + n);
    }
    return count;
}

/*
 * Take the next run out of the log: from the first page in it at or after
 * *start, else from the first one of all. Clean pages in between are bridged,
 * up to KVM390_CMMA_MAX_GAP. Returns the run's length, 0 for an empty log.
 */
static uint32_t take_run(Kvm390Cmma *cmma, uint64_t *start, uint32_t count,
                         uint8_t *values)
{
    uint64_t first = kvm390_gfnset_next(&cmma->dirty, *start);
    uint64_t next, end;

    if (first == KVM390_GFN_NONE) {
        first = kvm390_gfnset_next(&cmma->dirty, 0);
    }
    if (first == KVM390_GFN_NONE) {
        return 0;
    }
    end = first;
    for (next = first;
         next != KVM390_GFN_NONE && next - end <= KVM390_CMMA_MAX_GAP &&
         next - first < count;
         next = kvm390_gfnset_next(&cmma->dirty, end)) {
        for (; end < next; end++) {
            values[end - first] = kvm390_cmma_value(cmma, end);
        }
        kvm390_cmma_log_take(cmma, next);
        values[next - first] = kvm390_cmma_value(cmma, next);
        end = next + 1;
    }
    *start = first;
    return end - first;
}

int kvm390_cmma_get_bits(Kvm390Cmma *cmma, Kvm390CmmaLog *log,
                         uint8_t *values)
{
    uint64_t start = log->start_gfn;
    uint32_t count = log->count;
    int ret;

    if (count > KVM390_CMMA_SIZE_MAX) {
        count = KVM390_CMMA_SIZE_MAX;
    }
    pthread_mutex_lock(&cmma->log_lock);
    ret = kvm390_cmma_get_check(kvm390_cmma_enabled(cmma),
                                kvm390_cmma_migration(cmma),
                                __atomic_load_n(&cmma->used, __ATOMIC_SEQ_CST),
                                kvm390_cmma_remaining(cmma),
                                log->flags, count);
    if (ret == 0) {
        memset(log, 0, sizeof(*log));
    } else if (ret > 0) {
        if (log->flags & KVM390_CMMA_PEEK) {
            count = peek_run(cmma, start, count, values);
            ret = count ? 0 : -EFAULT;
        } else {
            count = take_run(cmma, &start, count, values);
            ret = 0;
        }
        if (!ret) {
            log->start_gfn = start;
            log->count = count;
            log->remaining = kvm390_cmma_remaining(cmma);
        }
    }
    pthread_mutex_unlock(&cmma->log_lock);
    return ret;
}

static bool all_present(const Kvm390Cmma *cmma, uint64_t first, uint64_t count)
{
    const Kvm390CmmaMap *map = kvm390_cmma_map(cmma);
    uint64_t end = first + count;

    if (end < first) {
        return false;
    }
    while (first < end) {
        const Kvm390GfnRange *range = kvm390_cmma_range(map, first);

        if (!range || first < range->first) {
            return false;
        }
        first = range->end;
    }
    return true;
}

int kvm390_cmma_set_bits(Kvm390Cmma *cmma, const Kvm390CmmaLog *log,
                         const uint8_t *values)
{
    int ret = kvm390_cmma_set_check(kvm390_cmma_enabled(cmma), log->flags,
                                    log->count);

    if (ret <= 0) {
        return ret;
    }
    kvm390_cmma_mark_used(cmma);
    if (!all_present(cmma, log->start_gfn, log->count)) {
        return -EFAULT;
    }
    for (uint32_t i = 0; i < log->count; i++) {
        kvm390_cmma_assign(cmma, log->start_gfn + i,
                           kvm390_cmma_masked_value(values[i], log->mask));
    }
    return 0;
}
