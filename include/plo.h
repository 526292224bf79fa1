/*
 * PERFORM LOCKED OPERATION: what a function code asks for
 *
 * Plain functions over plain values; any context, any thread. Source:
 * Principles of Operation, "PERFORM LOCKED OPERATION".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_PLO_H
#define KVM390_PLO_H

#include <stdbool.h>
#include <stdint.h>

/* General register 0 */
#define KVM390_PLO_TEST         0x100u      /* is the function installed? */
#define KVM390_PLO_FUNCTION     0xffu
#define KVM390_PLO_ZEROS        0xfffffe00u /* have to be zero */
#define KVM390_PLO_FUNCTIONS    24

enum Kvm390PloKind {
    KVM390_PLO_COMPARE_LOAD,        /* CL */
    KVM390_PLO_COMPARE_SWAP,        /* CS */
    KVM390_PLO_DOUBLE_SWAP,         /* DCS */
    KVM390_PLO_SWAP_STORE,          /* CSST */
    KVM390_PLO_SWAP_DOUBLE_STORE,   /* CSDST */
    KVM390_PLO_SWAP_TRIPLE_STORE,   /* CSTST */
};

typedef struct Kvm390Plo {
    enum Kvm390PloKind kind;
    uint8_t size;       /* of an operand, in bytes: 4, 8 or 16 */
    bool values_listed; /* comparison and replacement values are in the list */
    bool listed;        /* so are at least the further operands */
    uint8_t stores;     /* operands that are stored besides the second: 0-3 */
} Kvm390Plo;

/*
 * The parameter list: values have places of 16 bytes, in which they stand at
 * the right; the further operands' addresses are doublewords.
 */
enum {
    KVM390_PLO_COMPARE_1 = 0,       /* first-operand comparison value */
    KVM390_PLO_REPLACE_1 = 1,
    KVM390_PLO_COMPARE_3 = 2,       /* and CL's third operand */
    KVM390_PLO_REPLACE_3 = 3,       /* and the third operand of stores */
    KVM390_PLO_OPERAND_5 = 5,
    KVM390_PLO_OPERAND_7 = 7,
};

/**
 * kvm390_plo: what a function code asks for
 * @function: 0 to 255
 * @plo: the result
 *
 * Returns: whether there is such a function.
 */
bool kvm390_plo(unsigned function, Kvm390Plo *plo);

/** kvm390_plo_value: offset of a value in the list; @place: KVM390_PLO_* */
unsigned kvm390_plo_value(const Kvm390Plo *plo, unsigned place);

/** kvm390_plo_address: offset of an operand's address; @operand: 4, 6 or 8 */
unsigned kvm390_plo_address(unsigned operand);

/**
 * kvm390_plo_registers_valid: are the register fields even where pairs are
 * meant?
 */
bool kvm390_plo_registers_valid(const Kvm390Plo *plo, unsigned r1,
                                unsigned r3);

#endif /* KVM390_PLO_H */
