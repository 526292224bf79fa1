/*
 * A set of guest pages that many threads add to and that is read in order
 *
 * See include/gfnset.h for the structure and its rules.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <string.h>
#include "kvm390/include/gfnset.h"

#define WORD_SHIFT  6
#define WORD_BITS   (1u << WORD_SHIFT)
#define WORD_MASK   (WORD_BITS - 1)

int kvm390_gfnset_init(Kvm390GfnSet *set, uint64_t pages)
{
    uint64_t words = pages;
    int ret;

    memset(set, 0, sizeof(*set));
    if (!pages || pages > 1ull << KVM390_PAGEMAP_GFN_BITS) {
        return -EINVAL;
    }
    set->pages = pages;
    do {
        words = (words + WORD_MASK) >> WORD_SHIFT;
        ret = kvm390_pagemap_init(&set->level[set->levels], words,
                                  sizeof(uint64_t));
        if (ret) {
            kvm390_gfnset_destroy(set);
            return ret;
        }
        set->levels++;
    } while (words > 1);
    return 0;
}

void kvm390_gfnset_destroy(Kvm390GfnSet *set)
{
    while (set->levels) {
        kvm390_pagemap_destroy(&set->level[--set->levels]);
    }
}

static uint64_t load_word(const Kvm390GfnSet *set, unsigned level,
                          uint64_t index)
{
    uint64_t *word = kvm390_pagemap_peek(&set->level[level], index);

    return word ? __atomic_load_n(word, __ATOMIC_SEQ_CST) : 0;
}

/* Make the summary bits above word @index of @level say that it is in use. */
static void raise_above(Kvm390GfnSet *set, unsigned level, uint64_t index)
{
    while (++level < set->levels) {
        uint64_t bit = 1ull << (index & WORD_MASK);
        uint64_t *word;

        index >>= WORD_SHIFT;
        word = kvm390_pagemap_get(&set->level[level], index);
        if (word && !(__atomic_load_n(word, __ATOMIC_SEQ_CST) & bit)) {
            __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
        }
    }
}

/* Word @index of @level became zero: clear the summary bits that said else. */
static void lower_above(Kvm390GfnSet *set, unsigned level, uint64_t index)
{
    for (; level + 1 < set->levels; level++) {
        uint64_t bit = 1ull << (index & WORD_MASK);
        uint64_t *word = kvm390_pagemap_peek(&set->level[level + 1],
                                             index >> WORD_SHIFT);

        if (!word) {
            return;
        }
        __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
        if (load_word(set, level, index)) {
            /* A member came meanwhile and may have seen the bit still set. */
            raise_above(set, level, index);
            return;
        }
        index >>= WORD_SHIFT;
        if (__atomic_load_n(word, __ATOMIC_SEQ_CST)) {
            return;
        }
    }
}

/* Add the pages of @bits in word @index; returns how many were not there. */
static unsigned add_bits(Kvm390GfnSet *set, uint64_t index, uint64_t bits)
{
    uint64_t *word = kvm390_pagemap_get(&set->level[0], index);
    uint64_t old;

    if (!word) {
        return 0;
    }
    old = __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
    raise_above(set, 0, index);
    return __builtin_popcountll(bits & ~old);
}

/* Take the pages of @bits out of word @index; returns how many were there. */
static unsigned remove_bits(Kvm390GfnSet *set, uint64_t index, uint64_t bits)
{
    uint64_t *word = kvm390_pagemap_peek(&set->level[0], index);
    uint64_t old;

    if (!word || !(__atomic_load_n(word, __ATOMIC_SEQ_CST) & bits)) {
        return 0;
    }
    old = __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST);
    if (old && !(old & ~bits)) {
        lower_above(set, 0, index);
    }
    return __builtin_popcountll(old & bits);
}

/* The bits of word @index that stand for pages in [first, end). */
static uint64_t bits_within(uint64_t index, uint64_t first, uint64_t end)
{
    uint64_t base = index << WORD_SHIFT;
    uint64_t bits = ~0ull;

    if (first > base) {
        bits &= ~0ull << (first - base);
    }
    if (end - base < WORD_BITS) {
        bits &= ~(~0ull << (end - base));
    }
    return bits;
}

bool kvm390_gfnset_add(Kvm390GfnSet *set, uint64_t gfn)
{
    return gfn < set->pages &&
           add_bits(set, gfn >> WORD_SHIFT, 1ull << (gfn & WORD_MASK));
}

uint64_t kvm390_gfnset_add_range(Kvm390GfnSet *set, uint64_t first,
                                 uint64_t end)
{
    uint64_t added = 0;

    if (end > set->pages) {
        end = set->pages;
    }
    while (first < end) {
        uint64_t index = first >> WORD_SHIFT;

        added += add_bits(set, index, bits_within(index, first, end));
        first = (index + 1) << WORD_SHIFT;
    }
    return added;
}

bool kvm390_gfnset_remove(Kvm390GfnSet *set, uint64_t gfn)
{
    return gfn < set->pages &&
           remove_bits(set, gfn >> WORD_SHIFT, 1ull << (gfn & WORD_MASK));
}

uint64_t kvm390_gfnset_remove_range(Kvm390GfnSet *set, uint64_t first,
                                    uint64_t end)
{
    uint64_t removed = 0;

    while ((first = kvm390_gfnset_next(set, first)) < end) {
        uint64_t index = first >> WORD_SHIFT;

        removed += remove_bits(set, index, bits_within(index, first, end));
        first = (index + 1) << WORD_SHIFT;
    }
    return removed;
}

bool kvm390_gfnset_contains(const Kvm390GfnSet *set, uint64_t gfn)
{
    return gfn < set->pages &&
           load_word(set, 0, gfn >> WORD_SHIFT) >> (gfn & WORD_MASK) & 1;
}

uint64_t kvm390_gfnset_next(const Kvm390GfnSet *set, uint64_t gfn)
{
    unsigned level = 0;
    uint64_t pos = gfn;         /* a bit's number on @level */

    if (gfn >= set->pages) {
        return KVM390_GFN_NONE;
    }
    for (;;) {
        uint64_t index = pos >> WORD_SHIFT;
        uint64_t bits = load_word(set, level, index) &
                        ~0ull << (pos & WORD_MASK);

        if (bits) {
            pos = index << WORD_SHIFT | __builtin_ctzll(bits);
            if (level == 0) {
                return pos;
            }
            level--;
            pos <<= WORD_SHIFT;
        } else {
            /* Nothing left in this word: go on in the one after it. */
            if (++level == set->levels) {
                return KVM390_GFN_NONE;
            }
            pos = index + 1;
            if (pos >> WORD_SHIFT >= set->level[level].pages) {
                return KVM390_GFN_NONE;
            }
        }
    }
}
