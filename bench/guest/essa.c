/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ESSA takes, by the TOD clock, where it changes no residency; and what
 * the loop around it takes without it.
 */
#include "guest.h"

#define PAGES   1024
#define ROUNDS  256

static uint64_t pages;

#define TIME(name, what) do {                                           \
        uint64_t start_ = tod(), picoseconds_;                          \
        for (int round_ = 0; round_ < ROUNDS; round_++) {               \
            for (uint64_t page = pages; page < pages + PAGES * PAGE_SIZE; \
                 page += PAGE_SIZE) {                                   \
                what;                                                   \
            }                                                           \
        }                                                               \
        /* Bit 51 of the clock is a microsecond. */                     \
        picoseconds_ = (tod() - start_) * 1000000 / 4096 / (PAGES * ROUNDS); \
        tap_note("bench %s %lu.%03lu ns/op", name, picoseconds_ / 1000, \
                 picoseconds_ % 1000);                                  \
    } while (0)

void main(void)
{
    pages = (uint64_t)page_alloc(PAGES);
    for (int round = 0; round < 3; round++) {
        TIME("loop", asm volatile("" : : "a" (page)));
        TIME("get", essa(page, ESSA_GET));
        TIME("stable", essa(page, ESSA_STABLE));
        TIME("volatile-stable", essa(page, ESSA_VOLATILE);
             essa(page, ESSA_STABLE));
    }
}
