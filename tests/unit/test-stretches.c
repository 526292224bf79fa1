/*
 * Stretches of a client's memory: edges by hand, many against a plain rule
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/stretches.h"

static Kvm390Stretches all;

static void expect(uint64_t gpa, uint64_t hva)
{
    uint64_t found;

    g_assert_true(kvm390_stretches_find(&all, gpa, &found));
    g_assert_cmphex(found, ==, hva);
}

static void expect_none(uint64_t gpa)
{
    uint64_t hva;

    g_assert_false(kvm390_stretches_find(&all, gpa, &hva));
}

static void test_edges(void)
{
    expect_none(0);
    kvm390_stretches_add(&all, 0x2000, 0x1000, 0x70000);
    kvm390_stretches_add(&all, 0x3000, 0x1000, 0x10000);
    kvm390_stretches_add(&all, 0xfffffffffffff000, 0x1000, 0x50000);
    expect_none(0x1fff);
    expect(0x2000, 0x70000);
    expect(0x2fff, 0x70fff);
    expect(0x3000, 0x10000);
    expect_none(0x4000);
    expect(UINT64_MAX, 0x50fff);
    kvm390_stretches_remove(&all, 0x2000, 0x1000);
    expect_none(0x2fff);
    expect(0x3fff, 0x10fff);
    kvm390_stretches_clear(&all);
    expect_none(0x3000);
}

/* Every other page, backwards. */
static void test_many(void)
{
    enum { N = 4096 };
    uint64_t i;

    for (i = 0; i < N; i++) {
        kvm390_stretches_add(&all, (i ^ 0x555) << 13, 0x1000, (N - i) << 12);
    }
    for (i = 0; i < N; i++) {
        expect(((i ^ 0x555) << 13) + 5, ((N - i) << 12) + 5);
        expect_none((i << 13) + 0x1000);
    }
    for (i = 0; i < N; i += 2) {
        kvm390_stretches_remove(&all, (i ^ 0x555) << 13, 0x1000);
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
    g_test_add_func("/stretches/many", test_many);
    return g_test_run();
}
