/*
 * Ioctls of a caller
 *
 * One is sent to the VM with what its struct points to, and what comes back is
 * stored where the caller has it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pointers.h"
#include "vm.h"
#include "kvm390/core/layouts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An ioctl on its way. */
struct ioctl_call {
    struct kvm390_vm *vm;
    struct kvm390_vcpu *vcpu;      /* NULL: not of a vCPU */
    const struct kvm390_ioctl *io; /* NULL: the library does not know it */
    unsigned long request;
    uint64_t arg;                  /* a pointer of the caller's, or a number */
    struct kvm390_message msg;
    struct kvm390_buffer buffer[KVM390_BUFFERS];
    uint8_t *buf;                  /* what rides along */
    int send_fd;
    /* The struct, in this machine's order. */
    _Alignas(uint64_t) uint8_t given[KVM390_MAX_ARG];
    int recv_fd;
    void *reply;
};

/* What the ioctl, which went well, gave the VM or took from it. */
static void note_slot(struct kvm390_vm *vm, unsigned long request,
                      const void *arg)
{
    const struct kvm_userspace_memory_region *r = arg; /* as _region2 begins */
    const struct kvm_s390_ucas_mapping *u = arg;

    if (request == KVM_S390_UCAS_MAP) {
        /* Until the VM ends: what is unmapped again is not followed. */
        kvm390_slots_set(vm, 1ull << 63 | u->vcpu_addr,
                         kvm390_caller.base + u->user_addr, u->length);
    } else if (request != KVM_S390_UCAS_UNMAP) {
        kvm390_slots_set(vm, r->slot, kvm390_caller.base + r->userspace_addr,
                         r->memory_size);
    }
}

