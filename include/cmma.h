/*
 * The page states of a guest: CMMA with the semantics of KVM's ioctls
 *
 * One byte for each page holds its usage state, its no-DAT bit and what the
 * host did with its content; one bit says that the state is in the migration
 * log, one that the page waits to be given back. Nothing is committed for
 * pages whose state was never changed. What each order and request means is
 * in cmma-rules.h; this is where it happens.
 *
 * What protects what:
 * - A page's state byte changes by compare-and-exchange only. The bit CLAIMED
 *   belongs to the one thread that set it (the one that discards), until that
 *   thread clears it; a page leaves the unused state only while the bit is
 *   clear, so whoever wants it stable waits for the discard to end.
 * - The log (set "dirty") is added to by any thread, after the state was
 *   changed; it is read under log_lock: a page is taken out of the log before
 *   its state is read, so a change is in this read or in the next.
 * - Set "pending" is added to by any thread, after the state became unused;
 *   the one discarding thread takes pages out before it reads their state.
 * - "map" is an immutable table, replaced as a whole; readers are inside an
 *   RCU read-side critical section, and so are all callers here.
 * - The flags are single atomic words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CMMA_H
#define KVM390_CMMA_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include "kvm390/include/cmma-rules.h"
#include "kvm390/include/gfnset.h"
#include "kvm390/include/pagemap.h"

/* A state byte: a value byte (KVM390_CMMA_VALUE) and these. */
#define KVM390_PAGE_DISCARDED   0x04    /* content was given back once */
#define KVM390_PAGE_CLAIMED     0x08    /* its content is being given back */
#define KVM390_PAGE_AGED        0x10    /* unused since before the last round */

/* What the guest's memory is: stretches in order, apart from each other. */
typedef struct Kvm390CmmaMap {
    unsigned n;
    Kvm390GfnRange range[];
} Kvm390CmmaMap;

/*
 * What the surroundings do. Each may be called from any thread, with the
 * caller's locks; none may take a lock under which page states are changed.
 */
typedef struct Kvm390CmmaOps {
    /* Is a page that was given back in host memory again? */
    bool (*resident)(uint64_t gfn);
    /* Bring a page into host memory; its content stays. */
    void (*make_resident)(uint64_t gfn);
    /* The page's content, not transferred while unused, is needed again. */
    void (*content_needed)(uint64_t gfn);
    /* A page waits to be given back. */
    void (*wake)(void);
    /* Make these pages, all in memory, read as zeros. */
    void (*release)(Kvm390GfnRange pages);
} Kvm390CmmaOps;

typedef struct Kvm390Cmma {
    Kvm390Pagemap states;
    Kvm390GfnSet dirty;
    Kvm390GfnSet pending;
    const Kvm390CmmaMap *map;       /* atomic */
    const Kvm390CmmaOps *ops;       /* fixed */
    pthread_mutex_t log_lock;       /* readers of the log; START and STOP */
    uint64_t dirty_count;           /* atomic; members of "dirty" */
    bool enabled;                   /* atomic */
    bool used;                      /* atomic; never false again */
    bool migration;                 /* atomic */
    bool discard;                   /* atomic; are pages given back */
    bool content_logged;            /* atomic; is content_needed() wanted */
} Kvm390Cmma;

/* struct kvm_s390_cmma_log without the buffer's address. */
typedef struct Kvm390CmmaLog {
    uint64_t start_gfn;
    uint32_t count;
    uint32_t flags;
    union {
        uint64_t remaining;
        uint64_t mask;
    };
} Kvm390CmmaLog;

/**
 * kvm390_cmma_init: a guest without memory whose pages are all stable
 * @cmma: the page states
 * @pages: guest frame numbers lie below this, 1 to 2^52
 * @ops: the surroundings
 *
 * Returns 0, -EINVAL or -ENOMEM.
 */
int kvm390_cmma_init(Kvm390Cmma *cmma, uint64_t pages,
                     const Kvm390CmmaOps *ops);

/**
 * kvm390_cmma_destroy: release page states that no thread uses any more
 */
void kvm390_cmma_destroy(Kvm390Cmma *cmma);

/**
 * kvm390_cmma_set_map: say what memory the guest has
 * @cmma: the page states
 * @map: the new table; stays in use until the next call
 *
 * Pages that go away leave the log and become stable. Returns the old table,
 * which the caller frees once no reader can be using it, or NULL. Calls are
 * serialised by the caller.
 */
