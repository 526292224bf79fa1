/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 hercules=1 */
/*
 * Access-register mode with spaces of an access list: every kind of entry, the
 * exceptions on the way to it, keys, MVCOS. (armode.c has the mode itself.)
 */
#include "guest.h"

#define ALIAS       0x40000000UL    /* another page in each space */
#define HOLE        0x50000000UL    /* mapped in none */

/* Entries of the dispatchable-unit access list; so the ALETs, too. */
enum {
    ALE_NULL, ALE_PRIMARY, ALE_FIRST, ALE_SECOND, ALE_INVALID_ENTRY,
    ALE_OTHER_SEQUENCE, ALE_ASTE_INVALID, ALE_ASTE_SEQUENCE, ALE_FETCH_ONLY,
    ALE_PRIVATE, ALE_OWN, ALE_KEYED, ALES,
};
#define ALET_BEYOND     100             /* the list has 16 entries */
#define ALET_SEQUENCE   0x00010000      /* sequence number 1 */

#define EAX             5UL             /* the extended authorization index */

struct ale {
    uint8_t flags, alesn;
    uint16_t aleax;
    uint32_t zero, aste, astesn;
} aligned(16);

struct aste {
    uint32_t ato, atl;
    uint64_t asce;
    uint32_t ald, astesn, rest[10];
} aligned(64);

static uint64_t spaces[3];
static uint8_t *pages[3];       /* at ALIAS of each: full of 0x10, 0x20... */

static void set_entry(struct ale *list, struct aste *aste, unsigned n,
                      uint64_t asce)
{
    aste[n].asce = asce;
    aste[n].astesn = 7;
    list[n] = (struct ale) { .aste = (uint64_t)&aste[n], .astesn = 7 };
}

static void make_list(void)
{
    struct ale *list = memory_alloc(16 * sizeof(*list), 128);
    struct aste *aste = memory_alloc(ALES * sizeof(*aste), 64);
    uint32_t *duct = memory_alloc(64, 64);

    for (unsigned n = 0; n < 16; n++) {
        list[n].flags = 0x80;
    }
    set_entry(list, aste, ALE_FIRST, spaces[1]);
    set_entry(list, aste, ALE_SECOND, spaces[2]);
    set_entry(list, aste, ALE_OWN, spaces[0]);
    set_entry(list, aste, ALE_KEYED, spaces[1]);
    set_entry(list, aste, ALE_OTHER_SEQUENCE, spaces[1]);
    list[ALE_OTHER_SEQUENCE].alesn = 1;
    set_entry(list, aste, ALE_ASTE_INVALID, spaces[1]);
    aste[ALE_ASTE_INVALID].ato = 0x80000000;
    set_entry(list, aste, ALE_ASTE_SEQUENCE, spaces[1]);
    aste[ALE_ASTE_SEQUENCE].astesn = 8;
    set_entry(list, aste, ALE_FETCH_ONLY, spaces[1]);
    list[ALE_FETCH_ONLY].flags = 0x02;
    set_entry(list, aste, ALE_PRIVATE, spaces[1]);
    list[ALE_PRIVATE].flags = 0x01;
    list[ALE_PRIVATE].aleax = EAX;
    duct[4] = (uint64_t)list | 1;       /* 16 entries */
    cr_set(2, (uint64_t)duct);
}

/* From here on C code must not store through registers 4 to 6. */
static void enter(void)
{
    psw_set_mask(PSW_LIBRARY | PSW_DAT | PSW_AR);
}

/*
 * The code of one instruction whose operand is at 4 (and 5, and 6), with
 * access registers to match; ALETs are 0 again behind it.
 */
