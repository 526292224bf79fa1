/*
 * The storage-key instructions
 *
 * A key that a TLB may remember must not change under it (keystore.h). Where
 * that is the case the CPU takes the page out of all TLBs. If another CPU had
 * it, or the page holds code, the CPU stops the others: it starts over in TCG's
 * exclusive section, as for an atomic operation that the host lacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "tcg/tcg.h"
#include "exec/helper-proto.h"
#include "exec/translation-block.h"
#include "hw/boards.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/keyrules.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/protection.h"
#include "kvm390/include/tlb-drop.h"
#include "kvm390/include/translation.h"

/* CR0 bit 36: problem state may use IPK and IVSK. */
#define CR0_EXTRACTION_AUTHORITY    0x0000000008000000ull

/* PFMF and multiple-block SSKE let interruptions in after this many bytes. */
#define UNIT_OF_OPERATION           KVM390_SEGMENT_SIZE

static void flush_work(CPUState *cs, run_on_cpu_data data)
{
    kvm390_flush_quiesced();
}

static void use_keys_work(CPUState *cs, run_on_cpu_data data)
{
    kvm390_keys_use_quiesced(NULL);
}

/* No other vCPU can be executing guest instructions. */
static bool runs_alone(CPUState *cs)
{
    return cpu_in_exclusive_context(cs) || !tcg_cflags_has(cs, CF_PARALLEL);
}

static bool executed_by_ex(uintptr_t ra)
{
    const TranslationBlock *tb = tcg_tb_lookup(ra);

    return tb && tb->cs_base;
}

/*
 * The page whose key is to change may be in a TLB: return only if the caller
 * may change it all the same, else begin the instruction anew.
 */
static void before_cached_change(CPUS390XState *env, uintptr_t ra)
{
    CPUState *cs = env_cpu(env);

    if (runs_alone(cs)) {
        kvm390_flush_quiesced();
    } else if (executed_by_ex(ra)) {
        /*
         * Starting over would execute the EXECUTE only. Change the key now;
         * this translation block ends behind the instruction, and the flush
         * takes place before this CPU's next one.
         */
        async_safe_run_on_cpu(cs, flush_work, RUN_ON_CPU_NULL);
    } else {
        cpu_loop_exit_atomic(cs, ra);
    }
}

/* Keys begin to be used with the first key instruction. */
static void use_keys(CPUS390XState *env, uintptr_t ra)
{
    CPUState *cs = env_cpu(env);

    if (likely(kvm390_keys_used())) {
        return;
    }
    if (runs_alone(cs)) {
        kvm390_keys_use_quiesced(NULL);
        return;
    }
    async_safe_run_on_cpu(cs, use_keys_work, RUN_ON_CPU_NULL);
    cpu_loop_exit_restore(cs, ra);
}

/* Most pages lie in the machine's memory at 0, which never changes. */
static hwaddr initial_memory;
static uintptr_t initial_host;
static ram_addr_t initial_ram;

static uint64_t existing_page_slow(CPUS390XState *env, uint64_t absolute,
                                   uintptr_t ra)
{
    const uint64_t machine = kvm390_machine_address(env, absolute);
    MemoryRegion *ram = current_machine->ram;

    if (!initial_memory && ram) {
        initial_host = (uintptr_t)memory_region_get_ram_ptr(ram);
        initial_ram = memory_region_get_ram_addr(ram);
        initial_memory = memory_region_size(ram);
    }
    if (unlikely(!mmu_absolute_addr_valid(machine, false))) {
        env->kvm390.memory.page = absolute & TARGET_PAGE_MASK;
        tcg_s390_program_interrupt(env, PGM_ADDRESSING, ra);
    }
    return machine;
}

/* Where a page is in the machine's memory; or an addressing exception. */
static inline uint64_t existing_page(CPUS390XState *env, uint64_t absolute,
                                     uintptr_t ra)
{
    return likely(absolute < initial_memory)
           ? absolute : existing_page_slow(env, absolute, ra);
}

/* The machine's page of a real address, or an addressing exception. */
static inline uint64_t gfn_of_real(CPUS390XState *env, uint64_t addr,
                                   uintptr_t ra)
{
    uint64_t absolute = wrap_address(env, addr) & TARGET_PAGE_MASK;

    if (unlikely(absolute < 0x2000 || absolute - env->psa < 0x2000)) {
        absolute = mmu_real2abs(env, absolute);
    }
    return existing_page(env, absolute, ra) >> TARGET_PAGE_BITS;
}

