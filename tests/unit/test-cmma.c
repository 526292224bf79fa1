/*
 * Page states: the log and its runs, the ioctls, and pages given back
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kvm390/include/cmma.h"
#include "../random.h"

#define PAGES       4096
#define TIB_PAGES   (1ull << (40 - 12))
#define STABLE      KVM390_ESSA_STABLE
#define UNUSED      KVM390_ESSA_UNUSED

/* The host's side: which pages are in memory, and what was asked for. */
static bool is_resident[PAGES];
static unsigned woken, needed;
static uint64_t last_needed;

static bool resident(uint64_t gfn)
{
    return is_resident[gfn];
}

static void make_resident(uint64_t gfn)
{
    is_resident[gfn] = true;
}

static void content_needed(uint64_t gfn)
{
    needed++;
    last_needed = gfn;
}

static void wake(void)
{
    woken++;
}

static Kvm390GfnRange released[4];
static unsigned releases;

static void release(Kvm390GfnRange pages)
{
    released[releases++] = pages;
    memset(is_resident + pages.first, false, pages.end - pages.first);
}

static const Kvm390CmmaOps ops = {
    .resident = resident,
    .make_resident = make_resident,
    .content_needed = content_needed,
    .wake = wake,
    .release = release,
};

/* Memory at 0-1023 and 2048-3071. */
static const Kvm390CmmaMap two_slots = {
    .n = 2, .range = { { 0, 1024 }, { 2048, 3072 } },
};

static Kvm390Cmma cmma;
static uint8_t values[PAGES];

static void setup(void)
{
    memset(is_resident, true, sizeof(is_resident));
    woken = needed = 0;
    g_assert_cmpint(kvm390_cmma_init(&cmma, PAGES, &ops), ==, 0);
    g_assert_null(kvm390_cmma_set_map(&cmma, &two_slots));
    g_assert_cmpint(kvm390_cmma_enable(&cmma, 0), ==, 0);
    kvm390_cmma_set_discard(&cmma, true);
}

static void teardown(void)
{
    kvm390_cmma_destroy(&cmma);
}

/* Migration mode with an empty log, CMMA in use. */
static void setup_empty_log(void)
{
    Kvm390CmmaLog log;

    setup();
    kvm390_cmma_essa(&cmma, 0, STABLE);
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 2, 0), ==, 0);
    do {
        log = (Kvm390CmmaLog){ .count = PAGES };
        g_assert_cmpint(kvm390_cmma_get_bits(&cmma, &log, values), ==, 0);
    } while (log.remaining);
    memset(values, 0xee, sizeof(values));
}

static void check_get(uint64_t start, uint32_t count, uint32_t flags,
                      uint64_t got_start, uint32_t got_count,
                      uint64_t remaining)
{
    Kvm390CmmaLog log = { .start_gfn = start, .count = count, .flags = flags };

    memset(values, 0xee, sizeof(values));
    g_assert_cmpint(kvm390_cmma_get_bits(&cmma, &log, values), ==, 0);
    g_assert_cmphex(log.start_gfn, ==, got_start);
    g_assert_cmpuint(log.count, ==, got_count);
    g_assert_cmpuint(log.remaining, ==, remaining);
    for (uint32_t i = got_count; i < PAGES; i++) {
        g_assert_cmphex(values[i], ==, 0xee);
    }
}

static void dirty(uint64_t gfn)
{
    kvm390_cmma_essa(&cmma, gfn, UNUSED);
}

