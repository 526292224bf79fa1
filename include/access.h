/*
 * Who may access what: storage keys, overrides, low-address protection, TEID
 *
 * Plain predicates over plain values, so that the guest's loads and stores,
 * its key instructions, memory operations and the monitor decide alike.
 * Nothing here reads or writes guest state; every function may be called in
 * any context and from any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_ACCESS_H
#define KVM390_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

/* A storage key: access-control bits, fetch protection, reference, change. */
#define KVM390_KEY_ACC          0xf0u
#define KVM390_KEY_ACC_SHIFT    4
#define KVM390_KEY_F            0x08u
#define KVM390_KEY_R            0x04u
#define KVM390_KEY_C            0x02u
/* The bits that exist; the low bit of a key byte is always zero. */
#define KVM390_KEY_BITS         0xfeu

/* Control register 0, numbered as in the Principles of Operation. */
#define KVM390_CR0_LOW_ADDRESS_PROT     0x0000000010000000ull   /* bit 35 */
#define KVM390_CR0_FETCH_OVERRIDE       0x0000000002000000ull   /* bit 38 */
#define KVM390_CR0_STORAGE_OVERRIDE     0x0000000001000000ull   /* bit 39 */

/* The ACC value that the storage-protection override opens to every key. */
#define KVM390_STORAGE_OVERRIDE_ACC     9

/* Fetch-protection override reaches effective addresses below this one. */
#define KVM390_FETCH_OVERRIDE_LIMIT     2048

enum Kvm390Access {
    KVM390_FETCH,
    KVM390_STORE,
    KVM390_IFETCH,
};

/*
 * What protected a location, for the TEID: key-controlled, low-address, DAT
 * (page-table protection bit), instruction-execution, access-list-controlled.
 */
enum Kvm390Protection {
    KVM390_PROT_NONE,
    KVM390_PROT_KEY,
    KVM390_PROT_LOW_ADDRESS,
    KVM390_PROT_DAT,
    KVM390_PROT_IEP,
    KVM390_PROT_ACCESS_LIST,
};

/**
 * kvm390_key_permits: the bare rule of key-controlled protection
 * @access_key: 0 to 15
 * @skey: the page's storage key (ACC and F are looked at)
 * @access: what is to be done
 *
 * The rule for absolute memory operations, where no override applies.
 * Returns true if the access is permitted. (PoP, Key-Controlled Protection.)
 */
bool kvm390_key_permits(unsigned access_key, uint8_t skey,
                        enum Kvm390Access access);

/**
 * kvm390_fetch_override_applies: fetch-protection override for one fragment
 * @cr0: control register 0
 * @private_space: DAT is on and the address space is private
 * @ea: effective address of the fragment
 * @len: its length in bytes, at least 1; it does not leave its page
 *
 * The whole fragment has to lie at addresses 0 to 2047.
 * (PoP, Fetch-Protection-Override Control.)
 */
bool kvm390_fetch_override_applies(uint64_t cr0, bool private_space,
                                   uint64_t ea, uint64_t len);

/**
 * kvm390_storage_override_applies: storage-protection override for one page
 * @cr0: control register 0
 * @skey: the page's storage key
 *
 * (PoP, Storage-Protection-Override Control.)
 */
bool kvm390_storage_override_applies(uint64_t cr0, uint8_t skey);

/**
 * kvm390_cpu_access_permits: the key rule as a CPU applies it, overrides too
 * @access_key: 0 to 15
 * @skey: the page's storage key, or ACC and F of a table entry with AV
 * @access: what is to be done
 * @cr0: control register 0
 * @private_space: DAT is on and the address space is private
 * @ea: effective address of the fragment
 * @len: its length in bytes, at least 1; it does not leave its page
 *
 * Returns true if the access is permitted.
 */
bool kvm390_cpu_access_permits(unsigned access_key, uint8_t skey,
                               enum Kvm390Access access, uint64_t cr0,
                               bool private_space, uint64_t ea, uint64_t len);

/**
 * kvm390_is_low_address: whether low-address protection covers an address
 * @ea: an effective (or real) address
 *
 * The protected addresses are 0-511 and 4096-4607.
 */
bool kvm390_is_low_address(uint64_t ea);

/**
 * kvm390_low_address_protected: low-address protection of one fragment
 * @cr0: control register 0
 * @private_space: DAT is on and the address space is private
 * @ea: effective address of the fragment (the protected addresses are at the
 *      start of a page, so a fragment touches them if it begins in them)
 *
 * Applies to stores only. (PoP, Low-Address Protection.)
 */
bool kvm390_low_address_protected(uint64_t cr0, bool private_space,
                                  uint64_t ea);

/**
 * kvm390_teid: compose a translation-exception identification
 * @ea: the effective address that failed; its page is reported
 * @access: what was attempted
 * @as: PSW bits 16-17: 0 primary, 1 access register, 2 secondary, 3 home
 * @prot: what protected the location; KVM390_PROT_NONE for a translation
 *        exception, and where an access was ended by termination (bits 56, 60
 *        and 61 are zero then)
 *
 * (PoP, Translation-Exception Identification, with enhanced
 * suppression-on-protection.)
 */
uint64_t kvm390_teid(uint64_t ea, enum Kvm390Access access, unsigned as,
                     enum Kvm390Protection prot);

#endif /* KVM390_ACCESS_H */
