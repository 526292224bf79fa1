/*
 * Storage protection of the emulated CPU's accesses
 *
 * An access key of zero matches every storage key, so accesses with it need
 * no check. TLB entries of QEMU's MMU indexes 0 to 3 are such entries. Further
 * groups of four indexes ("families") hold entries that were checked with one
 * non-zero access key each, so that a hit needs no check either. Which key a
 * family has is in the CPU's state; which family generated code uses is in
 * the translation block's flags.
 *
 * A CPU that comes to a key without a family takes one (kvm390_family_turn());
 * what that held is put into banks, what the key had left there comes back
 * (tlbbanks.h). This happens where the flags for the next translation block
 * are made, which nothing that changes the PSW key can get around: LPSW,
 * interruptions, SPKA, gdb, migration, the KVM API. The key is in the flags
 * too: a cached jump skips the fetch check of the page it leads to, so it must
 * not be taken under another key than it was checked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_PROTECTION_H
#define KVM390_PROTECTION_H

#include "kvm390/include/accel.h"
#include "kvm390/include/own-space.h"
#include "kvm390/include/sie-state.h"
#include "kvm390/include/tlb-pages.h"
#include "kvm390/include/tlbbanks.h"

/* MMU indexes in a family: primary, secondary, home, real. */
#define KVM390_FAMILY_SIZE          4
/* The indexes of all families; above them are the banks (tlbbanks.h). */
#define KVM390_INDEXES              ((KVM390_KEY_FAMILIES + 1) * \
                                     KVM390_FAMILY_SIZE)
/* The family whose indexes are the banks of a CPU that has executed SIE. */
#define KVM390_SPARE_FAMILY         KVM390_KEY_FAMILIES
/*
 * At least NB_MMU_MODES, which is not known yet where this is included: 16 of
 * them in QEMU 10.0, 22 in 10.2.
 */
#define KVM390_TLBS                 22
/* Translation-block flags: the family's number, 0 for the one without key. */
#define KVM390_FLAG_FAMILY_SHIFT    4
#define KVM390_FLAG_FAMILY          (3u << KVM390_FLAG_FAMILY_SHIFT)
/* The family is that of a space which an access register designates. */
#define KVM390_FLAG_AR_SPACE        (1u << 6)
/* The PSW key, 4 bits; 0 without a family. */
#define KVM390_FLAG_KEY_SHIFT       7

/* Others than the CPU's own thread set stale, in a quiesced state. */
typedef struct Kvm390Tlb {
    uint8_t key[KVM390_KEY_FAMILIES];   /* 0: none yet */
    Kvm390FamilyTurns turns;
    bool stale;                         /* atomic; all TLBs are to be emptied */
    uint32_t fills[KVM390_INDEXES];     /* for kvm390_tlb_filled() */
    Kvm390TlbBanks banks;
    int64_t sized;                      /* get_clock(), for controls.c */
    bool jumps_unsettled;               /* kvm390_jumps_settle() is due */
    uint64_t jumps_asce;                /* the primary space they are of */
    /* access-registers.h */
    bool ar_active;                     /* storage operands use ar_family */
    uint8_t ar_family;                  /* its number; 0: there is none */
    uint8_t ar_number;                  /* the access register in use */
    bool ar_fetch_only;
    uint8_t mvcos_bases;                /* base register numbers, 4 bits each */
    uint64_t ar_asce;                   /* the space that the family is of */
} Kvm390Tlb;

/*
 * What kvm390 keeps of one CPU: env->kvm390. A reset of the CPU leaves it
 * alone. Only the CPU's own thread uses it where nothing else is said.
 */
typedef struct Kvm390Cpu {
    Kvm390Tlb tlb;
    struct {                    /* host-fault.h: the last look for memory */
        uint64_t page;
        bool refused;
    } memory;
    struct Kvm390Exit *exit;    /* exits.h: set before the CPU first runs */
    struct Kvm390LocalIrqs *irqs; /* interrupts.h: set once, under the BQL */
    Kvm390TlbPages pages[KVM390_TLBS]; /* of each TLB; the TLB's lock */
    Kvm390Sie sie;              /* interpret.h */
    uint64_t tod_ahead;         /* of the machine's TOD clock: EPOCHDIFF */
    Kvm390OwnSpace own;         /* set before the CPU first runs */
} Kvm390Cpu;

/* An absolute address of a CPU's as one of the machine's memory map. */
#define kvm390_machine_address(env, absolute)                               \
    kvm390_own_to_machine(&(env)->kvm390.own, absolute)

