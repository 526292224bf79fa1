/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Program interruptions.
 *
 *     pgm_expect();
 *     store_byte(addr, 1);
 *     pgm_ok(PGM_PROTECTION, "store is refused");
 *
 * Between pgm_expect() and pgm_end() (or pgm_ok(), which ends it too) an
 * interruption on this CPU is recorded - code, TEID, instruction length, old
 * PSW - and the CPU goes on behind the instruction: at the old PSW's
 * address, or, for the interruptions that nullify, at that plus the
 * instruction length. Where that cannot be right (instruction fetch, a
 * specification exception by the PSW) pgm_resume_at() names the place, or
 * call_under() is used. A second interruption overwrites the record and
 * counts. One outside pgm_expect() is reported and ends the program.
 */
#ifndef GUEST_PGM_H
#define GUEST_PGM_H

#include "lowcore.h"

#define PGM_NONE                    0x00
#define PGM_OPERATION               0x01
#define PGM_PRIVILEGED              0x02
#define PGM_EXECUTE                 0x03
#define PGM_PROTECTION              0x04
#define PGM_ADDRESSING              0x05
#define PGM_SPECIFICATION           0x06
#define PGM_DATA                    0x07
#define PGM_FIXED_OVERFLOW          0x08
#define PGM_FIXED_DIVIDE            0x09
#define PGM_SEGMENT_TRANSLATION     0x10
#define PGM_PAGE_TRANSLATION        0x11
#define PGM_TRANSLATION_SPEC        0x12
#define PGM_SPECIAL_OPERATION       0x13
#define PGM_OPERAND                 0x15
#define PGM_SPACE_SWITCH            0x1c
#define PGM_ALET_SPECIFICATION      0x28
#define PGM_ALEN_TRANSLATION        0x29
#define PGM_ALE_SEQUENCE            0x2a
#define PGM_ASTE_VALIDITY           0x2b
#define PGM_ASTE_SEQUENCE           0x2c
#define PGM_EXTENDED_AUTHORITY      0x2d
#define PGM_ASCE_TYPE               0x38
#define PGM_REGION_FIRST            0x39
#define PGM_REGION_SECOND           0x3a
#define PGM_REGION_THIRD            0x3b
#define PGM_MONITOR                 0x40

/* TEID bits (big-endian bit numbers as in the PoP). */
#define TEID_BIT(n)     (1UL << (63 - (n)))
#define TEID_ADDR       (~0xfffUL)
#define TEID_FSI        (3UL << 10)         /* bits 52-53: 01 store, 10 fetch */
#define TEID_STORE      (1UL << 10)
#define TEID_FETCH      (2UL << 10)
#define TEID_AS         3UL                 /* bits 62-63 */

static inline void pgm_expect(void)
{
    struct pgm *p = &lowcore()->pgm;

    p->code = 0;
    p->count = 0;
    p->teid = 0;
    p->resume = 0;
    p->armed = true;
    asm volatile("" : : : "memory");
}

/* For the expected interruption: go on at @where instead. */
static inline void pgm_resume_at(const void *where)
{
    lowcore()->pgm.resume = (uint64_t)where;
    asm volatile("" : : : "memory");
}

/* Ends the expectation; the code of the last interruption, 0 if none. */
static inline uint16_t pgm_end(void)
{
    asm volatile("" : : : "memory");
    lowcore()->pgm.armed = false;
    return lowcore()->pgm.code;
}

/* The record of this CPU's last interruption. */
static inline const struct pgm *pgm_last(void)
{
    return &lowcore()->pgm;
}

/* "protection", ...; never NULL. */
const char *pgm_name(uint16_t code);

/*
 * External and I/O interruptions are recorded whenever the PSW and CR0/CR6
 * admit them. An interruption of a class closes the class in the PSW that is
 * resumed and ends a wait, so that one window takes one interruption.
 */
static inline void ext_clear(void)
{
    lowcore()->ext = (struct ext) { 0 };
}

static inline void io_clear(void)
{
    lowcore()->io = (struct io) { 0 };
}

/* Opens external interruptions for one instruction. */
static inline void ext_window(void)
{
    uint8_t old;

    asm volatile("stosm %0,0x01\n   stnsm %0,0xfe" : "=Q" (old) : : "memory");
}

#endif
