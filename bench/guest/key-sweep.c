/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key instructions over 128 MiB that no TLB holds, and the loop without
 * them (included in the other figures).
 */
#include "guest.h"

#define PAGES   32768

static uint64_t first;

#define SWEEP(name, insn) do {                                              \
    for (unsigned time = 0; time < 3; time++) {                             \
        uint64_t start = tod(), addr = first, n = PAGES, ps;                \
                                                                            \
        asm volatile(                                                       \
            "   lghi    1,0x30\n"                                           \
            "1: " insn "\n"                                                 \
            "   aghi    %[addr],4096\n"                                     \
            "   brctg   %[n],1b\n"                                          \
            : [addr] "+a" (addr), [n] "+d" (n) : : "1", "2", "cc", "memory"); \
        ps = (tod() - start) * 1000000 / 4096 / PAGES;                      \
        tap_note("bench %s %lu.%03lu ns/op", name, ps / 1000, ps % 1000);   \
    }                                                                       \
} while (0)

void main(void)
{
    first = ALIGN_UP(memory_free(), PAGE_SIZE);
    if (first + PAGES * PAGE_SIZE > memory_size()) {
        bail_out("main storage is too small");
    }
    SWEEP("loop", "lgr 2,1");
    SWEEP("sske", "sske 1,%[addr]");
    SWEEP("rrbe", "rrbe 0,%[addr]");
    SWEEP("iske", "iske 2,%[addr]");
}
