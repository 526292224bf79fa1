/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 hercules=1 */
/*
 * Key-controlled protection of the CPU's own accesses: every access key
 * against every storage key, the overrides, low-address protection, operands
 * that cross a page, address spaces, R and C.
 */
#include "guest.h"

#define WINDOW  0x40000000UL

static uint8_t *page;           /* two pages, the second one at page + 4096 */

/* Hercules has neither facility 75 (bits 52-53) nor 131 (56, 60, 61). */
static void ok_teid(uint64_t mask, uint64_t want, const char *what)
{
    if (!on_hercules()) {
        ok_eq(pgm_last()->teid & mask, want, "%s", what);
    }
}

/* A function of one instruction (br %r14) at the start of a page. */
static void put_return(uint8_t *where)
{
    where[0] = 0x07;
    where[1] = 0xfe;
}

static uint32_t fetch_under(uint8_t key, void *code, uint64_t mask)
{
    return call_under(PSW_LIBRARY | PSW_KEY(key) | mask,
                      (void (*)(uint64_t))code, 0);
}

static void test_matrix(void)
{
    unsigned wrong_load = 0, wrong_store = 0, wrong_fetch = 0, wrong_data = 0;
    unsigned wrong_teid = 0;

    tap_push("matrix");
    for (unsigned acc = 0; acc < 16; acc++) {
        for (unsigned f = 0; f < 2; f++) {
            sske((uint64_t)page, SKEY_ACC(acc) | (f ? SKEY_F : 0));
            for (unsigned key = 0; key < 16; key++) {
                bool match = key == 0 || key == acc;
                bool readable = match || !f;
                uint16_t code;

                put_return(page);
                page[8] = 0x5a;
                pgm_expect();
                wrong_data += key_load8(key, page + 8) != (readable ? 0x5a : 0);
                code = pgm_end();
                wrong_load += code != (readable ? PGM_NONE : PGM_PROTECTION);
                if (code) {
                    wrong_teid += pgm_last()->teid !=
                        ((uint64_t)page | TEID_FETCH | TEID_BIT(60));
                }
                pgm_expect();
                key_store8(key, page + 8, 0xa5);
                code = pgm_end();
                wrong_store += code != (match ? PGM_NONE : PGM_PROTECTION);
                wrong_data += page[8] != (match ? 0xa5 : 0x5a);
                if (code) {
                    wrong_teid += pgm_last()->teid !=
                        ((uint64_t)page | TEID_STORE | TEID_BIT(60));
                }
                wrong_fetch += fetch_under(key, page, 0) !=
                               (readable ? PGM_NONE : PGM_PROTECTION);
            }
        }
    }
    ok_eq(wrong_load, 0, "fetches of data");
    ok_eq(wrong_store, 0, "stores");
    ok_eq(wrong_fetch, 0, "fetches of instructions");
    ok_eq(wrong_data, 0, "contents");
    if (!on_hercules()) {
        ok_eq(wrong_teid, 0, "TEIDs");
    }
    sske((uint64_t)page, 0);
    tap_pop();
}

static void test_suppression(void)
{
    uint64_t before, after;

    tap_push("suppression");
    sske((uint64_t)page, SKEY_ACC(5) | SKEY_F);
    asm volatile("larl %0,1f\n   larl %1,2f" : "=d" (before), "=d" (after));
    pgm_expect();
    asm volatile(
        "   spka    0x30\n"
        "1: mvi     0(%[p]),1\n"
        "2: spka    0\n"
        : : [p] "a" (page) : "memory");
    pgm_ok(PGM_PROTECTION, "a store under another key");
    ok_eq(pgm_last()->psw.addr, after, "the old PSW is behind the instruction");
    ok_eq(pgm_last()->ilc, after - before, "instruction length");
    ok_eq((pgm_last()->psw.mask & PSW_KEY_MASK) >> 52, 3,
          "the old PSW has the access key");
    sske((uint64_t)page, 0);
    tap_pop();
}

static void test_storage_override(void)
{
    unsigned wrong = 0;

    tap_push("storage-protection override");
    cr_or(0, CR0_STORAGE_OVERRIDE);
    for (unsigned acc = 0; acc < 16; acc++) {
        sske((uint64_t)page, SKEY_ACC(acc) | SKEY_F);
        for (unsigned key = 1; key < 16; key++) {
            uint16_t want = key == acc || acc == 9 ? PGM_NONE : PGM_PROTECTION;

            pgm_expect();
            key_load8(key, page);
            wrong += pgm_end() != want;
            pgm_expect();
            key_store8(key, page, 1);
            wrong += pgm_end() != want;
            put_return(page);
            wrong += fetch_under(key, page, 0) != want;
        }
    }
    ok_eq(wrong, 0, "opens ACC 9 to every key, and nothing else");
    cr_clear(0, CR0_STORAGE_OVERRIDE);
    sske((uint64_t)page, SKEY_ACC(9) | SKEY_F);
    pgm_expect();
    key_store8(4, page, 1);
    pgm_ok(PGM_PROTECTION, "is over when the control is turned off");
    sske((uint64_t)page, 0);
    tap_pop();
}

