/*
 * Where a page is in a TLB: against a TLB that is searched whole
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <stdbool.h>

#include "kvm390/include/tlb-pages.h"

#define MOST 256

typedef struct Model {
    uint32_t size;
    uintptr_t host[MOST];   /* 0: nothing, or no page that is stored into */
    Kvm390TlbPages pages;
} Model;

static void empty(Model *m, uint32_t size)
{
    m->size = size;
    memset(m->host, 0, sizeof(m->host));
    kvm390_tlb_pages_clear(&m->pages, size);
}

/* Every place with the page is in its list, once. */
static void check(const Model *m, uintptr_t host)
{
    unsigned found[MOST] = { 0 };
    uint32_t i, steps = 0;

    for (i = kvm390_tlb_pages_first(&m->pages, host);
         i != KVM390_TLB_NO_PLACE; i = kvm390_tlb_pages_next(&m->pages, i)) {
        g_assert_cmpuint(i, <, m->size);
        g_assert_cmpuint(++steps, <=, m->size);
        found[i]++;
    }
    for (i = 0; i < m->size; i++) {
        g_assert_cmpuint(found[i], <=, 1);
        if (m->host[i] == host) {
            g_assert_cmpuint(found[i], ==, 1);
        }
    }
}

static void test_random(void)
{
    Model m = { };

    empty(&m, 16);
    for (int n = 0; n < 200000; n++) {
        uint32_t place = g_test_rand_int_range(0, m.size);
        uintptr_t host = (uintptr_t)g_test_rand_int_range(1, 600) << 12;

        switch (g_test_rand_int_range(0, 8)) {
        case 0:
            /* an entry that goes alone is not told of */
            m.host[place] = 0;
            break;
        case 1:
            kvm390_tlb_pages_set(&m.pages, place, 0);
            m.host[place] = 0;
            break;
        default:
            kvm390_tlb_pages_set(&m.pages, place, host);
            m.host[place] = host;
        }
        if (n % 5000 == 0) {
            empty(&m, 16 << g_test_rand_int_range(0, 5));
        }
        check(&m, host);
    }
    kvm390_tlb_pages_free(&m.pages);
}

/* A TLB full of neighbours: no list is longer than one. */
static void test_short_lists(void)
{
    Model m = { };
    uint32_t i, p;

    empty(&m, MOST);
    for (i = 0; i < MOST; i++) {
        kvm390_tlb_pages_set(&m.pages, i, 0x7f0000000000 + (i << 12));
    }
    for (i = 0; i < MOST; i++) {
        p = kvm390_tlb_pages_first(&m.pages, 0x7f0000000000 + (i << 12));
        g_assert_cmpuint(p, ==, i);
        g_assert_cmpuint(kvm390_tlb_pages_next(&m.pages, p), ==,
                         KVM390_TLB_NO_PLACE);
    }
    /* emptied: nothing is left to be looked at */
    empty(&m, MOST);
    for (i = 0; i < MOST; i++) {
        g_assert_cmpuint(kvm390_tlb_pages_first(&m.pages, 0x7f0000000000 +
                                                (i << 12)), ==,
                         KVM390_TLB_NO_PLACE);
    }
    kvm390_tlb_pages_free(&m.pages);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/tlb-pages/random", test_random);
    g_test_add_func("/kvm390/tlb-pages/short-lists", test_short_lists);
    return g_test_run();
}
