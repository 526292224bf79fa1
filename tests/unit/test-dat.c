/*
 * Translation: every exit of the DAT walk and of access-register translation
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "kvm390/include/dat.h"
#include "kvm390/include/pgm.h"

/* Memory of a few doublewords: what is not listed is not there. */
typedef struct Dword {
    uint64_t addr, value;
} Dword;

#define MAX_DWORDS 16

typedef struct Tables {
    Dword d[MAX_DWORDS];
    unsigned fetches;
} Tables;

static int fetch(void *opaque, uint64_t addr, uint64_t *value)
{
    Tables *t = opaque;

    g_assert_cmphex(addr % 8, ==, 0);
    t->fetches++;
    for (int i = 0; i < MAX_DWORDS; i++) {
        if (t->d[i].value != 0 && t->d[i].addr == addr) {
            *value = t->d[i].value;
            return 0;
        }
    }
    return KVM390_PGM_ADDRESSING;
}

static void put(Tables *t, uint64_t addr, uint64_t value)
{
    int i = 0;

    while (t->d[i].value && t->d[i].addr != addr) {
        g_assert_cmpint(++i, <, MAX_DWORDS);
    }
    t->d[i] = (Dword) { addr, value };
}

/*
 * One translation through all five tables. The indexes of VA are 0x415, 0x2a3,
 * 0x5b1, 0x3c7 and 0x9d, so the upper bits are 2, 1, 2 and 1.
 */
#define RFX 0x415ULL
#define RSX 0x2a3ULL
#define RTX 0x5b1ULL
#define SX  0x3c7ULL
#define PX  0x9dULL
#define VA  (RFX << 53 | RSX << 42 | RTX << 31 | SX << 20 | PX << 12 | 0xabc)

#define R1_TABLE 0x10000ULL
#define R2_TABLE 0x20000ULL
#define R3_TABLE 0x30000ULL
#define S_TABLE  0x40000ULL
#define P_TABLE  0x50800ULL
#define FRAME    0x123456789000ULL

#define R1_ENTRY (R1_TABLE + RFX * 8)
#define R2_ENTRY (R2_TABLE + RSX * 8)
#define R3_ENTRY (R3_TABLE + RTX * 8)
#define S_ENTRY  (S_TABLE + SX * 8)
#define P_ENTRY  (P_TABLE + PX * 8)

/* type and a table that spans all four quarters (offset 0, length 3) */
#define R1_FULL  0x0fULL
#define R2_FULL  0x0bULL
#define R3_FULL  0x07ULL

static const Kvm390DatFeatures edat0 = { false, false };
static const Kvm390DatFeatures edat1 = { true, false };
static const Kvm390DatFeatures edat2 = { true, true, .iep = true };

static void tables_init(Tables *t)
{
    memset(t, 0, sizeof(*t));
    put(t, R1_ENTRY, R2_TABLE | R1_FULL);
    put(t, R2_ENTRY, R3_TABLE | R2_FULL);
    put(t, R3_ENTRY, S_TABLE | R3_FULL);
    put(t, S_ENTRY, P_TABLE);
    put(t, P_ENTRY, FRAME);
}

static void test_depths(void)
{
    static const struct {
        uint64_t asce, va;
        unsigned fetches;
    } rows[] = {
        { R1_TABLE | 0x0f, VA, 5 },
        { R2_TABLE | 0x0b, VA & ~(0x7ffULL << 53), 4 },
        { R3_TABLE | 0x07, VA & 0x3ffffffffffULL, 3 },
        { S_TABLE | 0x03, VA & 0x7fffffff, 2 },
    };
    Tables t;
    Kvm390DatFrame frame;

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        tables_init(&t);
        g_assert_cmpint(kvm390_dat_walk(rows[i].va, rows[i].asce, &edat2,
                                        fetch, &t, &frame), ==, 0);
        g_assert_cmphex(frame.addr, ==, FRAME | 0xabc);
        g_assert_false(frame.absolute);
        g_assert_false(frame.protect);
        g_assert_false(frame.exec_protect);
        g_assert_cmpint(t.fetches, ==, rows[i].fetches);
    }
}

