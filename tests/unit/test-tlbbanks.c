/*
 * Banks of address spaces, and when a TLB is too small
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/tlbbanks.h"
#include "kvm390/include/tlbsize.h"

#define KERNEL  0x1000
#define FIRST   0x2000

/*
 * A CPU as the banks see it: what ASCE the entries of each bank, and of the
 * space in use, belong to; 0 if there are none.
 */
typedef struct {
    Kvm390TlbBanks banks;
    uint64_t entries[KVM390_TLB_BANKS];
    uint64_t current;
} Model;

/* Returns whether the entries of @asce were still there. */
static bool load(Model *m, uint64_t asce)
{
    bool kept;
    unsigned n = kvm390_bank_take(&m->banks, m->current, asce, &kept);
    uint64_t found;

    g_assert_cmpuint(n, <, KVM390_TLB_BANKS);
    found = m->entries[n];
    m->entries[n] = m->current;
    m->current = asce;
    if (kept) {
        g_assert_cmphex(found, ==, asce);
    }
    return kept;
}

static void test_kernel_and_process(void)
{
    Model m = { .current = KERNEL };

    g_assert_false(load(&m, FIRST));
    for (int i = 0; i < 10; i++) {
        g_assert_true(load(&m, KERNEL));
        g_assert_true(load(&m, FIRST));
    }
}

/* The kernel comes between them all, and so is never the one to go. */
static void test_processes(void)
{
    Model m = { .current = KERNEL };

    for (int round = 0; round < 3; round++) {
        for (unsigned p = 0; p < KVM390_TLB_BANKS; p++) {
            g_assert_cmpint(load(&m, FIRST + p), ==, round > 0);
            g_assert_cmpint(load(&m, KERNEL), ==, true);
        }
    }
    for (unsigned p = 0; p < 2 * KVM390_TLB_BANKS; p++) {
        g_assert_false(load(&m, 2 * FIRST + p));
        g_assert_true(load(&m, KERNEL));
    }
}

static void test_asce_zero(void)
{
    Model m = { .current = KERNEL };

    g_assert_false(load(&m, 0));
    g_assert_true(load(&m, KERNEL));
    g_assert_true(load(&m, 0));
}

/* Whatever the order: entries said to be kept are those of the ASCE. */
static void test_any_order(void)
{
    Model m = { .current = KERNEL };

    for (int i = 0; i < 100000; i++) {
        uint64_t asce = g_test_rand_int_range(1, 9);

        if (asce != m.current) {
            load(&m, asce);
        }
    }
}

static void test_look(void)
{
    g_assert_false(kvm390_tlb_wants_look(0, 256));
    g_assert_false(kvm390_tlb_wants_look(4 * 256, 256));
    g_assert_true(kvm390_tlb_wants_look(4 * 256 + 1, 256));
}

static void test_small(void)
{
    g_assert_false(kvm390_tlb_is_small(0, 256));
    g_assert_false(kvm390_tlb_is_small(256 * 70 / 100, 256));
    g_assert_true(kvm390_tlb_is_small(256 * 72 / 100, 256));
    g_assert_true(kvm390_tlb_is_small(256, 256));
    g_assert_true(kvm390_tlb_is_small(KVM390_TLB_MOST_ENTRIES / 2,
                                      KVM390_TLB_MOST_ENTRIES / 2));
    g_assert_false(kvm390_tlb_is_small(KVM390_TLB_MOST_ENTRIES,
                                       KVM390_TLB_MOST_ENTRIES));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/tlbbanks/kernel-and-process",
                    test_kernel_and_process);
    g_test_add_func("/kvm390/tlbbanks/processes", test_processes);
    g_test_add_func("/kvm390/tlbbanks/asce-zero", test_asce_zero);
    g_test_add_func("/kvm390/tlbbanks/any-order", test_any_order);
    g_test_add_func("/kvm390/tlbsize/look", test_look);
    g_test_add_func("/kvm390/tlbsize/small", test_small);
    return g_test_run();
}
