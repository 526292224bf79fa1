/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's execution by SIE: 100 instructions and an interception, with
 * control register 1 exchanged around it, as Linux does up to 6.12
 * (exchange=1), or the guest's all the time (exchange=0); and a process and
 * its kernel, as in lctl.c, on a CPU that has executed SIE. The host runs in
 * its home space.
 */
#include "sie.h"

#define TIMES   5000
#define PAIRS   20000

static struct vm *vm;
static uint64_t spaces[2];
static bool exchange;

static void trips(uint64_t unused)
{
    for (unsigned i = 0; i < TIMES; i++) {
        vm->block->gpsw.addr = VM_CODE;
        vm->block->icptcode = 0;
        if (exchange) {
            cr_set(1, vm->space);
        }
        sie_enter(vm->block, vm->gr);
        if (exchange) {
            cr_set(1, spaces[0]);
        }
        i -= !vm->block->icptcode;
    }
}

/* Executes in the primary space, as a process does. */
static void visit_primary(void)
{
    asm volatile(
        "   sacf    0\n"
        "   lg      0,0(%0)\n"
        "   sacf    0x300\n"
        : : "a" (spaces) : "0", "memory");
}

/* Entry to a kernel and exit from it. */
static void trips_of_process(uint64_t unused)
{
    for (unsigned i = 0; i < PAIRS; i++) {
        visit_primary();
        cr_set(1, spaces[1]);
        cr_set(1, spaces[0]);
    }
}

static void time_of(const char *name, void (*fn)(uint64_t), unsigned times)
{
    uint64_t start = tod(), ps;

    call_under(PSW_LIBRARY | PSW_DAT | PSW_HOME, fn, 0);
    ps = (tod() - start) * 1000000 / 4096 / times;
    tap_note("bench %s %lu.%03lu ns/pair", name, ps / 1000, ps % 1000);
}

void main(void)
{
    static uint8_t code[400];       /* 100 times LA 1,0 */

    for (unsigned i = 0; i < sizeof(code); i += 4) {
        code[i] = 0x41;
        code[i + 1] = 0x10;
    }
    exchange = argument_number("exchange", 1);
    vm = vm_new();
    vm_code(vm, code, sizeof(code));
    spaces[0] = dat_identity();
    spaces[1] = dat_identity();
    cr_set(13, dat_identity());
    cr_or(0, CR0_SECONDARY_SPACE);
    cr_set(1, exchange ? spaces[0] : vm->space);
    for (unsigned time = 0; time < 3; time++) {
        time_of("round-trip", trips, TIMES);
    }
    cr_set(1, spaces[0]);
    for (unsigned time = 0; time < 3; time++) {
        time_of("process", trips_of_process, PAIRS);
    }
}
