/*
 * Attach mode: QEMU runs the machine, clients look at it from beside
 *
 * The CPU has its registers all the time, so that what a client sets takes
 * effect at once; floating interruptions and the CPU timer are the machine's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "mode.h"
#include "s390x-internal.h"
#include "hw/s390x/s390_flic.h"
#include "hw/s390x/sclp.h"
#include "tcg/tcg_s390x.h"
#include "kvm390/include/fpc.h"
#include "kvm390/include/interrupts.h"
#include "kvm390/include/vm.h"

static void attach_vcpu_nothing(Kvm390Vcpu *vcpu)
{
}

static void attach_set_psw(Kvm390Vcpu *vcpu, uint64_t mask, uint64_t addr)
{
    CPUS390XState *env = &vcpu->cpu->env;

    kvm390_run_set_psw(vcpu, mask, addr);
    env->psw.mask = mask;
    env->psw.addr = addr;
    env->cc_op = (mask >> 44) & 3;
}

static void attach_set_fpc(Kvm390Vcpu *vcpu, uint32_t fpc)
{
    kvm390_load_fpc(&vcpu->cpu->env, fpc);
}

static uint64_t attach_get_cputm(Kvm390Vcpu *vcpu)
{
    return tcg_s390_get_cpu_timer(&vcpu->cpu->env);
}

static void attach_set_cputm(Kvm390Vcpu *vcpu, uint64_t value)
{
    tcg_s390_set_cpu_timer(&vcpu->cpu->env, value);
}

/* All memory is one slot, whose changes are logged. */
static void attach_count_slots(unsigned *slots, unsigned *unlogged)
{
    *slots = 1;
    *unlogged = 0;
}

static int attach_limit_memory(uint64_t limit)
{
    return -EBUSY; /* the machine has its vCPUs */
}

/* The machine does not belong to a client. */
static int attach_watch_client(struct Kvm390Server *server, int fd)
{
    return 0;
}

static const Kvm390Mode kvm390_attach_mode = {
    .client_runs = false,
    .vcpu_init = attach_vcpu_nothing,
    .vcpu_ready = attach_vcpu_nothing,
    .vcpu_operating = attach_vcpu_nothing,
    .regs_pull = attach_vcpu_nothing,
    .regs_push = attach_vcpu_nothing,
    .set_psw = attach_set_psw,
    .set_fpc = attach_set_fpc,
    .get_cputm = attach_get_cputm,
    .set_cputm = attach_set_cputm,
    .inject_floating = kvm390_inject_float_qemu,
    .count_slots = attach_count_slots,
    .limit_memory = attach_limit_memory,
    .watch_client = attach_watch_client,
};

void kvm390_attach_init(void)
{
    kvm390_mode = &kvm390_attach_mode;
}
