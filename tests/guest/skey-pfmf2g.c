/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 mem=5120 */
/* guest-test: accel=kvm390 smp=4 mem=5120 args=whole=1 timeout=300 manual=yes */
/*
 * PERFORM FRAME MANAGEMENT FUNCTION on 2-GiB frames. Storage that the program
 * does not touch costs the host nothing, so what is cleared is the end of a
 * frame; with whole=1 it is all of one, and takes 2 GiB of the host.
 */
#include "guest.h"

#define MIB         0x100000UL
#define FRAME       REGION_SIZE
#define FIRST       FRAME           /* the frame at 2 GiB, all of it there */
#define LAST        (2 * FRAME)     /* the one at 4 GiB, half of it there */

static uint8_t acc(uint64_t addr)
{
    return iske(addr) & ~(SKEY_R | SKEY_C);
}

/* Pages of the frame at @start whose key is not @key; looks at one of @step */
static unsigned others(uint64_t start, uint64_t end, uint64_t step, uint8_t key)
{
    unsigned n = 0;

    for (uint64_t at = start; at < end; at += step) {
        n += acc(at) != key;
    }
    return n;
}

static void test_set_key(void)
{
    uint64_t r2;

    tap_push("set key");
    sske(FIRST - PAGE_SIZE, 0x10);
    sske(LAST, 0x20);
    r2 = pfmf(PFMF_SK | PFMF_2G | 0x70, FIRST);
    ok_eq(r2, LAST, "R2 is advanced to the frame's end");
    ok_eq(acc(FIRST), 0x70, "the first page");
    ok_eq(acc(FIRST + MIB - PAGE_SIZE), 0x70, "the end of the first MiB");
    ok_eq(acc(FIRST + FRAME / 2), 0x70, "the middle");
    ok_eq(acc(LAST - PAGE_SIZE), 0x70, "the last page");
    ok_eq(others(FIRST, LAST, PAGE_SIZE, 0x70), 0, "each page");
    ok_eq(acc(FIRST - PAGE_SIZE), 0x10, "the page before stays");
    ok_eq(acc(LAST), 0x20, "the page behind stays");

    r2 = pfmf(PFMF_SK | PFMF_2G | PFMF_NQ | 0x38, FIRST + FRAME / 2 + 0x123);
    ok_eq(r2, LAST, "from within: R2 is advanced to the frame's end");
    ok_eq(acc(FIRST + FRAME / 2 - PAGE_SIZE), 0x70, "from within: before it");
    ok_eq(acc(FIRST + FRAME / 2), 0x38, "from within: the first page");
    ok_eq(others(FIRST + FRAME / 2, LAST, 16 * PAGE_SIZE, 0x38), 0,
          "from within: to the frame's end");
    ok_eq(acc(LAST), 0x20, "from within: not across it");
    tap_pop();
}

static void test_clear(void)
{
    uint8_t *end = (uint8_t *)LAST, *from = end - 3 * MIB;
    uint64_t r2;

    tap_push("clear");
    from[-1] = 1;
    from[0] = from[MIB] = end[-1] = end[0] = 1;
    sske((uint64_t)from, 0x40);
    sske((uint64_t)end - PAGE_SIZE, 0x40);
    r2 = pfmf(PFMF_SK | PFMF_CF | PFMF_2G | 0x90 | SKEY_R, (uint64_t)from);
    ok_eq(r2, LAST, "R2 is advanced to the frame's end");
    ok(from[0] == 0 && from[MIB] == 0 && end[-1] == 0, "it is cleared");
    ok(from[-1] == 1 && end[0] == 1, "what lies beside it stays");
    ok_eq(acc((uint64_t)from), 0x90, "with the key: the first page");
    ok_eq(acc(LAST - PAGE_SIZE), 0x90, "with the key: the last page");
    sske((uint64_t)from + MIB, 0x80);
    from[0] = 1;
    pfmf(PFMF_CF | PFMF_2G, (uint64_t)from);
    ok_eq(from[0], 0, "clear alone clears");
    ok_eq(acc((uint64_t)from + MIB), 0x80, "clear alone sets no key");
    if (argument_number("whole", 0)) {
        *(uint8_t *)FIRST = *(uint8_t *)(FIRST + FRAME / 2) = end[-1] = 1;
        pfmf(PFMF_SK | PFMF_CF | PFMF_2G | 0x50, FIRST);
        ok(*(uint8_t *)FIRST == 0 && *(uint8_t *)(FIRST + FRAME / 2) == 0 &&
           end[-1] == 0, "a whole frame");
        ok_eq(others(FIRST, LAST, PAGE_SIZE, 0x50), 0, "and its keys");
    }
    tap_pop();
}

