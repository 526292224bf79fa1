/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=tcg smp=1 */
/*
 * Under tcg the machine is QEMU 10.0's: none of what kvm390 adds shows. Each
 * of these facts is another one under kvm390, which the programs on storage
 * keys and page states look at.
 */
#include "guest.h"

static uint8_t *page;

static void test_instructions(void)
{
    uint64_t addr = (uint64_t)page;

    tap_push("no instruction of kvm390");
    pgm_expect();
    essa(addr, ESSA_GET);
    pgm_ok(PGM_OPERATION, "ESSA");
    pgm_expect();
    pfmf(PFMF_SK | 0x30, addr);
    pgm_ok(PGM_OPERATION, "PFMF");
    pgm_expect();
    rrbm(addr);
    pgm_ok(PGM_OPERATION, "RRBM");
    pgm_expect();
    irbm(addr);
    pgm_ok(PGM_OPERATION, "IRBM");
    pgm_expect();
    asm volatile("diag %0,%0,0x10" : : "r" (addr) : "memory");
    pgm_ok(PGM_SPECIFICATION, "DIAG 10");
    tap_pop();
}

static void test_facilities(void)
{
    static const struct { uint8_t nr; const char *name; } absent[] = {
        { 8, "EDAT-1" }, { 10, "conditional SSKE" },
        { 14, "nonquiescing key setting" }, { 66, "RRBM" },
        { 145, "IRBM" }, { 147, "CMM no-DAT" },
    };

    tap_push("no facility of kvm390");
    for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
        ok(!facility(absent[i].nr), "%s", absent[i].name);
    }
    tap_pop();
}

static void test_keys(void)
{
    uint64_t addr = (uint64_t)page;

    tap_push("keys are kept but not enforced");
    sske(addr, SKEY_ACC(3) | SKEY_F);
    ok_eq(iske(addr) & ~(SKEY_R | SKEY_C), SKEY_ACC(3) | SKEY_F, "ISKE");
    pgm_expect();
    key_store8(4, page, 0x55);
    pgm_ok(PGM_NONE, "a store under another key");
    ok_eq(page[0], 0x55, "is done");
    pgm_expect();
    key_load8(4, page);
    pgm_ok(PGM_NONE, "a fetch under another key");
    sske(addr, 0);
    tap_pop();
}

void main(void)
{
    page = page_alloc(1);
    test_instructions();
    test_facilities();
    test_keys();
}
