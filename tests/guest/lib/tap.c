/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#define MAX_PREFIX  8

static char prefix[MAX_PREFIX][48];
static unsigned depth, facts, failed;
static const char *difference;
static struct lock tap_lock;

static void report(bool cond, const char *fmt, va_list ap)
{
    char line[400];
    size_t n;

    lock(&tap_lock);
    if (difference) {
        cond = !cond;
    }
    failed += !cond;
    n = snprintf(line, sizeof(line), "%sok %u - ", cond ? "" : "not ", ++facts);
    for (unsigned i = 0; i < depth; i++) {
        n += snprintf(line + n, sizeof(line) - n, "%s: ", prefix[i]);
    }
    n += vsnprintf(line + n, sizeof(line) - n, fmt, ap);
    if (difference) {
        snprintf(line + n, sizeof(line) - n, " # DIFFERS %s%s", machine_name(),
                 cond ? "" : " no longer");
    }
    console_line(line);
    if (difference) {
        snprintf(line, sizeof(line), "# %s differs: %s", machine_name(),
                 difference);
        console_line(line);
        difference = NULL;
    }
    unlock(&tap_lock);
}

bool ok(bool cond, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(cond, fmt, ap);
    va_end(ap);
    return cond;
}

bool ok_eq(uint64_t actual, uint64_t expected, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(actual == expected, fmt, ap);
    va_end(ap);
    if (actual != expected) {
        tap_note("is %#lx, expected %#lx", actual, expected);
    }
    return actual == expected;
}

bool pgm_ok(uint16_t code, const char *fmt, ...)
{
    uint16_t is = pgm_end();
    struct pgm p = *pgm_last();
    va_list ap;

    va_start(ap, fmt);
    report(is == code, fmt, ap);
    va_end(ap);
    if (is != code) {
        tap_note("interruption %#x (%s), expected %#x (%s)", is, pgm_name(is),
                 code, pgm_name(code));
        if (is) {
            tap_note("PSW %016lx %016lx ilc %u TEID %016lx", p.psw.mask,
                     p.psw.addr, p.ilc, p.teid);
        }
    }
    return is == code;
}

void tap_push(const char *fmt, ...)
{
    va_list ap;

    if (depth == MAX_PREFIX) {
        bail_out("too many prefixes");
    }
    va_start(ap, fmt);
    vsnprintf(prefix[depth++], sizeof(prefix[0]), fmt, ap);
    va_end(ap);
}

void tap_pop(void)
{
    if (!depth) {
        bail_out("tap_pop without tap_push");
    }
    depth--;
}

void tap_note(const char *fmt, ...)
{
    char line[300] = "# ";
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line + 2, sizeof(line) - 2, fmt, ap);
    va_end(ap);
    console_line(line);
}

void tap_skip(const char *what, const char *fmt, ...)
{
    char line[400];
    va_list ap;
    size_t n;

    lock(&tap_lock);
    n = snprintf(line, sizeof(line), "ok %u - ", ++facts);
    for (unsigned i = 0; i < depth; i++) {
        n += snprintf(line + n, sizeof(line) - n, "%s: ", prefix[i]);
    }
    n += snprintf(line + n, sizeof(line) - n, "%s # SKIP ", what);
    va_start(ap, fmt);
    vsnprintf(line + n, sizeof(line) - n, fmt, ap);
    va_end(ap);
    console_line(line);
    difference = NULL;
    unlock(&tap_lock);
}

void tap_known_difference(const char *machine, const char *why)
{
    if (!strcmp(machine, machine_name())) {
        difference = why;
    }
}

void skip_all(const char *fmt, ...)
{
    char line[300];
    size_t n = snprintf(line, sizeof(line), "1..0 # SKIP ");
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line + n, sizeof(line) - n, fmt, ap);
    va_end(ap);
    console_line(line);
    console_line("# end");
    machine_stop(WAIT_DONE);
}

void bail_out(const char *fmt, ...)
{
    char line[300];
    size_t n = snprintf(line, sizeof(line), "Bail out! ");
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line + n, sizeof(line) - n, fmt, ap);
    va_end(ap);
    console_line(line);
    console_line("# end");
    machine_stop(WAIT_DONE);
}

void tap_done(void)
{
    char line[40];

    snprintf(line, sizeof(line), "1..%u", facts);
    console_line(line);
    console_line("# end");
    machine_stop(WAIT_DONE);
}
