/*
 * Taking one page out of all TLBs; see the header
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/tlb-common.h"
#include "hw/core/cpu.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/protection.h"
#include "kvm390/include/tlb-drop.h"

/* Whether accesses that compare with @addr get to the page. */
static bool gets_to(uintptr_t addr, uintptr_t addend, uintptr_t host)
{
    return !(addr & (TLB_INVALID_MASK | TLB_MMIO)) &&
           (addr & TARGET_PAGE_MASK) + addend == host;
}

/*
 * The owner reads the entry without the lock. Who just filled it goes on with
 * it, as if it had been a moment earlier, because TLB_INVALID_MASK alone does
 * not matter then; who comes next does not find it.
 */
static bool drop_entry_locked(CPUTLBEntry *entry, uintptr_t host)
{
    bool found = false;

    for (int i = 0; i < MMU_ACCESS_COUNT; i++) {
        uintptr_t addr = entry->addr_idx[i];

        if (gets_to(addr, entry->addend, host)) {
            qatomic_set(&entry->addr_idx[i], addr | TLB_INVALID_MASK);
            found = true;
        }
    }
    return found;
}

static bool drop_from_tlb_locked(CPUState *cs, int mmu_idx, uintptr_t host)
{
    const Kvm390TlbPages *pages = &cpu_env(cs)->kvm390.pages[mmu_idx];
    CPUTLBDesc *desc = &cs->neg.tlb.d[mmu_idx];
    bool found = false;
    uint32_t n;

    for (n = kvm390_tlb_pages_first(pages, host); n != KVM390_TLB_NO_PLACE;
         n = kvm390_tlb_pages_next(pages, n)) {
        found |= drop_entry_locked(&cpu_tlb_fast(cs, mmu_idx)->table[n], host);
    }
    /* Those behind vindex were never used since the TLB was emptied. */
    for (n = 0; n < MIN(desc->vindex, CPU_VTLB_SIZE); n++) {
        found |= drop_entry_locked(&desc->vtable[n], host);
    }
    return found;
}

static bool drop_from_cpu(CPUState *cs, uintptr_t host)
{
    CPUTLBCommon *common = &cs->neg.tlb.c;
    bool found = false;
    unsigned left;

    qemu_spin_lock(&common->lock);
    for (left = common->dirty; left; left &= left - 1) {
        found |= drop_from_tlb_locked(cs, ctz32(left), host);
    }
    qemu_spin_unlock(&common->lock);
    return found;
}

bool kvm390_tlb_drop(uintptr_t host)
{
    bool others = false;
    CPUState *cs;

    CPU_FOREACH(cs) {
        bool found = drop_from_cpu(cs, host);

        others |= found && cs != current_cpu;
    }
    return others;
}
