/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of the PSW key, each with a load under it: between two keys, which
 * have TLBs at the same time, and among five, more than have, so that each
 * change puts one's TLB away and brings another's back; by SPKA and by LPSWE.
 */
#include "guest.h"

#define TIMES   20000

static uint8_t *page;

static void report(const char *name, uint64_t start, unsigned changes)
{
    uint64_t ps = (tod() - start) * 1000000 / 4096 / (TIMES * changes);

    tap_note("bench %s %lu.%03lu ns/change", name, ps / 1000, ps % 1000);
}

#define CHANGE(key)     "   spka    " #key "*16\n   lg 2,0(%[p])\n"

static void lpswe_both(void)
{
    static struct { uint64_t mask, addr; } psw[2];

    for (unsigned i = 0; i < 2; i++) {
        psw[i].mask = PSW_LIBRARY | PSW_KEY(i + 1);
    }
    asm volatile(
        "   larl    2,1f\n"
        "   stg     2,8(%[a])\n"
        "   larl    2,2f\n"
        "   stg     2,8(%[b])\n"
        "   lpswe   0(%[a])\n"
        "1: lg      2,0(%[p])\n"
        "   lpswe   0(%[b])\n"
        "2: lg      2,0(%[p])\n"
        "   spka    0\n"
        : : [a] "a" (&psw[0]), [b] "a" (&psw[1]), [p] "a" (page)
        : "2", "cc", "memory");
}

void main(void)
{
    page = page_alloc(1);
    for (unsigned time = 0; time < 3; time++) {
        uint64_t start = tod();

        for (unsigned i = 0; i < TIMES; i++) {
            asm volatile(CHANGE(1) CHANGE(2)
                         : : [p] "a" (page) : "2", "memory");
        }
        spka(0);
        report("spka-2-keys", start, 2);
        start = tod();
        for (unsigned i = 0; i < TIMES; i++) {
            asm volatile(CHANGE(1) CHANGE(2) CHANGE(3) CHANGE(4) CHANGE(5)
                         : : [p] "a" (page) : "2", "memory");
        }
        spka(0);
        report("spka-5-keys", start, 5);
        start = tod();
        for (unsigned i = 0; i < TIMES; i++) {
            lpswe_both();
        }
        report("lpswe-2-keys", start, 2);
    }
}
