/*
 * KVM_CREATE_VCPU, and the API's side of a CPU that the machine has
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "mode.h"
#include "cpu-model.h"
#include "vm-state.h"
#include "block/aio.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/memfd.h"
#include "qemu/units.h"
#include "system/cpus.h"
#include "kvm390/include/slot-memory.h"

/* A client that made the page shorter would end the process by SIGBUS. */
#define RUN_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* What QEMU takes for a CPU, and as much again: bytes. */
#define CPU_ROOM (16 * MiB)

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
    vcpu->run = qemu_memfd_alloc("kvm390-run", run_size(), RUN_SEALS,
                                 &vcpu->run_fd, NULL);
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

static void vcpu_init(Kvm390Vcpu *vcpu, S390CPU *cpu)
{
    unsigned id = cpu->env.core_id;

    vcpu->cpu = cpu;
    vcpu->id = id;
    kvm390_run_init(vcpu);
    kvm390_run_push(vcpu);
    if (kvm390_intercepts.ucontrol) {
        cpu->env.kvm390.own = kvm390_own_space(id);
        vcpu->sie = (uint8_t *)vcpu->run + KVM390_RUN_SIZE;
        kvm390_ucontrol_init(vcpu);
    }
    kvm390_mode->vcpu_init(vcpu);
    kvm390_vcpu_enter(vcpu);
    kvm390_mode->vcpu_ready(vcpu);
}

Kvm390Vcpu *kvm390_vcpu_get(S390CPU *cpu, bool little_endian)
{
    Kvm390Vcpu *vcpu = kvm390_vcpu_find(cpu->env.core_id);

    if (!vcpu) {
        vcpu = vcpu_alloc(little_endian);
        if (vcpu) {
            vcpu_init(vcpu, cpu);
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
    S390_CPU(obj)->env.cpuid = kvm390_model_cpuid();
    object_unref(obj); /* the machine has it */
    return S390_CPU(obj);
}

/*
 * QEMU ends where a thread or memory is missing while it makes a CPU: is there
 * enough? The thread is kept for it.
 */
static bool reserve_room(unsigned id)
{
    g_autofree char *name = g_strdup_printf("vCPU %u", id);
    void *room = g_try_malloc(CPU_ROOM);

    if (!room) {
        return false;
    }
    kvm390_vm.vcpu_thread = kvm390_thread_reserve(name);
    g_free(room);
    return kvm390_vm.vcpu_thread;
}

static void give_up_thread(void)
{
    if (kvm390_vm.vcpu_thread) {
        kvm390_thread_use(g_steal_pointer(&kvm390_vm.vcpu_thread), NULL, NULL);
    }
}

static int make_cpu(Kvm390Call *call, Kvm390Vcpu *vcpu)
{
    int fd = fcntl(vcpu->run_fd, F_DUPFD_CLOEXEC, 0);
    S390CPU *cpu;

    if (fd < 0) {
        return -errno;
    }
    if (!reserve_room(call->number)) {
        close(fd);
        return -ENOMEM;
    }
    cpu = plug_cpu(call->number);
    give_up_thread();
    if (!cpu) {
        close(fd);
        return -EINVAL;
    }
    kvm390_slot_memory_cpu(CPU(cpu));
    vcpu_init(vcpu, cpu);
    call->out_fd = fd;
    return 0;
}

static int create_cpu(Kvm390Call *call)
{
    Kvm390Vcpu *vcpu;
    int ret;

    if (call->number >= S390_MAX_CPUS) {
        return -EINVAL;
    }
    if (kvm390_vcpu_find(call->number)) {
        return -EEXIST;
    }
    vcpu = vcpu_alloc(call->session->little_endian);
    if (!vcpu) {
        return -ENOMEM;
    }
    ret = make_cpu(call, vcpu);
    if (ret) {
        vcpu_free(vcpu);
    }
    return ret;
}

typedef struct CreateJob {
    Kvm390Call *call;
    bool done;
    int ret;
} CreateJob;

static void create_bh(void *opaque)
{
    CreateJob *job = opaque;

    job->ret = create_cpu(job->call);
    kvm390_vm_tell(&job->done);
}

/* The first CPU sets up the translator, for which TCG has the main thread. */
int kvm390_create_vcpu(Kvm390Call *call)
{
    CreateJob job = { .call = call };

    aio_bh_schedule_oneshot(qemu_get_aio_context(), create_bh, &job);
    kvm390_vm_wait(&job.done);
    return job.ret;
}
