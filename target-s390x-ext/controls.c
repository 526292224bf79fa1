/*
 * LCTL and LCTLG: which TLB entries stay; see tlbbanks.h for the argument
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/timer.h"
#include "exec/cputlb.h"
#include "kvm390/include/controls.h"
#include "kvm390/include/protection.h"
#include "kvm390/include/tlbsize.h"
#include "kvm390/trace.h"

QEMU_BUILD_BUG_ON(KVM390_INDEXES + KVM390_TLB_BANKS > NB_MMU_MODES);
QEMU_BUILD_BUG_ON(KVM390_TLBS != NB_MMU_MODES);

/* An index of every family. */
static uint16_t in_all_families(unsigned index)
{
    uint16_t map = 0;

    for (unsigned n = 0; n <= KVM390_KEY_FAMILIES; n++) {
        map |= 1u << (n * KVM390_FAMILY_SIZE + index);
    }
    return map;
}

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

/* Returns the indexes that have to be emptied. */
static uint16_t change_primary(CPUS390XState *env, uint64_t old)
{
    uint64_t new = env->cregs[1];
    uint16_t flush = in_all_families(MMU_PRIMARY_IDX);
    unsigned bank;
    bool kept;

    bank = kvm390_bank_take(&env->kvm390.tlb.banks, old, new, &kept);
    change_places(env_cpu(env), MMU_PRIMARY_IDX, KVM390_INDEXES + bank);
    trace_kvm390_space(env_cpu(env)->cpu_index, old, new, bank, kept);
    return kept ? flush & ~(1u << MMU_PRIMARY_IDX) : flush;
}

/*
 * Now and then all TLBs are emptied after all: that is when QEMU makes those
 * smaller that were little used, and it looks through all of them when pages
 * are to be logged.
 */
static bool size_is_due(Kvm390Tlb *tlb)
{
    int64_t now = get_clock();

    if (now - tlb->sized < KVM390_TLB_SIZE_NS) {
        return false;
    }
    tlb->sized = now;
    return true;
}

/*
 * Whether all of the operand came through one TLB entry: then no entry was
 * made while some registers were loaded and some not.
 */
static bool loaded_at_once(CPUS390XState *env, uint64_t first, uint64_t end)
{
    return !((first ^ (end - 1)) & TARGET_PAGE_MASK) &&
           !kvm390_key_family(env);
}

void kvm390_controls_loaded(CPUS390XState *env, const Kvm390Controls *was,
                            uint64_t first, uint64_t end)
{
    CPUState *cs = env_cpu(env);
    uint16_t flush = 0;

    if (!kvm390_enabled() || was->cr[0] != env->cregs[0] ||
        !loaded_at_once(env, first, end)) {
        tlb_flush(cs);
        return;
    }
    if (was->cr[1] != env->cregs[1]) {
        if (size_is_due(&env->kvm390.tlb)) {
            tlb_flush(cs);
            return;
        }
        flush |= change_primary(env, was->cr[1]);
    }
    if (was->cr[7] != env->cregs[7]) {
        flush |= in_all_families(MMU_SECONDARY_IDX);
    }
    if (was->cr[13] != env->cregs[13]) {
        flush |= in_all_families(MMU_HOME_IDX);
    }
    /* Cached jumps go with them: they know neither ASCE nor index. */
    if (flush) {
        tlb_flush_by_mmuidx(cs, flush);
    }
}
