/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1 hercules=1 */
/*
 * LOAD REAL ADDRESS: its condition codes, what it loads with each, and what it
 * leaves of R1 (PoP, "LOAD REAL ADDRESS").
 */
#include "guest.h"

#define BEFORE  0x1111111122222222UL
#define MAPPED  0x40000000UL
#define INVALID 0x40001000UL

#define LOAD(name, insn)                                                \
    static uint64_t name(uint64_t addr, int *cc)                        \
    {                                                                   \
        uint64_t r1 = BEFORE;                                           \
                                                                        \
        asm volatile(insn " %[r1],0(%[addr])\n" CC_GET                  \
                     : [cc] "=d" (*cc), [r1] "+d" (r1)                  \
                     : [addr] "a" (addr) : "cc", "memory");             \
        return r1;                                                      \
    }

LOAD(lrag, "lrag")
LOAD(lra64, "lra")
LOAD(lra31, "sam31\n lra")

static void amode64(void)
{
    asm volatile("sam64");
}

static void test_results(uint64_t space, uint64_t page)
{
    uint64_t r1;
    int cc;

    r1 = lrag(MAPPED + 0x123, &cc);
    ok(cc == 0 && r1 == page + 0x123, "LRAG of a mapped page");
    r1 = lra64(MAPPED + 0x123, &cc);
    ok(cc == 0 && r1 == page + 0x123, "LRA in 64-bit mode: 64 bits");
    r1 = lra31(MAPPED + 0x123, &cc);
    amode64();
    ok(cc == 0 && r1 == ((BEFORE & ~0xffffffffUL) | (page + 0x123)),
       "LRA in 31-bit mode: bits 0 to 31 stay");
    r1 = lrag(INVALID + 0x123, &cc);
    ok_eq(cc, 2, "LRAG of an invalid page");
    ok_eq(r1, (uint64_t)dat_pte(space, INVALID), "loads the entry's address");
    r1 = lra31(INVALID + 0x123, &cc);
    amode64();
    ok_eq(cc, 2, "LRA of an invalid page in 31-bit mode");
    ok_eq(r1, (BEFORE & ~0xffffffffUL) | (uint64_t)dat_pte(space, INVALID),
          "loads the entry's address and leaves bits 0 to 31");
    r1 = lrag(1UL << 40, &cc);
    ok_eq(cc, 3, "LRAG of an invalid region");
    ok_eq(r1, (BEFORE & ~0xffffffffUL) | 0x80000000UL | PGM_REGION_THIRD,
          "loads the interruption code, bit 32 one");
    r1 = lrag(1UL << 63, &cc);
    ok_eq(cc, 3, "LRAG beyond the ASCE");
    ok_eq(r1, (BEFORE & ~0xffffffffUL) | 0x80000000UL | PGM_ASCE_TYPE,
          "loads that code");
}

static void test_segment(uint64_t space)
{
    uint64_t *entry = dat_ste(space, MAPPED), r1;
    int cc;

    *entry |= DTE_INVALID;
    ptlb();
    r1 = lrag(MAPPED, &cc);
    ok_eq(cc, 1, "LRAG of an invalid segment");
    ok_eq(r1, (uint64_t)entry, "loads the entry's address");
    *entry &= ~DTE_INVALID;
    ptlb();
}

static void test_exceptions(uint64_t space)
{
    uint64_t *entry = dat_pte(space, MAPPED), old = *entry;
    int cc;

    *entry |= 0x800; /* a bit that has to be zero */
    ptlb();
    pgm_expect();
    lrag(MAPPED, &cc);
    pgm_ok(PGM_TRANSLATION_SPEC, "a format error in the entry");
    *entry = old;
    ptlb();
}

void main(void)
{
    uint64_t space = dat_identity(), page = (uint64_t)page_alloc(1);

    dat_map(space, MAPPED, page, PAGE_SIZE, 0);
    dat_map(space, INVALID, page, PAGE_SIZE, 0);
    dat_unmap(space, INVALID, PAGE_SIZE);
    cr_set(1, space);
    tap_push("DAT off");
    test_results(space, page);
    tap_pop();
    tap_push("DAT on");
    psw_set_as(PSW_PRIMARY);
    test_results(space, page);
    dat_off();
    tap_pop();
    test_segment(space);
    test_exceptions(space);
}
