/*
 * The change of worlds: into a guest and back (interpret.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exec/helper-proto.h"
#include "qemu/main-loop.h"
#include "system/runstate.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/counters.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/protection.h"
#include "kvm390/include/sie.h"
#include "sie-map.h"
#include "kvm390/trace.h"

#define SIE_ALIGN   (SIE_SIZE - 1)
#define PREFIX_AREA 0x1fffull

bool kvm390_sie_offered(void)
{
    return kvm390_enabled() && s390_has_feat(S390_FEAT_SIE_F2);
}

uint32_t kvm390_sie_flags_slow(CPUS390XState *env)
{
    return KVM390_FLAG_SIE;
}

/* --- registers --- */

static void save_world(CPUS390XState *env, Kvm390SieWorld *w)
{
    w->psw_mask = s390_cpu_get_psw_mask(env);
    w->psw_addr = env->psw.addr;
    memcpy(w->cr, env->cregs, sizeof(w->cr));
    w->gr14 = env->regs[14];
    w->gr15 = env->regs[15];
    w->psa = env->psa;
    w->gbea = env->gbea;
    w->pp = env->pp;
    w->todpr = env->todpr;
    w->jumps_unsettled = env->kvm390.tlb.jumps_unsettled;
    w->jumps_asce = env->kvm390.tlb.jumps_asce;
}

/* All but the PSW, whose loading may end the guest at once. */
static void load_world(CPUS390XState *env, const Kvm390SieWorld *w)
{
    memcpy(env->cregs, w->cr, sizeof(w->cr));
    env->regs[14] = w->gr14;
    env->regs[15] = w->gr15;
    env->psa = w->psa;
    env->gbea = w->gbea;
    env->pp = w->pp;
    env->todpr = w->todpr;
    env->kvm390.tlb.jumps_unsettled = w->jumps_unsettled;
    env->kvm390.tlb.jumps_asce = w->jumps_asce;
}

static void world_from_block(Kvm390SieWorld *w, const uint8_t *block)
{
    *w = (Kvm390SieWorld) {
        .psw_mask = ldq_be_p(block + SIE_GPSW),
        .psw_addr = ldq_be_p(block + SIE_GPSW + 8),
        .gr14 = ldq_be_p(block + SIE_GG14),
        .gr15 = ldq_be_p(block + SIE_GG14 + 8),
        .psa = ldl_be_p(block + SIE_PREFIX) & SIE_PREFIX_BITS,
        .gbea = ldq_be_p(block + SIE_GBEA),
        .pp = ldq_be_p(block + SIE_PP),
        .todpr = ldl_be_p(block + SIE_TODPR),
    };
    for (int i = 0; i < 16; i++) {
        w->cr[i] = ldq_be_p(block + SIE_GCR + 8 * i);
    }
}

static void world_to_block(const Kvm390SieWorld *w, uint8_t *block)
{
    stq_be_p(block + SIE_GPSW, w->psw_mask);
    stq_be_p(block + SIE_GPSW + 8, w->psw_addr);
    stq_be_p(block + SIE_GG14, w->gr14);
    stq_be_p(block + SIE_GG14 + 8, w->gr15);
    stq_be_p(block + SIE_GBEA, w->gbea);
    stq_be_p(block + SIE_PP, w->pp);
    stl_be_p(block + SIE_TODPR, w->todpr);
    for (int i = 0; i < 16; i++) {
        stq_be_p(block + SIE_GCR + 8 * i, w->cr[i]);
    }
}

/* --- TLBs --- */

static Kvm390SieTag tag_of(CPUS390XState *env, uint64_t block)
{
    const Kvm390Sie *sie = &env->kvm390.sie;

    return (Kvm390SieTag) {
        .block = block,
        .host_asce = sie->host.cr[1], .host_cr0 = sie->host.cr[0],
        .host_psa = sie->host.psa,
        .origin = sie->storage.origin, .last = sie->storage.last,
        .psa = env->psa, .cr0 = env->cregs[0], .cr1 = env->cregs[1],
        .cr7 = env->cregs[7], .cr13 = env->cregs[13],
    };
}

