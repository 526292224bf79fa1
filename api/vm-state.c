/*
 * What belongs to the VM, and its lock
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "kvm390/include/compat.h"

/* As much as Linux lets a program of 47 bits share. */
#define DEFAULT_LIMIT (1ull << 47)

Kvm390Vm kvm390_vm = {
    .slots_limit = DEFAULT_LIMIT,
    .irqfds = QLIST_HEAD_INITIALIZER(kvm390_vm.irqfds),
};

static void __attribute__((constructor)) vm_state_init(void)
{
    qemu_cond_init(&kvm390_vm.changed);
}

/* Wait for a change, or for something that this thread has to do. */
static void wait_once(void)
{
    CPUState *cs = current_cpu;

    kvm390_vm.waiters++;
    if (!cs) {
        qemu_cond_wait_bql(&kvm390_vm.changed);
    } else {
        if (cpu_work_list_empty(cs) && !cs->stop) {
            qemu_cond_wait_bql(cs->halt_cond);
        }
        qemu_process_cpu_events_common(cs);
    }
    kvm390_vm.waiters--;
}

static void wake_waiters(void)
{
    CPUState *cs;

    if (!kvm390_vm.waiters) {
        return;
    }
    qemu_cond_broadcast(&kvm390_vm.changed);
    CPU_FOREACH(cs) {
        qemu_cond_broadcast(cs->halt_cond);
    }
}

void kvm390_vm_lock(void)
{
    g_assert(bql_locked());
    g_assert(kvm390_vm.owner != &current_cpu);
    while (kvm390_vm.owner) {
        wait_once();
    }
    kvm390_vm.owner = &current_cpu; /* a thread-local's address: the thread */
}

void kvm390_vm_unlock(void)
{
    g_assert(bql_locked());
    g_assert(kvm390_vm.owner == &current_cpu);
    kvm390_vm.owner = NULL;
    wake_waiters();
}

void kvm390_vm_wait(const bool *done)
{
    g_assert(kvm390_vm.owner == &current_cpu);
    while (!*done) {
        wait_once();
    }
}

void kvm390_vm_tell(bool *done)
{
    g_assert(bql_locked());
    *done = true;
    wake_waiters();
}

bool kvm390_vm_locked(void)
{
    return kvm390_vm.owner;
}

static void do_nothing(CPUState *cs, run_on_cpu_data data)
{
}

void kvm390_vm_drain(void)
{
    CPUState *cs;

    g_assert(kvm390_vm_locked());
    CPU_FOREACH(cs) {
        run_on_cpu(cs, do_nothing, RUN_ON_CPU_NULL);
    }
}
