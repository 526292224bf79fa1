/*
 * External interruptions that a guest takes itself (interpret.h)
 *
 * Those of its timers, if the control block leaves them to the CPU, and an
 * external call of another CPU of the guest. Where the host wants to see the
 * former, they end the guest's execution.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/cpu-common.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/sie.h"

/* Stores the code and exchanges the PSWs; the new one may wait. */
static void take_external(CPUS390XState *env, uint64_t lowcore, uint16_t code,
                          uint16_t from)
{
    const MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    AddressSpace *as = env_cpu(env)->as;
    uint64_t mask, addr;

    address_space_stw_be(as, lowcore + offsetof(LowCore, ext_int_code), code,
                         attrs, NULL);
    address_space_stw_be(as, lowcore + offsetof(LowCore, cpu_addr), from,
                         attrs, NULL);
    address_space_stq_be(as, lowcore + offsetof(LowCore, external_old_psw),
                         s390_cpu_get_psw_mask(env), attrs, NULL);
    address_space_stq_be(as, lowcore + offsetof(LowCore, external_old_psw) + 8,
                         env->psw.addr, attrs, NULL);
    mask = address_space_ldq_be(as, lowcore + offsetof(LowCore,
                                                       external_new_psw),
                                attrs, NULL);
    addr = address_space_ldq_be(as, lowcore + offsetof(LowCore,
                                                       external_new_psw) + 8,
                                attrs, NULL);
    s390_cpu_set_psw(env, mask, addr);
}

bool kvm390_sie_take_external(CPUS390XState *env)
{
    const Kvm390Sie *sie = &env->kvm390.sie;
    uint64_t lowcore;
    unsigned code;
    int caller;

    if (!(env->psw.mask & PSW_MASK_EXT)) {
        return false;
    }
    if (env->cregs[0] & CR0_EXTERNAL_CALL_SC &&
        kvm390_sie_called(env, false) >= 0) {
        /* First: the guest may be left for it. */
        lowcore = kvm390_sie_lowcore(env);
        caller = kvm390_sie_called(env, true);
        if (caller >= 0) {
            take_external(env, lowcore, EXT_EXTERNAL_CALL, caller);
            return true;
        }
    }
    code = sie->eca & SIE_ECA_CEI ? kvm390_sie_timer_due(env) : 0;
    if (code) {
        take_external(env, kvm390_sie_lowcore(env), code, 0);
    }
    return code;
}

bool kvm390_sie_external(CPUS390XState *env)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    unsigned code;

    if (kvm390_sie_take_external(env)) {
        return true;
    }
    code = kvm390_sie_timer_due(env);
    if (code) {
        stw_be_p(sie->block + SIE_EIC, code);
        stw_be_p(sie->block + SIE_EXTCPUADDR, 0);
        kvm390_sie_leave(env, SIE_ICPT_EXTERNAL);
    }
    return code;
}
