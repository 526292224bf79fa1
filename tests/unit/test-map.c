/*
 * The map of guest memory: how a range is cut, what a cell shows, and that
 * what is looked at is bounded and spread evenly.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>
#include "kvm390/include/cmma.h"
#include "kvm390/include/map.h"

#define TIB_PAGES (1ull << 28)

static Kvm390MapPlan plan_of(uint64_t first, uint64_t pages, int shift)
{
    Kvm390MapPlan plan;

    g_assert_cmpint(kvm390_map_plan(&plan, first, pages, shift), ==, 0);
    return plan;
}

static void test_plan(void)
{
    const uint64_t end = 1ull << 52;
    Kvm390MapPlan plan = plan_of(0, 8192, -1);

    g_assert_cmpuint(plan.shift, ==, 0);
    g_assert_cmpuint(plan.cells, ==, KVM390_MAP_CELLS);
    g_assert_cmpuint(plan.looks, ==, 1);

    /* One page more takes cells of two. */
    plan = plan_of(0, 8193, -1);
    g_assert_cmpuint(plan.shift, ==, 1);
    g_assert_cmpuint(plan.cells, ==, 4097);

    /* Extended to whole cells on both sides. */
    plan = plan_of(7, 10, 3);
    g_assert_cmpuint(plan.first, ==, 0);
    g_assert_cmpuint(plan.cells, ==, 3);

    plan = plan_of(0, TIB_PAGES, -1);
    g_assert_cmpuint(plan.shift, ==, 15);
    g_assert_cmpuint(plan.cells, ==, KVM390_MAP_CELLS);

    g_assert_cmpint(kvm390_map_plan(&plan, 0, 0, -1), ==, -EINVAL);
    g_assert_cmpint(kvm390_map_plan(&plan, end, 1, -1), ==, -EINVAL);
    g_assert_cmpint(kvm390_map_plan(&plan, 1, end, -1), ==, -EINVAL);
    g_assert_cmpint(kvm390_map_plan(&plan, 0, 1, 41), ==, -EINVAL);
    g_assert_cmpint(kvm390_map_plan(&plan, 0, 8193, 0), ==, -E2BIG);
    g_assert_cmpint(kvm390_map_plan(&plan, 0, end, -1), ==, 0);
    g_assert_cmpuint(plan.shift, ==, 39);
}

/* The pages of all stretches: inside their cell, ascending, as many as said. */
static void check_looks(uint64_t pages, int shift)
{
    Kvm390MapPlan plan = plan_of(0, pages, shift);
    uint64_t sum = 0;

    for (uint32_t cell = 0; cell < plan.cells; cell++) {
        uint64_t at = (uint64_t)cell << plan.shift, looked = 0;
        uint64_t end = at + (1ull << plan.shift);
        Kvm390GfnRange range;

        for (uint32_t n = 0; kvm390_map_stretch(&plan, cell, n, &range); n++) {
            g_assert_cmpuint(range.first, >=, at);
            g_assert_cmpuint(range.end, >, range.first);
            at = range.end;
            looked += range.end - range.first;
        }
        g_assert_cmpuint(at, <=, end);
        g_assert_cmpuint(looked, ==, plan.looks);
        sum += looked;
    }
    g_assert_cmpuint(sum, <=, KVM390_MAP_LOOKS);
    if (pages <= KVM390_MAP_LOOKS / 2) {
        g_assert_cmpuint(plan.looks, ==, 1ull << plan.shift);
    }
}

static void test_looks(void)
{
    check_looks(8192, -1);
    check_looks(1 << 19, -1);
    check_looks(1 << 20, -1);
    check_looks(1 << 20, 20);
    check_looks(TIB_PAGES, -1);
    check_looks(TIB_PAGES, 28);
    check_looks(1ull << 40, -1);
}

