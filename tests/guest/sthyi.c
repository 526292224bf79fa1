/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1 */
/* guest-test: accel=kvm390 cpu=max,sthyi=off */
/*
 * STORE HYPERVISOR INFORMATION: what it stores, and what it refuses, in the
 * order of Linux's handle_sthyi(). Without facility 74 it is no instruction.
 */
#include "guest.h"

#define BEFORE 0xddUL

static uint8_t *page;


/* GRs 2 and 4 as the operands; returns the cc. */
static unsigned sthyi(uint64_t function, uint64_t addr, uint64_t *rc)
{
    register uint64_t r2 asm("2") = function;
    register uint64_t r4 asm("4") = addr;
    register uint64_t r5 asm("5") = BEFORE;
    unsigned cc;

    asm volatile(".insn rre,0xb2560000,%%r2,%%r4\n"
                 CC_GET
                 : [cc] "=d" (cc), "+d" (r5)
                 : "d" (r2), "d" (r4)
                 : "cc", "memory");
    *rc = r5;
    return cc;
}

static void refused(const char *what, uint64_t function, uint64_t addr)
{
    uint64_t rc;

    pgm_expect();
    sthyi(function, addr, &rc);
    pgm_ok(PGM_SPECIFICATION, "%s: specification exception", what);
}

static void run_stsi(void *at)
{
    register uint64_t r0 asm("0") = 0x10000001;
    register uint64_t r1 asm("1") = 1;

    asm volatile("stsi 0(%[at])"
                 : : "d" (r0), "d" (r1), [at] "a" (at) : "cc", "memory");
}

static unsigned halfword(unsigned at)
{
    return page[at] << 8 | page[at + 1];
}

static void test_information(void)
{
    uint8_t *sysib = page_alloc(1);
    unsigned machine;
    uint64_t rc;

    memset(page, 0xff, PAGE_SIZE);
    ok_eq(sthyi(0, (uint64_t)page, &rc), 0, "function 0: cc 0");
    ok_eq(rc, 0, "and return code 0");
    ok_eq(halfword(8), halfword(16) + halfword(18),
          "its length is where the last section ends");
    machine = halfword(12);
    ok_eq(page[machine + 2], 0x40, "the machine's identity is valid");
    run_stsi(sysib);
    ok(!memcmp(page + machine + 20, sysib + 48, 4),
       "the type is that of STSI 1.1.1");
    ok(!memcmp(page + machine + 24, sysib + 32, 16),
       "and so is the manufacturer");
    ok_eq(page[PAGE_SIZE - 1], 0, "the whole page is stored");
}

static void test_operands(void)
{
    uint64_t rc;

    ok_eq(sthyi(1, (uint64_t)page + 8, &rc), 3, "function 1: cc 3");
    ok_eq(rc, 4, "and return code 4");
    refused("an address within a page", 0, (uint64_t)page + 8);
    pgm_expect();
    asm volatile(".insn rre,0xb2560000,%%r2,%%r3" : : : "cc", "memory");
    pgm_ok(PGM_SPECIFICATION, "an odd register: specification exception");
    pgm_expect();
    asm volatile(".insn rre,0xb2560000,%%r2,%%r2" : : : "cc", "memory");
    pgm_ok(PGM_SPECIFICATION, "one register twice: specification exception");
    pgm_expect();
    sthyi(0, 1UL << 45, &rc);
    pgm_ok(PGM_ADDRESSING, "no memory there: addressing exception");
}

static void in_problem_state(uint64_t addr)
{
    uint64_t rc;

    sthyi(0, addr, &rc);
}

void main(void)
{
    uint64_t rc;

    page = page_alloc(1);
    if (!facility(74)) {
        pgm_expect();
        sthyi(0, (uint64_t)page, &rc);
        pgm_ok(PGM_OPERATION, "without facility 74: operation exception");
        return;
    }
    test_information();
    test_operands();
    ok_eq(call_under(PSW_LIBRARY | PSW_PROBLEM, in_problem_state,
                     (uint64_t)page), 0, "the problem state may use it");
}
