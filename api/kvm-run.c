/*
 * struct kvm_run: the registers that user space and the vCPU share
 *
 * As with KVM, general, access, floating-point and vector registers and the
 * FPC live in kvm_run while the vCPU is not in KVM_RUN; the PSW is taken from
 * it at each KVM_RUN; all else is taken if its bit in kvm_dirty_regs is set.
 * The page is in the client's byte order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "s390x-internal.h"
#include "exec/cputlb.h"
#include "qemu/main-loop.h"
#include "tcg/tcg_s390x.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/fpc.h"
#include "kvm390/include/interrupts.h"

static bool other_byte_order(Kvm390Vcpu *vcpu)
{
    return vcpu->little_endian != !HOST_BIG_ENDIAN;
}

static uint64_t get_u64(Kvm390Vcpu *vcpu, const __u64 *field)
{
    uint64_t value = qatomic_read(field);

    return other_byte_order(vcpu) ? bswap64(value) : value;
}

static void put_u64(Kvm390Vcpu *vcpu, __u64 *field, uint64_t value)
{
    *field = other_byte_order(vcpu) ? bswap64(value) : value;
}

static uint32_t get_u32(Kvm390Vcpu *vcpu, const __u32 *field)
{
    uint32_t value = qatomic_read(field);

    return other_byte_order(vcpu) ? bswap32(value) : value;
}

static void put_u32(Kvm390Vcpu *vcpu, __u32 *field, uint32_t value)
{
    *field = other_byte_order(vcpu) ? bswap32(value) : value;
}

static void put_u16(Kvm390Vcpu *vcpu, __u16 *field, uint16_t value)
{
    *field = other_byte_order(vcpu) ? bswap16(value) : value;
}

static void get_array(Kvm390Vcpu *vcpu, uint64_t *to, const __u64 *from,
                      unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        to[i] = get_u64(vcpu, &from[i]);
    }
}

static void put_array(Kvm390Vcpu *vcpu, __u64 *to, const uint64_t *from,
                      unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        put_u64(vcpu, &to[i], from[i]);
    }
}

static uint64_t valid_sets(void)
{
    uint64_t sets = KVM_SYNC_PREFIX | KVM_SYNC_GPRS | KVM_SYNC_ACRS |
                    KVM_SYNC_CRS | KVM_SYNC_ARCH0 | KVM_SYNC_PFAULT |
                    KVM_SYNC_VRS | KVM_SYNC_DIAG318;

    if (s390_has_feat(S390_FEAT_RUNTIME_INSTRUMENTATION)) {
        sets |= KVM_SYNC_RICCB;
    }
    if (s390_has_feat(S390_FEAT_BPB)) {
        sets |= KVM_SYNC_BPBC;
    }
    if (s390_has_feat(S390_FEAT_GUARDED_STORAGE)) {
        sets |= KVM_SYNC_GSCB;
    }
    if (s390_has_feat(S390_FEAT_ETOKEN)) {
        sets |= KVM_SYNC_ETOKEN;
    }
    return sets;
}

void kvm390_run_init(Kvm390Vcpu *vcpu)
{
    put_u64(vcpu, &vcpu->run->kvm_valid_regs, valid_sets());
}

bool kvm390_run_masks_valid(Kvm390Vcpu *vcpu)
{
    return !((get_u64(vcpu, &vcpu->run->kvm_valid_regs) |
              get_u64(vcpu, &vcpu->run->kvm_dirty_regs)) &
             ~KVM_SYNC_S390_VALID_FIELDS);
}

void kvm390_run_pull(Kvm390Vcpu *vcpu)
{
    struct kvm_sync_regs *regs = &vcpu->run->s.regs;
    CPUS390XState *env = &vcpu->cpu->env;
    unsigned i;

    get_array(vcpu, env->regs, regs->gprs, 16);
    for (i = 0; i < 16; i++) {
        env->aregs[i] = get_u32(vcpu, &regs->acrs[i]);
    }
    get_array(vcpu, &env->vregs[0][0], &regs->vrs[0][0], 64);
    env->fpc = get_u32(vcpu, &regs->fpc);
}

/* --- KVM_RUN --- */

