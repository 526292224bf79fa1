/*
 * Giving unused pages back to the host
 *
 * vCPUs put pages that become unused into one set (core/gfnset.c); a thread
 * walks it, in order, so that pages freed by different vCPUs and in any order
 * come together to long runs, and gives each run back with one host call.
 * Nobody has to fill a list or go idle before that happens. The thread sleeps
 * while there is nothing to do.
 *
 * What protects what: discard_lock is held by the thread for one run at a
 * time; whoever needs to know that nothing is being discarded clears "running"
 * and takes the lock. While the thread has pages claimed it waits for no other
 * lock but the translator's page locks, which nobody holds while waiting for a
 * claim to end; so a vCPU, or a reset under the BQL, can wait for that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/lockable.h"
#include "qemu/thread.h"
#include "qemu/units.h"
#include "cpu.h"
#include "migration/misc.h"
#include "system/hostmem.h"
#include "system/replay.h"
#include "system/runstate.h"
#include "system/system.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/counters.h"
#include "kvm390/include/lost-memory.h"
#include "kvm390/trace.h"
#include "cmma-internal.h"

/* Longest run given back at once: a vCPU that wants a page waits for it. */
#define LONGEST_RUN     (16 * MiB / TARGET_PAGE_SIZE)

static QemuMutex discard_lock;
static bool running;            /* discard_lock; does the guest run */
static QemuEvent work;          /* set: pages may be waiting */
static QemuThread thread;

void kvm390_host_wake(void)
{
    qemu_event_set(&work);
}

/* As for the balloon: where others rely on memory staying where it is. */
static bool discard_inhibited(void)
{
    return !kvm390_discard_wanted() || ram_block_discard_is_disabled() ||
           migration_in_incoming_postcopy() || migration_in_bg_snapshot() ||
           replay_mode != REPLAY_MODE_NONE || should_mlock(mlock_state);
}

/*
 * A private mapping of a file has the file's content: a hole punched into it
 * would destroy what is not ours. A memfd belongs to QEMU alone.
 */
static bool block_can_discard(const RAMBlock *block)
{
    if (block->flags & (RAM_READONLY | RAM_READONLY_FD | RAM_PMEM) ||
        block->guest_memfd >= 0) {
        return false;
    }
    return block->fd < 0 || qemu_ram_is_shared((RAMBlock *)block) ||
           object_dynamic_cast(memory_region_owner(block->mr),
                               TYPE_MEMORY_BACKEND "-memfd");
}

static uint64_t block_granule(const Kvm390HostRange *range)
{
    return MAX(range->block->page_size / TARGET_PAGE_SIZE, 1);
}

/* Translated code on these pages would outlive their content. */
static void invalidate_code(const Kvm390HostRange *range, Kvm390GfnRange run)
{
    ram_addr_t start = range->block->offset +
                       kvm390_host_offset(range, run.first);
    ram_addr_t size = (run.end - run.first) << TARGET_PAGE_BITS;

    if (physical_memory_range_includes_clean(start, size,
                                                 1 << DIRTY_MEMORY_CODE)) {
        kvm390_drop_blocks(start, start + size - 1);
    }
}

static bool discard_run(const Kvm390HostRange *range, Kvm390GfnRange run)
{
    uint64_t pages = run.end - run.first;
    int ret = ram_block_discard_range(range->block,
                                      kvm390_host_offset(range, run.first),
                                      pages << TARGET_PAGE_BITS);

    trace_kvm390_discard(run.first, pages, ret);
    invalidate_code(range, run);
    if (ret) {
        return false;
    }
    kvm390_count_add(KVM390_COUNTER_PAGES_DISCARDED, pages);
    kvm390_count_add(KVM390_COUNTER_DISCARD_CALLS, 1);
    return true;
}

/* The whole large host page around a page, if it lies in the range. */
static bool large_page(const Kvm390HostRange *range, uint64_t gfn,
                       Kvm390GfnRange *page)
{
    uint64_t granule = block_granule(range);
    uint64_t index = kvm390_host_offset(range, gfn) >> TARGET_PAGE_BITS;

    page->first = gfn - index % granule;
    page->end = page->first + granule;
    return index % granule <= gfn - range->gfn.first &&
           page->end <= range->gfn.end;
}

static bool claim_large_page(const Kvm390HostRange *range, uint64_t *cursor,
                             Kvm390GfnRange *page)
{
    uint64_t gfn;

    while ((gfn = kvm390_gfnset_next(&kvm390_guest_cmma.pending, *cursor)) <
           range->gfn.end) {
        *cursor = gfn + 1;
        if (kvm390_cmma_ripen(&kvm390_guest_cmma, gfn) == KVM390_CMMA_RIPE &&
            large_page(range, gfn, page) &&
            kvm390_cmma_claim_block(&kvm390_guest_cmma, *page)) {
            return true;
        }
    }
    return false;
}

static bool claim_next(const Kvm390HostRange *range, uint64_t *cursor,
                       Kvm390GfnRange *run)
{
    if (!block_can_discard(range->block)) {
        kvm390_gfnset_remove_range(&kvm390_guest_cmma.pending,
                                   range->gfn.first, range->gfn.end);
        return false;
    }
    if (block_granule(range) > 1) {
        return claim_large_page(range, cursor, run);
    }
    return kvm390_cmma_claim_run(&kvm390_guest_cmma, cursor, range->gfn.end,
                                 LONGEST_RUN, run);
}

