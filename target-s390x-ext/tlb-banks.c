/*
 * TLBs that change places with banks; see tlbbanks.h for the argument
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/protection.h"

QEMU_BUILD_BUG_ON(KVM390_INDEXES + KVM390_TLB_BANKS > NB_MMU_MODES);
QEMU_BUILD_BUG_ON(KVM390_TLBS < NB_MMU_MODES);

Kvm390TlbPages *kvm390_tlb_pages_of(CPUState *cs, unsigned mmu_idx)
{
    return &cpu_env(cs)->kvm390.pages[mmu_idx];
}

static void change_places(CPUState *cs, unsigned one, unsigned other)
{
    Kvm390TlbPages *pages = cpu_env(cs)->kvm390.pages;
    CPUTLB *tlb = &cs->neg.tlb;

    qemu_spin_lock(&tlb->c.lock);
    CPUTLBDesc desc = tlb->d[one];
    CPUTLBDescFast fast = *cpu_tlb_fast(cs, one);
    Kvm390TlbPages its_pages = pages[one];
    bool dirty = extract32(tlb->c.dirty, one, 1);

    tlb->d[one] = tlb->d[other];
    *cpu_tlb_fast(cs, one) = *cpu_tlb_fast(cs, other);
    pages[one] = pages[other];
    tlb->c.dirty = deposit32(tlb->c.dirty, one, 1,
                             extract32(tlb->c.dirty, other, 1));
    tlb->d[other] = desc;
    *cpu_tlb_fast(cs, other) = fast;
    pages[other] = its_pages;
    tlb->c.dirty = deposit32(tlb->c.dirty, other, 1, dirty);
    qemu_spin_unlock(&tlb->c.lock);
}

bool kvm390_tlb_is_used(CPUS390XState *env, unsigned mmu_idx)
{
    return extract32(qatomic_read(&env_cpu(env)->neg.tlb.c.dirty), mmu_idx, 1);
}

bool kvm390_tlb_leave(CPUS390XState *env, unsigned mmu_idx,
                      const Kvm390TlbOwner *old, const Kvm390TlbOwner *new,
                      unsigned *bank)
{
    Kvm390TlbBanks *banks = &env->kvm390.tlb.banks;
    bool used = kvm390_tlb_is_used(env, mmu_idx);
    bool kept;

    if (env->kvm390.sie.parked) { /* the banks hold the other world's TLBs */
        *bank = KVM390_NO_BANK;
        return !used;
    }
    *bank = kvm390_bank_find(banks, new);
    if (!used && *bank == KVM390_NO_BANK) {
        return true;
    }
    *bank = kvm390_bank_take(banks, old, new, &kept);
    change_places(env_cpu(env), mmu_idx, KVM390_INDEXES + *bank);
    if (!used) {
        kvm390_bank_forget(banks, *bank);
    }
    return kept;
}

/* The bits of a world's own TLBs, and of those that are parked in the banks. */
#define LIVE_TLBS   ((1u << KVM390_FAMILY_SIZE) - 1)
#define PARKED_TLBS (LIVE_TLBS << KVM390_INDEXES)

QEMU_BUILD_BUG_ON(KVM390_TLB_BANKS < KVM390_FAMILY_SIZE);

/* From now on the banks are the set of TLBs of the world that is not live. */
static void park_set(CPUS390XState *env)
{
    env->kvm390.tlb.banks = (Kvm390TlbBanks) { };
    env->kvm390.sie.parked = true;
    tlb_flush_by_mmuidx(env_cpu(env), PARKED_TLBS);
}

void kvm390_tlb_change_worlds(CPUS390XState *env)
{
    CPUState *cs = env_cpu(env);
    uint16_t keyed = qatomic_read(&cs->neg.tlb.c.dirty) &
                     ~(LIVE_TLBS | PARKED_TLBS);

    if (!env->kvm390.sie.parked) {
        park_set(env);
    }
    /* Entries checked with an access key are of one world, too. */
    memset(env->kvm390.tlb.key, 0, sizeof(env->kvm390.tlb.key));
    if (keyed) {
        tlb_flush_by_mmuidx(cs, keyed);
    }
    for (unsigned i = 0; i < KVM390_FAMILY_SIZE; i++) {
        change_places(cs, i, KVM390_INDEXES + i);
    }
}

void kvm390_tlb_empty_world(CPUS390XState *env)
{
    tlb_flush_by_mmuidx(env_cpu(env), LIVE_TLBS);
}
