/*
 * libkvm390: the KVM API of s390x, from a server instead of /dev/kvm
 *
 * The calls below take and return what ioctl(2) on /dev/kvm, a VM and a vCPU
 * would: the structs of <linux/kvm.h> and <asm/kvm.h> for s390x (on another
 * host include <kvm390/uapi.h>, which finds the right ones), 0 or more, or -1
 * with errno set. Everything in a struct is in the caller's own byte order, on
 * any host; guest memory is big-endian, as the guest has it.
 *
 *     struct kvm390_vm *vm = kvm390_vm_start(NULL);
 *     kvm390_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
 *     struct kvm390_vcpu *cpu = kvm390_vcpu_create(vm, 0);
 *     struct kvm_run *run = kvm390_vcpu_run(cpu);
 *     run->psw_mask = 0x180000000; run->psw_addr = 0x1000;
 *     kvm390_vcpu_ioctl(cpu, KVM_RUN, NULL);
 *
 * There are two kinds of VM. kvm390_vm_start() starts a process that is a VM of
 * the caller's own: memory slots are the caller's memory, and KVM_RUN runs
 * the vCPU. kvm390_vm_attach() connects to the VM of a running QEMU: there QEMU
 * owns the memory and runs the vCPUs, so that KVM_RUN and the memory slots
 * answer EBUSY, and all else works on the live guest.
 *
 * Threads: any thread may use any object. As with KVM, an ioctl on a vCPU
 * waits while another thread is in KVM_RUN on it, but for KVM_S390_INTERRUPT
 * and KVM_S390_IRQ. A signal makes KVM_RUN return EINTR, even if its handler
 * was set with SA_RESTART; so does run->immediate_exit.
 *
 * Memory: the memory of a slot is shared with the VM in place. The first time
 * it is named, a private mapping is replaced by a shared one with the same
 * contents; no other thread may store to it during that call. A child of fork()
 * has its own copy as of any private memory; the VM is not its (EIO). Use
 * kvm390_memory_register() for memory that is a shared mapping of a file
 * already.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIBKVM390_H
#define LIBKVM390_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kvm_run;
struct kvm390_vm;
struct kvm390_vcpu;

/**
 * kvm390_vm_start: start a process that is a new, empty VM
 * @qemu: the emulator's program; NULL for the environment's KVM390_QEMU or,
 *        without it, PATH's qemu-system-s390x-kvm390 (so it is installed) or
 *        qemu-system-s390x. KVM390_QEMU_OPTIONS adds options, separated by
 *        spaces.
 *
 * Returns the VM, or NULL with errno set.
 */
struct kvm390_vm *kvm390_vm_start(const char *qemu);

/**
 * kvm390_vm_attach: connect to a running guest
 * @path: the socket of its -object kvm390-api,id=ID,path=PATH
 *
 * Returns the VM, or NULL with errno set.
 */
struct kvm390_vm *kvm390_vm_attach(const char *path);

/**
 * kvm390_vm_close: let go of a VM, and of its vCPUs
 *
 * The process of kvm390_vm_start() ends and is waited for. No other thread may
 * be using the VM.
 */
void kvm390_vm_close(struct kvm390_vm *vm);

/**
 * kvm390_vm_pid: the process of kvm390_vm_start(), or -1
 */
pid_t kvm390_vm_pid(const struct kvm390_vm *vm);

/**
 * kvm390_vcpu_create: KVM_CREATE_VCPU
 * @id: 0 to KVM_CAP_MAX_VCPU_ID - 1
 *
 * Returns the vCPU, or NULL with errno set.
 */
struct kvm390_vcpu *kvm390_vcpu_create(struct kvm390_vm *vm, unsigned id);

/**
 * kvm390_vcpu_attach: use a vCPU that exists, of an attached VM
 *
 * Returns the vCPU, or NULL with errno set.
 */
struct kvm390_vcpu *kvm390_vcpu_attach(struct kvm390_vm *vm, unsigned id);

/**
 * kvm390_vcpu_run: the vCPU's struct kvm_run, a mapping that is shared with
 * the VM until kvm390_vm_close()
 */
struct kvm_run *kvm390_vcpu_run(struct kvm390_vcpu *vcpu);

/**
 * kvm390_vcpu_fd: a descriptor of the file that holds the struct kvm_run
 */
int kvm390_vcpu_fd(const struct kvm390_vcpu *vcpu);

/**
 * kvm390_system_ioctl, kvm390_vm_ioctl, kvm390_vcpu_ioctl: an ioctl
 * @request: its number
 * @arg: what ioctl(2) takes third: a pointer, or a number cast to one
 *
 * KVM_CREATE_VM and KVM_CREATE_VCPU are the functions above instead;
 * KVM_GET_STATS_FD returns a descriptor.
 *
 * Returns 0 or more, or -1 with errno set.
 */
int kvm390_system_ioctl(struct kvm390_vm *vm, unsigned long request, void *arg);
int kvm390_vm_ioctl(struct kvm390_vm *vm, unsigned long request, void *arg);
int kvm390_vcpu_ioctl(struct kvm390_vcpu *vcpu, unsigned long request,
                      void *arg);

/**
 * kvm390_device_ioctl: an ioctl of the device that KVM_CREATE_DEVICE made
 *
 * There is one kind, the floating interrupt controller (KVM_DEV_TYPE_FLIC).
 * The descriptor in struct kvm_create_device stands for it and may be closed.
 */
int kvm390_device_ioctl(struct kvm390_vm *vm, unsigned long request, void *arg);

/**
 * kvm390_memory_register: this range is a shared mapping of a file
 * @addr, @len: the range, in whole pages
 * @fd: the file's descriptor, which is duplicated
 * @offset: where in the file @addr lies
 *
 * Returns 0, or -1 with errno set.
 */
int kvm390_memory_register(void *addr, size_t len, int fd, uint64_t offset);

/**
 * kvm390_memory_forget: this range is unmapped, or is another mapping now
 *
 * A slot that has it loses it: KVM_RUN answers -EFAULT where the guest uses it.
 */
void kvm390_memory_forget(void *addr, size_t len);

/**
 * kvm390_memory_protect: mprotect() was called for this range
 * @prot: PROT_READ and PROT_WRITE or'ed together, or PROT_NONE
 *
 * A slot's memory is mapped by the VM, too; from now on the guest may do there
 * what the caller may, and KVM_RUN answers -EFAULT where it does more.
 */
void kvm390_memory_protect(void *addr, size_t len, int prot);

#ifdef __cplusplus
}
#endif
#endif
