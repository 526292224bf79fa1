/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=2 manual=yes args=seconds=5 */
/*
 * A guest for tests/migration/cmma and tests/discard/run.
 *
 * mode=churn (the default): for so many seconds every CPU changes the states
 * of its pages at random, writes some, releases some, and checks that states
 * and contents are what it left behind; all of them once more at the end.
 * mode=hold: fills megabytes= of storage, makes it unused and waits.
 */
#include "guest.h"

#define PAGES   1024            /* for each CPU */
#define CPUS    4

enum { UNUSED = 0x04, CHANGES = ESSA_USAGE | ESSA_NODAT };

static struct cpu {
    uint8_t *pages;
    uint8_t state[PAGES];
    uint64_t word[PAGES];       /* the same in all places that are looked at */
    uint64_t changes, bad_states, lost;
} cpus[CPUS];

static uint64_t end_of_run;

static volatile uint64_t *place(struct cpu *c, unsigned n, unsigned i)
{
    return (uint64_t *)(c->pages + n * PAGE_SIZE) + i * 170;
}

static void check(struct cpu *c, unsigned n)
{
    uint8_t state = essa(place(c, n, 0), ESSA_GET) & CHANGES;

    if (state != c->state[n]) {
        c->bad_states++;
    }
    if ((state & ESSA_USAGE) == 0 &&
        (*place(c, n, 0) != c->word[n] || *place(c, n, 3) != c->word[n])) {
        c->lost++;
    }
}

static void write_page(struct cpu *c, unsigned n, uint64_t value)
{
    *place(c, n, 0) = *place(c, n, 3) = value;
    c->word[n] = value;
}

/* Takes an unused page; half of them without a store. */
static void take(struct cpu *c, unsigned n, uint64_t random)
{
    if (random & 1 && facility(147)) {
        essa(place(c, n, 0), ESSA_STABLE_NODAT);
        c->state[n] = ESSA_NODAT;
    } else {
        essa(place(c, n, 0), ESSA_STABLE);
        c->state[n] = 0;
    }
    if (random & 2) {
        write_page(c, n, random);
    } else {
        /* the old content or none: from now on it has to be what it is */
        c->word[n] = *place(c, n, 0);
    }
}

static void diag10(uint64_t page)
{
    register uint64_t r2 asm("2") = page;

    asm volatile("diag %%r2,%%r2,0x10" : : "d" (r2) : "memory");
}

static void change(struct cpu *c, unsigned n, uint64_t random)
{
    uint8_t nodat = c->state[n] & ESSA_NODAT;

    check(c, n);
    if ((c->state[n] & ESSA_USAGE) != 0) {
        take(c, n, random);
    } else if ((random & 0x700) == 0x100) {
        diag10((uint64_t)place(c, n, 0));
        c->word[n] = 0;
    } else if (random & 8) {
        write_page(c, n, random);
    } else if (random & 0x30) {
        essa(place(c, n, 0), ESSA_UNUSED);
        c->state[n] = UNUSED | nodat;
    } else {
        essa(place(c, n, 0), ESSA_VOLATILE);
        c->state[n] = 0x0c | nodat;
    }
    c->changes++;
}

static void churn(void *arg)
{
    struct cpu *c = &cpus[smp_number()];
    uint64_t seed = smp_number() + 1;

    while (tod() < end_of_run) {
        for (unsigned i = 0; i < 1000; i++) {
            seed = seed * 6364136223846793005UL + 1442695040888963407UL;
            change(c, (seed >> 40) % PAGES, seed >> 20);
        }
    }
    for (unsigned n = 0; n < PAGES; n++) {
        check(c, n);
    }
}

/* The console ends a line only when the next one comes. */
static void say(const char *text)
{
    console_line(text);
    console_line("#");
}

static void hold(void)
{
    uint64_t size = argument_number("megabytes", 64) << 20;
    uint64_t *words = memory_alloc(size, PAGE_SIZE);

    for (uint64_t i = 0; i < size / 8; i++) {
        words[i] = i * 0x9e3779b97f4a7c15UL;
    }
    say("# full");
    for (uint64_t end = tod() + TOD_SECOND / 2; tod() < end; ) {
        cpu_relax();
    }
    for (uint64_t i = 0; i < size; i += PAGE_SIZE) {
        essa((uint8_t *)words + i, ESSA_UNUSED);
    }
    say("# holding");
    for (;;) {
        cpu_relax();
    }
}

void main(void)
{
    unsigned n = smp_count() < CPUS ? smp_count() : CPUS;

    if (!strcmp(argument("mode", "churn"), "hold")) {
        hold();
    }
    for (unsigned i = 0; i < n; i++) {
        cpus[i].pages = page_alloc(PAGES);
    }
    end_of_run = tod() + argument_number("seconds", 5) * TOD_SECOND;
    say("# churning");
    smp_call_all(n, churn, NULL);
    for (unsigned i = 0; i < n; i++) {
        ok(cpus[i].changes > 1000, "CPU %u: %lu changes", i, cpus[i].changes);
        ok_eq(cpus[i].bad_states, 0, "CPU %u: every state was as left", i);
        ok_eq(cpus[i].lost, 0, "CPU %u: every stable page held its content",
              i);
    }
}