static void sync_arch0(Kvm390Vcpu *vcpu, const struct kvm_sync_regs *regs)
{
    CPUS390XState *env = &vcpu->cpu->env;

    env->todpr = get_u64(vcpu, &regs->todpr);
    env->pp = get_u64(vcpu, &regs->pp);
    env->gbea = get_u64(vcpu, &regs->gbea);
    kvm390_set_cputm(vcpu, get_u64(vcpu, &regs->cputm));
    env->ckc = get_u64(vcpu, &regs->ckc);
    bql_lock();
    tcg_s390_tod_updated(CPU(vcpu->cpu), RUN_ON_CPU_NULL);
    bql_unlock();
}

static void sync_dirty(Kvm390Vcpu *vcpu, uint64_t dirty)
{
    struct kvm_sync_regs *regs = &vcpu->run->s.regs;
    CPUS390XState *env = &vcpu->cpu->env;

    if (dirty & KVM_SYNC_PREFIX) {
        env->psa = get_u64(vcpu, &regs->prefix) & 0x7fffe000;
        tlb_flush(CPU(vcpu->cpu));
    }
    if (dirty & KVM_SYNC_CRS) {
        get_array(vcpu, env->cregs, regs->crs, 16);
        tlb_flush(CPU(vcpu->cpu));
    }
    if (dirty & KVM_SYNC_ARCH0) {
        sync_arch0(vcpu, regs);
    }
    if (dirty & KVM_SYNC_PFAULT) {
        env->pfault_token = get_u64(vcpu, &regs->pft);
        env->pfault_select = get_u64(vcpu, &regs->pfs);
        env->pfault_compare = get_u64(vcpu, &regs->pfc);
    }
    if (dirty & KVM_SYNC_DIAG318) {
        env->diag318_info = get_u64(vcpu, &regs->diag318);
    }
    if (dirty & KVM_SYNC_RICCB) {
        memcpy(env->riccb, regs->riccb, sizeof(env->riccb));
    }
    if (dirty & KVM_SYNC_BPBC) {
        env->bpbc = regs->bpbc;
    }
    if (dirty & KVM_SYNC_GSCB) {
        get_array(vcpu, env->gscb, regs->gscb, 4);
    }
    if (dirty & KVM_SYNC_ETOKEN) {
        env->etoken = get_u64(vcpu, &regs->etoken);
        env->etoken_extension = get_u64(vcpu, &regs->etoken_extension);
    }
}

static void sync_psw(Kvm390Vcpu *vcpu)
{
    uint64_t mask = get_u64(vcpu, &vcpu->run->psw_mask);
    uint64_t addr = get_u64(vcpu, &vcpu->run->psw_addr);

    s390_cpu_set_psw(&vcpu->cpu->env, mask, addr);
}

void kvm390_run_sync(Kvm390Vcpu *vcpu)
{
    uint64_t dirty = get_u64(vcpu, &vcpu->run->kvm_dirty_regs);

    kvm390_run_pull(vcpu);
    /* With its rounding mode; an invalid one becomes 0, as with KVM. */
    kvm390_load_fpc(&vcpu->cpu->env, vcpu->cpu->env.fpc);
    sync_dirty(vcpu, dirty);
    if (vcpu->prefix.type) {
        vcpu->prefix.type = 0;
        vcpu->cpu->env.psa = vcpu->prefix.u.prefix.address & 0x7fffe000;
        tlb_flush(CPU(vcpu->cpu));
    }
    sync_psw(vcpu);
    put_u64(vcpu, &vcpu->run->kvm_dirty_regs, 0);
    kvm390_run_start_cputm(vcpu);
    kvm390_run_start_ckc(vcpu);
    if (kvm390_irq_pending(vcpu->cpu)) {
        /* It may have come before this vCPU was there. */
        bql_lock();
        kvm390_recheck_timers(&vcpu->cpu->env);
        cpu_interrupt(CPU(vcpu->cpu), CPU_INTERRUPT_HARD);
        bql_unlock();
    }
}

void kvm390_run_push_live(Kvm390Vcpu *vcpu)
{
    struct kvm_sync_regs *regs = &vcpu->run->s.regs;
    CPUS390XState *env = &vcpu->cpu->env;
    unsigned i;

    put_array(vcpu, regs->gprs, env->regs, 16);
    for (i = 0; i < 16; i++) {
        put_u32(vcpu, &regs->acrs[i], env->aregs[i]);
    }
    put_array(vcpu, &regs->vrs[0][0], &env->vregs[0][0], 64);
    put_u32(vcpu, &regs->fpc, env->fpc);
}

