/*
 * Program interruptions: codes, names, and what a CPU stores with each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_PGM_H
#define KVM390_PGM_H

#include <stdint.h>

/* Codes as in z/Architecture Principles of Operation, Interruption. */
enum {
    KVM390_PGM_OPERATION = 0x01,
    KVM390_PGM_PROTECTION = 0x04,
    KVM390_PGM_ADDRESSING = 0x05,
    KVM390_PGM_SPECIFICATION = 0x06,
    KVM390_PGM_SEGMENT_TRANSLATION = 0x10,
    KVM390_PGM_PAGE_TRANSLATION = 0x11,
    KVM390_PGM_TRANSLATION_SPEC = 0x12,
    KVM390_PGM_SPECIAL_OPERATION = 0x13,
    KVM390_PGM_ALET_SPECIFICATION = 0x28,
    KVM390_PGM_ALEN_TRANSLATION = 0x29,
    KVM390_PGM_ALE_SEQUENCE = 0x2a,
    KVM390_PGM_ASTE_VALIDITY = 0x2b,
    KVM390_PGM_ASTE_SEQUENCE = 0x2c,
    KVM390_PGM_EXTENDED_AUTHORITY = 0x2d,
    KVM390_PGM_ASCE_TYPE = 0x38,
    KVM390_PGM_REGION_FIRST_TRANS = 0x39,
    KVM390_PGM_REGION_SECOND_TRANS = 0x3a,
    KVM390_PGM_REGION_THIRD_TRANS = 0x3b,
    KVM390_PGM_PER = 0x80,  /* alone, or a bit that comes with another code */
};

/*
 * A program interruption to be: everything the CPU stores for it.
 *
 * @code: interruption code, one of the above
 * @ilc: instruction length in bytes (0, 2, 4 or 6)
 * @access_id: exception access identification, the access register's number
 * @teid: translation-exception identification
 */
typedef struct Kvm390Pgm {
    uint16_t code;
    uint8_t ilc;
    uint8_t access_id;
    uint64_t teid;
} Kvm390Pgm;

/**
 * kvm390_pgm_name:
 * @code: program interruption code
 *
 * Returns: the name the Principles of Operation give to @code, in lower case
 * with dashes ("page-translation"), or "unknown". Never NULL.
 */
const char *kvm390_pgm_name(uint16_t code);

/* What a CPU stores with an interruption, and where it leaves the PSW. */
enum {
    KVM390_PGM_HAS_TEID = 1,
    KVM390_PGM_HAS_ACCESS_ID = 2,
    KVM390_PGM_HAS_OP_ID = 4,       /* operand access identification */
    KVM390_PGM_HAS_MONITOR = 8,     /* class and code of a monitor event */
    KVM390_PGM_HAS_DXC = 16,
    KVM390_PGM_NULLIFIES = 32,      /* the PSW stays at the instruction */
};

/**
 * kvm390_pgm_properties:
 * @code: program interruption code, without the bit for a PER event that comes
 *        with it
 *
 * Returns: KVM390_PGM_HAS_* and KVM390_PGM_NULLIFIES; 0 for an unknown code.
 */
unsigned kvm390_pgm_properties(uint16_t code);

#endif
