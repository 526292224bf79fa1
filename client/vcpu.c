/*
 * vCPUs: each has a connection of its own, and its struct kvm_run
 *
 * SPDX-License-Identifier: MIT
 */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define MAX_VCPUS 256
#define RUN_SIZE  4096

void kvm390_vcpu_free(struct kvm390_vcpu *vcpu)
{
    if (vcpu->run) {
        munmap(vcpu->run, RUN_SIZE);
    }
    if (vcpu->run_fd >= 0 && !kvm390_vm_is_forked(vcpu->vm)) {
        kvm390_unhide(vcpu->run_fd);
    }
    if (vcpu->conn.fd >= 0 && !kvm390_vm_is_forked(vcpu->vm)) {
        kvm390_unhide(vcpu->conn.fd);
    }
    free(vcpu);
}

/* A connection of the vCPU's own, so that KVM_RUN keeps nobody else waiting. */
static int vcpu_connect(struct kvm390_vcpu *vcpu)
{
    int pair[2], ret;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        return -1;
    }
    ret = kvm390_command(&vcpu->vm->conn, KVM390_CMD_CHANNEL, vcpu->id, 0,
                         pair[1], NULL);
    close(pair[1]);
    if (ret < 0) {
        close(pair[0]);
        return -1;
    }
    vcpu->conn.fd = kvm390_hide(pair[0]);
    pthread_mutex_init(&vcpu->conn.lock, NULL);
    return 0;
}

/*
 * Is it all there, and will it stay? Else the program would end by SIGBUS, as
 * soon as the server makes the file shorter.
 */
static bool run_page_is_sure(int fd)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && seals & F_SEAL_SHRINK && !fstat(fd, &st) &&
           st.st_size >= RUN_SIZE;
}

static struct kvm390_vcpu *vcpu_open(struct kvm390_vm *vm, uint32_t cmd,
                                     int32_t target, unsigned id)
{
    struct kvm390_vcpu *vcpu = calloc(1, sizeof(*vcpu));
    int saved;

    if (!vcpu) {
        return NULL;
    }
    vcpu->vm = vm;
    vcpu->id = id;
    vcpu->run_fd = -1;
    vcpu->conn.fd = -1;
    vcpu->conn.early_fd = -1;
    if (kvm390_command(&vm->conn, cmd, target, id, -1, &vcpu->run_fd) < 0) {
        goto fail;
    }
    vcpu->run_fd = kvm390_hide(vcpu->run_fd);
    if (vcpu->run_fd < 0 || id >= MAX_VCPUS ||
        !run_page_is_sure(vcpu->run_fd)) {
        errno = EPROTO;
        goto fail;
    }
    vcpu->run = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                     vcpu->run_fd, 0);
    if (vcpu->run == MAP_FAILED) {
        vcpu->run = NULL;
        goto fail;
    }
    if (vcpu_connect(vcpu)) {
        goto fail;
    }
    vcpu->next = vm->vcpus;
    vm->vcpus = vcpu;
    return vcpu;

fail:
    saved = errno;
    kvm390_vcpu_free(vcpu);
    errno = saved;
    return NULL;
}

struct kvm390_vcpu *kvm390_vcpu_create(struct kvm390_vm *vm, unsigned id)
{
    return vcpu_open(vm, KVM_CREATE_VCPU, KVM390_VM, id);
}

struct kvm390_vcpu *kvm390_vcpu_attach(struct kvm390_vm *vm, unsigned id)
{
    return vcpu_open(vm, KVM390_CMD_ATTACH, id, id);
}

struct kvm_run *kvm390_vcpu_run(struct kvm390_vcpu *vcpu)
{
    return vcpu->run;
}

int kvm390_vcpu_fd(const struct kvm390_vcpu *vcpu)
{
    return vcpu->run_fd;
}
