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

/* The bits of a world's own TLBs; of those above the families; of the spare. */
#define LIVE_TLBS   ((1u << KVM390_FAMILY_SIZE) - 1)
#define UPPER_TLBS  (LIVE_TLBS << KVM390_INDEXES)
#define SPARE_TLBS  (LIVE_TLBS << KVM390_SPARE_FAMILY * KVM390_FAMILY_SIZE)

QEMU_BUILD_BUG_ON(KVM390_TLB_BANKS != KVM390_FAMILY_SIZE);

/* Whether there are banks; else a key has the family that was them. */
static bool has_banks(const CPUS390XState *env)
{
    return !env->kvm390.sie.parked ||
           !env->kvm390.tlb.key[KVM390_SPARE_FAMILY - 1];
}

static unsigned first_bank(const CPUS390XState *env)
{
    return env->kvm390.sie.parked ? KVM390_SPARE_FAMILY * KVM390_FAMILY_SIZE
                                  : KVM390_INDEXES;
}

static void exchange_bytes(void *one, void *other, size_t size)
{
    uint64_t *a = one, *b = other;

    for (size_t n = 0; n < size / sizeof(*a); n++) {
        uint64_t was = a[n];

        a[n] = b[n];
        b[n] = was;
    }
}

#define EXCHANGE(a, b) do {                                             \
    QEMU_BUILD_BUG_ON(sizeof(a) != sizeof(b));                          \
    QEMU_BUILD_BUG_ON(sizeof(a) % sizeof(uint64_t));                    \
    exchange_bytes(&(a), &(b), sizeof(a));                                    \
} while (0)

/*
 * The victim TLB is most of a descriptor, and what a TLB of few pages never has
 * anything in: as long as no entry was moved there (vindex, which starts anew
 * when the TLB is emptied), all of it says "empty".
 */
static void exchange_victims(CPUTLBDesc *one, CPUTLBDesc *other)
{
    size_t used = MIN(MAX(one->vindex, other->vindex), CPU_VTLB_SIZE);

    for (size_t n = 0; n < used; n++) {
        EXCHANGE(one->vtable[n], other->vtable[n]);
        EXCHANGE(one->vfulltlb[n], other->vfulltlb[n]);
    }
}

static void exchange_descriptors(CPUTLBDesc *one, CPUTLBDesc *other)
{
    exchange_victims(one, other);
    exchange_bytes(one, other, offsetof(CPUTLBDesc, vtable));
    EXCHANGE(one->fulltlb, other->fulltlb);
}

static void change_places(CPUState *cs, unsigned one, unsigned other)
{
    Kvm390TlbPages *pages = cpu_env(cs)->kvm390.pages;
    CPUTLB *tlb = &cs->neg.tlb;
    uint32_t differ;

    qemu_spin_lock(&tlb->c.lock);
    exchange_descriptors(&tlb->d[one], &tlb->d[other]);
    EXCHANGE(*cpu_tlb_fast(cs, one), *cpu_tlb_fast(cs, other));
    EXCHANGE(pages[one], pages[other]);
    differ = (tlb->c.dirty >> one ^ tlb->c.dirty >> other) & 1;
    tlb->c.dirty ^= differ << one | differ << other;
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

    if (!has_banks(env)) {
        *bank = KVM390_NO_BANK;
        return !used;
    }
    *bank = kvm390_bank_find(banks, new);
    if (!used && *bank == KVM390_NO_BANK) {
        return true;
    }
    *bank = kvm390_bank_take(banks, old, new, &kept);
    change_places(env_cpu(env), mmu_idx, first_bank(env) + *bank);
    if (!used) {
        kvm390_bank_forget(banks, *bank);
    }
    return kept;
}

void kvm390_tlb_give_family(CPUS390XState *env, unsigned family)
{
    if (env->kvm390.sie.parked && family == KVM390_SPARE_FAMILY) {
        env->kvm390.tlb.banks = (Kvm390TlbBanks) { };
    }
}

/* From now on those above the families are of the world that is not live. */
static void park_set(CPUS390XState *env)
{
    env->kvm390.tlb.banks = (Kvm390TlbBanks) { };
    env->kvm390.sie.parked = true;
    tlb_flush_by_mmuidx(env_cpu(env), UPPER_TLBS);
}

void kvm390_tlb_change_worlds(CPUS390XState *env)
{
    CPUState *cs = env_cpu(env);
    uint16_t keyed = qatomic_read(&cs->neg.tlb.c.dirty) &
                     ~(LIVE_TLBS | UPPER_TLBS);

    if (!env->kvm390.sie.parked) {
        park_set(env);
    }
    if (has_banks(env)) {
        keyed &= ~SPARE_TLBS;
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
    kvm390_bank_forget_world(&env->kvm390.tlb.banks, env->kvm390.sie.active);
    tlb_flush_by_mmuidx(env_cpu(env), LIVE_TLBS);
}
