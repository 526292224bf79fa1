/*
 * What the storage-key instructions do, as functions of their operands
 *
 * Plain functions over plain values; any context, any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_KEYRULES_H
#define KVM390_KEYRULES_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm390/include/access.h"

#define KVM390_PAGE_SIZE        0x1000ull
#define KVM390_SEGMENT_SIZE     0x100000ull     /* 1 MiB */
#define KVM390_REGION3_SIZE     0x80000000ull   /* 2 GiB */

/* SSKE's M3 field. */
#define KVM390_SSKE_NQ  0x8     /* nonquiescing */
#define KVM390_SSKE_MR  0x4     /* reference-bit update mask */
#define KVM390_SSKE_MC  0x2     /* change-bit update mask */
#define KVM390_SSKE_MB  0x1     /* multiple blocks */

/* The facilities that key instructions look at. */
typedef struct Kvm390KeyFacilities {
    bool edat1;                 /* 8 */
    bool conditional_sske;      /* 10 */
    bool nonquiescing;          /* 14 */
    bool edat2;                 /* 78 */
} Kvm390KeyFacilities;

/**
 * kvm390_sske_m3: the M3 bits that count
 * @m3: SSKE's M3 field, 0 to 15
 * @fac: the CPU's facilities; a bit whose facility is missing is ignored
 */
unsigned kvm390_sske_m3(unsigned m3, const Kvm390KeyFacilities *fac);

/**
 * kvm390_sske_changes: whether SSKE sets the key
 * @old: the key before
 * @new: the key given
 * @mr: the reference bits are taken as equal
 * @mc: the change bits are taken as equal
 *
 * Without @mr and @mc a key is always set; with one of them it is left if
 * ACC, F and the bits that count are equal.
 */
bool kvm390_sske_changes(uint8_t old, uint8_t new, bool mr, bool mc);

/**
 * kvm390_rc_condition: the condition code of RRBE: old R and C as a number
 */
unsigned kvm390_rc_condition(uint8_t old);

/* A decoded PFMF. */
typedef struct Kvm390Pfmf {
    bool clear;                 /* CF */
    bool set_key;               /* SK */
    bool mr;
    bool mc;
    uint8_t key;
    uint64_t frame_size;        /* 4 KiB, 1 MiB or 2 GiB */
} Kvm390Pfmf;

/**
 * kvm390_pfmf_decode: read the first operand of PFMF
 * @r1: general register R1
 * @fac: the CPU's facilities; PFMF itself needs edat1, the caller checks that
 * @amode24: the CPU is in 24-bit addressing mode
 * @pfmf: filled in on success
 *
 * Returns 0, or 6 (specification exception).
 */
int kvm390_pfmf_decode(uint64_t r1, const Kvm390KeyFacilities *fac,
                       bool amode24, Kvm390Pfmf *pfmf);

/**
 * kvm390_reference_mask: the bit of a page in IRBM's and RRBM's result
 * @index: the page's place among the 64, 0 to 63; page 0 is the leftmost bit
 */
static inline uint64_t kvm390_reference_mask(unsigned index)
{
    return 1ull << (63 - index);
}

#endif /* KVM390_KEYRULES_H */