static void test_start_logs_all(void)
{
    setup();
    check_get(0, 8, KVM390_CMMA_PEEK, 0, 0, 0);     /* not used yet */
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 0, 0), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 2, 1), ==, -EINVAL);
    g_assert_cmpuint(kvm390_cmma_migration(&cmma), ==, 0);
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 2, 0), ==, 0);
    g_assert_cmpuint(kvm390_cmma_migration(&cmma), ==, 1);
    check_get(5, PAGES, 0, 0, 0, 0);                /* still not used */
    g_assert_cmpuint(kvm390_cmma_remaining(&cmma), ==, 0);
    kvm390_cmma_essa(&cmma, 7, KVM390_ESSA_GET);
    g_assert_cmpuint(kvm390_cmma_remaining(&cmma), ==, 2048);
    check_get(0, PAGES, 0, 0, 1024, 1024);
    check_get(1024, PAGES, 0, 2048, 1024, 0);
    check_get(3072, PAGES, 0, 0, 0, 0);
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 0, 0), ==, 0);
    g_assert_cmpuint(kvm390_cmma_remaining(&cmma), ==, 0);
    dirty(9);
    kvm390_cmma_stop_migration(&cmma);
    g_assert_cmpuint(kvm390_cmma_migration(&cmma), ==, 0);
    kvm390_cmma_essa(&cmma, 8, STABLE);             /* no longer logged */
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 1, 0), ==, 0);
    g_assert_cmpuint(kvm390_cmma_remaining(&cmma), ==, 2048);
    teardown();
}

static void test_gaps(void)
{
    for (unsigned gap = 14; gap <= 18; gap++) {
        setup_empty_log();
        /* The pages of the gap come with the values they have. */
        kvm390_cmma_set_bits(&cmma, &(Kvm390CmmaLog){
            .start_gfn = 101, .count = 1, .mask = ~0ull }, &(uint8_t){ 0x42 });
        dirty(100);
        dirty(101 + gap);
        if (gap <= KVM390_CMMA_MAX_GAP) {
            check_get(0, PAGES, 0, 100, gap + 2, 0);
            g_assert_cmphex(values[gap + 1], ==, KVM390_CMMA_UNUSED);
            g_assert_cmphex(values[1], ==, 0x42);
            g_assert_cmphex(values[2], ==, 0);
        } else {
            check_get(0, PAGES, 0, 100, 1, 1);
            check_get(101, PAGES, 0, 101 + gap, 1, 0);
        }
        g_assert_cmphex(values[0], ==, KVM390_CMMA_UNUSED);
        teardown();
    }
}

static void test_buffer_edges(void)
{
    setup_empty_log();
    for (unsigned i = 0; i < 32; i++) {
        dirty(200 + i);
    }
    dirty(240);
    check_get(0, 1, 0, 200, 1, 32);
    check_get(0, 31, 0, 201, 31, 1);
    check_get(0, 31, 0, 240, 1, 0);

    /* The second page is the first that does not fit. */
    dirty(300);
    dirty(310);
    check_get(0, 10, 0, 300, 1, 1);
    dirty(300);
    check_get(0, 11, 0, 300, 11, 0);

    check_get(0, 0, 0, 0, 0, 0);
    dirty(5);
    check_get(0, 0, 0, 0, 0, 0);
    g_assert_cmpuint(kvm390_cmma_remaining(&cmma), ==, 1);
    teardown();
}

static void test_start_and_wrap(void)
{
    setup_empty_log();
    dirty(10);
    dirty(500);
    check_get(11, 8, 0, 500, 1, 1);
    check_get(501, 8, 0, 10, 1, 0);
    dirty(10);
    check_get(-1ull, 8, 0, 10, 1, 0);
    dirty(3071);                                    /* end of memory */
    dirty(1023);                                    /* a hole follows */
    check_get(0, PAGES, 0, 1023, 1, 1);
    check_get(1024, PAGES, 0, 3071, 1, 0);
    teardown();
}

