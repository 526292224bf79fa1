/*
 * Which memory of a client a guest has
 *
 * A set of stretches that do not overlap, ordered by the guest's address. What
 * is done with one costs the logarithm of how many there are. Who calls sees to
 * it that one thread is in here at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_STRETCHES_H
#define KVM390_STRETCHES_H

#include <stdbool.h>
#include <stdint.h>

/* Addresses and offsets are in bytes. */
typedef struct Kvm390Stretch {
    uint64_t last;      /* the guest's address of the last byte */
    uint64_t gpa;       /* and of the first */
    uint64_t hva;       /* the client's address */
    void *file;         /* what the caller likes, with */
    uint64_t offset;    /* where in it the stretch lies */
} Kvm390Stretch;

typedef struct Kvm390Stretches {
    struct _GTree *by_last; /* NULL: none yet */
} Kvm390Stretches;

/** kvm390_stretches_add: one more, which overlaps with no other one */
void kvm390_stretches_add(Kvm390Stretches *all, const Kvm390Stretch *stretch);

/**
 * kvm390_stretches_take: take out what the guest has in a range
 * @gpa, @last: the range, the first byte and the last one
 * @taken: the first piece of it, cut to the range
 *
 * What lies around it stays. Returns how many pieces of that stretch stay, 0 to
 * 2, or -1 where there is nothing in the range. Called until then to take all.
 */
int kvm390_stretches_take(Kvm390Stretches *all, uint64_t gpa, uint64_t last,
                          Kvm390Stretch *taken);

/**
 * kvm390_stretches_from: the first stretch that ends at @gpa or behind it
 *
 * Returns NULL where there is none. Good until the next change.
 */
const Kvm390Stretch *kvm390_stretches_from(const Kvm390Stretches *all,
                                           uint64_t gpa);

/** kvm390_stretches_find: the stretch that has an address, or NULL */
const Kvm390Stretch *kvm390_stretches_find(const Kvm390Stretches *all,
                                           uint64_t gpa);

/** kvm390_stretches_last: the highest address of all; false: there is none */
bool kvm390_stretches_last(const Kvm390Stretches *all, uint64_t *last);

/**
 * kvm390_stretch_mask: the largest block of a power of two around an address
 * @gpa: an address of the stretch
 * @max: the largest block that will do, a power of two
 *
 * Blocks lie at multiples of their size. Returns the size less 1.
 */
uint64_t kvm390_stretch_mask(const Kvm390Stretch *stretch, uint64_t gpa,
                             uint64_t max);

/** kvm390_stretches_clear: take all out */
void kvm390_stretches_clear(Kvm390Stretches *all);

#endif
