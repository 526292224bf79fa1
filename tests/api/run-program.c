/*
 * Random programs for the vCPUs of model-run-test (see the header)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "run-program.h"
#include "run-model.h"

#include <string.h>

#define HANDLER_SIZE 0x40
#define MARKS        0x400      /* from the data: the counters' end */

/* Where in the data things are. */
enum { OLD_MASKS = MARKS, CR0S = MARKS + 0x10, WAITS = MARKS + 0x100 };

typedef struct Maker {
    uint8_t *memory;
    const ProgramKind *kind;
    uint64_t *state;
    uint64_t at;                /* of the next instruction */
    uint64_t target;            /* of the next EXECUTE */
    unsigned marks, waits;
} Maker;

unsigned random_below(uint64_t *state, unsigned n)
{
    /* xorshift64* */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (*state * 0x2545f4914f6cdd1dull >> 33) % n;
}

static void put(uint8_t *to, uint64_t value, unsigned size)
{
    while (size--) {
        to[size] = value;
        value >>= 8;
    }
}

/* --- instructions, right-aligned --- */

typedef struct Code {
    uint64_t bits;
    unsigned size;
} Code;

static Code agsi(unsigned mark, uint8_t amount)
{
    return (Code) { 0xeb000000007a | (uint64_t)amount << 32 |
                    (uint64_t)R_DATA << 28 | (uint64_t)(mark * 8) << 16, 6 };
}

static Code aghi(unsigned r, int16_t amount)
{
    return (Code) { 0xa70b0000 | r << 20 | (uint16_t)amount, 4 };
}

static Code on_data(uint32_t opcode, unsigned offset)
{
    return (Code) { opcode | R_DATA << 12 | offset, 4 };
}

static Code lctlg(unsigned offset)
{
    return (Code) { 0xeb000000002f | (uint64_t)R_DATA << 28 |
                    (uint64_t)offset << 16, 6 };
}

static Code sigp(unsigned to, unsigned order)
{
    return (Code) { 0xae000000 | R_STATUS << 20 | to << 16 | order, 4 };
}

/* --- what a program is made of --- */

static unsigned below(Maker *k, unsigned n)
{
    return random_below(k->state, n);
}

/* A wait that goes on behind the next instruction. */
static Code wait(Maker *k, unsigned ilen)
{
    const unsigned offset = WAITS + 16 * k->waits++;
    uint8_t *psw = k->memory + DATA(k->kind->cpu) + offset;

    put(psw, PSW_BASE | PSW_WAIT | (below(k, 3) ? PSW_EXT : 0), 8);
    put(psw + 8, k->at + ilen, 8);
    return on_data(0xb2b20000, offset);
}

static Code signal_other(Maker *k)
{
    static const uint8_t orders[] = { 1, 2, 3, 5, 6 };

    return sigp(below(k, 4) ? R_OTHER : R_SELF, orders[below(k, 5)]);
}

/* @ilen: that of the EXECUTE it is the target of, or 0. */
static Code plain(Maker *k, unsigned ilen)
{
    switch (below(k, 20)) {
    case 0:
        return (Code) { 0x83000501, 4 };        /* an exit */
    case 1:
        return (Code) { 0x83700044 | below(k, 2) * (0x9c ^ 0x44), 4 };
    case 2:
        return (Code) { 0x0a00 | below(k, 256), 2 };
    case 3:
        return (Code) { 0, 2 };
    case 4:
        return (Code) { 0xe33090000004, 6 };    /* lg 3,0(9): not there */
    case 5:
        return on_data(0xad010000, OLD_MASKS);
    case 6:
        return on_data(0xacfe0000, OLD_MASKS + 1);
    case 7:
        return lctlg(CR0S + 8 * below(k, 2));
    case 8:
        return below(k, 3) ? aghi(R_COUNT, 3) : wait(k, ilen ? ilen : 4);
    case 9:
    case 10:
        if (k->kind->signals) {
            return signal_other(k);
        }
        return aghi(R_COUNT, 5);
    case 11:
    case 12:
        return aghi(R_COUNT, 1);
    default:
        return agsi(k->marks++, 1);
    }
}

static Code target(Maker *k, unsigned ilen, bool *changed)
{
    *changed = false;
    switch (below(k, 8)) {
    case 0:
        return (Code) { 0x44000000, 4 };        /* an execute exception */
    case 1:
    case 2:
        *changed = true;
        return agsi(k->marks++, 0);
    case 3:
        *changed = true;
        return (Code) { 0x0a00, 2 };
    default:
        return plain(k, ilen);
    }
}

/* EX or EXRL of something, which R1's last byte changes or not. */
static Code execute(Maker *k)
{
    const unsigned ilen = below(k, 2) ? 4 : 6;
    bool changed;
    Code code = target(k, ilen, &changed);
    const uint64_t at = k->target;
    const unsigned r1 = changed ? R_AMOUNT : 0;

    put(k->memory + at, code.bits, code.size);
    k->target += 8;
    if (ilen == 4) {
        return (Code) { 0x44000000 | r1 << 20 | R_TARGETS << 12 |
                        (at - TARGETS(k->kind->cpu)), 4 };
    }
    return (Code) { 0xc60000000000 | (uint64_t)r1 << 36 |
                    (uint32_t)((int64_t)(at - k->at) / 2), 6 };
}

void make_program(uint8_t *memory, const ProgramKind *kind, uint64_t *state,
                  Program *program)
{
    const uint64_t start = PROGRAM(kind->cpu);
    Maker k = { memory, kind, state, start, TARGETS(kind->cpu), 1, 0 };
    uint8_t *data = memory + DATA(kind->cpu);
    unsigned i;

    memset(data, 0, DATA_SIZE);
    put(data + CR0S, CR0_RESET, 8);
    put(data + CR0S + 8, CR0_RESET | CR0_EMERGENCY_MASK | CR0_CALL_MASK |
                         CR0_SERVICE_MASK, 8);
    program->n = 0;
    for (i = 0; i < kind->length + 2; i++) {
        Code code = i == kind->length ? aghi(R_LOOPS, 1) :
                    i > kind->length ?
                    (Code) { 0xa7f40000 |
                             (uint16_t)((int64_t)(start - k.at) / 2), 4 } :
                    below(&k, 3) ? plain(&k, 0) : execute(&k);

        put(memory + k.at, code.bits, code.size);
        program->places[program->n++] = k.at;
        k.at += code.size;
    }
}

uint64_t handler(unsigned cpu, unsigned old, bool leaves)
{
    return HANDLERS(cpu) + (old - OLD_RESTART) / 16 * HANDLER_SIZE +
           (leaves ? 0 : 4);
}

void make_handlers(uint8_t *memory, unsigned cpu)
{
    unsigned old, mark = 120;

    for (old = OLD_RESTART; old <= OLD_PROGRAM; old += 16) {
        uint8_t *to = memory + handler(cpu, old, true);

        put(to, 0x83000501, 4);
        put(to + 4, agsi(mark, 1).bits, 6);
        put(to + 10, aghi(R_COUNT, 1).bits, 4);
        if (old != OLD_RESTART) {
            put(to + 14, 0x94fd0000 | (old + 1), 4);    /* no wait */
            to += 4;
        }
        put(to + 14, 0xb2b20000 | old, 4);              /* lpswe */
        mark++;
    }
}

void make_start(uint8_t *lowcore)
{
    put(lowcore, 0x83000501, 4);
    put(lowcore + 4, 0xa7f4fffe, 4);
}
