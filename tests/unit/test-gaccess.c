/*
 * Guest access: spaces, protection, page crossings, wrap-around, exceptions
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>

#include "fake-guest.h"

#define PSW_64      0x0000000180000000ULL
#define PSW_31      0x0000000080000000ULL
#define PSW_24      0x0000000000000000ULL
#define PSW_DAT     (1ULL << 58)
#define PSW_AS(n)   ((uint64_t)(n) << 46)
#define PRIMARY     PSW_AS(0)
#define AR_MODE     PSW_AS(1)
#define SECONDARY   PSW_AS(2)
#define HOME        PSW_AS(3)

#define PROT KVM390_PGM_PROTECTION
#define ADDR KVM390_PGM_ADDRESSING

static FakeGuest g;
static Kvm390Pgm pgm;
static uint8_t buf[KVM390_GACCESS_MAX];

static int access_(uint64_t addr, uint32_t len, uint8_t key, bool store)
{
    Kvm390AccessReq req = {
        .addr = addr, .len = len, .key = key, .store = store, .ar = 5,
    };

    return kvm390_access_logical(&g.access, &g.view, &req, buf, &pgm);
}

static int fetch(uint64_t addr, uint32_t len, uint8_t key)
{
    memset(buf, 0xee, sizeof(buf));
    return access_(addr, len, key, false);
}

static int store(uint64_t addr, uint32_t len, uint8_t key)
{
    memset(buf, 0xdd, sizeof(buf));
    return access_(addr, len, key, true);
}

static int check(uint64_t addr, uint32_t len, uint8_t key, bool is_store)
{
    Kvm390AccessReq req = {
        .addr = addr, .len = len, .key = key, .store = is_store, .ar = 5,
        .check_only = true,
    };

    return kvm390_access_logical(&g.access, &g.view, &req, NULL, &pgm);
}

static bool all_are(const uint8_t *p, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] != value) {
            return false;
        }
    }
    return true;
}

/* The exception must say exactly this. */
static void assert_pgm(int code, uint64_t teid, uint8_t access_id)
{
    g_assert_cmphex(pgm.code, ==, code);
    g_assert_cmphex(pgm.teid, ==, teid);
    g_assert_cmphex(pgm.access_id, ==, access_id);
    g_assert_cmphex(pgm.ilc, ==, 0);
}

/*
 * Virtual space: a segment table at 0x100000 whose first segment has a page
 * table at 0x101000; virtual page n is real page n + 0x20 for n < 0x80.
 */
#define SEG_TABLE  0x100000ULL
#define PAGE_TABLE 0x101000ULL
#define SHIFT      0x20000ULL

static void dat_init(void)
{
    fake_init(&g);
    for (int i = 0; i < 2048; i++) {
        fake_put8(&g, SEG_TABLE + i * 8, 0x20);
    }
    fake_put8(&g, SEG_TABLE, PAGE_TABLE);
    for (int i = 0; i < 256; i++) {
        fake_put8(&g, PAGE_TABLE + i * 8,
                  i < 0x80 ? SHIFT + i * 4096 : 0x400);
    }
    g.view.psw_mask = PSW_64 | PSW_DAT;
    g.cr[1] = SEG_TABLE;
}