/*
 * Cached jumps into a page stay when it is taken out of the TLBs, so pages with
 * translated code are not for that.
 */
static bool holds_code(uint64_t offset)
{
    return !physical_memory_get_dirty_flag(initial_ram + offset,
                                               DIRTY_MEMORY_CODE);
}

/*
 * The page's key is to change, and a TLB may hold it: try to do without
 * stopping the others, by rule 4 of keystore.h. If that is not possible the
 * page is still marked afterwards.
 */
static void uncache_page(CPUS390XState *env, uint64_t gfn)
{
    const uint64_t offset = gfn << TARGET_PAGE_BITS;
    bool others;

    if (offset >= initial_memory) {
        return;
    }
    kvm390_keystore_uncache(&kvm390_keys.store, gfn);
    others = kvm390_tlb_drop(initial_host + offset);
    if (holds_code(offset) || (others && !runs_alone(env_cpu(env)))) {
        kvm390_keystore_mark(&kvm390_keys.store, gfn);
    }
}

static enum Kvm390KeyChange set_key(CPUS390XState *env, uint64_t gfn,
                                    uint8_t key, bool mr, bool mc,
                                    uint8_t *old, uintptr_t ra)
{
    enum Kvm390KeyChange change;

    change = kvm390_keystore_set(&kvm390_keys.store, gfn, key, mr, mc, false,
                                 old);
    if (unlikely(change == KVM390_KEY_CACHED)) {
        before_cached_change(env, ra);
        change = kvm390_keystore_set(&kvm390_keys.store, gfn, key, mr, mc,
                                     true, old);
    }
    return change;
}

/* As set_key(), where it is not one of many pages that are set. */
static enum Kvm390KeyChange set_one_key(CPUS390XState *env, uint64_t gfn,
                                        uint8_t key, bool mr, bool mc,
                                        uint8_t *old, uintptr_t ra)
{
    enum Kvm390KeyChange change;

    change = kvm390_keystore_set(&kvm390_keys.store, gfn, key, mr, mc, false,
                                 old);
    if (unlikely(change == KVM390_KEY_CACHED)) {
        uncache_page(env, gfn);
        change = set_key(env, gfn, key, mr, mc, old, ra);
    }
    return change;
}

static bool try_reset_reference(uint64_t gfn, uint8_t *old)
{
    return kvm390_keystore_reset_reference(&kvm390_keys.store, gfn, false,
                                           old) != KVM390_KEY_CACHED;
}

static uint8_t reset_reference(CPUS390XState *env, uint64_t gfn, uintptr_t ra)
{
    uint8_t old;

    if (likely(try_reset_reference(gfn, &old))) {
        return old;
    }
    uncache_page(env, gfn);
    if (!try_reset_reference(gfn, &old)) {
        before_cached_change(env, ra);
        kvm390_keystore_reset_reference(&kvm390_keys.store, gfn, true, &old);
    }
    return old;
}

static Kvm390KeyFacilities key_facilities(void)
{
    return (Kvm390KeyFacilities) {
        .edat1 = s390_has_feat(S390_FEAT_EDAT),
        .conditional_sske = s390_has_feat(S390_FEAT_CONDITIONAL_SSKE),
        .nonquiescing = s390_has_feat(S390_FEAT_NONQ_KEY_SETTING),
        .edat2 = s390_has_feat(S390_FEAT_EDAT_2),
    };
}

static bool is_amode64(CPUS390XState *env)
{
    return env->psw.mask & PSW_MASK_64;
}

static bool is_amode24(CPUS390XState *env)
{
    return !(env->psw.mask & (PSW_MASK_64 | PSW_MASK_32));
}

/* INSERT STORAGE KEY EXTENDED */
uint64_t HELPER(kvm390_iske)(CPUS390XState *env, uint64_t addr)
{
    uint64_t gfn = gfn_of_real(env, addr, GETPC());

    use_keys(env, GETPC());
    return kvm390_keystore_get(&kvm390_keys.store, gfn);
}

/* SET STORAGE KEY EXTENDED without condition, one block */
void HELPER(kvm390_sske)(CPUS390XState *env, uint64_t key, uint64_t addr)
{
    uint64_t gfn = gfn_of_real(env, addr, GETPC());
    uint8_t old;

    use_keys(env, GETPC());
    set_one_key(env, gfn, key, false, false, &old, GETPC());
}

