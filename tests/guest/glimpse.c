/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg manual=yes */
/*
 * What tests/accel's monitor looks at: all CPUs run, and their condition code
 * is that of another kind of operation every few instructions.
 */
#include "guest.h"

static void spin(void *unused)
{
    (void)unused;
    asm volatile(
        "0:  algr    1,%[many]\n"           /* a carry */
        "   j       1f\n"
        "1:  agr     2,%[minus]\n"          /* operands */
        "   .rept   200\n"
        "   lg      0,0(%[page])\n"
        "   .endr\n"
        "   jo      0b\n"
        "   slgr    1,%[many]\n"            /* a borrow */
        "   j       2f\n"
        "2:  slag    2,%[minus],3\n"        /* an amount */
        "   .rept   200\n"
        "   lg      0,0(%[page])\n"
        "   .endr\n"
        "   jo      0b\n"
        "   j       0b\n"
        : : [many] "d" (1000UL), [minus] "d" (-1UL), [page] "a" (lowcore())
        : "cc", "0", "1", "2", "memory");
}

void main(void)
{
    ok(true, "started");
    for (unsigned n = 1; n < smp_count(); n++) {
        smp_start(n, spin, NULL);
    }
    spin(NULL);
}
