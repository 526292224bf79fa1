/*
 * The rules of CMMA: the table of orders and states, and who gets which error
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>

#include "kvm390/include/cmma-rules.h"

#define S   KVM390_CMMA_STABLE
#define U   KVM390_CMMA_UNUSED
#define P   KVM390_CMMA_POT_VOLATILE
#define V   KVM390_CMMA_VOLATILE
#define AS_IT_WAS 0xff

enum { RESIDENT, UNCHANGED, CHANGED, ZEROS, SITUATIONS };

/* An order's effect in one situation of the content, whatever the usage. */
static const struct {
    uint8_t usage[SITUATIONS];
    uint8_t release[SITUATIONS];
    char nodat;                 /* '0', '1', or '=' for as it was */
    uint8_t make_resident[SITUATIONS];
} effect[8] = {
    [0] = { { AS_IT_WAS, AS_IT_WAS, AS_IT_WAS, AS_IT_WAS }, { 0 }, '=' },
    [1] = { { S, S, S, S }, { 0 }, '0' },
    [2] = { { U, U, U, U }, { 1, 1, 1, 0 }, '=' },
    [3] = { { V, V, V, V }, { 0, 1, 1, 0 }, '=' },
    [4] = { { P, V, AS_IT_WAS, V }, { 0, 1, 0, 0 }, '=' },
    [5] = { { S, S, S, S }, { 0 }, '=', { 0, 1, 1, 1 } },
    [6] = { { S, AS_IT_WAS, AS_IT_WAS, AS_IT_WAS }, { 0 }, '=' },
    [7] = { { S, S, S, S }, { 0 }, '1' },
};

static void test_orders(void)
{
    static const Kvm390Content content[SITUATIONS] = {
        KVM390_CONTENT_RESIDENT, KVM390_CONTENT_PRESERVED,
        KVM390_CONTENT_PRESERVED, KVM390_CONTENT_ZERO,
    };

    for (unsigned order = 0; order < 8; order++) {
        for (unsigned i = 0; i < SITUATIONS; i++) {
            for (unsigned old = 0; old < 8; old++) {
                uint8_t usage = old & 3;
                uint8_t nodat = old & 4 ? KVM390_CMMA_NODAT : 0;
                Kvm390EssaStep step = kvm390_essa_step(order, usage | nodat,
                                                       content[i],
                                                       i == CHANGED);
                uint8_t want = effect[order].usage[i];

                if (want != AS_IT_WAS) {
                    usage = want;
                }
                if (effect[order].nodat != '=') {
                    nodat = effect[order].nodat == '1' ? KVM390_CMMA_NODAT : 0;
                }
                g_test_message("order %u, situation %u, state %u",
                               order, i, old);
                g_assert_cmphex(step.value, ==, usage | nodat);
                g_assert_cmpint(step.release, ==, effect[order].release[i]);
                g_assert_cmpint(step.make_resident, ==,
                                effect[order].make_resident[i]);
            }
        }
    }
}

static void test_result(void)
{
    g_assert_cmphex(kvm390_essa_result(S, KVM390_CONTENT_RESIDENT), ==, 0);
    g_assert_cmphex(kvm390_essa_result(U, KVM390_CONTENT_ZERO), ==, 0x07);
    g_assert_cmphex(kvm390_essa_result(P, KVM390_CONTENT_PRESERVED), ==, 0x0a);
    g_assert_cmphex(kvm390_essa_result(V | KVM390_CMMA_NODAT,
                                       KVM390_CONTENT_RESIDENT), ==, 0x2c);
    /* Bits of a state that are no part of the value do not show. */
    g_assert_cmphex(kvm390_essa_result(0xbc, KVM390_CONTENT_RESIDENT), ==, 0);
    g_assert_cmpuint(kvm390_essa_last_order(false), ==, 6);
    g_assert_cmpuint(kvm390_essa_last_order(true), ==, 7);
}

