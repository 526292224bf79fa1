/*
 * KVM_SET_GUEST_DEBUG: single-stepping, breakpoints, write watchpoints
 *
 * KVM has them from the machine's PER: an event comes after an instruction.
 * What follows from that is kept: a watchpoint is reported once the bytes have
 * changed, a breakpoint when the CPU has come to its address; a vCPU that is
 * started at a breakpoint goes past it, and if it was not stopped there
 * before, that is reported then. After an instruction that user space
 * emulates, what is due is reported at the next KVM_RUN.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "exec/breakpoint.h"
#include "hw/core/cpu.h"
#include "kvm390/include/compat.h"

#define VALID_FLAGS (KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | \
                     KVM_GUESTDBG_USE_HW_BP)
#define MAX_WATCHED 100
#define NOWHERE     1ull /* no instruction's address */

/* Of a breakpoint's range that TCG looks out for; longer ones are stepped. */
#define MAX_RANGE   256

static bool debugging_enabled(Kvm390Vcpu *vcpu, uint32_t what)
{
    return vcpu->debug.control & KVM_GUESTDBG_ENABLE &&
           vcpu->debug.control & what;
}

static bool single_step(Kvm390Vcpu *vcpu)
{
    return debugging_enabled(vcpu, KVM_GUESTDBG_SINGLESTEP);
}

/* --- the points --- */

static bool read_watched(Kvm390Vcpu *vcpu,
                         const struct kvm_hw_breakpoint *point, uint8_t *to)
{
    return address_space_read(&address_space_memory,
                              kvm390_machine_address(&vcpu->cpu->env,
                                                     point->phys_addr),
                              MEMTXATTRS_UNSPECIFIED, to, point->len) ==
           MEMTX_OK;
}

static bool is_at(const struct kvm_hw_breakpoint *point, uint64_t addr)
{
    return point->type == KVM_HW_BP &&
           (addr == point->addr || addr - point->addr < point->len);
}

static bool breakpoint_at(Kvm390Vcpu *vcpu, uint64_t addr)
{
    unsigned i;

    for (i = 0; debugging_enabled(vcpu, KVM_GUESTDBG_USE_HW_BP) &&
                i < vcpu->debug.n; i++) {
        if (is_at(&vcpu->debug.points[i].at, addr)) {
            return true;
        }
    }
    return false;
}

/* The watchpoint whose bytes have changed, or NULL. */
static const struct kvm_hw_breakpoint *memory_changed(Kvm390Vcpu *vcpu)
{
    uint8_t now[MAX_WATCHED];
    unsigned i;

    for (i = 0; i < vcpu->debug.n; i++) {
        const struct kvm_hw_breakpoint *at = &vcpu->debug.points[i].at;

        if (vcpu->debug.points[i].before && read_watched(vcpu, at, now) &&
            memcmp(now, vcpu->debug.points[i].before, at->len)) {
            return at;
        }
    }
    return NULL;
}

static void clear_points(Kvm390Vcpu *vcpu)
{
    CPUState *cs = CPU(vcpu->cpu);

    cpu_breakpoint_remove_all(cs, BP_GDB);
    cpu_watchpoint_remove_all(cs, BP_GDB);
    while (vcpu->debug.n) {
        g_free(vcpu->debug.points[--vcpu->debug.n].before);
    }
    vcpu->debug.long_range = false;
}

static int watch_memory(Kvm390Vcpu *vcpu, Kvm390DebugPoint *point)
{
    if (point->at.len > MAX_WATCHED) {
        return -EINVAL;
    }
    point->before = g_malloc(MAX_WATCHED);
    if (!point->at.len || !read_watched(vcpu, &point->at, point->before) ||
        cpu_watchpoint_insert(CPU(vcpu->cpu), point->at.addr, point->at.len,
                              BP_GDB | BP_MEM_WRITE, NULL)) {
        g_free(point->before); /* it never triggers */
        point->before = NULL;
    }
    return 0;
}

static int insert_points(Kvm390Vcpu *vcpu, const struct kvm_hw_breakpoint *at)
{
    Kvm390DebugPoint *point = &vcpu->debug.points[vcpu->debug.n];
    CPUState *cs = CPU(vcpu->cpu);
    uint64_t offset;

    *point = (Kvm390DebugPoint) { .at = *at };
    switch (at->type) {
    case KVM_HW_BP:
        if (at->len > MAX_RANGE) {
            vcpu->debug.long_range = true;
            break;
        }
        for (offset = 0; offset < MAX(at->len, 1); offset += 2) {
            cpu_breakpoint_insert(cs, at->addr + offset, BP_GDB, NULL);
        }
        break;
    case KVM_HW_WP_WRITE:
        if (watch_memory(vcpu, point)) {
            return -EINVAL;
        }
        break;
    default:
        return 0; /* KVM passes over what it does not know */
    }
    vcpu->debug.n++;
    return 0;
}

