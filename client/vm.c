/*
 * VMs of this process: those that it started, and those that it is attached to
 *
 * SPDX-License-Identifier: MIT
 */
#include "vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static pthread_mutex_t vms_lock = PTHREAD_MUTEX_INITIALIZER; /* of vms */
static struct kvm390_vm *vms;

/* --- fork() --- */

static void before_fork(void)
{
    pthread_mutex_lock(&vms_lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&vms_lock);
}

__attribute__((constructor)) static void vms_init(void)
{
    pthread_atfork(before_fork, after_fork, after_fork);
}

void kvm390_vms_for_each(void (*tell)(struct kvm390_vm *vm, const void *what),
                         const void *what)
{
    struct kvm390_vm *vm;

    pthread_mutex_lock(&vms_lock);
    for (vm = vms; vm; vm = vm->next) {
        if (vm->pid > 0 && !kvm390_vm_is_forked(vm)) {
            tell(vm, what);
        }
    }
    pthread_mutex_unlock(&vms_lock);
}

static void vms_add(struct kvm390_vm *vm)
{
    pthread_mutex_lock(&vms_lock);
    vm->next = vms;
    vms = vm;
    pthread_mutex_unlock(&vms_lock);
}

static void vms_remove(struct kvm390_vm *vm)
{
    struct kvm390_vm **p;

    pthread_mutex_lock(&vms_lock);
    for (p = &vms; *p && *p != vm; p = &(*p)->next) {
    }
    if (*p) {
        *p = vm->next;
    }
    pthread_mutex_unlock(&vms_lock);
}

/* Takes over the socket, also when it fails. */
static struct kvm390_vm *vm_open(int fd, pid_t pid)
{
    uint64_t hello = KVM390_WIRE_VERSION;
    struct kvm390_vm *vm = calloc(1, sizeof(*vm));
    int saved;

    if (!vm) {
        close(fd);
        return NULL;
    }
    vm->pid = pid;
    vm->owner = getpid();
    vm->conn.fd = kvm390_hide(fd);
    vm->conn.early_fd = -1;
    pthread_mutex_init(&vm->conn.lock, NULL);
    if (kvm390_caller.order == KVM390_LITTLE_ENDIAN) {
        hello |= KVM390_HELLO_LITTLE_ENDIAN;
    }
    if (kvm390_command(&vm->conn, KVM390_CMD_HELLO, KVM390_SYSTEM, hello,
                       -1, NULL) < 0) {
        saved = errno;
        kvm390_vm_close(vm);
        errno = saved;
        return NULL;
    }
    vms_add(vm);
    return vm;
}

struct kvm390_vm *kvm390_vm_start(const char *qemu)
{
    int pair[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        return NULL;
    }
    pair[0] = kvm390_hide(pair[0]);
    pid = kvm390_server_start(qemu, pair[1]);
    close(pair[1]);
    if (pid < 0) {
        kvm390_unhide(pair[0]);
        return NULL;
    }
    return vm_open(pair[0], pid);
}

struct kvm390_vm *kvm390_vm_attach(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd;

    if (strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    strcpy(addr.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return NULL;
    }
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        close(fd);
        return NULL;
    }
    return vm_open(fd, -1);
}

void kvm390_vm_close(struct kvm390_vm *vm)
{
    struct kvm390_vcpu *vcpu;

    kvm390_slots_close(vm);
    vms_remove(vm);
    while ((vcpu = vm->vcpus)) {
        vm->vcpus = vcpu->next;
        kvm390_vcpu_free(vcpu);
    }
    if (!kvm390_vm_is_forked(vm)) {
        if (vm->pid > 0) {
            kvm390_server_end(vm->conn.fd, vm->pid);
        }
        kvm390_unhide(vm->conn.fd);
    }
    free(vm);
}

pid_t kvm390_vm_pid(const struct kvm390_vm *vm)
{
    return vm->pid;
}
