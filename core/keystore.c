/*
 * The storage keys of all guest memory; see the header for the argument
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "kvm390/include/keyrules.h"
#include "kvm390/include/keystore.h"

#define WORD_EPOCH(word)    ((word) >> KVM390_KEYWORD_EPOCH_SHIFT)

int kvm390_keystore_init(Kvm390KeyStore *store, uint64_t pages)
{
    store->epoch = 1;
    return kvm390_pagemap_init(&store->map, pages, sizeof(uint16_t));
}

void kvm390_keystore_destroy(Kvm390KeyStore *store)
{
    kvm390_pagemap_destroy(&store->map);
}

uint16_t *kvm390_keystore_word(Kvm390KeyStore *store, uint64_t gfn)
{
    uint16_t *word = kvm390_pagemap_get(&store->map, gfn);

    if (!word) {
        g_error("kvm390: no address space left for storage keys");
    }
    return word;
}

/* Whether a TLB may hold the page whose word was just read. */
static bool maybe_cached(const Kvm390KeyStore *store, uint16_t word)
{
    return WORD_EPOCH(word) == __atomic_load_n(&store->epoch,
                                               __ATOMIC_ACQUIRE);
}

/* Put a key into the word that holds @old; on failure @old is the word. */
static bool replace_key(uint16_t *word, uint16_t *old, uint8_t key)
{
    return __atomic_compare_exchange_n(word, old,
                                       (*old & ~KVM390_KEYWORD_KEY) | key,
                                       false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

void kvm390_keystore_uncache(Kvm390KeyStore *store, uint64_t gfn)
{
    __atomic_fetch_and(kvm390_keystore_word(store, gfn), KVM390_KEYWORD_KEY,
                       __ATOMIC_SEQ_CST);
}

void kvm390_keystore_mark(Kvm390KeyStore *store, uint64_t gfn)
{
    uint16_t *word = kvm390_keystore_word(store, gfn);
    uint16_t mark = __atomic_load_n(&store->epoch, __ATOMIC_ACQUIRE)
                    << KVM390_KEYWORD_EPOCH_SHIFT;
    uint16_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);

    while (!__atomic_compare_exchange_n(word, &seen,
                                        (seen & KVM390_KEYWORD_KEY) | mark,
                                        false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
        /* @seen is the word as it is now */
    }
}

enum Kvm390KeyChange kvm390_keystore_set(Kvm390KeyStore *store, uint64_t gfn,
                                         uint8_t key, bool mr, bool mc,
                                         bool quiesced, uint8_t *old)
{
    uint16_t *word = kvm390_keystore_word(store, gfn);
    uint16_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);

    key &= KVM390_KEY_BITS;
    do {
        if (!kvm390_sske_changes(seen, key, mr, mc)) {
            *old = seen;
            return KVM390_KEY_KEPT;
        }
        if (!quiesced && maybe_cached(store, seen)) {
            return KVM390_KEY_CACHED;
        }
    } while (!replace_key(word, &seen, key));
    *old = seen;
    return KVM390_KEY_CHANGED;
}

enum Kvm390KeyChange
kvm390_keystore_reset_reference(Kvm390KeyStore *store, uint64_t gfn,
                                bool quiesced, uint8_t *old)
{
    uint16_t *word = kvm390_keystore_word(store, gfn);
    uint16_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);

    do {
        if (!quiesced && maybe_cached(store, seen)) {
            return KVM390_KEY_CACHED;
        }
    } while (!replace_key(word, &seen, seen & ~KVM390_KEY_R));
    *old = seen;
    return KVM390_KEY_CHANGED;
}

void kvm390_keystore_record(Kvm390KeyStore *store, uint64_t gfn, bool change)
{
    uint16_t bits = KVM390_KEY_R | (change ? KVM390_KEY_C : 0);
    uint16_t *word;

    if (!kvm390_pagemap_contains(&store->map, gfn)) {
        return;
    }
    word = kvm390_keystore_word(store, gfn);
    if ((__atomic_load_n(word, __ATOMIC_RELAXED) & bits) != bits) {
        __atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
    }
}

void kvm390_keystore_new_epoch(Kvm390KeyStore *store)
{
    uint32_t epoch = store->epoch + 1;

    if (epoch > KVM390_KEYWORD_EPOCH_LAST) {
        epoch = 1;
    }
    __atomic_store_n(&store->epoch, epoch, __ATOMIC_RELEASE);
}

/*
 * Blocks of words, which the compiler makes vector instructions of; atomic
 * accesses would keep it from that. A host reads and writes each aligned word
 * of a vector in one piece, and the callers need no more.
 */
#define BLOCK   64

static void words_to_keys(const uint16_t *restrict words, uint64_t count,
                          uint8_t *restrict keys)
{
    uint64_t i;

    for (i = 0; count - i >= BLOCK; i += BLOCK) {
        for (unsigned k = 0; k < BLOCK; k++) {
            keys[i + k] = words[i + k];
        }
    }
    for (; i < count; i++) {
        keys[i] = words[i];
    }
}

static uint16_t with_key(uint16_t word, uint8_t key)
{
    return (word & ~KVM390_KEYWORD_KEY) | (key & KVM390_KEY_BITS);
}

static void keys_to_words(uint16_t *restrict words, uint64_t count,
                          const uint8_t *restrict keys)
{
    uint64_t i;

    for (i = 0; count - i >= BLOCK; i += BLOCK) {
        for (unsigned k = 0; k < BLOCK; k++) {
            words[i + k] = with_key(words[i + k], keys[i + k]);
        }
    }
    for (; i < count; i++) {
        words[i] = with_key(words[i], keys[i]);
    }
}

void kvm390_keystore_read(const Kvm390KeyStore *store, uint64_t gfn,
                          uint64_t count, uint8_t *keys)
{
    while (count) {
        uint64_t run = count;
        uint16_t *words = NULL;

        if (kvm390_pagemap_contains(&store->map, gfn)) {
            run = kvm390_pagemap_run(&store->map, gfn, count);
            words = kvm390_pagemap_peek(&store->map, gfn);
        }
        if (words) {
            words_to_keys(words, run, keys);
        } else {
            memset(keys, 0, run);
        }
        gfn += run;
        keys += run;
        count -= run;
    }
}

void kvm390_keystore_write(Kvm390KeyStore *store, uint64_t gfn,
                           uint64_t count, const uint8_t *keys)
{
    while (count) {
        uint64_t run = kvm390_pagemap_run(&store->map, gfn, count);

        keys_to_words(kvm390_keystore_word(store, gfn), run, keys);
        gfn += run;
        keys += run;
        count -= run;
    }
}

void kvm390_keystore_reset(Kvm390KeyStore *store)
{
    kvm390_pagemap_clear(&store->map, 0, store->map.pages);
}