/* The caller's struct and what it points to. Returns 0, or -1 with errno. */
static int take_arg(struct ioctl_call *call)
{
    const struct kvm390_ioctl *io = call->io;
    struct kvm390_message *msg = &call->msg;

    if (!io || (!io->size && io->pass != KVM390_PASS_NUMBER)) {
        return 0;
    }
    if (io->pass == KVM390_PASS_NUMBER) {
        msg->head.arg = call->arg;
        return 0;
    }
    if (kvm390_copy_in(msg->arg, call->arg, io->size)) {
        msg->head.flags = KVM390_BAD_ARG;
        return 0;
    }
    msg->head.arg_len = io->size;
    kvm390_arg_reorder(io, msg->arg, kvm390_caller.order, KVM390_HOST_ORDER);
    memcpy(call->given, msg->arg, io->size);
    kvm390_buffers(io, msg->arg, call->buffer);
    if (call->request == KVM_GET_DIRTY_LOG) {
        kvm390_pointers_limit_dirty_log(call->vm, (void *)msg->arg,
                                        call->buffer);
    }
    if (kvm390_pointers_eventfd(io, msg->arg, &call->send_fd)) {
        return -1;
    }
    call->buf = kvm390_pointers_gather(call->vm, io, call->arg, msg->arg,
                                       call->buffer, &msg->head,
                                       &call->send_fd);
    kvm390_arg_reorder(io, msg->arg, KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
    return 0;
}

/* Whether a descriptor may come with the reply; any other one is closed. */
static bool has_fd(const struct kvm390_ioctl *io)
{
    return io && (io->fd.kind == KVM390_FD_RETURNED ||
                  io->fd.kind == KVM390_FD_STORED);
}

/* Returns 0 with the reply in @call, or -1 with errno set. */
static int exchange_with_vm(struct ioctl_call *call)
{
    bool anytime = call->io && call->io->flags & KVM390_ANYTIME;
    struct kvm390_conn *conn = call->vcpu && !anytime ? &call->vcpu->conn :
                               &call->vm->conn; /* need not wait for KVM_RUN */

    if (call->request == KVM_RUN && call->vcpu) {
        return kvm390_vcpu_wait_run(call->vcpu, &call->msg, &call->reply);
    }
    return kvm390_call(conn, &call->msg, call->buf, call->send_fd,
                       has_fd(call->io) ? &call->recv_fd : NULL, &call->reply);
}

/* Memory that is to be a slot's stays as it is until the result is known. */
static int exchange_memory(struct ioctl_call *call)
{
    int ret;

    kvm390_slots_lock();
    ret = take_arg(call);
    if (!ret) {
        ret = exchange_with_vm(call);
    }
    if (!ret && call->msg.head.ret >= 0) {
        note_slot(call->vm, call->request, call->given);
    }
    kvm390_slots_unlock();
    return ret;
}

/* The descriptor that came is the result, or is stored. Returns as give(). */
static int give_fd(struct ioctl_call *call, int ret)
{
    const struct kvm390_ioctl *io = call->io;
    int32_t number = call->recv_fd;

    if (call->recv_fd < 0) {
        /* The server's number would be that of some file of the program's. */
        return io && io->fd.kind == KVM390_FD_RETURNED && ret >= 0 ? -EIO :
               ret;
    }
    if (ret < 0) {
        close(call->recv_fd);
        return ret;
    }
    if (io->fd.kind != KVM390_FD_STORED) {
        return call->recv_fd;
    }
    kvm390_reorder(&kvm390_layout_u32, &number, sizeof(number),
                   KVM390_HOST_ORDER, kvm390_caller.order);
    if (kvm390_copy_out(call->arg + io->fd.at, &number, sizeof(number))) {
        close(call->recv_fd);
        return -EFAULT;
    }
    return ret;
}

/* Without a descriptor, the number of one stays what the caller had there. */
static void keep_number(struct ioctl_call *call)
{
    const struct kvm390_ioctl *io = call->io;
    uint8_t *at = (uint8_t *)call->msg.arg + io->fd.at;

    if (io->fd.kind == KVM390_FD_STORED && call->recv_fd < 0) {
        memcpy(at, (uint8_t *)call->given + io->fd.at, sizeof(uint32_t));
        kvm390_reorder(&kvm390_layout_u32, at, sizeof(uint32_t),
                       KVM390_HOST_ORDER, kvm390_caller.order);
    }
}

/* The reply, to where the caller has it. Returns the result or -errno. */
static int give_result(struct ioctl_call *call)
{
    const struct kvm390_ioctl *io = call->io;
    struct kvm390_message *msg = &call->msg;
    int ret = msg->head.ret;

    if (io && msg->head.arg_len == io->size && io->pass >= KVM390_PASS_OUT) {
        kvm390_arg_reorder(io, msg->arg, KVM390_WIRE_ORDER,
                           kvm390_caller.order);
        keep_number(call);
        if (kvm390_copy_out(call->arg, msg->arg, io->size)) {
            ret = -EFAULT;
        }
    }
    if (call->reply) {
        int error = kvm390_pointers_scatter(call->buffer, call->reply,
                                            msg->head.buf_len);

        ret = error ? error : ret;
    }
    return give_fd(call, ret);
}

static int fail_with(int error)
{
    errno = error;
    return -1;
}

static int send_ioctl(struct ioctl_call *call)
{
    bool memory = call->io && call->io->fd.kind == KVM390_FD_MEMORY;
    int before = errno, ret;

    ret = memory ? exchange_memory(call) : take_arg(call);
    if (!ret && !memory) {
        ret = exchange_with_vm(call);
    }
    if (!ret) {
        ret = give_result(call);
        errno = ret < 0 ? -ret : before; /* as a system call leaves it */
    }
    free(call->buf);
    free(call->reply);
    return ret < 0 ? -1 : ret;
}

static int do_ioctl(struct kvm390_vm *vm, struct kvm390_vcpu *vcpu,
                    int32_t target, unsigned long request, uint64_t arg)
{
    struct ioctl_call call = {
        .vm = vm, .vcpu = vcpu, .request = request, .arg = arg,
        .io = kvm390_ioctl_find(request, kvm390_kind(target)),
        .msg.head = { .cmd = request, .target = target },
        .send_fd = -1, .recv_fd = -1,
    };

    if (kvm390_vm_is_forked(vm)) {
        return fail_with(EIO); /* as KVM where the memory is not the VM's */
    }
    if (request == KVM_RUN && vcpu && arg) {
        return fail_with(EINVAL);
    }
    if (request == KVM_SET_SIGNAL_MASK && vcpu) {
        int ret = kvm390_vcpu_set_signal_mask(vcpu, arg);

        return ret ? fail_with(-ret) : 0;
    }
    return send_ioctl(&call);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int traced_ioctl(struct kvm390_vm *vm, struct kvm390_vcpu *vcpu,
                  int32_t target, unsigned long request, uint64_t arg)
{
    uint64_t began = kvm390_tracing ? now_ns() : 0;
    int ret = do_ioctl(vm, vcpu, target, request, arg);

    if (kvm390_tracing) {
        int saved = errno;
        char name[16];

        snprintf(name, sizeof(name), vcpu ? "vcpu%u" :
                 target == KVM390_VM ? "vm" :
                 target == KVM390_FLIC ? "flic" : "kvm", vcpu ? vcpu->id : 0);
        kvm390_trace(name, kvm390_ioctl_find(request, kvm390_kind(target)),
                     request, arg, ret, saved, vcpu ? vcpu->run : NULL,
                     now_ns() - began);
        errno = saved;
    }
    return ret;
}

int kvm390_system_ioctl(struct kvm390_vm *vm, unsigned long request, void *arg)
{
    return traced_ioctl(vm, NULL, KVM390_SYSTEM, request, (uintptr_t)arg);
}

int kvm390_vm_ioctl(struct kvm390_vm *vm, unsigned long request, void *arg)
{
    return traced_ioctl(vm, NULL, KVM390_VM, request, (uintptr_t)arg);
}

int kvm390_device_ioctl(struct kvm390_vm *vm, unsigned long request, void *arg)
{
    return traced_ioctl(vm, NULL, KVM390_FLIC, request, (uintptr_t)arg);
}

int kvm390_vcpu_ioctl(struct kvm390_vcpu *vcpu, unsigned long request,
                      void *arg)
{
    return traced_ioctl(vcpu->vm, vcpu, vcpu->id, request, (uintptr_t)arg);
}