static void test_real_space(void)
{
    Tables t;
    Kvm390DatFrame frame;

    tables_init(&t);
    g_assert_cmpint(kvm390_dat_walk(VA, R1_TABLE | KVM390_ASCE_REAL_SPACE,
                                    &edat2, fetch, &t, &frame), ==, 0);
    g_assert_cmphex(frame.addr, ==, VA);
    g_assert_false(frame.absolute);
    g_assert_cmpint(t.fetches, ==, 0);
}

static void test_asce(void)
{
    static const struct {
        uint64_t va, asce;
        int code;
    } rows[] = {
        /* an address beyond what the top table can hold */
        { 1ULL << 53, R2_TABLE | 0x0b, KVM390_PGM_ASCE_TYPE },
        { 1ULL << 42, R3_TABLE | 0x07, KVM390_PGM_ASCE_TYPE },
        { 1ULL << 31, S_TABLE | 0x03, KVM390_PGM_ASCE_TYPE },
        { ~0ULL, S_TABLE | 0x03, KVM390_PGM_ASCE_TYPE },
        /* beyond the length of the top table */
        { 1ULL << 62, R1_TABLE | 0x0c, KVM390_PGM_REGION_FIRST_TRANS },
        { 3ULL << 62, R1_TABLE | 0x0e, KVM390_PGM_REGION_FIRST_TRANS },
        { 1ULL << 51, R2_TABLE | 0x08, KVM390_PGM_REGION_SECOND_TRANS },
        { 1ULL << 40, R3_TABLE | 0x04, KVM390_PGM_REGION_THIRD_TRANS },
        { 1ULL << 29, S_TABLE | 0x00, KVM390_PGM_SEGMENT_TRANSLATION },
        /* in it, but there is no memory for the table */
        { 3ULL << 62, 0x700000 | 0x0f, KVM390_PGM_ADDRESSING },
        { 3ULL << 29, 0x700000 | 0x03, KVM390_PGM_ADDRESSING },
    };
    Tables t;
    Kvm390DatFrame frame;

    tables_init(&t);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmphex(kvm390_dat_walk(rows[i].va, rows[i].asce, &edat2,
                                        fetch, &t, &frame), ==, rows[i].code);
    }
}

/* One entry replaced: what comes of it without, with EDAT-1, with EDAT-2. */
typedef struct EntryRow {
    uint64_t addr, value;
    uint64_t asce_bits;
    int code[3];
    bool protect[3];
    uint64_t frame[3];          /* 0: FRAME */
} EntryRow;

#define ALL(x) { x, x, x }
#define R1T KVM390_PGM_REGION_FIRST_TRANS
#define R2T KVM390_PGM_REGION_SECOND_TRANS
#define R3T KVM390_PGM_REGION_THIRD_TRANS
#define SGT KVM390_PGM_SEGMENT_TRANSLATION
#define PGT KVM390_PGM_PAGE_TRANSLATION
#define TSP KVM390_PGM_TRANSLATION_SPEC
#define ADR KVM390_PGM_ADDRESSING
#define PRIV KVM390_ASCE_PRIVATE

#define R3_LARGE (0x980000000ULL | (VA & 0x7ffff000))
#define S_LARGE  (0x7a500000ULL | (VA & 0xff000))