#define RUN(alet4, alet5, r4, r5, insn) ({                                  \
    uint64_t v_ = 0xee;                                                     \
                                                                            \
    enter();                                                                \
    pgm_expect();                                                           \
    asm volatile(                                                           \
        "   lgr     %%r4,%[p4]\n"                                           \
        "   lgr     %%r5,%[p5]\n"                                           \
        "   sar     %%a4,%[l4]\n"                                           \
        "   sar     %%a5,%[l5]\n"                                           \
        "   " insn "\n"                                                     \
        "   spka    0\n"                                                    \
        "   sar     %%a4,%[zero]\n"                                         \
        "   sar     %%a5,%[zero]\n"                                         \
        : [v] "+&d" (v_)                                                    \
        : [p4] "d" ((uint64_t)(r4)), [p5] "d" ((uint64_t)(r5)),             \
          [l4] "d" ((uint32_t)(alet4)), [l5] "d" ((uint32_t)(alet5)),       \
          [zero] "d" (0)                                                    \
        : "r0", "r1", "r2", "r3", "r4", "r5", "cc", "memory");              \
    pgm_end();                                                              \
    dat_off();                                                              \
    v_;                                                                     \
})

#define LOAD(alet, addr)    RUN(alet, 0, addr, 0, "llgc %[v],0(%%r4)")
#define STORE(alet, addr)   RUN(alet, 0, addr, 0, "mvi 0(%%r4),0x99")

static void ok_code(uint16_t code, const char *what)
{
    ok(pgm_last()->code == code, "%s: %s, expected %s", what,
       pgm_name(pgm_last()->code), pgm_name(code));
}

static void fill(void)
{
    for (unsigned n = 0; n < 3; n++) {
        memset(pages[n], (n + 1) * 0x10, PAGE_SIZE);
    }
}