/* Write an address register that an instruction has advanced. */
static void advance_register(CPUS390XState *env, unsigned r, uint64_t addr)
{
    if (is_amode64(env)) {
        env->regs[r] = addr;
    } else {
        env->regs[r] = deposit64(env->regs[r], 0, 32, wrap_address(env, addr));
    }
}

/*
 * Set the keys from absolute address @addr to the end of its 1-MiB block,
 * and keep R2 up to date, so that starting over goes on where it was.
 */
static void set_key_multiple(CPUS390XState *env, unsigned r2, uint64_t addr,
                             uint8_t key, bool mr, bool mc, uintptr_t ra)
{
    uint64_t end = (addr | (KVM390_SEGMENT_SIZE - 1)) + 1;
    uint64_t keep = env->regs[r2] & ~TARGET_PAGE_MASK, gfn;
    uint8_t old;

    for (; addr != end; addr += KVM390_PAGE_SIZE) {
        advance_register(env, r2, addr | keep);
        gfn = existing_page(env, addr, ra) >> TARGET_PAGE_BITS;
        set_key(env, gfn, key, mr, mc, &old, ra);
    }
    advance_register(env, r2, end | keep);
}

/* SET STORAGE KEY EXTENDED with M3; returns the condition code */
uint32_t HELPER(kvm390_sske_m3)(CPUS390XState *env, uint32_t r1, uint32_t r2,
                                uint32_t m3)
{
    const Kvm390KeyFacilities fac = key_facilities();
    const uint8_t key = env->regs[r1];
    const uintptr_t ra = GETPC();
    uint32_t cc = env->cc_op;
    bool mr, mc, changed;
    uint64_t gfn;
    uint8_t old;

    m3 = kvm390_sske_m3(m3, &fac);
    mr = m3 & KVM390_SSKE_MR;
    mc = m3 & KVM390_SSKE_MC;
    if (m3 & KVM390_SSKE_MB) {
        use_keys(env, ra);
        set_key_multiple(env, r2, wrap_address(env, env->regs[r2])
                                  & TARGET_PAGE_MASK, key, mr, mc, ra);
        return mr || mc ? 3 : cc;
    }
    gfn = gfn_of_real(env, env->regs[r2], ra);
    use_keys(env, ra);
    changed = set_one_key(env, gfn, key, mr, mc, &old, ra) ==
              KVM390_KEY_CHANGED;
    if (mr || mc) {
        env->regs[r1] = deposit64(env->regs[r1], 8, 8, old);
        cc = changed;
    }
    return cc;
}

/* RESET REFERENCE BIT EXTENDED */
uint32_t HELPER(kvm390_rrbe)(CPUS390XState *env, uint64_t addr)
{
    uint64_t gfn = gfn_of_real(env, addr, GETPC());

    use_keys(env, GETPC());
    return kvm390_rc_condition(reset_reference(env, gfn, GETPC()));
}

/* The machine's first of the 64 pages whose set holds an absolute address. */
static uint64_t first_of_set(CPUS390XState *env, uint64_t addr, uintptr_t ra)
{
    uint64_t first = wrap_address(env, addr) & -(64 * KVM390_PAGE_SIZE);
    uint64_t machine = existing_page(env, first, ra);

    existing_page(env, first + 63 * KVM390_PAGE_SIZE, ra);
    return machine >> TARGET_PAGE_BITS;
}

/* INSERT REFERENCE BITS MULTIPLE */
uint64_t HELPER(kvm390_irbm)(CPUS390XState *env, uint64_t addr)
{
    uint64_t gfn = first_of_set(env, addr, GETPC());
    uint64_t bits = 0;

    use_keys(env, GETPC());
    for (unsigned i = 0; i < 64; i++) {
        if (kvm390_keystore_get(&kvm390_keys.store, gfn + i) & KVM390_KEY_R) {
            bits |= kvm390_reference_mask(i);
        }
    }
    return bits;
}

/* Whether any of 64 pages may be in a TLB, as RRBM must know at once. */
static bool any_cached(uint64_t gfn)
{
    uint32_t epoch = qatomic_read(&kvm390_keys.store.epoch);

    for (unsigned i = 0; i < 64; i++) {
        uint16_t *word = kvm390_keystore_word(&kvm390_keys.store, gfn + i);

        if (qatomic_read(word) >> KVM390_KEYWORD_EPOCH_SHIFT == epoch) {
            return true;
        }
    }
    return false;
}

/*
 * RESET REFERENCE BITS MULTIPLE. Once a bit has been reset the instruction
 * cannot start over without losing it; a page that gets cached between the
 * look and the reset is reset all the same, and flushed for afterwards.
 */