static void test_real(void)
{
    fake_init(&g);
    g.view.prefix = 0x8000;
    g.mem[0x8004] = 0x11;
    g.mem[0x0004] = 0x22;
    g_assert_cmpint(fetch(4, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x11);
    g_assert_cmphex(buf[1], ==, 0xee);          /* and not a byte more */
    g_assert_cmpint(store(0x3ffe, 5, 0), ==, 0);
    g_assert_cmphex(g.mem[0x3ffd], ==, 0);
    g_assert_true(all_are(g.mem + 0x3ffe, 5, 0xdd));
    g_assert_cmphex(g.mem[0x4003], ==, 0);
    g_assert_cmpint(fetch(0x8004, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x22);
    /* across the end of the prefix area the pages are not neighbours */
    g.mem[0x9fff] = 0x33;
    g.mem[0x2000] = 0x44;
    g_assert_cmpint(fetch(0x1fff, 2, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x33);
    g_assert_cmphex(buf[1], ==, 0x44);

    g_assert_cmpint(fetch(FAKE_SIZE - 1, 2, 0), ==, ADDR);
    assert_pgm(ADDR, 0, 0);
    g_assert_true(all_are(buf, 2, 0xee));
}

static void test_modes(void)
{
    fake_init(&g);
    g.mem[0x3210] = 0x77;
    g.view.psw_mask = PSW_24;
    g_assert_cmpint(fetch(0xffffffffff003210, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x77);
    g.view.psw_mask = PSW_31;
    g_assert_cmpint(fetch(0xffffffff80003210, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x77);
    g_assert_cmpint(fetch(0xff003210, 1, 0), ==, ADDR);
    g.view.psw_mask = PSW_64;
    g_assert_cmpint(fetch(0xffffffff80003210, 1, 0), ==, ADDR);
}

/* The last byte an addressing mode can name is followed by byte 0. */
static void test_wrap(void)
{
    static const struct {
        uint64_t psw, last;
        unsigned table_type;
    } rows[] = {
        { PSW_24, 0xffffff, 0 },
        { PSW_31, 0x7fffffff, 0 },
        { PSW_64, -1ULL, 3 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t page = rows[i].last & ~0xfffULL;
        uint64_t table = 0x200000;

        dat_init();
        g.view.psw_mask = rows[i].psw | PSW_DAT;
        g.cr[1] = SEG_TABLE | 3;
        for (int t = rows[i].table_type; t; t--) {
            unsigned shift = 20 + 11 * t;

            fake_put8(&g, table + ((page >> shift) & 0x7ff) * 8,
                      (t > 1 ? table + 0x8000 : SEG_TABLE) | t << 2 | 3);
            if (t > 1) {
                fake_put8(&g, table, (table + 0x4000) | t << 2 | 3);
                fake_put8(&g, table + 0x4000,
                          (table + 0x8000) | (t - 1) << 2 | 3);
            }
            if (t == (int)rows[i].table_type) {
                g.cr[1] = table | t << 2 | 3;
            }
            table += 0x8000;
        }
        if (rows[i].table_type) {
            /* page 0: region-first 0x200000 -> second -> third -> segment */
            fake_put8(&g, 0x200000, 0x20c000 | 0x0f);
            fake_put8(&g, 0x20c000, 0x214000 | 0x0b);
            fake_put8(&g, 0x214000, SEG_TABLE | 0x07);
        }
        fake_put8(&g, SEG_TABLE + ((page >> 20) & 0x7ff) * 8, 0x102000);
        memset(g.mem + 0x102000, 0xff, 2048);
        fake_put8(&g, 0x102000 + ((page >> 12) & 0xff) * 8, 0x70000);

        g.mem[0x70fff] = 0x5a;
        g.mem[SHIFT] = 0xa5;
        g_test_message("row %u", i);
        g_assert_cmphex(fetch(rows[i].last, 2, 0), ==, 0);
        g_assert_cmphex(buf[0], ==, 0x5a);
        g_assert_cmphex(buf[1], ==, 0xa5);
        /* the second fragment is at effective address 0 */
        g.cr[0] = KVM390_CR0_LOW_ADDRESS_PROT;
        g_assert_cmphex(store(rows[i].last, 2, 0), ==, PROT);
        assert_pgm(PROT, 0x480, 5);
        g_assert_cmphex(check(rows[i].last, 2, 0, true), ==, PROT);
        assert_pgm(PROT, 0x480, 5);
        g_assert_cmphex(g.mem[0x70fff], ==, 0x5a);
    }
}

static void test_spaces(void)
{
    static const struct {
        uint64_t as;
        int cr;
    } rows[] = {
        { PRIMARY, 1 }, { SECONDARY, 7 }, { HOME, 13 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        dat_init();
        g.cr[1] = g.cr[7] = g.cr[13] = 0x700000;    /* nowhere */
        g.cr[rows[i].cr] = SEG_TABLE;
        g.view.psw_mask |= rows[i].as;
        g.mem[SHIFT + 0x1008] = i + 1;
        g_assert_cmpint(fetch(0x1008, 8, 0), ==, 0);
        g_assert_cmphex(buf[0], ==, i + 1);
        /* page translation: the space is in bits 62 and 63 */
        g_assert_cmpint(store(0x80008, 8, 0), ==, KVM390_PGM_PAGE_TRANSLATION);
        assert_pgm(KVM390_PGM_PAGE_TRANSLATION,
                   0x80000 | 0x400 | rows[i].as >> 46, 5);
        g_assert_cmpint(fetch(0x80008, 8, 0), ==, KVM390_PGM_PAGE_TRANSLATION);
        assert_pgm(KVM390_PGM_PAGE_TRANSLATION,
                   0x80000 | 0x800 | rows[i].as >> 46, 5);
    }
}

/* Access register 5 through the dispatchable unit's access list. */
static void ar_init(uint64_t ale0)
{
    dat_init();
    g.view.psw_mask |= AR_MODE;
    g.cr[1] = 0x700000;
    g.cr[2] = 0x3000;
    g.ar[5] = 0x00000002;
    g.view.prefix = 0x8000;         /* the tables are at real addresses */
    fake_put8(&g, 0x3010, 0x0000080000000000);
    fake_put8(&g, 0x8000 + 0x800 + 0x20, ale0);
    fake_put8(&g, 0x8000 + 0x800 + 0x28, 0x0000404000000007);
    fake_put8(&g, 0x4040, 0);
    fake_put8(&g, 0x4048, SEG_TABLE);
    fake_put8(&g, 0x4050, 7);
}

static void test_ar_mode(void)
{
    ar_init(0);
    g.mem[SHIFT + 0x123] = 0x99;
    g_assert_cmphex(fetch(0x123, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x99);
    g_assert_cmphex(store(0x123, 1, 0), ==, 0);

    /* ALETs 0 and 1 are the primary and the secondary space */
    g.ar[5] = 1;
    g.cr[7] = SEG_TABLE;
    g_assert_cmphex(fetch(0x123, 1, 0), ==, 0);
    g.ar[5] = 0;
    g_assert_cmphex(fetch(0x123, 1, 0), ==, ADDR);

    /* access register 0 is the primary space whatever it holds */
    g.ar[0] = 0x1234;
    g.cr[1] = SEG_TABLE;
    Kvm390AccessReq req = { .addr = 0x123, .len = 1 };
    g_assert_cmphex(kvm390_access_logical(&g.access, &g.view, &req, buf, &pgm),
                    ==, 0);

    /* no TEID with the access-register exceptions, but an access id */
    g.ar[5] = 0x40;
    g_assert_cmphex(fetch(0x123, 1, 0), ==, KVM390_PGM_ALEN_TRANSLATION);
    assert_pgm(KVM390_PGM_ALEN_TRANSLATION, 0, 5);
    g.ar[5] = 0x02000000;
    g_assert_cmphex(fetch(0x123, 1, 0), ==, KVM390_PGM_ALET_SPECIFICATION);
    assert_pgm(KVM390_PGM_ALET_SPECIFICATION, 0, 0);

    /* fetch-only: bits 60 and 61 */
    ar_init(1ULL << 57);
    g_assert_cmphex(fetch(0x123, 1, 0), ==, 0);
    g_assert_cmphex(store(0x2123, 1, 0), ==, PROT);
    assert_pgm(PROT, 0x2000 | 0x400 | 0x0c | 1, 5);
    g_assert_cmphex(check(0x2123, 1, 0, true), ==, PROT);
    assert_pgm(PROT, 0x2000 | 0x400 | 0x0c | 1, 5);

    /* outside AR mode the register does not matter */
    g.view.psw_mask &= ~AR_MODE;
    g.cr[1] = SEG_TABLE;
    g_assert_cmphex(store(0x2123, 1, 0), ==, 0);
}

static void test_low_address(void)
{
    static const struct {
        uint64_t addr;
        uint32_t len;
        bool protected;
    } rows[] = {
        { 0, 1, true }, { 511, 1, true }, { 512, 1, false },
        { 511, 2, true }, { 4095, 1, false }, { 4095, 2, true },
        { 4096, 1, true }, { 4607, 8, true }, { 4608, 1, false },
        { 8191, 2, false }, { 0x10000, 1, false },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t page = rows[i].addr == 4095 ? 4096 : rows[i].addr & ~0xfffULL;

        for (int dat = 0; dat < 2; dat++) {
            dat_init();
            g.view.psw_mask &= dat ? ~0ULL : ~PSW_DAT;
            g.cr[0] = KVM390_CR0_LOW_ADDRESS_PROT;
            g_test_message("row %u, dat %d", i, dat);
            g_assert_cmphex(fetch(rows[i].addr, rows[i].len, 0), ==, 0);
            g_assert_cmphex(store(rows[i].addr, rows[i].len, 0), ==,
                            rows[i].protected ? PROT : 0);
            if (rows[i].protected) {
                assert_pgm(PROT, page | 0x480, 5);
                g_assert_false(g.dirty[0] || g.dirty[0x20]);
            }
            /* not in a private space, if there is a space */
            g.cr[1] |= 0x100;
            g_assert_cmphex(store(rows[i].addr, rows[i].len, 0), ==,
                            rows[i].protected && !dat ? PROT : 0);
            g.cr[0] = 0;
            g_assert_cmphex(store(rows[i].addr, rows[i].len, 0), ==, 0);
        }
    }
    /* it beats a translation exception */
    dat_init();
    g.cr[0] = KVM390_CR0_LOW_ADDRESS_PROT;
    fake_put8(&g, PAGE_TABLE, 0x400);
    g_assert_cmphex(store(0, 1, 0), ==, PROT);
}

static void test_dat_protection(void)
{
    dat_init();
    fake_put8(&g, PAGE_TABLE + 8 * 3, 0x200 | FAKE_SIZE);
    g_assert_cmphex(store(0x3000, 1, 0), ==, PROT);
    assert_pgm(PROT, 0x3000 | 0x404, 5);
    /* a fetch finds that there is no memory; the store never got there */
    g_assert_cmphex(fetch(0x3000, 1, 0), ==, ADDR);
}

static void test_large_frames(void)
{
    dat_init();
    g.cr[0] = 1ULL << (63 - 40);
    g.view.prefix = 0x8000;
    fake_put8(&g, SEG_TABLE + 8, 0x400);        /* 1 MiB at absolute 0 */
    g.mem[0x10] = 0x12;
    g.mem[0x8010] = 0x34;
    g_assert_cmphex(fetch(0x100010, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x12);          /* no prefixing */
    /* 2 GiB at absolute 0 takes EDAT-1's control and EDAT-2 */
    g.cr[13] = 0x200000 | 0x04;
    fake_put8(&g, 0x200008, 0x404);
    g.view.psw_mask |= HOME;
    g_assert_cmphex(fetch(0x80000010, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x12);
    g.view.edat2 = false;
    g_assert_cmphex(fetch(0x80000010, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], !=, 0x12);
    g.view.edat2 = true;
    g.cr[0] = 0;
    g_assert_cmphex(fetch(0x80000010, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], !=, 0x12);
    g.cr[0] = 1ULL << (63 - 40);
    g.view.psw_mask &= ~HOME;
    /* without EDAT-1 it is a page table, whose first entry says real 0 */
    g.cr[0] = 0;
    g_assert_cmphex(fetch(0x100010, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x34);
    g.cr[0] = 1ULL << (63 - 40);
    g.view.edat1 = false;
    g_assert_cmphex(fetch(0x100010, 1, 0), ==, 0);
    g_assert_cmphex(buf[0], ==, 0x34);
}

static void test_keys(void)
{
    fake_init(&g);
    g.key[3] = 0x18;
    for (int key = 0; key < 16; key++) {
        bool ok = key == 0 || key == 1;

        g_assert_cmphex(fetch(0x3000, 1, key), ==, ok ? 0 : PROT);
        g_assert_cmphex(check(0x3000, 1, key, false), ==, ok ? 0 : PROT);
        g_assert_cmphex(check(0x3000, 1, key, true), ==, ok ? 0 : PROT);
        g_assert_cmphex(store(0x3000, 1, key), ==, ok ? 0 : PROT);
        if (!ok) {
            assert_pgm(PROT, 0x3000 | 0x408, 5);
        }
    }
    g.key[3] = 0x10;
    g_assert_cmphex(fetch(0x3000, 1, 2), ==, 0);
    g_assert_cmphex(store(0x3000, 1, 2), ==, PROT);
}

static void test_reference_and_change(void)
{
    fake_init(&g);
    g_assert_cmphex(check(0x3000, 8, 0, true), ==, 0);
    g_assert_cmphex(check(0x3000, 8, 0, false), ==, 0);
    g_assert_cmphex(g.key[3], ==, 0);
    g_assert_cmphex(fetch(0x3000, 8, 0), ==, 0);
    g_assert_cmphex(g.key[3], ==, KVM390_KEY_R);
    g_assert_false(g.dirty[3]);
    g_assert_cmphex(store(0x4ffc, 8, 0), ==, 0);
    g_assert_cmphex(g.key[4], ==, KVM390_KEY_R | KVM390_KEY_C);
    g_assert_cmphex(g.key[5], ==, KVM390_KEY_R | KVM390_KEY_C);
    g_assert_true(g.dirty[4] && g.dirty[5]);
    g_assert_false(g.dirty[3] || g.dirty[6]);
}

static void test_overrides(void)
{
    fake_init(&g);
    g.key[0] = 0x18;
    g.key[1] = 0x18;
    g.key[2] = 0x98;

    g_assert_cmphex(fetch(0, 2048, 2), ==, PROT);
    g.cr[0] = KVM390_CR0_FETCH_OVERRIDE;
    g_assert_cmphex(fetch(0, 2048, 2), ==, 0);
    g_assert_cmphex(fetch(0, 2049, 2), ==, PROT);
    g_assert_cmphex(fetch(2048, 1, 2), ==, PROT);
    g_assert_cmphex(fetch(4096, 1, 2), ==, PROT);
    g_assert_cmphex(store(0, 1, 2), ==, PROT);
    g_assert_cmphex(check(0, 2048, 2, false), ==, 0);
    g_assert_cmphex(check(0, 2049, 2, false), ==, PROT);

    g_assert_cmphex(fetch(0x2000, 1, 2), ==, PROT);
    g.cr[0] = KVM390_CR0_STORAGE_OVERRIDE;
    g_assert_cmphex(fetch(0x2000, 1, 2), ==, 0);
    g_assert_cmphex(store(0x2000, 1, 2), ==, 0);
    g_assert_cmphex(store(0x1000, 1, 2), ==, PROT);

    /* private: only the fetch-protection override is lost */
    dat_init();
    g.cr[1] |= 0x100;
    g.key[0x20] = 0x18;
    g.key[0x22] = 0x98;
    g.cr[0] = KVM390_CR0_FETCH_OVERRIDE | KVM390_CR0_STORAGE_OVERRIDE;
    g_assert_cmphex(fetch(0, 1, 2), ==, PROT);
    g_assert_cmphex(fetch(0x2000, 1, 2), ==, 0);
    g.cr[1] &= ~0x100ULL;
    g_assert_cmphex(fetch(0, 1, 2), ==, 0);
}

/*
 * Crossing pages: virtual page 0x7f is the last that is mapped, page 0x7e can
 * be given a key.
 */
static void test_crossing_translation(void)
{
    dat_init();
    g.key[0x9f] = 0x18;
    /* a check meets the key first, an access the translation */
    g_assert_cmphex(check(0x7fff0, 32, 2, true), ==, PROT);
    g_assert_cmphex(store(0x7fff0, 32, 2), ==, KVM390_PGM_PAGE_TRANSLATION);
    assert_pgm(KVM390_PGM_PAGE_TRANSLATION, 0x80000 | 0x400, 5);
    g_assert_cmphex(store(0x7fff0, 32, 0), ==, KVM390_PGM_PAGE_TRANSLATION);
    g_assert_true(all_are(g.mem + 0x9fff0, 16, 0));
    g_assert_false(g.dirty[0x9f]);
    g_assert_cmphex(g.key[0x9f], ==, 0x18);
    g_assert_cmphex(fetch(0x7fff0, 32, 0), ==, KVM390_PGM_PAGE_TRANSLATION);
    g_assert_true(all_are(buf, 32, 0xee));
}

static void test_crossing_key(void)
{
    dat_init();
    g.key[0x30] = 0x28;
    g.key[0x31] = 0x18;
    /* the first part is stored, and the exception says termination */
    g_assert_cmphex(store(0x10ff0, 32, 2), ==, PROT);
    assert_pgm(PROT, 0x11000 | 0x400, 5);
    g_assert_true(all_are(g.mem + 0x30ff0, 16, 0xdd));
    g_assert_true(all_are(g.mem + 0x31000, 16, 0));
    g_assert_true(g.dirty[0x30] && !g.dirty[0x31]);
    /* but in a check, and in a fetch, it does not */
    g_assert_cmphex(check(0x10ff0, 32, 2, true), ==, PROT);
    assert_pgm(PROT, 0x11000 | 0x408, 5);
    g_assert_cmphex(fetch(0x10ff0, 32, 2), ==, PROT);
    assert_pgm(PROT, 0x11000 | 0x808, 5);
    g_assert_true(all_are(buf, 32, 0xee));
    /* nor if it is the first page */
    g_assert_cmphex(store(0x11ff0, 32, 2), ==, PROT);
    assert_pgm(PROT, 0x11000 | 0x408, 5);
}

/*
 * 64 KiB that straddle 17 pages, scattered and with a hole in the middle; as
 * one stretch of host memory, and as many.
 */
static void test_largest(gconstpointer small_windows)
{
    dat_init();
    g.small_windows = small_windows;
    for (int i = 0; i < 17; i++) {
        fake_put8(&g, PAGE_TABLE + i * 8, 0x40000 + (16 - i) * 0x2000);
    }
    for (unsigned i = 0; i < sizeof(buf); i++) {
        buf[i] = i * 7 + (i >> 8);
    }
    g_assert_cmphex(access_(0x123, sizeof(buf), 0, true), ==, 0);
    for (unsigned i = 0; i < sizeof(buf); i++) {
        unsigned va = 0x123 + i;

        g_assert_cmphex(g.mem[0x40000 + (16 - (va >> 12)) * 0x2000 +
                              (va & 0xfff)], ==, (uint8_t)(i * 7 + (i >> 8)));
    }
    g_assert_cmphex(fetch(0x123, sizeof(buf), 0), ==, 0);
    for (unsigned i = 0; i < sizeof(buf); i++) {
        g_assert_cmphex(buf[i], ==, (uint8_t)(i * 7 + (i >> 8)));
    }
    g.hole[0x50] = true;
    g.access.window.size = 0;
    g_assert_cmphex(fetch(0x123, sizeof(buf), 0), ==, ADDR);
    g_assert_true(all_are(buf, sizeof(buf), 0xee));
}

static int absolute(uint64_t addr, uint32_t len, uint8_t key, bool is_store,
                    bool check_only)
{
    Kvm390AccessReq req = {
        .addr = addr, .len = len, .key = key, .store = is_store,
        .check_only = check_only,
    };

    memset(buf, is_store ? 0xdd : 0xee, len);
    return kvm390_access_absolute(&g.access, &req, buf);
}

static void test_absolute(gconstpointer small_windows)
{
    fake_init(&g);
    g.small_windows = small_windows;
    g.view.prefix = 0x8000;
    g.cr[0] = -1ULL;            /* every protection and override there is */
    g.key[0] = 0x98;
    g_assert_cmphex(absolute(0, 8, 0, true, false), ==, 0);
    g_assert_true(all_are(g.mem, 8, 0xdd));
    g_assert_cmphex(absolute(0, 8, 2, false, false), ==, PROT);
    g_assert_cmphex(absolute(0, 8, 2, true, true), ==, PROT);
    g_assert_cmphex(absolute(0, 8, 9, true, true), ==, 0);
    g_assert_cmphex(absolute(FAKE_SIZE, 1, 0, false, true), ==, ADDR);
    g_assert_cmphex(absolute(-1ULL, 2, 0, false, false), ==, ADDR);

    /* page by page: what came before the error is stored, a read gives none */
    g.key[5] = 0x10;
    g_assert_cmphex(absolute(0x4000, 0x3000, 2, true, false), ==, PROT);
    g_assert_cmphex(g.key[4], ==, 0);
    g.key[4] = 0x20;
    g_assert_cmphex(absolute(0x4000, 0x3000, 2, true, false), ==, PROT);
    g_assert_true(all_are(g.mem + 0x4000, 0x1000, 0xdd));
    g_assert_true(all_are(g.mem + 0x5000, 0x2000, 0));
    g_assert_cmphex(g.key[4], ==, 0x26);
    g_assert_cmphex(g.key[5], ==, 0x10);
    /* and what lies around the range is left alone */
    g_assert_cmphex(absolute(0x8001, 0x2ffe, 0, true, false), ==, 0);
    g_assert_cmphex(g.mem[0x8000], ==, 0);
    g_assert_true(all_are(g.mem + 0x8001, 0x2ffe, 0xdd));
    g_assert_cmphex(g.mem[0xafff], ==, 0);
    g_assert_cmphex(absolute(FAKE_SIZE - 8, 16, 0, true, false), ==, ADDR);
    g_assert_true(all_are(g.mem + FAKE_SIZE - 8, 8, 0xdd));
    g_assert_cmphex(absolute(FAKE_SIZE - 8, 16, 0, false, false), ==, ADDR);
    g_assert_true(all_are(buf, 16, 0xee));
}

static void test_cmpxchg(void)
{
    bool exchanged;

    for (unsigned size = 1; size <= 16; size *= 2) {
        for (unsigned off = 0; off < 16; off += size) {
            uint8_t old[16], new[16], want[16];

            fake_init(&g);
            for (int i = 0; i < 16; i++) {
                want[i] = g.mem[0x3000 + i] = i + 1;
                new[i] = 0xf0 + i;
            }
            memcpy(old, want + off, size);
            g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0x3000 + off,
                                                    size, 0, old, new,
                                                    &exchanged), ==, 0);
            g_assert_true(exchanged);
            g_assert_cmpmem(old, size, want + off, size);
            memcpy(want + off, new, size);
            g_assert_cmpmem(g.mem + 0x3000, 16, want, 16);
            g_assert_cmphex(g.key[3], ==, KVM390_KEY_R | KVM390_KEY_C);

            g.key[3] = 0;
            old[size - 1] ^= 1;
            g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0x3000 + off,
                                                    size, 0, old, new,
                                                    &exchanged), ==, 0);
            g_assert_false(exchanged);
            g_assert_cmpmem(old, size, want + off, size);
            g_assert_cmpmem(g.mem + 0x3000, 16, want, 16);
            g_assert_cmphex(g.key[3], ==, KVM390_KEY_R);
        }
    }
}

static void test_cmpxchg_errors(void)
{
    bool exchanged = true;
    uint8_t old[16], new[16] = { 0 };

    fake_init(&g);
    g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0, 0, 0, old, new,
                                            &exchanged), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0, 32, 0, old, new,
                                            &exchanged), ==, -EINVAL);
    g.key[3] = 0x10;            /* not fetch protected, but this stores */
    memset(old, 0, 16);
    g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0x3000, 4, 1, old, new,
                                            &exchanged), ==, 0);
    g_assert_true(exchanged);
    for (unsigned size = 1; size <= 16; size++) {
        bool power = !(size & (size - 1));

        memset(old, 0xab, 16);
        g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0x3000, size, 0,
                                                old, new, &exchanged), ==,
                        power ? 0 : -EINVAL);
        if (!power) {
            continue;
        }
        memset(old, 0xab, 16);
        g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0x3000, size, 2,
                                                old, new, &exchanged), ==,
                        PROT);
        g_assert_true(all_are(old, size, 0));
        g_assert_true(all_are(old + size, 16 - size, 0xab));
        g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, -4096ULL, size, 0,
                                                old, new, &exchanged), ==,
                        ADDR);
        if (size > 1) {
            g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0x3001, size,
                                                    0, old, new, &exchanged),
                            ==, -EINVAL);
        }
        g_assert_false(exchanged);
    }
}

