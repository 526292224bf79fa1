/*
 * What the machine decides while it executes SIE
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/pgm.h"
#include "kvm390/include/sie-rules.h"
#include "kvm390/include/sie.h"

static void test_storage(void)
{
    Kvm390SieStorage s;

    /* The whole space, whatever origin and limit say. */
    g_assert_cmphex(kvm390_sie_storage(SIE_CPUFLAG_SM, 5, 1, &s), ==,
                    SIE_VALID);
    g_assert_cmphex(s.origin, ==, 0);
    g_assert_cmphex(s.last, ==, UINT64_MAX);
    /* Both count in MiB; the limit is the last one's. */
    g_assert_cmphex(kvm390_sie_storage(0, 0x300fff, 0x500000, &s), ==,
                    SIE_VALID);
    g_assert_cmphex(s.origin, ==, 0x300000);
    g_assert_cmphex(s.last, ==, 0x5fffff);
    g_assert_cmphex(kvm390_sie_storage(0, 0x300000, 0x300000, &s), ==,
                    SIE_VALID);
    g_assert_cmphex(kvm390_sie_storage(0, 0x400000, 0x300000, &s), ==,
                    SIE_INVALID_STORAGE);
}

static void test_request(void)
{
    const uint32_t stop = SIE_CPUFLAG_STOP_INT, ext = SIE_CPUFLAG_EXT_INT,
                   io = SIE_CPUFLAG_IO_INT;
    static const uint32_t others = ~(SIE_CPUFLAG_STOP_INT |
                                     SIE_CPUFLAG_EXT_INT | SIE_CPUFLAG_IO_INT);

    g_assert_cmphex(kvm390_sie_request_icpt(others, true, true), ==, 0);
    g_assert_cmphex(kvm390_sie_request_icpt(stop, false, false), ==, 0x28);
    g_assert_cmphex(kvm390_sie_request_icpt(stop | ext | io, true, true), ==,
                    0x28);
    g_assert_cmphex(kvm390_sie_request_icpt(ext, true, false), ==, 0x10);
    g_assert_cmphex(kvm390_sie_request_icpt(ext, false, true), ==, 0);
    g_assert_cmphex(kvm390_sie_request_icpt(io, false, true), ==, 0x18);
    g_assert_cmphex(kvm390_sie_request_icpt(io, true, false), ==, 0);
    g_assert_cmphex(kvm390_sie_request_icpt(ext | io, true, true), ==, 0x10);
    g_assert_cmphex(kvm390_sie_request_icpt(ext | io, false, true), ==, 0x18);
}

static void test_program(void)
{
    static const struct {
        uint16_t code;
        uint32_t ictl;
        uint8_t ecb;
        unsigned want;
    } rows[] = {
        { 0x01, 0, 0, 0 },
        { 0x01, SIE_ICTL_OPEREXC, 0, 0x2c },
        { 0x01, SIE_ICTL_OPEREXC | SIE_ICTL_PINT, 0, 0x2c },
        { 0x01, SIE_ICTL_PINT, 0, 0x08 },
        { 0x02, 0, 0, 0 },
        { 0x02, SIE_ICTL_PINT, 0, 0x08 },
        { 0x04, SIE_ICTL_OPEREXC, 0, 0 },
        { 0x05, 0, 0, 0x08 },
        { 0x06, 0, 0, 0x08 },
        { 0x06, 0, SIE_ECB_SPECI, 0 },
        { 0x06, SIE_ICTL_PINT, SIE_ECB_SPECI, 0x08 },
        { 0x10, 0, 0, 0 },
        { 0x11, SIE_ICTL_PINT, 0, 0x08 },
        { 0x13, 0, SIE_ECB_SPECI, 0x08 },
        { 0x80, 0, 0, 0 },
        { 0x82, 0, 0, 0 },
        { 0x85, 0, 0, 0x08 },
        { 0x81, SIE_ICTL_OPEREXC, 0, 0x2c },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmphex(kvm390_sie_program_icpt(rows[i].code, 0, rows[i].ictl,
                                                rows[i].ecb, false), ==,
                        rows[i].want);
        g_assert_cmphex(kvm390_sie_program_icpt(rows[i].code, 0, rows[i].ictl,
                                                rows[i].ecb, true), ==,
                        rows[i].code == 0x06 ? 0x08 : rows[i].want);
        /* Of the host are events, whatever comes with them. */
        g_assert_cmphex(kvm390_sie_program_icpt(rows[i].code, SIE_CPUFLAG_P,
                                                rows[i].ictl, rows[i].ecb,
                                                false), ==,
                        rows[i].code & 0x80 ? 0x08 : rows[i].want);
    }
}

