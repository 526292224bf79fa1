/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1 manual=yes args=seconds=1 */
/*
 * A guest that is saved and restored, or migrated, while a condition code is
 * set: a loop that leaves it alone takes nearly all of the time.
 */
#include "guest.h"

#define ROUNDS  50000000UL

static unsigned keep(unsigned cc)
{
    /* TEST UNDER MASK: all zeros, mixed with a 0 first, with a 1, all ones. */
    static const uint64_t value[] = { 0, 1, 2, 3 };
    uint64_t rounds = ROUNDS;
    unsigned found;

    asm volatile("   tmll %[value],3\n"
                 "0: brctg %[rounds],0b\n"
                 CC_GET
                 : [cc] "=d" (found), [rounds] "+d" (rounds)
                 : [value] "d" (value[cc])
                 : "cc");
    return found;
}

void main(void)
{
    uint64_t end = tod() + argument_number("seconds", 1) * TOD_SECOND;
    unsigned wrong = 0;

    tap_note("keeping condition codes");
    tap_note("for %lu seconds", argument_number("seconds", 1));
    while (tod() < end) {
        for (unsigned cc = 1; cc < 4; cc++) {
            wrong += keep(cc) != cc;
        }
    }
    ok_eq(wrong, 0, "each condition code stayed");
}
