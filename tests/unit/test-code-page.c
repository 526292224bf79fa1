/*
 * When all translated code of a page is dropped
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/code-page.h"

/* How many slow stores there are before the one that drops all. */
static unsigned slow_stores(Kvm390CodePage *page)
{
    unsigned n = 0;

    while (!kvm390_code_page_store(page)) {
        n++;
    }
    return n;
}

static void test_dead_code(void)
{
    Kvm390CodePage page = { 0 };

    g_assert_cmpuint(slow_stores(&page), ==, 0);
}

/* Code that is executed again and again: dropped ever more seldom. */
static void test_mixed_page(void)
{
    Kvm390CodePage page = { 0 };
    unsigned n, last = 0;

    slow_stores(&page);
    for (int i = 0; i < 20; i++) {
        n = slow_stores(&page);
        g_assert_cmpuint(n, ==, MIN(last * 4, KVM390_CODE_PAGE_MOST));
        last = n ? n : 1;
    }
    g_assert_cmpuint(last, ==, KVM390_CODE_PAGE_MOST);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/code-page/dead-code", test_dead_code);
    g_test_add_func("/kvm390/code-page/mixed-page", test_mixed_page);
    return g_test_run();
}
