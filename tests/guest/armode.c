/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 hercules=1,4 */
/*
 * Access-register mode. With ALETs of 0 it is the primary space and has to
 * work throughout. Where kvm390 may answer another ALET by an ALEN-translation
 * exception, what it does not refuse has to be right. (arspaces.c has more of
 * other spaces.)
 *
 * Not under tcg: QEMU 10.0 aborts at the first load.
 */
#include "guest.h"

#define ALIAS           0x40000000UL    /* another page in each space */
#define HOLE            0x50000000UL    /* mapped nowhere */
#define ALET_NO_ENTRY   2               /* an invalid access-list entry */
#define ALET_RESERVED   0x80000000      /* bits 0-6 are reserved */

static uint8_t *primary_page, *secondary_page;
static uint64_t primary, secondary;

/* Loads through general and access register 4. */
static uint8_t load_by_ar4(uint32_t alet, uint64_t addr)
{
    uint64_t v = 0;

    asm volatile(
        "   lgr     %%r4,%[addr]\n"
        "   sar     %%a4,%[alet]\n"
        "   ic      %[v],0(%%r4)\n"
        "   sar     %%a4,%[zero]\n"
        : [v] "+&d" (v)
        : [addr] "d" (addr), [alet] "d" (alet), [zero] "d" (0)
        : "r4", "memory");
    return v;
}

static void store_by_ar4(uint32_t alet, uint64_t addr, uint8_t v)
{
    asm volatile(
        "   lgr     %%r4,%[addr]\n"
        "   sar     %%a4,%[alet]\n"
        "   stc     %[v],0(%%r4)\n"
        "   sar     %%a4,%[zero]\n"
        : : [v] "d" ((uint64_t)v), [addr] "d" (addr), [alet] "d" (alet),
            [zero] "d" (0)
        : "r4", "memory");
}

static uint64_t lra_by_ar4(uint32_t alet, uint64_t addr, int *cc)
{
    uint64_t real;

    asm volatile(
        "   lgr     %%r4,%[addr]\n"
        "   sar     %%a4,%[alet]\n"
        "   lrag    %[real],0(%%r4)\n"
        "   sar     %%a4,%[zero]\n"
        CC_GET
        : [cc] "=&d" (*cc), [real] "=&d" (real)
        : [addr] "d" (addr), [alet] "d" (alet), [zero] "d" (0)
        : "cc", "r4", "memory");
    return real;
}

static int tprot_by_ar4(uint32_t alet, uint64_t addr)
{
    int cc;

    asm volatile(
        "   lgr     %%r4,%[addr]\n"
        "   sar     %%a4,%[alet]\n"
        "   tprot   0(%%r4),0\n"
        "   sar     %%a4,%[zero]\n"
        CC_GET
        : [cc] "=&d" (cc)
        : [addr] "d" (addr), [alet] "d" (alet), [zero] "d" (0)
        : "cc", "r4", "memory");
    return cc;
}

