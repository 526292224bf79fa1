/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LCTLG of register 1 twice, to another space and back, in the home space:
 * what each system call and interruption of Linux up to 6.12 does; and with a
 * load in the space between, as of a process (process).
 */
#include "guest.h"

#define TIMES   20000

static uint64_t spaces[2];

/* Executes in the primary space, as a process does. */
static void visit_primary(void)
{
    asm volatile(
        "   sacf    0\n"
        "   lg      0,0(%0)\n"
        "   sacf    0x300\n"
        : : "a" (spaces) : "0", "memory");
}

static void pairs(uint64_t unused)
{
    for (unsigned i = 0; i < TIMES; i++) {
        cr_set(1, spaces[1]);
        cr_set(1, spaces[0]);
    }
}

/* Entry to a kernel and exit from it. */
static void trips_of_process(uint64_t unused)
{
    for (unsigned i = 0; i < TIMES; i++) {
        visit_primary();
        cr_set(1, spaces[1]);
        cr_set(1, spaces[0]);
    }
}

static void time_of(const char *name, void (*fn)(uint64_t))
{
    uint64_t start = tod(), ps;

    call_under(PSW_LIBRARY | PSW_DAT | PSW_HOME, fn, 0);
    ps = (tod() - start) * 1000000 / 4096 / TIMES;
    tap_note("bench %s %lu.%03lu ns/pair", name, ps / 1000, ps % 1000);
}

void main(void)
{
    spaces[0] = dat_identity();
    spaces[1] = dat_identity();
    cr_set(13, dat_identity());
    cr_set(1, spaces[0]);
    cr_or(0, CR0_SECONDARY_SPACE);
    for (unsigned time = 0; time < 3; time++) {
        time_of("cr1-pair", pairs);
        time_of("process", trips_of_process);
    }
}
