/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 hercules=1 */
/*
 * The storage-key instructions: what they set, return and refuse.
 */
#include "guest.h"

#define PAGES   512             /* two 1-MiB blocks */
#define MIB     0x100000UL
#define OUTSIDE (memory_size() + MIB)

static uint8_t *block;          /* 1-MiB aligned, PAGES pages */

static uint64_t page_addr(unsigned n)
{
    return (uint64_t)block + n * PAGE_SIZE;
}

static void test_sske_iske(void)
{
    unsigned wrong = 0;

    tap_push("sske");
    for (unsigned key = 0; key < 256; key++) {
        sske(page_addr(key), key);
    }
    for (unsigned key = 0; key < 256; key++) {
        wrong += iske(page_addr(key)) != (key & 0xfe);
    }
    ok_eq(wrong, 0, "256 keys on as many pages, without the low bit");
    sske(page_addr(1) + 0x123, 0x30);
    ok_eq(iske(page_addr(1) + 0xfff), 0x30,
          "the offset in the page is ignored");
    pgm_expect();
    sske(OUTSIDE, 0x30);
    pgm_ok(PGM_ADDRESSING, "SSKE outside storage");
    pgm_expect();
    iske(OUTSIDE);
    pgm_ok(PGM_ADDRESSING, "ISKE outside storage");
    pgm_expect();
    rrbe(OUTSIDE);
    pgm_ok(PGM_ADDRESSING, "RRBE outside storage");
    tap_pop();
}

/* SSKE, ISKE and RRBE take a real address: prefixing applies. */
static void test_prefixing(void)
{
    uint64_t area = (uint64_t)block & ~0x1fffUL;
    uint32_t old = get_prefix();
    uint8_t zero_key = iske(0), area_key;

    tap_push("prefixing");
    memcpy((void *)area, (void *)0, 0x2000);
    sske(area, 0x40);
    set_prefix(area);
    area_key = iske(area);
    ok_eq(iske(0) & 0xf8, 0x40, "real 0 is the prefix area");
    sske(0, 0x50);
    set_prefix(old);
    ok_eq(iske(area) & 0xf8, 0x50, "SSKE of real 0 set its key");
    ok_eq(area_key & 0xf8, zero_key & 0xf8, "the prefix area is absolute 0");
    tap_pop();
}

static void test_conditional(void)
{
    uint64_t addr = page_addr(3), r1, r2;
    unsigned wrong_cc = 0, wrong_old = 0, wrong_key = 0;
    int cc;

    if (!facility(10)) {
        tap_skip("conditional SSKE", "no facility 10");
        return;
    }
    tap_push("conditional sske");
    for (unsigned old = 0x30; old < 0x50; old += 2) {
        for (unsigned new = 0x30; new < 0x50; new += 2) {
            for (unsigned m = 1; m < 4; m++) {
                unsigned ignore = (m & 2 ? SKEY_R : 0) | (m & 1 ? SKEY_C : 0);
                bool differs = (old ^ new) & 0xfe & ~ignore;

                sske(addr, old);
                r1 = 0xdddddddddddddd00 | new;
                r2 = addr;
                cc = m == 1 ? sske_m3(&r1, &r2, SSKE_MC) :
                     m == 2 ? sske_m3(&r1, &r2, SSKE_MR) :
                              sske_m3(&r1, &r2, SSKE_MR | SSKE_MC);
                wrong_cc += cc != differs;
                wrong_old += (r1 >> 8 & 0xff) != old ||
                             (r1 | 0xff00) != (0xddddddddddddff00 | new);
                wrong_key += iske(addr) != (differs ? new : old);
            }
        }
    }
    ok_eq(wrong_cc, 0, "condition codes");
    ok_eq(wrong_old, 0, "the old key in bits 48-55, the rest of R1 as it was");
    ok_eq(wrong_key, 0, "the key is set where it differs");
    r1 = 0x70, r2 = addr;
    sske(addr, 0x30);
    sske_m3(&r1, &r2, SSKE_NQ);
    ok_eq(r1, 0x70, "without MR and MC R1 stays");
    ok_eq(iske(addr), 0x70, "nonquiescing sets the key");
    tap_pop();
}

