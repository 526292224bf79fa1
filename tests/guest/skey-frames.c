/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 mem=256 */
/*
 * Large frames: segment- and region-third entries with FC, their ACC and F
 * under access-control validity, LRA and STRAG on them, CRDTE.
 */
#include "guest.h"

#define MIB     0x100000UL
#define GIB     0x40000000UL
#define WINDOW  (4 * GIB)

static uint8_t *block;          /* 1-MiB aligned, 1 MiB */
static uint64_t space;

static uint16_t access(uint8_t key, void *addr, bool store)
{
    pgm_expect();
    if (store) {
        key_store8(key, addr, 1);
    } else {
        key_load8(key, addr);
    }
    return pgm_end();
}

/* Each key that the entry and the storage may have, against access key 3. */
static void test_access_control(const char *name, uint64_t *entry,
                                uint64_t base, uint8_t *virtual)
{
    uint64_t addr = (uint64_t)block + 5 * PAGE_SIZE;
    unsigned wrong_on = 0, wrong_off = 0, wrong_zero = 0, wrong_rc = 0;
    uint8_t *there = virtual + 5 * PAGE_SIZE;

    tap_push("%s", name);
    for (unsigned acc = 2; acc < 5; acc++) {
        for (unsigned f = 0; f < 2; f++) {
            for (unsigned skey = 2; skey < 5; skey++) {
                bool match = acc == 3;

                *entry = base | DTE_ACC_VALID | DTE_ACC(acc) | (f ? DTE_F : 0);
                sske(addr, SKEY_ACC(skey) | SKEY_F);
                ptlb();
                psw_set_as(PSW_PRIMARY);
                wrong_on += access(3, there, true) !=
                            (match ? PGM_NONE : PGM_PROTECTION);
                wrong_on += access(3, there, false) !=
                            (match || !f ? PGM_NONE : PGM_PROTECTION);
                wrong_zero += access(0, there, true) != PGM_NONE;
                dat_off();
                wrong_rc += (iske(addr) & (SKEY_R | SKEY_C)) !=
                            (SKEY_R | SKEY_C);

                *entry = base | DTE_ACC(acc) | (f ? DTE_F : 0);
                sske(addr, SKEY_ACC(skey) | SKEY_F);
                ptlb();
                psw_set_as(PSW_PRIMARY);
                wrong_off += access(3, there, true) !=
                             (skey == 3 ? PGM_NONE : PGM_PROTECTION);
                wrong_off += access(3, there, false) !=
                             (skey == 3 ? PGM_NONE : PGM_PROTECTION);
                dat_off();
            }
        }
    }
    ok_eq(wrong_on, 0, "AV: ACC and F of the entry decide");
    ok_eq(wrong_off, 0, "no AV: the storage key decides");
    ok_eq(wrong_zero, 0, "AV: key 0 may do all");
    ok_eq(wrong_rc, 0, "AV: R and C are those of the storage key");
    *entry = base;
    sske(addr, 0);
    tap_pop();
}

/* STRAG: stores the real address of @addr. */
static uint64_t strag(uint64_t addr)
{
    static uint64_t real;

    asm volatile(".insn sse,0xe50200000000,0(%0),0(%1)"
                 : : "a" (&real), "a" (addr) : "memory");
    return real;
}

static void test_real_addresses(const char *name, uint8_t *virtual)
{
    uint64_t at = (uint64_t)virtual + 0x12345;
    int cc;

    tap_push("%s", name);
    psw_set_as(PSW_PRIMARY);
    ok_eq(lra(at, &cc), (uint64_t)block + 0x12345, "LRAG");
    ok_eq(cc, 0, "LRAG: condition code");
    ok_eq(strag(at), (uint64_t)block + 0x12345, "STRAG");
    dat_off();
    tap_pop();
}

static int crdte(uint64_t *expected, uint64_t new, uint64_t table, uint64_t va)
{
    register uint64_t r2 asm("2") = *expected;
    register uint64_t r3 asm("3") = new;
    register uint64_t r4 asm("4") = table;
    register uint64_t r5 asm("5") = va;
    int cc;

    asm volatile(".insn rrf,0xb98f0000,%%r2,%%r4,%%r0,0\n" CC_GET
                 : [cc] "=d" (cc), "+d" (r2) : "d" (r3), "d" (r4), "d" (r5)
                 : "cc", "memory");
    *expected = r2;
    return cc;
}

static void test_crdte(void)
{
    uint64_t va = 8 * GIB, *pte, expected, new;
    uint8_t *a = page_alloc(1), *b = page_alloc(1);
    int cc;

    tap_push("crdte");
    a[0] = 1;
    b[0] = 2;
    dat_map(space, va, (uint64_t)a, PAGE_SIZE, 0);
    pte = dat_pte(space, va);
    psw_set_as(PSW_PRIMARY);
    ok_eq(*(volatile uint8_t *)va, 1, "before");
    dat_off();
    new = (uint64_t)b;
    expected = 0x7777;
    cc = crdte(&expected, new, (uint64_t)pte & ~0x7ffUL, va);
    ok(cc == 1 && expected == (uint64_t)a && *pte == (uint64_t)a,
       "another entry: loaded, condition code 1");
    cc = crdte(&expected, new, (uint64_t)pte & ~0x7ffUL, va);
    ok(cc == 0 && *pte == new, "equal: replaced, condition code 0");
    psw_set_as(PSW_PRIMARY);
    ok_eq(*(volatile uint8_t *)va, 2, "the TLB does not hide it");
    dat_off();
    tap_pop();
}

void main(void)
{
    uint64_t *entry;
    uint8_t *virtual = (uint8_t *)WINDOW;

    if (!facility(8)) {
        skip_all("no facility 8");
    }
    block = memory_alloc(MIB, MIB);
    space = dat_identity();
    cr_or(0, CR0_EDAT);
    cr_set(1, space);

    dat_map(space, WINDOW, (uint64_t)block, MIB, DAT_LARGE);
    entry = dat_ste(space, WINDOW);
    test_access_control("1-MiB frame", entry, *entry, virtual);
    test_real_addresses("1-MiB frame", virtual);

    if (facility(78)) {
        /* 2 GiB from real 0; the entry of an address without tables. */
        uint64_t frame = 16 * GIB;

        dat_map(space, frame, 0, PAGE_SIZE, 0);
        entry = dat_rte(space, frame);
        *entry = DTE_FC | DTE_TYPE_R3;
        ptlb();
        virtual = (uint8_t *)frame + (uint64_t)block;
        test_access_control("2-GiB frame", entry, *entry, virtual);
        test_real_addresses("2-GiB frame", virtual);
        test_crdte();
    } else {
        tap_skip("2-GiB frames", "no facility 78");
    }
    cr_clear(0, CR0_EDAT);
}
