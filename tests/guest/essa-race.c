/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=2,4 accelprops=discard-delay=0 timeout=300 */
/*
 * Pages that one CPU makes unused and another makes stable and writes, a
 * million times, while the host takes unused pages as fast as it can: what
 * was written into a stable page survives.
 */
#include "guest.h"

#define RING    1024            /* pages a pair of CPUs passes around */
#define ROUNDS  1000000         /* hand-overs of each pair */
#define PAIRS   2

enum { TO_WRITE, TO_FREE };

static struct pair {
    uint32_t owner[RING];
    uint64_t stamp[RING];       /* what the page was last filled with */
    uint8_t *pages;
    uint64_t handed, lost, not_zero;
    uint32_t stop;
} pairs[PAIRS];

static uint64_t *word(struct pair *p, unsigned n, unsigned i)
{
    return (uint64_t *)(p->pages + n * PAGE_SIZE) + i;
}

static bool intact(struct pair *p, unsigned n)
{
    return READ_ONCE(*word(p, n, 0)) == p->stamp[n] &&
           READ_ONCE(*word(p, n, 300)) == p->stamp[n] &&
           READ_ONCE(*word(p, n, 511)) == p->stamp[n];
}

/* Looks whether what was written is there, then lets the page go. */
static void free_pages(void *arg)
{
    struct pair *p = arg;

    while (!READ_ONCE(p->stop)) {
        for (unsigned n = 0; n < RING; n++) {
            if (READ_ONCE(p->owner[n]) != TO_FREE) {
                continue;
            }
            if (!intact(p, n)) {
                p->lost++;
            }
            essa(word(p, n, 0), ESSA_UNUSED);
            WRITE_ONCE(p->owner[n], TO_WRITE);
        }
    }
}

/* Takes pages and writes them. */
static void write_pages(void *arg)
{
    struct pair *p = arg;
    uint64_t stamp = 0;

    for (unsigned n = 0; p->handed < ROUNDS; n = (n + 1) % RING) {
        uint64_t first;

        if (READ_ONCE(p->owner[n]) != TO_WRITE) {
            continue;
        }
        essa(word(p, n, 0), ESSA_STABLE);
        /* either the old content or none, and that for good */
        first = READ_ONCE(*word(p, n, 300));
        if (first && first != p->stamp[n]) {
            p->not_zero++;
        }
        p->stamp[n] = ++stamp;
        *word(p, n, 0) = *word(p, n, 300) = *word(p, n, 511) = stamp;
        if (!intact(p, n)) {
            p->lost++;
        }
        WRITE_ONCE(p->owner[n], TO_FREE);
        p->handed++;
    }
}

void main(void)
{
    unsigned used = smp_count() / 2;

    tap_push("essa race");
    for (unsigned i = 0; i < used; i++) {
        pairs[i].pages = page_alloc(RING);
    }
    for (unsigned i = 0; i < used; i++) {
        smp_start(2 * i + 1, free_pages, &pairs[i]);
        if (i) {
            smp_start(2 * i, write_pages, &pairs[i]);
        }
    }
    write_pages(&pairs[0]);
    for (unsigned i = 0; i < used; i++) {
        if (i) {
            smp_wait(2 * i);
        }
        WRITE_ONCE(pairs[i].stop, 1);
        smp_wait(2 * i + 1);
        ok_eq(pairs[i].handed, ROUNDS, "pair %u: pages changed hands",
              i);
        ok_eq(pairs[i].lost, 0, "pair %u: none lost what was written", i);
        ok_eq(pairs[i].not_zero, 0, "pair %u: taken pages are old or zero", i);
    }
    tap_pop();
}