static void test_spread(void)
{
    Kvm390MapPlan plan = plan_of(0, TIB_PAGES, 28);
    uint64_t stretches = plan.looks / KVM390_MAP_STRETCH;
    Kvm390GfnRange range;

    g_assert_cmpuint(plan.looks, ==, KVM390_MAP_LOOKS);
    for (uint32_t n = 0; n < stretches; n++) {
        g_assert_true(kvm390_map_stretch(&plan, 0, n, &range));
        g_assert_cmpuint(range.first, ==, n * (TIB_PAGES / stretches));
    }
}

static void test_cell(void)
{
    Kvm390MapCount count = { 0 };
    Kvm390MapCell cell;

    kvm390_map_hole(&count, 2);
    cell = kvm390_map_cell(&count);
    g_assert_false(cell.memory);
    g_assert_cmpuint(cell.mixed, ==, 0);

    /* Most pages decide the key and the state; R and C are of any page. */
    kvm390_map_page(&count, 0x32, KVM390_CMMA_UNUSED, true);
    kvm390_map_page(&count, 0x3c, KVM390_CMMA_UNUSED |
                    KVM390_PAGE_DISCARDED, false);
    kvm390_map_page(&count, 0x38, KVM390_CMMA_UNUSED |
                    KVM390_PAGE_DISCARDED, false);
    cell = kvm390_map_cell(&count);
    g_assert_true(cell.memory);
    g_assert_cmphex(cell.key, ==, 0x3e);
    g_assert_cmphex(cell.state, ==, KVM390_CMMA_UNUSED |
                    KVM390_PAGE_DISCARDED);
    g_assert_cmpuint(cell.resident, ==, 3);
    g_assert_cmphex(cell.mixed, ==, KVM390_MAP_MIXED_KEY |
                    KVM390_MAP_MIXED_STATE | KVM390_MAP_MIXED_MEMORY);
}

static void test_states(void)
{
    static const uint8_t internal = KVM390_PAGE_CLAIMED | KVM390_PAGE_AGED;

    for (unsigned state = 0; state < 256; state++) {
        Kvm390MapCount count = { 0 };

        kvm390_map_page(&count, 0, state | internal, true);
        g_assert_cmphex(kvm390_map_cell(&count).state, ==, state &
                        (KVM390_CMMA_VALUE | KVM390_PAGE_DISCARDED));
    }
}

static void test_resident(void)
{
    for (unsigned there = 0; there <= 100; there++) {
        Kvm390MapCount count = { 0 };
        Kvm390MapCell cell;

        for (unsigned i = 0; i < 100; i++) {
            kvm390_map_page(&count, 0, 0, i < there);
        }
        cell = kvm390_map_cell(&count);
        g_assert_cmpint(cell.resident == 0, ==, there == 0);
        g_assert_cmpint(cell.resident == KVM390_MAP_RESIDENT, ==,
                        there == 100);
        g_assert_cmpint(cell.mixed, ==, 0);
    }
}

static void test_same(void)
{
    const Kvm390MapCell cell = { true, 0x60, 1, 8, 0 };
    Kvm390MapCell other = cell;

    g_assert_true(kvm390_map_same(&cell, &other));
    other.memory = false;
    g_assert_false(kvm390_map_same(&cell, &other));
    for (unsigned i = 0; i < 4; i++) {
        uint8_t *field[] = { &other.key, &other.state, &other.resident,
                             &other.mixed };

        other = cell;
        *field[i] += 1;
        g_assert_false(kvm390_map_same(&cell, &other));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/map/plan", test_plan);
    g_test_add_func("/kvm390/map/looks", test_looks);
    g_test_add_func("/kvm390/map/spread", test_spread);
    g_test_add_func("/kvm390/map/cell", test_cell);
    g_test_add_func("/kvm390/map/states", test_states);
    g_test_add_func("/kvm390/map/resident", test_resident);
    g_test_add_func("/kvm390/map/same", test_same);
    return g_test_run();
}
