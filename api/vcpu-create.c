/*
 * KVM_CREATE_VCPU, and the API's side of a CPU that the machine has
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "cpu-model.h"
#include "vm-state.h"
#include "block/aio.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/memfd.h"
#include "system/cpus.h"

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

static void vcpu_init(Kvm390Vcpu *vcpu, S390CPU *cpu)
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
        cpu->env.kvm390.exit = &vcpu->exit;
    }
    kvm390_vcpu_enter(vcpu);
    if (kvm390_intercepts.vm) {
        qemu_cpu_kick(CPU(cpu)); /* its thread waits for this */
    }
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
    object_unref(obj); /* the machine has it */
    return S390_CPU(obj);
}

static int create_cpu(Kvm390Call *call)
{
    Kvm390Vcpu *vcpu;
    S390CPU *cpu;
    int fd;

    if (call->number >= S390_MAX_CPUS ||
        (kvm390_intercepts.ucontrol && kvm390_vcpus())) {
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
    vcpu_init(vcpu, cpu);
    call->out_fd = fd;
    return 0;
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
