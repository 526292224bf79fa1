/*
 * vCPUs: their threads, and KVM_RUN
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
#include "session.h"
#include "cpu-model.h"
#include "s390x-internal.h"
#include "accel/tcg/tcg-accel-ops.h"
#include "exec/cpu-common.h"
#include "block/aio.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "qemu/guest-random.h"
#include "qemu/main-loop.h"
#include "qemu/memfd.h"
#include "qemu/rcu.h"
#include "system/accel-ops.h"
#include "system/cpus.h"
#include "tcg/startup.h"
#include "kvm390/include/client-code.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/vm.h"
#include "kvm390/trace.h"

/* Entered under the BQL, looked up without; they stay. */
static Kvm390Vcpu *vcpus[S390_MAX_CPUS];
static unsigned nr_vcpus; /* BQL */

Kvm390Vcpu *kvm390_vcpu_find(int64_t id)
{
    return id >= 0 && id < S390_MAX_CPUS ?
           qatomic_load_acquire(&vcpus[id]) : NULL;
}

unsigned kvm390_vcpus(void)
{
    return nr_vcpus;
}

/* The control block is the second page (KVM_S390_SIE_PAGE_OFFSET). */
static size_t run_size(void)
{
    return kvm390_intercepts.ucontrol ? 2 * KVM390_RUN_SIZE : KVM390_RUN_SIZE;
}

/* What can fail comes first, before there is a CPU. */
static Kvm390Vcpu *vcpu_alloc(bool little_endian)
{
    Kvm390Vcpu *vcpu = g_new0(Kvm390Vcpu, 1);

    vcpu->little_endian = little_endian;
    vcpu->cancel = KVM390_NO_TOKEN;
    vcpu->run = qemu_memfd_alloc("kvm390-run", run_size(), 0, &vcpu->run_fd,
                                 NULL);
    if (!vcpu->run) {
        g_free(vcpu);
        return NULL;
    }
    if (event_notifier_init(&vcpu->kick, 0)) {
        qemu_memfd_free(vcpu->run, run_size(), vcpu->run_fd);
        g_free(vcpu);
        return NULL;
    }
    return vcpu;
}

static void vcpu_free(Kvm390Vcpu *vcpu)
{
    event_notifier_cleanup(&vcpu->kick);
    qemu_memfd_free(vcpu->run, run_size(), vcpu->run_fd);
    g_free(vcpu);
}

static void vcpu_enter(Kvm390Vcpu *vcpu, S390CPU *cpu)
{
    unsigned id = cpu->env.core_id;

    vcpu->cpu = cpu;
    vcpu->id = id;
    kvm390_run_init(vcpu);
    kvm390_run_push(vcpu);
    if (kvm390_intercepts.ucontrol) {
        vcpu->sie = (uint8_t *)vcpu->run + KVM390_RUN_SIZE;
        kvm390_sie_init(vcpu);
    }
    if (kvm390_intercepts.vm) {
        kvm390_set_exit(id, &vcpu->exit);
    }
    qatomic_store_release(&vcpus[id], vcpu);
    nr_vcpus++;
    if (kvm390_intercepts.vm) {
        qemu_cpu_kick(CPU(cpu)); /* its thread waits for this */
    }
}

Kvm390Vcpu *kvm390_vcpu_get(S390CPU *cpu, bool little_endian)
{
    Kvm390Vcpu *vcpu = vcpus[cpu->env.core_id];

    if (!vcpu) {
        vcpu = vcpu_alloc(little_endian);
        if (vcpu) {
            vcpu_enter(vcpu, cpu);
        }
    }
    return vcpu;
}

/* A CPU of the machine, with its thread. */
static S390CPU *plug_cpu(unsigned id)
{
    Object *obj = object_new(current_machine->cpu_type);
    Error *err = NULL;

    kvm390_model_apply(S390_CPU(obj));
    if (!object_property_set_int(obj, "core-id", id, &err) ||
        !qdev_realize(DEVICE(obj), NULL, &err)) {
        error_report_err(err);
        object_unref(obj);
        return NULL;
    }
    object_unref(obj); /* the machine has it */
    return S390_CPU(obj);
}

