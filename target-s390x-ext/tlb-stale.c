/*
 * Emptying the TLBs of all CPUs, each by its own thread
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "hw/core/cpu.h"
#include "kvm390/include/protection.h"

/*
 * Emptying a TLB takes microseconds in which everybody would wait. The other
 * CPUs do it themselves, on their way to the next instruction.
 */
void kvm390_tlbs_stale(void)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        if (cs == current_cpu) {
            tlb_flush(cs);
        } else {
            qatomic_set(&cpu_env(cs)->kvm390.tlb.stale, true);
        }
    }
}

void kvm390_exec_enter(CPUState *cs)
{
    Kvm390Tlb *k = &cpu_env(cs)->kvm390.tlb;

    if (unlikely(qatomic_read(&k->stale))) {
        qatomic_set(&k->stale, false);
        tlb_flush(cs);
    }
}
