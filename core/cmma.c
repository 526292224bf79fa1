/*
 * The page states of a guest: who may change them, and how
 *
 * See include/cmma.h for the rules of concurrency. The log of changes
 * is in cmma-log.c, reading it in cmma-migration.c, giving pages back in
 * cmma-reclaim.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include "kvm390/include/cmma.h"
#include "cmma-internal.h"

int kvm390_cmma_init(Kvm390Cmma *cmma, uint64_t pages,
                     const Kvm390CmmaOps *ops)
{
    int ret;

    memset(cmma, 0, sizeof(*cmma));
    cmma->ops = ops;
    pthread_mutex_init(&cmma->log_lock, NULL);
    ret = kvm390_pagemap_init(&cmma->states, pages, 1);
    if (!ret) {
        ret = kvm390_gfnset_init(&cmma->dirty, pages);
    }
    if (!ret) {
        ret = kvm390_gfnset_init(&cmma->pending, pages);
    }
    if (ret) {
        kvm390_cmma_destroy(cmma);
    }
    return ret;
}

void kvm390_cmma_destroy(Kvm390Cmma *cmma)
{
    kvm390_gfnset_destroy(&cmma->pending);
    kvm390_gfnset_destroy(&cmma->dirty);
    kvm390_pagemap_destroy(&cmma->states);
    pthread_mutex_destroy(&cmma->log_lock);
}

const Kvm390CmmaMap *kvm390_cmma_map(const Kvm390Cmma *cmma)
{
    return __atomic_load_n(&cmma->map, __ATOMIC_ACQUIRE);
}

const Kvm390GfnRange *kvm390_cmma_range(const Kvm390CmmaMap *map, uint64_t gfn)
{
    for (unsigned i = 0; map && i < map->n; i++) {
        if (gfn < map->range[i].end) {
            return &map->range[i];
        }
    }
    return NULL;
}

bool kvm390_cmma_present(const Kvm390Cmma *cmma, uint64_t gfn)
{
    const Kvm390GfnRange *range = kvm390_cmma_range(kvm390_cmma_map(cmma), gfn);

    return range && gfn >= range->first;
}

/* Forget the pages of @gone that are not in @map. */
static void forget_pages(Kvm390Cmma *cmma, Kvm390GfnRange gone,
                         const Kvm390CmmaMap *map)
{
    while (gone.first < gone.end) {
        const Kvm390GfnRange *kept = kvm390_cmma_range(map, gone.first);
        uint64_t end = kept && kept->first < gone.end ? kept->first : gone.end;

        if (gone.first < end) {
            kvm390_cmma_log_remove(cmma, (Kvm390GfnRange) { gone.first, end });
            kvm390_gfnset_remove_range(&cmma->pending, gone.first, end);
            kvm390_pagemap_clear(&cmma->states, gone.first, end - gone.first);
        }
        if (end == gone.end) {
            return;
        }
        gone.first = kept->end;
    }
}

const Kvm390CmmaMap *kvm390_cmma_set_map(Kvm390Cmma *cmma,
                                         const Kvm390CmmaMap *map)
{
    const Kvm390CmmaMap *old;

    pthread_mutex_lock(&cmma->log_lock);
    old = __atomic_exchange_n(&cmma->map, map, __ATOMIC_ACQ_REL);
    for (unsigned i = 0; old && i < old->n; i++) {
        forget_pages(cmma, old->range[i], map);
    }
    pthread_mutex_unlock(&cmma->log_lock);
    return old;
}

int kvm390_cmma_enable(Kvm390Cmma *cmma, unsigned vcpus)
{
    int ret = kvm390_cmma_enable_check(vcpus);

    if (!ret) {
        __atomic_store_n(&cmma->enabled, true, __ATOMIC_SEQ_CST);
    }
    return ret;
}

bool kvm390_cmma_enabled(const Kvm390Cmma *cmma)
{
    return __atomic_load_n(&cmma->enabled, __ATOMIC_RELAXED);
}

void kvm390_cmma_set_content_logged(Kvm390Cmma *cmma, bool on)
{
    __atomic_store_n(&cmma->content_logged, on, __ATOMIC_SEQ_CST);
}

