/*
 * Banks: TLBs of address spaces that the CPU has left and may come back to
 *
 * QEMU empties all TLBs whenever LCTL loads anything. A kernel loads control
 * register 1 at each entry and exit, so its processes would find an empty TLB
 * after each interruption and system call. Hardware keeps the entries of many
 * address spaces, told apart by the address-space-control element (ASCE), and
 * leaves it to the program to purge those that no longer hold. So do we:
 *
 * - The MMU indexes above those of the families are banks; no access uses one
 *   directly. When LCTL changes the primary ASCE, the TLB of the primary space
 *   changes places with a bank: the one that was left for this ASCE, if there
 *   is one, or else the one that waited longest, which is emptied then.
 * - A bank is an index as any other to QEMU, so what invalidates entries of a
 *   page, of an index or of all of them (IPTE, IDTE, PTLB, keys that change,
 *   dirty logging, the memory map) reaches those in banks too. Thus an entry
 *   in a bank is as good as one that had stayed.
 * - An entry depends on its ASCE, on tables that the program must purge after
 *   it changes them, on storage keys (see keystore.h) and on control register
 *   0, at whose change all TLBs are emptied. Whatever else changes an ASCE
 *   (reset, gdb, the KVM API, migration) empties all TLBs, so the TLB of the
 *   primary space never holds entries of another ASCE than register 1's.
 *
 * Only the space without access key has banks. The state belongs to the CPU's
 * own thread; other threads reach into TLBs under QEMU's lock, and so the
 * change of places holds it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_TLBBANKS_H
#define KVM390_TLBBANKS_H

#include <stdbool.h>
#include <stdint.h>

/* With the space in use, a kernel and four processes. */
#define KVM390_TLB_BANKS        4

/* What the banks hold. All zero: nothing yet. Part of CPUS390XState. */
typedef struct Kvm390TlbBanks {
    uint64_t asce[KVM390_TLB_BANKS];
    uint64_t left[KVM390_TLB_BANKS];    /* when, by clock; 0: never used */
    uint64_t clock;
} Kvm390TlbBanks;

/**
 * kvm390_bank_take: leave one address space for another
 * @banks: the CPU's banks, of which one is given to @old
 * @old: the ASCE left
 * @new: the ASCE loaded, another than @old
 * @kept: set to whether the bank holds entries of @new
 *
 * Returns the number of the bank to change places with. Plain function over
 * plain values.
 */
unsigned kvm390_bank_take(Kvm390TlbBanks *banks, uint64_t old, uint64_t new,
                          bool *kept);

#endif /* KVM390_TLBBANKS_H */