static void test_multiple(void)
{
    uint64_t r1, r2;
    unsigned wrong = 0;
    int cc;

    if (!facility(8)) {
        tap_skip("multiple-block SSKE", "no facility 8");
        return;
    }
    tap_push("multiple-block sske");
    for (unsigned n = 0; n < PAGES; n++) {
        sske(page_addr(n), 0x10);
    }
    r1 = 0x60, r2 = page_addr(16);
    cc = sske_m3(&r1, &r2, SSKE_MB);
    for (unsigned n = 0; n < PAGES; n++) {
        wrong += iske(page_addr(n)) != (n >= 16 && n < 256 ? 0x60 : 0x10);
    }
    ok_eq(wrong, 0, "to the end of the 1-MiB block, and no further");
    ok_eq(r2, page_addr(256), "R2 is advanced to it");
    ok_eq(cc, 0, "the condition code stays");
    r1 = 0x20, r2 = page_addr(256);
    cc = sske_m3(&r1, &r2, SSKE_MB | SSKE_MR);
    tap_known_difference("hercules", "PoP, SSKE: condition code 3 for "
                         "multiple blocks with MR or MC");
    ok_eq(cc, 3, "with MR: condition code 3");
    ok_eq(iske(page_addr(511)), 0x20, "a whole block");
    tap_pop();
}

static void test_rrbe(void)
{
    unsigned wrong = 0;

    tap_push("rrbe");
    for (unsigned rc = 0; rc < 4; rc++) {
        uint8_t key = 0x70 | rc << 1;

        sske(page_addr(5), key);
        wrong += rrbe(page_addr(5)) != (int)rc;
        wrong += iske(page_addr(5)) != (key & ~SKEY_R);
    }
    ok_eq(wrong, 0, "the condition code is R and C, R is reset");
    tap_pop();
}

static void test_reference_bits(void)
{
    uint64_t want = 0, at = page_addr(64);
    unsigned changed = 0;

    for (unsigned n = 0; n < 64; n++) {
        bool r = n % 3 == 0 || n == 63;

        sske(page_addr(64 + n), 0x50 | SKEY_C | (r ? SKEY_R : 0));
        want |= r ? 1UL << (63 - n) : 0;
    }
    sske(page_addr(63), SKEY_R);
    sske(page_addr(128), SKEY_R);
    if (facility(145)) {
        tap_push("irbm");
        ok_eq(irbm(at), want, "R of 64 pages, the first one leftmost");
        ok_eq(irbm(at + 40 * PAGE_SIZE + 5), want, "any address in the set");
        ok_eq(iske(at), 0x50 | SKEY_C | SKEY_R, "R stays");
        pgm_expect();
        irbm(OUTSIDE);
        pgm_ok(PGM_ADDRESSING, "outside storage");
        tap_pop();
    } else {
        tap_skip("irbm", "no facility 145");
    }
    if (!facility(66) || on_hercules()) {
        tap_skip("rrbm", on_hercules() ? "Hercules gets the first bit wrong"
                                       : "no facility 66");
        return;
    }
    tap_push("rrbm");
    ok_eq(rrbm(at + PAGE_SIZE), want, "R of 64 pages");
    for (unsigned n = 0; n < 64; n++) {
        changed += iske(page_addr(64 + n)) != (0x50 | SKEY_C);
    }
    ok_eq(changed, 0, "R is reset, the rest stays");
    ok_eq(rrbm(at), 0, "again: none is left");
    *(volatile uint8_t *)at;
    *(volatile uint8_t *)(at + 63 * PAGE_SIZE) = 1;
    ok_eq(rrbm(at), 0x8000000000000001, "a fetch and a store set them again");
    ok_eq(rrbm(at), 0, "and the TLB does not hide it");
    *(volatile uint8_t *)at;
    ok_eq(rrbm(at), 0x8000000000000000, "nor the next fetch");
    ok(iske(page_addr(63)) == SKEY_R && iske(page_addr(128)) == SKEY_R,
       "the pages beside the set stay");
    pgm_expect();
    rrbm(OUTSIDE);
    pgm_ok(PGM_ADDRESSING, "outside storage");
    tap_pop();
}

static void test_ivsk(void)
{
    uint64_t space = dat_identity();

    tap_push("ivsk");
    dat_map(space, 0x40000000, page_addr(7), PAGE_SIZE, 0);
    sske(page_addr(7), 0xb0 | SKEY_F | SKEY_R | SKEY_C);
    cr_set(1, space);
    pgm_expect();
    ivsk(page_addr(7));
    pgm_ok(PGM_SPECIAL_OPERATION, "DAT off");
    psw_set_as(PSW_PRIMARY);
    ok_eq(ivsk(0x40000123), 0xb0 | SKEY_F, "ACC and F of a virtual page");
    pgm_expect();
    ivsk(0x50000000);
    pgm_ok(PGM_SEGMENT_TRANSLATION, "a page that is not mapped");
    dat_off();
    ok_eq(iske(page_addr(7)), 0xb0 | SKEY_F | SKEY_R | SKEY_C, "the key stays");
    tap_pop();
}

