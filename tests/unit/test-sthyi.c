/*
 * STORE HYPERVISOR INFORMATION
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>
#include "kvm390/include/pgm.h"
#include "kvm390/include/sthyi.h"

/* In the order in which Linux looks: registers, function, address. */
static void test_operands(void)
{
    g_assert_cmpint(kvm390_sthyi_check(2, 4, 0, 0x5000), ==, 0);
    g_assert_cmpint(kvm390_sthyi_check(2, 4, 0x10000, 0x5000), ==, 0);
    g_assert_cmpint(kvm390_sthyi_check(2, 2, 0, 0x5000), ==,
                    KVM390_PGM_SPECIFICATION);
    g_assert_cmpint(kvm390_sthyi_check(3, 4, 1, 0x5000), ==,
                    KVM390_PGM_SPECIFICATION);
    g_assert_cmpint(kvm390_sthyi_check(2, 5, 0, 0x5000), ==,
                    KVM390_PGM_SPECIFICATION);
    g_assert_cmpint(kvm390_sthyi_check(2, 4, 1, 0x5001), ==, -1);
    g_assert_cmpint(kvm390_sthyi_check(2, 4, 0, 0x5800), ==,
                    KVM390_PGM_SPECIFICATION);
}

static unsigned halfword(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static void test_sections(void)
{
    static const Kvm390SthyiMachine machine = {
        "type", "the manufacturer", "sequence of unit", "made"
    };
    uint8_t page[KVM390_STHYI_SIZE];
    const uint8_t *section;

    memset(page, 0xff, sizeof(page));
    kvm390_sthyi_fill(page, &machine);
    g_assert_cmpint(halfword(page + 8), ==, 168);   /* all of it */
    g_assert_cmpint(halfword(page + 10), ==, 48);   /* the header */
    g_assert_cmpint(halfword(page + 12), ==, 48);
    g_assert_cmpint(halfword(page + 14), ==, 64);   /* the machine */
    g_assert_cmpint(halfword(page + 16), ==, 112);
    g_assert_cmpint(halfword(page + 18), ==, 56);   /* the partition */
    section = page + 48;
    g_assert_cmpint(section[2], ==, 0x40);
    g_assert_cmpmem(section + 20, 4, "type", 4);
    g_assert_cmpmem(section + 24, 16, "the manufacturer", 16);
    g_assert_cmpmem(section + 40, 16, "sequence of unit", 16);
    g_assert_cmpmem(section + 56, 4, "made", 4);
    for (unsigned i = 112; i < sizeof(page); i++) {
        g_assert_cmpint(page[i], ==, 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sthyi/operands", test_operands);
    g_test_add_func("/sthyi/sections", test_sections);
    return g_test_run();
}
