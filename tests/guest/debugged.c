/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg manual=yes */
/*
 * What tests/accel's debugger looks at: it waits until the debugger opens the
 * gate, meets a breakpoint, and has three instructions to step through.
 */
#include "guest.h"

volatile uint64_t gate;
volatile uint64_t watched;

asm("meet:\n"
    "   lghi    %r1,1\n"
    "   sllg    %r1,%r1,4\n"
    "   agr     %r2,%r1\n"
    "   br      %r14\n");
uint64_t meet(uint64_t value);

void main(void)
{
    uint64_t result;

    ok(true, "started");
    while (!gate) {
        cpu_relax();
    }
    ok_eq(gate, 0x0123456789abcdef, "the debugger opened the gate");
    result = meet(0x1000);
    ok_eq(result, 0x2010, "the debugger changed register 2");
    watched = 42;
    ok_eq(watched, 42, "the watched variable");
}
