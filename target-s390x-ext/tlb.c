/*
 * Storage protection at the TLB: the TLB fill, and operands with a key
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exec/cputlb.h"
#include "exec/page-protection.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/access-registers.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/protection.h"
#include "kvm390/include/translation.h"

/* One access as the key rule sees it. */
typedef struct {
    unsigned key;
    enum Kvm390Access access;
    uint64_t cr0;
    bool private_space;
    uint64_t ea;
    uint64_t len;
    const Kvm390DatFrame *frame;
    uint8_t skey;               /* the storage key that was found */
} KeyedAccess;

static bool access_permits(uint8_t skey, void *opaque)
{
    const KeyedAccess *a = opaque;

    return kvm390_cpu_access_permits(
        a->key, a->frame->key_valid ? a->frame->key : skey, a->access, a->cr0,
        a->private_space, a->ea, a->len);
}

/* What a TLB entry may permit to every address of the page, at any time. */
static bool page_permits(const KeyedAccess *a, uint8_t skey,
                         enum Kvm390Access access)
{
    uint8_t key = a->frame->key_valid ? a->frame->key : skey;

    return kvm390_key_permits(a->key, key, access) ||
           kvm390_storage_override_applies(a->cr0, key);
}

/**
 * Check and record one access, and reduce @prot to what the entry may permit.
 * @size is set to 1 if the entry must not be used a second time.
 * Returns whether the access is permitted.
 */
static bool keyed_access(KeyedAccess *a, uint64_t absolute, int *prot,
                         vaddr *size)
{
    bool record = !a->frame->change_override;
    uint8_t skey = 0;

    if (kvm390_keys_active()) {
        if (!kvm390_keystore_touch(&kvm390_keys.store,
                                   absolute >> TARGET_PAGE_BITS,
                                   a->key ? access_permits : NULL, a,
                                   a->access == KVM390_STORE && record,
                                   &skey)) {
            return false;
        }
        /* The first store has to come here again, to set C. */
        if (record && !(skey & KVM390_KEY_C)) {
            *prot &= ~PAGE_WRITE;
        }
    } else if (a->key && !access_permits(0, a)) {
        return false;
    }
    a->skey = skey;

    if (a->key) {
        if (!page_permits(a, skey, KVM390_STORE)) {
            *prot &= ~PAGE_WRITE;
        }
        if (!page_permits(a, skey, KVM390_FETCH)) {
            /* Fetch-protection override: good for this fragment only. */
            *size = 1;
        }
    }
    return true;
}

static KeyedAccess describe_access(CPUS390XState *env, const Kvm390Space *space,
                                   uint64_t ea, uint64_t len,
                                   MMUAccessType type, unsigned key,
                                   const Kvm390DatFrame *frame)
{
    return (KeyedAccess) {
        .key = key,
        .access = kvm390_access_of_type(type),
        .cr0 = env->cregs[0],
        .private_space = kvm390_space_is_private(space),
        .ea = ea,
        .len = len,
        .frame = frame,
    };
}

/* Addresses of 31-bit mode; those of 24-bit mode come wrapped. */
static uint64_t wrap_31(CPUS390XState *env, uint64_t addr)
{
    return env->psw.mask & PSW_MASK_64 ? addr : addr & 0x7fffffff;
}

/* The space of an MMU index; of one that access registers designate, that. */
static Kvm390Space space_of_fill(CPUS390XState *env, int family, int index)
{
    const Kvm390Tlb *k = &env->kvm390.tlb;

    if (likely(!family || family != k->ar_family ||
               index != MMU_PRIMARY_IDX)) {
        return kvm390_space_of_index(env, index);
    }
    return (Kvm390Space) {
        .asce = k->ar_asce,
        .dat = true,
        .fetch_only = k->ar_fetch_only,
        .as = PSW_ASC_ACCREG >> PSW_SHIFT_ASC,
    };
}

/* Whether nobody changed the key while the entry was made, see keystore.h. */
static bool entry_holds(const KeyedAccess *a, uint64_t absolute)
{
    if (!kvm390_keys_active()) {
        return true;
    }
    smp_mb(); /* between the entry and the look; see keystore.h, rule 4 */
    return kvm390_keystore_holds(&kvm390_keys.store,
                                 absolute >> TARGET_PAGE_BITS, a->skey);
}