void kvm390_run_set_psw(Kvm390Vcpu *vcpu, uint64_t mask, uint64_t addr)
{
    put_u64(vcpu, &vcpu->run->psw_mask, mask);
    put_u64(vcpu, &vcpu->run->psw_addr, addr);
}

void kvm390_run_push(Kvm390Vcpu *vcpu)
{
    struct kvm_sync_regs *regs = &vcpu->run->s.regs;
    CPUS390XState *env = &vcpu->cpu->env;

    kvm390_run_set_psw(vcpu, s390_cpu_get_psw_mask(env), env->psw.addr);
    kvm390_run_push_live(vcpu);
    put_u64(vcpu, &regs->prefix, env->psa);
    put_array(vcpu, regs->crs, env->cregs, 16);
    put_u64(vcpu, &regs->todpr, env->todpr);
    put_u64(vcpu, &regs->cputm, kvm390_get_cputm(vcpu));
    put_u64(vcpu, &regs->ckc, env->ckc);
    put_u64(vcpu, &regs->pp, env->pp);
    put_u64(vcpu, &regs->gbea, env->gbea);
    put_u64(vcpu, &regs->pft, env->pfault_token);
    put_u64(vcpu, &regs->pfs, env->pfault_select);
    put_u64(vcpu, &regs->pfc, env->pfault_compare);
    regs->bpbc = env->bpbc;
    memcpy(regs->riccb, env->riccb, sizeof(env->riccb));
    put_u64(vcpu, &regs->diag318, env->diag318_info);
    put_array(vcpu, regs->gscb, env->gscb, 4);
    put_u64(vcpu, &regs->etoken, env->etoken);
    put_u64(vcpu, &regs->etoken_extension, env->etoken_extension);
}

void kvm390_run_set_reason(Kvm390Vcpu *vcpu, uint32_t reason)
{
    put_u32(vcpu, &vcpu->run->exit_reason, reason);
}

void kvm390_run_set_debug(Kvm390Vcpu *vcpu, uint8_t type, uint64_t addr)
{
    put_u32(vcpu, &vcpu->run->exit_reason, KVM_EXIT_DEBUG);
    put_u64(vcpu, &vcpu->run->debug.arch.addr, addr);
    vcpu->run->debug.arch.type = type;
}

void kvm390_run_set_exit(Kvm390Vcpu *vcpu, const Kvm390Exit *exit)
{
    struct kvm_run *run = vcpu->run;

    put_u32(vcpu, &run->exit_reason, exit->reason);
    switch (exit->reason) {
    case KVM_EXIT_S390_SIEIC:
        run->s390_sieic.icptcode = exit->icptcode;
        put_u16(vcpu, &run->s390_sieic.ipa, exit->ipa);
        put_u32(vcpu, &run->s390_sieic.ipb, exit->ipb);
        break;
    case KVM_EXIT_S390_UCONTROL:
        put_u64(vcpu, &run->s390_ucontrol.trans_exc_code, exit->fault_addr);
        put_u32(vcpu, &run->s390_ucontrol.pgm_code, PGM_SEGMENT_TRANS);
        break;
    case KVM_EXIT_S390_STSI:
        put_u64(vcpu, &run->s390_stsi.addr, exit->stsi.addr);
        run->s390_stsi.ar = exit->stsi.ar;
        run->s390_stsi.fc = exit->stsi.fc;
        run->s390_stsi.sel1 = exit->stsi.sel1;
        put_u16(vcpu, &run->s390_stsi.sel2, exit->stsi.sel2);
        break;
    case KVM_EXIT_S390_RESET:
        put_u64(vcpu, &run->s390_reset_flags, exit->reset_flags);
        break;
    case KVM_EXIT_S390_TSCH:
        put_u16(vcpu, &run->s390_tsch.subchannel_id, exit->tsch.id);
        put_u16(vcpu, &run->s390_tsch.subchannel_nr, exit->tsch.nr);
        put_u32(vcpu, &run->s390_tsch.io_int_parm, exit->tsch.parm);
        put_u32(vcpu, &run->s390_tsch.io_int_word, exit->tsch.word);
        run->s390_tsch.dequeued = exit->tsch.dequeued;
        put_u32(vcpu, &run->s390_tsch.ipb, exit->ipb);
        break;
    }
}
