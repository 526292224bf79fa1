/*
 * Which instructions of a guest the hardware intercepts
 *
 * Under SIE a CPU runs some instructions itself ("interprets" them) and leaves
 * the guest at others: at some always, at some if the control block asks for
 * it. One table says which; user-controlled VMs, where every interception
 * reaches user space, and SIE decide by it. What KVM hands on to user space
 * of what it intercepts is in the same table.
 *
 * Plain functions over plain values; any context, any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_INTERCEPTS_H
#define KVM390_INTERCEPTS_H

#include <stdbool.h>
#include <stdint.h>

/* What a control block may leave to the CPU although it can be intercepted. */
enum {
    KVM390_INTERPRET_PFMF = 1,
    KVM390_INTERPRET_ESSA = 2,
    KVM390_INTERPRET_STFLE = 4,     /* with a facility list of its own */
    KVM390_INTERPRET_PTF = 8,
};

/* The fields of a control block that decide. */
typedef struct Kvm390SieControls {
    uint32_t ictl;          /* SIE_ICTL_* (sie.h) */
    uint16_t lctl;          /* control registers, 0 in the leftmost bit */
    bool kss;               /* keyless subset: key instructions are left */
    bool no_skf;            /* as are those that take a real address */
    bool interlocked;       /* the host has the guest's translation tables */
    uint8_t interpret;      /* KVM390_INTERPRET_* */
} Kvm390SieControls;

enum Kvm390Interception {
    KVM390_INTERPRETED,         /* the CPU executes it */
    KVM390_INTERCEPTED,         /* instruction interception, code 0x04 */
    KVM390_INTERCEPTED_KSS,     /* keyless subset, code 0x5c: not executed */
};

/**
 * kvm390_opcode: an instruction's operation code as one number
 * @insn: the instruction, left-aligned in the doubleword
 *
 * Returns: the first byte and, as the second, what else belongs to the code:
 * the second or last byte, or 0. Where the code has four bits of the second
 * byte, these are not told apart.
 */
unsigned kvm390_opcode(uint64_t insn);

/**
 * kvm390_may_intercept: is there a control block that intercepts this?
 * @opcode: as kvm390_opcode()
 */
bool kvm390_may_intercept(unsigned opcode);

/**
 * kvm390_interlocks: does it change translation tables, so that the host is
 * not to look at them meanwhile?
 * @opcode: as kvm390_opcode()
 */
bool kvm390_interlocks(unsigned opcode);

/**
 * kvm390_user_may_see: does KVM hand this interception on, always or if user
 * space asked for it?
 * @opcode: as kvm390_opcode()
 */
bool kvm390_user_may_see(unsigned opcode);

/**
 * kvm390_intercepted: what becomes of an instruction
 * @controls: the control block's fields
 * @insn: the instruction, left-aligned
 */
enum Kvm390Interception kvm390_intercepted(const Kvm390SieControls *controls,
                                           uint64_t insn);

#endif /* KVM390_INTERCEPTS_H */