uint64_t HELPER(kvm390_rrbm)(CPUS390XState *env, uint64_t addr)
{
    uint64_t gfn = first_of_set(env, addr, GETPC());
    CPUState *cs = env_cpu(env);
    uint64_t bits = 0;
    bool flush = false;
    uint8_t old;

    use_keys(env, GETPC());
    if (any_cached(gfn)) {
        before_cached_change(env, GETPC());
    }
    for (unsigned i = 0; i < 64; i++) {
        if (kvm390_keystore_reset_reference(&kvm390_keys.store, gfn + i, false,
                                            &old) == KVM390_KEY_CACHED) {
            kvm390_keystore_reset_reference(&kvm390_keys.store, gfn + i, true,
                                            &old);
            flush = true;
        }
        if (old & KVM390_KEY_R) {
            bits |= kvm390_reference_mask(i);
        }
    }
    if (flush) {
        async_safe_run_on_cpu(cs, flush_work, RUN_ON_CPU_NULL);
    }
    return bits;
}

/* Problem state needs the extraction-authority control. */
static void require_extraction_authority(CPUS390XState *env, uintptr_t ra)
{
    if ((env->psw.mask & PSW_MASK_PSTATE) &&
        !(env->cregs[0] & CR0_EXTRACTION_AUTHORITY)) {
        tcg_s390_program_interrupt(env, PGM_PRIVILEGED, ra);
    }
}

/* INSERT VIRTUAL STORAGE KEY: returns the new R1 */
uint64_t HELPER(kvm390_ivsk)(CPUS390XState *env, uint64_t r1, uint64_t addr)
{
    const uintptr_t ra = GETPC();
    Kvm390Translation t;
    Kvm390Space space;
    uint8_t key;
    int exc;

    require_extraction_authority(env, ra);
    if (!(env->psw.mask & PSW_MASK_DAT)) {
        tcg_s390_program_interrupt(env, PGM_SPECIAL_OP, ra);
    }
    use_keys(env, ra);
    space = kvm390_space_of_asc(env, env->psw.mask & PSW_MASK_ASC);
    exc = kvm390_translate_access(env, &space, wrap_address(env, addr),
                                  MMU_DATA_LOAD, &t);
    if (exc) {
        kvm390_refuse(env, exc, t.teid, ra);
    }
    key = kvm390_keystore_get(&kvm390_keys.store,
                              t.absolute >> TARGET_PAGE_BITS);
    return deposit64(r1, 0, 8, key & (KVM390_KEY_ACC | KVM390_KEY_F));
}

/* INSERT PSW KEY: returns the new GR 2 */
uint64_t HELPER(kvm390_ipk)(CPUS390XState *env, uint64_t gr2)
{
    require_extraction_authority(env, GETPC());
    return deposit64(gr2, 0, 8, (env->psw.mask & PSW_MASK_KEY)
                                >> PSW_SHIFT_KEY << 4);
}

/* SET PSW KEY FROM ADDRESS */
void HELPER(kvm390_spka)(CPUS390XState *env, uint64_t addr)
{
    unsigned key = extract64(addr, 4, 4);

    if ((env->psw.mask & PSW_MASK_PSTATE) &&
        !(env->cregs[3] >> 16 & (0x8000 >> key))) {
        tcg_s390_program_interrupt(env, PGM_PRIVILEGED, GETPC());
    }
    env->psw.mask = deposit64(env->psw.mask, PSW_SHIFT_KEY, 4, key);
}