/* Give back the next run at or after *cursor; false if there is none left. */
static bool discard_next(uint64_t *cursor)
{
    const Kvm390HostMap *map;

    QEMU_LOCK_GUARD(&discard_lock);
    RCU_READ_LOCK_GUARD();
    if (!running || discard_inhibited()) {
        return false;
    }
    map = kvm390_host_map();
    for (unsigned i = 0; map && i < map->n; i++) {
        const Kvm390HostRange *range = &map->range[i];
        Kvm390GfnRange run;

        if (*cursor >= range->gfn.end) {
            continue;
        }
        *cursor = MAX(*cursor, range->gfn.first);
        if (claim_next(range, cursor, &run)) {
            bool done = discard_run(range, run);

            kvm390_cmma_unclaim(&kvm390_guest_cmma, run, done);
            if (!done) {
                /* QEMU has said why; once is enough. */
                kvm390_cmma_set_discard(&kvm390_guest_cmma, false);
            }
            return done;
        }
        *cursor = range->gfn.end;
    }
    return false;
}

/* Do pages wait that the next round can give back? */
static bool more_to_do(void)
{
    QEMU_LOCK_GUARD(&discard_lock);
    return running && !discard_inhibited() &&
           kvm390_gfnset_next(&kvm390_guest_cmma.pending, 0) !=
           KVM390_GFN_NONE;
}

static void *discard_thread(void *opaque)
{
    rcu_register_thread();
    kvm390_lost_memory_thread();
    for (;;) {
        uint64_t cursor = 0;

        qemu_event_wait(&work);
        g_usleep(kvm390_discard_delay() * 1000ul);
        qemu_event_reset(&work);
        while (discard_next(&cursor)) {
            /* one run at a time, so that whoever waits can come in */
        }
        if (more_to_do()) {
            qemu_event_set(&work);
        }
    }
    return NULL;
}

/* While the guest stands still its memory is somebody else's to look at. */
static void run_state_changed(void *opaque, bool now_running, RunState state)
{
    WITH_QEMU_LOCK_GUARD(&discard_lock) {
        running = now_running;
    }
    if (now_running) {
        qemu_event_set(&work);
    }
}

void kvm390_discard_init(void)
{
    qemu_mutex_init(&discard_lock);
    qemu_event_init(&work, false);
    kvm390_cmma_set_discard(&kvm390_guest_cmma,
                            kvm390_discard_wanted() &&
                            replay_mode == REPLAY_MODE_NONE);
    qemu_add_vm_change_state_handler(run_state_changed, NULL);
    qemu_thread_create(&thread, "kvm390-discard", discard_thread, NULL,
                       QEMU_THREAD_DETACHED);
}

/* Make host memory zero without bringing in what is not there. */
static void zero_resident(uint8_t *host, uint64_t size)
{
    uint64_t unit = qemu_real_host_page_size();

    while (size) {
        unsigned char there = 1;
        uint8_t *page = (uint8_t *)QEMU_ALIGN_DOWN((uintptr_t)host, unit);
        uint64_t part = MIN(size, page + unit - host);

        mincore(page, unit, &there);
        if (there & 1) {
            memset(host, 0, part);
        }
        host += part;
        size -= part;
    }
}

/* Make pages of a range read as zeros, giving back what can be. */
static void release_part(const Kvm390HostRange *range, Kvm390GfnRange part)
{
    uint64_t granule = block_granule(range);
    uint64_t index = kvm390_host_offset(range, part.first) >> TARGET_PAGE_BITS;
    Kvm390GfnRange whole = {
        part.first + ROUND_UP(index, granule) - index,
        part.end - (index + part.end - part.first) % granule,
    };

    if (discard_inhibited() || !block_can_discard(range->block) ||
        whole.first >= whole.end || !discard_run(range, whole)) {
        whole.first = whole.end = part.end;
    }
    zero_resident(kvm390_host_addr(range, part.first),
                  (whole.first - part.first) << TARGET_PAGE_BITS);
    zero_resident(kvm390_host_addr(range, whole.end),
                  (part.end - whole.end) << TARGET_PAGE_BITS);
    invalidate_code(range, part);
}

void kvm390_host_release(Kvm390GfnRange gfn)
{
    const Kvm390HostMap *map;

    RCU_READ_LOCK_GUARD();
    map = kvm390_host_map();
    for (unsigned i = map ? kvm390_host_map_from(map, gfn.first) : 0;
         map && i < map->n && map->range[i].gfn.first < gfn.end; i++) {
        const Kvm390HostRange *range = &map->range[i];
        Kvm390GfnRange part;

        if (kvm390_host_range_cut(range, gfn, &part)) {
            uint8_t clients = memory_region_get_dirty_log_mask(range->mr) &
                              ~(1 << DIRTY_MEMORY_CODE);

            release_part(range, part);
            physical_memory_set_dirty_range(
                range->block->offset + kvm390_host_offset(range, part.first),
                (part.end - part.first) << TARGET_PAGE_BITS, clients);
        }
    }
}