static void test_peek(void)
{
    Kvm390CmmaLog log;

    setup_empty_log();
    dirty(1000);
    kvm390_cmma_essa(&cmma, 1001, KVM390_ESSA_STABLE_NODAT);
    check_get(1000, 8, KVM390_CMMA_PEEK, 1000, 8, 2);
    g_assert_cmphex(values[0], ==, 0x01);
    g_assert_cmphex(values[1], ==, 0x40);
    check_get(1000, 100, KVM390_CMMA_PEEK, 1000, 24, 2);
    check_get(3071, 100, KVM390_CMMA_PEEK, 3071, 1, 2);
    static const uint64_t outside[] = { 1024, 2047, 3072, PAGES, -1ull };
    for (unsigned i = 0; i < G_N_ELEMENTS(outside); i++) {
        log = (Kvm390CmmaLog){ .start_gfn = outside[i], .count = 8,
                               .flags = KVM390_CMMA_PEEK };
        g_assert_cmpint(kvm390_cmma_get_bits(&cmma, &log, values), ==,
                        -EFAULT);
        g_assert_cmpuint(log.count, ==, 8);
    }
    kvm390_cmma_stop_migration(&cmma);
    check_get(1000, 2, KVM390_CMMA_PEEK, 1000, 2, 0);
    teardown();
}

static int set(uint64_t gfn, uint32_t count, uint64_t mask, uint8_t *bytes)
{
    return kvm390_cmma_set_bits(&cmma, &(Kvm390CmmaLog){
        .start_gfn = gfn, .count = count, .mask = mask }, bytes);
}

static void test_set(void)
{
    uint8_t bytes[4] = { 0x43, 0x01, 0xff, 0x40 };

    setup();
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 1, 0), ==, 0);
    g_assert_cmpint(set(0, 0, ~0ull, bytes), ==, 0);
    g_assert_false(cmma.used);
    g_assert_cmpint(set(8, 4, 0x43000000, bytes), ==, 0);
    g_assert_true(cmma.used);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 8), ==, 0x43);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 9), ==, 0x01);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 10), ==, 0x43);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 11), ==, 0x40);
    g_assert_cmpint(set(8, 1, 0x40000000, bytes), ==, 0);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 8), ==, 0x40);
    g_assert_cmpint(set(1022, 4, ~0ull, bytes), ==, -EFAULT);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 1022), ==, 0);
    g_assert_cmpint(set(-1ull, 4, ~0ull, bytes), ==, -EFAULT);
    g_assert_cmpint(set(2000, 1, ~0ull, bytes), ==, -EFAULT);
    g_assert_cmpint(set(1020, 4, ~0ull, bytes), ==, 0);
    /* Everything was in the log already; setting adds nothing. */
    check_get(0, PAGES, 0, 0, 1024, 1024);
    check_get(2048, PAGES, 0, 2048, 1024, 0);
    g_assert_cmpint(set(8, 4, ~0ull, bytes), ==, 0);
    g_assert_cmpuint(kvm390_cmma_remaining(&cmma), ==, 0);
    teardown();
}

static void test_not_enabled(void)
{
    Kvm390CmmaLog log = { .count = 1, .flags = KVM390_CMMA_PEEK };

    g_assert_cmpint(kvm390_cmma_init(&cmma, PAGES, &ops), ==, 0);
    kvm390_cmma_set_map(&cmma, &two_slots);
    g_assert_cmpint(kvm390_cmma_get_bits(&cmma, &log, values), ==, -ENXIO);
    g_assert_cmpint(set(0, 1, ~0ull, values), ==, -ENXIO);
    g_assert_cmpint(kvm390_cmma_clear(&cmma), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmma_enable(&cmma, 1), ==, -EBUSY);
    g_assert_false(kvm390_cmma_enabled(&cmma));
    /* Migration mode works without CMMA and without dirty logging. */
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 1, 1), ==, 0);
    g_assert_cmpuint(kvm390_cmma_migration(&cmma), ==, 1);
    kvm390_cmma_stop_migration(&cmma);
    teardown();
}

static void test_essa(void)
{
    setup();
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 1024, UNUSED), ==, 0x10);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, -1ull, 0), ==, 0x10);
    g_assert_false(cmma.used);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 3, UNUSED), ==, 0);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 3, KVM390_ESSA_GET), ==, 0x04);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 3, KVM390_ESSA_STABLE_NODAT),
                    ==, 0x04);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 3, UNUSED), ==, 0x20);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 3, STABLE), ==, 0x24);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 3, 0), ==, 0);
    teardown();
}

