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
#include "exec/exec-all.h"
#include "exec/page-protection.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/access-registers.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/protection.h"
#include "kvm390/trace.h"

/* The frame entry of this thread's last table walk. */
static __thread Kvm390Frame walk_frame;

/*
 * Bit 55 was the change-recording override of EDAT-1, until the
 * instruction-execution-protection facility gave it another meaning.
 */
void kvm390_walk_ended(uint64_t entry, bool large, bool edat1)
{
    bool co_exists = edat1 && !s390_has_feat(S390_FEAT_INSTRUCTION_EXEC_PROT);

    walk_frame = (Kvm390Frame) {
        .key_valid = large && (entry & 0x10000),        /* AV, bit 47 */
        .key = (entry >> 8) & (KVM390_KEY_ACC | KVM390_KEY_F),
        .change_override = co_exists && (entry & 0x100), /* CO, bit 55 */
    };
}

Kvm390Frame kvm390_frame(void)
{
    return walk_frame;
}

void kvm390_forget_frame(void)
{
    walk_frame = (Kvm390Frame) { };
}

/* One access as the key rule sees it. */
typedef struct {
    unsigned key;
    enum Kvm390Access access;
    uint64_t cr0;
    bool private_space;
    uint64_t ea;
    uint64_t len;
    Kvm390Frame frame;
} KeyedAccess;

static bool access_permits(uint8_t skey, void *opaque)
{
    const KeyedAccess *a = opaque;

    return kvm390_cpu_access_permits(
        a->key, a->frame.key_valid ? a->frame.key : skey, a->access, a->cr0,
        a->private_space, a->ea, a->len);
}