static void clear_page(CPUS390XState *env, uint64_t machine, uintptr_t ra)
{
    if (address_space_set(env_cpu(env)->as, machine, 0, TARGET_PAGE_SIZE,
                          MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
        tcg_s390_program_interrupt(env, PGM_ADDRESSING, ra);
    }
    kvm390_keys_record(machine, TARGET_PAGE_SIZE, true);
}

/* Low-address protection applies to the operand's first address only. */
static void check_low_address(CPUS390XState *env, uint64_t addr, uintptr_t ra)
{
    const Kvm390Space real = kvm390_space_of_index(env, MMU_REAL_IDX);

    if (kvm390_low_address_protected(env->cregs[0], false, addr)) {
        kvm390_refuse(env, PGM_PROTECTION,
                      kvm390_space_teid(&real, addr, MMU_DATA_STORE,
                                        KVM390_PROT_LOW_ADDRESS), ra);
    }
}

static void manage_page(CPUS390XState *env, const Kvm390Pfmf *pfmf,
                        uint64_t absolute, uintptr_t ra)
{
    const uint64_t machine = existing_page(env, absolute, ra);
    uint8_t old;

    if (pfmf->clear) {
        clear_page(env, machine, ra);
    }
    if (pfmf->set_key) {
        set_key(env, machine >> TARGET_PAGE_BITS, pfmf->key, pfmf->mr,
                pfmf->mc, &old, ra);
    }
}

/* PERFORM FRAME MANAGEMENT FUNCTION */
void HELPER(kvm390_pfmf)(CPUS390XState *env, uint32_t r1, uint32_t r2)
{
    const Kvm390KeyFacilities fac = key_facilities();
    const uintptr_t ra = GETPC();
    uint64_t addr, end, stop;
    Kvm390Pfmf pfmf;
    int exc;

    exc = kvm390_pfmf_decode(env->regs[r1], &fac, is_amode24(env), &pfmf);
    if (exc) {
        tcg_s390_program_interrupt(env, exc, ra);
    }
    addr = wrap_address(env, env->regs[r2]) & TARGET_PAGE_MASK;
    if (pfmf.clear) {
        check_low_address(env, addr, ra);
    }
    if (pfmf.set_key) {
        use_keys(env, ra);
    }
    if (pfmf.frame_size == KVM390_PAGE_SIZE) {
        manage_page(env, &pfmf, mmu_real2abs(env, addr), ra);
        return;
    }
    end = (addr | (pfmf.frame_size - 1)) + 1;
    stop = MIN(end, (addr | (UNIT_OF_OPERATION - 1)) + 1);
    for (; addr != stop; addr += KVM390_PAGE_SIZE) {
        /* Starting over goes on here. */
        advance_register(env, r2, addr);
        manage_page(env, &pfmf, addr, ra);
    }
    advance_register(env, r2, stop);
    if (stop != end) {
        cpu_loop_exit_restore(env_cpu(env), ra);
    }
}

/* Whether key @key may do @type at @addr, by the storage key alone. */
static int test_access(CPUS390XState *env, uint64_t addr, unsigned key,
                       MMUAccessType type)
{
    const Kvm390Space space =
        kvm390_space_of_asc(env, env->psw.mask & PSW_MASK_ASC);
    Kvm390Translation t = { .absolute = -1ull };
    uint8_t skey = 0;
    int exc = kvm390_translate_access(env, &space, addr, type, &t);

    /* How the client protects the page, once translated, is no matter. */
    if (exc && !(exc == PGM_ADDRESSING && t.host_refused &&
                 t.absolute != -1ull)) {
        return exc;
    }
    if (kvm390_keys_active()) {
        skey = kvm390_keystore_get(&kvm390_keys.store,
                                   t.absolute >> TARGET_PAGE_BITS);
    }
    return kvm390_cpu_access_permits(key, skey, kvm390_access_of_type(type),
                                     env->cregs[0],
                                     kvm390_space_is_private(&space),
                                     addr, 1) ? 0 : PGM_PROTECTION;
}

/* TEST PROTECTION: returns the condition code */
uint32_t HELPER(kvm390_tprot)(CPUS390XState *env, uint64_t addr, uint64_t op2)
{
    const unsigned key = extract64(op2, 4, 4);
    int exc;

    if (env->psw.mask & PSW_MASK_PSTATE) {
        tcg_s390_program_interrupt(env, PGM_PRIVILEGED, GETPC());
    }
    exc = test_access(env, addr, key, MMU_DATA_STORE);
    if (!exc) {
        return 0;
    }
    if (kvm390_sie_host_protects(env, exc)) {
        /* A guest's host knows what it would permit. */
        kvm390_sie_leave_to_host(env, GETPC());
    }
    if (exc == KVM390_PGM_HOST_FAULT) {
        /* Nothing is stored: the host need not make it writable. */
        exc = test_access(env, addr, key, MMU_DATA_LOAD);
    }
    if (exc == PGM_PROTECTION) {
        exc = test_access(env, addr, key, MMU_DATA_LOAD);
        if (!exc) {
            return 1;
        }
    }
    switch (exc) {
    case PGM_PROTECTION:
        return 2;
    case PGM_ADDRESSING:
    case PGM_TRANS_SPEC:
    case KVM390_PGM_HOST_FAULT:
        tcg_s390_program_interrupt(env, exc, GETPC());
    default:
        return 3;
    }
}
