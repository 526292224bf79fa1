/*
 * Which memory of a client a guest has
 *
 * A set of stretches, ordered by the guest's address. What is done with one
 * costs the logarithm of how many there are. Who calls sees to it that one
 * thread is in here at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_STRETCHES_H
#define KVM390_STRETCHES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Kvm390Stretches {
    struct _GTree *by_last; /* by the last byte's address; NULL: none */
} Kvm390Stretches;

/**
 * kvm390_stretches_add: the guest has a stretch of the client's memory
 * @gpa, @size: the guest's address and the length in bytes, not 0
 * @hva: the client's address
 *
 * It overlaps with no other one by guest address.
 */
void kvm390_stretches_add(Kvm390Stretches *all, uint64_t gpa, uint64_t size,
                          uint64_t hva);

/** kvm390_stretches_remove: one that was added with these, or abort */
void kvm390_stretches_remove(Kvm390Stretches *all, uint64_t gpa, uint64_t size);

/**
 * kvm390_stretches_find: the client's address of a guest address
 * @hva: set where there is one
 *
 * Returns whether there is one.
 */
bool kvm390_stretches_find(const Kvm390Stretches *all, uint64_t gpa,
                           uint64_t *hva);

/** kvm390_stretches_clear: take all out */
void kvm390_stretches_clear(Kvm390Stretches *all);

#endif