void kvm390_cmma_set_discard(Kvm390Cmma *cmma, bool on)
{
    __atomic_store_n(&cmma->discard, on, __ATOMIC_SEQ_CST);
}

void kvm390_cmma_mark_used(Kvm390Cmma *cmma)
{
    if (!__atomic_load_n(&cmma->used, __ATOMIC_RELAXED)) {
        __atomic_store_n(&cmma->used, true, __ATOMIC_SEQ_CST);
    }
}

uint8_t kvm390_cmma_state(const Kvm390Cmma *cmma, uint64_t gfn)
{
    uint8_t *entry = kvm390_pagemap_peek(&cmma->states, gfn);

    return entry ? __atomic_load_n(entry, __ATOMIC_SEQ_CST) : 0;
}

uint8_t kvm390_cmma_value(const Kvm390Cmma *cmma, uint64_t gfn)
{
    return kvm390_cmma_state(cmma, gfn) & KVM390_CMMA_VALUE;
}

static bool is_unused(uint8_t state)
{
    return (state & KVM390_CMMA_USAGE) == KVM390_CMMA_UNUSED;
}

/* Another thread gives this page back; that takes no lock that we hold. */
static void wait_for_discard(const uint8_t *entry)
{
    while (__atomic_load_n(entry, __ATOMIC_SEQ_CST) & KVM390_PAGE_CLAIMED) {
        sched_yield();
    }
}

static Kvm390Content content_of(const Kvm390Cmma *cmma, uint64_t gfn,
                                uint8_t state)
{
    if (state & KVM390_PAGE_DISCARDED && !cmma->ops->resident(gfn)) {
        return KVM390_CONTENT_ZERO;
    }
    return KVM390_CONTENT_RESIDENT;
}

/*
 * Try to change a page's state from *old to @new. On failure *old is what is
 * there now, and the caller decides anew.
 */