static bool claim_next(Kvm390GfnRange *run)
{
    uint64_t cursor = 0;

    return kvm390_cmma_claim_run(&cmma, &cursor, PAGES, 64, run);
}

static void test_give_back(void)
{
    Kvm390GfnRange run;

    setup();
    for (unsigned gfn = 100; gfn < 110; gfn++) {
        kvm390_cmma_essa(&cmma, gfn, UNUSED);
    }
    g_assert_cmpuint(woken, ==, 10);
    kvm390_cmma_essa(&cmma, 100, UNUSED);           /* waits already */
    g_assert_cmpuint(woken, ==, 10);
    kvm390_cmma_essa(&cmma, 105, STABLE);
    g_assert_false(claim_next(&run));               /* first round: young */
    kvm390_cmma_essa(&cmma, 107, STABLE);
    g_assert_true(claim_next(&run));
    g_assert_cmpuint(run.first, ==, 100);
    g_assert_cmpuint(run.end, ==, 105);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 102, 0), ==, 0x04);
    memset(is_resident + 100, false, 5);
    kvm390_cmma_unclaim(&cmma, run, true);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 102, 0), ==, 0x07);
    g_assert_true(claim_next(&run));
    g_assert_cmpuint(run.first, ==, 106);
    g_assert_cmpuint(run.end, ==, 107);
    kvm390_cmma_unclaim(&cmma, run, false);         /* the host refused */
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 106, 0), ==, 0x04);
    g_assert_true(claim_next(&run));
    g_assert_cmpuint(run.first, ==, 108);
    g_assert_cmpuint(run.end, ==, 110);
    kvm390_cmma_unclaim(&cmma, run, true);
    g_assert_false(claim_next(&run));

    /* Still logically zero when stable, until somebody touches it. */
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 100, STABLE), ==, 0x07);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 100, 0), ==, 0x03);
    is_resident[100] = true;
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 100, 0), ==, 0);
    woken = 0;
    kvm390_cmma_essa(&cmma, 100, UNUSED);
    g_assert_cmpuint(woken, ==, 1);
    /* Given back and not touched: there is nothing to give back again. */
    kvm390_cmma_essa(&cmma, 101, UNUSED);
    g_assert_cmpuint(woken, ==, 1);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 101,
                                     KVM390_ESSA_STABLE_IF_RESIDENT), ==, 7);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 101,
                                     KVM390_ESSA_STABLE_RESIDENT), ==, 7);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 101, 0), ==, 0);

    kvm390_cmma_set_discard(&cmma, false);
    kvm390_cmma_essa(&cmma, 900, UNUSED);
    g_assert_cmpuint(woken, ==, 1);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 900, 0), ==, 0x04);
    teardown();
}

/* A page freed, taken and freed between two rounds is young again. */
static void test_age(void)
{
    Kvm390GfnRange run;

    setup();
    kvm390_cmma_essa(&cmma, 50, UNUSED);
    g_assert_false(claim_next(&run));
    kvm390_cmma_essa(&cmma, 50, STABLE);
    kvm390_cmma_essa(&cmma, 50, UNUSED);
    g_assert_false(claim_next(&run));
    g_assert_true(claim_next(&run));
    kvm390_cmma_unclaim(&cmma, run, true);
    teardown();
}

static void test_longest_run(void)
{
    Kvm390GfnRange run;
    uint64_t cursor = 0;

    setup();
    for (unsigned gfn = 0; gfn < 100; gfn++) {
        kvm390_cmma_essa(&cmma, gfn, UNUSED);
    }
    g_assert_false(claim_next(&run));
    g_assert_true(kvm390_cmma_claim_run(&cmma, &cursor, 80, 64, &run));
    g_assert_cmpuint(run.first, ==, 0);
    g_assert_cmpuint(run.end, ==, 64);
    g_assert_true(kvm390_cmma_claim_run(&cmma, &cursor, 80, 64, &run));
    g_assert_cmpuint(run.first, ==, 64);
    g_assert_cmpuint(run.end, ==, 80);
    g_assert_false(kvm390_cmma_claim_run(&cmma, &cursor, 80, 64, &run));
    g_assert_cmpuint(kvm390_gfnset_next(&cmma.pending, 0), ==, 80);
    teardown();
}

