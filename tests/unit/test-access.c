/*
 * Access rules: the whole truth table of key x ACC x F x access x override
 *
 * The expectation is computed a second time here, written as the Principles
 * of Operation word it, and compared for every combination.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/access.h"

static void test_key_truth_table(void)
{
    for (unsigned key = 0; key < 16; key++) {
        for (unsigned skey = 0; skey < 256; skey++) {
            unsigned acc = skey >> 4;
            bool fetch_protected = skey & 8;
            bool match = key == 0 || key == acc;

            g_assert_cmpint(kvm390_key_permits(key, skey, KVM390_STORE), ==,
                            match);
            g_assert_cmpint(kvm390_key_permits(key, skey, KVM390_FETCH), ==,
                            match || !fetch_protected);
            g_assert_cmpint(kvm390_key_permits(key, skey, KVM390_IFETCH), ==,
                            match || !fetch_protected);
        }
    }
}

static void test_cpu_truth_table(void)
{
    static const enum Kvm390Access accesses[] = {
        KVM390_FETCH, KVM390_STORE, KVM390_IFETCH,
    };
    static const struct { uint64_t ea, len; bool below; } fragments[] = {
        { 0, 1, true }, { 0, 2048, true }, { 2047, 1, true },
        { 2040, 8, true }, { 2041, 8, false }, { 2047, 2, false },
        { 2048, 1, false }, { 0, 2049, false }, { 4096, 1, false },
        { -1ull, 1, false }, { 1, -1ull, false },
    };
    unsigned n = 0;

    for (unsigned key = 0; key < 16; key++) {
        for (unsigned skey = 0; skey < 256; skey += 2) {
            for (unsigned a = 0; a < 3; a++) {
                for (unsigned o = 0; o < 8; o++) {
                    uint64_t cr0 = (o & 1 ? 1ull << (63 - 38) : 0) |
                                   (o & 2 ? 1ull << (63 - 39) : 0);
                    bool private = o & 4;

                    for (unsigned f = 0; f < G_N_ELEMENTS(fragments); f++) {
                        bool fetch = accesses[a] != KVM390_STORE;
                        bool want = key == 0 || key == skey >> 4 ||
                                    (fetch && !(skey & 8)) ||
                                    (skey >> 4 == 9 && (o & 2)) ||
                                    (fetch && (o & 1) && !private &&
                                     fragments[f].below);

                        g_assert_cmpint(want, ==, kvm390_cpu_access_permits(
                                key, skey, accesses[a], cr0, private,
                                fragments[f].ea, fragments[f].len));
                        n++;
                    }
                }
            }
        }
    }
    g_assert_cmpuint(n, ==, 16 * 128 * 3 * 8 * G_N_ELEMENTS(fragments));
}

static void test_low_address(void)
{
    const uint64_t on = 1ull << (63 - 35);

    for (uint64_t ea = 0; ea < 3 * 4096; ea++) {
        bool low = ea <= 511 || (ea >= 4096 && ea <= 4607);

        g_assert_cmpint(kvm390_is_low_address(ea), ==, low);
        g_assert_cmpint(kvm390_low_address_protected(on, false, ea), ==, low);
        g_assert_false(kvm390_low_address_protected(on, true, ea));
        g_assert_false(kvm390_low_address_protected(~on, false, ea));
    }
    g_assert_false(kvm390_is_low_address(1ull << 63));
    g_assert_false(kvm390_is_low_address(1ull << 32));
}

static void test_teid(void)
{
    static const struct {
        enum Kvm390Protection prot;
        uint64_t bits;
    } rows[] = {
        { KVM390_PROT_NONE,        0x00 },
        { KVM390_PROT_KEY,         0x08 },
        { KVM390_PROT_LOW_ADDRESS, 0x80 },
        { KVM390_PROT_DAT,         0x04 },
        { KVM390_PROT_IEP,         0x84 },
        { KVM390_PROT_ACCESS_LIST, 0x0c },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned as = 0; as < 4; as++) {
            g_assert_cmphex(kvm390_teid(0x123456789abcdef0ull, KVM390_STORE,
                                        as, rows[i].prot), ==,
                            0x123456789abcd400ull | as | rows[i].bits);
            g_assert_cmphex(kvm390_teid(0xfff, KVM390_FETCH, as, rows[i].prot),
                            ==, 0x800ull | as | rows[i].bits);
            g_assert_cmphex(kvm390_teid(0x1000, KVM390_IFETCH, as,
                                        rows[i].prot),
                            ==, 0x1800ull | as | rows[i].bits);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/access/key", test_key_truth_table);
    g_test_add_func("/kvm390/access/cpu", test_cpu_truth_table);
    g_test_add_func("/kvm390/access/low-address", test_low_address);
    g_test_add_func("/kvm390/access/teid", test_teid);
    return g_test_run();
}