static void test_one_operand(void)
{
    static const struct { uint32_t alet; uint8_t page; const char *name; }
    rows[] = {
        { 0, 0, "ALET 0" }, { 1, 1, "ALET 1" }, { ALE_FIRST, 1, "an entry" },
        { ALE_SECOND, 2, "another entry" },
        { ALE_OWN, 0, "the primary space's" },
        { ALE_PRIVATE, 1, "a private entry of this program's" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t *page = pages[rows[i].page];
        uint32_t alet = rows[i].alet;

        tap_push("%s", rows[i].name);
        fill();
        ok_eq(LOAD(alet, ALIAS), (rows[i].page + 1) * 0x10, "fetch");
        STORE(alet, ALIAS);
        ok_code(PGM_NONE, "store");
        for (unsigned n = 0; n < 3; n++) {
            ok_eq(pages[n][0], n == rows[i].page ? 0x99 : (n + 1) * 0x10,
                  "page %u", n);
        }
        RUN(alet, 0, ALIAS + 8, 0, "lghi 3,3\n   stmg 2,3,0(%%r4)");
        ok_eq(*(uint64_t *)(page + 16), 3, "STMG");
        RUN(alet, 0, ALIAS + 16, 0,
            "lghi 3,4\n   lghi 2,3\n   csg 2,3,0(%%r4)");
        ok_eq(*(uint64_t *)(page + 16), 4, "CSG");
        RUN(alet, 0, ALIAS, 0, "larl 1,1f\n   ex 0,0(1)\n   j 2f\n"
            "1: mvi 1(%%r4),0x77\n2:");
        ok_eq(page[1], 0x77, "EX of MVI");
        LOAD(alet, HOLE);
        ok_code(PGM_PAGE_TRANSLATION, "not mapped");
        ok_eq(pgm_last()->teid & TEID_ADDR, HOLE, "TEID: the page");
        if (alet && rows[i].page && !on_hercules()) {
            ok_eq(pgm_last()->teid & TEID_AS, 1, "TEID: the mode");
            ok_eq(pgm_last()->access_id, 4, "the access register");
        }
        tap_pop();
    }
}

/* One after the other, each in a space of its own. */
static void test_changes(void)
{
    static const uint8_t alets[] = { 0, 1, ALE_FIRST, ALE_SECOND, ALE_OWN };
    static const uint8_t which[] = { 0, 1, 1, 2, 0 };
    unsigned wrong = 0;

    fill();
    for (unsigned n = 0; n < 1000; n++) {
        unsigned a = n * 7 % 5, b = n * 3 % 5;
        uint64_t v = RUN(alets[a], alets[b], ALIAS, ALIAS + 1,
                         "llgc %[v],0(%%r4)\n   llgc 1,0(%%r5)\n"
                         "   sllg %[v],%[v],8\n   algr %[v],1");

        wrong += v != (which[a] + 1) * 0x1000UL + (which[b] + 1) * 0x10UL;
    }
    ok_eq(wrong, 0, "a thousand changes of the space");
}

static void test_two_operands(void)
{
    tap_push("two operands");
    fill();
    pages[1][100] = 0x5a;
    RUN(ALE_FIRST, ALE_FIRST, ALIAS, ALIAS + 100, "mvc 0(1,%%r4),0(%%r5)");
    ok_code(PGM_NONE, "MVC in one space");
    ok_eq(pages[1][0], 0x5a, "it has moved there");
    ok_eq(pages[0][0], 0x10, "and nowhere else");
    RUN(ALE_FIRST, 1, ALIAS + 1, ALIAS + 100, "mvc 0(1,%%r4),0(%%r5)");
    ok_code(PGM_NONE, "MVC in one space by two names");
    ok_eq(pages[1][1], 0x5a, "it has moved");
    RUN(ALE_FIRST, ALE_FIRST, ALIAS + 200, ALIAS + 100,
        "lgr 2,5\n   ear 3,5\n   sar 2,3\n   lghi 3,1\n   lghi 5,1\n   mvcl 4,2\n"
        "   lghi 2,0\n   sar 2,2");
    ok_code(PGM_NONE, "MVCL in one space");
    ok_eq(pages[1][200], 0x5a, "it has moved");
    RUN(ALE_FIRST, ALE_SECOND, ALIAS, ALIAS, "mvc 0(1,%%r4),0(%%r5)");
    if (on_kvm390()) {
        /* The limit that access-registers.h speaks of. */
        ok_code(PGM_ALEN_TRANSLATION, "two spaces in one instruction");
        ok_eq(pages[1][0], 0x5a, "nothing is moved");
    } else {
        ok_eq(pages[1][0], 0x30, "two spaces in one instruction");
    }
    tap_pop();
}

static void test_exceptions(void)
{
    static const struct { uint32_t alet; uint16_t code; const char *name; }
    rows[] = {
        { 0x80000000, PGM_ALET_SPECIFICATION, "reserved bits" },
        { ALET_BEYOND, PGM_ALEN_TRANSLATION, "beyond the list" },
        { ALE_INVALID_ENTRY, PGM_ALEN_TRANSLATION, "an invalid entry" },
        { ALE_FIRST | ALET_SEQUENCE, PGM_ALE_SEQUENCE, "sequence number" },
        { ALE_OTHER_SEQUENCE, PGM_ALE_SEQUENCE, "the entry's number" },
        { ALE_ASTE_INVALID, PGM_ASTE_VALIDITY, "ASTE validity" },
        { ALE_ASTE_SEQUENCE, PGM_ASTE_SEQUENCE, "ASTE sequence" },
    };

    tap_push("exceptions");
    fill();
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        LOAD(rows[i].alet, ALIAS);
        ok_code(rows[i].code, rows[i].name);
        if (rows[i].code != PGM_ALET_SPECIFICATION) {
            ok_eq(pgm_last()->access_id, 4, "%s: the access register",
                  rows[i].name);
        }
        STORE(rows[i].alet, ALIAS);
        ok_code(rows[i].code, rows[i].name);
    }
    ok(pages[0][0] == 0x10 && pages[1][0] == 0x20, "nothing was stored");
    cr_set(8, (EAX + 1) << 16);
    LOAD(ALE_PRIVATE, ALIAS);
    ok_code(PGM_EXTENDED_AUTHORITY, "another authorization index");
    cr_set(8, EAX << 16);
    ok_eq(LOAD(ALE_FETCH_ONLY, ALIAS), 0x20, "fetch-only entry: a fetch");
    STORE(ALE_FETCH_ONLY, ALIAS);
    ok_code(PGM_PROTECTION, "fetch-only entry: a store");
    if (!on_hercules()) {
        ok_eq(pgm_last()->teid & (TEID_BIT(56) | TEID_BIT(60) | TEID_BIT(61)),
              TEID_BIT(60) | TEID_BIT(61), "TEID: access-list-controlled");
    }
    ok_eq(pages[1][0], 0x20, "nothing is stored");
    STORE(ALE_FIRST, ALIAS);
    ok_eq(pages[1][0], 0x99, "by another entry for the space it is");
    STORE(ALE_FETCH_ONLY, ALIAS);
    ok_code(PGM_PROTECTION, "and still not by this one");
    tap_pop();
}

