/*
 * vCPU states: MP_STATE, resets, STORE_STATUS, initial PSW
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "api.h"
#include "s390x-internal.h"
#include "exec/address-spaces.h"
#include "exec/exec-all.h"
#include "exec/cputlb.h"
#include "kvm390/include/host-fault.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"

/* What an initial reset leaves in two control registers (PoP, "Resets"). */
#define CR0_RESET  0xe0ull
#define CR14_RESET 0xc2000000ull

int kvm390_get_mp_state(Kvm390Call *call)
{
    struct kvm_mp_state *state = call->arg;

    state->mp_state = s390_cpu_get_state(call->vcpu->cpu) ==
                      S390_CPU_STATE_STOPPED ? KVM_MP_STATE_STOPPED :
                      KVM_MP_STATE_OPERATING;
    return 0;
}

int kvm390_set_mp_state(Kvm390Call *call)
{
    const struct kvm_mp_state *state = call->arg;

    kvm390_intercepts.user_cpu_state = true;
    switch (state->mp_state) {
    case KVM_MP_STATE_STOPPED:
        call->vcpu->cpu->env.pending_int &= ~INTERRUPT_STOP;
        call->vcpu->stop_store_status = false;
        call->vcpu->cpu->env.sigp_order = 0;
        s390_cpu_set_state(S390_CPU_STATE_STOPPED, call->vcpu->cpu);
        return 0;
    case KVM_MP_STATE_OPERATING:
        s390_cpu_set_state(S390_CPU_STATE_OPERATING, call->vcpu->cpu);
        return 0;
    default:
        return -ENXIO;
    }
}

int kvm390_set_initial_psw(Kvm390Call *call)
{
    const struct kvm_s390_psw *psw = call->arg;
    CPUS390XState *env = &call->vcpu->cpu->env;

    if (s390_cpu_get_state(call->vcpu->cpu) != S390_CPU_STATE_STOPPED) {
        return -EBUSY;
    }
    kvm390_run_set_psw(call->vcpu, psw->mask, psw->addr);
    if (!kvm390_intercepts.vm) {
        /* No KVM_RUN is going to take it from there. */
        env->psw.mask = psw->mask;
        env->psw.addr = psw->addr;
        env->cc_op = (psw->mask >> 44) & 3;
    }
    return 0;
}

/* What all resets of a CPU do (KVM api.rst 4.123). */
static void reset_common(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;

    env->psw.mask &= ~PSW_MASK_RI;
    env->pfault_token = -1ull;
    memset(env->riccb, 0, sizeof(env->riccb));
    memset(vcpu->run->s.regs.riccb, 0, sizeof(env->riccb));
    kvm390_irq_clear_local(vcpu);
    if (!kvm390_intercepts.user_cpu_state) {
        s390_cpu_set_state(S390_CPU_STATE_STOPPED, vcpu->cpu);
    }
}

static void reset_initial(Kvm390Vcpu *vcpu)
{
    CPUS390XState *env = &vcpu->cpu->env;

    reset_common(vcpu);
    env->psw.mask = 0;
    env->psw.addr = 0;
    env->cc_op = 0;
    env->psa = 0;
    env->ckc = 0;
    timer_del(env->tod_timer);
    kvm390_set_cputm(vcpu, 0);
    vcpu->cputm_armed = false;
    env->todpr = 0;
    env->pp = 0;
    env->gbea = 1;
    env->bpbc = false;
    env->fpc = 0;
    memset(env->cregs, 0, sizeof(env->cregs));
    env->cregs[0] = CR0_RESET;
    env->cregs[14] = CR14_RESET;
    tlb_flush(CPU(vcpu->cpu));
}

int kvm390_normal_reset(Kvm390Call *call)
{
    reset_common(call->vcpu);
    return 0;
}

int kvm390_initial_reset(Kvm390Call *call)
{
    reset_initial(call->vcpu);
    kvm390_run_push(call->vcpu);
    return 0;
}

int kvm390_clear_reset(Kvm390Call *call)
{
    CPUS390XState *env = &call->vcpu->cpu->env;

    reset_initial(call->vcpu);
    memset(env->regs, 0, sizeof(env->regs));
    memset(env->aregs, 0, sizeof(env->aregs));
    memset(env->vregs, 0, sizeof(env->vregs));
    memset(env->gscb, 0, sizeof(env->gscb));
    env->etoken = 0;
    env->etoken_extension = 0;
    kvm390_run_push(call->vcpu);
    return 0;
}

/* --- STORE_STATUS --- */

/* The save area, from absolute address 0x1200 on (PoP, "Store Status"). */
typedef struct QEMU_PACKED SaveArea {
    uint64_t fprs[16];
    uint64_t gprs[16];
    uint64_t psw[2];
    uint8_t pad1[8];
    uint32_t prefix;
    uint32_t fpc;
    uint8_t pad2[4];
    uint32_t todpr;
    uint64_t cputm;
    uint64_t ckc;
    uint8_t pad3[8];
    uint32_t ars[16];
    uint64_t crs[16];
} SaveArea;