/* On a large host page all pages must be unused, or none is claimed. */
static void test_claim_block(void)
{
    Kvm390GfnRange block = { 256, 512 };

    setup();
    for (unsigned gfn = 256; gfn < 511; gfn++) {
        kvm390_cmma_essa(&cmma, gfn, UNUSED);
    }
    g_assert_false(kvm390_cmma_claim_block(&cmma, block));
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 300, STABLE), ==, 0x04);
    kvm390_cmma_essa(&cmma, 300, UNUSED);
    kvm390_cmma_essa(&cmma, 511, UNUSED);
    g_assert_true(kvm390_cmma_claim_block(&cmma, block));
    g_assert_false(kvm390_cmma_claim(&cmma, 300));
    kvm390_cmma_unclaim(&cmma, block, true);
    /* One page brings the block back; freeing it frees the block. */
    kvm390_cmma_essa(&cmma, 300, STABLE);
    kvm390_cmma_essa(&cmma, 300, UNUSED);
    g_assert_true(kvm390_cmma_claim_block(&cmma, block));
    kvm390_cmma_unclaim(&cmma, block, true);
    teardown();
}

static void test_release(void)
{
    setup();
    releases = 0;
    kvm390_cmma_essa(&cmma, 1023, KVM390_ESSA_STABLE_NODAT);
    kvm390_cmma_release(&cmma, (Kvm390GfnRange){ 1000, 2100 });
    g_assert_cmpuint(releases, ==, 2);
    g_assert_cmpuint(released[0].first, ==, 1000);
    g_assert_cmpuint(released[0].end, ==, 1024);
    g_assert_cmpuint(released[1].first, ==, 2048);
    g_assert_cmpuint(released[1].end, ==, 2100);
    /* The usage is as it was; the content is logically zero. */
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 1023, 0), ==, 0x23);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 999, 0), ==, 0);
    kvm390_cmma_release(&cmma, (Kvm390GfnRange){ 3072, 1ull << 52 });
    g_assert_cmpuint(releases, ==, 2);
    teardown();
}

static void test_clear(void)
{
    setup_empty_log();
    dirty(40);
    kvm390_cmma_essa(&cmma, 41, KVM390_ESSA_STABLE_NODAT);
    kvm390_cmma_essa(&cmma, 2049, KVM390_ESSA_VOLATILE);
    kvm390_cmma_set_content_logged(&cmma, true);
    while (kvm390_cmma_remaining(&cmma)) {
        kvm390_cmma_get_bits(&cmma, &(Kvm390CmmaLog){ .count = PAGES }, values);
    }
    g_assert_cmpint(kvm390_cmma_clear(&cmma), ==, 0);
    for (unsigned gfn = 0; gfn < PAGES; gfn++) {
        g_assert_cmphex(kvm390_cmma_value(&cmma, gfn), ==, 0);
    }
    /* Whoever reads the log learns of it. */
    check_get(0, PAGES, 0, 40, 2, 1);
    check_get(42, PAGES, 0, 2049, 1, 0);
    /* The page that was unused has content again. */
    g_assert_cmpuint(needed, ==, 1);
    g_assert_cmpuint(last_needed, ==, 40);
    teardown();
}