/* Loads @len bytes, 1 to 8, at @addr under key 3; the interruption code. */
static uint16_t load_part(uint64_t addr, unsigned len)
{
    pgm_expect();
    if (len == 1) {
        key_load8(3, (void *)addr);
    } else {
        key_load64(3, (void *)addr);
    }
    return pgm_end();
}

static void test_fetch_override(void)
{
    uint8_t key0 = iske(0), key1 = iske(0x1000);

    tap_push("fetch-protection override");
    sske(0, SKEY_ACC(5) | SKEY_F);
    sske(0x1000, SKEY_ACC(5) | SKEY_F);
    ok_eq(load_part(0x700, 8), PGM_PROTECTION, "off: page 0 is protected");
    cr_or(0, CR0_FETCH_OVERRIDE);
    ok_eq(load_part(0x700, 8), PGM_NONE, "bytes 1792-1799");
    ok_eq(load_part(0, 8), PGM_NONE, "bytes 0-7");
    ok_eq(load_part(2047, 1), PGM_NONE, "byte 2047");
    ok_eq(load_part(2040, 8), PGM_NONE, "bytes 2040-2047");
    ok_eq(load_part(2041, 8), PGM_PROTECTION, "bytes 2041-2048");
    ok_eq(load_part(2048, 1), PGM_PROTECTION, "byte 2048");
    ok_eq(load_part(0x1100, 8), PGM_PROTECTION, "page 1");
    ok_eq(load_part(0x700, 8), PGM_NONE, "bytes 1792-1799 again");
    pgm_expect();
    key_store8(3, (void *)0x700, 0);
    pgm_ok(PGM_PROTECTION, "stores are not overridden");
    sske((uint64_t)page, SKEY_ACC(5) | SKEY_F);
    ok_eq(load_part((uint64_t)page + 8, 8), PGM_PROTECTION, "other pages");
    cr_clear(0, CR0_FETCH_OVERRIDE);
    ok_eq(load_part(0x700, 8), PGM_PROTECTION, "off again");
    sske((uint64_t)page, 0);
    sske(0, key0);
    sske(0x1000, key1);
    tap_pop();
}

static void test_low_address(void)
{
    static const struct { uint64_t addr; bool low; } rows[] = {
        { 0x1000, true }, { 0x11f8, true }, { 0x1200, false },
        { 0x1ff8, false },
    };

    tap_push("low-address protection");
    for (unsigned key = 0; key < 4; key += 3) {
        uint8_t old = iske(0x1000);

        sske(0x1000, SKEY_ACC(3));
        for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            volatile uint64_t *p = (uint64_t *)rows[i].addr;
            uint64_t v = *p;
            uint16_t code;

            /* The controls are on for nothing but this store. */
            pgm_expect();
            cr_or(0, CR0_LOW_ADDRESS_PROTECTION);
            key_store64(key, p, v);
            code = pgm_end();
            cr_clear(0, CR0_LOW_ADDRESS_PROTECTION);
            ok_eq(code, rows[i].low ? PGM_PROTECTION : PGM_NONE,
                  "key %u, 0x%lx", key, rows[i].addr);
            if (rows[i].low) {
                ok_teid(TEID_BIT(56) | TEID_BIT(60) | TEID_BIT(61),
                        TEID_BIT(56), "TEID bit 56");
            }
        }
        sske(0x1000, SKEY_ACC(7) | SKEY_F);
        pgm_expect();
        cr_or(0, CR0_LOW_ADDRESS_PROTECTION);
        key_store64(5, (void *)0x1008, 0);
        pgm_end();
        cr_clear(0, CR0_LOW_ADDRESS_PROTECTION);
        ok_teid(TEID_BIT(56) | TEID_BIT(60), TEID_BIT(56),
                "goes before key-controlled protection");
        sske(0x1000, old);
    }
    tap_pop();
}

