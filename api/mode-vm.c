/*
 * VM mode: the client makes the vCPUs and runs them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "mode.h"
#include "s390x-internal.h"
#include "vm-state.h"
#include "watch.h"
#include "kvm390/include/interrupts.h"

static void vm_vcpu_init(Kvm390Vcpu *vcpu)
{
    vcpu->cpu->env.kvm390.exit = &vcpu->exit;
}

static void vm_vcpu_ready(Kvm390Vcpu *vcpu)
{
    qemu_cpu_kick(CPU(vcpu->cpu)); /* its thread waits for this */
}

static void vm_vcpu_operating(Kvm390Vcpu *vcpu)
{
    CPU(vcpu->cpu)->halted = 1; /* until KVM_RUN */
}

/* KVM_RUN takes it from kvm_run, with what it says, not before. */
static void vm_set_fpc(Kvm390Vcpu *vcpu, uint32_t fpc)
{
    vcpu->cpu->env.fpc = fpc;
}

static uint64_t vm_get_cputm(Kvm390Vcpu *vcpu)
{
    return vcpu->cputm;
}

static void vm_set_cputm(Kvm390Vcpu *vcpu, uint64_t value)
{
    vcpu->cputm = value;
}

const Kvm390Mode kvm390_vm_mode = {
    .client_runs = true,
    .vcpu_init = vm_vcpu_init,
    .vcpu_ready = vm_vcpu_ready,
    .vcpu_operating = vm_vcpu_operating,
    .regs_pull = kvm390_run_pull,
    .regs_push = kvm390_run_push_live,
    .set_psw = kvm390_run_set_psw,
    .set_fpc = vm_set_fpc,
    .get_cputm = vm_get_cputm,
    .set_cputm = vm_set_cputm,
    .inject_floating = kvm390_inject_float,
    .count_slots = kvm390_slots_count,
    .limit_memory = kvm390_slots_set_limit,
    .watch_client = kvm390_watch_client,
};