const Kvm390CmmaMap *kvm390_cmma_set_map(Kvm390Cmma *cmma,
                                         const Kvm390CmmaMap *map);

/**
 * kvm390_cmma_present: is there memory at a page. Any thread.
 */
bool kvm390_cmma_present(const Kvm390Cmma *cmma, uint64_t gfn);

/**
 * kvm390_cmma_enable: ENABLE_CMMA
 * @cmma: the page states
 * @vcpus: number of vCPUs created so far
 *
 * Returns 0, or -EBUSY once a vCPU exists.
 */
int kvm390_cmma_enable(Kvm390Cmma *cmma, unsigned vcpus);

/**
 * kvm390_cmma_enabled: was CMMA enabled. Any thread.
 */
bool kvm390_cmma_enabled(const Kvm390Cmma *cmma);

/**
 * kvm390_cmma_clear: CLR_CMMA: every page becomes stable, no-DAT off
 *
 * While migration mode is on, the pages whose value that changes are put into
 * the log, so that no reader of the log keeps an old value. Waits for a
 * discard under way. Returns 0, or -EINVAL if CMMA is not enabled.
 */
int kvm390_cmma_clear(Kvm390Cmma *cmma);

/**
 * kvm390_cmma_clean_log: no page is in the log
 *
 * As Linux's CLR_CMMA leaves it, migration mode or not. Any thread.
 */
void kvm390_cmma_clean_log(Kvm390Cmma *cmma);

/**
 * kvm390_cmma_start_migration: VM_MIGRATION_START
 * @cmma: the page states
 * @slots: number of memory slots
 * @unlogged: number of those without dirty logging
 *
 * Puts every page into the log if CMMA is enabled. Returns 0 (also if it was
 * on) or -EINVAL.
 */
int kvm390_cmma_start_migration(Kvm390Cmma *cmma, unsigned slots,
                                unsigned unlogged);

/**
 * kvm390_cmma_stop_migration: VM_MIGRATION_STOP, and what a slot without
 * dirty logging causes. The log becomes empty. Any thread.
 */
void kvm390_cmma_stop_migration(Kvm390Cmma *cmma);

/**
 * kvm390_cmma_migration: VM_MIGRATION_STATUS, 0 or 1. Any thread.
 */
uint64_t kvm390_cmma_migration(const Kvm390Cmma *cmma);

/**
 * kvm390_cmma_remaining: what GET_CMMA_BITS would say remains in the log
 */
uint64_t kvm390_cmma_remaining(const Kvm390Cmma *cmma);

/**
 * kvm390_cmma_get_bits: KVM_S390_GET_CMMA_BITS (KVM api.rst 4.107)
 * @cmma: the page states
 * @log: in and out, as the ioctl's struct; all zero afterwards if there was
 *       nothing to return
 * @values: a buffer of at least min(@log->count, KVM390_CMMA_SIZE_MAX) bytes;
 *          bytes beyond the returned count are left alone
 *
 * Returns 0, -ENXIO, -EINVAL, or -EFAULT for a start outside memory with
 * KVM390_CMMA_PEEK. On error @log is as it was.
 */
int kvm390_cmma_get_bits(Kvm390Cmma *cmma, Kvm390CmmaLog *log,
                         uint8_t *values);

/**
 * kvm390_cmma_set_bits: KVM_S390_SET_CMMA_BITS (KVM api.rst 4.108)
 * @cmma: the page states
 * @log: the ioctl's struct
 * @values: the buffer, of @log->count bytes. A caller that has yet to read it
 *          from a client asks kvm390_cmma_set_check() first.
 *
 * Returns 0, -ENXIO, -EINVAL, or -EFAULT if a page lies outside memory; then
 * no page was changed.
 */
int kvm390_cmma_set_bits(Kvm390Cmma *cmma, const Kvm390CmmaLog *log,
                         const uint8_t *values);

/**
 * kvm390_cmma_essa: one ESSA
 * @cmma: the page states
 * @gfn: the page
 * @order: the order, already checked
 *
 * Returns the state word for the first register. Waits for a discard of this
 * page that is under way unless the page stays unused. A vCPU's thread.
 */
uint64_t kvm390_cmma_essa(Kvm390Cmma *cmma, uint64_t gfn, unsigned order);

