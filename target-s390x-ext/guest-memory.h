/*
 * Guest memory of the machine that runs, for the rules of core/
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_GUEST_MEMORY_H
#define KVM390_GUEST_MEMORY_H

#include "cpu.h"
#include "kvm390/include/gaccess.h"

/* For one access; lives within one RCU read-side section. */
typedef struct Kvm390GuestMemory {
    Kvm390Mem mem;
    ram_addr_t window_ram;      /* of mem.window.base */
    uint8_t dirty_log_mask;
    Kvm390OwnSpace own;         /* whose addresses it is asked for */
    unsigned map;               /* value of map_number */
} Kvm390GuestMemory;

/**
 * kvm390_guest_memory_begin: look at the memory of the machine
 * @gm: to be used until kvm390_guest_memory_end()
 * @own: the vCPU's space that the addresses are of; NULL: they are the
 *       machine's
 *
 * In an RCU read-side section that lasts until then. Any thread.
 */
void kvm390_guest_memory_begin(Kvm390GuestMemory *gm,
                               const Kvm390OwnSpace *own);

/** kvm390_guest_memory_end: keep what was found for this thread's next look */
void kvm390_guest_memory_end(const Kvm390GuestMemory *gm);

#endif
