/*
 * Which memory of a client a guest has
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/stretches.h"

#include <glib.h>

static gint compare_last(gconstpointer a, gconstpointer b, gpointer unused)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void kvm390_stretches_add(Kvm390Stretches *all, const Kvm390Stretch *stretch)
{
    Kvm390Stretch *s = g_new(Kvm390Stretch, 1);

    *s = *stretch;
    if (!all->by_last) {
        all->by_last = g_tree_new_full(compare_last, NULL, NULL, g_free);
    }
    g_tree_insert(all->by_last, &s->last, s);
}

const Kvm390Stretch *kvm390_stretches_from(const Kvm390Stretches *all,
                                           uint64_t gpa)
{
    GTreeNode *node = all->by_last ? g_tree_lower_bound(all->by_last, &gpa) :
                                     NULL;

    return node ? g_tree_node_value(node) : NULL;
}

const Kvm390Stretch *kvm390_stretches_find(const Kvm390Stretches *all,
                                           uint64_t gpa)
{
    const Kvm390Stretch *s = kvm390_stretches_from(all, gpa);

    return s && s->gpa <= gpa ? s : NULL;
}

bool kvm390_stretches_last(const Kvm390Stretches *all, uint64_t *last)
{
    GTreeNode *node = all->by_last ? g_tree_node_last(all->by_last) : NULL;

    if (node) {
        *last = ((const Kvm390Stretch *)g_tree_node_value(node))->last;
    }
    return node;
}

/* The part of @s from @gpa to @last. */
static Kvm390Stretch part_of(const Kvm390Stretch *s, uint64_t gpa,
                             uint64_t last)
{
    Kvm390Stretch part = *s;

    part.hva += gpa - s->gpa;
    part.offset += gpa - s->gpa;
    part.gpa = gpa;
    part.last = last;
    return part;
}

int kvm390_stretches_take(Kvm390Stretches *all, uint64_t gpa, uint64_t last,
                          Kvm390Stretch *taken)
{
    const Kvm390Stretch *found = kvm390_stretches_from(all, gpa);
    Kvm390Stretch whole, rest;
    int stay = 0;

    if (!found || found->gpa > last) {
        return -1;
    }
    whole = *found;
    g_tree_remove(all->by_last, &whole.last);
    *taken = part_of(&whole, MAX(gpa, whole.gpa), MIN(last, whole.last));
    if (whole.gpa < taken->gpa) {
        rest = part_of(&whole, whole.gpa, taken->gpa - 1);
        kvm390_stretches_add(all, &rest);
        stay++;
    }
    if (taken->last < whole.last) {
        rest = part_of(&whole, taken->last + 1, whole.last);
        kvm390_stretches_add(all, &rest);
        stay++;
    }
    return stay;
}

uint64_t kvm390_stretch_mask(const Kvm390Stretch *stretch, uint64_t gpa,
                             uint64_t max)
{
    uint64_t mask = 0, next;

    while (mask < max - 1) {
        next = mask * 2 + 1;
        if ((gpa & ~next) < stretch->gpa || (gpa | next) > stretch->last) {
            break;
        }
        mask = next;
    }
    return mask;
}

void kvm390_stretches_clear(Kvm390Stretches *all)
{
    if (all->by_last) {
        g_tree_destroy(all->by_last);
    }
    all->by_last = NULL;
}