/* In Kvm390Tlb.key: the low bits are the key, but the space is ar_asce. */
#define KVM390_KEY_OF_AR_SPACE      0x80

#ifdef CONFIG_USER_ONLY
#define kvm390_skeys_on()       false
#define kvm390_psw_key(env)     0u
#define kvm390_key_family(env)  0u
#define kvm390_fetch_family(env) 0u
#define kvm390_ar_flag(env)     0u
#define kvm390_jumps_look(env)
#define kvm390_mvcos(env, ...)  false
#define kvm390_check_key(env, addr, len, type, mmu_idx, key)        0
#define kvm390_require_key(env, addr, len, type, mmu_idx, key, ra)
#define kvm390_probe_write(env, addr, len, ra)
#define kvm390_fetch_unit(addr) (-((addr) | TARGET_PAGE_MASK))
#else

/* kvm390's storage keys are in charge: not TCG's, and not switched off. */
#define kvm390_skeys_on()       (kvm390_enabled() && kvm390_skeys_wanted())

/* Slow halves of kvm390_fetch_family() and kvm390_key_family(). */
unsigned kvm390_find_key_family(CPUArchState *env, unsigned key);
unsigned kvm390_find_operand_family(CPUArchState *env);

#define kvm390_psw_key(env)                                                 \
    ((unsigned)(((env)->psw.mask & PSW_MASK_KEY) >> PSW_SHIFT_KEY))

/* The family that instructions are fetched through. */
#define kvm390_fetch_family(env)                                            \
    (likely(!((env)->psw.mask & PSW_MASK_KEY)) ? 0u :                       \
     kvm390_find_key_family(env, kvm390_psw_key(env)))

/**
 * kvm390_key_family: the family that storage operands with the PSW key go
 * through
 * @env: the current CPU
 *
 * Returns 0 to KVM390_KEY_FAMILIES. May empty a family. A macro because the
 * CPU's state is not defined yet where it is needed first.
 */
#define kvm390_key_family(env)                                              \
    (likely(!((env)->psw.mask & PSW_MASK_KEY) &&                            \
            !(env)->kvm390.tlb.ar_active) ? 0u :                       \
     kvm390_find_operand_family(env))

/* After kvm390_key_family(). */
#define kvm390_ar_flag(env)                                                 \
    ((env)->kvm390.tlb.ar_active ? KVM390_FLAG_AR_SPACE : 0u)

/**
 * kvm390_jumps_settle: forget cached jumps of a primary space that was left
 *
 * An LCTL that changes the primary ASCE leaves the cached jumps alone: a kernel
 * in the home space loads register 1 at each entry and exit, and what is
 * executed from the primary space next is most often what was last. Called on
 * the vCPU's thread with kvm390.tlb.jumps_unsettled set, before the next
 * translation block of a space that is not the home space is looked up.
 */
void kvm390_jumps_settle(CPUArchState *env);

#define kvm390_jumps_look(env)                                              \
    if (unlikely((env)->kvm390.tlb.jumps_unsettled) &&                      \
        ((env)->psw.mask & PSW_MASK_ASC) != PSW_ASC_HOME) {                 \
        kvm390_jumps_settle(env);                                           \
    }

#endif /* !CONFIG_USER_ONLY */

/* The part of the translation block's flags that names the family. */
#define kvm390_key_flags(env) ({                                            \
    unsigned family_ = kvm390_key_family(env);                              \
    kvm390_jumps_look(env);                                                 \
    (family_ << KVM390_FLAG_FAMILY_SHIFT) | kvm390_ar_flag(env) |           \
        (family_ ? kvm390_psw_key(env) << KVM390_FLAG_KEY_SHIFT : 0u);      \
})

/* What to add to the MMU index of an address space, in generated code... */
#define kvm390_index_of_flags(flags)                                        \
    ((((flags) & KVM390_FLAG_FAMILY) >> KVM390_FLAG_FAMILY_SHIFT) *         \
     KVM390_FAMILY_SIZE)
/* ...and in helpers; for instruction fetch. */
#define kvm390_key_index(env)                                               \
    (kvm390_key_family(env) * KVM390_FAMILY_SIZE)
#define kvm390_fetch_index(env)                                             \
    (kvm390_fetch_family(env) * KVM390_FAMILY_SIZE)

#ifndef CONFIG_USER_ONLY

/**
 * kvm390_tlb_is_used: whether a TLB of the current CPU holds anything
 * @env: the current CPU
 * @mmu_idx: which one
 */
bool kvm390_tlb_is_used(CPUArchState *env, unsigned mmu_idx);

