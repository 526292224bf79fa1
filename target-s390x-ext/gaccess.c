/*
 * Guest access on the machine that runs.
 *
 * What can change meanwhile, and why that does no harm:
 *
 * - The memory map: the whole access is one RCU read-side section, and only
 *   RAM that the flat view of that moment has is touched (see map_number).
 *
 * - DAT tables: each entry is fetched once, atomically (core/gaccess.c). That
 *   no translation is used after IPTE, IDTE, CRDTE or CSP has invalidated it is
 *   what KVM takes its IPTE lock for. Here these instructions end with a flush
 *   of all TLBs in TCG's exclusive section, so the access keeps exclusive
 *   sections away: as a vCPU does that runs, or by kvm390_exclusive_hold().
 *   (Their local-clearing forms are for tables that no other CPU uses, and an
 *   access for a CPU is made while that CPU does nothing else.)
 *
 * - The operand: guest CPUs may store into it. Accesses of 1, 2, 4 and 8
 *   aligned bytes are atomic. Compare-and-exchange uses the host's atomic
 *   instructions, as generated code does; where generated code can't (no
 *   16-byte primitive on the host) or doesn't (one vCPU thread only, so that
 *   TCG leaves atomicity out), it runs in an exclusive section, as generated
 *   code does there. An instruction that TCG executes by itself in an
 *   exclusive section is not atomic otherwise, so the first way keeps these
 *   sections away, too.
 *
 * - Storage keys: each is read in one piece; R and C are set after the access,
 *   and so is the dirty bitmap, so no change is lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic128.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "exec/translation-block.h"
#include "hw/core/cpu.h"
#include "kvm390/include/exclusive.h"
#include "kvm390/include/guest-access.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/quiesce.h"
#include "kvm390/trace.h"

/* Guest memory for one access; lives within one RCU read-side section. */
typedef struct GuestMemory {
    Kvm390Mem mem;
    ram_addr_t window_ram;      /* of mem.window.base */
    uint8_t dirty_log_mask;
    unsigned map;               /* value of map_number */
} GuestMemory;

/*
 * The memory map's number, odd while it changes. Written under the BQL.
 *
 * Each thread keeps what it last found, to spare the look-up. It may be used
 * if the number, read inside the RCU read-side section, is still the one that
 * was read before the look-up: the map has not begun to change then, so what
 * goes out of it is freed after this section.
 */
static unsigned map_number;

static __thread GuestMemory last_found;

/* The RAM from @start on, if it reaches @abs. */
static bool find_from(GuestMemory *gm, hwaddr start, hwaddr abs,
                      Kvm390Window *w)
{
    hwaddr xlat, len = HWADDR_MAX;
    MemoryRegion *mr = address_space_translate(&address_space_memory, start,
                                               &xlat, &len, false,
                                               MEMTXATTRS_UNSPECIFIED);

    if (!memory_access_is_direct(mr, false, MEMTXATTRS_UNSPECIFIED)) {
        return false;
    }
    len &= TARGET_PAGE_MASK;
    if (abs - start >= len) {
        return false;
    }
    *w = (Kvm390Window) {
        .base = start,
        .size = len,
        .host = (uint8_t *)memory_region_get_ram_ptr(mr) + xlat,
        .readonly = !memory_access_is_direct(mr, true, MEMTXATTRS_UNSPECIFIED),
    };
    gm->window_ram = memory_region_get_ram_addr(mr) + xlat;
    gm->dirty_log_mask = memory_region_get_dirty_log_mask(mr);
    return true;
}

/* Most machines have one piece of RAM, from 0 on: one look-up serves all. */
static bool guest_find(void *opaque, uint64_t abs, Kvm390Window *w)
{
    return find_from(opaque, 0, abs, w) ||
           find_from(opaque, abs & TARGET_PAGE_MASK, abs, w);
}

static uint8_t guest_key(void *opaque, uint64_t abs)
{
    if (!kvm390_keys_active()) {
        return 0;
    }
    return kvm390_keystore_get(&kvm390_keys.store, abs >> TARGET_PAGE_BITS);
}

