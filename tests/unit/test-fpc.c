/*
 * What the floating-point-control register can hold
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/fpc.h"

static void test_rounding_modes(void)
{
    for (uint32_t mode = 0; mode < 8; mode++) {
        g_assert_cmpint(kvm390_fpc_is_valid(mode, false), ==, mode < 4);
        g_assert_cmpint(kvm390_fpc_is_valid(mode, true), ==,
                        mode < 4 || mode == 7);
    }
}

static void test_unassigned_bits(void)
{
    g_assert_true(kvm390_fpc_is_valid(0xfcfcff73, true));
    for (int bit = 3; bit < 32; bit++) {
        g_assert_cmpint(kvm390_fpc_is_valid(1u << bit, true), ==,
                        !(0x03030088 >> bit & 1));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/fpc/rounding-modes", test_rounding_modes);
    g_test_add_func("/kvm390/fpc/unassigned-bits", test_unassigned_bits);
    return g_test_run();
}
