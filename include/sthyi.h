/*
 * STORE HYPERVISOR INFORMATION: its operands, and what it stores
 *
 * Plain functions over plain values; any context, any thread. Sources: Linux,
 * arch/s390/kvm/intercept.c, handle_sthyi(), and arch/s390/kernel/sthyi.c,
 * struct sthyi_sctns (the instruction is described with z/VM).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_STHYI_H
#define KVM390_STHYI_H

#include <stdint.h>

#define KVM390_STHYI_FACILITY       74
#define KVM390_STHYI_SIZE           4096
#define KVM390_STHYI_FUNCTION       0xffffu /* of the first operand */
#define KVM390_STHYI_UNSUPPORTED    4       /* return code, with cc 3 */

/* What STSI 1.1.1 says of the machine, in EBCDIC. */
typedef struct Kvm390SthyiMachine {
    uint8_t type[4];
    uint8_t manufacturer[16];
    uint8_t sequence[16];
    uint8_t plant[4];
} Kvm390SthyiMachine;

/**
 * kvm390_sthyi_check: what becomes of an execution before anything is stored
 * @r1, @r2: the register numbers
 * @function: the contents of the first
 * @addr: of the second
 *
 * Returns 0, a program interruption code, or -1: cc 3 and return code
 * KVM390_STHYI_UNSUPPORTED.
 */
int kvm390_sthyi_check(unsigned r1, unsigned r2, uint64_t function,
                       uint64_t addr);

/**
 * kvm390_sthyi_fill: what is stored for function code 0
 * @out: KVM390_STHYI_SIZE bytes
 *
 * The machine's identity, as the host of a guest of KVM finds it by STSI. The
 * counts of processors and the partition's part are not valid, as on a host
 * that is in no partition.
 */
void kvm390_sthyi_fill(uint8_t *out, const Kvm390SthyiMachine *machine);

#endif