/* The operation lets interruptions in between its units. */
static void test_interruptible(void)
{
    uint64_t r2;

    tap_push("interruption");
    pfmf(PFMF_SK | PFMF_2G | 0x10, FIRST);
    ext_clear();
    set_clock_comparator(tod() + TOD_MS);
    cr_or(0, CR0_CLOCK_COMPARATOR);
    psw_set_mask(psw_mask() | PSW_EXT);
    do {
        r2 = pfmf(PFMF_SK | PFMF_2G | 0x20, FIRST);
    } while (!READ_ONCE(lowcore()->ext.count));
    psw_set_mask(psw_mask() & ~PSW_EXT);
    cr_clear(0, CR0_CLOCK_COMPARATOR);
    set_clock_comparator(-1UL);
    ok_eq(lowcore()->ext.code, 0x1004, "the clock comparator's");
    ok_eq(r2, LAST, "the operation ends where it should all the same");
    ok_eq(others(FIRST, LAST, PAGE_SIZE, 0x20), 0, "every key is set");
    tap_pop();
}

static void test_conditional(void)
{
    tap_push("conditional");
    pfmf(PFMF_SK | PFMF_2G | 0x30, FIRST);
    sske(FIRST + MIB, 0x30 | SKEY_R);
    sske(FIRST + 2 * MIB, 0x30 | SKEY_C);
    pfmf(PFMF_SK | PFMF_2G | PFMF_MR | 0x30, FIRST);
    ok_eq(iske(FIRST + MIB), 0x30 | SKEY_R, "MR: R alone differs, left");
    ok_eq(iske(FIRST + 2 * MIB), 0x30, "MR: C differs, set");
    tap_pop();
}

static void do_2g(uint64_t addr)
{
    asm volatile("   sam24\n   .insn rre,0xb9af0000,%0,%1\n   sam64"
                 : : "d" (PFMF_2G), "a" (addr) : "cc");
}

/* In 31-bit mode, with all else in R1 and R2 as it should stay. */
static uint64_t pfmf_31(uint64_t control, uint64_t addr)
{
    asm volatile("   sam31\n   .insn rre,0xb9af0000,%[c],%[addr]\n   sam64"
                 : [addr] "+a" (addr) : [c] "d" (control) : "cc", "memory");
    return addr;
}

static void test_refused(void)
{
    uint64_t end = memory_size();

    tap_push("refused");
    sske(FIRST, 0x60);
    for (uint64_t fsc = 3; fsc < 8; fsc++) {
        pgm_expect();
        pfmf(PFMF_SK | fsc << 12, FIRST);
        pgm_ok(PGM_SPECIFICATION, "frame-size code %lu", fsc);
    }
    ok_eq(call_under(PSW_LIBRARY, do_2g, 0x10000), PGM_SPECIFICATION,
          "2 GiB in 24-bit mode");
    ok_eq(acc(FIRST), 0x60, "nothing is set");

    sske(end - PAGE_SIZE, 0);
    pgm_expect();
    pfmf(PFMF_SK | PFMF_2G | 0xa0, LAST);
    pgm_ok(PGM_ADDRESSING, "a frame that storage ends in");
    ok_eq(acc(LAST), 0xa0, "up to there keys are set");
    ok_eq(acc(end - PAGE_SIZE), 0xa0, "up to the last page");
    pgm_expect();
    pfmf(PFMF_SK | PFMF_2G, end);
    pgm_ok(PGM_ADDRESSING, "a frame that does not exist");

    cr_or(0, CR0_LOW_ADDRESS_PROTECTION);
    pgm_expect();
    pfmf(PFMF_CF | PFMF_2G, 0x1000);
    pgm_end();
    cr_clear(0, CR0_LOW_ADDRESS_PROTECTION);
    ok_eq(pgm_last()->code, PGM_PROTECTION, "low-address protection");
    tap_pop();
}

static void test_31_bit(void)
{
    tap_push("31-bit mode");
    sske(FRAME - PAGE_SIZE, 0);
    ok_eq(pfmf_31(PFMF_SK | PFMF_2G | 0xb0, 0x1234567800000000 | (FRAME - MIB)),
          0x1234567800000000, "R2 wraps to 0, its high half stays");
    ok_eq(acc(FRAME - MIB), 0xb0, "the first key");
    ok_eq(acc(FRAME - PAGE_SIZE), 0xb0, "the last key");
    tap_pop();
}

void main(void)
{
    if (!facility(78)) {
        skip_all("no facility 78");
    }
    if (memory_size() != 5UL << 30) {
        bail_out("5 GiB expected: 0x%lx", memory_size());
    }
    test_set_key();
    test_clear();
    test_interruptible();
    test_conditional();
    test_refused();
    test_31_bit();
}
