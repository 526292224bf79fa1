/*
 * PERFORM LOCKED OPERATION: what a function code asks for
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/plo.h"

static void test_functions(void)
{
    static const struct {
        unsigned function;
        enum Kvm390PloKind kind;
        unsigned size;
        bool values_listed, listed;
        unsigned stores;
    } rows[] = {
        { 0, KVM390_PLO_COMPARE_LOAD, 4, false, false, 0 },
        { 3, KVM390_PLO_COMPARE_LOAD, 16, true, true, 0 },
        { 5, KVM390_PLO_COMPARE_SWAP, 8, true, true, 0 },
        { 6, KVM390_PLO_COMPARE_SWAP, 8, false, false, 0 },
        { 8, KVM390_PLO_DOUBLE_SWAP, 4, false, false, 0 },
        { 11, KVM390_PLO_DOUBLE_SWAP, 16, true, true, 0 },
        { 14, KVM390_PLO_SWAP_STORE, 8, false, false, 1 },
        { 16, KVM390_PLO_SWAP_DOUBLE_STORE, 4, false, true, 2 },
        { 18, KVM390_PLO_SWAP_DOUBLE_STORE, 8, false, true, 2 },
        { 23, KVM390_PLO_SWAP_TRIPLE_STORE, 16, true, true, 3 },
    };
    Kvm390Plo plo;

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(kvm390_plo(rows[i].function, &plo));
        g_assert_cmpint(plo.kind, ==, rows[i].kind);
        g_assert_cmpint(plo.size, ==, rows[i].size);
        g_assert_cmpint(plo.values_listed, ==, rows[i].values_listed);
        g_assert_cmpint(plo.listed, ==, rows[i].listed);
        g_assert_cmpint(plo.stores, ==, rows[i].stores);
    }
    g_assert_false(kvm390_plo(24, &plo));
    g_assert_false(kvm390_plo(255, &plo));
}

/* Offsets as in the figures of the PoP. */
static void test_list(void)
{
    Kvm390Plo plo;

    kvm390_plo(9, &plo); /* DCSG */
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_COMPARE_1), ==, 8);
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_REPLACE_1), ==, 24);
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_COMPARE_3), ==, 40);
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_REPLACE_3), ==, 56);
    kvm390_plo(20, &plo); /* CSTST */
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_REPLACE_3), ==, 60);
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_OPERAND_5), ==, 92);
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_OPERAND_7), ==, 124);
    kvm390_plo(23, &plo); /* CSTSTX */
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_COMPARE_1), ==, 0);
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_REPLACE_3), ==, 48);
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_OPERAND_5), ==, 80);
    g_assert_cmpint(kvm390_plo_value(&plo, KVM390_PLO_OPERAND_7), ==, 112);
    g_assert_cmpint(kvm390_plo_address(4), ==, 72);
    g_assert_cmpint(kvm390_plo_address(6), ==, 104);
    g_assert_cmpint(kvm390_plo_address(8), ==, 136);
}

static void test_registers(void)
{
    Kvm390Plo plo;

    kvm390_plo(0, &plo); /* CL loads single registers */
    g_assert_true(kvm390_plo_registers_valid(&plo, 3, 5));
    kvm390_plo(4, &plo); /* CS: a pair at R1 */
    g_assert_true(kvm390_plo_registers_valid(&plo, 2, 5));
    g_assert_false(kvm390_plo_registers_valid(&plo, 3, 4));
    kvm390_plo(10, &plo); /* DCSGR: another at R3 */
    g_assert_true(kvm390_plo_registers_valid(&plo, 2, 4));
    g_assert_false(kvm390_plo_registers_valid(&plo, 2, 5));
    kvm390_plo(11, &plo); /* DCSX: none */
    g_assert_true(kvm390_plo_registers_valid(&plo, 3, 5));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/plo/functions", test_functions);
    g_test_add_func("/kvm390/plo/list", test_list);
    g_test_add_func("/kvm390/plo/registers", test_registers);
    return g_test_run();
}
