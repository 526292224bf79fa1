/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 hercules=1,2 */
/*
 * PERFORM LOCKED OPERATION: every function with every condition code, its
 * exceptions, access keys, and counters that several CPUs advance by it.
 */
#include "guest.h"

#define TEST    0x100

enum { CL, CS, DCS, CSST, CSDST, CSTST, KINDS };

static const char *const kinds[] = {
    "CL", "CS", "DCS", "CSST", "CSDST", "CSTST"
};
static const char *const forms[] = { "", "G", "GR", "X" };

struct places {
    uint8_t second[16];
    uint8_t fourth[16], sixth[16], eighth[16];
    uint8_t list[160];
};

static struct places *at;

/* With PSW key @key. GRs 2 to 5 are R1, R1 + 1, R3, R3 + 1; returns the cc. */
static unsigned plo_key(unsigned key, uint64_t gr0, uint64_t gr[4],
                        void *second, void *other)
{
    register uint64_t r0 asm("0") = gr0;
    register uint64_t r1 asm("1") = 0x1000;
    register uint64_t r2 asm("2") = gr[0];
    register uint64_t r3 asm("3") = gr[1];
    register uint64_t r4 asm("4") = gr[2];
    register uint64_t r5 asm("5") = gr[3];
    unsigned cc;

    asm volatile(
        "   spka    0(%[key])\n"
        "   plo     %%r2,0(%[second]),%%r4,0(%[other])\n"
        CC_GET
        "   spka    0\n"
        : [cc] "=d" (cc), "+d" (r2), "+d" (r3), "+d" (r4), "+d" (r5)
        : "d" (r0), "d" (r1), [second] "a" (second), [other] "a" (other),
          [key] "a" (key << 4)
        : "cc", "memory");
    gr[0] = r2;
    gr[1] = r3;
    gr[2] = r4;
    gr[3] = r5;
    return cc;
}

static unsigned plo(uint64_t gr0, uint64_t gr[4], void *second, void *other)
{
    return plo_key(0, gr0, gr, second, other);
}

/* A value of @size bytes whose bytes tell what it is. */
static void put(uint8_t *to, unsigned size, uint8_t tag)
{
    for (unsigned i = 0; i < size; i++) {
        to[i] = tag + i;
    }
}

static bool is(const uint8_t *at, unsigned size, uint8_t tag)
{
    for (unsigned i = 0; i < size; i++) {
        if (at[i] != (uint8_t)(tag + i)) {
            return false;
        }
    }
    return true;
}

/* The same in a register, at the right; the left half of 4 bytes is 0xee. */
static uint64_t reg(unsigned size, uint8_t tag)
{
    uint64_t value = size == 4 ? 0xeeeeeeee : 0;

    for (unsigned i = 0; i < size && size < 16; i++) {
        value = value << 8 | (uint8_t)(tag + i);
    }
    return value;
}

enum { OLD2 = 0x10, OLD4 = 0x30, OLD6 = 0x50, OLD8 = 0x70, NEW2 = 0x90,
       NEW4 = 0xb0, NEW6 = 0xd0, NEW8 = 0xf0, OTHER = 0x07 };

static uint8_t *listed(unsigned place, unsigned size)
{
    return at->list + (place + 1) * 16 - size;
}

/* @cc: what it is to come to */
static void function(unsigned code, unsigned cc)
{
    unsigned kind = code / 4, form = code % 4;
    unsigned size = form == 0 ? 4 : form == 3 ? 16 : 8;
    bool values = form & 1, list = values || kind >= CSDST;
    uint8_t first = cc == 1 ? OTHER : OLD2, third = cc == 2 ? OTHER : OLD4;
    uint64_t gr[4] = {
        reg(size, first), reg(size, NEW2),
        reg(size, kind == DCS ? third : NEW4), reg(size, NEW4),
    };
    bool done = cc == 0;
    unsigned got;

    memset(at, 0, sizeof(*at));
    put(at->second, size, OLD2);
    put(at->fourth, size, OLD4);
    put(at->sixth, size, OLD6);
    put(at->eighth, size, OLD8);
    put(listed(0, size), size, first);
    put(listed(1, size), size, NEW2);
    put(listed(2, size), size, third);
    put(listed(3, size), size, NEW4);
    put(listed(5, size), size, NEW6);
    put(listed(7, size), size, NEW8);
    *(uint64_t *)(at->list + 72) = (uint64_t)at->fourth;
    *(uint64_t *)(at->list + 104) = (uint64_t)at->sixth;
    *(uint64_t *)(at->list + 136) = (uint64_t)at->eighth;

    got = plo(code, gr, at->second, list ? at->list : at->fourth);
    ok_eq(got, cc, "%s%s: cc %u", kinds[kind], forms[form], cc);
    ok(is(at->second, size, done && kind != CL ? NEW2 : OLD2) &&
       is(at->fourth, size, done && kind >= DCS ? NEW4 : OLD4) &&
       is(at->sixth, size, done && kind >= CSDST ? NEW6 : OLD6) &&
       is(at->eighth, size, done && kind >= CSTST ? NEW8 : OLD8),
       "%s%s: storage", kinds[kind], forms[form]);
    if (values) {
        ok(is(listed(0, size), size, cc == 1 ? OLD2 : first) &&
           is(listed(2, size), size, cc == 2 || (done && kind == CL)
              ? OLD4 : third),
           "%s%s: the list", kinds[kind], forms[form]);
    } else {
        ok(gr[0] == reg(size, cc == 1 ? OLD2 : first) &&
           gr[2] == reg(size, cc == 2 || (done && kind == CL) ? OLD4 :
                        kind == DCS ? third : NEW4),
           "%s%s: the registers", kinds[kind], forms[form]);
    }
}

