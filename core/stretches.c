/*
 * Which memory of a client a guest has
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/stretches.h"

#include <glib.h>

typedef struct Stretch {
    uint64_t last, gpa, hva;
} Stretch;

static gint compare_last(gconstpointer a, gconstpointer b, gpointer unused)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void kvm390_stretches_add(Kvm390Stretches *all, uint64_t gpa, uint64_t size,
                          uint64_t hva)
{
    Stretch *s = g_new(Stretch, 1);

    *s = (Stretch) { gpa + (size - 1), gpa, hva };
    if (!all->by_last) {
        all->by_last = g_tree_new_full(compare_last, NULL, NULL, g_free);
    }
    g_tree_insert(all->by_last, &s->last, s);
}

void kvm390_stretches_remove(Kvm390Stretches *all, uint64_t gpa, uint64_t size)
{
    uint64_t last = gpa + (size - 1);
    bool was = all->by_last && g_tree_remove(all->by_last, &last);

    g_assert(was);
}

bool kvm390_stretches_find(const Kvm390Stretches *all, uint64_t gpa,
                           uint64_t *hva)
{
    GTreeNode *node = all->by_last ? g_tree_lower_bound(all->by_last, &gpa) :
                                     NULL;
    const Stretch *s = node ? g_tree_node_value(node) : NULL;

    if (!s || s->gpa > gpa) {
        return false;
    }
    *hva = s->hva + (gpa - s->gpa);
    return true;
}

void kvm390_stretches_clear(Kvm390Stretches *all)
{
    if (all->by_last) {
        g_tree_destroy(all->by_last);
    }
    all->by_last = NULL;
}