static void test_controls(void)
{
    const uint64_t stfle = 0xb2b01000ull << 32, ptf = 0xb9a20010ull << 32,
                   iske = 0xb2290012ull << 32, rrbm = 0xb9ae0012ull << 32,
                   pfmf = 0xb9af0012ull << 32, ivsk = 0xb2230012ull << 32,
                   lctl = 0xb7111000ull << 32;
    Kvm390SieControls c = kvm390_sie_controls(0, 0, 0, 0, 0);

    g_assert_cmpint(kvm390_intercepted(&c, stfle), ==, KVM390_INTERCEPTED);
    g_assert_cmpint(kvm390_intercepted(&c, ptf), ==, KVM390_INTERCEPTED);
    g_assert_cmpint(kvm390_intercepted(&c, iske), ==, KVM390_INTERCEPTED);
    g_assert_cmpint(kvm390_intercepted(&c, rrbm), ==, KVM390_INTERCEPTED);
    g_assert_cmpint(kvm390_intercepted(&c, pfmf), ==, KVM390_INTERCEPTED);
    g_assert_cmpint(kvm390_intercepted(&c, ivsk), ==, KVM390_INTERPRETED);
    g_assert_cmpint(kvm390_intercepted(&c, lctl), ==, KVM390_INTERPRETED);

    c = kvm390_sie_controls(SIE_CPUFLAG_KSS, 0, 0x4000, SIE_ECB_PTF, 0x2000);
    g_assert_cmpint(kvm390_intercepted(&c, stfle), ==, KVM390_INTERPRETED);
    g_assert_cmpint(kvm390_intercepted(&c, ptf), ==, KVM390_INTERPRETED);
    g_assert_cmpint(kvm390_intercepted(&c, iske), ==, KVM390_INTERCEPTED_KSS);
    g_assert_cmpint(kvm390_intercepted(&c, ivsk), ==, KVM390_INTERCEPTED_KSS);
    g_assert_cmpint(kvm390_intercepted(&c, lctl), ==, KVM390_INTERCEPTED);

    /* Bits that are no part of the list's address. */
    c = kvm390_sie_controls(0, 0, 0, 0, 0x80000007);
    g_assert_cmpint(kvm390_intercepted(&c, stfle), ==, KVM390_INTERCEPTED);
}

static void test_icptstatus(void)
{
    g_assert_cmphex(kvm390_sie_icptstatus(false, 6, false), ==, 0);
    g_assert_cmphex(kvm390_sie_icptstatus(true, 2, false), ==, 0x21);
    g_assert_cmphex(kvm390_sie_icptstatus(true, 4, false), ==, 0x41);
    g_assert_cmphex(kvm390_sie_icptstatus(true, 6, true), ==, 0x63);
    g_assert_cmphex(kvm390_sie_icptstatus(false, 4, true), ==, 0x02);
}

static void test_interlock(void)
{
    uint64_t new;

    g_assert_true(kvm390_sie_interlock(0, true, &new));
    g_assert_cmphex(new, ==, 1);
    g_assert_true(kvm390_sie_interlock(5, true, &new));
    g_assert_cmphex(new, ==, 6);
    g_assert_true(kvm390_sie_interlock(5, false, &new));
    g_assert_cmphex(new, ==, 5);
    g_assert_false(kvm390_sie_interlock(1ull << 63, true, &new));
    g_assert_false(kvm390_sie_interlock(1ull << 63 | 1ull << 32, false, &new));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/sie-rules/storage", test_storage);
    g_test_add_func("/kvm390/sie-rules/request", test_request);
    g_test_add_func("/kvm390/sie-rules/program", test_program);
    g_test_add_func("/kvm390/sie-rules/controls", test_controls);
    g_test_add_func("/kvm390/sie-rules/icptstatus", test_icptstatus);
    g_test_add_func("/kvm390/sie-rules/interlock", test_interlock);
    return g_test_run();
}
