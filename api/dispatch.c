/*
 * The KVM API: an ioctl's way to the function that answers it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "mode.h"
#include "vm-state.h"
#include "qemu/main-loop.h"
#include "kvm390/include/client-code.h"
#include "kvm390/include/slot-memory.h"
#include "kvm390/trace.h"

#define HANDLER(number, on, pass, type, buffers, descriptor, flags, handler, \
                ...) handler,

static Kvm390Handler *const handlers[] = { KVM390_IOCTLS(HANDLER) };

/* What KVM says to a number it does not know depends on whom it is asked. */
static int answer_unknown(uint32_t cmd, int32_t target)
{
    if (target == KVM390_SYSTEM) {
        return -EINVAL;
    }
    return target >= 0 && _IOC_TYPE(cmd) != KVMIO ? -EINVAL : -ENOTTY;
}

static int call_handler(Kvm390Call *call)
{
    return handlers[call->io - kvm390_ioctls](call);
}

static void call_handler_on_cpu(CPUState *cs, run_on_cpu_data data)
{
    Kvm390Call *call = data.host_ptr;

    call->ret = call_handler(call);
}

/* On the vCPU's thread, unless that may be in KVM_RUN. */
static void call_vcpu_handler(Kvm390Call *call)
{
    Kvm390Vcpu *vcpu = call->vcpu;
    bool here = call->io->flags & KVM390_ANYTIME;

    if (call->io->flags & KVM390_REGS_IN) {
        kvm390_mode->regs_pull(vcpu);
    }
    if (!here) {
        kvm390_ucontrol_load(vcpu);
    }
    if (here || current_cpu == CPU(vcpu->cpu)) {
        call->ret = call_handler(call);
    } else {
        run_on_cpu(CPU(vcpu->cpu), call_handler_on_cpu,
                   RUN_ON_CPU_HOST_PTR(call));
    }
    if (call->io->flags & KVM390_REGS_OUT && call->ret >= 0) {
        kvm390_mode->regs_push(vcpu);
    }
    if (!here) {
        kvm390_ucontrol_store(vcpu);
    }
}

/* What is asked of the VM may change it, or wait for its vCPUs. */
static void call_locked(Kvm390Call *call)
{
    bool vm_lock = !call->vcpu || call->io->flags & KVM390_VM_LOCK;

    bql_lock();
    if (vm_lock) {
        kvm390_vm_lock();
    }
    if (call->vcpu) {
        call_vcpu_handler(call);
    } else {
        call->ret = call_handler(call);
    }
    if (vm_lock) {
        kvm390_vm_unlock();
    }
    bql_unlock();
}

void kvm390_api_call(uint32_t cmd, int32_t target, Kvm390Call *call)
{
    const struct kvm390_ioctl *io = call->io;

    trace_kvm390_ioctl(target, cmd, io ? io->name : "?");
    kvm390_client_stored();
    kvm390_slot_memory_mend();
    if (!io) {
        call->ret = answer_unknown(cmd, target);
    } else if (io->flags & KVM390_VM_MODE && !kvm390_mode->client_runs) {
        call->ret = -EBUSY;
    } else if (io->size && !call->arg) {
        call->ret = -EFAULT;
    } else {
        kvm390_ioctl_count(io);
        if (io->flags & KVM390_NO_BQL) {
            call->ret = call_handler(call);
        } else {
            call_locked(call);
        }
    }
    trace_kvm390_ioctl_done(target, cmd, call->ret);
}
