/*
 * Translating an address as an access of the emulated CPU does
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exec/page-protection.h"
#include "kvm390/include/access-registers.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/exits.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/pgm.h"
#include "kvm390/include/translation.h"
#include "guest-memory.h"

Kvm390Space kvm390_space_of_asc(CPUS390XState *env, uint64_t asc)
{
    Kvm390Space space = { .dat = env->psw.mask & PSW_MASK_DAT };

    switch (asc) {
    case PSW_ASC_SECONDARY:
        space.asce = env->cregs[7];
        space.as = PSW_ASC_SECONDARY >> PSW_SHIFT_ASC;
        break;
    case PSW_ASC_HOME:
        space.asce = env->cregs[13];
        space.as = PSW_ASC_HOME >> PSW_SHIFT_ASC;
        break;
    default:
        space.asce = env->cregs[1];
        break;
    }
    return space;
}

Kvm390Space kvm390_space_of_index(CPUS390XState *env, int index)
{
    switch (index) {
    case MMU_PRIMARY_IDX:
        return kvm390_space_of_asc(env, PSW_ASC_PRIMARY);
    case MMU_SECONDARY_IDX:
        return kvm390_space_of_asc(env, PSW_ASC_SECONDARY);
    case MMU_HOME_IDX:
        return kvm390_space_of_asc(env, PSW_ASC_HOME);
    case MMU_REAL_IDX:
        return (Kvm390Space) {
            .as = (env->psw.mask & PSW_MASK_ASC) >> PSW_SHIFT_ASC,
        };
    default:
        g_assert_not_reached();
    }
}

uint64_t kvm390_space_teid(const Kvm390Space *space, uint64_t ea,
                           MMUAccessType type, enum Kvm390Protection prot)
{
    return kvm390_teid(ea, kvm390_access_of_type(type), space->as, prot);
}

static Kvm390DatFeatures dat_features(CPUS390XState *env)
{
    const bool edat1 = (env->cregs[0] & CR0_EDAT) &&
                       s390_has_feat(S390_FEAT_EDAT);
    const bool iep = s390_has_feat(S390_FEAT_INSTRUCTION_EXEC_PROT);

    return (Kvm390DatFeatures) {
        .edat1 = edat1,
        .edat2 = edat1 && s390_has_feat(S390_FEAT_EDAT_2),
        .iep = iep && (env->cregs[0] & CR0_IEP),
        .change_override = edat1 && !iep,
    };
}

/* A translation under way: guest memory, and what the client refused of it. */
typedef struct Walk {
    Kvm390GuestMemory gm;
    Kvm390Translation *t;
    CPUS390XState *env;
} Walk;

/*
 * Whether there is memory at an address of the machine's, to be accessed that
 * way; the guest knows it as @absolute.
 */
static bool memory_is_there(Walk *walk, uint64_t machine, uint64_t absolute,
                            bool store)
{
    Kvm390Translation *t = walk->t;

    t->host_refused = !kvm390_host_permits(machine, store);
    t->no_memory = absolute & TARGET_PAGE_MASK;
    return !t->host_refused &&
           kvm390_mem_host(&walk->gm.mem, machine, store);
}

/* A guest's absolute address becomes one of the machine's. */
static int second_stage(Walk *walk, uint64_t absolute, MMUAccessType type,
                        uint64_t *machine, int *prot)
{
    if (unlikely(walk->env->kvm390.sie.active)) {
        return kvm390_sie_absolute(walk->env, absolute, type, machine, prot);
    }
    *machine = kvm390_machine_address(walk->env, absolute);
    return 0;
}

static int fetch_entry(void *opaque, uint64_t addr, uint64_t *value)
{
    Walk *walk = opaque;
    uint64_t machine;
    int code = second_stage(walk, addr, MMU_DATA_LOAD, &machine, NULL);

    if (unlikely(code)) {
        return code;
    }
    return memory_is_there(walk, machine, addr, false)
           ? kvm390_mem_fetch8(&walk->gm.mem, machine, value)
           : KVM390_PGM_ADDRESSING;
}

static int refuse_access(Kvm390Translation *t, const Kvm390Space *space,
                         uint64_t ea, MMUAccessType type,
                         enum Kvm390Protection prot)
{
    t->teid = kvm390_space_teid(space, ea, type, prot);
    return KVM390_PGM_PROTECTION;
}

/* The protections that are judged before the tables are looked at. */
static int judge_address(CPUS390XState *env, const Kvm390Space *space,
                         uint64_t ea, MMUAccessType type, Kvm390Translation *t)
{
    const bool private_space = kvm390_space_is_private(space);
    const bool store = type == MMU_DATA_STORE;

    t->prot = PAGE_READ | PAGE_WRITE | PAGE_EXEC;
    if (unlikely(space->fetch_only)) {
        if (store) {
            return refuse_access(t, space, ea, type, KVM390_PROT_ACCESS_LIST);
        }
        t->prot &= ~PAGE_WRITE;
    }
    if (unlikely(kvm390_low_address_protected(env->cregs[0], private_space,
                                              ea & TARGET_PAGE_MASK))) {
        /* The page begins with protected addresses: ask at each store. */
        t->prot |= PAGE_WRITE_INV;
        if (store && kvm390_is_low_address(ea)) {
            return refuse_access(t, space, ea, type, KVM390_PROT_LOW_ADDRESS);
        }
    }
    return 0;
}

