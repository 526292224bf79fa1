/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=2 manual=yes args=seconds=5 */
/*
 * A guest for tests/migration/skeys: for so many seconds every CPU changes
 * the keys of its pages, fetches and stores, and checks before that each key
 * is as it left it, R and C included; all of them once more at the end.
 */
#include "guest.h"

#define PAGES   1024            /* for each CPU */
#define CPUS    4

static struct cpu {
    uint8_t *pages;
    uint8_t key[PAGES];
    uint64_t changes, wrong, refused;
} cpus[CPUS];

static uint64_t end_of_run;

static uint64_t page_of(struct cpu *c, unsigned n)
{
    return (uint64_t)c->pages + n * PAGE_SIZE;
}

static void check(struct cpu *c, unsigned n)
{
    c->wrong += iske(page_of(c, n)) != c->key[n];
}

static void change(struct cpu *c, unsigned n, uint32_t random)
{
    volatile uint64_t *p = (uint64_t *)page_of(c, n);
    uint8_t acc = c->key[n] >> 4;

    switch (random % 5) {
    case 0:
    case 1:
        c->key[n] = random >> 8 & 0xfe;
        sske((uint64_t)p, c->key[n]);
        break;
    case 2:
        (void)*p;
        c->key[n] |= SKEY_R;
        break;
    case 3:
        key_store64(acc, p, random);
        c->key[n] |= SKEY_R | SKEY_C;
        break;
    default:
        /* Refused, unless all keys are let in: no trace of it. */
        if (acc != 3) {
            pgm_expect();
            key_store64(3, p, random);
            c->refused += pgm_end() == PGM_PROTECTION;
        }
        if (rrbe((uint64_t)p) != (c->key[n] >> 1 & 3)) {
            c->wrong++;
        }
        c->key[n] &= ~SKEY_R;
        break;
    }
    c->changes++;
}

static void churn(void *unused)
{
    struct cpu *c = &cpus[smp_number()];
    uint32_t seed = smp_number() + 1;

    while (tod() < end_of_run) {
        unsigned n;

        seed = seed * 1664525 + 1013904223;
        n = (seed >> 8) % PAGES;
        check(c, n);
        change(c, n, seed >> 4);
    }
}

void main(void)
{
    unsigned count = smp_count() < CPUS ? smp_count() : CPUS;
    uint64_t changes = 0, wrong = 0, refused = 0;

    for (unsigned i = 0; i < count; i++) {
        cpus[i].pages = page_alloc(PAGES);
        for (unsigned n = 0; n < PAGES; n++) {
            sske(page_of(&cpus[i], n), 0);
        }
    }
    tap_note("churning");
    /* The console shows a line when the next one comes. */
    tap_note("for %lu seconds", argument_number("seconds", 5));
    end_of_run = tod() + argument_number("seconds", 5) * TOD_SECOND;
    smp_call_all(count, churn, NULL);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned n = 0; n < PAGES; n++) {
            check(&cpus[i], n);
        }
        changes += cpus[i].changes;
        wrong += cpus[i].wrong;
        refused += cpus[i].refused;
    }
    tap_note("%lu changes, %lu stores refused", changes, refused);
    ok(changes > 10000 && refused > 100, "keys were changed and enforced");
    ok_eq(wrong, 0, "every key was as it had been left");
}
