/*
 * What the PSW must be before an instruction is fetched by it, and where its
 * condition code is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "kvm390/include/psw.h"

void kvm390_odd_psw(CPUS390XState *env)
{
    uint64_t mode = env->psw.mask & (PSW_MASK_64 | PSW_MASK_32);

    if (mode == PSW_MASK_64 || env->psw.mask & PSW_MASK_RESERVED) {
        env->int_pgm_ilen = 0;
        tcg_s390_program_interrupt(env, PGM_SPECIFICATION, 0);
    }
    if (mode == 0) {
        env->psw.addr &= 0xffffff;
    } else if (mode == PSW_MASK_32) {
        env->psw.addr &= 0x7fffffff;
    }
}

void kvm390_cc_to_psw(CPUS390XState *env)
{
    if (kvm390_enabled()) {
        env->psw.mask = s390_cpu_get_psw_mask(env);
    }
}

void kvm390_cc_from_psw(CPUS390XState *env)
{
    if (kvm390_enabled()) {
        env->cc_op = extract64(env->psw.mask, ctz64(PSW_MASK_CC), 2);
    }
}
