/*
 * TLBs that change places with banks; see tlbbanks.h for the argument
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "kvm390/include/protection.h"

QEMU_BUILD_BUG_ON(KVM390_INDEXES + KVM390_TLB_BANKS > NB_MMU_MODES);
QEMU_BUILD_BUG_ON(KVM390_TLBS != NB_MMU_MODES);

static void change_places(CPUState *cs, unsigned one, unsigned other)
{
    Kvm390TlbPages *pages = cpu_env(cs)->kvm390.pages;
    CPUTLB *tlb = &cs->neg.tlb;

    qemu_spin_lock(&tlb->c.lock);
    CPUTLBDesc desc = tlb->d[one];
    CPUTLBDescFast fast = tlb->f[one];
    Kvm390TlbPages its_pages = pages[one];
    bool dirty = extract32(tlb->c.dirty, one, 1);

    tlb->d[one] = tlb->d[other];
    tlb->f[one] = tlb->f[other];
    pages[one] = pages[other];
    tlb->c.dirty = deposit32(tlb->c.dirty, one, 1,
                             extract32(tlb->c.dirty, other, 1));
    tlb->d[other] = desc;
    tlb->f[other] = fast;
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