static const EntryRow entry_rows[] = {
    /* invalid beats everything else in the entry */
    { R1_ENTRY, 0x20 | 0x04, 0, ALL(R1T) },
    { R2_ENTRY, 0x20 | 0x00, 0, ALL(R2T) },
    { R3_ENTRY, 0x20 | 0x08, 0, ALL(R3T) },
    { S_ENTRY, 0x20 | 0x0c, 0, ALL(SGT) },
    { P_ENTRY, 0x400 | 0x800, 0, ALL(PGT) },
    /* wrong table type */
    { R1_ENTRY, R2_TABLE | 0x0b, 0, ALL(TSP) },
    { R2_ENTRY, R3_TABLE | 0x07, 0, ALL(TSP) },
    { R3_ENTRY, S_TABLE | 0x03, 0, ALL(TSP) },
    { S_ENTRY, P_TABLE | 0x04, 0, ALL(TSP) },
    /* a bit that must be zero in a page-table entry */
    { P_ENTRY, FRAME | 0x800, 0, ALL(TSP) },
    /* the next index outside offset and length: 1, 2, 1 are the quarters */
    { R1_ENTRY, R2_TABLE | 0x0c, 0, ALL(R2T) },
    { R1_ENTRY, R2_TABLE | 0x80 | 0x0f, 0, ALL(R2T) },
    { R1_ENTRY, R2_TABLE | 0x40 | 0x0d, 0, ALL(0) },
    { R2_ENTRY, R3_TABLE | 0x09, 0, ALL(R3T) },
    { R2_ENTRY, R3_TABLE | 0xc0 | 0x0b, 0, ALL(R3T) },
    { R2_ENTRY, R3_TABLE | 0x80 | 0x0a, 0, ALL(0) },
    { R3_ENTRY, S_TABLE | 0x04, 0, ALL(SGT) },
    { R3_ENTRY, S_TABLE | 0x80 | 0x07, 0, ALL(SGT) },
    { R3_ENTRY, S_TABLE | 0x40 | 0x05, 0, ALL(0) },
    /* tables that are not there */
    { R1_ENTRY, 0x700000 | R1_FULL, 0, ALL(ADR) },
    { R2_ENTRY, 0x700000 | R2_FULL, 0, ALL(ADR) },
    { R3_ENTRY, 0x700000 | R3_FULL, 0, ALL(ADR) },
    { S_ENTRY, 0x700800, 0, ALL(ADR) },
    /* protection counts in region entries from EDAT-1 on */
    { R1_ENTRY, R2_TABLE | R1_FULL | 0x200, 0, ALL(0), { 0, 1, 1 } },
    { R2_ENTRY, R3_TABLE | R2_FULL | 0x200, 0, ALL(0), { 0, 1, 1 } },
    { R3_ENTRY, S_TABLE | R3_FULL | 0x200, 0, ALL(0), { 0, 1, 1 } },
    { S_ENTRY, P_TABLE | 0x200, 0, ALL(0), ALL(1) },
    { P_ENTRY, FRAME | 0x200, 0, ALL(0), ALL(1) },
    /* common region or segment in a private space */
    { S_ENTRY, P_TABLE | 0x10, 0, ALL(0) },
    { S_ENTRY, P_TABLE | 0x10, PRIV, ALL(TSP) },
    { R3_ENTRY, S_TABLE | R3_FULL | 0x10, 0, ALL(0) },
    { R3_ENTRY, S_TABLE | R3_FULL | 0x10, PRIV, { 0, 0, TSP } },
    { R3_ENTRY, S_TABLE | 0x10 | 0x03, PRIV, ALL(TSP) },
    /* large frames; format 0x400 means nothing without the facility */
    { S_ENTRY, 0x7a500000 | 0x400, 0, { ADR, 0, 0 }, { 0 },
      { 0, S_LARGE, S_LARGE } },
    { S_ENTRY, 0x7a5ff000 | 0x600, 0, { ADR, 0, 0 }, { 0, 1, 1 },
      { 0, S_LARGE, S_LARGE } },
    { R3_ENTRY, 0x980000000 | 0x404, 0, { SGT, SGT, 0 }, { 0 },
      { 0, 0, R3_LARGE } },
    { R3_ENTRY, 0x9ff000000 | 0x604, 0, { SGT, SGT, 0 }, { 0, 0, 1 },
      { 0, 0, R3_LARGE } },
    { R3_ENTRY, 0x980000000 | 0x414, PRIV, { SGT, SGT, TSP } },
};

static void test_entries(void)
{
    static const Kvm390DatFeatures *features[] = { &edat0, &edat1, &edat2 };
    Tables t;

    for (unsigned i = 0; i < G_N_ELEMENTS(entry_rows); i++) {
        const EntryRow *row = &entry_rows[i];

        for (int f = 0; f < 3; f++) {
            Kvm390DatFrame frame;
            uint64_t want = (row->frame[f] ?: FRAME) | 0xabc;

            tables_init(&t);
            put(&t, row->addr, row->value);
            g_test_message("row %u, edat %d", i, f);
            g_assert_cmphex(kvm390_dat_walk(VA,
                                            R1_TABLE | 0x0f | row->asce_bits,
                                            features[f], fetch, &t, &frame),
                            ==, row->code[f]);
            if (!row->code[f]) {
                g_assert_cmphex(frame.addr, ==, want);
                g_assert_cmpint(frame.protect, ==, row->protect[f]);
                g_assert_cmpint(frame.absolute, ==, row->frame[f] != 0);
                g_assert_false(frame.exec_protect);
            }
        }
    }
}

