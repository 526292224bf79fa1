/*
 * Access-register mode: what happens when an instruction runs.
 *
 * The translator (translate-access-registers.c.inc) finds the access registers
 * that an instruction's storage operands use and calls the helper here before
 * the instruction has any effect; access-registers.h has the whole picture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exec/helper-proto.h"
#include "kvm390/include/access-registers.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/counters.h"
#include "kvm390/include/dat.h"
#include "kvm390/include/guest-access.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/protection.h"
#include "kvm390/trace.h"

static int fetch_real(void *opaque, uint64_t real, uint64_t *value)
{
    CPUS390XState *env = opaque;
    hwaddr absolute = kvm390_real_to_absolute(real, env->psa);
    MemTxResult result;
    int code = kvm390_sie_active(env)
               ? kvm390_sie_absolute(env, absolute, MMU_DATA_LOAD, &absolute,
                                     NULL) : 0;

    if (code) {
        return code;
    }
    absolute = kvm390_machine_address(env, absolute);
    *value = address_space_ldq_be(env_cpu(env)->as, absolute,
                                  MEMTXATTRS_UNSPECIFIED, &result);
    if (result != MEMTX_OK) {
        return KVM390_PGM_ADDRESSING;
    }
    kvm390_keys_record(absolute, sizeof(*value), false);
    return 0;
}

/* Access register 0 is not looked at: it names the primary space. */
static int translate_register(CPUS390XState *env, int ar, Kvm390ArSpace *space)
{
    const Kvm390ArtRegs regs = {
        .cr1 = env->cregs[1], .cr2 = env->cregs[2], .cr5 = env->cregs[5],
        .cr7 = env->cregs[7], .cr8 = env->cregs[8],
    };
    uint32_t alet = ar ? env->aregs[ar] : 0;
    uint64_t asce;
    int code = kvm390_art(alet, &regs, false, fetch_real, env, &space->asce);

    /* Whether the instruction stores is not known yet. */
    space->fetch_only = !code && alet > 1 &&
        kvm390_art(alet, &regs, true, fetch_real, env, &asce) == PGM_PROTECTION;
    return code;
}

static void store_access_id(CPUS390XState *env, int ar)
{
    address_space_stb(env_cpu(env)->as,
                      kvm390_machine_address(env, env->psa) +
                      offsetof(LowCore, exc_access_id), ar,
                      MEMTXATTRS_UNSPECIFIED, NULL);
}

static void G_NORETURN refuse_register(CPUS390XState *env, int ar, int code,
                                       uintptr_t ra)
{
    trace_kvm390_ar_fault(ar, env->aregs[ar], code);
    kvm390_count_add(KVM390_COUNTER_ACCESS_REGISTER_FAULTS, 1);
    /* The exception access identification names the register. */
    store_access_id(env, ar);
    tcg_s390_program_interrupt(env, code, ra);
}

/* The space of all the access registers in @used; @ar is one that names it. */
static Kvm390ArSpace common_space(CPUS390XState *env, uint32_t used, int *ar,
                                  uintptr_t ra)
{
    Kvm390ArSpace space = { }, other;
    int first = -1;

    for (; used; used &= used - 1) {
        int n = ctz32(used);
        int code = translate_register(env, n, &other);

        if (code) {
            refuse_register(env, n, code, ra);
        }
        if (first < 0) {
            first = n;
            space = other;
        } else if (other.asce != space.asce ||
                   other.fetch_only != space.fetch_only) {
            refuse_register(env, n, KVM390_PGM_ALEN_TRANSLATION, ra);
        }
    }
    *ar = first;
    return space;
}

void HELPER(kvm390_access_registers)(CPUS390XState *env, uint32_t used,
                                     uint32_t translates)
{
    const unsigned key = (env->psw.mask & PSW_MASK_KEY) >> PSW_SHIFT_KEY;
    Kvm390Tlb *k = &env->kvm390.tlb;
    const uintptr_t ra = GETPC();
    Kvm390ArSpace space;
    int ar;

    space = common_space(env, used, &ar, ra);
    if (space.asce == env->cregs[1] && !space.fetch_only) {
        if (!k->ar_active) {
            return;
        }
        k->ar_active = false;
    } else if (translates || !kvm390_skeys_on()) {
        refuse_register(env, ar, KVM390_PGM_ALEN_TRANSLATION, ra);
    } else {
        if (k->ar_active && k->ar_asce == space.asce &&
            k->ar_fetch_only == space.fetch_only) {
            k->ar_number = ar;
            return;
        }
        kvm390_bind_ar_family(env, space, key);
    }
    /* Begin anew, in a translation block for the other case. */
    cpu_loop_exit_restore(env_cpu(env), ra);
}

void kvm390_ar_space_refused(CPUS390XState *env)
{
    store_access_id(env, env->kvm390.tlb.ar_number);
}

/* One operand of MVCOS, by guest access for its space and key. */
static void mvcos_operand(CPUS390XState *env, unsigned as, Kvm390Memop *op,
                          uintptr_t ra)
{
    const uint64_t psw_mask = (env->psw.mask & ~PSW_MASK_ASC) |
                              (uint64_t)as << PSW_SHIFT_ASC;
    S390CPU *cpu = env_archcpu(env);
    Kvm390Pgm pgm;
    int code;

    op->flags = KVM390_MEMOP_F_SKEY_PROTECTION;
    code = kvm390_memop_as(cpu, psw_mask, op, &pgm);
    if (code == -EFAULT) {
        /* The client's protection: this exception leaves KVM_RUN. */
        kvm390_host_note(env, 0, true);
        pgm = (Kvm390Pgm) { .code = PGM_ADDRESSING };
        code = PGM_ADDRESSING;
    }
    g_assert(code >= 0);
    if (code) {
        kvm390_pgm_raise(cpu, &pgm, psw_mask);
        cpu_loop_exit_restore(CPU(cpu), ra);
    }
}

bool kvm390_mvcos(CPUS390XState *env, uint64_t dest, unsigned dest_as,
                  unsigned dest_key, uint64_t src, unsigned src_as,
                  unsigned src_key, uint32_t len, uintptr_t ra)
{
    const unsigned accreg = PSW_ASC_ACCREG >> PSW_SHIFT_ASC;
    const uint8_t bases = env->kvm390.tlb.mvcos_bases;
    uint8_t buf[TARGET_PAGE_SIZE];
    Kvm390Memop fetch = {
        .op = KVM390_MEMOP_LOGICAL_READ, .gaddr = src, .size = len,
        .ar = bases & 0xf, .key = src_key, .buf = buf,
    };
    Kvm390Memop store = {
        .op = KVM390_MEMOP_LOGICAL_WRITE, .gaddr = dest, .size = len,
        .ar = bases >> 4, .key = dest_key, .buf = buf,
    };

    if (!kvm390_enabled() || (dest_as != accreg && src_as != accreg)) {
        return false;
    }
    g_assert(len <= sizeof(buf));
    if (len) {
        mvcos_operand(env, src_as, &fetch, ra);
        mvcos_operand(env, dest_as, &store, ra);
    }
    return true;
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
