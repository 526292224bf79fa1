/*
 * Stretches of a client's memory: edges by hand, many against a plain rule
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/stretches.h"

static Kvm390Stretches all;

static void add(uint64_t gpa, uint64_t size, uint64_t hva)
{
    kvm390_stretches_add(&all, &(Kvm390Stretch) {
        .last = gpa + (size - 1), .gpa = gpa, .hva = hva, .offset = hva * 2,
    });
}

static void expect(uint64_t gpa, uint64_t hva)
{
    const Kvm390Stretch *s = kvm390_stretches_find(&all, gpa);

    g_assert_nonnull(s);
    g_assert_cmphex(s->hva + (gpa - s->gpa), ==, hva);
}

static void expect_none(uint64_t gpa)
{
    g_assert_null(kvm390_stretches_find(&all, gpa));
}

static void test_edges(void)
{
    Kvm390Stretch taken;
    uint64_t last;

    expect_none(0);
    g_assert_false(kvm390_stretches_last(&all, &last));
    g_assert_cmpint(kvm390_stretches_take(&all, 0, UINT64_MAX, &taken), ==, -1);
    add(0x2000, 0x1000, 0x70000);
    add(0x3000, 0x1000, 0x10000);
    g_assert_true(kvm390_stretches_last(&all, &last));
    g_assert_cmphex(last, ==, 0x3fff);
    add(0xfffffffffffff000, 0x1000, 0x50000);
    expect_none(0x1fff);
    expect(0x2000, 0x70000);
    expect(0x2fff, 0x70fff);
    expect(0x3000, 0x10000);
    expect_none(0x4000);
    expect(UINT64_MAX, 0x50fff);
    g_assert_cmphex(kvm390_stretches_from(&all, 0x1000)->gpa, ==, 0x2000);
    g_assert_cmphex(kvm390_stretches_from(&all, 0x4000)->last, ==, UINT64_MAX);
    g_assert_cmpint(kvm390_stretches_take(&all, 0x2000, 0x2fff, &taken), ==, 0);
    expect_none(0x2fff);
    expect(0x3fff, 0x10fff);
    kvm390_stretches_clear(&all);
    expect_none(0x3000);
}

/* What is taken out of the middle leaves both ends, with their places. */
static void test_take(void)
{
    Kvm390Stretch taken;

    add(0x10000, 0x10000, 0x1000000);
    g_assert_cmpint(kvm390_stretches_take(&all, 0, 0xffff, &taken), ==, -1);
    g_assert_cmpint(kvm390_stretches_take(&all, 0x20000, UINT64_MAX, &taken),
                    ==, -1);
    g_assert_cmpint(kvm390_stretches_take(&all, 0x14000, 0x14fff, &taken),
                    ==, 2);
    g_assert_cmphex(taken.gpa, ==, 0x14000);
    g_assert_cmphex(taken.last, ==, 0x14fff);
    g_assert_cmphex(taken.hva, ==, 0x1004000);
    g_assert_cmphex(taken.offset, ==, 0x2004000);
    expect(0x13fff, 0x1003fff);
    expect_none(0x14000);
    expect_none(0x14fff);
    expect(0x15000, 0x1005000);
    g_assert_cmphex(kvm390_stretches_find(&all, 0x15000)->offset, ==,
                    0x2005000);
    /* over the end of one and the beginning of the next */
    g_assert_cmpint(kvm390_stretches_take(&all, 0x13000, 0x15fff, &taken),
                    ==, 1);
    g_assert_cmphex(taken.gpa, ==, 0x13000);
    g_assert_cmphex(taken.last, ==, 0x13fff);
    g_assert_cmpint(kvm390_stretches_take(&all, 0x13000, 0x15fff, &taken),
                    ==, 1);
    g_assert_cmphex(taken.gpa, ==, 0x15000);
    g_assert_cmphex(taken.last, ==, 0x15fff);
    g_assert_cmpint(kvm390_stretches_take(&all, 0x13000, 0x15fff, &taken),
                    ==, -1);
    expect(0x12fff, 0x1002fff);
    expect(0x16000, 0x1006000);
    kvm390_stretches_clear(&all);
}

static void test_mask(void)
{
    const Kvm390Stretch s = { .gpa = 0x3000, .last = 0x9fff };
    const Kvm390Stretch everything = { .gpa = 0, .last = UINT64_MAX };
    const uint64_t max = 1ull << 40;

    g_assert_cmphex(kvm390_stretch_mask(&s, 0x3123, max), ==, 0xfff);
    g_assert_cmphex(kvm390_stretch_mask(&s, 0x4000, max), ==, 0x3fff);
    g_assert_cmphex(kvm390_stretch_mask(&s, 0x7fff, max), ==, 0x3fff);
    g_assert_cmphex(kvm390_stretch_mask(&s, 0x9000, max), ==, 0x1fff);
    g_assert_cmphex(kvm390_stretch_mask(&s, 0x4000, 0x1000), ==, 0xfff);
    g_assert_cmphex(kvm390_stretch_mask(&everything, 5, max), ==, max - 1);
}

/* Every other page, backwards. */
static void test_many(void)
{
    enum { N = 4096 };
    Kvm390Stretch taken;
    uint64_t i, page;

    for (i = 0; i < N; i++) {
        add((i ^ 0x555) << 13, 0x1000, (N - i) << 12);
    }
    for (i = 0; i < N; i++) {
        expect(((i ^ 0x555) << 13) + 5, ((N - i) << 12) + 5);
        expect_none((i << 13) + 0x1000);
    }
    for (i = 0; i < N; i += 2) {
        page = (i ^ 0x555) << 13;
        g_assert_cmpint(kvm390_stretches_take(&all, page, page + 0xfff, &taken),
                        ==, 0);
    }
    for (i = 0; i < N; i += 2) {
        expect_none((i ^ 0x555) << 13);
        expect(((i + 1) ^ 0x555) << 13, (N - i - 1) << 12);
    }
    kvm390_stretches_clear(&all);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stretches/edges", test_edges);
    g_test_add_func("/stretches/take", test_take);
    g_test_add_func("/stretches/mask", test_mask);
    g_test_add_func("/stretches/many", test_many);
    return g_test_run();
}
