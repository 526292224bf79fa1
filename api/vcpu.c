/*
 * The vCPUs: which there are, and how they are woken
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "kvm390/include/compat.h"

Kvm390Vcpu *kvm390_vcpu_find(int64_t id)
{
    return id >= 0 && id < S390_MAX_CPUS ?
           qatomic_load_acquire(&kvm390_vm.vcpus[id]) : NULL;
}

bool kvm390_vcpu_stopped(const Kvm390Vcpu *vcpu)
{
    return s390_cpu_get_state(vcpu->cpu) == S390_CPU_STATE_STOPPED;
}

unsigned kvm390_vcpus(void)
{
    return kvm390_vm.nr_vcpus;
}

void kvm390_vcpu_enter(Kvm390Vcpu *vcpu)
{
    qatomic_store_release(&kvm390_vm.vcpus[vcpu->id], vcpu);
    kvm390_vm.nr_vcpus++;
}

void kvm390_vcpu_wake(Kvm390Vcpu *vcpu)
{
    qemu_cpu_kick(CPU(vcpu->cpu));
}

void kvm390_vcpu_cancel(Kvm390Vcpu *vcpu, uint64_t token)
{
    qatomic_set(&vcpu->cancel, token);
    qemu_cpu_kick(CPU(vcpu->cpu));
}

int kvm390_vcpu_serve(Kvm390Vcpu *vcpu, Kvm390Session *session)
{
    if (qatomic_read(&vcpu->session)) {
        return -EBUSY;
    }
    session->vcpu = vcpu;
    qatomic_store_release(&vcpu->session, session);
    event_notifier_set(&vcpu->kick);
    return 0;
}

void kvm390_vcpu_do_work(CPUState *cs)
{
    if (!cpu_work_list_empty(cs) || cs->stop) {
        bql_lock();
        qemu_process_cpu_events_common(cs);
        bql_unlock();
    }
}