static void test_keys(void)
{
    uint64_t addr = (uint64_t)pages[1];

    tap_push("keys");
    fill();
    sske(addr, SKEY_ACC(5) | SKEY_F);
    ok_eq(LOAD(ALE_KEYED, ALIAS), 0x20, "key 0");
    RUN(ALE_KEYED, 0, ALIAS, 0, "spka 0x30\n   ic %[v],0(%%r4)");
    ok_code(PGM_PROTECTION, "key 3");
    RUN(ALE_KEYED, 0, ALIAS, 0, "spka 0x50\n   mvi 0(%%r4),0x55");
    ok_code(PGM_NONE, "key 5");
    ok_eq(pages[1][0], 0x55, "it is stored");
    RUN(ALE_KEYED, 0, ALIAS, 0, "spka 0x30\n   mvi 0(%%r4),0x33");
    ok_code(PGM_PROTECTION, "key 3 again");
    RUN(ALE_SECOND, 0, ALIAS, 0, "spka 0x30\n   ic %[v],0(%%r4)");
    ok_code(PGM_NONE, "key 3 in another space");
    sske(addr, 0);
    LOAD(ALE_KEYED, ALIAS);
    ok_eq(iske(addr), SKEY_R, "a fetch sets R");
    STORE(ALE_KEYED, ALIAS);
    ok_eq(iske(addr), SKEY_R | SKEY_C, "a store sets C");
    tap_pop();
}

/* A table entry or list that changes is seen at once, as far as it has to. */
static void test_invalidation(void)
{
    tap_push("invalidation");
    fill();
    ok_eq(LOAD(ALE_FIRST, ALIAS), 0x20, "before");
    ipte(spaces[1], ALIAS);
    LOAD(ALE_FIRST, ALIAS);
    ok_code(PGM_PAGE_TRANSLATION, "after IPTE");
    *dat_pte(spaces[1], ALIAS) = (uint64_t)pages[2];
    ok_eq(LOAD(ALE_FIRST, ALIAS), 0x30, "a new page");
    *dat_pte(spaces[1], ALIAS) = (uint64_t)pages[1];
    ptlb();
    ok_eq(LOAD(ALE_FIRST, ALIAS), 0x20, "the old one after PTLB");
    cr_set(7, spaces[2]);
    ok_eq(LOAD(1, ALIAS), 0x30, "ALET 1 after CR 7 has changed");
    cr_set(7, spaces[1]);
    ok_eq(LOAD(1, ALIAS), 0x20, "and back");
    tap_pop();
}

/* MVCOS of 8 bytes to r4 from r5, with these operand-access controls. */
#define MVCOS(oac, alet4, alet5)                                            \
    RUN(alet4, alet5, ALIAS, ALIAS + 8, "lghi 0," #oac "\n   lghi 1,8\n"    \
        "   .insn ssf,0xc80000000000,0(%%r4),0(%%r5),1")

