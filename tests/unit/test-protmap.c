/*
 * Protected ranges: edges by hand, and random changes against a plain array
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "kvm390/include/protmap.h"

#define RO KVM390_PERMIT_READ
#define RW KVM390_PERMIT_ALL

static void test_empty(void)
{
    Kvm390ProtMap map = { };

    g_assert_cmpuint(kvm390_protmap_get(&map, 0), ==, RW);
    g_assert_null(kvm390_protmap_from(&map, 0));
    g_assert_cmpint(kvm390_protmap_set(&map, 0x1000, 0x2000, RW), ==, 0);
    g_assert_cmpuint(map.n, ==, 0);
    kvm390_protmap_clear(&map);
}

static void test_edges(void)
{
    Kvm390ProtMap map = { };

    kvm390_protmap_set(&map, 0x1000, 0x4000, RO);
    g_assert_cmpuint(kvm390_protmap_get(&map, 0xfff), ==, RW);
    g_assert_cmpuint(kvm390_protmap_get(&map, 0x1000), ==, RO);
    g_assert_cmpuint(kvm390_protmap_get(&map, 0x3fff), ==, RO);
    g_assert_cmpuint(kvm390_protmap_get(&map, 0x4000), ==, RW);

    /* a hole makes two of one */
    kvm390_protmap_set(&map, 0x2000, 0x3000, RW);
    g_assert_cmpuint(map.n, ==, 2);
    g_assert_cmpuint(kvm390_protmap_get(&map, 0x2000), ==, RW);
    g_assert_cmphex(kvm390_protmap_from(&map, 0x2000)->start, ==, 0x3000);
    g_assert_cmphex(kvm390_protmap_from(&map, 0)->end, ==, 0x2000);
    g_assert_null(kvm390_protmap_from(&map, 0x4000));

    /* filled again, it is one; another permission cuts it in three */
    kvm390_protmap_set(&map, 0x2000, 0x3000, RO);
    g_assert_cmpuint(map.n, ==, 1);
    kvm390_protmap_set(&map, 0x2000, 0x3000, 0);
    g_assert_cmpuint(map.n, ==, 3);
    g_assert_cmpuint(kvm390_protmap_get(&map, 0x2fff), ==, 0);

    /* the last address there is */
    kvm390_protmap_set(&map, 0xfffffffffffff000, UINT64_MAX, 0);
    g_assert_cmpuint(kvm390_protmap_get(&map, UINT64_MAX - 1), ==, 0);
    kvm390_protmap_set(&map, 0, UINT64_MAX, RW);
    g_assert_cmpuint(map.n, ==, 0);
    kvm390_protmap_clear(&map);
}

/* Ranges are apart, or differ; and there are as many as the map says. */
static void check_order(const Kvm390ProtMap *map)
{
    const Kvm390ProtRange *r, *last = NULL;
    size_t n = 0;

    for (r = kvm390_protmap_from(map, 0); r;
         r = kvm390_protmap_from(map, r->end)) {
        g_assert_cmpuint(r->start, <, r->end);
        g_assert_cmpuint(r->permit, !=, RW);
        if (last) {
            g_assert_true(last->end < r->start ||
                          (last->end == r->start &&
                           last->permit != r->permit));
        }
        last = r;
        n++;
    }
    g_assert_cmpuint(n, ==, map->n);
}

static void test_random(void)
{
    enum { PAGES = 64 };
    GRand *rand = g_rand_new_with_seed(390);
    Kvm390ProtMap map = { };
    unsigned char plain[PAGES];
    int i, page;

    memset(plain, RW, sizeof(plain));
    for (i = 0; i < 20000; i++) {
        int a = g_rand_int_range(rand, 0, PAGES);
        int b = g_rand_int_range(rand, a + 1, PAGES + 1);
        unsigned permit = g_rand_int_range(rand, 0, 4);

        g_assert_cmpint(kvm390_protmap_set(&map, a, b, permit), ==, 0);
        memset(plain + a, permit, b - a);
        for (page = 0; page < PAGES; page++) {
            g_assert_cmpuint(kvm390_protmap_get(&map, page), ==, plain[page]);
        }
        check_order(&map);
    }
    kvm390_protmap_clear(&map);
    g_rand_free(rand);
}

/* A change among many costs some twenty comparisons for each of its steps. */
static void test_cost(void)
{
    enum { N = 20000 };
    Kvm390ProtMap map = { };
    uint64_t i, before;

    for (i = 0; i < N; i++) {
        before = map.compared;
        kvm390_protmap_set(&map, i * 2, i * 2 + 1, RO);
        g_assert_cmpuint(map.compared - before, <, 150);
    }
    g_assert_cmpuint(map.n, ==, N);
    for (i = 0; i < N; i++) {
        uint64_t at = i * 7919 % N * 2;

        before = map.compared;
        g_assert_cmpuint(kvm390_protmap_get(&map, at), ==, RO);
        g_assert_cmpuint(map.compared - before, <, 40);
        kvm390_protmap_set(&map, at, at + 1, i % 2 ? RW : 0);
        g_assert_cmpuint(map.compared - before, <, 200);
    }
    kvm390_protmap_clear(&map);
}

static void test_limit(void)
{
    Kvm390ProtMap map = { };
    uint64_t i;

    for (i = 0; i < KVM390_PROTMAP_MAX; i++) {
        g_assert_cmpint(kvm390_protmap_set(&map, i * 2, i * 2 + 1, 0), ==, 0);
    }
    g_assert_cmpint(kvm390_protmap_set(&map, i * 2, i * 2 + 1, 0), ==, -ENOMEM);
    g_assert_cmpuint(map.n, ==, KVM390_PROTMAP_MAX);
    g_assert_cmpuint(kvm390_protmap_get(&map, i * 2), ==, RW);

    /* what makes it less is possible: then there is room */
    g_assert_cmpint(kvm390_protmap_set(&map, 0, 1, RW), ==, 0);
    g_assert_cmpint(kvm390_protmap_set(&map, i * 2, i * 2 + 4, 0), ==, 0);
    g_assert_cmpint(kvm390_protmap_set(&map, i * 2 + 1, i * 2 + 2, RW), ==,
                    -ENOMEM);
    kvm390_protmap_clear(&map);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/protmap/empty", test_empty);
    g_test_add_func("/protmap/edges", test_edges);
    g_test_add_func("/protmap/random", test_random);
    g_test_add_func("/protmap/cost", test_cost);
    g_test_add_func("/protmap/limit", test_limit);
    return g_test_run();
}