static int create_cpu(Kvm390Call *call)
{
    Kvm390Vcpu *vcpu;
    S390CPU *cpu;
    int fd;

    if (call->number >= S390_MAX_CPUS ||
        (kvm390_intercepts.ucontrol && nr_vcpus)) {
        return -EINVAL;
    }
    if (kvm390_vcpu_find(call->number)) {
        return -EEXIST;
    }
    vcpu = vcpu_alloc(call->session->little_endian);
    if (!vcpu) {
        return -ENOMEM;
    }
    fd = dup(vcpu->run_fd);
    cpu = fd < 0 ? NULL : plug_cpu(call->number);
    if (!cpu) {
        int ret = fd < 0 ? -errno : -EINVAL;

        if (fd >= 0) {
            close(fd);
        }
        vcpu_free(vcpu);
        return ret;
    }
    vcpu_enter(vcpu, cpu);
    call->out_fd = fd;
    return 0;
}

typedef struct CreateJob {
    Kvm390Call *call;
    QemuSemaphore done;
    int ret;
} CreateJob;

static void create_bh(void *opaque)
{
    CreateJob *job = opaque;

    job->ret = create_cpu(job->call);
    qemu_sem_post(&job->done);
}

/* The first CPU sets up the translator, for which TCG has the main thread. */
int kvm390_create_vcpu(Kvm390Call *call)
{
    CreateJob job = { .call = call };

    qemu_sem_init(&job.done, 0);
    aio_bh_schedule_oneshot(qemu_get_aio_context(), create_bh, &job);
    qemu_sem_wait(&job.done);
    qemu_sem_destroy(&job.done);
    return job.ret;
}

/* --- kicks --- */

