/*
 * The system control area, which the CPUs of a guest share
 *
 * It has the interlock of the guest's translation tables, a mask of the CPUs
 * that there are, and an entry for each: where its control block is, and the
 * external call that is pending there. Two forms, basic and extended, are laid
 * out as Linux lays them out for KVM.
 *
 * Plain functions over plain values; any context, any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SIE_SCA_H
#define KVM390_SIE_SCA_H

#include <stdbool.h>
#include <stdint.h>

/* Where a CPU's part is, in bytes from the area's origin. */
typedef struct Kvm390ScaEntry {
    uint32_t mask;      /* the byte of the mask that tells whether it exists */
    uint8_t mask_bit;   /* the bit in that byte */
    uint32_t control;   /* 2 bytes: the external call */
    uint32_t block;     /* 8: its control block's address, or 0 */
} Kvm390ScaEntry;

/**
 * kvm390_sca_origin: the address of a guest's system control area
 * @scaoh: SIE_SCAOH
 * @scaol: SIE_SCAOL
 * @extended: SIE_ECB2_ESCA is on
 *
 * Returns: its absolute address, 0 if there is none.
 */
uint64_t kvm390_sca_origin(uint32_t scaoh, uint32_t scaol, bool extended);

/**
 * kvm390_sca_entry: where a CPU's entry is
 * @cpu: the CPU's address
 * @extended: of an extended area
 * @entry: the result
 *
 * Returns: false if the area has no entry for such a CPU.
 */
bool kvm390_sca_entry(unsigned cpu, bool extended, Kvm390ScaEntry *entry);

/**
 * kvm390_sca_call: make an external call pending
 * @control: an entry's control as it is
 * @extended: of an extended area
 * @source: the address of the CPU that calls
 * @called: what it becomes
 *
 * Returns: false if there is a call already.
 */
bool kvm390_sca_call(uint16_t control, bool extended, unsigned source,
                     uint16_t *called);

/**
 * kvm390_sca_caller: who has called?
 * @control: an entry's control
 * @extended: of an extended area
 *
 * Returns: the CPU's address, or -1 if no call is pending.
 */
int kvm390_sca_caller(uint16_t control, bool extended);

/* What of SIGNAL PROCESSOR a CPU executes itself in a guest. */
enum Kvm390SieSigp {
    KVM390_SIE_SIGP_NONE,
    KVM390_SIE_SIGP_CALL,       /* external call */
    KVM390_SIE_SIGP_RUNNING,    /* sense running status */
};

/**
 * kvm390_sie_sigp: is an order executed in the guest?
 * @order: the order code
 * @eca: SIE_ECA
 * @ecb: SIE_ECB
 */
enum Kvm390SieSigp kvm390_sie_sigp(uint8_t order, uint32_t eca, uint8_t ecb);

#endif /* KVM390_SIE_SCA_H */
