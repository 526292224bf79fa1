/*
 * libkvm390: VMs, vCPUs and their ioctls
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"
#include "kvm390/core/layouts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_VCPUS 256
#define RUN_SIZE  4096
#define MAX_OPTIONS 64

struct kvm390_vcpu {
    struct kvm390_vm *vm;
    struct kvm390_vcpu *next;
    struct kvm390_conn conn;
    unsigned id;
    int run_fd;
    struct kvm_run *run;
    bool has_sigmask;   /* KVM_SET_SIGNAL_MASK; used by KVM_RUN's thread */
    sigset_t sigmask;
};

struct kvm390_vm {
    struct kvm390_conn conn;
    struct kvm390_vcpu *vcpus;
    pid_t pid;
    pid_t owner;           /* who made it; nobody else may use it */
    struct kvm390_vm *next;
};

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

static int simple_call(struct kvm390_conn *conn, uint32_t cmd, int32_t target,
                       uint64_t arg, int send_fd, int *recv_fd)
{
    struct kvm390_message msg = {
        .head = { .cmd = cmd, .target = target, .arg = arg },
    };
    void *reply;

    if (kvm390_call(conn, &msg, NULL, send_fd, recv_fd, &reply)) {
        return -1;
    }
    free(reply);
    if (msg.head.ret < 0) {
        errno = -msg.head.ret;
        return -1;
    }
    return msg.head.ret;
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
    if (simple_call(&vm->conn, KVM390_CMD_HELLO, KVM390_SYSTEM, hello,
                    -1, NULL) < 0) {
        saved = errno;
        kvm390_vm_close(vm);
        errno = saved;
        return NULL;
    }
    pthread_mutex_lock(&vms_lock);
    vm->next = vms;
    vms = vm;
    pthread_mutex_unlock(&vms_lock);
    return vm;
}

static pid_t start_server(const char *qemu, int fd)
{
    char object[64], *options = getenv("KVM390_QEMU_OPTIONS"), *word, *save;
    const char *argv[MAX_OPTIONS + 16] = {
        qemu, "-accel", "kvm390", "-machine", "kvm390-vm", "-nodefaults",
        "-display", "none", "-monitor", "none", "-serial", "none", "-object",
        object,
    };
    int n = 14;
    pid_t pid;

    snprintf(object, sizeof(object), "kvm390-api,id=api0,fd=%d", fd);
    options = options ? strdup(options) : NULL;
    if (options) {
        for (word = strtok_r(options, " ", &save); word && n < MAX_OPTIONS;
             word = strtok_r(NULL, " ", &save)) {
            argv[n++] = word;
        }
    }
    /* A terminal's ^C is for the program, and the VM ends with that. */
    pid = kvm390_spawn((char *const *)argv, kvm390_caller.detached);
    free(options);
    return pid;
}

/* By the name it is installed under, or by QEMU's own. */
static pid_t start_any_server(int fd)
{
    pid_t pid = start_server("qemu-system-s390x-kvm390", fd);

    return pid < 0 && errno == ENOENT ? start_server("qemu-system-s390x", fd) :
                                        pid;
}

struct kvm390_vm *kvm390_vm_start(const char *qemu)
{
    int pair[2], fd;
    pid_t pid;