static void test_functions(void)
{
    uint64_t gr[4] = { 0 };

    for (unsigned code = 0; code < 4 * KINDS; code++) {
        ok_eq(plo(TEST | code, gr, at->second, at->list), 0,
              "function %u is there", code);
        function(code, 0);
        function(code, 1);
        if (code / 4 == DCS) {
            function(code, 2);
        }
    }
    ok_eq(plo(TEST | 24, gr, at->second, at->list), 3, "function 24 is not");
    ok_eq(plo(TEST | 255, gr, at->second, at->list), 3, "nor is 255");
}

static void refused(uint64_t gr0, unsigned code, unsigned offset,
                    unsigned list_offset, const char *what)
{
    uint64_t gr[4] = { 0 };

    memset(at, 0, sizeof(*at));
    *(uint64_t *)(at->list + 72) = (uint64_t)at->fourth + 4;
    pgm_expect();
    plo(gr0 | code, gr, at->second + offset, at->list + list_offset);
    pgm_ok(PGM_SPECIFICATION, "%s", what);
}

static void test_exceptions(void)
{
    refused(0, 24, 0, 0, "an unknown function");
    refused(0x200, 0, 0, 0, "bits that have to be zero");
    refused(0, 0, 2, 0, "the second operand is not aligned: 4 bytes");
    refused(0, 2, 4, 0, "8 bytes");
    refused(0, 3, 8, 0, "16 bytes");
    refused(0, 5, 0, 4, "the list is not aligned");
    refused(0, 9, 0, 0, "the fourth operand is not aligned");
}

/* All operands are accessed with the PSW key. */
static void test_keys(void)
{
    uint8_t *page = page_alloc(1);
    uint64_t gr[4] = { 0, 1, 2, 3 };

    memset(page, 0, 4096);
    sske((uint64_t)page, SKEY_ACC(3));
    pgm_expect();
    plo_key(4, 6, gr, page, page);
    pgm_ok(PGM_PROTECTION, "a store under another key");
    ok_eq(*(uint64_t *)page, 0, "is not done");
    ok_eq(plo_key(3, 6, gr, page, page), 0, "under the page's own key");
    ok_eq(*(uint64_t *)page, 1, "it is");
}

#define TURNS   2000

/* Two counters that go together, by double compare and swap. */
static void advance(void *unused)
{
    for (unsigned i = 0; i < TURNS; i++) {
        uint64_t gr[4] = {
            *(volatile uint64_t *)at->second, 0,
            *(volatile uint64_t *)at->fourth, 0,
        };

        do {
            gr[1] = gr[0] + 1;
            gr[3] = gr[2] + 2;
        } while (plo(10, gr, at->second, at->fourth));
    }
}

static void test_concurrency(void)
{
    unsigned n = smp_count();

    memset(at, 0, sizeof(*at));
    smp_call_all(n, advance, NULL);
    ok_eq(*(uint64_t *)at->second, n * TURNS, "no step of one is lost");
    ok_eq(*(uint64_t *)at->fourth, 2 * n * TURNS, "nor of the other");
}

void main(void)
{
    at = page_alloc(1);
    tap_push("functions");
    test_functions();
    tap_pop();
    tap_push("exceptions");
    test_exceptions();
    tap_pop();
    tap_push("concurrency");
    test_concurrency();
    tap_pop();
    tap_push("keys");
    test_keys();
    tap_pop();
}