static void test_exec_protect(void)
{
    static const struct {
        uint64_t addr, value;
    } rows[] = {
        { P_ENTRY, FRAME | 0x100 },
        { S_ENTRY, 0x7a500000 | 0x500 },
        { R3_ENTRY, 0x980000000 | 0x504 },
    };
    Kvm390DatFrame frame;
    Tables t;

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        tables_init(&t);
        put(&t, rows[i].addr, rows[i].value);
        g_assert_cmpint(kvm390_dat_walk(VA, R1_TABLE | 0x0f, &edat2, fetch,
                                        &t, &frame), ==, 0);
        g_assert_true(frame.exec_protect);
        g_assert_false(frame.protect);
    }
}

/* Where the last entry was, whether or not the walk got to its end. */
static void test_last_entry(void)
{
    static const struct {
        uint64_t addr, value, want;
    } rows[] = {
        { P_ENTRY, FRAME, P_ENTRY },
        { P_ENTRY, 0x400, P_ENTRY },
        { S_ENTRY, 0x20, S_ENTRY },
        { S_ENTRY, 0x7a500000 | 0x400, S_ENTRY },
        { S_ENTRY, 0x700800, 0x700800 + PX * 8 },
        { R3_ENTRY, 0x24, R3_ENTRY },
        /* the index is outside of the next table: there is no entry */
        { R3_ENTRY, S_TABLE | 0x04, KVM390_DAT_NO_ENTRY },
        { R1_ENTRY, R2_TABLE | 0x0c, KVM390_DAT_NO_ENTRY },
    };
    Kvm390DatFrame frame;
    Tables t;

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        tables_init(&t);
        put(&t, rows[i].addr, rows[i].value);
        kvm390_dat_walk(VA, R1_TABLE | 0x0f, &edat2, fetch, &t, &frame);
        g_assert_cmphex(frame.entry, ==, rows[i].want);
    }
}

/* Access-control validity is a large frame's; bit 55 is one of two things. */
static void test_frame_bits(void)
{
    static const Kvm390DatFeatures co = { true, true, false, true };
    static const Kvm390DatFeatures neither = { true, true };
    static const struct {
        uint64_t addr, value;
        bool key_valid;
        uint8_t key;
        bool bit55;
    } rows[] = {
        { S_ENTRY, 0x7a500000 | 0x400 | 0x10000 | 0xb800, true, 0xb8 },
        { S_ENTRY, 0x7a500000 | 0x400 | 0xb800, false, 0xb8 },
        { S_ENTRY, 0x7a500000 | 0x500 | 0x17000, true, 0x70, true },
        { R3_ENTRY, 0x980000000 | 0x404 | 0x10000 | 0x1800, true, 0x18 },
        { R3_ENTRY, 0x980000000 | 0x504, false, 0, true },
        { P_ENTRY, FRAME | 0x10000 | 0x100, false, 0, true },
    };
    Kvm390DatFrame frame;
    Tables t;

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        tables_init(&t);
        put(&t, rows[i].addr, rows[i].value);
        g_assert_cmpint(kvm390_dat_walk(VA, R1_TABLE | 0x0f, &co, fetch, &t,
                                        &frame), ==, 0);
        g_assert_cmpint(frame.key_valid, ==, rows[i].key_valid);
        if (frame.key_valid) {
            g_assert_cmphex(frame.key, ==, rows[i].key);
        }
        g_assert_cmpint(frame.change_override, ==, rows[i].bit55);
        g_assert_false(frame.exec_protect);
        kvm390_dat_walk(VA, R1_TABLE | 0x0f, &edat2, fetch, &t, &frame);
        g_assert_cmpint(frame.exec_protect, ==, rows[i].bit55);
        g_assert_false(frame.change_override);
        kvm390_dat_walk(VA, R1_TABLE | 0x0f, &neither, fetch, &t, &frame);
        g_assert_false(frame.exec_protect || frame.change_override);
    }
}

