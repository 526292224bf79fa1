/*
 * The set of guest pages: order, edges, cost, and many threads in one word
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>
#include <inttypes.h>

#include "kvm390/include/gfnset.h"
#include "../random.h"

#define TIB_PAGES   (1ull << (40 - 12))

static void test_arguments(void)
{
    Kvm390GfnSet set;

    g_assert_cmpint(kvm390_gfnset_init(&set, 0), ==, -EINVAL);
    g_assert_cmpint(kvm390_gfnset_init(&set, (1ull << 52) + 1), ==, -EINVAL);
    g_assert_cmpint(kvm390_gfnset_init(&set, 1), ==, 0);
    g_assert_false(kvm390_gfnset_add(&set, 1));
    g_assert_false(kvm390_gfnset_remove(&set, 1));
    g_assert_false(kvm390_gfnset_contains(&set, 1));
    g_assert_true(kvm390_gfnset_add(&set, 0));
    g_assert_false(kvm390_gfnset_add(&set, 0));
    g_assert_cmpuint(kvm390_gfnset_next(&set, 0), ==, 0);
    g_assert_cmphex(kvm390_gfnset_next(&set, 1), ==, KVM390_GFN_NONE);
    g_assert_true(kvm390_gfnset_remove(&set, 0));
    g_assert_false(kvm390_gfnset_remove(&set, 0));
    g_assert_cmphex(kvm390_gfnset_next(&set, 0), ==, KVM390_GFN_NONE);
    kvm390_gfnset_destroy(&set);
}

/* Members come out in order, from any start, whatever the distance. */
static void test_order(void)
{
    static const uint64_t member[] = {
        0, 1, 63, 64, 4095, 4096, 262143, 262144, 300000, 16777216,
        TIB_PAGES - 64, TIB_PAGES - 1,
    };
    Kvm390GfnSet set;

    g_assert_cmpint(kvm390_gfnset_init(&set, TIB_PAGES), ==, 0);
    for (unsigned i = G_N_ELEMENTS(member); i--; ) {
        g_assert_true(kvm390_gfnset_add(&set, member[i]));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(member); i++) {
        uint64_t from = i ? member[i - 1] + 1 : 0;

        g_assert_cmpuint(kvm390_gfnset_next(&set, from), ==, member[i]);
        g_assert_cmpuint(kvm390_gfnset_next(&set, member[i]), ==, member[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(member); i++) {
        g_assert_true(kvm390_gfnset_remove(&set, member[i]));
        g_assert_cmphex(kvm390_gfnset_next(&set, 0), ==,
                        i + 1 < G_N_ELEMENTS(member) ? member[i + 1]
                                                     : KVM390_GFN_NONE);
    }
    kvm390_gfnset_destroy(&set);
}

static void test_ranges(void)
{
    Kvm390GfnSet set;

    g_assert_cmpint(kvm390_gfnset_init(&set, 10000), ==, 0);
    g_assert_cmpuint(kvm390_gfnset_add_range(&set, 5, 5), ==, 0);
    g_assert_cmpuint(kvm390_gfnset_add_range(&set, 60, 70), ==, 10);
    g_assert_cmpuint(kvm390_gfnset_add_range(&set, 65, 200), ==, 130);
    g_assert_cmpuint(kvm390_gfnset_add_range(&set, 9990, 20000), ==, 10);
    g_assert_cmpuint(kvm390_gfnset_next(&set, 0), ==, 60);
    g_assert_cmpuint(kvm390_gfnset_next(&set, 200), ==, 9990);
    g_assert_cmpuint(kvm390_gfnset_remove_range(&set, 61, 130), ==, 69);
    g_assert_true(kvm390_gfnset_contains(&set, 60));
    g_assert_false(kvm390_gfnset_contains(&set, 61));
    g_assert_cmpuint(kvm390_gfnset_next(&set, 61), ==, 130);
    g_assert_cmpuint(kvm390_gfnset_remove_range(&set, 0, -1ull), ==, 81);
    g_assert_cmphex(kvm390_gfnset_next(&set, 0), ==, KVM390_GFN_NONE);
    kvm390_gfnset_destroy(&set);
}

/* The walk of a set the size of a big guest follows its members. */
static void test_walk_cost(void)
{
    enum { MEMBERS = 1000 };
    Kvm390GfnSet set;
    int64_t best = INT64_MAX;

    g_assert_cmpint(kvm390_gfnset_init(&set, 64 * TIB_PAGES), ==, 0);
    for (unsigned i = 0; i < MEMBERS; i++) {
        kvm390_gfnset_add(&set, (i * 64 * TIB_PAGES / MEMBERS) + i);
    }
    for (unsigned round = 0; round < 20; round++) {
        int64_t begin = g_get_monotonic_time();
        unsigned n = 0;

        for (uint64_t gfn = kvm390_gfnset_next(&set, 0);
             gfn != KVM390_GFN_NONE; gfn = kvm390_gfnset_next(&set, gfn + 1)) {
            n++;
        }
        best = MIN(best, g_get_monotonic_time() - begin);
        g_assert_cmpuint(n, ==, MEMBERS);
    }
    g_test_message("%" PRId64 " us", best);
    g_assert_cmpint(best, <=, 1000);
    kvm390_gfnset_destroy(&set);
}

typedef struct {
    Kvm390GfnSet set;
    uint64_t added;             /* atomic */
    unsigned running;           /* atomic */
} Race;

enum { RACERS = 3, RACE_PAGES = 64 * 64 * 3, RACE_ROUNDS = 2000000 };

static void *add_pages(void *opaque)
{
    Race *race = opaque;
    uint64_t seed = (uintptr_t)&seed;

    for (unsigned i = 0; i < RACE_ROUNDS; i++) {
        uint64_t page = (random_next(&seed) >> 33) % RACE_PAGES;

        if (kvm390_gfnset_add(&race->set, page)) {
            __atomic_fetch_add(&race->added, 1, __ATOMIC_SEQ_CST);
        }
    }
    __atomic_fetch_sub(&race->running, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/*
 * One thread takes out what others put in: in the end, every addition was
 * taken out once, and no member hides behind a summary bit that was lost.
 */
static void test_race(void)
{
    Race race = { 0 };
    GThread *thread[RACERS];
    uint64_t removed = 0, gfn;

    g_assert_cmpint(kvm390_gfnset_init(&race.set, RACE_PAGES), ==, 0);
    race.running = RACERS;
    for (unsigned i = 0; i < RACERS; i++) {
        thread[i] = g_thread_new("add", add_pages, &race);
    }
    while (__atomic_load_n(&race.running, __ATOMIC_SEQ_CST)) {
        gfn = kvm390_gfnset_next(&race.set, 0);
        removed += kvm390_gfnset_remove(&race.set, gfn);
    }
    for (unsigned i = 0; i < RACERS; i++) {
        g_thread_join(thread[i]);
    }
    while ((gfn = kvm390_gfnset_next(&race.set, 0)) != KVM390_GFN_NONE) {
        removed += kvm390_gfnset_remove(&race.set, gfn);
    }
    g_assert_cmpuint(removed, ==, race.added);
    for (gfn = 0; gfn < RACE_PAGES; gfn++) {
        g_assert_false(kvm390_gfnset_contains(&race.set, gfn));
    }
    kvm390_gfnset_destroy(&race.set);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/gfnset/arguments", test_arguments);
    g_test_add_func("/kvm390/gfnset/order", test_order);
    g_test_add_func("/kvm390/gfnset/ranges", test_ranges);
    g_test_add_func("/kvm390/gfnset/walk-cost", test_walk_cost);
    g_test_add_func("/kvm390/gfnset/race", test_race);
    return g_test_run();
}