/**
 * kvm390_tlb_leave: put a TLB into a bank, and bring back what is to come
 * @env: the current CPU
 * @mmu_idx: an index of a family
 * @old: whose entries its TLB holds
 * @new: whose it is to hold
 * @bank: set to the bank that was changed places with, or KVM390_NO_BANK
 *
 * Returns whether the TLB holds nothing but entries of @new now; else the
 * caller has to empty it.
 */
bool kvm390_tlb_leave(CPUArchState *env, unsigned mmu_idx,
                      const Kvm390TlbOwner *old, const Kvm390TlbOwner *new,
                      unsigned *bank);

/**
 * kvm390_tlb_change_worlds: exchange the TLBs of host and guest (interpret.h)
 * @env: the current CPU
 *
 * What were the banks holds those of the other world from the first time on,
 * and a family without a key is the banks. Entries with an access key are
 * dropped.
 */
void kvm390_tlb_change_worlds(CPUArchState *env);

/**
 * kvm390_tlb_empty_world: empty the TLBs without key of the live world
 * @env: the current CPU
 *
 * What the world left in banks is forgotten.
 */
void kvm390_tlb_empty_world(CPUArchState *env);

/**
 * kvm390_tlb_give_family: a family that had no key is about to get one
 * @env: the current CPU, which empties the family's TLBs next
 * @family: its number, 1 to KVM390_KEY_FAMILIES
 *
 * If its indexes were the banks, these are forgotten.
 */
void kvm390_tlb_give_family(CPUArchState *env, unsigned family);

/**
 * kvm390_exec_enter: TCGCPUOps::cpu_exec_enter
 *
 * Called on a CPU's own thread before it executes guest instructions: when it
 * enters its execution loop, which it has left before any quiesced state, and
 * before a single step inside an exclusive section. Empties the TLBs if they
 * became stale meanwhile.
 */
void kvm390_exec_enter(CPUState *cs);

/**
 * kvm390_tlbs_stale: empty every TLB before its CPU's next instruction
 *
 * Quiesced state only.
 */
void kvm390_tlbs_stale(void);

/**
 * kvm390_tlb_fill: TCGCPUOps::tlb_fill under kvm390
 */
bool kvm390_tlb_fill(CPUState *cs, vaddr address, int size,
                     MMUAccessType access_type, int mmu_idx,
                     bool probe, uintptr_t retaddr);

/**
 * kvm390_tlb_filled: count a fill, and see to it that a small TLB grows
 * @cs: the current CPU
 * @mmu_idx: the TLB that was filled
 */
void kvm390_tlb_filled(CPUState *cs, int mmu_idx);

/**
 * kvm390_check_key: may an instruction access an operand with a key it names?
 * @env: the current CPU
 * @addr: effective address of the operand
 * @len: its length in bytes, at least 1
 * @type: MMU_DATA_LOAD or MMU_DATA_STORE
 * @mmu_idx: the address space, an index of the family without key
 * @key: access key, 0 to 15
 *
 * Translates every page of the operand and applies the CPU's key rule to it.
 * Records nothing. Returns 0 or a program interruption code; for all but
 * addressing exceptions env->tlb_fill_tec and env->tlb_fill_exc are set.
 * After success the operand can be accessed through @mmu_idx.
 */
int kvm390_check_key(CPUArchState *env, uint64_t addr, uint64_t len,
                     MMUAccessType type, int mmu_idx, unsigned key);

/**
 * kvm390_require_key: as kvm390_check_key(), but causes the interruption
 */
void kvm390_require_key(CPUArchState *env, uint64_t addr, uint64_t len,
                        MMUAccessType type, int mmu_idx, unsigned key,
                        uintptr_t ra);

/**
 * kvm390_probe_write: check a store of several units before its first one
 * @env: the current CPU
 * @addr: effective address of the operand
 * @len: its length in bytes
 *
 * Causes the program interruption of the first byte that cannot be stored.
 */
void kvm390_probe_write(CPUArchState *env, uint64_t addr, uint64_t len,
                        uintptr_t ra);

/**
 * kvm390_fetch_unit: how far an instruction may look ahead of what it fetches
 * @addr: effective address of the operand
 *
 * An instruction that learns its operand's length from the operand checks
 * this many bytes at a time. Returns those to the end of the page; but not
 * across byte 2048, where fetch-protection override ends.
 */
int kvm390_fetch_unit(uint64_t addr);

#endif /* !CONFIG_USER_ONLY */
#endif /* KVM390_PROTECTION_H */
