/*
 * The SIE control block of a user-controlled VM's vCPU
 *
 * The client maps it behind kvm_run (KVM_S390_SIE_PAGE_OFFSET) and edits it
 * between two KVM_RUNs. It is in the client's byte order. No hardware reads
 * it, so what counts is what is copied when:
 *
 * - Taken from the block before each ioctl of the vCPU, and put back behind
 *   it, as they live there with KVM: the prefix, the CPU timer, the clock
 *   comparator, TODPR, the control registers, GBEA, PP, the branch-prediction
 *   blocking bit of fpf, and CPUSTAT_STOPPED of cpuflags. kvm_dirty_regs then
 *   has its say, as with KVM.
 * - Obeyed from each KVM_RUN on: CPUSTAT_KSS and CPUSTAT_STOP_INT, and of ictl
 *   the bits for ISKE, SSKE, RRBE, LPSW, STCTL, TPROT, operation exceptions and
 *   program interruptions; lctl.
 * - Stored when KVM_RUN returns: icptcode (0 if it was no interception), ipa
 *   and ipb, or for a program interruption iprcc, pgmilc and tecmc; the PSW and
 *   general registers 14 and 15, which KVM_RUN takes from kvm_run.
 * - Stored when the vCPU is made, and without effect afterwards: icpua, hpid,
 *   epoch, ecb (SRSI; SPECI is off, so specification exceptions are
 *   intercepted), CPUSTAT_ZARCH, SM, GED and GED2.
 *
 * All other fields are zero and not looked at; so a client cannot inject
 * interruptions by the block, nor have SIGP, ESSA or the like interpreted:
 * those are intercepted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "s390x-internal.h"
#include "exec/cputlb.h"
#include "hw/s390x/tod.h"
#include "qemu/main-loop.h"
#include "tcg/tcg_s390x.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/sie.h"

static uint64_t sie_block_get(Kvm390Vcpu *vcpu, size_t at, int size)
{
    return vcpu->little_endian ? ldn_le_p(vcpu->sie + at, size)
                               : ldn_be_p(vcpu->sie + at, size);
}

static void sie_block_put(Kvm390Vcpu *vcpu, size_t at, int size, uint64_t value)
{
    if (vcpu->little_endian) {
        stn_le_p(vcpu->sie + at, size, value);
    } else {
        stn_be_p(vcpu->sie + at, size, value);
    }
}

static void put_bits(Kvm390Vcpu *vcpu, size_t at, int size, uint64_t mask,
                     uint64_t value)
{
    sie_block_put(vcpu, at, size,
                  (sie_block_get(vcpu, at, size) & ~mask) | (value & mask));
}

/* Two control registers and the prefix decide where addresses lead. */
static void load_spaces(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    uint64_t prefix = sie_block_get(vcpu, SIE_PREFIX, 4) & SIE_PREFIX_BITS;
    bool changed = prefix != env->psa;
    int i;

    env->psa = prefix;
    for (i = 0; i < 16; i++) {
        uint64_t cr = sie_block_get(vcpu, SIE_GCR + 8 * i, 8);

        changed |= cr != env->cregs[i];
        env->cregs[i] = cr;
    }
    if (changed) {
        tlb_flush(CPU(vcpu->cpu));
    }
}

static void load_timers(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    uint64_t cputm = sie_block_get(vcpu, SIE_CPUTM, 8);
    uint64_t ckc = sie_block_get(vcpu, SIE_CKC, 8);

    if (cputm != vcpu->cputm) {
        kvm390_set_cputm(vcpu, cputm);
    }
    if (ckc != env->ckc) {
        env->ckc = ckc;
        tcg_s390_tod_updated(CPU(vcpu->cpu), RUN_ON_CPU_NULL);
    }
}

void kvm390_ucontrol_load(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    uint32_t cpuflags;

    if (!vcpu->sie) {
        return;
    }
    cpuflags = sie_block_get(vcpu, SIE_CPUFLAGS, 4);
    load_spaces(vcpu);
    load_timers(vcpu);
    env->todpr = sie_block_get(vcpu, SIE_TODPR, 4);
    env->pp = sie_block_get(vcpu, SIE_PP, 8);
    env->gbea = sie_block_get(vcpu, SIE_GBEA, 8);
    env->bpbc = sie_block_get(vcpu, SIE_FPF, 1) & SIE_FPF_BPBC;
    if (!(cpuflags & SIE_CPUFLAG_STOPPED) != !kvm390_vcpu_stopped(vcpu)) {
        s390_cpu_set_state(cpuflags & SIE_CPUFLAG_STOPPED ?
                           S390_CPU_STATE_STOPPED : S390_CPU_STATE_OPERATING,
                           vcpu->cpu);
    }
    vcpu->exit.sie.ictl = sie_block_get(vcpu, SIE_ICTL, 4);
    vcpu->exit.sie.lctl = sie_block_get(vcpu, SIE_LCTL, 2);
    vcpu->exit.sie.kss = cpuflags & SIE_CPUFLAG_KSS;
}