/* What address_space_write() does after it has stored into RAM. */
static void mark_dirty(GuestMemory *gm, uint64_t abs, uint64_t len)
{
    ram_addr_t addr = gm->window_ram + (abs - gm->mem.window.base);
    uint8_t clean = gm->dirty_log_mask;

    if (clean) {
        clean = cpu_physical_memory_range_includes_clean(addr, len, clean);
    }
    if (clean & (1 << DIRTY_MEMORY_CODE)) {
        tb_invalidate_phys_range(addr, addr + len - 1);
        clean &= ~(1 << DIRTY_MEMORY_CODE);
    }
    cpu_physical_memory_set_dirty_range(addr, len, clean);
}

/* kvm390_keys_record() for a stretch that may be long: words side by side. */
static void record(uint64_t abs, uint64_t len, bool store)
{
    Kvm390Pagemap *map = &kvm390_keys.store.map;
    uint16_t bits = KVM390_KEY_R | (store ? KVM390_KEY_C : 0);
    uint64_t gfn = abs >> TARGET_PAGE_BITS;
    uint64_t pages = ((abs + len - 1) >> TARGET_PAGE_BITS) - gfn + 1;

    if (!kvm390_keys_active()) {
        return;
    }
    while (pages) {
        uint64_t run = kvm390_pagemap_run(map, gfn, pages);
        uint16_t *word = kvm390_keystore_word(&kvm390_keys.store, gfn);

        for (uint64_t i = 0; i < run; i++) {
            if ((qatomic_read(&word[i]) & bits) != bits) {
                qatomic_or(&word[i], bits);
            }
        }
        gfn += run;
        pages -= run;
    }
}

static void guest_touched(void *opaque, uint64_t abs, uint64_t len, bool store)
{
    record(abs, len, store);
    if (store) {
        mark_dirty(opaque, abs, len);
    }
}

static bool guest_cmpxchg16(void *opaque, void *host, void *old,
                            const void *new)
{
    Int128 cmp, val, found;
    bool same;

    memcpy(&cmp, old, sizeof(cmp));
    memcpy(&val, new, sizeof(val));
#if HAVE_CMPXCHG128
    found = atomic16_cmpxchg(host, cmp, val);
    same = int128_eq(found, cmp);
#else
    /* exclusive, see kvm390_memop_vm() */
    memcpy(&found, host, sizeof(found));
    same = int128_eq(found, cmp);
    if (same) {
        memcpy(host, &val, sizeof(val));
    }
#endif
    memcpy(old, &found, sizeof(found));
    return same;
}

static bool guest_permits(void *opaque, uint64_t abs, bool store)
{
    return kvm390_host_permits(abs, store);
}

static const Kvm390MemOps guest_mem_ops = {
    .find = guest_find,
    .key = guest_key,
    .touched = guest_touched,
    .cmpxchg16 = guest_cmpxchg16,
    .permits = guest_permits,
};

/* In an RCU read-side section, until guest_memory_end(). */
static void guest_memory_begin(GuestMemory *gm)
{
    unsigned map = qatomic_load_acquire(&map_number);

    if (last_found.map == map) {
        *gm = last_found;
    }
    gm->map = map;
    gm->mem.ops = &guest_mem_ops;
    gm->mem.opaque = gm;
}

static void guest_memory_end(GuestMemory *gm)
{
    bool kept = gm->map == last_found.map &&
                gm->mem.window.base == last_found.mem.window.base;

    if (!kept && !(gm->map & 1)) {
        last_found = *gm;
    }
}

static void map_begins_to_change(MemoryListener *listener)
{
    qatomic_set(&map_number, map_number + 1);
    /* before the map changes; pairs with the barrier in rcu_read_lock() */
    smp_mb();
}

static void map_has_changed(MemoryListener *listener)
{
    qatomic_store_release(&map_number, map_number + 1);
}

static MemoryListener map_listener = {
    .name = "kvm390-guest-access",
    .begin = map_begins_to_change,
    .commit = map_has_changed,
};

void kvm390_guest_access_init(void)
{
    memory_listener_register(&map_listener, &address_space_memory);
}

static Kvm390View cpu_view(S390CPU *cpu)
{
    return (Kvm390View) {
        .psw_mask = cpu->env.psw.mask,
        .prefix = cpu->env.psa,
        .cr = cpu->env.cregs,
        .ar = cpu->env.aregs,
        .edat1 = test_bit(S390_FEAT_EDAT, cpu->model->features),
        .edat2 = test_bit(S390_FEAT_EDAT_2, cpu->model->features),
    };
}