static void test_mask(void)
{
    g_assert_cmphex(kvm390_cmma_masked_value(0xff, ~0ull), ==, 0x43);
    g_assert_cmphex(kvm390_cmma_masked_value(0x43, 0x43000000), ==, 0x43);
    g_assert_cmphex(kvm390_cmma_masked_value(0x43, 0x03000000), ==, 0x03);
    g_assert_cmphex(kvm390_cmma_masked_value(0x43, 0x40000000), ==, 0x40);
    g_assert_cmphex(kvm390_cmma_masked_value(0x43, 0x00ffffff), ==, 0);
    g_assert_cmphex(kvm390_cmma_masked_value(0xff, 0xffffffff00000000), ==, 0);
}

static void test_get_errors(void)
{
    /* enabled, migration, used, dirty, flags, count */
    g_assert_cmpint(kvm390_cmma_get_check(0, 1, 1, 1, 0, 1), ==, -ENXIO);
    g_assert_cmpint(kvm390_cmma_get_check(0, 1, 1, 1, 8, 1), ==, -ENXIO);
    g_assert_cmpint(kvm390_cmma_get_check(1, 1, 1, 1, 2, 1), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmma_get_check(1, 1, 1, 1, 3, 1), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmma_get_check(1, 0, 1, 1, 0, 1), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmma_get_check(1, 0, 1, 1, 0, 0), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmma_get_check(1, 0, 1, 0, 1, 1), ==, 1);
    g_assert_cmpint(kvm390_cmma_get_check(1, 1, 1, 0, 0, 1), ==, 0);
    g_assert_cmpint(kvm390_cmma_get_check(1, 1, 0, 1, 0, 1), ==, 0);
    g_assert_cmpint(kvm390_cmma_get_check(1, 1, 0, 1, 1, 1), ==, 0);
    g_assert_cmpint(kvm390_cmma_get_check(1, 1, 1, 1, 1, 0), ==, 0);
    g_assert_cmpint(kvm390_cmma_get_check(1, 1, 1, 1, 0, 1), ==, 1);
}

static void test_set_errors(void)
{
    g_assert_cmpint(kvm390_cmma_set_check(0, 1, 0), ==, -ENXIO);
    g_assert_cmpint(kvm390_cmma_set_check(1, 1, 0), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmma_set_check(1, 0, 1048577), ==, -EINVAL);
    g_assert_cmpint(kvm390_cmma_set_check(1, 0, 1048576), ==, 1);
    g_assert_cmpint(kvm390_cmma_set_check(1, 0, 0), ==, 0);
}

static void test_control_errors(void)
{
    g_assert_cmpint(kvm390_cmma_enable_check(0), ==, 0);
    g_assert_cmpint(kvm390_cmma_enable_check(1), ==, -EBUSY);

    /* on, cmma, slots, unlogged */
    g_assert_cmpint(kvm390_migration_start_check(1, 1, 0, 0), ==, 0);
    g_assert_cmpint(kvm390_migration_start_check(0, 0, 0, 0), ==, -EINVAL);
    g_assert_cmpint(kvm390_migration_start_check(0, 1, 2, 1), ==, -EINVAL);
    g_assert_cmpint(kvm390_migration_start_check(0, 0, 2, 1), ==, 1);
    g_assert_cmpint(kvm390_migration_start_check(0, 1, 2, 0), ==, 1);
}

static int limit(uint64_t wanted, uint64_t present, unsigned vcpus,
                 uint64_t slots_end)
{
    return kvm390_mem_limit_check(&wanted, present, vcpus, slots_end);
}

