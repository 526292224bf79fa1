/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SSKE and RRBE on a page that three other CPUs use all the time, and (-own) on
 * one that only this CPU stores to, while the others run.
 */
#include "guest.h"

#define TIMES   3000

static uint64_t *page, *own;
static uint32_t finished;

static void use_page(void *unused)
{
    volatile uint64_t *p = page + smp_number();

    while (!READ_ONCE(finished)) {
        *p = *p + 1;
    }
}

static void measure(const char *name, uint64_t *at, bool rrbe_it)
{
    uint64_t start = tod();

    for (unsigned i = 0; i < TIMES; i++) {
        if (rrbe_it) {
            rrbe((uint64_t)at);
        } else {
            sske((uint64_t)at, 0);
        }
        *(volatile uint64_t *)at = i;
    }
    tap_note("bench %s %lu ns/op", name,
             (tod() - start) * 1000 / 4096 / TIMES);
}

void main(void)
{
    page = page_alloc(1);
    own = page_alloc(1);
    for (unsigned n = 1; n < smp_count(); n++) {
        smp_start(n, use_page, NULL);
    }
    for (unsigned time = 0; time < 3; time++) {
        measure("sske", page, false);
        measure("rrbe", page, true);
        measure("sske-own", own, false);
        measure("rrbe-own", own, true);
    }
    WRITE_ONCE(finished, 1);
    for (unsigned n = 1; n < smp_count(); n++) {
        smp_wait(n);
    }
}
