/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test Anything Protocol: one line a fact. Callable from any CPU in the
 * supervisor state, whatever DAT, key and address space are.
 */
#ifndef GUEST_TAP_H
#define GUEST_TAP_H

#include "types.h"

/* Reports a fact under the current prefix; returns @cond. */
bool ok(bool cond, const char *fmt, ...) printf_like(2, 3);

/* The fact that @actual == @expected; shows both if not. */
bool ok_eq(uint64_t actual, uint64_t expected, const char *fmt, ...)
    printf_like(3, 4);

/* Ends pgm_expect(); the fact that the interruption was @code (0: none). */
bool pgm_ok(uint16_t code, const char *fmt, ...) printf_like(2, 3);

/* A prefix for the facts that follow: "ok 3 - sske: cond: ...". */
void tap_push(const char *fmt, ...) printf_like(1, 2);
void tap_pop(void);

/* "# ..." */
void tap_note(const char *fmt, ...) printf_like(1, 2);

/* A fact that cannot be looked at here, and why. */
void tap_skip(const char *what, const char *why_fmt, ...) printf_like(2, 3);

/*
 * tap_known_difference - the next fact does not hold on @machine
 * @machine: "hercules", "tcg" or "kvm390"; elsewhere the call does nothing
 * @why: who is right and the source that says so
 *
 * The next fact then has to fail: it counts as a known difference, and as a
 * failure if it holds after all (take the note out).
 */
void tap_known_difference(const char *machine, const char *why);

/* Nothing of the program applies here: "1..0 # SKIP why", ends it. */
noreturn void skip_all(const char *fmt, ...) printf_like(1, 2);

/* The test cannot go on. */
noreturn void bail_out(const char *fmt, ...) printf_like(1, 2);

/* Prints the plan and ends the program (returning from main() does). */
noreturn void tap_done(void);

#endif