/* May the entries of the guest that was left last be used by this one? */
static bool entries_hold(CPUS390XState *env, uint64_t block)
{
    const Kvm390Sie *sie = &env->kvm390.sie;
    const Kvm390SieTag now = tag_of(env, block);

    return sie->parked && !memcmp(&now, &sie->tag, sizeof(now)) &&
           lduw_be_p(sie->block + SIE_IHCPU) == env->core_id;
}

/* --- leaving --- */

/* Nothing of an instruction that was under way is left to the host. */
static void forget_instruction(CPUS390XState *env)
{
    env->ex_value = 0;
    env->kvm390.tlb.ar_active = false;
    env->per_perc_atmid = 0;
}

/* Those of PER are of the world that is live; @per: there may be others. */
static void change_watchpoints(CPUS390XState *env, bool per)
{
    if (per || kvm390_per_on(env)) {
        s390_cpu_recompute_watchpoints(env_cpu(env));
    }
}

void kvm390_sie_leave(CPUS390XState *env, unsigned icpt)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    Kvm390SieWorld guest;
    uint64_t block = sie->tag.block;
    bool per = kvm390_per_on(env);

    if (!sie->active) {
        return;
    }
    kvm390_sie_unlock_tables(env);
    save_world(env, &guest);
    world_to_block(&guest, sie->block);
    stq_be_p(sie->block + SIE_CPUTM, kvm390_sie_cputm(env));
    stq_be_p(sie->block + SIE_CKC, sie->ckc);
    if (icpt != SIE_ICPT_NONE) {
        kvm390_count_add(KVM390_COUNTER_SIE_INTERCEPTIONS, 1);
        stb_p(sie->block + SIE_ICPTCODE, icpt);
    }
    trace_kvm390_sie_leave(env_cpu(env)->cpu_index, icpt, guest.psw_mask,
                           guest.psw_addr);
    sie->tag = tag_of(env, block);
    sie->active = false;
    forget_instruction(env);
    load_world(env, &sie->host);
    env->psw.mask = sie->host.psw_mask;
    env->psw.addr = icpt == SIE_ICPT_NONE ? sie->at_sie : sie->host.psw_addr;
    env->cc_op = extract64(sie->host.psw_mask, 44, 2);
    kvm390_tlb_change_worlds(env);
    change_watchpoints(env, per);
    kvm390_sie_unmap(g_steal_pointer(&sie->block), SIE_SIZE);
}

void kvm390_sie_reset(CPUS390XState *env)
{
    kvm390_sie_leave(env, SIE_ICPT_NONE);
}

static void leave_work(CPUState *cs, run_on_cpu_data data)
{
    kvm390_sie_leave(cpu_env(cs), SIE_ICPT_NONE);
}

/* Migration, snapshots, debuggers and monitors see the host only. */
static void machine_stops(void *opaque, bool running, RunState state)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        if (!running && cpu_env(cs)->kvm390.sie.active) {
            run_on_cpu(cs, leave_work, RUN_ON_CPU_NULL);
        }
    }
}

void kvm390_sie_init(void)
{
    qemu_add_vm_change_state_handler(machine_stops, NULL);
}

/* --- entering --- */

/* The control block in memory, checked. */
static uint8_t *map_block(CPUS390XState *env, uint64_t addr, uintptr_t ra)
{
    uint8_t *block;

    if (addr & SIE_ALIGN || !(addr & ~PREFIX_AREA) ||
        (addr & ~PREFIX_AREA) == env->psa) {
        tcg_s390_program_interrupt(env, PGM_SPECIFICATION, ra);
    }
    block = kvm390_sie_map(addr, SIE_SIZE);
    if (!block) {
        tcg_s390_program_interrupt(env, PGM_ADDRESSING, ra);
    }
    return block;
}

/* What is honoured of SIE_ECA, by the CPU model. */
static uint32_t honoured_eca(void)
{
    return (s390_has_feat(S390_FEAT_SIE_CEI) ? SIE_ECA_CEI : 0) |
           (s390_has_feat(S390_FEAT_SIE_SIGPIF) ? SIE_ECA_SIGPI : 0);
}