/* What a TLB entry may permit to every address of the page, at any time. */
static bool page_permits(const KeyedAccess *a, uint8_t skey,
                         enum Kvm390Access access)
{
    uint8_t key = a->frame.key_valid ? a->frame.key : skey;

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
    bool record = !a->frame.change_override;
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

static enum Kvm390Access access_of_type(MMUAccessType type)
{
    switch (type) {
    case MMU_DATA_STORE:
        return KVM390_STORE;
    case MMU_INST_FETCH:
        return KVM390_IFETCH;
    default:
        return KVM390_FETCH;
    }
}

static uint64_t asc_of_index(int index)
{
    switch (index) {
    case MMU_PRIMARY_IDX:
        return PSW_ASC_PRIMARY;
    case MMU_SECONDARY_IDX:
        return PSW_ASC_SECONDARY;
    case MMU_HOME_IDX:
        return PSW_ASC_HOME;
    default:
        g_assert_not_reached();
    }
}

static uint64_t asce_of_index(CPUS390XState *env, int index)
{
    static const uint8_t cr[] = {
        [MMU_PRIMARY_IDX] = 1, [MMU_SECONDARY_IDX] = 7, [MMU_HOME_IDX] = 13,
    };

    return env->cregs[cr[index]];
}

/* Private spaces exist under DAT only. */
static bool index_is_private(CPUS390XState *env, int index)
{
    return index != MMU_REAL_IDX && (env->psw.mask & PSW_MASK_DAT) &&
           (asce_of_index(env, index) & ASCE_PRIVATE_SPACE);
}

/*
 * Translate for @index of the family without key: low-address protection,
 * DAT with its own protections, addressing; no keys. Returns 0 or a program
 * interruption code.
 */
static int translate(CPUS390XState *env, uint64_t ea, MMUAccessType type,
                     int index, target_ulong *absolute, int *prot,
                     uint64_t *tec)
{
    kvm390_forget_frame();
    if (index == MMU_REAL_IDX) {
        return mmu_translate_real(env, ea, type, absolute, prot, tec);
    }
    return mmu_translate(env, ea, type, asc_of_index(index), absolute, prot,
                         tec);
}

static KeyedAccess describe(CPUS390XState *env, uint64_t ea, uint64_t len,
                            MMUAccessType type, int index, unsigned key)
{
    return (KeyedAccess) {
        .key = key,
        .access = access_of_type(type),
        .cr0 = env->cregs[0],
        .private_space = index_is_private(env, index),
        .ea = ea,
        .len = len,
        .frame = kvm390_frame(),
    };
}

static uint64_t key_protection_teid(CPUS390XState *env, uint64_t ea,
                                    MMUAccessType type, int index)
{
    uint64_t asc = index == MMU_REAL_IDX ? env->psw.mask & PSW_MASK_ASC
                                         : asc_of_index(index);

    return kvm390_teid(ea, access_of_type(type), asc >> PSW_SHIFT_ASC,
                       KVM390_PROT_KEY);
}

/* Addresses of 31-bit mode; those of 24-bit mode come wrapped. */
static uint64_t wrap_31(CPUS390XState *env, uint64_t addr)
{
    return env->psw.mask & PSW_MASK_64 ? addr : addr & 0x7fffffff;
}

bool kvm390_tlb_fill(CPUState *cs, vaddr address, int size,
                     MMUAccessType access_type, int mmu_idx,
                     bool probe, uintptr_t retaddr)
{
    CPUS390XState *env = cpu_env(cs);
    int family = mmu_idx / KVM390_FAMILY_SIZE;
    int index = mmu_idx % KVM390_FAMILY_SIZE;
    unsigned key = family ? env->kvm390_tlb.key[family - 1] & 0xf : 0;
    bool ar_space = index == MMU_PRIMARY_IDX && family &&
                    family == env->kvm390_tlb.ar_family;
    uint64_t cr1 = env->cregs[1];
    uint64_t ea = wrap_31(env, address);
    vaddr entry_size = TARGET_PAGE_SIZE;
    target_ulong absolute;
    uint64_t tec = 0;
    int prot, exc;

    exc = unlikely(ar_space)
          ? kvm390_ar_space_begin(env, access_type, ea, &tec) : 0;
    exc = exc ?: translate(env, ea, access_type, index, &absolute, &prot, &tec);
    if (!exc) {
        KeyedAccess a = describe(env, ea, size > 0 ? size : 1, access_type,
                                 index, key);

        if (!keyed_access(&a, absolute, &prot, &entry_size)) {
            exc = PGM_PROTECTION;
            tec = key_protection_teid(env, ea, access_type, index);
        }
    }
    if (unlikely(ar_space)) {
        kvm390_ar_space_end(env, cr1, exc, &tec, &prot);
    }
    env->tlb_fill_exc = exc;
    env->tlb_fill_tec = tec;
    qemu_log_mask(CPU_LOG_MMU, "%s: 0x%" VADDR_PRIx " type %d idx %d key %u: "
                  "exc 0x%x prot %x\n", __func__, address, access_type,
                  mmu_idx, key, exc, exc ? 0 : prot);

    if (!exc) {
        if (!(kvm390_host_permit(absolute) & KVM390_PERMIT_WRITE)) {
            prot &= ~PAGE_WRITE;
        }
        tlb_set_page(cs, address & TARGET_PAGE_MASK, absolute, prot, mmu_idx,
                     entry_size);
        kvm390_tlb_filled(cs, mmu_idx);
        return true;
    }
    if (probe) {
        return false;
    }
    if (unlikely(ar_space)) {
        kvm390_ar_space_refused(env);
    }
    /* The instruction length is undefined for fetches; see QEMU's own fill. */
    env->int_pgm_ilen = 2;
    trigger_pgm_exception(env, exc);
    cpu_loop_exit_restore(cs, retaddr);
}

int kvm390_check_key(CPUS390XState *env, uint64_t addr, uint64_t len,
                     MMUAccessType type, int mmu_idx, unsigned key)
{
    while (key && len && kvm390_skeys_on()) {
        uint64_t ea = wrap_31(env, addr);
        uint64_t part = MIN(len, -(ea | TARGET_PAGE_MASK));
        target_ulong absolute;
        uint64_t tec = 0;
        uint8_t skey = 0;
        KeyedAccess a;
        int prot, exc;

        exc = translate(env, ea, type, mmu_idx, &absolute, &prot, &tec);
        if (!exc) {
            a = describe(env, ea, part, type, mmu_idx, key);
            if (kvm390_keys_active()) {
                skey = kvm390_keystore_get(&kvm390_keys.store,
                                           absolute >> TARGET_PAGE_BITS);
            }
            if (!access_permits(skey, &a)) {
                exc = PGM_PROTECTION;
                tec = key_protection_teid(env, ea, type, mmu_idx);
            }
        }
        if (exc) {
            env->tlb_fill_exc = exc;
            env->tlb_fill_tec = tec;
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