static void test_content_needed(void)
{
    setup();
    dirty(40);
    kvm390_cmma_essa(&cmma, 40, STABLE);
    g_assert_cmpuint(needed, ==, 0);
    kvm390_cmma_set_content_logged(&cmma, true);
    dirty(40);
    g_assert_cmpuint(needed, ==, 0);
    kvm390_cmma_essa(&cmma, 40, KVM390_ESSA_POT_VOLATILE);
    g_assert_cmpuint(needed, ==, 1);
    kvm390_cmma_essa(&cmma, 40, STABLE);
    g_assert_cmpuint(needed, ==, 1);
    dirty(40);
    g_assert_cmpint(set(40, 1, ~0ull, &(uint8_t){ 0 }), ==, 0);
    g_assert_cmpuint(needed, ==, 2);
    teardown();
}

static void test_map_changes(void)
{
    static const Kvm390CmmaMap one_slot = {
        .n = 1, .range = { { 512, 2560 } }
    };

    setup_empty_log();
    for (unsigned gfn = 0; gfn < PAGES; gfn += 256) {
        dirty(gfn);
    }
    g_assert_cmpuint(kvm390_cmma_remaining(&cmma), ==, 8);
    g_assert_true(kvm390_cmma_set_map(&cmma, &one_slot) == &two_slots);
    /* What stayed keeps its state; what went is forgotten. */
    g_assert_cmpuint(kvm390_cmma_remaining(&cmma), ==, 4);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 768), ==, KVM390_CMMA_UNUSED);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 2304), ==, KVM390_CMMA_UNUSED);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 256), ==, 0);
    g_assert_cmphex(kvm390_cmma_value(&cmma, 2560), ==, 0);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 1024, 0), ==, 0);
    g_assert_cmphex(kvm390_cmma_essa(&cmma, 2560, 0), ==, 0x10);
    teardown();
}

static void test_census(void)
{
    Kvm390CmmaCensus census;
    Kvm390GfnRange run = { 0, PAGES };

    setup();
    dirty(10);
    dirty(11);
    dirty(2050);
    kvm390_cmma_essa(&cmma, 12, KVM390_ESSA_VOLATILE);
    kvm390_cmma_essa(&cmma, 13, KVM390_ESSA_POT_VOLATILE);
    kvm390_cmma_essa(&cmma, 14, KVM390_ESSA_STABLE_NODAT);
    kvm390_cmma_census(&cmma, &census);
    g_assert_cmpuint(census.usage[KVM390_CMMA_UNUSED], ==, 3);
    g_assert_cmpuint(census.usage[KVM390_CMMA_VOLATILE], ==, 1);
    g_assert_cmpuint(census.usage[KVM390_CMMA_POT_VOLATILE], ==, 1);
    g_assert_cmpuint(census.usage[KVM390_CMMA_STABLE], ==, 2048 - 5);
    g_assert_cmpuint(census.nodat, ==, 1);
    g_assert_cmpuint(census.discarded, ==, 0);

    g_assert_true(kvm390_cmma_next_unused(&cmma, &run));
    g_assert_cmpuint(run.first, ==, 10);
    g_assert_cmpuint(run.end, ==, 12);
    run = (Kvm390GfnRange){ 12, PAGES };
    g_assert_true(kvm390_cmma_next_unused(&cmma, &run));
    g_assert_cmpuint(run.first, ==, 2050);
    run = (Kvm390GfnRange){ 2051, PAGES };
    g_assert_false(kvm390_cmma_next_unused(&cmma, &run));
    teardown();
}

/* Resident memory of this process in bytes. */
static uint64_t resident_bytes(void)
{
    g_autofree char *text = NULL;
    const char *rss;
    uint64_t kib = 0;

    g_assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
    rss = strstr(text, "VmRSS:");
    g_assert_nonnull(rss);
    g_assert_cmpint(sscanf(rss, "VmRSS: %" SCNu64, &kib), ==, 1);
    return kib * 1024;
}

