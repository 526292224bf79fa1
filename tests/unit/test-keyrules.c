/*
 * Conditional SSKE, RRBE's condition code, PFMF's operand
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/keyrules.h"

static const Kvm390KeyFacilities all = { true, true, true, true };
static const Kvm390KeyFacilities none;

static void test_sske_m3(void)
{
    for (unsigned m3 = 0; m3 < 16; m3++) {
        g_assert_cmpuint(kvm390_sske_m3(m3, &all), ==, m3);
        g_assert_cmpuint(kvm390_sske_m3(m3, &none), ==, 0);
        for (unsigned f = 0; f < 8; f++) {
            const Kvm390KeyFacilities fac = { f & 1, f & 2, f & 4, false };
            unsigned want = (f & 1 ? m3 & 1 : 0) | (f & 2 ? m3 & 6 : 0) |
                            (f & 4 ? m3 & 8 : 0);

            g_assert_cmpuint(kvm390_sske_m3(m3, &fac), ==, want);
        }
    }
}

static void test_sske_changes(void)
{
    for (unsigned old = 0; old < 256; old += 2) {
        for (unsigned new = 0; new < 256; new += 2) {
            bool acc_f = (old & 0xf8) == (new & 0xf8);
            bool r = (old & 4) == (new & 4);
            bool c = (old & 2) == (new & 2);

            g_assert_true(kvm390_sske_changes(old, new, false, false));
            g_assert_cmpint(kvm390_sske_changes(old, new, true, false), ==,
                            !(acc_f && c));
            g_assert_cmpint(kvm390_sske_changes(old, new, false, true), ==,
                            !(acc_f && r));
            g_assert_cmpint(kvm390_sske_changes(old, new, true, true), ==,
                            !acc_f);
        }
    }
}

static void test_rc_condition(void)
{
    for (unsigned key = 0; key < 256; key++) {
        g_assert_cmpuint(kvm390_rc_condition(key), ==,
                         (key & 4 ? 2 : 0) + (key & 2 ? 1 : 0));
    }
}

static void test_pfmf_reserved(void)
{
    Kvm390Pfmf p;

    for (unsigned bit = 0; bit < 64; bit++) {
        /* Bits 0-31 of the register are ignored; UI (48) and the key too. */
        bool reserved = bit == 0 || bit == 8 || (bit >= 18 && bit < 32);
        /* Bit 49 alone is frame-size code 4, which does not exist. */
        bool bad_size = bit == 14;

        g_assert_cmpint(kvm390_pfmf_decode(1ull << bit, &all, false, &p), ==,
                        reserved || bad_size ? 6 : 0);
    }
}

static void test_pfmf_frame_size(void)
{
    Kvm390KeyFacilities fac = all;
    Kvm390Pfmf p;

    for (unsigned code = 0; code < 8; code++) {
        g_assert_cmpint(kvm390_pfmf_decode(code << 12, &all, false, &p), ==,
                        code <= 2 ? 0 : 6);
        if (code <= 2) {
            g_assert_cmpuint(p.frame_size, ==, code == 0 ? 1ull << 12 :
                             code == 1 ? 1ull << 20 : 1ull << 31);
        }
    }
    g_assert_cmpint(kvm390_pfmf_decode(0x1000, &all, true, &p), ==, 0);
    g_assert_cmpint(kvm390_pfmf_decode(0x2000, &all, true, &p), ==, 6);
    fac.edat2 = false;
    g_assert_cmpint(kvm390_pfmf_decode(0x2000, &fac, false, &p), ==, 6);
    g_assert_cmpint(kvm390_pfmf_decode(0x1000, &fac, false, &p), ==, 0);
}

static void test_pfmf_flags(void)
{
    Kvm390KeyFacilities fac = all;
    Kvm390Pfmf p;

    g_assert_cmpint(kvm390_pfmf_decode(0xffffffff00000000ull | 0x30efe, &all,
                                       false, &p), ==, 0);
    g_assert_true(p.clear && p.set_key && p.mr && p.mc);
    g_assert_cmphex(p.key, ==, 0xfe);

    /* The masks belong to setting the key. */
    g_assert_cmpint(kvm390_pfmf_decode(0x10600, &all, false, &p), ==, 0);
    g_assert_true(p.clear && !p.set_key && !p.mr && !p.mc);

    g_assert_cmpint(kvm390_pfmf_decode(0x20400, &all, false, &p), ==, 0);
    g_assert_true(!p.clear && p.set_key && p.mr && !p.mc);
    g_assert_cmpint(kvm390_pfmf_decode(0x20200, &all, false, &p), ==, 0);
    g_assert_true(!p.mr && p.mc);

    fac.conditional_sske = false;
    g_assert_cmpint(kvm390_pfmf_decode(0x20600, &fac, false, &p), ==, 0);
    g_assert_true(p.set_key && !p.mr && !p.mc);

    fac.nonquiescing = false;
    g_assert_cmpint(kvm390_pfmf_decode(0x20000, &fac, false, &p), ==, 0);
    g_assert_cmpint(kvm390_pfmf_decode(0x20800, &fac, false, &p), ==, 6);
}

static void test_reference_mask(void)
{
    uint64_t seen = 0;

    g_assert_cmphex(kvm390_reference_mask(0), ==, 0x8000000000000000ull);
    g_assert_cmphex(kvm390_reference_mask(63), ==, 1);
    for (unsigned i = 0; i < 64; i++) {
        seen |= kvm390_reference_mask(i);
    }
    g_assert_cmphex(seen, ==, ~0ull);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/keyrules/sske-m3", test_sske_m3);
    g_test_add_func("/kvm390/keyrules/sske-changes", test_sske_changes);
    g_test_add_func("/kvm390/keyrules/rc-condition", test_rc_condition);
    g_test_add_func("/kvm390/keyrules/pfmf-reserved", test_pfmf_reserved);
    g_test_add_func("/kvm390/keyrules/pfmf-frame-size", test_pfmf_frame_size);
    g_test_add_func("/kvm390/keyrules/pfmf-flags", test_pfmf_flags);
    g_test_add_func("/kvm390/keyrules/reference-mask", test_reference_mask);
    return g_test_run();
}