/* What the callback ends the walk with is what the walk returns. */
static int fetch_second_stage(void *opaque, uint64_t addr, uint64_t *value)
{
    return addr == S_ENTRY ? 0x1234 : fetch(opaque, addr, value);
}

static void test_callers_code(void)
{
    Kvm390DatFrame frame;
    Tables t;

    tables_init(&t);
    g_assert_cmphex(kvm390_dat_walk(VA, R1_TABLE | 0x0f, &edat2,
                                    fetch_second_stage, &t, &frame), ==,
                    0x1234);
    g_assert_cmphex(frame.entry, ==, S_ENTRY);
}

static void test_lra(void)
{
    enum { special = -KVM390_PGM_SPECIAL_OPERATION };
    const uint64_t r1 = 0x1111111122222222;
    static const struct {
        int code;
        uint64_t addr, entry;
        int cc[2];              /* wide, narrow */
        uint64_t result[2];     /* 0: R1 as it was */
    } rows[] = {
        { 0, 0x12345678, 1, { 0, 0 }, { 0x12345678, 0x1111111112345678 } },
        { 0, 0x912345678, 1, { 0, special }, { 0x912345678, 0 } },
        { 0, 0x80000000, 1, { 0, special }, { 0x80000000, 0 } },
        { SGT, 0, 0x4e38, { 1, 1 }, { 0x4e38, 0x1111111100004e38 } },
        { PGT, 0, 0x5008, { 2, 2 }, { 0x5008, 0x1111111100005008 } },
        /* an entry that 31 bits cannot say */
        { SGT, 0, 0x80000000, { 1, 3 }, { 0x80000000, 0x1111111180000010 } },
        { PGT, 0, 0x980000000, { 2, 3 }, { 0x980000000, 0x1111111180000011 } },
        /* outside of the segment table */
        { SGT, 0, KVM390_DAT_NO_ENTRY, { 3, 3 },
          { 0x1111111180000010, 0x1111111180000010 } },
        { R3T, 0, 0x3000, { 3, 3 },
          { 0x111111118000003b, 0x111111118000003b } },
        { KVM390_PGM_ASCE_TYPE, 0, KVM390_DAT_NO_ENTRY, { 3, 3 },
          { 0x1111111180000038, 0x1111111180000038 } },
        { KVM390_PGM_ALEN_TRANSLATION, 0, KVM390_DAT_NO_ENTRY, { 3, 3 },
          { 0x1111111180000029, 0x1111111180000029 } },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Kvm390DatFrame frame = {
            .addr = rows[i].addr, .entry = rows[i].entry,
        };

        for (int narrow = 0; narrow < 2; narrow++) {
            uint64_t value = r1;

            g_assert_cmpint(kvm390_lra_result(rows[i].code, &frame, narrow,
                                              &value), ==, rows[i].cc[narrow]);
            g_assert_cmphex(value, ==, rows[i].result[narrow] ?: r1);
        }
    }
}

/*
 * Access-register translation. ALET: primary list, ALESN 0x5a, ALEN 0x19;
 * access list at 0x3000 with length 3 (32 entries).
 */
#define ALET      0x015a0019u
#define DUCT      0x1000ULL
#define PASTE     0x2000ULL
#define LIST      0x3000ULL
#define ALE       (LIST + 0x19 * 16)
#define ASTE      0x40000040ULL
#define AUTH      0x5000ULL
#define EAX       0x0137ULL
#define ART_ASCE  0xabcdef000ULL
#define ALD_WORD  (LIST | 3)
#define ALE_0     0x005a000000000000ULL
#define ALE_1     (ASTE << 32 | 0x77)
#define ASTE_0    (AUTH << 32 | 0x1fULL << 4)
/* The secondary bit of EAX's two bits; EAX % 4 is 3: the lowest bits */
#define AUTH_ADDR ((AUTH + EAX / 4) & ~7ULL)
#define AUTH_BYTE (8 * (7 - (AUTH + EAX / 4) % 8))

static const Kvm390ArtRegs art_regs = {
    .cr1 = 0x111000, .cr2 = DUCT | 0x8000003f, .cr5 = PASTE | 0x8000003f,
    .cr7 = 0x777000, .cr8 = EAX << 16 | 0xffff00000000ffffULL,
};

