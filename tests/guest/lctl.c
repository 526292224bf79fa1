/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1 mem=64 */
/*
 * A kernel in the home space that loads control register 1 at each entry and
 * exit, as Linux does. tests/accel counts what the emulator purges for it.
 */
#include "guest.h"

#define WINDOW  0x40000000UL
#define TIMES   1000

static uint64_t spaces[2];
static volatile uint64_t *const window = (uint64_t *)WINDOW;
static uint64_t wrong;

static void in_home(uint64_t unused)
{
    for (unsigned n = 0; n < TIMES; n++) {
        cr_set(1, spaces[n & 1]);
    }
}

static uint64_t seven(void)
{
    return 7;
}

/* The primary space's code, then the home space's, in turn. */
static void in_both(uint64_t unused)
{
    for (unsigned n = 0; n < TIMES; n++) {
        cr_set(1, spaces[1]);
        cr_set(1, spaces[0]);
        psw_set_as(PSW_PRIMARY);
        wrong += window[0] != 100 || seven() != 7;
        psw_set_as(PSW_HOME);
    }
}

void main(void)
{
    for (unsigned n = 0; n < 2; n++) {
        uint64_t *frame = memory_alloc(PAGE_SIZE, PAGE_SIZE);

        frame[0] = 100 + n;
        spaces[n] = dat_identity();
        dat_map(spaces[n], WINDOW, (uint64_t)frame, PAGE_SIZE, 0);
    }
    cr_set(13, dat_identity());
    ok_eq(call_under(PSW_LIBRARY | PSW_DAT | PSW_HOME, in_home, 0), 0,
          "register 1 is loaded in the home space");
    ok_eq(call_under(PSW_LIBRARY | PSW_DAT | PSW_HOME, in_both, 0), 0,
          "and the primary space is used between");
    ok_eq(wrong, 0, "which is always the one loaded");
}