static void test_tprot(void)
{
    uint64_t addr = page_addr(8), space;
    unsigned wrong = 0;

    tap_push("tprot");
    for (unsigned acc = 0; acc < 16; acc++) {
        for (unsigned f = 0; f < 2; f++) {
            sske(addr, SKEY_ACC(acc) | (f ? SKEY_F : 0));
            for (unsigned key = 0; key < 16; key++) {
                bool match = key == 0 || key == acc;

                wrong += tprot(addr, key) != (match ? 0 : f ? 2 : 1);
            }
        }
    }
    ok_eq(wrong, 0, "every key on every key");
    sske(addr, SKEY_ACC(9) | SKEY_F);
    cr_or(0, CR0_STORAGE_OVERRIDE);
    ok_eq(tprot(addr, 4), 0, "storage-protection override");
    cr_clear(0, CR0_STORAGE_OVERRIDE);
    cr_or(0, CR0_LOW_ADDRESS_PROTECTION);
    ok_eq(tprot(0x100, 0), 1, "low-address protection");
    cr_clear(0, CR0_LOW_ADDRESS_PROTECTION);
    pgm_expect();
    tprot(OUTSIDE, 0);
    pgm_ok(PGM_ADDRESSING, "outside storage");

    space = dat_identity();
    dat_map(space, 0x40000000, addr, PAGE_SIZE, DAT_PROTECT);
    cr_set(1, space);
    psw_set_as(PSW_PRIMARY);
    ok_eq(tprot(0x40000000, 9), 1, "DAT protection");
    ok_eq(tprot(0x40000000, 3), 2, "DAT protection and a key");
    ok_eq(tprot(0x50000000, 0), 3, "not mapped");
    dat_off();
    sske(addr, 0);
    tap_pop();
}

static uint32_t problem(void (*fn)(uint64_t))
{
    return call_under(PSW_LIBRARY | PSW_PROBLEM, fn, page_addr(9));
}

static void do_iske(uint64_t a) { asm volatile("iske 0,%0" : : "a" (a) : "0"); }
static void do_sske(uint64_t a) { asm volatile("sske 0,%0" : : "a" (a)); }
static void do_rrbe(uint64_t a)
{
    asm volatile("rrbe 0,%0" : : "a" (a) : "cc");
}

static void do_tprot(uint64_t a)
{
    asm volatile("tprot 0(%0),0" : : "a" (a) : "cc");
}
static void do_spka3(uint64_t a) { asm volatile("spka 0x30"); }

static void test_problem_state(void)
{
    tap_push("problem state");
    ok_eq(problem(do_iske), PGM_PRIVILEGED, "ISKE");
    ok_eq(problem(do_sske), PGM_PRIVILEGED, "SSKE");
    ok_eq(problem(do_rrbe), PGM_PRIVILEGED, "RRBE");
    ok_eq(problem(do_tprot), PGM_PRIVILEGED, "TPROT");
    if (facility(8)) {
        ok_eq(problem(leaf_pfmf), PGM_PRIVILEGED, "PFMF");
    }
    if (facility(66)) {
        ok_eq(problem(leaf_rrbm), PGM_PRIVILEGED, "RRBM");
    }
    if (facility(145)) {
        ok_eq(problem(leaf_irbm), PGM_PRIVILEGED, "IRBM");
    }
    ok_eq(problem(leaf_ipk), PGM_PRIVILEGED, "IPK without authority");
    cr_or(0, CR0_EXTRACTION_AUTHORITY);
    ok_eq(problem(leaf_ipk), PGM_NONE, "IPK with extraction authority");
    cr_clear(0, CR0_EXTRACTION_AUTHORITY);
    cr_set(3, 0);
    ok_eq(problem(do_spka3), PGM_PRIVILEGED, "SPKA without the mask bit");
    cr_set(3, 0x80000000UL >> 3);
    ok_eq(problem(do_spka3), PGM_NONE, "SPKA with the key's mask bit");
    cr_set(3, 0);
    tap_pop();
}

