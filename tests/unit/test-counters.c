/*
 * Counters: exact under concurrent adders, and each with a name of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include "kvm390/include/counters.h"

enum { THREADS = 4, ADDS = 100000 };

static gpointer add_many(gpointer unused)
{
    for (int i = 0; i < ADDS; i++) {
        kvm390_count_add(0, 1);
    }
    return NULL;
}

static void test_concurrent(void)
{
    uint64_t before = kvm390_counter_value(0);
    GThread *threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        threads[i] = g_thread_new("adder", add_many, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        g_thread_join(threads[i]);
    }
    g_assert_cmpuint(kvm390_counter_value(0) - before, ==, THREADS * ADDS);
}

static void test_names(void)
{
    for (int i = 0; i < KVM390_COUNTER__MAX; i++) {
        g_assert_nonnull(kvm390_counter_name(i));
        for (int j = 0; j < i; j++) {
            g_assert_cmpstr(kvm390_counter_name(i), !=, kvm390_counter_name(j));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/counters/concurrent", test_concurrent);
    g_test_add_func("/counters/names", test_names);
    return g_test_run();
}
