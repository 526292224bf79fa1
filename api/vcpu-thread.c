/*
 * The threads of vCPUs that user space runs
 *
 * On the machine kvm390-vm a vCPU's thread serves the vCPU's connection and
 * runs the guest in between, so that KVM_RUN takes one wakeup each way and an
 * ioctl on the vCPU is on the right thread already. While it waits for a
 * message it also waits for a kick, so it never keeps QEMU's queued work
 * (TLB flushes, address space updates) waiting.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "mode.h"
#include "session.h"
#include "vm-state.h"
#include "qemu/guest-random.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "accel/tcg/tcg-accel-ops.h"
#include "system/cpus.h"
#include "tcg/startup.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/vm.h"

static void kick_vcpu_thread(CPUState *cs)
{
    Kvm390Vcpu *vcpu = kvm390_vcpu_find(cs->cpu_index);

    tcg_kick_vcpu_thread(cs);
    smp_mb(); /* the work that is queued, before idle; pairs with wait_idle() */
    if (vcpu && qatomic_read(&vcpu->idle)) {
        event_notifier_set(&vcpu->kick);
    }
}

static void do_nothing(CPUState *cpu, run_on_cpu_data d)
{
}

typedef struct ForceRcu {
    Notifier notifier;
    CPUState *cs;
} ForceRcu;

static void force_rcu(Notifier *notify, void *data)
{
    /* rcu_registry_lock is held: don't wait for the vCPU. */
    async_run_on_cpu(container_of(notify, ForceRcu, notifier)->cs, do_nothing,
                     RUN_ON_CPU_NULL);
}

/* Wait for a message or for a kick. */
static void wait_idle(Kvm390Vcpu *vcpu)
{
    CPUState *cs = CPU(vcpu->cpu);
    Kvm390Session *session = qatomic_load_acquire(&vcpu->session);
    struct pollfd pfd[2] = {
        { .fd = event_notifier_get_fd(&vcpu->kick), .events = POLLIN },
        { .fd = session ? session->stream.fd : -1, .events = POLLIN },
    };

    qatomic_set(&vcpu->idle, true);
    smp_mb(); /* idle, before looking for work; pairs with the kick */
    if (!qatomic_read(&cs->exit_request)) {
        while (poll(pfd, 2, -1) < 0 && errno == EINTR) {
        }
    }
    qatomic_set(&vcpu->idle, false);
    if (pfd[0].revents) {
        event_notifier_test_and_clear(&vcpu->kick);
    }
}

/* Answer a message. False if none has come. */
static bool serve_message(Kvm390Vcpu *vcpu)
{
    Kvm390Session *session = qatomic_load_acquire(&vcpu->session);
    int ret = session ? kvm390_session_serve(session,
                                             &CPU(vcpu->cpu)->exit_request) : 0;

    if (ret < 0) {
        qatomic_set(&vcpu->session, NULL);
        kvm390_session_free(session);
    }
    return ret;
}

static void *vcpu_thread(void *opaque)
{
    CPUState *cs = opaque;
    Kvm390Vcpu *vcpu;
    ForceRcu rcu = { .notifier.notify = force_rcu, .cs = cs };

    rcu_register_thread();
    rcu_add_force_rcu_notifier(&rcu.notifier);
    tcg_register_thread();

    bql_lock();
    qemu_thread_get_self(cs->thread);
    cs->thread_id = qemu_get_thread_id();
    cs->neg.can_do_io = true;
    current_cpu = cs;
    cpu_thread_signal_created(cs);
    qemu_guest_random_seed_thread_part2(cs->random_seed);

    /* The API's side is made once the CPU is realized. */
    while (!(vcpu = kvm390_vcpu_find(cs->cpu_index))) {
        qemu_cond_wait_bql(cs->halt_cond);
        qatomic_set(&cs->exit_request, 0);
        qemu_process_cpu_events_common(cs);
    }
    bql_unlock();
    for (;;) {
        if (!serve_message(vcpu)) {
            wait_idle(vcpu);
        }
        qatomic_set_mb(&cs->exit_request, 0);
        kvm390_vcpu_do_work(cs);
    }
    return NULL;
}

static void create_vcpu_thread(CPUState *cs)
{
    tcg_cpu_init_cflags(cs, true);
    g_assert(kvm390_vm.vcpu_thread); /* CPUs are made by KVM_CREATE_VCPU only */
    kvm390_thread_use(g_steal_pointer(&kvm390_vm.vcpu_thread), vcpu_thread, cs);
}

void kvm390_vm_ops_init(AccelOpsClass *ops)
{
    kvm390_mode = &kvm390_vm_mode;
    kvm390_intercepts.client_runs = true;
    ops->create_vcpu_thread = create_vcpu_thread;
    ops->kick_vcpu_thread = kick_vcpu_thread;
}
