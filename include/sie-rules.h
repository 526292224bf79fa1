/*
 * What the machine decides while it executes SIE
 *
 * Plain functions over plain values; any context, any thread. There is no
 * public document of z/Architecture's SIE: what Linux's KVM sets up and
 * expects (arch/s390/kvm, vsie.c above all) is the source.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SIE_RULES_H
#define KVM390_SIE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm390/include/intercepts.h"

/* Interception codes (SIE_ICPTCODE). */
enum {
    SIE_ICPT_NONE = 0x00,       /* left for the host's own sake */
    SIE_ICPT_INSTRUCTION = 0x04,
    SIE_ICPT_PROGRAM = 0x08,
    SIE_ICPT_EXT_REQUEST = 0x10,
    SIE_ICPT_EXTERNAL = 0x14,
    SIE_ICPT_IO_REQUEST = 0x18,
    SIE_ICPT_WAIT = 0x1c,
    SIE_ICPT_VALIDITY = 0x20,
    SIE_ICPT_STOP_REQUEST = 0x28,
    SIE_ICPT_OPEREXC = 0x2c,
    SIE_ICPT_PARTIAL = 0x38,
    SIE_ICPT_KSS = 0x5c,
};

/* Validity interceptions (the left half of SIE_IPB). */
enum {
    SIE_VALID = 0,
    SIE_INVALID_MODE = 0x0001,      /* not z/Architecture */
    SIE_INVALID_PREFIX = 0x0037,    /* not accessible */
    SIE_INVALID_STORAGE = 0x0043,   /* origin or limit */
};

/* The guest's absolute storage within the host's primary space. */
typedef struct Kvm390SieStorage {
    uint64_t origin;    /* of absolute address 0 */
    uint64_t last;      /* the last byte of it */
} Kvm390SieStorage;

/**
 * kvm390_sie_storage: which part of the primary space is the guest's
 * @cpuflags: SIE_CPUFLAGS; SM: all of it
 * @mso: SIE_MSO
 * @msl: SIE_MSL
 * @storage: the result
 *
 * Returns: SIE_VALID or SIE_INVALID_STORAGE.
 */
uint16_t kvm390_sie_storage(uint32_t cpuflags, uint64_t mso, uint64_t msl,
                            Kvm390SieStorage *storage);

/**
 * kvm390_sie_request_icpt: does the host ask for the guest's end?
 * @cpuflags: SIE_CPUFLAGS, which other CPUs store to at any time
 * @enabled_ext: the guest's PSW takes external interruptions
 * @enabled_io: it takes I/O interruptions
 *
 * Returns: the interception code, or SIE_ICPT_NONE.
 */
unsigned kvm390_sie_request_icpt(uint32_t cpuflags, bool enabled_ext,
                                 bool enabled_io);

/**
 * kvm390_sie_program_icpt: whose is a program interruption of the guest?
 * @code: its code, with the PER bit if there is an event
 * @cpuflags: SIE_CPUFLAGS; P: PER events are the host's
 * @ictl: SIE_ICTL
 * @ecb: SIE_ECB
 * @again: it is of the PSW that the guest's program interruptions load: taking
 *         it would load that again, for ever
 *
 * Returns: SIE_ICPT_NONE if the guest takes it, else the interception code.
 */
unsigned kvm390_sie_program_icpt(uint16_t code, uint32_t cpuflags,
                                 uint32_t ictl, uint8_t ecb, bool again);

/**
 * kvm390_sie_controls: what of the control block decides over instructions
 * @cpuflags, @ictl, @lctl, @ecb, @fac: the fields of these names
 *
 * There is no storage-key facility for guests, nor one for PFMF: the host sets
 * the keys of its frames.
 */
Kvm390SieControls kvm390_sie_controls(uint32_t cpuflags, uint32_t ictl,
                                      uint16_t lctl, uint8_t ecb,
                                      uint32_t fac);

/**
 * kvm390_sie_icptstatus: SIE_ICPTSTATUS of an instruction interception
 * @executed: it is the target of an EXECUTE
 * @ilen: its length in bytes, 2, 4 or 6
 * @ifetch: fetching it was a PER event
 */
uint8_t kvm390_sie_icptstatus(bool executed, unsigned ilen, bool ifetch);

/**
 * kvm390_sie_interlock: may a guest change its translation tables?
 * @old: the first doubleword of its system control area
 * @counted: SIE_ECA_SII: the host waits for those who are at it
 * @new: what that doubleword becomes if so
 *
 * Returns: false if the host has the tables.
 */
bool kvm390_sie_interlock(uint64_t old, bool counted, uint64_t *new);

#endif /* KVM390_SIE_RULES_H */
