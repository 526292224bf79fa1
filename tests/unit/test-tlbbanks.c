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
    const Kvm390TlbOwner old = { .asce = m->current };
    const Kvm390TlbOwner new = { .asce = asce };
    bool kept;
    unsigned n = kvm390_bank_take(&m->banks, &old, &new, &kept);
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

/* Key, ASCE and space: who differs in one is another. */
static void test_owners(void)
{
    static const Kvm390TlbOwner owners[] = {
        { 0x1000, 0, 0 }, { 0x1000, 3, 0 }, { 0x1000, 3, 1 }, { 0, 3, 0 },
    };
    Kvm390TlbBanks banks = { };
    bool kept;

    G_STATIC_ASSERT(G_N_ELEMENTS(owners) == KVM390_TLB_BANKS);
    for (unsigned i = 0; i < KVM390_TLB_BANKS; i++) {
        const Kvm390TlbOwner other = { 0x2000, 1, 2 };

        g_assert_cmpuint(kvm390_bank_find(&banks, &owners[i]), ==,
                         KVM390_NO_BANK);
        g_assert_cmpuint(kvm390_bank_take(&banks, &owners[i], &other, &kept),
                         ==, i);
        g_assert_false(kept);
    }
    for (unsigned i = 0; i < KVM390_TLB_BANKS; i++) {
        g_assert_cmpuint(kvm390_bank_find(&banks, &owners[i]), ==, i);
    }
    g_assert_cmphex(kvm390_bank_spaces(&banks, 3), ==, 1 << 0 | 1 << 1);
    g_assert_cmphex(kvm390_bank_spaces(&banks, 0), ==, 1 << 0);
    g_assert_cmphex(kvm390_bank_spaces(&banks, 1), ==, 0);
}

/* An empty bank has nothing to come back to, and is the next to be taken. */
static void test_forget(void)
{
    const Kvm390TlbOwner a = { 0, 1, 3 }, b = { 0, 2, 3 }, c = { 0, 3, 3 };
    Kvm390TlbBanks banks = { };
    unsigned n;
    bool kept;

    kvm390_bank_take(&banks, &a, &b, &kept);
    n = kvm390_bank_take(&banks, &b, &c, &kept);
    kvm390_bank_forget(&banks, n);
    g_assert_cmpuint(kvm390_bank_find(&banks, &b), ==, KVM390_NO_BANK);
    g_assert_cmpuint(kvm390_bank_take(&banks, &c, &b, &kept), ==, n);
    g_assert_false(kept);
}

/* The same ASCE of host and guest; what a world left can be forgotten alone. */
static void test_worlds(void)
{
    const Kvm390TlbOwner host = { .asce = KERNEL }, other = { .asce = FIRST };
    const Kvm390TlbOwner guest = { .asce = KERNEL, .guest = true };
    Kvm390TlbBanks banks = { };
    unsigned left;
    bool kept;

    left = kvm390_bank_take(&banks, &host, &other, &kept);
    g_assert_cmpuint(kvm390_bank_find(&banks, &guest), ==, KVM390_NO_BANK);
    kvm390_bank_take(&banks, &guest, &other, &kept);
    kvm390_bank_forget_world(&banks, true);
    g_assert_cmpuint(kvm390_bank_find(&banks, &guest), ==, KVM390_NO_BANK);
    g_assert_cmpuint(kvm390_bank_find(&banks, &host), ==, left);
    kvm390_bank_forget_world(&banks, false);
    g_assert_cmpuint(kvm390_bank_find(&banks, &host), ==, KVM390_NO_BANK);
}

/* Two keys get a family each; and so do two that had the same one. */
static void test_two_keys(void)
{
    Kvm390FamilyTurns turns = { };
    unsigned one = kvm390_family_turn(&turns, 1, -1);
    unsigned other = kvm390_family_turn(&turns, 2, -1);

    g_assert_cmpuint(one, !=, other);
    other = kvm390_family_turn(&turns, 3, -1);
    g_assert_cmpuint(one, ==, other);
    for (int i = 0; i < 5 && one == other; i++) {
        one = kvm390_family_turn(&turns, 1, -1);
        other = one == other ? kvm390_family_turn(&turns, 3, -1) : other;
    }
    g_assert_cmpuint(one, !=, other);
}

/* Keys that go round come to have the same family each time. */
static void test_five_keys(void)
{
    Kvm390FamilyTurns turns = { };
    unsigned had[6] = { };

    for (int round = 0; round < 20; round++) {
        for (unsigned key = 1; key <= 5; key++) {
            unsigned n = kvm390_family_turn(&turns, key, -1);

            g_assert_cmpuint(n, <, KVM390_KEY_FAMILIES);
            if (round > 10) {
                g_assert_cmpuint(n, ==, had[key]);
            }
            had[key] = n;
        }
    }
}

static void test_busy_family(void)
{
    Kvm390FamilyTurns turns = { };

    for (int i = 0; i < 20; i++) {
        g_assert_cmpuint(kvm390_family_turn(&turns, i % 7, i & 1), !=, i & 1);
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
    g_test_add_func("/kvm390/tlbbanks/owners", test_owners);
    g_test_add_func("/kvm390/tlbbanks/forget", test_forget);
    g_test_add_func("/kvm390/tlbbanks/worlds", test_worlds);
    g_test_add_func("/kvm390/families/two-keys", test_two_keys);
    g_test_add_func("/kvm390/families/five-keys", test_five_keys);
    g_test_add_func("/kvm390/families/busy", test_busy_family);
    g_test_add_func("/kvm390/tlbsize/look", test_look);
    g_test_add_func("/kvm390/tlbsize/small", test_small);
    return g_test_run();
}
