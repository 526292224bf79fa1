/*
 * Guest access on the machine that runs.
 *
 * What can change meanwhile, and why that does no harm:
 *
 * - The memory map: the whole access is one RCU read-side section, and only
 *   RAM that the flat view of that moment has is touched (guest-memory.c).
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
#include "exec/translation-block.h"
#include "hw/core/cpu.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/exclusive.h"
#include "kvm390/include/guest-access.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/lost-memory.h"
#include "kvm390/include/quiesce.h"
#include "kvm390/trace.h"
#include "guest-memory.h"

static Kvm390View cpu_view(S390CPU *cpu, uint64_t psw_mask)
{
    return (Kvm390View) {
        .psw_mask = psw_mask,
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
    return kvm390_memop_as(cpu, cpu->env.psw.mask, op, pgm);
}

int kvm390_memop_as(S390CPU *cpu, uint64_t psw_mask, Kvm390Memop *op,
                    Kvm390Pgm *pgm)
{
    Kvm390View view = cpu_view(cpu, psw_mask);
    Kvm390GuestMemory gm;
    Hold hold;
    int rc;

    hold = hold_begin();
    kvm390_lost_memory_begin();
    WITH_RCU_READ_LOCK_GUARD() {
        kvm390_guest_memory_begin(&gm, &cpu->env.kvm390.own);
        rc = kvm390_memop_on_vcpu(&gm.mem, &view, op, pgm);
        kvm390_guest_memory_end(&gm);
    }
    hold_end(hold);
    if (kvm390_lost_memory_met()) {
        rc = -EFAULT;
    }
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
    Kvm390GuestMemory gm;

    RCU_READ_LOCK_GUARD();
    kvm390_guest_memory_begin(&gm, NULL);
    kvm390_lost_memory_begin();
    v->rc = kvm390_memop_on_vm(&gm.mem, v->op, v->exchanged);
    if (kvm390_lost_memory_met()) {
        v->rc = -EFAULT;
    }
    kvm390_guest_memory_end(&gm);
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
        kvm390_host_note(env, 0, true);
        pgm = (Kvm390Pgm) { .code = PGM_ADDRESSING };
        rc = PGM_ADDRESSING;
    }
    /* QEMU's callers have 1 to 4096 bytes and registers 0 to 15 */
    g_assert(rc >= 0);
    if (rc) {
        kvm390_pgm_raise(cpu, &pgm, env->psw.mask);
    }
    return rc;
}