/* States cost nothing until they are used, then less than 3 bytes a page. */
static void test_memory(void)
{
    enum { USED = 4 * 1024 * 1024 };
    static const Kvm390CmmaMap big = { .n = 1, .range = { { 0, TIB_PAGES } } };
    uint64_t before = resident_bytes(), used;

    g_assert_cmpint(kvm390_cmma_init(&cmma, TIB_PAGES, &ops), ==, 0);
    kvm390_cmma_set_map(&cmma, &big);
    kvm390_cmma_enable(&cmma, 0);
    kvm390_cmma_set_discard(&cmma, true);
    kvm390_cmma_essa(&cmma, TIB_PAGES - 1, KVM390_ESSA_GET);
    g_assert_cmpuint(resident_bytes(), <, before + 1024 * 1024);

    __atomic_store_n(&cmma.migration, true, __ATOMIC_SEQ_CST);
    for (uint64_t gfn = 0; gfn < USED; gfn++) {
        kvm390_cmma_essa(&cmma, gfn, UNUSED);
    }
    used = resident_bytes() - before;
    g_test_message("bench states %.2f bytes/page", (double)used / USED);
    g_assert_cmpuint(used, <=, 3 * USED);
    teardown();
}

/* A full pass over the log of a big guest. */
static void pass_over_log(uint64_t pages)
{
    enum { MEMBERS = 1000 };
    g_autofree Kvm390CmmaMap *big = g_malloc0(sizeof(*big) +
                                              sizeof(big->range[0]));
    int64_t best = INT64_MAX;

    big->n = 1;
    big->range[0].end = pages;
    g_assert_cmpint(kvm390_cmma_init(&cmma, pages, &ops), ==, 0);
    kvm390_cmma_set_map(&cmma, big);
    kvm390_cmma_enable(&cmma, 0);
    __atomic_store_n(&cmma.migration, true, __ATOMIC_SEQ_CST);
    for (unsigned round = 0; round < 10; round++) {
        Kvm390CmmaLog log = { 0 };
        unsigned calls = 0;
        int64_t begin;

        for (unsigned i = 0; i < MEMBERS; i++) {
            kvm390_cmma_essa(&cmma, i * pages / MEMBERS, UNUSED);
        }
        begin = g_get_monotonic_time();
        do {
            log.start_gfn += log.count;
            log.count = PAGES;
            g_assert_cmpint(kvm390_cmma_get_bits(&cmma, &log, values), ==, 0);
            calls++;
        } while (log.remaining);
        best = MIN(best, g_get_monotonic_time() - begin);
        g_assert_cmpuint(calls, ==, MEMBERS);
    }
    g_test_message("bench get-pass-%" PRIu64 "-TiB %" PRId64 " us",
                   (uint64_t)(pages / TIB_PAGES), best);
    g_assert_cmpint(best, <=, 1000);
    teardown();
}

static void test_big_guest(void)
{
    pass_over_log(TIB_PAGES);
    pass_over_log(16 * TIB_PAGES);
}

/*
 * One thread gives pages back while another frees, takes and writes them:
 * what was written into a stable page survives. A third reads the log: the
 * last value it saw of each page is the page's value in the end.
 */
enum { RACE_PAGES = 64, RACE_ROUNDS = 1000000 };
static uint64_t content[RACE_PAGES];
static bool race_over;
static unsigned given_back;

static bool content_is_there(uint64_t gfn)
{
    return __atomic_load_n(&content[gfn], __ATOMIC_SEQ_CST) != 0;
}

static const Kvm390CmmaOps race_ops = {
    .resident = content_is_there,
    .make_resident = make_resident,
    .content_needed = content_needed,
    .wake = wake,
};

static void *give_back(void *opaque)
{
    while (!__atomic_load_n(&race_over, __ATOMIC_SEQ_CST)) {
        Kvm390GfnRange run;
        uint64_t cursor = 0;

        while (kvm390_cmma_claim_run(&cmma, &cursor, PAGES, 8, &run)) {
            for (uint64_t gfn = run.first; gfn < run.end; gfn++) {
                __atomic_store_n(&content[gfn], 0, __ATOMIC_SEQ_CST);
                given_back++;
            }
            kvm390_cmma_unclaim(&cmma, run, true);
        }
    }
    return NULL;
}

