/*
 * The sparse page table: what it costs, what it holds, who meets in it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "kvm390/include/pagemap.h"

#define TIB_PAGES   (1ull << (40 - 12))

/* Resident memory of this process in KiB. */
static long resident_kib(void)
{
    g_autofree char *text = NULL;
    const char *rss;
    long kib = -1;

    g_assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
    rss = strstr(text, "VmRSS:");
    g_assert_nonnull(rss);
    g_assert_cmpint(sscanf(rss, "VmRSS: %ld", &kib), ==, 1);
    return kib;
}

static void test_arguments(void)
{
    Kvm390Pagemap map;

    g_assert_cmpint(kvm390_pagemap_init(&map, 0, 4), ==, -EINVAL);
    g_assert_cmpint(kvm390_pagemap_init(&map, (1ull << 52) + 1, 4), ==,
                    -EINVAL);
    g_assert_cmpint(kvm390_pagemap_init(&map, 1, 0), ==, -EINVAL);
    g_assert_cmpint(kvm390_pagemap_init(&map, 1, 3), ==, -EINVAL);
    g_assert_cmpint(kvm390_pagemap_init(&map, 1, 16), ==, -EINVAL);
    kvm390_pagemap_destroy(&map);
}

static void test_bounds(void)
{
    for (unsigned size = 1; size <= 8; size *= 2) {
        Kvm390Pagemap map;

        g_assert_cmpint(kvm390_pagemap_init(&map, 1000, size), ==, 0);
        g_assert_null(kvm390_pagemap_peek(&map, 999));
        g_assert_null(kvm390_pagemap_get(&map, 1000));
        g_assert_null(kvm390_pagemap_get(&map, -1ull));
        g_assert_nonnull(kvm390_pagemap_get(&map, 999));
        g_assert_true((char *)kvm390_pagemap_peek(&map, 999) ==
                      (char *)kvm390_pagemap_peek(&map, 0) + 999 * size);
        g_assert_null(kvm390_pagemap_peek(&map, 1000));
        g_assert_null(kvm390_pagemap_peek(&map, -1ull));
        g_assert_cmpuint(kvm390_pagemap_run(&map, 0, -1ull), ==, 1000);
        g_assert_cmpuint(kvm390_pagemap_run(&map, 999, 5), ==, 1);
        g_assert_cmpuint(kvm390_pagemap_run(&map, 10, 5), ==, 5);
        kvm390_pagemap_destroy(&map);
    }
}

/* A 1-TiB guest that sets one key pays for one host page, not for 1 GiB. */
static void test_cost(void)
{
    long before = resident_kib();
    Kvm390Pagemap map;
    uint32_t sum = 0;

    g_assert_cmpint(kvm390_pagemap_init(&map, TIB_PAGES, 4), ==, 0);
    for (uint64_t gfn = 0; gfn < TIB_PAGES; gfn += 4096) {
        g_assert_null(kvm390_pagemap_peek(&map, gfn));
    }
    *(uint32_t *)kvm390_pagemap_get(&map, TIB_PAGES - 1) = 7;
    for (uint64_t gfn = TIB_PAGES / 4 * 3; gfn < TIB_PAGES; gfn += 65536) {
        sum += *(uint32_t *)kvm390_pagemap_peek(&map, gfn);
    }
    g_assert_cmpuint(sum, ==, 0);
    g_assert_cmpuint(*(uint32_t *)kvm390_pagemap_peek(&map, TIB_PAGES - 1),
                     ==, 7);
    /* A committed table would be 1 GiB. */
    g_assert_cmpint(resident_kib() - before, <, 8192);
    kvm390_pagemap_destroy(&map);
}

/* What is reserved has a place, nothing else; what is beyond is no error. */
static void test_reserve(void)
{
    const uint64_t chunk = KVM390_PAGEMAP_CHUNK_PAGES;
    Kvm390Pagemap map;

    g_assert_cmpint(kvm390_pagemap_init(&map, 4 * chunk + 5, 2), ==, 0);
    g_assert_cmpint(kvm390_pagemap_reserve(&map, 0, 0), ==, 0);
    g_assert_null(kvm390_pagemap_peek(&map, 0));
    g_assert_cmpint(kvm390_pagemap_reserve(&map, chunk - 1, 2), ==, 0);
    g_assert_nonnull(kvm390_pagemap_peek(&map, 0));
    g_assert_nonnull(kvm390_pagemap_peek(&map, 2 * chunk - 1));
    g_assert_null(kvm390_pagemap_peek(&map, 2 * chunk));
    g_assert_cmpint(kvm390_pagemap_reserve(&map, 3 * chunk + 1, -1ull), ==, 0);
    g_assert_null(kvm390_pagemap_peek(&map, 2 * chunk));
    g_assert_nonnull(kvm390_pagemap_peek(&map, 3 * chunk));
    g_assert_nonnull(kvm390_pagemap_peek(&map, 4 * chunk + 4));
    g_assert_cmpint(kvm390_pagemap_reserve(&map, -1ull, 1), ==, 0);
    kvm390_pagemap_destroy(&map);
}