static void load_controls(Kvm390Sie *sie)
{
    const uint8_t *block = sie->block;

    sie->eca = ldl_be_p(block + SIE_ECA) & honoured_eca();
    sie->ckc = ldq_be_p(block + SIE_CKC);
    sie->epoch = ldq_be_p(block + SIE_EPOCH);
    sie->controls = kvm390_sie_controls(ldl_be_p(block + SIE_CPUFLAGS),
                                        ldl_be_p(block + SIE_ICTL),
                                        lduw_be_p(block + SIE_LCTL),
                                        ldub_p(block + SIE_ECB),
                                        ldl_be_p(block + SIE_FAC));
}

/* Why it cannot be executed, or SIE_VALID. In the guest's world. */
static uint16_t check_validity(CPUS390XState *env)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    uint32_t cpuflags = ldl_be_p(sie->block + SIE_CPUFLAGS);
    uint16_t why = kvm390_sie_storage(cpuflags,
                                      ldq_be_p(sie->block + SIE_MSO),
                                      ldq_be_p(sie->block + SIE_MSL),
                                      &sie->storage);
    uint64_t absolute;

    if (!(cpuflags & SIE_CPUFLAG_ZARCH)) {
        return SIE_INVALID_MODE;
    }
    if (!why && kvm390_sie_absolute(env, env->psa, MMU_DATA_STORE, &absolute,
                                    NULL)) {
        return SIE_INVALID_PREFIX;
    }
    return why;
}

static void refuse_block(CPUS390XState *env, const Kvm390SieWorld *guest,
                         uint16_t why)
{
    Kvm390Sie *sie = &env->kvm390.sie;

    stw_be_p(sie->block + SIE_IPA, 0);
    stl_be_p(sie->block + SIE_IPB, why << 16);
    env->psw.mask = guest->psw_mask;
    env->psw.addr = guest->psw_addr;
    env->cc_op = extract64(guest->psw_mask, 44, 2);
    kvm390_sie_leave(env, SIE_ICPT_VALIDITY);
}

/* The guest's PSW may wait: then that was it. A timer may be due, too. */
static void start_guest(CPUS390XState *env, const Kvm390SieWorld *guest)
{
    s390_cpu_set_psw(env, guest->psw_mask, guest->psw_addr);
    if (env->kvm390.sie.active) {
        kvm390_sie_arm(env);
    }
}

/* START INTERPRETIVE EXECUTION; @next is the address behind it */
void HELPER(kvm390_sie)(CPUS390XState *env, uint64_t addr, uint64_t next)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    uint8_t *block = map_block(env, addr, GETPC());
    Kvm390SieWorld guest;
    uint16_t why;
    bool hold, per = env->psw.mask & PSW_MASK_PER;

    kvm390_count_add(KVM390_COUNTER_SIE_ENTRIES, 1);
    save_world(env, &sie->host);
    sie->at_sie = env->psw.addr;
    sie->host.psw_addr = next;
    sie->block = block;
    world_from_block(&guest, block);
    load_controls(sie);
    load_world(env, &guest);
    why = check_validity(env);
    sie->per = ldl_be_p(block + SIE_CPUFLAGS) & SIE_CPUFLAG_P;
    /* Entries of pages with a watchpoint are of a kind of their own. */
    hold = entries_hold(env, addr) && !sie->per;
    stw_be_p(block + SIE_IHCPU, env->core_id);
    sie->tag.block = addr;
    trace_kvm390_sie_enter(env_cpu(env)->cpu_index, addr, guest.psw_mask,
                           guest.psw_addr, hold);
    kvm390_sie_set_cputm(env, ldq_be_p(block + SIE_CPUTM));
    sie->active = true;
    kvm390_tlb_change_worlds(env);
    if (!hold) {
        kvm390_tlb_empty_world(env);
    }
    /* The PSW may be invalid: then there will be one. */
    env_cpu(env)->exception_index = -1;
    if (why) {
        refuse_block(env, &guest, why);
    } else {
        start_guest(env, &guest);
    }
    if (sie->active) {
        change_watchpoints(env, per);
    }
    cpu_loop_exit(env_cpu(env));
}
