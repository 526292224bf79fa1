/*
 * TLBs that grow as they are needed; see tlbsize.h
 *
 * A TLB can not be emptied in the middle of a fill: an access to two pages
 * holds on to the entry of its first page while it fills that of its second.
 * So the CPU is asked to do it between two translation blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "exec/tlb-common.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/protection.h"
#include "kvm390/include/tlbsize.h"
#include "kvm390/trace.h"

static size_t entries_of(CPUState *cs, int mmu_idx)
{
    return (cpu_tlb_fast(cs, mmu_idx)->mask >> CPU_TLB_ENTRY_BITS) + 1;
}

static void grow_tlb(CPUState *cs, run_on_cpu_data data)
{
    int mmu_idx = data.host_int;
    size_t before = entries_of(cs, mmu_idx);

    tlb_flush_by_mmuidx(cs, 1u << mmu_idx);
    trace_kvm390_tlb_grown(cs->cpu_index, mmu_idx, before,
                           entries_of(cs, mmu_idx));
}

void kvm390_tlb_filled(CPUState *cs, int mmu_idx)
{
    uint32_t *fills = &cpu_env(cs)->kvm390.tlb.fills[mmu_idx];
    size_t entries = entries_of(cs, mmu_idx);

    if (likely(!kvm390_tlb_wants_look(++*fills, entries))) {
        return;
    }
    *fills = 0;
    if (kvm390_tlb_is_small(cs->neg.tlb.d[mmu_idx].n_used_entries, entries)) {
        async_run_on_cpu(cs, grow_tlb, RUN_ON_CPU_HOST_INT(mmu_idx));
    }
}