void kvm390_ucontrol_store(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;
    int i;

    if (!vcpu->sie) {
        return;
    }
    put_bits(vcpu, SIE_PREFIX, 4, SIE_PREFIX_BITS, env->psa);
    for (i = 0; i < 16; i++) {
        sie_block_put(vcpu, SIE_GCR + 8 * i, 8, env->cregs[i]);
    }
    sie_block_put(vcpu, SIE_CPUTM, 8, kvm390_get_cputm(vcpu));
    sie_block_put(vcpu, SIE_CKC, 8, env->ckc);
    sie_block_put(vcpu, SIE_TODPR, 4, env->todpr);
    sie_block_put(vcpu, SIE_PP, 8, env->pp);
    sie_block_put(vcpu, SIE_GBEA, 8, env->gbea);
    put_bits(vcpu, SIE_FPF, 1, SIE_FPF_BPBC, env->bpbc ? SIE_FPF_BPBC : 0);
    put_bits(vcpu, SIE_CPUFLAGS, 4, SIE_CPUFLAG_STOPPED,
             kvm390_vcpu_stopped(vcpu) ? SIE_CPUFLAG_STOPPED : 0);
}

void kvm390_ucontrol_init(Kvm390Vcpu *vcpu)
{
    uint32_t cpuflags = SIE_CPUFLAG_ZARCH | SIE_CPUFLAG_SM | SIE_CPUFLAG_KSS;

    if (s390_has_feat(S390_FEAT_EDAT_2)) {
        cpuflags |= SIE_CPUFLAG_GED2;
    } else if (s390_has_feat(S390_FEAT_EDAT)) {
        cpuflags |= SIE_CPUFLAG_GED;
    }
    sie_block_put(vcpu, SIE_CPUFLAGS, 4, cpuflags);
    sie_block_put(vcpu, SIE_EPOCH, 8, s390_get_todstate()->base.low);
    sie_block_put(vcpu, SIE_ICPUA, 2, vcpu->id);
    sie_block_put(vcpu, SIE_ICTL, 4, SIE_ICTL_OPEREXC);
    sie_block_put(vcpu, SIE_HPID, 1, SIE_HPID_KVM);
    sie_block_put(vcpu, SIE_ECB, 1,
                  s390_has_feat(S390_FEAT_SENSE_RUNNING_STATUS) ?
                  SIE_ECB_SRSI : 0);
    kvm390_ucontrol_store(vcpu);
}

/* --- KVM_RUN --- */

bool kvm390_ucontrol_enter(Kvm390Vcpu *vcpu)
{
    if (!vcpu->sie) {
        return true;
    }
    sie_block_put(vcpu, SIE_ICPTCODE, 1, 0);
    if (!(sie_block_get(vcpu, SIE_CPUFLAGS, 4) & SIE_CPUFLAG_STOP_INT)) {
        return true;
    }
    vcpu->exit.reason = KVM_EXIT_S390_SIEIC;
    vcpu->exit.icptcode = KVM390_ICPT_STOP;
    vcpu->exit.ipa = 0;
    vcpu->exit.ipb = 0;
    kvm390_run_set_exit(vcpu, &vcpu->exit);
    kvm390_ucontrol_intercepted(vcpu, &vcpu->exit);
    return false;
}

void kvm390_ucontrol_intercepted(Kvm390Vcpu *vcpu, const Kvm390Exit *exit)
{
    if (!vcpu->sie || exit->reason != KVM_EXIT_S390_SIEIC) {
        return;
    }
    sie_block_put(vcpu, SIE_ICPTCODE, 1, exit->icptcode);
    sie_block_put(vcpu, SIE_IPA, 2, exit->ipa);
    sie_block_put(vcpu, SIE_IPB, 4, exit->ipb);
    if (exit->icptcode == KVM390_ICPT_PROGRAM) {
        sie_block_put(vcpu, SIE_IPRCC, 2, exit->pgm_code);
        sie_block_put(vcpu, SIE_PGMILC, 2, exit->last_ilen);
        sie_block_put(vcpu, SIE_TECMC, 8, vcpu->cpu->env.tlb_fill_tec);
    }
}

void kvm390_ucontrol_leave(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;

    if (!vcpu->sie) {
        return;
    }
    sie_block_put(vcpu, SIE_GPSW, 8, s390_cpu_get_psw_mask(env));
    sie_block_put(vcpu, SIE_GPSW + 8, 8, env->psw.addr);
    sie_block_put(vcpu, SIE_GG14, 8, env->regs[14]);
    sie_block_put(vcpu, SIE_GG14 + 8, 8, env->regs[15]);
    kvm390_ucontrol_store(vcpu);
}