static int insert_all(Kvm390Call *call, const struct kvm_guest_debug *debug)
{
    int32_t n = debug->arch.nr_hw_bp, i;
    struct kvm_hw_breakpoint bp;
    int ret = 0;

    if (n <= 0 || !debug->arch.hw_bp) {
        return 0;
    }
    if (n > KVM390_MAX_POINTS) {
        return -EINVAL;
    }
    if (!call->in[0]) {
        return -EFAULT;
    }
    for (i = 0; i < n && !ret; i++) {
        memcpy(&bp, call->in[0] + i * sizeof(bp), sizeof(bp));
        ret = insert_points(call->vcpu, &bp);
    }
    return ret;
}

int kvm390_set_guest_debug(Kvm390Call *call)
{
    const struct kvm_guest_debug *debug = call->arg;
    Kvm390Vcpu *vcpu = call->vcpu;
    int ret = 0;

    if (!vcpu->debug.control) {
        vcpu->debug.last = NOWHERE;
    }
    vcpu->debug.control = 0;
    vcpu->debug.pending = false;
    clear_points(vcpu);
    cpu_single_step(CPU(vcpu->cpu), 0);
    if (debug->control & ~VALID_FLAGS) {
        return -EINVAL;
    }
    if (!(debug->control & KVM_GUESTDBG_ENABLE)) {
        return 0;
    }
    if (debug->control & KVM_GUESTDBG_USE_HW_BP) {
        ret = insert_all(call, debug);
    }
    if (ret) {
        clear_points(vcpu);
        return ret;
    }
    vcpu->debug.control = debug->control;
    return 0;
}

/* --- in KVM_RUN --- */

static void debug_exit_due(Kvm390Vcpu *vcpu, uint8_t type, uint64_t addr)
{
    vcpu->debug.pending = true;
    vcpu->debug.type = type;
    vcpu->debug.addr = addr;
}

/* The instruction at @from is done, or not known: is something due? */
static void find_due(Kvm390Vcpu *vcpu, uint64_t from, bool stored)
{
    const struct kvm_hw_breakpoint *watched = stored ? memory_changed(vcpu) :
                                                        NULL;
    uint64_t pc = vcpu->cpu->env.psw.addr;

    if (watched) {
        debug_exit_due(vcpu, KVM_HW_WP_WRITE, watched->addr);
    } else if (pc != from && breakpoint_at(vcpu, pc)) {
        debug_exit_due(vcpu, KVM_HW_BP, pc);
        vcpu->debug.last = pc;
    } else if (from != vcpu->debug.last && breakpoint_at(vcpu, from)) {
        debug_exit_due(vcpu, KVM_HW_BP, from);
    } else if (single_step(vcpu)) {
        debug_exit_due(vcpu, KVM_SINGLESTEP, pc);
    }
}

/* From where the CPU is, one instruction at a time or freely. */
static void go_on(Kvm390Vcpu *vcpu)
{
    uint64_t pc = vcpu->cpu->env.psw.addr;
    bool step = single_step(vcpu) || breakpoint_at(vcpu, pc) ||
                vcpu->debug.long_range;

    vcpu->debug.from = step ? pc : NOWHERE;
    cpu_single_step(CPU(vcpu->cpu), step ? SSTEP_ENABLE : 0);
}

bool kvm390_debug_report(Kvm390Vcpu *vcpu)
{
    if (!vcpu->debug.pending) {
        return false;
    }
    vcpu->debug.pending = false;
    kvm390_run_set_debug(vcpu, vcpu->debug.type, vcpu->debug.addr);
    return true;
}

void kvm390_debug_begin(Kvm390Vcpu *vcpu)
{
    if (vcpu->debug.control) {
        go_on(vcpu);
    }
}

bool kvm390_debug_event(Kvm390Vcpu *vcpu)
{
    bool stored = CPU(vcpu->cpu)->watchpoint_hit;

    CPU(vcpu->cpu)->watchpoint_hit = NULL;
    if (!vcpu->debug.control) {
        return false;
    }
    find_due(vcpu, vcpu->debug.from, stored);
    if (kvm390_debug_report(vcpu)) {
        return true;
    }
    go_on(vcpu);
    return false;
}

void kvm390_debug_exited(Kvm390Vcpu *vcpu)
{
    if (vcpu->debug.control && vcpu->exit.reason == KVM_EXIT_S390_SIEIC &&
        (vcpu->exit.icptcode == KVM390_ICPT_INSTRUCTION ||
         vcpu->exit.icptcode == KVM390_ICPT_OPEREXC)) {
        find_due(vcpu, vcpu->cpu->env.psw.addr - vcpu->exit.last_ilen, false);
    }
}
