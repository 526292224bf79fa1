/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 */
/*
 * Fetch-protection override and the byte at which it ends, 2048: what counts
 * is what an instruction fetches, not what it might have. Each row is one
 * instruction under key 3, with page 0 protected from all keys but 5.
 */
#include "guest.h"

#define LIMIT   2048UL

static uint8_t *page;           /* key 3 */

static uint8_t *low(uint64_t addr)
{
    asm("" : "+a" (addr));      /* not a null pointer's neighbour to GCC */
    return (uint8_t *)addr;
}

/* Instructions with both operands in registers: %[low] in page 0. */
#define ROW(name, bytes_before, code, insn) do {                            \
    uint8_t *low_ = low(LIMIT - (bytes_before));                            \
                                                                            \
    pgm_expect();                                                           \
    asm volatile("   lgr 2,%[low]\n   lgr 4,%[page]\n   lghi 0,0\n"         \
                 "   lghi 1,0\n   lghi 3,8\n   lghi 5,8\n   lghi 6,0\n"     \
                 "   spka 0x30\n   " insn "\n   spka 0"                     \
                 : : [low] "a" (low_), [page] "a" (page)                    \
                 : "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",  \
                   "cc", "memory");                                         \
    pgm_ok(code, "%s, the operand begins %u bytes before", name,            \
           bytes_before);                                                   \
} while (0)

/* An operand of 8 bytes, on both sides. */
#define EIGHT(name, insn) do {                                              \
    ROW(name, 8, PGM_NONE, insn);                                           \
    ROW(name, 7, PGM_PROTECTION, insn);                                     \
} while (0)

static void test_lengths(void)
{
    tap_push("known length");
    EIGHT("LG", "lg 7,0(2)");
    EIGHT("MVC", "mvc 0(8,4),0(2)");
    EIGHT("CLC", "clc 0(8,4),0(2)");
    EIGHT("XC", "xc 0(8,4),0(2)");
    EIGHT("LM", "lm 7,8,0(2)");
    EIGHT("LMG", "lmg 7,7,0(2)");
    EIGHT("MVCIN", "mvcin 0(8,4),7(2)");
    EIGHT("PACK", "pack 0(4,4),0(8,2)");
    EIGHT("MVCL", "lgr 6,2\n   lghi 7,8\n   mvcl 4,6");
    EIGHT("MVCLE", "lgr 6,2\n   lghi 7,8\n   mvcle 4,6,0");
    EIGHT("CLCL", "lgr 6,2\n   lghi 7,8\n   clcl 4,6");
    EIGHT("CLCLE", "lgr 6,2\n   lghi 7,8\n   clcle 4,6,0");
    EIGHT("CKSM", "lgr 6,2\n   lghi 7,8\n   lgr 8,4\n0: cksm 8,6\n   jo 0b");
    EIGHT("MVCK, key 3", "lghi 8,8\n   lghi 9,0x30\n   mvck 0(8,4),0(2),9");
    tap_pop();
}

/*
 * The string ends with its eighth byte, wherever it might have gone on to.
 * MVST may stop at the limit (condition code 3) and has to go on then.
 */
#define STRINGS(before, code) do {                                          \
    memset(low(LIMIT - (before)), 0x55, 8);                                 \
    *low(LIMIT - (before) + 7) = 0;                                         \
    ROW("MVST", before, code, "mvst 4,2\n   jno 0f\n   mvst 4,2\n0:");      \
    ROW("CLST", before, code, "0: clst 4,2\n   jo 0b");                     \
    ROW("SRST", before, code, "la 6,16(2)\n0: srst 6,2\n   jo 0b");         \
} while (0)

static void test_strings(void)
{
    uint8_t saved[256], *p = low(LIMIT - 128);

    tap_push("unknown length");
    memcpy(saved, p, sizeof(saved));
    memset(page, 0x55, 8);
    page[7] = 0;
    STRINGS(100, PGM_NONE);
    STRINGS(8, PGM_NONE);
    STRINGS(7, PGM_PROTECTION);
    memcpy(p, saved, sizeof(saved));
    tap_pop();
}

/* Tables: only the entries that are looked up count. */
static void test_tables(void)
{
    uint8_t saved[64], *p = low(LIMIT - 64);

    tap_push("tables");
    memcpy(saved, p, sizeof(saved));
    memset(p, 0, sizeof(saved));
    memset(page, 63, 8);
    ROW("TR, entry 63", 64, PGM_NONE, "tr 0(8,4),0(2)");
    memset(page, 63, 8);
    ROW("TRT, entry 63", 64, PGM_NONE, "trt 0(8,4),0(2)");
    memset(page, 64, 8);
    ROW("TR, entry 64", 64, PGM_PROTECTION, "tr 0(8,4),0(2)");
    memset(page, 64, 8);
    ROW("TRT, entry 64", 64, PGM_PROTECTION, "trt 0(8,4),0(2)");
    p[63] = 1;
    memset(page, 63, 8);
    page[1] = 64;
    ROW("TRT that ends before it comes to entry 64", 64, PGM_NONE,
        "trt 0(8,4),0(2)");
    memcpy(p, saved, sizeof(saved));
    tap_pop();
}

static uint32_t run_at(uint64_t addr)
{
    return call_under(PSW_LIBRARY | PSW_KEY(3), (void (*)(uint64_t))addr, 0);
}

static void test_instructions(void)
{
    static const uint8_t br14[] = { 0x07, 0xfe };
    static const uint8_t six[] = { 0xc0, 0x08, 0, 0, 0, 0, 0x07, 0xfe };
    uint8_t saved[16], *p = low(LIMIT - 8);

    tap_push("instructions");
    memcpy(saved, p, sizeof(saved));
    memcpy(p + 6, br14, 2);
    ok_eq(run_at(LIMIT - 2), PGM_NONE, "the last halfword below");
    memcpy(p, six, 8);
    ok_eq(run_at(LIMIT - 8), PGM_NONE, "six bytes and two, up to the limit");
    /* (The interruption's old PSW is behind the instruction refused.) */
    memcpy(p + 2, six, 8);
    ok_eq(run_at(LIMIT - 6), PGM_PROTECTION,
          "six bytes up to the limit, two beyond");
    ok(pgm_last()->psw.addr > LIMIT, "the six bytes were executed before");
    memcpy(p + 4, six, 8);
    ok_eq(run_at(LIMIT - 4), PGM_PROTECTION, "six bytes across");
    memcpy(p + 8, br14, 2);
    ok_eq(run_at(LIMIT), PGM_PROTECTION, "the first halfword above");
    memcpy(p, saved, sizeof(saved));
    tap_pop();
}

void main(void)
{
    uint8_t key0 = iske(0);

    page = page_alloc(1);
    sske((uint64_t)page, SKEY_ACC(3));
    sske(0, SKEY_ACC(5) | SKEY_F);
    cr_or(0, CR0_FETCH_OVERRIDE);
    test_lengths();
    test_strings();
    test_tables();
    test_instructions();
    cr_clear(0, CR0_FETCH_OVERRIDE);
    sske(0, key0);
}