static void test_crossing(void)
{
    static const uint8_t keys[][2] = { { 3, 5 }, { 5, 3 } };
    uint8_t *end = page + PAGE_SIZE;

    tap_push("crossing a page");
    for (unsigned i = 0; i < 2; i++) {
        memset(end - 64, 0x11, 128);
        sske((uint64_t)page, SKEY_ACC(keys[i][0]) | SKEY_F);
        sske((uint64_t)end, SKEY_ACC(keys[i][1]) | SKEY_F);
        tap_push("page %u refuses", 1 - i + 1);

        pgm_expect();
        key_store64(3, end - 4, -1UL);
        pgm_ok(PGM_PROTECTION, "8-byte store");
        ok(end[-1] == 0x11 && end[0] == 0x11, "nothing is stored");
        ok_eq(pgm_last()->teid & TEID_ADDR, (uint64_t)(i ? page : end),
              "TEID names the page");
        pgm_expect();
        key_load64(3, end - 4);
        pgm_ok(PGM_PROTECTION, "8-byte fetch");

        pgm_expect();
        asm volatile("spka 0x30\n   stmg 0,15,0(%0)\n   spka 0"
                     : : "a" (end - 64) : "memory");
        pgm_ok(PGM_PROTECTION, "STMG");
        ok(end[-64] == 0x11 && end[-1] == 0x11 && end[0] == 0x11,
           "STMG stores nothing");
        pgm_expect();
        asm volatile("spka 0x30\n   stm 0,15,0(%0)\n   spka 0"
                     : : "a" (end - 32) : "memory");
        pgm_ok(PGM_PROTECTION, "STM");
        ok(end[-32] == 0x11 && end[-1] == 0x11 && end[0] == 0x11,
           "STM stores nothing");
        pgm_expect();
        asm volatile("spka 0x30\n   stmh 0,15,0(%0)\n   spka 0"
                     : : "a" (end - 32) : "memory");
        pgm_ok(PGM_PROTECTION, "STMH");
        ok(end[-32] == 0x11 && end[-1] == 0x11 && end[0] == 0x11,
           "STMH stores nothing");
        pgm_expect();
        asm volatile("spka 0x30\n   stam 0,15,0(%0)\n   spka 0"
                     : : "a" (end - 32) : "memory");
        pgm_ok(PGM_PROTECTION, "STAM");
        ok(end[-32] == 0x11 && end[-1] == 0x11 && end[0] == 0x11,
           "STAM stores nothing");
        pgm_expect();
        asm volatile("spka 0x30\n   stctg 0,15,0(%0)\n   spka 0"
                     : : "a" (end - 64) : "memory");
        pgm_ok(PGM_PROTECTION, "STCTG");
        ok(end[-64] == 0x11 && end[-1] == 0x11 && end[0] == 0x11,
           "STCTG stores nothing");
        pgm_expect();
        asm volatile("spka 0x30\n   mvc 0(64,%0),0(%1)\n   spka 0"
                     : : "a" (end - 32), "a" (page + 2 * PAGE_SIZE)
                     : "memory");
        pgm_ok(PGM_PROTECTION, "MVC");
        ok(end[-32] == 0x11 && end[-1] == 0x11 && end[0] == 0x11,
           "MVC stores nothing");
        tap_pop();
    }
    sske((uint64_t)page, 0);
    sske((uint64_t)end, 0);
    tap_pop();
}

/* Loads, stores and fetches at WINDOW under key 3 with PSW mask @mask. */
static void test_space(const char *name, uint64_t as, bool code_here)
{
    uint8_t *there = (uint8_t *)WINDOW;

    tap_push("%s space", name);
    for (unsigned acc = 3; acc < 6; acc += 2) {
        uint16_t want = acc == 3 ? PGM_NONE : PGM_PROTECTION;

        sske((uint64_t)page, SKEY_ACC(acc) | SKEY_F);
        psw_set_as(as);
        pgm_expect();
        key_load8(3, there);
        pgm_ok(want, "fetch, ACC %u", acc);
        pgm_expect();
        key_store8(3, there + 8, 1);
        pgm_ok(want, "store, ACC %u", acc);
        if (want) {
            ok_teid(-1UL, WINDOW | TEID_STORE | TEID_BIT(60) | as >> 46,
                    "TEID");
        }
        dat_off();
        if (code_here) {
            put_return(page);
            ok_eq(fetch_under(3, there, PSW_DAT | as), want,
                  "instruction fetch, ACC %u", acc);
        }
    }
    sske((uint64_t)page, 0);
    tap_pop();
}