/* Returns whether the entry was made; else @t->teid and the code in @exc. */
static bool fill_entry(CPUState *cs, vaddr address, int size,
                       MMUAccessType type, int mmu_idx,
                       const Kvm390Space *space, Kvm390Translation *t,
                       int *exc)
{
    CPUS390XState *env = cpu_env(cs);
    int family = mmu_idx / KVM390_FAMILY_SIZE;
    unsigned key = family ? env->kvm390.tlb.key[family - 1] & 0xf : 0;
    uint64_t ea = wrap_31(env, address);
    vaddr entry_size;
    KeyedAccess a;

again:
    entry_size = TARGET_PAGE_SIZE;
    *exc = kvm390_translate_access(env, space, ea, type, t);
    if (unlikely(*exc)) {
        return false;
    }
    a = describe_access(env, space, ea, size > 0 ? size : 1, type, key,
                        &t->frame);
    if (unlikely(!keyed_access(&a, t->absolute, &t->prot, &entry_size))) {
        *exc = PGM_PROTECTION;
        t->teid = kvm390_space_teid(space, ea, type, KVM390_PROT_KEY);
        return false;
    }
    if (unlikely(!kvm390_host_permits(t->absolute, true))) {
        t->prot &= ~PAGE_WRITE;
    }
    tlb_set_page(cs, address & TARGET_PAGE_MASK,
                 t->absolute & TARGET_PAGE_MASK, t->prot, mmu_idx, entry_size);
    if (unlikely(!entry_holds(&a, t->absolute))) {
        tlb_flush_page_by_mmuidx(cs, address & TARGET_PAGE_MASK,
                                 1u << mmu_idx);
        goto again;
    }
    kvm390_tlb_filled(cs, mmu_idx);
    return true;
}

bool kvm390_tlb_fill(CPUState *cs, vaddr address, int size,
                     MMUAccessType access_type, int mmu_idx,
                     bool probe, uintptr_t retaddr)
{
    CPUS390XState *env = cpu_env(cs);
    const Kvm390Space space = space_of_fill(env, mmu_idx / KVM390_FAMILY_SIZE,
                                            mmu_idx % KVM390_FAMILY_SIZE);
    Kvm390Translation t;
    int exc;
    bool filled = fill_entry(cs, address, size, access_type, mmu_idx, &space,
                             &t, &exc);

    env->tlb_fill_exc = exc;
    env->tlb_fill_tec = exc ? t.teid : 0;
    qemu_log_mask(CPU_LOG_MMU, "%s: 0x%" VADDR_PRIx " type %d idx %d: "
                  "exc 0x%x prot %x\n", __func__, address, access_type,
                  mmu_idx, exc, exc ? 0 : t.prot);
    if (filled || probe) {
        return filled;
    }
    if (unlikely(space.as == PSW_ASC_ACCREG >> PSW_SHIFT_ASC && space.dat)) {
        kvm390_ar_space_refused(env);
    }
    /* The instruction length is undefined for fetches; see QEMU's own fill. */
    env->int_pgm_ilen = 2;
    trigger_pgm_exception(env, exc);
    cpu_loop_exit_restore(cs, retaddr);
}

/* One fragment of an operand; 0 or a code, with the TEID in @teid. */
static int check_fragment(CPUS390XState *env, const Kvm390Space *space,
                          uint64_t ea, uint64_t len, MMUAccessType type,
                          unsigned key, uint64_t *teid)
{
    Kvm390Translation t;
    uint8_t skey = 0;
    KeyedAccess a;
    int exc = kvm390_translate_access(env, space, ea, type, &t);

    if (exc) {
        *teid = t.teid;
        return exc;
    }
    a = describe_access(env, space, ea, len, type, key, &t.frame);
    if (kvm390_keys_active()) {
        skey = kvm390_keystore_get(&kvm390_keys.store,
                                   t.absolute >> TARGET_PAGE_BITS);
    }
    if (!access_permits(skey, &a)) {
        *teid = kvm390_space_teid(space, ea, type, KVM390_PROT_KEY);
        return PGM_PROTECTION;
    }
    return 0;
}

int kvm390_check_key(CPUS390XState *env, uint64_t addr, uint64_t len,
                     MMUAccessType type, int mmu_idx, unsigned key)
{
    const Kvm390Space space = kvm390_space_of_index(env, mmu_idx);

    while (key && len && kvm390_skeys_on()) {
        uint64_t ea = wrap_31(env, addr);
        uint64_t part = MIN(len, -(ea | TARGET_PAGE_MASK));
        uint64_t teid;
        int exc = check_fragment(env, &space, ea, part, type, key, &teid);

        if (exc) {
            env->tlb_fill_exc = exc;
            env->tlb_fill_tec = teid;
            return exc;
        }
        addr = wrap_address(env, addr + part);
        len -= part;
    }
    return 0;
}

void kvm390_require_key(CPUS390XState *env, uint64_t addr, uint64_t len,
                        MMUAccessType type, int mmu_idx, unsigned key,
                        uintptr_t ra)
{
    int exc = kvm390_check_key(env, addr, len, type, mmu_idx, key);

    if (exc) {
        tcg_s390_program_interrupt(env, exc, ra);
    }
}

void kvm390_probe_write(CPUS390XState *env, uint64_t addr, uint64_t len,
                        uintptr_t ra)
{
    if (kvm390_skeys_on()) {
        probe_write_access(env, addr, len, ra);
    }
}

int kvm390_fetch_unit(uint64_t addr)
{
    if (addr < KVM390_FETCH_OVERRIDE_LIMIT && kvm390_skeys_on()) {
        return KVM390_FETCH_OVERRIDE_LIMIT - addr;
    }
    return -(addr | TARGET_PAGE_MASK);
}