static void *read_log(void *opaque)
{
    uint8_t *seen = opaque;
    uint8_t buffer[RACE_PAGES];
    bool last;

    do {
        Kvm390CmmaLog log = { .count = RACE_PAGES };

        last = __atomic_load_n(&race_over, __ATOMIC_SEQ_CST);
        do {
            log.start_gfn += log.count;
            log.count = RACE_PAGES;
            g_assert_cmpint(kvm390_cmma_get_bits(&cmma, &log, buffer), ==, 0);
            memcpy(seen + log.start_gfn, buffer, log.count);
        } while (log.count);
    } while (!last);
    return NULL;
}

static void test_race(void)
{
    static const Kvm390CmmaMap map = { .n = 1, .range = { { 0, RACE_PAGES } } };
    uint8_t seen[RACE_PAGES] = { 0 };
    GThread *giver, *reader;
    uint64_t seed = 1;

    g_assert_cmpint(kvm390_cmma_init(&cmma, PAGES, &race_ops), ==, 0);
    kvm390_cmma_set_map(&cmma, &map);
    kvm390_cmma_enable(&cmma, 0);
    kvm390_cmma_set_discard(&cmma, true);
    g_assert_cmpint(kvm390_cmma_start_migration(&cmma, 1, 0), ==, 0);
    for (unsigned gfn = 0; gfn < RACE_PAGES; gfn++) {
        content[gfn] = RACE_ROUNDS;
    }
    giver = g_thread_new("give back", give_back, NULL);
    reader = g_thread_new("read log", read_log, seen);
    for (uint64_t i = 1; i <= RACE_ROUNDS; i++) {
        uint64_t gfn;

        gfn = (random_next(&seed) >> 33) % RACE_PAGES;
        if (kvm390_cmma_value(&cmma, gfn) == KVM390_CMMA_UNUSED) {
            kvm390_cmma_essa(&cmma, gfn, STABLE);
            __atomic_store_n(&content[gfn], i, __ATOMIC_SEQ_CST);
        } else {
            g_assert_cmpuint(content[gfn], !=, 0);
            kvm390_cmma_essa(&cmma, gfn, UNUSED);
            gfn = (gfn + 7) % RACE_PAGES;
            kvm390_cmma_essa(&cmma, gfn, STABLE);
            __atomic_store_n(&content[gfn], i, __ATOMIC_SEQ_CST);
        }
        g_assert_cmpuint(__atomic_load_n(&content[gfn], __ATOMIC_SEQ_CST), ==,
                         i);
    }
    __atomic_store_n(&race_over, true, __ATOMIC_SEQ_CST);
    g_thread_join(giver);
    g_thread_join(reader);
    g_test_message("%u given back", given_back);
    g_assert_cmpuint(given_back, >, 0);
    for (unsigned gfn = 0; gfn < RACE_PAGES; gfn++) {
        g_assert_cmphex(seen[gfn], ==, kvm390_cmma_value(&cmma, gfn));
    }
    teardown();
}

#define TEST(name, function) g_test_add_func("/kvm390/cmma/" name, function)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("start-logs-all", test_start_logs_all);
    TEST("gaps", test_gaps);
    TEST("buffer-edges", test_buffer_edges);
    TEST("start-and-wrap", test_start_and_wrap);
    TEST("peek", test_peek);
    TEST("set", test_set);
    TEST("not-enabled", test_not_enabled);
    TEST("essa", test_essa);
    TEST("give-back", test_give_back);
    TEST("age", test_age);
    TEST("longest-run", test_longest_run);
    TEST("claim-block", test_claim_block);
    TEST("release", test_release);
    TEST("clear", test_clear);
    TEST("content-needed", test_content_needed);
    TEST("map-changes", test_map_changes);
    TEST("census", test_census);
    TEST("memory", test_memory);
    TEST("big-guest", test_big_guest);
    TEST("race", test_race);
    return g_test_run();
}