/* Memory slots anywhere in the 64-bit address space. */
static void test_high_addresses(void)
{
    const uint64_t last = (1ull << 52) - 1;
    Kvm390Pagemap map;

    g_assert_cmpint(kvm390_pagemap_init(&map, last + 1, 1), ==, 0);
    for (unsigned bit = 0; bit < 52; bit++) {
        uint8_t *entry = kvm390_pagemap_get(&map, last ^ (1ull << bit));

        g_assert_nonnull(entry);
        g_assert_cmpuint(*entry, ==, 0);
        *entry = bit + 1;
    }
    for (unsigned bit = 0; bit < 52; bit++) {
        uint8_t *entry = kvm390_pagemap_peek(&map, last ^ (1ull << bit));

        g_assert_cmpuint(*entry, ==, bit + 1);
    }
    kvm390_pagemap_destroy(&map);
}

static void test_clear(void)
{
    const uint64_t first = KVM390_PAGEMAP_CHUNK_PAGES - 5000;
    Kvm390Pagemap map;

    g_assert_cmpint(kvm390_pagemap_init(&map, 2 * KVM390_PAGEMAP_CHUNK_PAGES,
                                        4), ==, 0);
    for (uint64_t i = 0; i < 10000; i++) {
        *(uint32_t *)kvm390_pagemap_get(&map, first + i) = i + 1;
    }
    kvm390_pagemap_clear(&map, first + 3, 9990);
    for (uint64_t i = 0; i < 10000; i++) {
        uint32_t want = i < 3 || i >= 9993 ? i + 1 : 0;

        g_assert_cmpuint(*(uint32_t *)kvm390_pagemap_peek(&map, first + i),
                         ==, want);
    }
    /* A few entries in the middle of one host page, then everything. */
    *(uint32_t *)kvm390_pagemap_get(&map, 100) = 1;
    *(uint32_t *)kvm390_pagemap_get(&map, 101) = 1;
    *(uint32_t *)kvm390_pagemap_get(&map, 102) = 1;
    kvm390_pagemap_clear(&map, 101, 1);
    g_assert_cmpuint(*(uint32_t *)kvm390_pagemap_peek(&map, 100), ==, 1);
    g_assert_cmpuint(*(uint32_t *)kvm390_pagemap_peek(&map, 101), ==, 0);
    g_assert_cmpuint(*(uint32_t *)kvm390_pagemap_peek(&map, 102), ==, 1);
    kvm390_pagemap_clear(&map, 0, -1ull);
    g_assert_cmpuint(*(uint32_t *)kvm390_pagemap_peek(&map, 100), ==, 0);
    g_assert_cmpuint(*(uint32_t *)kvm390_pagemap_peek(&map, first), ==, 0);
    kvm390_pagemap_destroy(&map);
}

#define MEET_CHUNKS 64

static gpointer meet(gpointer opaque)
{
    Kvm390Pagemap *map = opaque;

    for (uint64_t n = 0; n < MEET_CHUNKS; n++) {
        uint32_t *entry = kvm390_pagemap_get(
            map, n << KVM390_PAGEMAP_CHUNK_SHIFT);

        __atomic_fetch_add(entry, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* Threads that need the same chunk at once all use one: no count is lost. */
static void test_race_for_chunk(void)
{
    for (unsigned round = 0; round < 20; round++) {
        Kvm390Pagemap map;
        GThread *threads[8];

        g_assert_cmpint(kvm390_pagemap_init(
            &map, (uint64_t)MEET_CHUNKS << KVM390_PAGEMAP_CHUNK_SHIFT, 4),
            ==, 0);
        for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++) {
            threads[i] = g_thread_new("meet", meet, &map);
        }
        for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++) {
            g_thread_join(threads[i]);
        }
        for (uint64_t n = 0; n < MEET_CHUNKS; n++) {
            g_assert_cmpuint(*(uint32_t *)kvm390_pagemap_peek(
                &map, n << KVM390_PAGEMAP_CHUNK_SHIFT), ==,
                G_N_ELEMENTS(threads));
        }
        kvm390_pagemap_destroy(&map);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/pagemap/arguments", test_arguments);
    g_test_add_func("/kvm390/pagemap/bounds", test_bounds);
    g_test_add_func("/kvm390/pagemap/cost", test_cost);
    g_test_add_func("/kvm390/pagemap/reserve", test_reserve);
    g_test_add_func("/kvm390/pagemap/high-addresses", test_high_addresses);
    g_test_add_func("/kvm390/pagemap/clear", test_clear);
    g_test_add_func("/kvm390/pagemap/race-for-chunk", test_race_for_chunk);
    return g_test_run();
}
