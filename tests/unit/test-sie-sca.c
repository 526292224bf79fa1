/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system control area, which the CPUs of a guest share. */
#include <glib.h>

#include "kvm390/include/sie-sca.h"
#include "kvm390/include/sie.h"

static void test_origin(void)
{
    g_assert_cmphex(kvm390_sca_origin(0, 0, false), ==, 0);
    g_assert_cmphex(kvm390_sca_origin(0, 0x1003f, false), ==, 0x10030);
    g_assert_cmphex(kvm390_sca_origin(2, 0x1003f, false), ==, 0x200010030);
    g_assert_cmphex(kvm390_sca_origin(2, 0x1003f, true), ==, 0x200010000);
}

/* Offsets as in Linux's struct bsca_block and struct esca_block. */
static void test_entry(void)
{
    Kvm390ScaEntry e;

    g_assert_true(kvm390_sca_entry(0, false, &e));
    g_assert_cmphex(e.mask, ==, 0x30);
    g_assert_cmphex(e.mask_bit, ==, 0x80);
    g_assert_cmphex(e.control, ==, 0x40);
    g_assert_cmphex(e.block, ==, 0x48);
    g_assert_true(kvm390_sca_entry(63, false, &e));
    g_assert_cmphex(e.mask, ==, 0x37);
    g_assert_cmphex(e.mask_bit, ==, 0x01);
    g_assert_cmphex(e.control, ==, 0x40 + 63 * 0x20);
    g_assert_false(kvm390_sca_entry(64, false, &e));

    g_assert_true(kvm390_sca_entry(9, true, &e));
    g_assert_cmphex(e.mask, ==, 0x41);
    g_assert_cmphex(e.mask_bit, ==, 0x40);
    g_assert_cmphex(e.control, ==, 0x100 + 9 * 0x40);
    g_assert_cmphex(e.block, ==, 0x108 + 9 * 0x40);
    g_assert_true(kvm390_sca_entry(255, true, &e));
    g_assert_false(kvm390_sca_entry(256, true, &e));
}

static void test_call(void)
{
    uint16_t called;

    g_assert_true(kvm390_sca_call(0, false, 5, &called));
    g_assert_cmphex(called, ==, 0x0085);
    g_assert_cmpint(kvm390_sca_caller(called, false), ==, 5);
    g_assert_false(kvm390_sca_call(called, false, 6, &called));
    g_assert_true(kvm390_sca_call(0, true, 0xc5, &called));
    g_assert_cmphex(called, ==, 0x80c5);
    g_assert_cmpint(kvm390_sca_caller(called, true), ==, 0xc5);
    g_assert_false(kvm390_sca_call(called, true, 6, &called));
    g_assert_cmpint(kvm390_sca_caller(0x7fff, true), ==, -1);
    g_assert_cmpint(kvm390_sca_caller(0xff7f, false), ==, -1);
}

static void test_sigp(void)
{
    for (unsigned order = 0; order < 256; order++) {
        g_assert_cmpint(kvm390_sie_sigp(order, 0, SIE_ECB_SRSI), ==,
                        KVM390_SIE_SIGP_NONE);
        g_assert_cmpint(kvm390_sie_sigp(order, SIE_ECA_SIGPI, 0), ==,
                        order == 2 ? KVM390_SIE_SIGP_CALL
                                   : KVM390_SIE_SIGP_NONE);
        g_assert_cmpint(kvm390_sie_sigp(order, SIE_ECA_SIGPI, SIE_ECB_SRSI),
                        ==, order == 2 ? KVM390_SIE_SIGP_CALL
                            : order == 0x15 ? KVM390_SIE_SIGP_RUNNING
                                            : KVM390_SIE_SIGP_NONE);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sie-sca/origin", test_origin);
    g_test_add_func("/sie-sca/entry", test_entry);
    g_test_add_func("/sie-sca/call", test_call);
    g_test_add_func("/sie-sca/sigp", test_sigp);
    return g_test_run();
}
