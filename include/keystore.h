/*
 * The storage keys of all guest memory, and where TLBs may remember them
 *
 * One 16-bit word a page: the key in the low byte, an epoch in the other.
 *
 *      15            8 7   4 3 2 1 0
 *     +---------------+-----+-+-+-+-+
 *     |     epoch     | ACC |F|R|C|0|
 *     +---------------+-----+-+-+-+-+
 *
 * A CPU's TLB entry stands for a key check that was made when the entry was
 * filled, and for R (and, if it is writable, C) having been set then. So a
 * key must not lose R or C, and neither ACC nor F may change, while a TLB
 * holds the page. Flushing every TLB for every SSKE would do, and costs a
 * microsecond; most pages whose key is set are in no TLB. The epoch tells.
 *
 * The rules:
 *
 *  1. There is one current epoch. It changes only while no vCPU executes
 *     guest instructions ("quiesced": QEMU's exclusive section), and every
 *     vCPU empties its TLBs before it executes guest instructions again.
 *  2. A TLB fill decides from the word, sets R (and C) and the current epoch
 *     in it by one compare-and-exchange, and only then fills the TLB.
 *  3. Setting a key, or resetting R, is one compare-and-exchange of the word,
 *     too. If the word it replaces has the current epoch, the page may be in
 *     a TLB, and the CPU has to quiesce the others and start a new epoch.
 *     Only vCPUs executing guest instructions may go by the epoch, because it
 *     does not change for them in between; others always quiesce.
 *  4. Or such a CPU takes the mark out of the word, and then the page out of
 *     every TLB, and tries (3) again. If another CPU had the page, that one may
 *     be in the middle of an access with it: then the page is marked again, and
 *     the key changes in a quiesced state. A fill looks at the word again once
 *     it has filled the TLB, and starts over if the mark is gone or the key has
 *     become another.
 *
 * Why no TLB can keep a stale entry. Take an entry that exists at some time T
 * while its vCPU executes. It was filled after the last flush of its TLB,
 * hence (1) in the epoch that is current at T; so (2) the fill left this epoch
 * in the word, and nothing but clearing in a quiesced state, or (4), takes it
 * out again. All accesses to the word are atomic and in one order: a key change
 * before the fill's exchange is seen by the fill; a key change after it sees
 * the epoch, and (3) does not happen but in a quiesced state, after which the
 * entry is not used again. The fill cannot be overtaken by a flush half-way,
 * because (1) a vCPU in the middle of a fill is executing guest code and
 * delays the quiesced state. Nor by (4): the fill makes its entry and then
 * looks at the word, the other CPU changes the word and then looks for entries,
 * so one of the two sees what the other did.
 *
 * Epochs wrap after 255 flushes. A page last touched exactly that long ago
 * looks as if it were cached: a flush too many, never one too few. Epoch 0 is
 * never current; an untouched page has it.
 *
 * A device's store or fetch sets C or R by an atomic or: no TLB entry relies
 * on a bit being off in a way that hurts (it was filled read-only, and the
 * next store fills it anew).
 *
 * These are plain functions: no QEMU object in them. The caller keeps rule 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_KEYSTORE_H
#define KVM390_KEYSTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm390/include/access.h"
#include "kvm390/include/pagemap.h"

#define KVM390_KEYWORD_KEY          0xffu
#define KVM390_KEYWORD_EPOCH_SHIFT  8
#define KVM390_KEYWORD_EPOCH_LAST   0xffu

typedef struct Kvm390KeyStore {
    Kvm390Pagemap map;      /* words; see above */
    uint32_t epoch;         /* atomic; written in a quiesced state only */
} Kvm390KeyStore;

/* What became of an attempt to change a key. */
enum Kvm390KeyChange {
    KVM390_KEY_KEPT,        /* conditional SSKE found nothing to change */
    KVM390_KEY_CHANGED,
    KVM390_KEY_CACHED,      /* not done: a TLB may hold the page */
};

/**
 * kvm390_keystore_init: make a store with all keys zero
 * @store: the store
 * @pages: number of guest pages it is to cover, 1 to 2^52
 *
 * Returns 0 or a negative errno.
 */
int kvm390_keystore_init(Kvm390KeyStore *store, uint64_t pages);

/**
 * kvm390_keystore_destroy: release a store. No other thread may use it.
 */
void kvm390_keystore_destroy(Kvm390KeyStore *store);

/**
 * kvm390_keystore_word: find a page's word
 *
 * The page lies in the store. Ends the program if the host is out of address
 * space, as every allocation in QEMU does. Any thread.
 */
uint16_t *kvm390_keystore_word(Kvm390KeyStore *store, uint64_t gfn);

/**
 * kvm390_keystore_get: read a key (0 for a page outside the store)
 */
static inline uint8_t kvm390_keystore_get(const Kvm390KeyStore *store,
                                          uint64_t gfn)
{
    uint16_t *word = kvm390_pagemap_peek(&store->map, gfn);

    return word ? __atomic_load_n(word, __ATOMIC_ACQUIRE) : 0;
}

