/*
 * What comes with each program interruption
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/pgm.h"

#define TEID        KVM390_PGM_HAS_TEID
#define ACCESS_ID   KVM390_PGM_HAS_ACCESS_ID
#define OP_ID       KVM390_PGM_HAS_OP_ID
#define NULLIFIES   KVM390_PGM_NULLIFIES

/* By Linux's deliver_prog(), which stores them for an injected interruption. */
static void test_properties(void)
{
    static const struct {
        uint16_t first, last;
        unsigned properties;
    } rows[] = {
        { 0x01, 0x03, 0 },
        { 0x04, 0x04, TEID | ACCESS_ID },
        { 0x05, 0x06, 0 },
        { 0x07, 0x07, KVM390_PGM_HAS_DXC },
        { 0x08, 0x0f, 0 },
        { 0x10, 0x11, TEID | ACCESS_ID | OP_ID | NULLIFIES },
        { 0x12, 0x15, 0 },
        { 0x16, 0x16, NULLIFIES },
        { 0x1b, 0x1b, KVM390_PGM_HAS_DXC },
        { 0x1c, 0x1c, TEID },
        { 0x1d, 0x1f, 0 },
        { 0x20, 0x27, TEID | NULLIFIES },
        { 0x28, 0x28, 0 },
        { 0x29, 0x2d, ACCESS_ID | NULLIFIES },
        { 0x2e, 0x2f, 0 },
        { 0x30, 0x34, NULLIFIES },
        { 0x35, 0x37, 0 },
        { 0x38, 0x3b, TEID | ACCESS_ID | OP_ID | NULLIFIES },
        { 0x40, 0x40, KVM390_PGM_HAS_MONITOR },
        { 0x80, 0x80, 0 },
        { 0x119, 0x119, NULLIFIES },
        { 0xffff, 0xffff, 0 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned c = rows[i].first; c <= rows[i].last; c++) {
            g_test_message("code 0x%x", c);
            g_assert_cmphex(kvm390_pgm_properties(c), ==, rows[i].properties);
        }
    }
}

static void test_names(void)
{
    g_assert_cmpstr(kvm390_pgm_name(KVM390_PGM_PROTECTION), ==, "protection");
    g_assert_cmpstr(kvm390_pgm_name(KVM390_PGM_REGION_THIRD_TRANS), ==,
                    "region-third-translation");
    g_assert_cmpstr(kvm390_pgm_name(0x14), ==, "unknown");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/pgm/properties", test_properties);
    g_test_add_func("/kvm390/pgm/names", test_names);
    return g_test_run();
}
