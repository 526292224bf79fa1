/*
 * Random programs for the vCPUs of model-run-test
 *
 * Each instruction leaves its own mark: a counter in memory or a register that
 * only it adds to, or a PSW. So the state of a vCPU is never the same twice
 * while its program runs, and shows what has run, and how often.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_RUN_PROGRAM_H
#define KVM390_API_RUN_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

/* Of CPU @i; each has 64 KiB, the first page of it being its prefix area. */
#define AREA(i)       (0x40000 + 0x10000 * (i))
#define DATA(i)       (AREA(i) + 0x2000)        /* counters and operands */
#define DATA_SIZE     0x1000
#define TARGETS(i)    (AREA(i) + 0x3000)        /* of EX and EXRL */
#define HANDLERS(i)   (AREA(i) + 0x5000)
#define PROGRAM(i)    (AREA(i) + 0x8fce)        /* it crosses into a page */
#define ABSENT        0x10000000ull             /* no memory is there */

#define MAX_PLACES    64

/* What the registers have to hold for them. */
enum { R_LOOPS = 2, R_NOWHERE = 3, R_COUNT = 4, R_AMOUNT = 5, R_OTHER = 7,
       R_SELF = 8, R_ABSENT = 9, R_STATUS = 10, R_TARGETS = 11, R_DATA = 12 };

typedef struct Program {
    uint64_t places[MAX_PLACES];        /* where instructions begin */
    unsigned n;
} Program;

/* What CPU it is for, and what is in it. */
typedef struct ProgramKind {
    unsigned cpu;
    unsigned length;            /* instructions, without the end of the loop */
    bool signals;               /* SIGNAL PROCESSOR */
} ProgramKind;

/**
 * random_below: the next of a series that depends on its seed alone
 * @state: the seed, and where the series is; not 0
 * @n: how many values there are
 */
unsigned random_below(uint64_t *state, unsigned n);

/**
 * make_program: a loop of random instructions
 * @memory: the guest's
 * @kind: what is wanted
 * @state: of random_below()
 * @program: gets the places that it can be begun at
 */
void make_program(uint8_t *memory, const ProgramKind *kind, uint64_t *state,
                  Program *program);

/**
 * handler: an interruption handler that returns
 * @cpu: whose
 * @old: its class, by the old PSW's address
 * @leaves: it exits to user space first
 *
 * Returns its address. It ends the wait that it came from, but for a restart's:
 * that leaves its old PSW as it is.
 */
uint64_t handler(unsigned cpu, unsigned old, bool leaves);

/**
 * make_handlers: write those
 * @memory: the guest's
 * @cpu: whose
 */
void make_handlers(uint8_t *memory, unsigned cpu);

/**
 * make_start: write what is run by the PSW that resets leave
 * @lowcore: a prefix area
 *
 * An exit, again and again.
 */
void make_start(uint8_t *lowcore);

#endif
