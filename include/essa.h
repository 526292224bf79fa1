/*
 * ESSA and DIAG 10 as the guest runs them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_ESSA_H
#define KVM390_ESSA_H

#include "kvm390/include/cmma.h"

/*
 * The page states of this process's guest. Set up by kvm390_cmma_realize()
 * before the first vCPU runs; all zero (not enabled) under other accelerators.
 */
extern Kvm390Cmma kvm390_guest_cmma;

/**
 * kvm390_essa_offered: is ESSA an instruction of this guest
 *
 * False under other accelerators. Fixed before the first vCPU runs.
 */
bool kvm390_essa_offered(void);

/**
 * kvm390_diag10: DIAGNOSE 0x10, release pages
 * @env: the vCPU that runs it
 * @r1: the register that holds the first page's absolute address
 * @r3: the register that holds the last page's
 *
 * Returns 0, or -1 for a specification exception; always that under another
 * accelerator, where the code is unknown. The vCPU's thread, without the BQL.
 */
int kvm390_diag10(CPUS390XState *env, uint32_t r1, uint32_t r3);

#endif /* KVM390_ESSA_H */