static void art_init(Tables *t)
{
    memset(t, 0, sizeof(*t));
    put(t, PASTE + 16, (uint64_t)ALD_WORD << 32 | 0xffffffff);
    put(t, ALE, ALE_0);
    put(t, ALE + 8, ALE_1);
    put(t, ASTE, ASTE_0);
    put(t, ASTE + 8, ART_ASCE);
    put(t, ASTE + 16, 0x1234567800000077ULL);
}

static void test_art_simple(void)
{
    Tables t;
    uint64_t asce = 0;

    art_init(&t);
    g_assert_cmpint(kvm390_art(0, &art_regs, true, fetch, &t, &asce), ==, 0);
    g_assert_cmphex(asce, ==, art_regs.cr1);
    g_assert_cmpint(kvm390_art(1, &art_regs, true, fetch, &t, &asce), ==, 0);
    g_assert_cmphex(asce, ==, art_regs.cr7);
    g_assert_cmpint(t.fetches, ==, 0);

    g_assert_cmpint(kvm390_art(ALET, &art_regs, true, fetch, &t, &asce), ==,
                    0);
    g_assert_cmphex(asce, ==, ART_ASCE);

    /* without the primary-list bit the list is the dispatchable unit's */
    g_assert_cmpint(kvm390_art(ALET & ~0x01000000, &art_regs, false, fetch,
                               &t, &asce), ==, ADR);
    put(&t, DUCT + 16, (uint64_t)ALD_WORD << 32);
    g_assert_cmpint(kvm390_art(ALET & ~0x01000000, &art_regs, false, fetch,
                               &t, &asce), ==, 0);
}

typedef struct ArtRow {
    uint32_t alet;
    uint64_t addr, value;
    int fetch_code, store_code;
} ArtRow;

#define BOTH(x) x, x
#define ALD(w) ((uint64_t)(w) << 32)

static const ArtRow art_rows[] = {
    { 0x025a0019, 0, 0, BOTH(KVM390_PGM_ALET_SPECIFICATION) },
    { 0x805a0019, 0, 0, BOTH(KVM390_PGM_ALET_SPECIFICATION) },
    /* entry number beyond the list's length (8 entries a unit) */
    { ALET, PASTE + 16, ALD(LIST | 2), BOTH(KVM390_PGM_ALEN_TRANSLATION) },
    { 0x015a0020, 0, 0, BOTH(KVM390_PGM_ALEN_TRANSLATION) },
    /* the list would pass 2 GiB, or is not there */
    { ALET, PASTE + 16, ALD(0x7fffff80 | 0x7f), BOTH(ADR) },
    { ALET, PASTE + 16, ALD(0x00700000 | 0x7f), BOTH(ADR) },
    { 0x015a0018, 0, 0, BOTH(ADR) },
    { ALET, ALE, ALE_0 | 1ULL << 63, BOTH(KVM390_PGM_ALEN_TRANSLATION) },
    { ALET, ALE, 0x005b000000000000, BOTH(KVM390_PGM_ALE_SEQUENCE) },
    { 0x015b0019, 0, 0, BOTH(KVM390_PGM_ALE_SEQUENCE) },
    { ALET, ALE + 8, 0x0070000000000077, BOTH(ADR) },
    { ALET, ASTE, ASTE_0 | 1ULL << 63, BOTH(KVM390_PGM_ASTE_VALIDITY) },
    { ALET, ASTE + 16, 0x78, BOTH(KVM390_PGM_ASTE_SEQUENCE) },
    /* fetch-only */
    { ALET, ALE, ALE_0 | 1ULL << 57, 0, KVM390_PGM_PROTECTION },
    /* private: entry owned by another authorization index */
    { ALET, ALE, ALE_0 | 1ULL << 56 | EAX << 32, BOTH(0) },
    { ALET, ALE, ALE_0 | 1ULL << 56, BOTH(ADR) },
};

static void test_art_errors(void)
{
    Tables t;
    uint64_t asce;

    for (unsigned i = 0; i < G_N_ELEMENTS(art_rows); i++) {
        const ArtRow *row = &art_rows[i];

        g_test_message("row %u", i);
        art_init(&t);
        if (row->value) {
            put(&t, row->addr, row->value);
        }
        g_assert_cmphex(kvm390_art(row->alet, &art_regs, false, fetch, &t,
                                   &asce), ==, row->fetch_code);
        g_assert_cmphex(kvm390_art(row->alet, &art_regs, true, fetch, &t,
                                   &asce), ==, row->store_code);
    }
}

