/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SSKE and RRBE on a page that three other CPUs use all the time.
 */
#include "guest.h"

#define TIMES   3000

static uint64_t *page;
static uint32_t finished;

static void use_page(void *unused)
{
    volatile uint64_t *p = page + smp_number();

    while (!READ_ONCE(finished)) {
        *p = *p + 1;
    }
}

static void report(const char *name, uint64_t start)
{
    uint64_t ns = (tod() - start) * 1000 / 4096 / TIMES;

    tap_note("bench %s %lu ns/op", name, ns);
}

void main(void)
{
    page = page_alloc(1);
    for (unsigned n = 1; n < smp_count(); n++) {
        smp_start(n, use_page, NULL);
    }
    for (unsigned time = 0; time < 3; time++) {
        uint64_t start = tod();

        for (unsigned i = 0; i < TIMES; i++) {
            sske((uint64_t)page, 0);
            *(volatile uint64_t *)page = i;
        }
        report("sske", start);
        start = tod();
        for (unsigned i = 0; i < TIMES; i++) {
            rrbe((uint64_t)page);
            *(volatile uint64_t *)page = i;
        }
        report("rrbe", start);
    }
    WRITE_ONCE(finished, 1);
    for (unsigned n = 1; n < smp_count(); n++) {
        smp_wait(n);
    }
}