/**
 * kvm390_cmma_state: a page's state byte, KVM390_PAGE_* among it
 *
 * 0 for a page whose state was never changed. Any thread.
 */
uint8_t kvm390_cmma_state(const Kvm390Cmma *cmma, uint64_t gfn);

/**
 * kvm390_cmma_value: a page's value byte. Any thread.
 */
uint8_t kvm390_cmma_value(const Kvm390Cmma *cmma, uint64_t gfn);

/**
 * kvm390_cmma_set_content_logged: is page content being migrated
 *
 * Turned on before the log of page contents is first read; from then on
 * content_needed() is called for each page that leaves the unused state, and
 * the content of unused pages need not be transferred.
 */
void kvm390_cmma_set_content_logged(Kvm390Cmma *cmma, bool on);

/**
 * kvm390_cmma_set_discard: are unused pages to be given back from now on
 */
void kvm390_cmma_set_discard(Kvm390Cmma *cmma, bool on);

/* How many pages are in each usage state; indexed by usage. */
typedef struct Kvm390CmmaCensus {
    uint64_t usage[4];
    uint64_t nodat;
    uint64_t discarded;         /* given back, and unused since */
} Kvm390CmmaCensus;

/**
 * kvm390_cmma_census: count the pages in each state
 *
 * Looks at every page's state where any was ever set. Any thread.
 */
void kvm390_cmma_census(const Kvm390Cmma *cmma, Kvm390CmmaCensus *census);

/**
 * kvm390_cmma_next_unused: find unused pages
 * @cmma: the page states
 * @within: in: where to look; out: the first run of unused pages there
 *
 * Returns false if there is none. Any thread.
 */
bool kvm390_cmma_next_unused(const Kvm390Cmma *cmma, Kvm390GfnRange *within);

/*
 * Giving pages back: one thread at a time.
 *
 * A page that became unused waits in "pending". The first round that meets it
 * makes it "aged"; the second takes it out and claims it. A page that the
 * guest takes back in between is forgotten. So what a guest frees and takes
 * again at once costs nothing, and nothing waits longer than two rounds.
 */

typedef enum Kvm390CmmaRipe {
    KVM390_CMMA_NOT_UNUSED,     /* no longer to be given back */
    KVM390_CMMA_YOUNG,          /* to be met again in the next round */
    KVM390_CMMA_RIPE,           /* may be claimed now */
} Kvm390CmmaRipe;

/**
 * kvm390_cmma_ripen: take a page out of "pending", unless it is young
 */
Kvm390CmmaRipe kvm390_cmma_ripen(Kvm390Cmma *cmma, uint64_t gfn);

/**
 * kvm390_cmma_claim: claim a page for a discard
 *
 * Returns false if it is not unused, already claimed, or given back already.
 */
bool kvm390_cmma_claim(Kvm390Cmma *cmma, uint64_t gfn);

/**
 * kvm390_cmma_claim_run: claim the next run of ripe pages
 * @cmma: the page states
 * @cursor: in and out: the page from which to look on
 * @end: the page before which to end
 * @max: the longest run to return
 * @run: the claimed run
 *
 * Returns false if there is nothing left before @end.
 */
bool kvm390_cmma_claim_run(Kvm390Cmma *cmma, uint64_t *cursor, uint64_t end,
                           uint64_t max, Kvm390GfnRange *run);

/**
 * kvm390_cmma_claim_block: claim a block of pages as a whole
 * @cmma: the page states
 * @block: the pages of one large host page
 *
 * Returns true if all pages are unused and now claimed; false with none
 * claimed otherwise.
 */
bool kvm390_cmma_claim_block(Kvm390Cmma *cmma, Kvm390GfnRange block);

/**
 * kvm390_cmma_unclaim: end the claim of a run
 * @cmma: the page states
 * @run: pages that this thread claimed
 * @discarded: was their content given back
 */
void kvm390_cmma_unclaim(Kvm390Cmma *cmma, Kvm390GfnRange run,
                         bool discarded);

/**
 * kvm390_cmma_release: give pages back at once, whatever their usage
 * @cmma: the page states
 * @pages: the pages; those outside memory are ignored
 *
 * They read as zeros afterwards. A vCPU's thread. (DIAG 10.)
 */
void kvm390_cmma_release(Kvm390Cmma *cmma, Kvm390GfnRange pages);

#endif /* KVM390_CMMA_H */