/**
 * kvm390_keystore_touch: the key half of a TLB fill
 * @store: the store
 * @gfn: a page in it
 * @permits: decides from the page's key whether the access may happen
 * @opaque: for @permits
 * @change: the access stores, and change recording is not overridden
 * @key: set to the key as it is now
 *
 * If the access is permitted, sets R (and C) and marks the page as cached;
 * if not, leaves it alone. Only a thread that executes guest instructions may
 * put the page into its TLB afterwards. Returns whether it is permitted.
 */
static inline bool kvm390_keystore_touch(Kvm390KeyStore *store, uint64_t gfn,
                                         bool (*permits)(uint8_t key,
                                                         void *opaque),
                                         void *opaque, bool change,
                                         uint8_t *key)
{
    uint32_t epoch = __atomic_load_n(&store->epoch, __ATOMIC_RELAXED);
    uint16_t *word = kvm390_keystore_word(store, gfn);
    uint16_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    uint16_t new;

    do {
        new = (old & KVM390_KEYWORD_KEY) | KVM390_KEY_R |
              (change ? KVM390_KEY_C : 0) |
              epoch << KVM390_KEYWORD_EPOCH_SHIFT;
        if (permits && !permits(old, opaque)) {
            *key = old;
            return false;
        }
    } while (new != old &&
             !__atomic_compare_exchange_n(word, &old, new, false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    *key = new;
    return true;
}

/**
 * kvm390_keystore_holds: whether what a TLB fill found still holds
 * @store: the store
 * @gfn: the page
 * @key: what kvm390_keystore_touch() gave
 *
 * For rule 4, after a full barrier that follows the making of the entry.
 */
static inline bool kvm390_keystore_holds(Kvm390KeyStore *store, uint64_t gfn,
                                         uint8_t key)
{
    uint32_t epoch = __atomic_load_n(&store->epoch, __ATOMIC_RELAXED);
    uint16_t word = __atomic_load_n(kvm390_keystore_word(store, gfn),
                                    __ATOMIC_ACQUIRE);

    return word >> KVM390_KEYWORD_EPOCH_SHIFT == epoch &&
           !((word ^ key) & (KVM390_KEY_ACC | KVM390_KEY_F)) &&
           !(key & ~word & (KVM390_KEY_R | KVM390_KEY_C));
}

/**
 * kvm390_keystore_uncache: take the mark of a page away (rule 4)
 * @store: the store
 * @gfn: a page in it
 *
 * A full barrier. The caller takes the page out of all TLBs next.
 */
void kvm390_keystore_uncache(Kvm390KeyStore *store, uint64_t gfn);

/**
 * kvm390_keystore_mark: a TLB may hold the page after all
 * @store: the store
 * @gfn: a page in it
 */
void kvm390_keystore_mark(Kvm390KeyStore *store, uint64_t gfn);

/**
 * kvm390_keystore_set: set a key, on a condition or without one
 * @store: the store
 * @gfn: a page in it
 * @key: the new key; its low bit is ignored
 * @mr: reference bits are to be taken as equal (conditional SSKE)
 * @mc: change bits are to be taken as equal (conditional SSKE)
 * @quiesced: change the key even if it has the current epoch: the caller has
 *            begun a new epoch or is about to. False only on a vCPU that
 *            executes guest instructions
 * @old: set to the key before, unless the result is KVM390_KEY_CACHED
 */
enum Kvm390KeyChange kvm390_keystore_set(Kvm390KeyStore *store, uint64_t gfn,
                                         uint8_t key, bool mr, bool mc,
                                         bool quiesced, uint8_t *old);

/**
 * kvm390_keystore_reset_reference: turn R off
 * @store: the store
 * @gfn: a page in it
 * @quiesced: as in kvm390_keystore_set()
 * @old: set to the key before, unless the result is KVM390_KEY_CACHED
 *
 * Never KVM390_KEY_KEPT.
 */
enum Kvm390KeyChange
kvm390_keystore_reset_reference(Kvm390KeyStore *store, uint64_t gfn,
                                bool quiesced, uint8_t *old);

/**
 * kvm390_keystore_record: set R, or R and C, for an access by a device
 * @store: the store
 * @gfn: any page
 * @change: it was a store
 */
void kvm390_keystore_record(Kvm390KeyStore *store, uint64_t gfn, bool change);

/**
 * kvm390_keystore_new_epoch: forget which pages TLBs hold
 *
 * Quiesced state only, and the caller empties all TLBs in it.
 */
void kvm390_keystore_new_epoch(Kvm390KeyStore *store);

/**
 * kvm390_keystore_read: read the keys of @count pages from @gfn on
 *
 * Any thread. Each key is read atomically.
 */
void kvm390_keystore_read(const Kvm390KeyStore *store, uint64_t gfn,
                          uint64_t count, uint8_t *keys);

/**
 * kvm390_keystore_write: set the keys of @count pages from @gfn on
 *
 * Quiesced state only; the caller begins a new epoch in it. A device's R or C
 * that arrives at the same time counts as having come before. Low bits are
 * ignored.
 */
void kvm390_keystore_write(Kvm390KeyStore *store, uint64_t gfn,
                           uint64_t count, const uint8_t *keys);

/**
 * kvm390_keystore_reset: make all keys zero
 *
 * Quiesced state only; the caller begins a new epoch in it.
 */
void kvm390_keystore_reset(Kvm390KeyStore *store);

#endif /* KVM390_KEYSTORE_H */