/* Those that a walk found. */
static int judge_frame(const Kvm390Space *space, uint64_t ea,
                       MMUAccessType type, Kvm390Translation *t)
{
    if (t->frame.protect) {
        if (type == MMU_DATA_STORE) {
            return refuse_access(t, space, ea, type, KVM390_PROT_DAT);
        }
        t->prot &= ~PAGE_WRITE;
    }
    if (t->frame.exec_protect) {
        if (type == MMU_INST_FETCH) {
            return refuse_access(t, space, ea, type, KVM390_PROT_IEP);
        }
        t->prot &= ~PAGE_EXEC;
    }
    return 0;
}

static int walk_tables(CPUS390XState *env, const Kvm390Space *space,
                       uint64_t ea, MMUAccessType type, Walk *walk)
{
    const Kvm390DatFeatures features = dat_features(env);
    int code = kvm390_dat_walk(ea, space->asce, &features, fetch_entry, walk,
                               &walk->t->frame);

    if (unlikely(code)) {
        walk->t->teid = kvm390_space_teid(space, ea, type, KVM390_PROT_NONE);
    }
    return code;
}

static int translate_access(CPUS390XState *env, const Kvm390Space *space,
                            uint64_t ea, MMUAccessType type, Walk *walk)
{
    Kvm390Translation *t = walk->t;
    uint64_t absolute;
    int code = judge_address(env, space, ea, type, t);

    if (unlikely(code)) {
        return code;
    }
    if (space->dat) {
        code = walk_tables(env, space, ea, type, walk);
        code = code ?: judge_frame(space, ea, type, t);
        if (unlikely(code)) {
            return code;
        }
    } else {
        t->frame = (Kvm390DatFrame) { .addr = ea };
    }
    absolute = t->frame.absolute
               ? t->frame.addr
               : kvm390_real_to_absolute(t->frame.addr, env->psa);
    code = second_stage(walk, absolute, type, &t->absolute, &t->prot);
    if (unlikely(code)) {
        t->teid = 0;
        return code;
    }
    if (unlikely(!memory_is_there(walk, t->absolute, absolute,
                                  type == MMU_DATA_STORE))) {
        t->teid = 0; /* not stored with this one */
        return KVM390_PGM_ADDRESSING;
    }
    return 0;
}

/* The exception that may follow has to know what was not there. */
static void note_memory(CPUS390XState *env, const Kvm390Translation *t)
{
    if (kvm390_intercepts.client_runs && env_cpu(env) == current_cpu) {
        kvm390_host_note(env, t->no_memory, t->host_refused);
    }
}

int kvm390_translate_access(CPUS390XState *env, const Kvm390Space *space,
                     uint64_t ea, MMUAccessType type, Kvm390Translation *t)
{
    Walk walk = { .t = t, .env = env };
    int code;

    t->no_memory = 0;
    t->host_refused = false;
    RCU_READ_LOCK_GUARD();
    kvm390_guest_memory_begin(&walk.gm, NULL);
    code = translate_access(env, space, ea, type, &walk);
    kvm390_guest_memory_end(&walk.gm);
    note_memory(env, t);
    return code;
}

int kvm390_translate_real(CPUS390XState *env, const Kvm390Space *space,
                          uint64_t ea, Kvm390Translation *t)
{
    Walk walk = { .t = t, .env = env };
    int code;

    t->no_memory = 0;
    t->host_refused = false;
    RCU_READ_LOCK_GUARD();
    kvm390_guest_memory_begin(&walk.gm, NULL);
    code = walk_tables(env, space, ea, MMU_DATA_LOAD, &walk);
    kvm390_guest_memory_end(&walk.gm);
    note_memory(env, t);
    return code;
}

int kvm390_mmu_translate(CPUS390XState *env, target_ulong vaddr, int rw,
                         uint64_t asc, target_ulong *raddr, int *flags,
                         uint64_t *tec)
{
    const Kvm390Space space = kvm390_space_of_asc(env, asc);
    Kvm390Translation t = { };
    int code;

    if (rw == MMU_S390_LRA) {
        code = kvm390_translate_real(env, &space, vaddr, &t);
        *raddr = t.frame.addr & TARGET_PAGE_MASK;
    } else {
        code = kvm390_translate_access(env, &space, vaddr, rw, &t);
        *raddr = t.absolute & TARGET_PAGE_MASK;
    }
    *flags = t.prot;
    *tec = t.teid;
    return code;
}

void G_NORETURN kvm390_refuse(CPUS390XState *env, int code, uint64_t teid,
                              uintptr_t ra)
{
    env->tlb_fill_exc = code;
    env->tlb_fill_tec = teid;
    tcg_s390_program_interrupt(env, code, ra);
}
