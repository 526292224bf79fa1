/*
 * The address space of its own that a vCPU of a user-controlled VM has
 *
 * The machine has one memory map. Where each vCPU sees other memory its
 * absolute addresses are a stretch of that map: from an origin on, as long as
 * all others'. Storage keys, what the client protects and the memory itself go
 * by the machine's address; the guest and its client never see that one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_OWN_SPACE_H
#define KVM390_OWN_SPACE_H

#include <stdint.h>

/* Each has 512 GiB. */
#define KVM390_OWN_SPACE_BITS   39

/* There is no memory at this address of the machine's, nor behind it. */
#define KVM390_NOWHERE          (1ull << 62)

/* A size of 0: the vCPU's absolute addresses are the machine's. */
typedef struct Kvm390OwnSpace {
    uint64_t origin, size;      /* bytes */
} Kvm390OwnSpace;

/** kvm390_own_space: the one of a vCPU; @id: its number, below 256 */
static inline Kvm390OwnSpace kvm390_own_space(unsigned id)
{
    return (Kvm390OwnSpace) {
        .origin = (uint64_t)id << KVM390_OWN_SPACE_BITS,
        .size = 1ull << KVM390_OWN_SPACE_BITS,
    };
}

/**
 * kvm390_own_to_machine: where an absolute address is in the machine's map
 *
 * Returns: the address, or one where nothing is, if @absolute lies behind the
 * vCPU's space. Bytes of one page stay side by side.
 */
static inline uint64_t kvm390_own_to_machine(const Kvm390OwnSpace *space,
                                             uint64_t absolute)
{
    return !space->size ? absolute :
           absolute < space->size ? space->origin + absolute :
                                    KVM390_NOWHERE + absolute % 4096;
}

#endif