static bool change_state(Kvm390Cmma *cmma, uint64_t gfn, uint8_t *entry,
                         uint8_t *old, uint8_t new)
{
    bool leaves_unused = is_unused(*old) && !is_unused(new);

    if (leaves_unused) {
        if (*old & KVM390_PAGE_CLAIMED) {
            wait_for_discard(entry);
            *old = __atomic_load_n(entry, __ATOMIC_SEQ_CST);
            return false;
        }
        new &= ~KVM390_PAGE_AGED;
    }
    if (*old != new &&
        !__atomic_compare_exchange_n(entry, old, new, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        return false;
    }
    if (leaves_unused &&
        __atomic_load_n(&cmma->content_logged, __ATOMIC_SEQ_CST)) {
        cmma->ops->content_needed(gfn);
    }
    return true;
}

static uint64_t essa_get(const Kvm390Cmma *cmma, uint64_t gfn)
{
    uint8_t state = kvm390_cmma_state(cmma, gfn);

    return kvm390_essa_result(state, content_of(cmma, gfn, state));
}

static void give_back_later(Kvm390Cmma *cmma, uint64_t gfn)
{
    if (__atomic_load_n(&cmma->discard, __ATOMIC_RELAXED) &&
        kvm390_gfnset_add(&cmma->pending, gfn)) {
        cmma->ops->wake();
    }
}

uint64_t kvm390_cmma_essa(Kvm390Cmma *cmma, uint64_t gfn, unsigned order)
{
    uint8_t *entry, old, new;
    Kvm390EssaStep step;
    Kvm390Content content;

    if (!kvm390_cmma_present(cmma, gfn)) {
        return KVM390_ESSA_EXCEPTION;
    }
    kvm390_cmma_mark_used(cmma);
    if (order == KVM390_ESSA_GET) {
        return essa_get(cmma, gfn);
    }
    entry = kvm390_pagemap_get(&cmma->states, gfn);
    if (!entry) {
        return KVM390_ESSA_EXCEPTION;
    }

    old = __atomic_load_n(entry, __ATOMIC_SEQ_CST);
    do {
        content = content_of(cmma, gfn, old);
        step = kvm390_essa_step(order, old, content, true);
        new = step.value | (old & ~KVM390_CMMA_VALUE);
        if (content == KVM390_CONTENT_RESIDENT) {
            new &= ~KVM390_PAGE_DISCARDED;
        }
    } while (!change_state(cmma, gfn, entry, &old, new));

    kvm390_cmma_log_change(cmma, gfn);
    if (step.release) {
        give_back_later(cmma, gfn);
    }
    if (step.make_resident) {
        cmma->ops->make_resident(gfn);
    }
    return kvm390_essa_result(old, content);
}

bool kvm390_cmma_assign(Kvm390Cmma *cmma, uint64_t gfn, uint8_t value)
{
    uint8_t *entry, old, new;

    if (kvm390_cmma_state(cmma, gfn) == value) {
        return false;
    }
    entry = kvm390_pagemap_get(&cmma->states, gfn);
    if (!entry) {
        return false;
    }
    old = __atomic_load_n(entry, __ATOMIC_SEQ_CST);
    do {
        new = value | (old & ~KVM390_CMMA_VALUE);
    } while (!change_state(cmma, gfn, entry, &old, new));
    return (old ^ new) & KVM390_CMMA_VALUE;
}

uint64_t kvm390_cmma_next_set(const Kvm390Cmma *cmma, uint64_t gfn,
                              uint64_t end)
{
    while (gfn < end) {
        uint64_t n = kvm390_pagemap_run(&cmma->states, gfn, end - gfn);
        const uint8_t *entry = kvm390_pagemap_peek(&cmma->states, gfn);

        for (uint64_t i = 0; entry && i < n; ) {
            if (n - i >= 8 && !((uintptr_t)(entry + i) & 7) &&
                !__atomic_load_n((const uint64_t *)(entry + i),
                                 __ATOMIC_RELAXED)) {
                i += 8;
            } else if (__atomic_load_n(entry + i, __ATOMIC_RELAXED)) {
                return gfn + i;
            } else {
                i++;
            }
        }
        gfn += n;
    }
    return end;
}

int kvm390_cmma_clear(Kvm390Cmma *cmma)
{
    const Kvm390CmmaMap *map = kvm390_cmma_map(cmma);

    if (!kvm390_cmma_enabled(cmma)) {
        return -EINVAL;
    }
    for (unsigned i = 0; map && i < map->n; i++) {
        uint64_t gfn = map->range[i].first;
        uint64_t end = map->range[i].end;

        while ((gfn = kvm390_cmma_next_set(cmma, gfn, end)) < end) {
            if (kvm390_cmma_assign(cmma, gfn, KVM390_CMMA_STABLE)) {
                kvm390_cmma_log_change(cmma, gfn);
            }
            gfn++;
        }
    }
    return 0;
}

void kvm390_cmma_census(const Kvm390Cmma *cmma, Kvm390CmmaCensus *census)
{
    const Kvm390CmmaMap *map = kvm390_cmma_map(cmma);
    uint64_t pages = 0, counted = 0;

    memset(census, 0, sizeof(*census));
    for (unsigned i = 0; map && i < map->n; i++) {
        uint64_t gfn = map->range[i].first;
        uint64_t end = map->range[i].end;

        pages += end - gfn;
        while ((gfn = kvm390_cmma_next_set(cmma, gfn, end)) < end) {
            uint8_t state = kvm390_cmma_state(cmma, gfn++);

            counted++;
            census->usage[state & KVM390_CMMA_USAGE]++;
            census->nodat += !!(state & KVM390_CMMA_NODAT);
            census->discarded += is_unused(state) &&
                                 state & KVM390_PAGE_DISCARDED;
        }
    }
    census->usage[KVM390_CMMA_STABLE] += pages - counted;
}

bool kvm390_cmma_next_unused(const Kvm390Cmma *cmma, Kvm390GfnRange *within)
{
    uint64_t gfn = within->first, end = within->end;

    while ((gfn = kvm390_cmma_next_set(cmma, gfn, end)) < end) {
        if (is_unused(kvm390_cmma_state(cmma, gfn))) {
            within->first = gfn;
            do {
                gfn++;
            } while (gfn < end && is_unused(kvm390_cmma_state(cmma, gfn)));
            within->end = gfn;
            return true;
        }
        gfn++;
    }
    return false;
}