/* With DAT as the caller has set it up: what the mode must do at least. */
static void test_alet_zero(void)
{
    uint8_t *p = page_alloc(2), *q = p + PAGE_SIZE;
    uint64_t word = 0;
    int cc;

    p[5] = 0x5a;
    ok_eq(*(volatile uint8_t *)(p + 5), 0x5a, "load");
    *(volatile uint8_t *)(p + 6) = 0xa5;
    ok_eq(p[6], 0xa5, "store");
    asm volatile("mvc 0(2,%0),5(%1)" : : "a" (q), "a" (p) : "memory");
    ok(q[0] == 0x5a && q[1] == 0xa5, "MVC");
    asm volatile("clc 0(2,%[q]),5(%[p])\n" CC_GET
                 : [cc] "=d" (cc) : [q] "a" (q), [p] "a" (p)
                 : "cc", "memory");
    ok_eq(cc, 0, "CLC");
    asm volatile("mvc 4090(20,%0),5(%0)" : : "a" (p) : "memory");
    ok(p[4090] == 0x5a && p[4091] == 0xa5, "MVC across two pages");
    memset(q, 0x77, 600);
    ok(q[0] == 0x77 && q[599] == 0x77, "a long fill");
    asm volatile("lmg %%r2,%%r3,0(%0)\n   stmg %%r2,%%r3,32(%1)"
                 : : "a" (q), "a" (p) : "r2", "r3", "memory");
    ok_eq(p[47], 0x77, "LMG and STMG");
    ok_eq(cas64((uint64_t *)(p + 64), 0, 42), 0, "CSG: found");
    ok_eq(*(volatile uint64_t *)(p + 64), 42, "CSG: stored");
    asm volatile("larl %%r1,1f\n   ex 0,0(%%r1)\n   j 2f\n"
                 "1: mvi 8(%0),0x99\n2:"
                 : : "a" (p) : "r1", "memory");
    ok_eq(p[8], 0x99, "EX");
    ok_eq(lra((uint64_t)p + 5, &cc), (uint64_t)p + 5, "LRA: address");
    ok_eq(cc, 0, "LRA: cc");
    ok_eq(tprot((uint64_t)p, 0), 0, "TPROT");
    asm volatile("stctg 1,1,0(%0)" : : "a" (p + 128) : "memory");
    ok_eq(*(volatile uint64_t *)(p + 128), cr_get(1), "STCTG");
    /* register 0 as a base is no base: access register 0 is not used */
    asm volatile("sar %%a0,%[alet]\n"
                 "   lg  %[word],0x1d0(0)\n"
                 "   sar %%a0,%[zero]"
                 : [word] "=&d" (word)
                 : [alet] "d" (ALET_RESERVED), [zero] "d" (0));
    ok_eq(word, lowcore()->pgm_new.mask, "no base register: AR 0 is not used");
    /* a register that is no base does not count */
    asm volatile("sar %%a3,%[alet]\n"
                 "   lghi %%r3,1\n"
                 "   agr %%r3,%%r3\n"
                 "   ic %%r3,5(%[p])\n"
                 "   sar %%a3,%[zero]\n"
                 "   lgr %[word],%%r3"
                 : [word] "=d" (word)
                 : [alet] "d" (ALET_RESERVED), [zero] "d" (0), [p] "a" (p)
                 : "r3", "cc");
    ok_eq(word, 0x5a, "an access register no operand uses does not matter");
}

static void test_faults(void)
{
    pgm_expect();
    load_by_ar4(0, HOLE);
    pgm_ok(PGM_PAGE_TRANSLATION, "load from an invalid page");
    ok_eq(pgm_last()->teid & TEID_ADDR, HOLE, "TEID: the page");
    /* KVM stores 01 (Linux, gaccess.c), Hercules 00 and the register */
    ok((pgm_last()->teid & TEID_AS) < 2, "TEID: no other space");
    pgm_expect();
    store_by_ar4(0, ALIAS + PAGE_SIZE, 1);
    pgm_ok(PGM_PROTECTION, "store to a protected page");
    ok_eq(tprot_by_ar4(0, ALIAS + PAGE_SIZE), 1, "TPROT: protected page");
    ok_eq(tprot_by_ar4(0, HOLE), 3, "TPROT: invalid page");
    pgm_expect();
    pgm_resume_at(&&behind);
    asm goto("   basr %%r14,%0" : : "a" (HOLE) : "r14", "memory" : behind);
behind:
    pgm_ok(PGM_PAGE_TRANSLATION, "instruction fetch from an invalid page");
}

/* The limit kvm390 documents: it may refuse an ALET other than 0. */
static bool refused(void)
{
    uint16_t code = pgm_end();

    return on_kvm390() && (code == PGM_ALET_SPECIFICATION
                           || code == PGM_ALEN_TRANSLATION);
}

static void test_other_alets(void)
{
    bool no;
    int cc;

    tap_push("ALET 1");
    ok_eq(load_by_ar4(1, ALIAS), 0x22, "load: the secondary space");
    store_by_ar4(1, ALIAS + 8, 0x33);
    ok_eq(secondary_page[8], 0x33, "store: the secondary space");
    ok(primary_page[8] != 0x33, "the primary space is not stored to");
    pgm_expect();
    ok(lra_by_ar4(1, ALIAS, &cc) == (uint64_t)secondary_page || refused(),
       "LRA");
    pgm_end();
    tap_pop();

    tap_push("ALET without an entry");
    pgm_expect();
    load_by_ar4(ALET_NO_ENTRY, ALIAS);
    no = refused();
    ok(no || pgm_last()->code == PGM_ALEN_TRANSLATION, "load");
    pgm_expect();
    store_by_ar4(ALET_NO_ENTRY, ALIAS + 9, 0x44);
    no = refused();
    ok(no || pgm_last()->code == PGM_ALEN_TRANSLATION, "store");
    ok(primary_page[9] != 0x44 && secondary_page[9] != 0x44,
       "nothing is stored");
    pgm_expect();
    lra_by_ar4(ALET_NO_ENTRY, ALIAS, &cc);
    ok(refused() || (!pgm_last()->code && cc == 3), "LRA");
    pgm_expect();
    cc = tprot_by_ar4(ALET_NO_ENTRY, ALIAS);
    ok(refused() || (!pgm_last()->code && cc == 3), "TPROT");
    tap_pop();

    tap_push("ALET with reserved bits");
    pgm_expect();
    load_by_ar4(ALET_RESERVED, ALIAS);
    no = refused();
    ok(no || pgm_last()->code == PGM_ALET_SPECIFICATION, "load");
    pgm_expect();
    asm volatile("sar %%a4,%[alet]\n"
                 "   lgr %%r4,%[to]\n"
                 "   mvc 0(8,%%r4),0(%[from])\n"
                 "   sar %%a4,%[zero]"
                 : : [alet] "d" (ALET_RESERVED), [zero] "d" (0),
                     [to] "a" (primary_page + 16), [from] "a" (secondary_page)
                 : "r4", "memory");
    no = refused();
    ok(no || pgm_last()->code == PGM_ALET_SPECIFICATION, "MVC");
    ok_eq(primary_page[16], 0x11, "nothing is moved");
    tap_pop();
}

