/*
 * Which bank a TLB gets that is left; see the header
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/tlbbanks.h"

static bool is_same(const Kvm390TlbOwner *a, const Kvm390TlbOwner *b)
{
    return a->asce == b->asce && a->key == b->key && a->space == b->space &&
           a->guest == b->guest;
}

unsigned kvm390_bank_find(const Kvm390TlbBanks *banks,
                          const Kvm390TlbOwner *owner)
{
    unsigned n;

    for (n = 0; n < KVM390_TLB_BANKS; n++) {
        if (banks->left[n] && is_same(&banks->owner[n], owner)) {
            return n;
        }
    }
    return KVM390_NO_BANK;
}

unsigned kvm390_bank_spaces(const Kvm390TlbBanks *banks, unsigned key)
{
    unsigned spaces = 0;

    for (unsigned n = 0; n < KVM390_TLB_BANKS; n++) {
        if (banks->left[n] && banks->owner[n].key == key) {
            spaces |= 1u << banks->owner[n].space;
        }
    }
    return spaces;
}

static unsigned longest_left(const Kvm390TlbBanks *banks)
{
    unsigned n, oldest = 0;

    for (n = 1; n < KVM390_TLB_BANKS; n++) {
        if (banks->left[n] < banks->left[oldest]) {
            oldest = n;
        }
    }
    return oldest;
}

unsigned kvm390_bank_take(Kvm390TlbBanks *banks, const Kvm390TlbOwner *old,
                          const Kvm390TlbOwner *new, bool *kept)
{
    unsigned n = kvm390_bank_find(banks, new);

    *kept = n != KVM390_NO_BANK;
    if (!*kept) {
        n = longest_left(banks);
    }
    banks->owner[n] = *old;
    banks->left[n] = ++banks->clock;
    return n;
}

void kvm390_bank_forget(Kvm390TlbBanks *banks, unsigned bank)
{
    banks->left[bank] = 0;
}

void kvm390_bank_forget_world(Kvm390TlbBanks *banks, bool guest)
{
    for (unsigned n = 0; n < KVM390_TLB_BANKS; n++) {
        if (banks->owner[n].guest == guest) {
            kvm390_bank_forget(banks, n);
        }
    }
}

/* As many takings may pass another family by before it is taken. */
#define PATIENCE    4

static unsigned longest_taken(const Kvm390FamilyTurns *turns)
{
    unsigned n, oldest = 0;

    for (n = 1; n < KVM390_KEY_FAMILIES; n++) {
        if ((int32_t)(turns->taken[n] - turns->taken[oldest]) < 0) {
            oldest = n;
        }
    }
    return oldest;
}

unsigned kvm390_family_turn(Kvm390FamilyTurns *turns, unsigned key, int busy)
{
    unsigned n = longest_taken(turns);

    if (turns->had[key] && turns->clock - turns->taken[n] <= PATIENCE) {
        n = turns->had[key] - 1;
    }
    if ((int)n == busy) {
        n = (n + 1) % KVM390_KEY_FAMILIES;
    }
    turns->had[key] = n + 1;
    turns->taken[n] = ++turns->clock;
    return n;
}