static void test_limit(void)
{
    uint64_t wanted = 0x123456;

    g_assert_cmpint(kvm390_mem_limit_check(&wanted, KVM390_NO_MEM_LIMIT, 0, 0),
                    ==, 0);
    g_assert_cmphex(wanted, ==, 0x200000);
    g_assert_cmpint(limit(0x200000, 0x100000, 1, 0), ==, -E2BIG);
    g_assert_cmpint(limit(0x100001, 0x100000, 0, 0), ==, -E2BIG);
    g_assert_cmpint(limit(0, 0x100000, 1, 0), ==, -EINVAL);
    g_assert_cmpint(limit(UINT64_MAX, KVM390_NO_MEM_LIMIT, 0, 0), ==, -EINVAL);
    g_assert_cmpint(limit(0x100000, 0x100000, 1, 0), ==, -EBUSY);
    g_assert_cmpint(limit(0x100000, 0x200000, 0, 0x101000), ==, -EBUSY);
    g_assert_cmpint(limit(0x100000, 0x200000, 0, 0x100000), ==, 0);
}

static void check_diag10(uint64_t start, uint64_t last, uint64_t prefix,
                         int n, const Kvm390GfnRange *want)
{
    Kvm390GfnRange got[KVM390_DIAG10_RANGES];

    g_assert_cmpint(kvm390_diag10_ranges(start, last, prefix, got), ==, n);
    for (int i = 0; i < n; i++) {
        g_assert_cmphex(got[i].first, ==, want[i].first);
        g_assert_cmphex(got[i].end, ==, want[i].end);
    }
}

#define RANGES(...) ((const Kvm390GfnRange[]){ __VA_ARGS__ })

static void test_diag10(void)
{
    check_diag10(0x10001, 0x20000, 0, -1, NULL);
    check_diag10(0x10000, 0x20800, 0, -1, NULL);
    check_diag10(0x20000, 0x10000, 0, -1, NULL);
    check_diag10(0x1000, 0x10000, 0, -1, NULL);
    check_diag10(0, 0x10000, 0, -1, NULL);
    check_diag10(0x10000, 0xfffffffffffff000, 0, -1, NULL);

    check_diag10(0x2000, 0x2000, 0, 1, RANGES({ 2, 3 }));
    check_diag10(0x10000, 0x1f000, 0, 1, RANGES({ 0x10, 0x20 }));
    check_diag10(0x10000, 0x1f000, 0x20000, 1, RANGES({ 0x10, 0x20 }));
    check_diag10(0x22000, 0x2f000, 0x20000, 1, RANGES({ 0x22, 0x30 }));

    /* The prefix area stays; pages 0 and 1, which it swaps with, go. */
    check_diag10(0x10000, 0x2f000, 0x20000, 4,
                 RANGES({ 0x10, 0x20 }, { 0, 1 }, { 1, 2 }, { 0x22, 0x30 }));
    check_diag10(0x20000, 0x21000, 0x20000, 2, RANGES({ 0, 1 }, { 1, 2 }));
    check_diag10(0x20000, 0x20000, 0x20000, 1, RANGES({ 0, 1 }));
    check_diag10(0x21000, 0x21000, 0x20000, 1, RANGES({ 1, 2 }));
    check_diag10(0x21000, 0x22000, 0x20000, 2,
                 RANGES({ 1, 2 }, { 0x22, 0x23 }));
    check_diag10(0x1f000, 0x20000, 0x20000, 2,
                 RANGES({ 0x1f, 0x20 }, { 0, 1 }));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/cmma-rules/orders", test_orders);
    g_test_add_func("/kvm390/cmma-rules/result", test_result);
    g_test_add_func("/kvm390/cmma-rules/mask", test_mask);
    g_test_add_func("/kvm390/cmma-rules/get-errors", test_get_errors);
    g_test_add_func("/kvm390/cmma-rules/set-errors", test_set_errors);
    g_test_add_func("/kvm390/cmma-rules/control-errors", test_control_errors);
    g_test_add_func("/kvm390/cmma-rules/limit", test_limit);
    g_test_add_func("/kvm390/cmma-rules/diag10", test_diag10);
    return g_test_run();
}
