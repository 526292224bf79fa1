/*
 * ESSA and DIAG 10 as the guest runs them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/essa.h"
#include "kvm390/trace.h"

Kvm390Cmma kvm390_guest_cmma;

bool kvm390_essa_offered(void)
{
    return kvm390_enabled() && kvm390_cmma_enabled(&kvm390_guest_cmma);
}

uint64_t HELPER(kvm390_essa)(CPUS390XState *env, uint64_t addr, uint32_t order)
{
    uint64_t state = kvm390_cmma_essa(&kvm390_guest_cmma,
                                      addr >> TARGET_PAGE_BITS, order);

    trace_kvm390_essa(addr, order, state);
    return state;
}

int kvm390_diag10(CPUS390XState *env, uint32_t r1, uint32_t r3)
{
    uint64_t first = env->regs[r1], last = env->regs[r3];
    Kvm390GfnRange range[KVM390_DIAG10_RANGES];
    int n;

    if (!kvm390_enabled()) {
        return -1;
    }
    n = kvm390_diag10_ranges(first, last, env->psa, range);
    trace_kvm390_diag10(first, last, env->psa, n);
    for (int i = 0; i < n; i++) {
        kvm390_cmma_release(&kvm390_guest_cmma, range[i]);
    }
    return n < 0 ? -1 : 0;
}
