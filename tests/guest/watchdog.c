/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 manual=yes */
/*
 * A guest for tests/vmm: it arms the watchdog, DIAGNOSE 0x288, for the
 * shortest time there is, and does not come back to it.
 */
#include "guest.h"

#define SHORTEST 15 /* seconds */

void main(void)
{
    register uint64_t function asm("2") = 0; /* initialize */
    register uint64_t seconds asm("3") = SHORTEST;
    register uint64_t action asm("4") = 0;   /* restart */
    register uint64_t length asm("5") = 0;
    uint64_t end;

    asm volatile("diag %0,%2,0x288"
                 : "+d" (function), "+d" (seconds)
                 : "d" (action), "d" (length) : "cc", "memory");
    ok(true, "the watchdog is armed");
    for (end = tod() + 60 * TOD_SECOND; tod() < end; ) {
        cpu_relax();
    }
    ok(false, "it bites");
}
