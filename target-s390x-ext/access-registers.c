/*
 * Access-register mode: what happens when an instruction runs.
 *
 * The translator (translate.c.inc) finds the access registers that an
 * instruction's storage operands use and calls the helper here before the
 * instruction has any effect. From there on the access is one of the primary
 * address space, so nothing else in QEMU has to know the mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exec/exec-all.h"
#include "exec/helper-proto.h"
#include "exec/address-spaces.h"
#include "kvm390/include/kvm390/access-registers.h"
#include "kvm390/include/kvm390/counters.h"
#include "kvm390/trace.h"

/* Bits 0-6 of an ALET are zeros (PoP, "Access-List-Entry Token"). */
#define ALET_RESERVED 0xfe000000u
#define PGM_ALEN_TRANSLATION 0x29

/* The program interruption for an ALET that designates no known space. */
static int alet_exception(uint32_t alet)
{
    return alet & ALET_RESERVED ? PGM_ALET_SPEC : PGM_ALEN_TRANSLATION;
}

void HELPER(kvm390_access_registers)(CPUS390XState *env, uint32_t used)
{
    for (; used; used &= used - 1) {
        int ar = ctz32(used);
        uint32_t alet = env->aregs[ar];

        if (alet) {
            int code = alet_exception(alet);

            trace_kvm390_ar_fault(ar, alet, code);
            kvm390_count_add(KVM390_COUNTER_ACCESS_REGISTER_FAULTS, 1);
            /* The exception access identification names the register. */
            address_space_stb(env_cpu(env)->as,
                              env->psa + offsetof(LowCore, exc_access_id), ar,
                              MEMTXATTRS_UNSPECIFIED, NULL);
            tcg_s390_program_interrupt(env, code, GETPC());
        }
    }
}

bool kvm390_sacf_access_registers(CPUS390XState *env, uintptr_t ra)
{
    if (!kvm390_enabled()) {
        return false;
    }
    if (!(env->cregs[0] & CR0_SECONDARY)) {
        tcg_s390_program_interrupt(env, PGM_SPECIAL_OP, ra);
    }
    env->psw.mask = (env->psw.mask & ~PSW_MASK_ASC) | PSW_ASC_ACCREG;
    return true;
}
