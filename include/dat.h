/*
 * Dynamic address translation and access-register translation as pure walks
 * over tables that a callback fetches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_DAT_H
#define KVM390_DAT_H

#include <stdbool.h>
#include <stdint.h>

/* Address-space-control element, the bits that the walks look at. */
#define KVM390_ASCE_ORIGIN      0xfffffffffffff000ULL
#define KVM390_ASCE_PRIVATE     0x0000000000000100ULL
#define KVM390_ASCE_REAL_SPACE  0x0000000000000020ULL
#define KVM390_ASCE_TYPE        0x000000000000000cULL
#define KVM390_ASCE_LENGTH      0x0000000000000003ULL

/**
 * Kvm390Fetch8:
 * @opaque: the caller's
 * @addr: address of a doubleword, a multiple of 8
 * @value: where to put the doubleword as a number
 *
 * Fetch one doubleword block-concurrently (never a mixture of two stores).
 * Where the tables are in storage that is translated itself (the second stage
 * of SIE), this is where that happens.
 *
 * Returns: 0, or what the walk is to end with and return:
 * KVM390_PGM_ADDRESSING where there is no memory at @addr, or a number of the
 * caller's.
 */
typedef int (*Kvm390Fetch8)(void *opaque, uint64_t addr, uint64_t *value);

/* Which enhancements the walk honours: facility installed and CR0 bit on. */
typedef struct Kvm390DatFeatures {
    bool edat1;
    bool edat2;
    bool iep;               /* bit 55 is instruction-execution protection... */
    bool change_override;   /* ...or EDAT-1's change-recording override */
} Kvm390DatFeatures;

/* Kvm390DatFrame.entry: the index was outside of its table, or there is none */
#define KVM390_DAT_NO_ENTRY     (~0ULL)

/*
 * What a walk found. @entry is good whatever the walk returned, the rest only
 * if it completed.
 */
typedef struct Kvm390DatFrame {
    uint64_t addr;          /* the address translated to */
    uint64_t entry;         /* address of the last table entry looked at */
    bool absolute;          /* @addr is absolute (large frame), else real */
    bool protect;           /* DAT protection in some table or frame entry */
    bool exec_protect;      /* instruction-execution protection of the frame */
    bool change_override;   /* a store need not set the change bit */
    bool key_valid;         /* large frame: ACC and F count for a CPU */
    uint8_t key;            /* them, as in a storage key */
} Kvm390DatFrame;

/**
 * kvm390_dat_walk:
 * @va: effective virtual address
 * @asce: address-space-control element that applies
 * @features: enhancements that are in effect
 * @fetch: fetches table entries; their addresses are taken as absolute, which
 *         the architecture permits ("unpredictably real or absolute")
 * @opaque: for @fetch
 * @frame: the result
 *
 * Translate one address. Protection is reported, not judged: judging needs
 * the kind of access (PoP, Dynamic Address Translation, Translation Process).
 * A 4-KiB page's address is a real one, that of a larger frame an absolute one
 * (PoP, "segment-frame absolute address").
 *
 * Returns: 0, the program interruption code, or what @fetch returned.
 */
int kvm390_dat_walk(uint64_t va, uint64_t asce,
                    const Kvm390DatFeatures *features,
                    Kvm390Fetch8 fetch, void *opaque,
                    Kvm390DatFrame *frame);

/**
 * kvm390_lra_result: what LOAD REAL ADDRESS makes of a walk
 * @code: what kvm390_dat_walk() or access-register translation returned
 * @frame: what kvm390_dat_walk() found
 * @narrow: LRA or LRAY in the 24-bit or 31-bit addressing mode: the result has
 *          31 bits, and bits 0 to 31 of R1 stay
 * @r1: general register R1, in and out
 *
 * Addressing and translation-specification exceptions are not results; they
 * are to be recognized before (PoP, "LOAD REAL ADDRESS").
 *
 * Returns: the condition code, or minus the code of a program interruption.
 */
int kvm390_lra_result(int code, const Kvm390DatFrame *frame, bool narrow,
                      uint64_t *r1);

/* The registers that access-register translation looks at. */
typedef struct Kvm390ArtRegs {
    uint64_t cr1;       /* primary ASCE, for ALET 0 */
    uint64_t cr2;       /* dispatchable-unit-control-table origin */
    uint64_t cr5;       /* primary-ASN-second-table-entry origin */
    uint64_t cr7;       /* secondary ASCE, for ALET 1 */
    uint64_t cr8;       /* extended authorization index in bits 32-47 */
} Kvm390ArtRegs;

/**
 * kvm390_art:
 * @alet: access-list-entry token, the content of the access register (or 0 for
 *        access register 0, which always names the primary space)
 * @regs: control registers
 * @store: the access is a store
 * @fetch: fetches doublewords at real addresses
 * @opaque: for @fetch
 * @asce: the address-space-control element found, written only on success
 *
 * Translate an access register (PoP, Access-Register Translation). A store
 * through a fetch-only access-list entry is a protection exception: that code
 * from here always means access-list-controlled protection.
 *
 * Returns: 0, the program interruption code, or what @fetch returned.
 */
int kvm390_art(uint32_t alet, const Kvm390ArtRegs *regs, bool store,
               Kvm390Fetch8 fetch, void *opaque, uint64_t *asce);

/**
 * kvm390_real_to_absolute:
 * @real: real address
 * @prefix: content of the prefix register, a multiple of 8192
 *
 * Returns: the absolute address (PoP, Prefixing).
 */
static inline uint64_t kvm390_real_to_absolute(uint64_t real, uint64_t prefix)
{
    uint64_t area = real & ~0x1fffULL;

    return area == 0 ? real + prefix : area == prefix ? real - prefix : real;
}

#endif