/*
 * Instructions with a bad ALET in access register 4 and @in in general
 * register 4; the result in %[v]. C code may use both in between.
 */
#define BY_AR4(in, text) ({                                             \
    uint64_t v_ = 0;                                                    \
    pgm_expect();                                                       \
    asm volatile(                                                       \
        "   lgr     %%r4,%[r4]\n"                                       \
        "   sar     %%a4,%[alet]\n"                                     \
        "   " text "\n"                                                 \
        "   sar     %%a4,%[zero]\n"                                     \
        : [v] "+&d" (v_)                                                \
        : [r4] "d" ((uint64_t)(in)), [alet] "d" (ALET_RESERVED),        \
          [zero] "d" (0)                                                \
        : "r0", "r1", "r2", "r3", "r4", "r5", "cc", "memory");          \
    v_;                                                                 \
})

/* Registers that only form an address or a number name no space. */
static void test_no_operand(void)
{
    uint64_t v, page = (uint64_t)primary_page;

    tap_push("no storage operand");
    v = BY_AR4(0x1234, "la %[v],5(%%r4)");
    pgm_ok(PGM_NONE, "LA");
    ok_eq(v, 0x1239, "LA: result");
    v = BY_AR4(3, "lghi %[v],1\n   sllg %[v],%[v],1(%%r4)");
    pgm_ok(PGM_NONE, "SLLG");
    ok_eq(v, 16, "SLLG: result");
    v = BY_AR4(0, "larl %%r4,1f\n   b 0(%%r4)\n   lghi %[v],2\n1:");
    pgm_ok(PGM_NONE, "BC");
    ok_eq(v, 0, "BC: branches");
    v = BY_AR4(0, "larl %%r4,1f\n   basr %[v],%%r4\n1:");
    pgm_ok(PGM_NONE, "BASR");
    ok(v, "BASR: result");
    BY_AR4(0, "spka 0(%%r4)");
    pgm_ok(PGM_NONE, "SPKA");
    BY_AR4(page, "sske %[v],%%r4\n   iske %[v],%%r4");
    pgm_ok(PGM_NONE, "SSKE and ISKE: absolute addresses");
    v = BY_AR4(page, "lura %[v],%%r4");
    pgm_ok(PGM_NONE, "LURA: a real address");
    ok_eq(v, *(uint32_t *)page, "LURA: result");
    v = BY_AR4(20, "algr %%r4,%%r4\n   lgr %[v],%%r4");
    pgm_ok(PGM_NONE, "ALGR");
    ok_eq(v, 40, "ALGR: result");
    tap_pop();
}