static void test_spaces(void)
{
    uint64_t space = dat_identity();

    dat_map(space, WINDOW, (uint64_t)page, PAGE_SIZE, 0);
    cr_set(1, space);
    cr_set(7, space);
    cr_set(13, space);
    cr_or(0, CR0_SECONDARY_SPACE);
    test_space("primary", PSW_PRIMARY, true);
    test_space("secondary", PSW_SECONDARY, false);
    test_space("home", PSW_HOME, true);
    cr_clear(0, CR0_SECONDARY_SPACE);
}

static void test_modes(void)
{
    tap_push("addressing modes");
    sske((uint64_t)page, SKEY_ACC(5) | SKEY_F);
    pgm_expect();
    asm volatile("sam24\n   spka 0x30\n   ic 0,0(%0)\n   spka 0\n   sam64"
                 : : "a" (page) : "0", "memory");
    pgm_ok(PGM_PROTECTION, "24 bits");
    pgm_expect();
    asm volatile("sam31\n   spka 0x30\n   ic 0,0(%0)\n   spka 0\n   sam64"
                 : : "a" (page) : "0", "memory");
    pgm_ok(PGM_PROTECTION, "31 bits");
    sske((uint64_t)page, 0);
    tap_pop();
}

/* More keys in turn than the emulator keeps apart at a time. */
static void test_key_changes(void)
{
    unsigned wrong = 0;

    tap_push("key changes");
    for (unsigned round = 0; round < 300; round++) {
        unsigned key = round * 7 % 16, acc = round / 3 % 16;
        bool match = key == 0 || key == acc;

        if (round % 3 == 0) {
            sske((uint64_t)page, SKEY_ACC(acc) | SKEY_F);
        }
        pgm_expect();
        key_load8(key, page);
        wrong += pgm_end() != (match ? PGM_NONE : PGM_PROTECTION);
        pgm_expect();
        key_store8(key, page, round);
        wrong += pgm_end() != (match ? PGM_NONE : PGM_PROTECTION);
    }
    ok_eq(wrong, 0, "the key in the PSW and in storage decide, always");

    /* Two keys without an SSKE between: what one may do the other may not. */
    sske((uint64_t)page, SKEY_ACC(1) | SKEY_F);
    wrong = 0;
    for (unsigned round = 0; round < 100; round++) {
        pgm_expect();
        key_store8(1, page, 1);
        wrong += pgm_end() != PGM_NONE;
        pgm_expect();
        key_store8(2 + round % 14, page, 2);
        wrong += pgm_end() != PGM_PROTECTION;
    }
    ok_eq(wrong, 0, "a TLB entry is good for its own key only");
    sske((uint64_t)page, 0);
    tap_pop();
}

static void test_recording(void)
{
    uint64_t addr = (uint64_t)page;
    volatile uint8_t *p = page;
    int cc;

    tap_push("reference and change");
    put_return(page);
    sske(addr, 0);
    ok_eq(iske(addr), 0, "SSKE sets both off");
    (void)p[0];
    ok_eq(iske(addr), SKEY_R, "a fetch sets R");
    p[8] = 1;
    ok_eq(iske(addr), SKEY_R | SKEY_C, "a store sets C");
    sske(addr, 0);
    p[8] = 1;
    ok_eq(iske(addr), SKEY_R | SKEY_C, "a store after SSKE sets both");
    sske(addr, 0);
    fetch_under(0, page, 0);
    ok_eq(iske(addr), SKEY_R, "an instruction fetch sets R");
    sske(addr, SKEY_ACC(4) | SKEY_F);
    (void)p[0];
    sske(addr, SKEY_ACC(4) | SKEY_F);
    pgm_expect();
    key_store8(3, page, 1);
    pgm_end();
    ok_eq(iske(addr) & SKEY_C, 0, "a refused store leaves C off");
    key_store8(4, page, 1);
    ok_eq(iske(addr) & (SKEY_R | SKEY_C), SKEY_R | SKEY_C,
          "a permitted store under a key sets both");
    sske(addr, 0);
    tprot(addr, 0);
    lra(addr, &cc);
    ok_eq(iske(addr), 0, "TPROT and LRA leave both alone");
    sske(addr, SKEY_R | SKEY_C);
    ok_eq(rrbe(addr), 3, "RRBE tells R and C");
    ok_eq(iske(addr), SKEY_C, "RRBE resets R");
    (void)p[0];
    ok_eq(rrbe(addr), 3, "a fetch sets R again");
    ok_eq(rrbe(addr), 1, "RRBE again: R is off, C on");
    tap_pop();
}

void main(void)
{
    page = page_alloc(3);
    test_matrix();
    test_suppression();
    test_storage_override();
    test_fetch_override();
    test_low_address();
    test_crossing();
    test_spaces();
    test_modes();
    test_key_changes();
    test_recording();
}
