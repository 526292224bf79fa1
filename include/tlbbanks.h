/*
 * Banks: TLBs that the CPU has left and may come back to
 *
 * QEMU empties all TLBs whenever LCTL loads anything. A kernel loads control
 * register 1 at each entry and exit, so its processes would find an empty TLB
 * after each interruption and system call. And a CPU has MMU indexes for two
 * access keys besides zero at a time (protection.h), while a program may go
 * round among more. Hardware keeps the entries of many address spaces and
 * keys, told apart, and leaves it to the program to purge those that no longer
 * hold. So do we:
 *
 * - The MMU indexes above those of the families are banks; no access uses one
 *   directly. When LCTL changes the primary ASCE, the TLB of the primary space
 *   without key changes places with a bank: the one that was left for this
 *   ASCE, if there is one, or else the one that waited longest, which is
 *   emptied then. The TLBs of a family that gets another access key do
 *   likewise, each space's that holds anything or has something to come back.
 * - A bank is an index as any other to QEMU, so what invalidates entries of a
 *   page, of an index or of all of them (IPTE, IDTE, PTLB, keys that change,
 *   dirty logging, the memory map) reaches those in banks too. Thus an entry
 *   in a bank is as good as one that had stayed.
 * - A CPU that has executed SIE keeps the other world's TLBs where the banks
 *   were. Its banks are the MMU indexes of the last key family then, for as
 *   long as that family has no key: what a family without a key holds is never
 *   used, it is emptied when it gets one, and the banks are forgotten with it.
 *   Entries of a guest depend on more than a host's (Kvm390SieTag), and where
 *   that has changed, its banks are forgotten as its live TLBs are emptied.
 * - An entry depends on its access key, on its ASCE, on tables that the program
 *   must purge after it changes them, on storage keys (see keystore.h) and on
 *   control register 0, at whose change all TLBs are emptied. Whatever else
 *   changes an ASCE (reset, gdb, the KVM API, migration) empties all TLBs, so
 *   the TLB of a space never holds entries of another ASCE than its control
 *   register's.
 *
 * The state belongs to the CPU's own thread; other threads reach into TLBs
 * under QEMU's lock, and so the change of places holds it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_TLBBANKS_H
#define KVM390_TLBBANKS_H

#include <stdbool.h>
#include <stdint.h>

/* Families with an access key (protection.h), on top of the one without. */
#define KVM390_KEY_FAMILIES     2
#define KVM390_KEYS             16

/* With what is in use: a kernel and four processes, or six access keys. */
#define KVM390_TLB_BANKS        4
/* No bank. */
#define KVM390_NO_BANK          KVM390_TLB_BANKS

/* What a TLB holds entries of. */
typedef struct Kvm390TlbOwner {
    uint64_t asce;              /* 0 for real addresses */
    uint8_t key;                /* the access key */
    uint8_t space;              /* the MMU index within the family */
    bool guest;                 /* the world: SIE's guest (interpret.h) */
} Kvm390TlbOwner;

/* What the banks hold. All zero: nothing yet. Part of CPUS390XState. */
typedef struct Kvm390TlbBanks {
    Kvm390TlbOwner owner[KVM390_TLB_BANKS];
    uint64_t left[KVM390_TLB_BANKS];    /* when, by clock; 0: holds nothing */
    uint64_t clock;
} Kvm390TlbBanks;

/* Which key had which family. All zero: none had. Part of CPUS390XState. */
typedef struct Kvm390FamilyTurns {
    uint8_t had[KVM390_KEYS];               /* its number, from 1; 0: none */
    uint32_t taken[KVM390_KEY_FAMILIES];    /* when last, by clock */
    uint32_t clock;
} Kvm390FamilyTurns;

/**
 * kvm390_family_turn: which family an access key takes that has none
 * @turns: the CPU's
 * @key: the access key, 0 to 15
 * @busy: a family that must stay, counted from 0; or -1
 *
 * The one that the key had before, for then translated code with both is there
 * already; but if no key has taken another one for long, that, so that keys
 * which take a family from one another come to have one each. Returns its
 * number, from 0.
 */
unsigned kvm390_family_turn(Kvm390FamilyTurns *turns, unsigned key, int busy);

/**
 * kvm390_bank_find: where something was left
 * @banks: the CPU's banks
 * @owner: whose entries are looked for
 *
 * Returns the number of the bank, or KVM390_NO_BANK. Plain function over plain
 * values, as the others.
 */
unsigned kvm390_bank_find(const Kvm390TlbBanks *banks,
                          const Kvm390TlbOwner *owner);

/**
 * kvm390_bank_spaces: which spaces a key has left anything of
 * @banks: the CPU's banks
 * @key: the access key
 *
 * Returns a bit for each space, 1 << Kvm390TlbOwner.space.
 */
unsigned kvm390_bank_spaces(const Kvm390TlbBanks *banks, unsigned key);

/**
 * kvm390_bank_take: leave one TLB for another
 * @banks: the CPU's banks, of which one is given to @old
 * @old: whose entries are left
 * @new: whose entries come, another than @old
 * @kept: set to whether the bank holds entries of @new
 *
 * Returns the number of the bank to change places with.
 */
unsigned kvm390_bank_take(Kvm390TlbBanks *banks, const Kvm390TlbOwner *old,
                          const Kvm390TlbOwner *new, bool *kept);

/**
 * kvm390_bank_forget: what came to a bank is empty, and nothing to come back to
 * @banks: the CPU's banks
 * @bank: its number
 */
void kvm390_bank_forget(Kvm390TlbBanks *banks, unsigned bank);

/**
 * kvm390_bank_forget_world: nothing to come back to in one world
 * @banks: the CPU's banks
 * @guest: which world's; see Kvm390TlbOwner
 */
void kvm390_bank_forget_world(Kvm390TlbBanks *banks, bool guest);

#endif /* KVM390_TLBBANKS_H */
