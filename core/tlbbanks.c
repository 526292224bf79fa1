/*
 * Which bank an address space gets; see the header
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/tlbbanks.h"

static unsigned find(const Kvm390TlbBanks *banks, uint64_t asce)
{
    unsigned n;

    for (n = 0; n < KVM390_TLB_BANKS; n++) {
        if (banks->left[n] && banks->asce[n] == asce) {
            break;
        }
    }
    return n;
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

unsigned kvm390_bank_take(Kvm390TlbBanks *banks, uint64_t old, uint64_t new,
                          bool *kept)
{
    unsigned n = find(banks, new);

    *kept = n < KVM390_TLB_BANKS;
    if (!*kept) {
        n = longest_left(banks);
    }
    banks->asce[n] = old;
    banks->left[n] = ++banks->clock;
    return n;
}