    if (!qemu) {
        qemu = getenv("KVM390_QEMU");
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        return NULL;
    }
    pair[0] = kvm390_hide(pair[0]);
    fd = dup(pair[1]); /* without CLOEXEC */
    pid = fd < 0 ? -1 :
          qemu && *qemu ? start_server(qemu, fd) : start_any_server(fd);
    if (fd >= 0) {
        close(fd);
    }
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

static void vcpu_free(struct kvm390_vcpu *vcpu)
{
    if (vcpu->run) {
        munmap(vcpu->run, RUN_SIZE);
    }
    if (vcpu->run_fd >= 0) {
        kvm390_unhide(vcpu->run_fd);
    }
    if (vcpu->conn.fd >= 0) {
        kvm390_unhide(vcpu->conn.fd);
    }
    free(vcpu);
}

/* Its descriptors are the parent's; only the memory is there. */
static bool is_forked(const struct kvm390_vm *vm)
{
    return vm->owner != getpid();
}

/*
 * The server's process ends because its connection does, for all who have it.
 * What stands still is killed: it is alive, as the connection shows.
 */
#define END_MS 2000

static void end_server(struct kvm390_vm *vm)
{
    struct pollfd pfd = { .fd = vm->conn.fd, .events = POLLIN };
    char rest[256];
    ssize_t n = 1;

    shutdown(vm->conn.fd, SHUT_WR);
    while (n > 0 || (n < 0 && errno == EINTR)) {
        if (poll(&pfd, 1, END_MS) == 0) {
            kill(vm->pid, SIGKILL);
        }
        n = recv(vm->conn.fd, rest, sizeof(rest), 0);
    }
    if (!kvm390_caller.detached) {
        while (waitpid(vm->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

void kvm390_vm_close(struct kvm390_vm *vm)
{
    struct kvm390_vcpu *vcpu;
    struct kvm390_vm **p;

    kvm390_slots_close(vm);
    pthread_mutex_lock(&vms_lock);
    for (p = &vms; *p && *p != vm; p = &(*p)->next) {
    }
    if (*p) {
        *p = vm->next;
    }
    pthread_mutex_unlock(&vms_lock);
    while ((vcpu = vm->vcpus)) {
        vm->vcpus = vcpu->next;
        if (is_forked(vm)) {
            vcpu->run_fd = vcpu->conn.fd = -1;
        }
        vcpu_free(vcpu);
    }
    if (!is_forked(vm)) {
        if (vm->pid > 0) {
            end_server(vm);
        }
        kvm390_unhide(vm->conn.fd);
    }
    free(vm);
}

pid_t kvm390_vm_pid(const struct kvm390_vm *vm)
{
    return vm->pid;
}

/* A connection of the vCPU's own, so that KVM_RUN keeps nobody else waiting. */
static int vcpu_connect(struct kvm390_vcpu *vcpu)
{
    int pair[2], ret;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        return -1;
    }
    ret = simple_call(&vcpu->vm->conn, KVM390_CMD_CHANNEL, vcpu->id, 0,
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
    if (simple_call(&vm->conn, cmd, target, id, -1, &vcpu->run_fd) < 0) {
        goto fail;
    }
    vcpu->run_fd = kvm390_hide(vcpu->run_fd);
    if (vcpu->run_fd < 0 || id >= MAX_VCPUS) {
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
    vcpu_free(vcpu);
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

static uint64_t read_field(const void *arg, size_t at, size_t size)
{
    uint64_t d;
    uint32_t w;

    if (size == 8) {
        memcpy(&d, (const char *)arg + at, sizeof(d));
        return d;
    }
    memcpy(&w, (const char *)arg + at, sizeof(w));
    return w;
}

/*
 * The memory of a slot, as the file that the VM is to map; the buffer holds
 * the offset there. True if there is such a file.
 */
static bool share_memory(struct kvm390_vm *vm, uint64_t addr, uint64_t len,
                         uint8_t *buf, int *send_fd)
{
    void *memory = (void *)(kvm390_caller.base + addr);
    uint64_t offset;

    *send_fd = kvm390_memory_share(memory, len, &offset);
    kvm390_memory_tell(vm, memory, len);
    if (*send_fd >= 0) {
        memcpy(buf, &offset, sizeof(offset));
    }
    return *send_fd >= 0;
}

/*
 * What an ioctl's struct points to, collected behind it; fills the flags.
 * @at is where the caller has the struct, @arg a copy in this machine's order.
 */
static uint8_t *gather(struct kvm390_vm *vm, const struct kvm390_ioctl *io,
                       uint64_t at, const void *arg,
                       struct kvm390_buffer *buffer, struct kvm390_head *head,
                       int *send_fd)
{
    size_t len = buffer[0].in_len + (size_t)buffer[1].in_len, n = 0;
    bool memory = io->fd.kind == KVM390_FD_MEMORY;
    uint8_t *buf = len ? malloc(len) : NULL;
    int i;

    for (i = 0; buf && i < KVM390_BUFFERS; i++) {
        uint64_t from = buffer[i].addr == UINT64_MAX ? at + io->size :
                        buffer[i].addr;

        if (!buffer[i].in_len) {
            continue;
        }
        if (memory ? !share_memory(vm, from, read_field(arg, io->fd.at, 8),
                                   buf + n, send_fd) :
                     kvm390_copy_in(buf + n, from, buffer[i].in_len) != 0) {
            head->flags |= KVM390_BAD_BUF0 << i;
            continue;
        }
        kvm390_buffer_reorder(&buffer[i], buf + n, buffer[i].in_len,
                              memory ? KVM390_HOST_ORDER : kvm390_caller.order,
                              KVM390_WIRE_ORDER);
        n += buffer[i].in_len;
    }
    head->buf_len = n;
    return buf;
}

/*
 * A slot's bitmap is as long as the slot, which is known here: what a server
 * says is not what the caller has room for.
 */
static void limit_dirty_log(struct kvm390_vm *vm,
                            const struct kvm_dirty_log *log,
                            struct kvm390_buffer *buffer)
{
    size_t pages = kvm390_slots_size(vm, log->slot) >> 12;
    size_t bytes = (pages + 63) / 64 * 8;

    if (bytes < buffer[0].out_len) {
        buffer[0].out_len = bytes;
    }
}

/*
 * The reply's buffers, to where the struct points. Returns 0, -EFAULT, or -EIO
 * for more bytes than the ioctl has room for.
 */
static int scatter(struct kvm390_buffer *buffer, uint8_t *buf, size_t len)
{
    int i;

    for (i = 0; i < KVM390_BUFFERS && len; i++) {
        size_t n = buffer[i].out_len < len ? buffer[i].out_len : len;

        kvm390_buffer_reorder(&buffer[i], buf, n, KVM390_WIRE_ORDER,
                              kvm390_caller.order);
        if (kvm390_copy_out(buffer[i].addr, buf, n)) {
            return -EFAULT;
        }
        buf += n;
        len -= n;
    }
    return len ? -EIO : 0;
}

/* The kernel's signal set has 8 bytes, which libc's begins with. */
#define KERNEL_SIGSET 8

static int set_signal_mask(struct kvm390_vcpu *vcpu, uint64_t arg)
{
    uint8_t bytes[KERNEL_SIGSET];
    uint32_t len;

    if (!arg) {
        vcpu->has_sigmask = false;
        return 0;
    }
    if (kvm390_copy_in(&len, arg, sizeof(len))) {
        return -EFAULT;
    }
    kvm390_reorder(&kvm390_layout_u32, &len, sizeof(len), kvm390_caller.order,
                   KVM390_HOST_ORDER);
    if (len != KERNEL_SIGSET) {
        return -EINVAL;
    }
    if (kvm390_copy_in(bytes, arg + offsetof(struct kvm_signal_mask, sigset),
                       sizeof(bytes))) {
        return -EFAULT;
    }
    if (kvm390_caller.signals) {
        kvm390_caller.signals(&vcpu->sigmask, bytes);
    } else {
        sigfillset(&vcpu->sigmask);
        memcpy(&vcpu->sigmask, bytes, sizeof(bytes));
    }
    vcpu->has_sigmask = true;
    return 0;
}

/*
 * Which signals end the wait: those that KVM_SET_SIGNAL_MASK leaves, or else
 * the program. What the program blocks stays pending, so those come through a
 * descriptor; returns it, or -1. @wait becomes the mask to wait with.
 */
static int signals_to_wait_for(struct kvm390_vcpu *vcpu,
                               const sigset_t *before, sigset_t *wait)
{
    sigset_t held;
    int sig, fd = -1;

    *wait = *before;
    if (!vcpu->has_sigmask) {
        return -1;
    }
    sigemptyset(&held);
    for (sig = 1; sig <= 8 * KERNEL_SIGSET; sig++) {
        if (sigismember(&vcpu->sigmask, sig) == 1) {
            sigaddset(wait, sig);
        } else if (sigismember(before, sig) == 1) {
            sigaddset(&held, sig);
            fd = 0;
        }
    }
    return fd < 0 ? -1 : signalfd(-1, &held, SFD_CLOEXEC);
}

/* Wait for the reply; true if a signal came first. */
static bool interrupted(struct kvm390_vcpu *vcpu, const sigset_t *before)
{
    sigset_t wait;
    struct pollfd pfd[2] = {
        { .fd = vcpu->conn.fd, .events = POLLIN },
        { .fd = signals_to_wait_for(vcpu, before, &wait), .events = POLLIN },
    };
    bool signal = ppoll(pfd, 2, NULL, &wait) < 0 ? errno == EINTR :
                  pfd[1].revents & POLLIN;

    if (pfd[1].fd >= 0) {
        close(pfd[1].fd);
    }
    return signal;
}

/* KVM_RUN: the reply takes its time, and a signal ends the wait for it. */
static int run(struct kvm390_vcpu *vcpu, struct kvm390_message *msg,
               void **reply)
{
    static uint32_t runs; /* atomic; with the process, a number of its own */
    uint64_t token;
    sigset_t all, before, blocked;
    int ret;

    token = (uint64_t)getpid() << 32 |
            __atomic_fetch_add(&runs, 1, __ATOMIC_RELAXED);
    msg->head.arg = token;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    blocked = before;
    if (kvm390_caller.blocked) {
        kvm390_caller.blocked(&blocked);
    }
    pthread_mutex_lock(&vcpu->conn.lock);
    ret = kvm390_send(&vcpu->conn, msg, NULL, -1);
    if (!ret && !kvm390_poll(&vcpu->conn) && interrupted(vcpu, &blocked)) {
        /* It may be over by itself already; either way there is one reply. */
        simple_call(&vcpu->vm->conn, KVM390_CMD_CANCEL, vcpu->id, token, -1,
                    NULL);
    }
    if (!ret) {
        ret = kvm390_recv(&vcpu->conn, msg, NULL, reply);
    }
    pthread_mutex_unlock(&vcpu->conn.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ret) {
        errno = EIO; /* what KVM says of a VM that is dead */
    }
    return ret;
}

static bool is_eventfd(int fd)
{
    char path[40], target[40];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    n = readlink(path, target, sizeof(target) - 1);
    target[n > 0 ? n : 0] = '\0';
    return !strcmp(target, "anon_inode:[eventfd]");
}

/*
 * The eventfd that rides along. A number that is no descriptor is left for
 * the server to complain about, which looks at the rest of the struct first.
 * No s390x interrupt is level-triggered: nobody will signal the resamplefd.
 */
static int eventfd_of(const struct kvm390_ioctl *io, const void *arg,
                      int *send_fd)
{
    const struct kvm_irqfd *irqfd = arg;
    int fd;

    if (io->fd.kind != KVM390_FD_EVENT) {
        return 0;
    }
    fd = read_field(arg, io->fd.at, 4);
    if (io->nr == KVM_IRQFD && irqfd->flags == KVM_IRQFD_FLAG_RESAMPLE &&
        fcntl(fd, F_GETFD, 0l) >= 0 && !is_eventfd(irqfd->resamplefd)) {
        if (fcntl(irqfd->resamplefd, F_GETFD, 0l) >= 0) {
            errno = EINVAL;
        }
        return -1;
    }
    *send_fd = fcntl(fd, F_GETFD, 0l) >= 0 ? fd : -1;
    return 0;
}

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

static int do_ioctl(struct kvm390_vm *vm, struct kvm390_vcpu *vcpu,
                    int32_t target, unsigned long request, uint64_t arg)
{
    const struct kvm390_ioctl *io = kvm390_ioctl_find(request,
                                                      kvm390_kind(target));
    struct kvm390_conn *conn = vcpu ? &vcpu->conn : &vm->conn;
    struct kvm390_message msg = { .head = { .cmd = request,
                                            .target = target } };
    struct kvm390_buffer buffer[KVM390_BUFFERS] = { 0 };
    int send_fd = -1, recv_fd = -1, before = errno, ret;
    bool memory = io && io->fd.kind == KVM390_FD_MEMORY;
    uint8_t *buf = NULL, given[KVM390_MAX_ARG] = { 0 };
    void *reply = NULL;

    if (is_forked(vm)) {
        errno = EIO; /* what KVM says where the memory is not the VM's */
        return -1;
    }
    if (request == KVM_RUN && vcpu && arg) {
        errno = EINVAL;
        return -1;
    }
    if (request == KVM_SET_SIGNAL_MASK && vcpu) {
        ret = set_signal_mask(vcpu, arg);
        if (ret) {
            errno = -ret;
        }
        return ret ? -1 : 0;
    }
    if (io && io->flags & KVM390_ANYTIME) {
        conn = &vm->conn; /* need not wait for KVM_RUN to end */
    }
    if (memory) {
        kvm390_slots_lock();
    }
    if (io && io->pass == KVM390_PASS_NUMBER) {
        msg.head.arg = arg;
    } else if (io && io->size) {
        if (kvm390_copy_in(msg.arg, arg, io->size)) {
            msg.head.flags = KVM390_BAD_ARG;
        } else {
            msg.head.arg_len = io->size;
            kvm390_arg_reorder(io, msg.arg, kvm390_caller.order,
                               KVM390_HOST_ORDER);
            memcpy(given, msg.arg, io->size);
            kvm390_buffers(io, msg.arg, buffer);
            if (request == KVM_GET_DIRTY_LOG) {
                limit_dirty_log(vm, (void *)msg.arg, buffer);
            }
            if (eventfd_of(io, msg.arg, &send_fd)) {
                return -1;
            }
            buf = gather(vm, io, arg, msg.arg, buffer, &msg.head, &send_fd);
            kvm390_arg_reorder(io, msg.arg, KVM390_HOST_ORDER,
                               KVM390_WIRE_ORDER);
        }
    }
    if (request == KVM_RUN && vcpu) {
        ret = run(vcpu, &msg, &reply);
    } else {
        ret = kvm390_call(conn, &msg, buf, send_fd, &recv_fd, &reply);
    }
    if (memory) {
        if (!ret && msg.head.ret >= 0) {
            note_slot(vm, request, given);
        }
        kvm390_slots_unlock();
    }
    free(buf);
    if (ret) {
        return -1;
    }
    ret = msg.head.ret;
    if (io && msg.head.arg_len == io->size && io->pass >= KVM390_PASS_OUT) {
        kvm390_arg_reorder(io, msg.arg, KVM390_WIRE_ORDER, kvm390_caller.order);
        if (kvm390_copy_out(arg, msg.arg, io->size)) {
            ret = -EFAULT;
        }
    }
    if (reply) {
        int error = scatter(buffer, reply, msg.head.buf_len);

        ret = error ? error : ret;
    }
    free(reply);
    if (recv_fd >= 0 && ret >= 0 && io && io->fd.kind == KVM390_FD_STORED) {
        int32_t number = recv_fd;

        kvm390_reorder(&kvm390_layout_u32, &number, sizeof(number),
                       KVM390_HOST_ORDER, kvm390_caller.order);
        if (kvm390_copy_out(arg + io->fd.at, &number, sizeof(number))) {
            close(recv_fd);
            ret = -EFAULT;
        }
    } else if (recv_fd >= 0 && ret >= 0) {
        ret = recv_fd;
    } else if (recv_fd >= 0) {
        close(recv_fd);
    }
    if (ret < 0) {
        errno = -ret;
        return -1;
    }
    errno = before; /* as a system call that succeeds leaves it */
    return ret;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int traced(struct kvm390_vm *vm, struct kvm390_vcpu *vcpu,
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
    return traced(vm, NULL, KVM390_SYSTEM, request, (uintptr_t)arg);
}

int kvm390_vm_ioctl(struct kvm390_vm *vm, unsigned long request, void *arg)
{
    return traced(vm, NULL, KVM390_VM, request, (uintptr_t)arg);
}

int kvm390_device_ioctl(struct kvm390_vm *vm, unsigned long request, void *arg)
{
    return traced(vm, NULL, KVM390_FLIC, request, (uintptr_t)arg);
}

int kvm390_vcpu_ioctl(struct kvm390_vcpu *vcpu, unsigned long request,
                      void *arg)
{
    return traced(vcpu->vm, vcpu, vcpu->id, request, (uintptr_t)arg);
}

/* Sent as it is: it points nowhere, and the struct is not the caller's. */
static void tell(struct kvm390_vm *vm, const struct kvm390_protect *p)
{
    const struct kvm390_ioctl *io = kvm390_ioctl_find(KVM390_PROTECT,
                                                      KVM390_ON_VM);
    struct kvm390_message msg = {
        .head = { .cmd = KVM390_PROTECT, .target = KVM390_VM,
                  .arg_len = sizeof(*p) },
    };
    void *reply = NULL;

    memcpy(msg.arg, p, sizeof(*p));
    kvm390_arg_reorder(io, msg.arg, KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
    kvm390_call(&vm->conn, &msg, NULL, -1, NULL, &reply);
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
        tell(vm, &p);
    } else {
        pthread_mutex_lock(&vms_lock);
        for (vm = vms; vm; vm = vm->next) {
            /* A child's memory is no VM's of its parent. */
            if (vm->pid > 0 && !is_forked(vm)) {
                tell(vm, &p);
            }
        }
        pthread_mutex_unlock(&vms_lock);
    }
    errno = saved;
}

int kvm390_plo_functions(struct kvm390_vm *vm, uint8_t plo[32])
{
    const struct kvm390_ioctl *io = kvm390_ioctl_find(KVM_GET_DEVICE_ATTR,
                                                      KVM390_ON_VM);
    struct kvm_device_attr attr = {
        .group = KVM_S390_VM_CPU_MODEL,
        .attr = KVM_S390_VM_CPU_MACHINE_SUBFUNC,
    };
    struct kvm390_message msg = {
        .head = { .cmd = KVM_GET_DEVICE_ATTR, .target = KVM390_VM,
                  .arg_len = sizeof(attr) },
    };
    void *reply = NULL;
    int ret;

    memcpy(msg.arg, &attr, sizeof(attr));
    kvm390_arg_reorder(io, msg.arg, KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
    ret = kvm390_call(&vm->conn, &msg, NULL, -1, NULL, &reply);
    if (!ret && reply && msg.head.buf_len >= 32) {
        memcpy(plo, reply, 32); /* the first of its fields */
    } else {
        ret = -1;
    }
    free(reply);
    return ret;
}
