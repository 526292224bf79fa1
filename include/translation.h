/*
 * Translating an address as an access of the emulated CPU does
 *
 * One way for all: TLB fills, instructions that translate by themselves (LRA,
 * STRAG, IVSK, TPROT), operands with an access key of their own, debuggers.
 * The walk is core/dat.c's, which memory operations go through, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_TRANSLATION_H
#define KVM390_TRANSLATION_H

#include "cpu.h"
#include "kvm390/include/access.h"
#include "kvm390/include/dat.h"

/* The space that an access is to. */
typedef struct Kvm390Space {
    uint64_t asce;
    bool dat;           /* DAT is on; else addresses are real */
    bool fetch_only;    /* an access-list entry permits fetches only */
    uint8_t as;         /* for the TEID: PSW bits 16 and 17, 0 to 3 */
} Kvm390Space;

/* What became of an address. */
typedef struct Kvm390Translation {
    uint64_t absolute;      /* the machine's, once the tables led to one */
    int prot;               /* PAGE_*: what a TLB entry may permit */
    Kvm390DatFrame frame;
    uint64_t teid;          /* if the access is refused */
    /* if that is for memory: the operand's or table's page that is not there */
    uint64_t no_memory;
    bool host_refused;      /* it is, but the client forbids the access */
} Kvm390Translation;

/**
 * kvm390_space_of_asc: the address space that an access with ASC bits uses
 * @env: the CPU
 * @asc: one of PSW_ASC_*; access-register mode is the primary space (the ALETs
 *       were checked when the instruction began)
 *
 * Returns: the space, with DAT as the PSW has it. vCPU thread, or any while
 * the CPU does not run.
 */
Kvm390Space kvm390_space_of_asc(CPUS390XState *env, uint64_t asc);

/**
 * kvm390_space_of_index: the same for an MMU index of the family without key
 */
Kvm390Space kvm390_space_of_index(CPUS390XState *env, int index);

/** kvm390_space_is_private: whether overrides and low-address protection end */
static inline bool kvm390_space_is_private(const Kvm390Space *space)
{
    return space->dat && (space->asce & KVM390_ASCE_PRIVATE);
}

/** kvm390_access_of_type: QEMU's kind of access as core/ names it */
static inline enum Kvm390Access kvm390_access_of_type(MMUAccessType type)
{
    switch (type) {
    case MMU_DATA_STORE:
        return KVM390_STORE;
    case MMU_INST_FETCH:
        return KVM390_IFETCH;
    default:
        return KVM390_FETCH;
    }
}

/**
 * kvm390_space_teid: the TEID of an access that something protects
 * @space: the space
 * @ea: effective address
 * @type: the access
 * @prot: what protects it
 */
uint64_t kvm390_space_teid(const Kvm390Space *space, uint64_t ea,
                           MMUAccessType type, enum Kvm390Protection prot);

/**
 * kvm390_translate_access: translate an access; keys are not looked at
 * @env: the CPU
 * @space: the space
 * @ea: effective address
 * @type: the access
 * @t: the result; @t->teid and what follows only if the access is refused
 *
 * Low-address protection, access-list-controlled protection, DAT with its own
 * protections, addressing, in this order (PoP, "Access Exceptions").
 *
 * Returns: 0, the program interruption code, or in a guest of SIE
 * KVM390_PGM_HOST_FAULT (interpret.h). vCPU thread; any other for a
 * debugger, to which the answer is as good as the moment.
 */
int kvm390_translate_access(CPUS390XState *env, const Kvm390Space *space,
                     uint64_t ea, MMUAccessType type, Kvm390Translation *t);

/**
 * kvm390_translate_real: translation alone, as LRA and STRAG do it
 * @env: the CPU
 * @space: the space; DAT is applied even if the PSW has it off
 * @ea: effective address
 * @t: the result; of it @t->frame is what was found
 *
 * Returns: 0, or the program interruption code. vCPU thread.
 */
int kvm390_translate_real(CPUS390XState *env, const Kvm390Space *space,
                          uint64_t ea, Kvm390Translation *t);

/**
 * kvm390_mmu_translate: QEMU's mmu_translate() under kvm390, but for keys
 *
 * Arguments and result as there.
 */
int kvm390_mmu_translate(CPUS390XState *env, target_ulong vaddr, int rw,
                         uint64_t asc, target_ulong *raddr, int *flags,
                         uint64_t *tec);

/**
 * kvm390_refuse: raise the exception of an access
 * @env: the current CPU, in a helper
 * @code: what kvm390_translate_access() or a check of keys returned
 * @teid: its translation-exception identification
 * @ra: the helper's return address
 *
 * Does not return.
 */
void G_NORETURN kvm390_refuse(CPUS390XState *env, int code, uint64_t teid,
                              uintptr_t ra);

#endif /* KVM390_TRANSLATION_H */