static void test_ipk_spka(void)
{
    uint64_t v = 0x1122334455667788;

    tap_push("ipk and spka");
    asm volatile("lgr 2,%0\n   spka 0x70\n   ipk\n   spka 0\n   lgr %0,2"
                 : "+d" (v) : : "2");
    ok_eq(v, 0x1122334455667770, "IPK inserts the PSW key in bits 56-59");
    tap_pop();
}

static void test_pfmf(void)
{
    unsigned wrong = 0;
    uint8_t *p = block + 20 * PAGE_SIZE;
    uint64_t r2;

    if (!facility(8)) {
        tap_skip("pfmf", "no facility 8");
        return;
    }
    tap_push("pfmf");
    memset(p, 0x77, 3 * PAGE_SIZE);
    r2 = pfmf(PFMF_CF | PFMF_4K, (uint64_t)p + PAGE_SIZE + 0x123);
    ok_eq(r2, (uint64_t)p + PAGE_SIZE + 0x123, "4K: R2 stays");
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        wrong += p[PAGE_SIZE + i] != 0;
    }
    ok(!wrong && p[PAGE_SIZE - 1] == 0x77 && p[2 * PAGE_SIZE] == 0x77,
       "4K: one page is cleared");
    sske((uint64_t)p, 0x10);
    pfmf(PFMF_SK | PFMF_4K | 0xa8, (uint64_t)p);
    tap_known_difference("hercules", "it records a change");
    ok_eq(iske((uint64_t)p), 0xa8, "4K: the key is set");
    ok_eq(p[0], 0x77, "4K: setting the key clears nothing");
    pfmf(PFMF_SK | PFMF_CF | PFMF_4K | 0xc2, (uint64_t)p);
    ok_eq(iske((uint64_t)p), 0xc2,
          "4K: clear and set, the key has the last word");
    ok_eq(p[0], 0, "4K: clear and set, content");

    for (unsigned n = 0; n < PAGES; n++) {
        sske(page_addr(n), 0x10);
        block[n * PAGE_SIZE] = 1;
    }
    r2 = pfmf(PFMF_SK | PFMF_CF | PFMF_1M | 0xe0, page_addr(16));
    ok_eq(r2, page_addr(256), "1M: R2 is advanced to the block's end");
    wrong = 0;
    for (unsigned n = 0; n < PAGES; n++) {
        bool in = n >= 16 && n < 256;

        wrong += (iske(page_addr(n)) & 0xf8) != (in ? 0xe0 : 0x10);
        wrong += block[n * PAGE_SIZE] != !in;
    }
    ok_eq(wrong, 0, "1M: from the address to the block's end");

    if (facility(10)) {
        sske(page_addr(2), 0x40 | SKEY_R);
        pfmf(PFMF_SK | PFMF_MR | PFMF_4K | 0x40, page_addr(2));
        ok_eq(iske(page_addr(2)), 0x40 | SKEY_R, "MR: equal but for R, left");
        pfmf(PFMF_SK | PFMF_MC | PFMF_4K | 0x40, page_addr(2));
        ok_eq(iske(page_addr(2)), 0x40, "MC: R differs, set");
    }
    pgm_expect();
    pfmf(0x80000000, page_addr(2));
    pgm_ok(PGM_SPECIFICATION, "a reserved bit");
    pgm_expect();
    pfmf(0x3000, page_addr(2));
    pgm_ok(PGM_SPECIFICATION, "an unknown frame size");
    if (!facility(78)) {
        pgm_expect();
        pfmf(PFMF_2G, page_addr(2));
        pgm_ok(PGM_SPECIFICATION, "2G without facility 78");
    }
    pgm_expect();
    pfmf(PFMF_CF, OUTSIDE);
    pgm_ok(PGM_ADDRESSING, "outside storage");
    cr_or(0, CR0_LOW_ADDRESS_PROTECTION);
    pgm_expect();
    pfmf(PFMF_CF, 0x1000);
    pgm_end();
    cr_clear(0, CR0_LOW_ADDRESS_PROTECTION);
    tap_known_difference("hercules", "PoP, PFMF: low-address protection "
                         "applies to clearing");
    ok_eq(pgm_last()->code, PGM_PROTECTION, "low-address protection");
    tap_pop();
}

void main(void)
{
    block = memory_alloc(2 * MIB, MIB);
    test_sske_iske();
    test_prefixing();
    test_conditional();
    test_multiple();
    test_rrbe();
    test_reference_bits();
    test_ivsk();
    test_tprot();
    test_ipk_spka();
    test_problem_state();
    test_pfmf();
}