/* How exclusive sections are kept away: what there is to undo. */
typedef struct Hold {
    bool held;
    bool bql;
} Hold;

static Hold hold_begin(void)
{
    Hold h = { .held = false };

    /* a vCPU that runs, or is alone, holds them off by that */
    if (current_cpu &&
        (current_cpu->running || cpu_in_exclusive_context(current_cpu))) {
        return h;
    }
    h.held = true;
    h.bql = bql_locked();
    if (h.bql) {
        bql_unlock();
    }
    kvm390_exclusive_hold();
    return h;
}

static void hold_end(Hold h)
{
    if (h.held) {
        cpu_list_unlock();
    }
    if (h.bql) {
        bql_lock();
    }
}

int kvm390_memop_vcpu(S390CPU *cpu, Kvm390Memop *op, Kvm390Pgm *pgm)
{
    Kvm390View view = cpu_view(cpu);
    GuestMemory gm;
    Hold hold;
    int rc;

    hold = hold_begin();
    WITH_RCU_READ_LOCK_GUARD() {
        guest_memory_begin(&gm);
        rc = kvm390_memop_on_vcpu(&gm.mem, &view, op, pgm);
        guest_memory_end(&gm);
    }
    hold_end(hold);
    trace_kvm390_memop_vcpu(CPU(cpu)->cpu_index, op->op, op->flags, op->gaddr,
                            op->size, rc);
    return rc;
}

/* A VM's operation, to be carried through threads. */
typedef struct VmOp {
    Kvm390Memop *op;
    bool *exchanged;
    int rc;
} VmOp;

static void do_vm_op(void *opaque)
{
    VmOp *v = opaque;
    GuestMemory gm;

    RCU_READ_LOCK_GUARD();
    guest_memory_begin(&gm);
    v->rc = kvm390_memop_on_vm(&gm.mem, v->op, v->exchanged);
    guest_memory_end(&gm);
}

/* Do vCPUs make their accesses of @size bytes atomic by host instructions? */
static bool vcpus_use_host_atomics(uint32_t size)
{
    if (size == 16 && !HAVE_CMPXCHG128) {
        return false;
    }
    return !first_cpu || tcg_cflags_has(first_cpu, CF_PARALLEL);
}

int kvm390_memop_vm(Kvm390Memop *op, bool *exchanged)
{
    VmOp v = { .op = op, .exchanged = exchanged };

    if (op->op != KVM390_MEMOP_ABSOLUTE_CMPXCHG) {
        do_vm_op(&v);
    } else if (vcpus_use_host_atomics(op->size)) {
        Hold hold = hold_begin();

        do_vm_op(&v);
        hold_end(hold);
    } else {
        kvm390_run_quiesced(do_vm_op, &v);
    }
    trace_kvm390_memop_vm(op->op, op->flags, op->gaddr, op->size, v.rc);
    return v.rc;
}

int kvm390_virt_mem_rw(S390CPU *cpu, vaddr laddr, uint8_t ar, void *hostbuf,
                       int len, bool is_write)
{
    CPUS390XState *env = &cpu->env;
    Kvm390Memop op = {
        .op = is_write ? KVM390_MEMOP_LOGICAL_WRITE
                       : KVM390_MEMOP_LOGICAL_READ,
        .flags = KVM390_MEMOP_F_SKEY_PROTECTION |
                 (hostbuf ? 0 : KVM390_MEMOP_F_CHECK_ONLY),
        .gaddr = laddr,
        .size = len,
        .ar = ar,
        .key = (env->psw.mask & PSW_MASK_KEY) >> PSW_SHIFT_KEY,
        .buf = hostbuf,
    };
    Kvm390Pgm pgm;
    int rc;

    if (len == 0) {
        return 0;
    }
    rc = kvm390_memop_vcpu(cpu, &op, &pgm);
    if (rc == -EFAULT) {
        /* The client's protection: this exception leaves KVM_RUN. */
        pgm = (Kvm390Pgm) { .code = PGM_ADDRESSING };
        rc = PGM_ADDRESSING;
    }
    /* QEMU's callers have 1 to 4096 bytes and registers 0 to 15 */
    g_assert(rc >= 0);
    if (rc) {
        kvm390_pgm_raise(cpu, &pgm);
    }
    return rc;
}
