/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LCTLG of register 1 twice, to another space and back, in the home space: what
 * each system call and interruption of Linux up to 6.12 does.
 */
#include "guest.h"

#define TIMES   20000

static uint64_t spaces[2];

static void pairs(uint64_t unused)
{
    for (unsigned i = 0; i < TIMES; i++) {
        cr_set(1, spaces[1]);
        cr_set(1, spaces[0]);
    }
}

void main(void)
{
    spaces[0] = dat_identity();
    spaces[1] = dat_identity();
    cr_set(13, dat_identity());
    for (unsigned time = 0; time < 3; time++) {
        uint64_t start = tod(), ps;

        call_under(PSW_LIBRARY | PSW_DAT | PSW_HOME, pairs, 0);
        ps = (tod() - start) * 1000000 / 4096 / TIMES;
        tap_note("bench cr1-pair %lu.%03lu ns/pair", ps / 1000, ps % 1000);
    }
}