static void test_art_authority(void)
{
    Tables t;
    uint64_t asce;

    art_init(&t);
    put(&t, ALE, ALE_0 | 1ULL << 56 | 0x42ULL << 32);
    /* all but the bit that counts */
    put(&t, AUTH_ADDR, ~(1ULL << AUTH_BYTE));
    g_assert_cmphex(kvm390_art(ALET, &art_regs, false, fetch, &t, &asce), ==,
                    KVM390_PGM_EXTENDED_AUTHORITY);
    put(&t, AUTH_ADDR, 1ULL << AUTH_BYTE);
    g_assert_cmphex(kvm390_art(ALET, &art_regs, false, fetch, &t, &asce), ==,
                    0);
    /* the table ends before this index: 16 indexes a unit */
    put(&t, ASTE, AUTH << 32 | 0x12ULL << 4);
    g_assert_cmphex(kvm390_art(ALET, &art_regs, false, fetch, &t, &asce), ==,
                    KVM390_PGM_EXTENDED_AUTHORITY);
    put(&t, ASTE, AUTH << 32 | 0x13ULL << 4);
    g_assert_cmphex(kvm390_art(ALET, &art_regs, false, fetch, &t, &asce), ==,
                    0);
}

/* An access list ends at 2 GiB, even if there is memory behind. */
static void test_art_2g(void)
{
    const uint64_t list = 0x7fffff80, ale = list + 0x19 * 16;
    Tables t;
    uint64_t asce;

    art_init(&t);
    put(&t, PASTE + 16, ALD(list | 3));
    put(&t, ale, ALE_0);
    put(&t, ale + 8, ALE_1);
    g_assert_cmphex(kvm390_art(ALET, &art_regs, false, fetch, &t, &asce), ==,
                    ADR);
    /* the last entry below it: number 7 */
    put(&t, list + 7 * 16, ALE_0);
    put(&t, list + 7 * 16 + 8, ALE_1);
    g_assert_cmphex(kvm390_art(0x015a0007, &art_regs, false, fetch, &t, &asce),
                    ==, 0);
}

static void test_prefixing(void)
{
    const uint64_t prefix = 0x7e000;

    g_assert_cmphex(kvm390_real_to_absolute(0, prefix), ==, 0x7e000);
    g_assert_cmphex(kvm390_real_to_absolute(0x1fff, prefix), ==, 0x7ffff);
    g_assert_cmphex(kvm390_real_to_absolute(0x2000, prefix), ==, 0x2000);
    g_assert_cmphex(kvm390_real_to_absolute(0x7dfff, prefix), ==, 0x7dfff);
    g_assert_cmphex(kvm390_real_to_absolute(0x7e000, prefix), ==, 0);
    g_assert_cmphex(kvm390_real_to_absolute(0x7ffff, prefix), ==, 0x1fff);
    g_assert_cmphex(kvm390_real_to_absolute(0x80000, prefix), ==, 0x80000);
    g_assert_cmphex(kvm390_real_to_absolute(0x1234, 0), ==, 0x1234);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/dat/depths", test_depths);
    g_test_add_func("/kvm390/dat/real-space", test_real_space);
    g_test_add_func("/kvm390/dat/asce", test_asce);
    g_test_add_func("/kvm390/dat/entries", test_entries);
    g_test_add_func("/kvm390/dat/exec-protect", test_exec_protect);
    g_test_add_func("/kvm390/dat/last-entry", test_last_entry);
    g_test_add_func("/kvm390/dat/frame-bits", test_frame_bits);
    g_test_add_func("/kvm390/dat/callers-code", test_callers_code);
    g_test_add_func("/kvm390/dat/lra", test_lra);
    g_test_add_func("/kvm390/dat/art/simple", test_art_simple);
    g_test_add_func("/kvm390/dat/art/errors", test_art_errors);
    g_test_add_func("/kvm390/dat/art/authority", test_art_authority);
    g_test_add_func("/kvm390/dat/art/2g", test_art_2g);
    g_test_add_func("/kvm390/dat/prefixing", test_prefixing);
    return g_test_run();
}