/* What the host refuses is -EFAULT, behind all that the guest would see. */
static void test_refused(void)
{
    uint8_t old[8] = { 0 }, new[8] = { 1 };
    bool exchanged;

    fake_init(&g);
    g.refused[5] = 2;
    g_assert_cmpint(fetch(0x4ff8, 16, 0), ==, 0);
    g_assert_cmpint(store(0x4ff8, 16, 0), ==, -EFAULT);
    g_assert_true(all_are(g.mem + 0x4ff8, 8, 0xdd));
    g_assert_true(all_are(g.mem + 0x5000, 8, 0));
    g_assert_cmpint(absolute(0x4000, 0x2000, 0, true, false), ==, -EFAULT);
    g_assert_true(all_are(g.mem + 0x4000, 0x1000, 0xdd));
    g_assert_true(all_are(g.mem + 0x5000, 0x1000, 0));
    g_assert_cmpint(absolute(0x4000, 0x2000, 0, true, true), ==, 0);
    g_assert_cmpint(kvm390_cmpxchg_absolute(&g.access, 0x5000, 8, 0, old, new,
                                            &exchanged), ==, -EFAULT);
    g_assert_false(exchanged);
    g_assert_true(all_are(g.mem + 0x5000, 8, 0));

    g.key[5] = 0x18;
    g_assert_cmpint(store(0x5000, 8, 2), ==, PROT);
    g_assert_cmpint(absolute(0x5000, 8, 2, true, false), ==, PROT);
    g.refused[5] = 3;
    g_assert_cmpint(fetch(0x5000, 8, 2), ==, PROT);
    g_assert_cmpint(fetch(0x5000, 8, 1), ==, -EFAULT);
    g_assert_true(all_are(buf, 8, 0xee));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/gaccess/real", test_real);
    g_test_add_func("/kvm390/gaccess/modes", test_modes);
    g_test_add_func("/kvm390/gaccess/wrap", test_wrap);
    g_test_add_func("/kvm390/gaccess/spaces", test_spaces);
    g_test_add_func("/kvm390/gaccess/ar-mode", test_ar_mode);
    g_test_add_func("/kvm390/gaccess/low-address", test_low_address);
    g_test_add_func("/kvm390/gaccess/dat-protection", test_dat_protection);
    g_test_add_func("/kvm390/gaccess/large-frames", test_large_frames);
    g_test_add_func("/kvm390/gaccess/keys", test_keys);
    g_test_add_func("/kvm390/gaccess/rc", test_reference_and_change);
    g_test_add_func("/kvm390/gaccess/overrides", test_overrides);
    g_test_add_func("/kvm390/gaccess/crossing/translation",
                    test_crossing_translation);
    g_test_add_func("/kvm390/gaccess/crossing/key", test_crossing_key);
    g_test_add_data_func("/kvm390/gaccess/largest", NULL, test_largest);
    g_test_add_data_func("/kvm390/gaccess/largest/windows", "", test_largest);
    g_test_add_data_func("/kvm390/gaccess/absolute", NULL, test_absolute);
    g_test_add_data_func("/kvm390/gaccess/absolute/windows", "",
                         test_absolute);
    g_test_add_func("/kvm390/gaccess/refused", test_refused);
    g_test_add_func("/kvm390/gaccess/cmpxchg/sizes", test_cmpxchg);
    g_test_add_func("/kvm390/gaccess/cmpxchg/errors", test_cmpxchg_errors);
    return g_test_run();
}