QEMU_BUILD_BUG_ON(sizeof(SaveArea) != 512);

#define SAVE_AREA 0x1200
#define ARCH_MODE 163

static bool store(hwaddr addr, const void *data, size_t len)
{
    return kvm390_host_permits(addr, true) &&
           kvm390_host_permits(addr + len - 1, true) &&
           address_space_write(&address_space_memory, addr,
                               MEMTXATTRS_UNSPECIFIED, data, len) == MEMTX_OK;
}

/* The parts that are status; what lies between them is left alone. */
static bool store_area(hwaddr at, const SaveArea *sa)
{
    const size_t first = offsetof(SaveArea, pad1);

    return store(at, sa, first) &&
           store(at + offsetof(SaveArea, prefix), &sa->prefix, 8) &&
           store(at + offsetof(SaveArea, todpr), &sa->todpr, 20) &&
           store(at + offsetof(SaveArea, ars), &sa->ars,
                 sizeof(*sa) - offsetof(SaveArea, ars));
}

int kvm390_store_status_at(Kvm390Vcpu *vcpu, uint64_t addr)
{
    CPUS390XState *env = &vcpu->cpu->env;
    uint8_t mode = 1;
    SaveArea sa = { };
    int i;

    if (addr == KVM_S390_STORE_STATUS_NOADDR ||
        addr == KVM_S390_STORE_STATUS_PREFIXED) {
        hwaddr base = addr == KVM_S390_STORE_STATUS_PREFIXED ? env->psa : 0;

        if (!store(base + ARCH_MODE, &mode, 1)) {
            return -EFAULT;
        }
        addr = base + SAVE_AREA;
    }
    for (i = 0; i < 16; i++) {
        sa.fprs[i] = cpu_to_be64(*get_freg(env, i));
        sa.gprs[i] = cpu_to_be64(env->regs[i]);
        sa.ars[i] = cpu_to_be32(env->aregs[i]);
        sa.crs[i] = cpu_to_be64(env->cregs[i]);
    }
    sa.psw[0] = cpu_to_be64(s390_cpu_get_psw_mask(env));
    sa.psw[1] = cpu_to_be64(env->psw.addr);
    sa.prefix = cpu_to_be32(env->psa);
    sa.fpc = cpu_to_be32(env->fpc);
    sa.todpr = cpu_to_be32(env->todpr);
    sa.cputm = cpu_to_be64(kvm390_get_cputm(vcpu));
    sa.ckc = cpu_to_be64(env->ckc >> 8);
    return store_area(addr, &sa) ? 0 : -EFAULT;
}

int kvm390_store_status(Kvm390Call *call)
{
    return kvm390_store_status_at(call->vcpu, call->number);
}

/* KVM's fault handler makes the page present; here it always is. */
int kvm390_vcpu_fault(Kvm390Call *call)
{
    Kvm390Exit *exit = &call->vcpu->exit;

    if (!kvm390_host_permits(call->number, false)) {
        return -EFAULT;
    }
    if (address_space_access_valid(&address_space_memory, call->number, 1,
                                   true, MEMTXATTRS_UNSPECIFIED)) {
        return 0;
    }
    if (!kvm390_intercepts.ucontrol) {
        return -EFAULT;
    }
    exit->reason = KVM_EXIT_S390_UCONTROL;
    exit->fault_addr = call->number;
    kvm390_run_set_exit(call->vcpu, exit);
    return -EREMOTE;
}

/* Bring guest memory into the host's; the range becomes what is left of it. */
int kvm390_pre_fault(Kvm390Call *call)
{
    struct kvm_pre_fault_memory *range = call->arg;
    uint64_t before = range->size;

    if (kvm390_intercepts.ucontrol ||
        range->flags || (range->gpa | range->size) & ~TARGET_PAGE_MASK ||
        range->gpa + range->size <= range->gpa) {
        return -EINVAL;
    }
    RCU_READ_LOCK_GUARD();
    while (range->size) {
        hwaddr offset, len = range->size;
        MemoryRegion *mr = address_space_translate(&address_space_memory,
                                                   range->gpa, &offset, &len,
                                                   false,
                                                   MEMTXATTRS_UNSPECIFIED);

        if (!memory_region_is_ram(mr)) {
            break;
        }
#ifdef MADV_POPULATE_READ
        /* Not being able to is no error: the page comes when it is needed. */
        madvise((char *)memory_region_get_ram_ptr(mr) + offset, len,
                MADV_POPULATE_READ);
#endif
        range->gpa += len;
        range->size -= len;
    }
    return range->size == before ? -ENOENT : 0;
}