static void test_mvcos(void)
{
    uint32_t word = 0x00410041;         /* both in access-register mode */

    if (!facility(27)) {
        tap_skip("mvcos", "no facility 27");
        return;
    }
    if (on_hercules()) {
        tap_skip("mvcos", "Hercules takes the register's space for another");
        return;
    }
    tap_push("mvcos");
    fill();
    MVCOS(0, ALE_FIRST, ALE_SECOND);
    ok_code(PGM_NONE, "from one space to another");
    ok(pages[1][0] == 0x30 && pages[1][7] == 0x30 && pages[1][8] == 0x20,
       "eight bytes");
    MVCOS(0, 0, ALE_FIRST);
    ok_eq(pages[0][0], 0x20, "to the primary space");
    MVCOS(0, 1, 0);
    ok_eq(pages[1][0], 0x10, "and from it to the secondary one");
    fill();
    MVCOS(0, ALE_FETCH_ONLY, 0);
    ok_code(PGM_PROTECTION, "to a fetch-only entry");
    ok_eq(pages[1][0], 0x20, "nothing is stored");
    MVCOS(0, 0, ALE_INVALID_ENTRY);
    ok_code(PGM_ALEN_TRANSLATION, "from an invalid entry");
    ok_eq(pgm_last()->access_id, 5, "the access register");

    /* The controls name the mode that the PSW does not have. */
    asm volatile("sar %%a4,%0\n   sar %%a5,%1"
                 : : "d" (ALE_FIRST), "d" (ALE_SECOND));
    psw_set_mask(PSW_LIBRARY | PSW_DAT);
    pgm_expect();
    asm volatile("   lgr 0,%[w]\n   lgr 4,%[to]\n   lgr 5,%[from]\n"
                 "   lghi 1,8\n   .insn ssf,0xc80000000000,0(4),0(5),1"
                 : : [w] "d" ((uint64_t)word), [to] "d" (ALIAS + 16),
                     [from] "d" (ALIAS)
                 : "0", "1", "4", "5", "cc", "memory");
    pgm_end();
    dat_off();
    asm volatile("sar %%a4,%0\n   sar %%a5,%0" : : "d" (0));
    ok_code(PGM_NONE, "by the operand-access controls");
    ok(pages[1][16] == 0x30 && pages[1][24] == 0x20, "eight bytes");

    fill();
    sske((uint64_t)pages[2], SKEY_ACC(5) | SKEY_F);
    MVCOS(0x3002, ALE_FIRST, ALE_SECOND);
    ok_code(PGM_PROTECTION, "key 3 for a source that has 5");
    MVCOS(0x5002, ALE_FIRST, ALE_SECOND);
    ok_code(PGM_NONE, "key 5");
    ok_eq(pages[1][0], 0x30, "it has moved");
    sske((uint64_t)pages[2], 0);
    tap_pop();
}

static void test(void *unused)
{
    tap_push("CPU %u", smp_number());
    cr_set(1, spaces[0]);
    cr_set(7, spaces[1]);
    cr_set(8, EAX << 16);
    make_list();
    test_one_operand();
    test_changes();
    test_two_operands();
    test_exceptions();
    test_keys();
    test_invalidation();
    test_mvcos();
    tap_pop();
}

void main(void)
{
    for (unsigned n = 0; n < 3; n++) {
        pages[n] = page_alloc(1);
        spaces[n] = dat_identity();
        dat_map(spaces[n], ALIAS, (uint64_t)pages[n], PAGE_SIZE, 0);
        dat_map(spaces[n], HOLE, 0, PAGE_SIZE, 0);
        dat_unmap(spaces[n], HOLE, PAGE_SIZE);
    }
    test(NULL);
    if (smp_count() > 1) {
        smp_call(smp_count() - 1, test, NULL);
    }
}