static void kick_vcpu_thread(CPUState *cs)
{
    Kvm390Vcpu *vcpu = kvm390_vcpu_find(cs->cpu_index);

    cpu_exit(cs);
    smp_mb(); /* the work that is queued, before idle; pairs with wait_idle() */
    if (vcpu && qatomic_read(&vcpu->idle)) {
        event_notifier_set(&vcpu->kick);
    }
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

/* --- KVM_RUN --- */

/* It may have been before KVM_RUN began, or meant for one that is over. */
static bool cancelled(Kvm390Vcpu *vcpu)
{
    return qatomic_read(&vcpu->cancel) == vcpu->token;
}

/* Halted, in KVM_RUN: wait for an interruption, or for the call to end. */
static void wait_halted(Kvm390Vcpu *vcpu)
{
    CPUState *cs = CPU(vcpu->cpu);

    bql_lock();
    while (cs->halted && !cpu_has_work(cs) && !vcpu->exit.pending &&
           !cancelled(vcpu) && !cs->stop) {
        if (!cpu_work_list_empty(cs)) {
            process_queued_cpu_work(cs);
            continue;
        }
        qemu_cond_wait_bql(cs->halt_cond);
    }
    qemu_wait_io_event_common(cs);
    if (cpu_has_work(cs)) {
        cs->halted = 0;
    }
    bql_unlock();
}

static void do_queued_work(CPUState *cs)
{
    if (!cpu_work_list_empty(cs) || cs->stop) {
        bql_lock();
        qemu_wait_io_event_common(cs);
        bql_unlock();
    }
}

/* A stop that asked for the status to be stored, now that the CPU is still. */
static int store_status_of_stop(Kvm390Vcpu *vcpu)
{
    int ret = 0;

    if (vcpu->exit.icptcode == KVM390_ICPT_STOP &&
        vcpu->exit.reason == KVM_EXIT_S390_SIEIC &&
        (vcpu->stop_store_status || vcpu->exit.store_status)) {
        bql_lock();
        vcpu->cputm = kvm390_run_cputm(vcpu);
        ret = kvm390_store_status_at(vcpu, KVM_S390_STORE_STATUS_NOADDR);
        if (!kvm390_intercepts.user_cpu_state) {
            vcpu->stop_store_status = false;
        }
        bql_unlock();
    }
    return ret;
}

/* Until there is something to tell user space; returns KVM_RUN's result. */
static int run_guest(Kvm390Vcpu *vcpu)
{
    CPUState *cs = CPU(vcpu->cpu);
    int ret;

    for (;;) {
        if (vcpu->exit.pending) {
            vcpu->exit.pending = false;
            if (vcpu->exit.error) {
                return vcpu->exit.error;
            }
            ret = store_status_of_stop(vcpu);
            if (ret) {
                return ret;
            }
            kvm390_run_set_exit(vcpu, &vcpu->exit);
            kvm390_debug_exited(vcpu);
            return 0;
        }
        if (cancelled(vcpu)) {
            kvm390_run_set_reason(vcpu, KVM_EXIT_INTR);
            return -EINTR;
        }
        if (cs->halted) {
            wait_halted(vcpu);
            if (cs->halted) {
                continue;
            }
        }
        switch (tcg_cpu_exec(cs)) {
        case EXCP_DEBUG:
            if (!vcpu->exit.pending && kvm390_debug_event(vcpu)) {
                return 0;
            }
            break;
        case EXCP_ATOMIC:
            cpu_exec_step_atomic(cs);
            break;
        }
        qatomic_set_mb(&cs->exit_request, 0);
        do_queued_work(cs);
    }
}

static bool has_lowcore(S390CPU *cpu)
{
    return kvm390_host_permits(cpu->env.psa, true) &&
           kvm390_host_permits(cpu->env.psa + TARGET_PAGE_SIZE, true) &&
           address_space_access_valid(CPU(cpu)->as, cpu->env.psa,
                                      2 * TARGET_PAGE_SIZE, true,
                                      MEMTXATTRS_UNSPECIFIED);
}

/* The prefix area has no memory behind it. */
static int no_lowcore(Kvm390Vcpu *vcpu)
{
    if (!kvm390_intercepts.ucontrol || kvm390_host_refused()) {
        return -EFAULT;
    }
    vcpu->exit.reason = KVM_EXIT_S390_UCONTROL;
    vcpu->exit.fault_addr = vcpu->cpu->env.psa;
    kvm390_run_set_exit(vcpu, &vcpu->exit);
    return 0;
}

/* Start a vCPU that is stopped, unless user space is to do that. */
static int start(Kvm390Vcpu *vcpu)
{
    int ret = 0;

    bql_lock();
    kvm390_sie_load(vcpu);
    if (s390_cpu_get_state(vcpu->cpu) == S390_CPU_STATE_STOPPED) {
        if (kvm390_intercepts.user_cpu_state) {
            ret = -EINVAL;
        } else {
            s390_cpu_set_state(S390_CPU_STATE_OPERATING, vcpu->cpu);
        }
    }
    bql_unlock();
    return ret;
}

static void leave(Kvm390Vcpu *vcpu)
{
    if (cancelled(vcpu)) {
        qatomic_set(&vcpu->cancel, KVM390_NO_TOKEN);
    }
    vcpu->stats[KVM390_STAT_EXIT_USERSPACE]++;
    kvm390_run_leave(vcpu);
    kvm390_run_push(vcpu);
    kvm390_sie_leave(vcpu);
    kvm390_stats_update(vcpu);
}

int kvm390_run(Kvm390Call *call)
{
    Kvm390Vcpu *vcpu = call->vcpu;
    int ret;

    vcpu->token = call->number;
    if (qatomic_read(&vcpu->run->immediate_exit)) {
        return -EINTR;
    }
    if (!kvm390_run_masks_valid(vcpu)) {
        return -EINVAL;
    }
    if (kvm390_debug_report(vcpu)) {
        return 0;
    }
    if (vcpu->sie ||
        s390_cpu_get_state(vcpu->cpu) == S390_CPU_STATE_STOPPED) {
        ret = start(vcpu);
        if (ret) {
            return ret;
        }
    }
    kvm390_run_sync(vcpu);
    kvm390_check_client_code();
    kvm390_debug_begin(vcpu);
    if (!has_lowcore(vcpu->cpu)) {
        ret = no_lowcore(vcpu);
    } else {
        ret = kvm390_sie_enter(vcpu) ? run_guest(vcpu) : 0;
    }
    leave(vcpu);
    return ret;
}

/* --- the thread --- */

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
static bool serve(Kvm390Vcpu *vcpu)
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
    while (!(vcpu = vcpus[cs->cpu_index])) {
        qemu_cond_wait_bql(cs->halt_cond);
        qatomic_set(&cs->exit_request, 0);
        qemu_wait_io_event_common(cs);
    }
    bql_unlock();
    for (;;) {
        if (!serve(vcpu)) {
            wait_idle(vcpu);
        }
        qatomic_set_mb(&cs->exit_request, 0);
        do_queued_work(cs);
    }
    return NULL;
}

static void create_vcpu_thread(CPUState *cs)
{
    char name[16];

    tcg_cpu_init_cflags(cs, true);
    snprintf(name, sizeof(name), "vCPU %d", cs->cpu_index);
    qemu_thread_create(cs->thread, name, vcpu_thread, cs,
                       QEMU_THREAD_DETACHED);
}

void kvm390_vm_ops_init(AccelOpsClass *ops)
{
    ops->create_vcpu_thread = create_vcpu_thread;
    ops->kick_vcpu_thread = kick_vcpu_thread;
}
