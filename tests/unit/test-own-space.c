/*
 * Where a vCPU's own addresses are in the machine's memory map
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/own-space.h"

#define GIB (1ull << 30)

static void test_machine(void)
{
    const Kvm390OwnSpace none = { };

    g_assert_cmphex(kvm390_own_to_machine(&none, 0), ==, 0);
    g_assert_cmphex(kvm390_own_to_machine(&none, 512 * GIB), ==, 512 * GIB);
    g_assert_cmphex(kvm390_own_to_machine(&none, UINT64_MAX), ==, UINT64_MAX);
}

static void test_apart(void)
{
    unsigned id;

    for (id = 0; id < 256; id++) {
        const Kvm390OwnSpace own = kvm390_own_space(id);

        g_assert_cmphex(kvm390_own_to_machine(&own, 0), ==, id * 512 * GIB);
        g_assert_cmphex(kvm390_own_to_machine(&own, 512 * GIB - 1), ==,
                        id * 512 * GIB + 512 * GIB - 1);
    }
    /* All of them lie where memory can be. */
    g_assert_cmphex(256 * 512 * GIB, <=, 1ull << 47);
}

/* No address leads into another vCPU's space. */
static void test_behind(void)
{
    const Kvm390OwnSpace own = kvm390_own_space(0);
    static const uint64_t behind[] = {
        512 * GIB, 512 * GIB + 0x123, 1024 * GIB, 1ull << 63, UINT64_MAX,
    };
    unsigned i;

    for (i = 0; i < G_N_ELEMENTS(behind); i++) {
        uint64_t at = kvm390_own_to_machine(&own, behind[i]);

        g_assert_cmphex(at, >=, KVM390_NOWHERE);
        g_assert_cmphex(at, <, KVM390_NOWHERE + 4096);
        g_assert_cmphex(at % 4096, ==, behind[i] % 4096);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/own-space/machine", test_machine);
    g_test_add_func("/own-space/apart", test_apart);
    g_test_add_func("/own-space/behind", test_behind);
    return g_test_run();
}
