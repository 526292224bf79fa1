/*
 * Instructions on translation tables that come with EDAT, LRA and STRAG
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exec/cputlb.h"
#include "exec/helper-proto.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/translation.h"

/* The space of an operand in the PSW's address-space-control mode. */
static Kvm390Space operand_space(CPUS390XState *env)
{
    return kvm390_space_of_asc(env, env->psw.mask & PSW_MASK_ASC);
}

/* STORE REAL ADDRESS: returns the real address of the second operand */
uint64_t HELPER(kvm390_strag)(CPUS390XState *env, uint64_t addr)
{
    const Kvm390Space space = operand_space(env);
    Kvm390Translation t;
    int exc = kvm390_translate_real(env, &space, wrap_address(env, addr), &t);

    if (exc) {
        kvm390_refuse(env, exc, t.teid, GETPC());
    }
    return t.frame.addr;
}

/*
 * LOAD REAL ADDRESS: returns the new R1 and sets the condition code. @wide is
 * set for LRAG, whose result always has 64 bits.
 */
uint64_t HELPER(kvm390_lra)(CPUS390XState *env, uint64_t r1, uint64_t addr,
                            uint32_t wide)
{
    const bool narrow = !wide && !(env->psw.mask & PSW_MASK_64);
    const Kvm390Space space = operand_space(env);
    Kvm390Translation t;
    int cc, exc;

    exc = kvm390_translate_real(env, &space, wrap_address(env, addr), &t);
    if (exc == PGM_ADDRESSING || exc == PGM_TRANS_SPEC ||
        exc == KVM390_PGM_HOST_FAULT) {
        kvm390_refuse(env, exc, t.teid, GETPC());
    }
    cc = kvm390_lra_result(exc, &t.frame, narrow, &r1);
    if (cc < 0) {
        tcg_s390_program_interrupt(env, -cc, GETPC());
    }
    env->cc_op = cc;
    return r1;
}

/* The designation type in CRDTE's second operand: which table it names. */
#define CRDTE_DTT           0x1cull
#define CRDTE_DTT_PAGE      0x00ull
#define CRDTE_DTT_SEGMENT   0x10ull
#define CRDTE_DTT_REGION3   0x14ull
#define CRDTE_DTT_REGION2   0x18ull
#define CRDTE_DTT_REGION1   0x1cull

/* The address of the table entry that CRDTE is about. */
static uint64_t crdte_entry(CPUS390XState *env, uint64_t table, uint64_t vaddr,
                            uintptr_t ra)
{
    switch (table & CRDTE_DTT) {
    case CRDTE_DTT_PAGE:
        return (table & SEGMENT_ENTRY_ORIGIN) + VADDR_PAGE_TX(vaddr) * 8;
    case CRDTE_DTT_SEGMENT:
        return (table & ASCE_ORIGIN) + VADDR_SEGMENT_TX(vaddr) * 8;
    case CRDTE_DTT_REGION3:
        return (table & ASCE_ORIGIN) + VADDR_REGION3_TX(vaddr) * 8;
    case CRDTE_DTT_REGION2:
        return (table & ASCE_ORIGIN) + VADDR_REGION2_TX(vaddr) * 8;
    case CRDTE_DTT_REGION1:
        return (table & ASCE_ORIGIN) + VADDR_REGION1_TX(vaddr) * 8;
    default:
        tcg_s390_program_interrupt(env, PGM_SPECIFICATION, ra);
    }
}

/*
 * COMPARE AND REPLACE DAT TABLE ENTRY: returns the condition code. The entry
 * is an operand under the PSW key, as IPTE's and IDTE's is. The whole
 * TLB is emptied, so it does not matter which translations used the entry.
 */
uint32_t HELPER(kvm390_crdte)(CPUS390XState *env, uint32_t r1, uint32_t r2,
                              uint32_t m4)
{
    const MemOpIdx oi = make_memop_idx(MO_TE | MO_64, MMU_REAL_IDX +
                                       kvm390_key_index(env));
    const uint64_t expected = env->regs[r1];
    const uintptr_t ra = GETPC();
    uint64_t addr, found;

    addr = crdte_entry(env, env->regs[r2], env->regs[r2 + 1], ra);
    found = cpu_atomic_cmpxchgq_be_mmu(env, addr, expected, env->regs[r1 + 1],
                                       oi, ra);
    if (found != expected) {
        env->regs[r1] = found;
        return 1;
    }
    if (m4 & 1) {
        tlb_flush(env_cpu(env));
    } else {
        tlb_flush_all_cpus_synced(env_cpu(env));
    }
    return 0;
}
