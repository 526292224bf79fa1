/*
 * Ioctls of the library itself: the struct is not the caller's
 *
 * SPDX-License-Identifier: MIT
 */
#include "vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * @reply: the buffer that comes with the answer, @len bytes of it; from
 * malloc(), or NULL. Returns what kvm390_call() does.
 */
static int own_ioctl(struct kvm390_vm *vm, uint32_t request, const void *arg,
                     size_t size, void **reply, size_t *len)
{
    const struct kvm390_ioctl *io = kvm390_ioctl_find(request, KVM390_ON_VM);
    struct kvm390_message msg = {
        .head = { .cmd = request, .target = KVM390_VM, .arg_len = size },
    };
    int ret;

    memcpy(msg.arg, arg, size);
    kvm390_arg_reorder(io, msg.arg, KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
    *reply = NULL;
    ret = kvm390_call(&vm->conn, &msg, NULL, -1, NULL, reply);
    *len = *reply ? msg.head.buf_len : 0;
    return ret;
}

/* A callback of kvm390_vms_for_each(). */
static void tell_protection(struct kvm390_vm *vm, const void *protect)
{
    void *reply;
    size_t len;

    own_ioctl(vm, KVM390_PROTECT, protect, sizeof(struct kvm390_protect),
              &reply, &len);
    free(reply);
}

void kvm390_tell_protection(struct kvm390_vm *vm, uintptr_t addr, size_t len,
                            int prot)
{
    struct kvm390_protect p = {
        .addr = addr - kvm390_caller.base, .len = len,
        .permit = (prot & PROT_READ ? KVM390_PERMIT_READ : 0) |
                  (prot & PROT_WRITE ? KVM390_PERMIT_ALL : 0),
    };
    int saved = errno;

    if (vm) {
        tell_protection(vm, &p);
    } else {
        kvm390_vms_for_each(tell_protection, &p);
    }
    errno = saved;
}

int kvm390_plo_functions(struct kvm390_vm *vm, uint8_t plo[32])
{
    struct kvm_device_attr attr = {
        .group = KVM_S390_VM_CPU_MODEL,
        .attr = KVM_S390_VM_CPU_MACHINE_SUBFUNC,
    };
    void *reply;
    size_t len;
    int ret = own_ioctl(vm, KVM_GET_DEVICE_ATTR, &attr, sizeof(attr), &reply,
                        &len);

    if (ret || len < 32) {
        ret = -1;
    } else {
        memcpy(plo, reply, 32); /* the first of its fields */
    }
    free(reply);
    return ret;
}
