/*
 * LCTL and LCTLG: which TLB entries stay; see tlbbanks.h for the argument
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/timer.h"
#include "exec/cputlb.h"
#include "exec/tb-flush.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/controls.h"
#include "kvm390/include/protection.h"
#include "kvm390/include/tlbsize.h"
#include "kvm390/trace.h"

/*
 * An index of every family that is in use. What one without a key holds is not
 * used before it is emptied (take_family()); or its indexes are the banks.
 */
static uint16_t in_all_families(const CPUS390XState *env, unsigned index)
{
    uint16_t map = 1u << index;

    for (unsigned n = 1; n <= KVM390_KEY_FAMILIES; n++) {
        if (env->kvm390.tlb.key[n - 1]) {
            map |= 1u << (n * KVM390_FAMILY_SIZE + index);
        }
    }
    return map;
}

/*
 * Empty what of @map holds anything. Cached jumps know neither ASCE nor index:
 * they go with it, and where another space than the primary one changed even
 * if its TLB is empty (@changed). Those of the primary space wait until it is
 * executed from, see kvm390_jumps_settle().
 */
static void purge_families(CPUS390XState *env, uint16_t map, uint16_t changed)
{
    CPUState *cs = env_cpu(env);
    uint16_t dirty = map & qatomic_read(&cs->neg.tlb.c.dirty);

    if (dirty || changed) {
        trace_kvm390_space_purge(cs->cpu_index, dirty);
        tlb_flush_by_mmuidx(cs, dirty);
    }
}

/*
 * The primary ASCE is another, so the cached jumps of its space may be wrong:
 * note which space they are of, unless nothing was executed there since that
 * was last noted.
 */
static void unsettle_jumps(Kvm390Tlb *tlb, uint64_t old)
{
    if (!tlb->jumps_unsettled) {
        tlb->jumps_asce = old;
        tlb->jumps_unsettled = true;
    }
}

/* Returns the indexes that have to be emptied. */
static uint16_t change_primary(CPUS390XState *env, uint64_t old)
{
    const Kvm390TlbOwner left = { .asce = old, .space = MMU_PRIMARY_IDX,
                                  .guest = env->kvm390.sie.active };
    const Kvm390TlbOwner come = { .asce = env->cregs[1],
                                  .space = MMU_PRIMARY_IDX,
                                  .guest = env->kvm390.sie.active };
    uint16_t flush = in_all_families(env, MMU_PRIMARY_IDX);
    unsigned bank;
    bool kept;

    unsettle_jumps(&env->kvm390.tlb, old);
    kept = kvm390_tlb_leave(env, MMU_PRIMARY_IDX, &left, &come, &bank);
    trace_kvm390_space(env_cpu(env)->cpu_index, old, come.asce, bank, kept);
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
    uint16_t flush = 0;

    if (!kvm390_enabled() || was->cr[0] != env->cregs[0] ||
        !loaded_at_once(env, first, end)) {
        tlb_flush(env_cpu(env));
        return;
    }
    if (was->cr[1] != env->cregs[1]) {
        if (size_is_due(&env->kvm390.tlb)) {
            tlb_flush(env_cpu(env));
            return;
        }
        flush |= change_primary(env, was->cr[1]);
    }
    if (was->cr[7] != env->cregs[7]) {
        flush |= in_all_families(env, MMU_SECONDARY_IDX);
    }
    if (was->cr[13] != env->cregs[13]) {
        flush |= in_all_families(env, MMU_HOME_IDX);
    }
    purge_families(env, flush, flush & ~in_all_families(env, MMU_PRIMARY_IDX));
}

void kvm390_jumps_settle(CPUS390XState *env)
{
    Kvm390Tlb *k = &env->kvm390.tlb;

    k->jumps_unsettled = false;
    if (k->jumps_asce != env->cregs[1]) {
        trace_kvm390_jumps(env_cpu(env)->cpu_index, k->jumps_asce,
                           env->cregs[1]);
        tcg_flush_jmp_cache(env_cpu(env));
    }
}