/* Operands named by a register field, not by a base. */
static void test_register_operands(void)
{
    uint8_t *p = primary_page + 0x800;
    int cc;

    tap_push("register operand");
    memset(p, 0, 64);
    memcpy(p, "abcdefgh", 9);
    asm volatile("lgr %%r2,%[to]\n   lghi %%r3,8\n"
                 "   lgr %%r4,%[from]\n   lghi %%r5,8\n"
                 "   mvcl %%r2,%%r4"
                 : : [to] "d" (p + 32), [from] "d" (p)
                 : "r2", "r3", "r4", "r5", "cc", "memory");
    ok(!memcmp(p + 32, "abcdefgh", 8), "MVCL with ALET 0");
    asm volatile("lghi %%r0,'f'\n   lgr %%r4,%[from]\n   la %%r2,20(%%r4)\n"
                 "0: srst %%r2,%%r4\n   jo 0b\n" CC_GET
                 : [cc] "=d" (cc) : [from] "d" (p)
                 : "r0", "r2", "r4", "cc", "memory");
    ok_eq(cc, 1, "SRST with ALET 0");
    memset(p + 32, 0, 8);
    BY_AR4(p, "lghi %%r5,8\n   la %%r2,32(%%r4)\n   lghi %%r3,8\n"
           "   mvcl %%r2,%%r4");
    ok(refused() || pgm_last()->code == PGM_ALET_SPECIFICATION, "MVCL");
    ok_eq(p[32], 0, "MVCL: nothing is moved");
    BY_AR4(p, "lghi %%r0,0\n   la %%r2,20(%%r4)\n   srst %%r2,%%r4");
    ok(refused() || pgm_last()->code == PGM_ALET_SPECIFICATION, "SRST");
    BY_AR4(p, "larl %%r1,1f\n   ex 0,0(%%r1)\n   j 2f\n"
           "1: mvi 32(%%r4),0x99\n2:");
    ok(refused() || pgm_last()->code == PGM_ALET_SPECIFICATION, "EX of MVI");
    ok_eq(p[32], 0, "EX of MVI: nothing is stored");
    tap_pop();
}

/*
 * A dispatchable-unit control table whose access list has only invalid
 * entries, for CR2 and, as the primary ASTE, CR5.
 */
static void set_access_lists(void)
{
    uint8_t *duct = memory_alloc(64, 64), *aste = memory_alloc(64, 64);
    uint8_t *list = memory_alloc(128, 128);

    for (unsigned i = 0; i < 128; i += 16) {
        list[i] = 0x80;
    }
    *(uint32_t *)(duct + 16) = (uint64_t)list;
    *(uint32_t *)(aste + 16) = (uint64_t)list;
    cr_set(2, (uint64_t)duct);
    cr_set(5, (uint64_t)aste);
}

static void test(void *arg)
{
    tap_push("CPU %u", smp_number());

    /* what Linux's memop selftest and the reported abort do */
    tap_push("real space");
    cr_set(1, ASCE_REAL_SPACE);
    psw_set_mask(PSW_LIBRARY | PSW_DAT | PSW_AR);
    ok_eq(psw_mask() & (PSW_DAT | PSW_AS_MASK), PSW_DAT | PSW_AR, "is on");
    test_alet_zero();
    dat_off();
    tap_pop();

    tap_push("tables");
    cr_set(1, primary);
    cr_set(7, secondary);
    cr_set(13, secondary);
    set_access_lists();
    primary_page[0] = 0x11;
    primary_page[16] = 0x11;
    secondary_page[0] = 0x22;
    psw_set_mask(PSW_LIBRARY | PSW_DAT | PSW_AR);
    test_alet_zero();
    ok_eq(load_by_ar4(0, ALIAS), 0x11, "ALET 0 is the primary space");
    test_faults();
    test_other_alets();
    test_no_operand();
    test_register_operands();
    cr_or(0, CR0_SECONDARY_SPACE);      /* SACF needs it */
    asm volatile("sacf 0x000");
    ok_eq(psw_mask() & PSW_AS_MASK, PSW_PRIMARY, "SACF leaves the mode");
    asm volatile("sacf 0x200");
    ok_eq(psw_mask() & PSW_AS_MASK, PSW_AR, "SACF enters the mode");
    ok_eq(load_by_ar4(0, ALIAS), 0x11, "and it works");
    psw_set_as(PSW_SECONDARY);
    ar_set(4, ALET_RESERVED);
    ok_eq(*(volatile uint8_t *)ALIAS, 0x22,
          "outside the mode access registers do not matter");
    ar_set(4, 0);
    dat_off();
    tap_pop();
    tap_pop();
}

void main(void)
{
    primary_page = page_alloc(1);
    secondary_page = page_alloc(1);
    primary = dat_identity();
    secondary = dat_identity();
    dat_map(primary, ALIAS, (uint64_t)primary_page, PAGE_SIZE, 0);
    dat_map(primary, ALIAS + PAGE_SIZE, (uint64_t)primary_page, PAGE_SIZE,
            DAT_PROTECT);
    dat_map(secondary, ALIAS, (uint64_t)secondary_page, PAGE_SIZE, 0);
    dat_map(primary, HOLE, 0, PAGE_SIZE, 0);
    dat_unmap(primary, HOLE, PAGE_SIZE);
    test(NULL);
    if (smp_count() > 1) {
        smp_call(smp_count() - 1, test, NULL);
    }
}
