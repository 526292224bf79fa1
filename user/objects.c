/*
 * The descriptors of KVM in an emulated program (objects.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/client/internal.h"
#include "kvm390/core/layouts.h"
#include "objects.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* The size of the memfd that is /dev/kvm; it has no page. */
#define KVM_SIZE 0x6b766d333930ll /* "kvm390" */
#define KVM_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* A VM stays as long as objects or calls have it. */
struct vm {
    struct kvm390_vm *vm;
    unsigned refs;
};

struct object {
    struct object *next;
    ino_t ino;
    enum kvm390_object_type type;
    unsigned id;
    bool open;        /* found by the last look at who is there */
    struct vm *vm;    /* NULL: the parent's, before fork() */
    struct kvm390_vcpu *vcpu;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static struct object *objects;
static unsigned nr_objects;
static int watch = -1;    /* the epoll instance */
static struct vm *spare;  /* started, and not taken by KVM_CREATE_VM yet */
static struct vm *latest; /* answers for /dev/kvm once there is no spare */
static bool active;       /* atomic */

bool kvm390_objects(void)
{
    return __atomic_load_n(&active, __ATOMIC_RELAXED);
}

/* --- fork() --- */

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

/* Their numbers stay the program's; no ioctl works on them. */
static void objects_forked(void)
{
    struct object *o;

    for (o = objects; o; o = o->next) {
        o->vm = NULL;
        o->vcpu = NULL;
    }
    watch = -1; /* hidden, so it is closed */
    spare = latest = NULL;
    pthread_mutex_unlock(&lock);
}

static void watch_forks(void)
{
    if (!__atomic_exchange_n(&active, true, __ATOMIC_RELAXED)) {
        pthread_atfork(before_fork, after_fork, objects_forked);
    }
}

/* --- which is which --- */

static bool is_kvm(int fd, const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_size == KVM_SIZE &&
           fcntl(fd, F_GET_SEALS) == KVM_SEALS;
}

/* The caller holds the lock. */
static struct object *find_object(const struct stat *st)
{
    struct object *o;

    if (!S_ISSOCK(st->st_mode)) {
        return NULL;
    }
    for (o = objects; o && o->ino != st->st_ino; o = o->next) {
    }
    return o;
}

enum kvm390_object_type kvm390_object_of(int fd, unsigned *id)
{
    enum kvm390_object_type type = KVM390_OBJECT_NONE;
    int saved = errno;
    struct object *o;
    struct stat st;

    if (!fstat(fd, &st)) {
        if (is_kvm(fd, &st)) {
            type = KVM390_OBJECT_KVM;
        } else {
            pthread_mutex_lock(&lock);
            o = find_object(&st);
            if (o) {
                type = o->type;
                if (id) {
                    *id = o->id;
                }
            }
            pthread_mutex_unlock(&lock);
        }
    }
    errno = saved;
    return type;
}

/* --- how long VMs live --- */

static void put_vm(struct vm *vm)
{
    if (!vm || --vm->refs) {
        return;
    }
    if (latest == vm) {
        latest = NULL;
    }
    kvm390_vm_close(vm->vm);
    free(vm);
}

/* A socket that nobody is connected to, and which reads as at its end. */
static int new_descriptor(ino_t *ino)
{
    struct epoll_event event = { .events = EPOLLOUT };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct stat st;

    if (watch < 0) {
        watch = kvm390_hide(epoll_create1(EPOLL_CLOEXEC));
    }
    if (fd < 0 || watch < 0 || shutdown(fd, SHUT_RD) || fstat(fd, &st)) {
        goto fail;
    }
    *ino = event.data.u64 = st.st_ino;
    if (epoll_ctl(watch, EPOLL_CTL_ADD, fd, &event)) {
        goto fail;
    }
    return fd;

fail:
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* A new descriptor for it; takes a reference to the VM. */
static int add_object(enum kvm390_object_type type, unsigned id, struct vm *vm,
                      struct kvm390_vcpu *vcpu)
{
    struct object *o = calloc(1, sizeof(*o));
    int fd = o ? new_descriptor(&o->ino) : -1;

    if (fd < 0) {
        free(o);
        return -1;
    }
    o->type = type;
    o->id = id;
    o->vm = vm;
    o->vcpu = vcpu;
    o->next = objects;
    objects = o;
    nr_objects++;
    vm->refs++;
    return fd;
}

/* Each of the sockets is ready to be written to, as far as it is there. */
static bool look_who_is_open(void)
{
    struct epoll_event *events = calloc(nr_objects, sizeof(*events));
    struct object *o;
    int i, n = events ? epoll_wait(watch, events, nr_objects, 0) : -1;

    for (o = objects; o && n >= 0; o = o->next) {
        o->open = !o->vm; /* the parent's is not watched */
        for (i = 0; i < n && !o->open; i++) {
            o->open = events[i].data.u64 == o->ino;
        }
    }
    free(events);
    return n >= 0;
}

static void drop_closed(void)
{
    struct object **p = &objects, *o;

    if (watch < 0 || !nr_objects || !look_who_is_open()) {
        return;
    }
    while ((o = *p)) {
        if (o->open) {
            p = &o->next;
            continue;
        }
        *p = o->next;
        nr_objects--;
        put_vm(o->vm);
        free(o);
    }
}

void kvm390_objects_closed(void)
{
    int saved = errno;

    if (kvm390_objects()) {
        pthread_mutex_lock(&lock);
        drop_closed();
        pthread_mutex_unlock(&lock);
    }
    errno = saved;
}

/*
 * The program that was made together with this one and lies beside it: if this
 * is qemu-s390x-SUFFIX, qemu-system-s390x-SUFFIX; else qemu-system-s390x.
 */
static const char *server_beside(void)
{
    static const char own[] = "qemu-s390x", other[] = "qemu-system-s390x";
    static char path[PATH_MAX + sizeof(other)];
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *name, *suffix;

    path[n > 0 ? n : 0] = '\0';
    name = strrchr(path, '/');
    if (!name) {
        return NULL;
    }
    name++;
    suffix = strncmp(name, own, strlen(own)) ? name + strlen(name) :
                                               name + strlen(own);
    memmove(name + strlen(other), suffix, strlen(suffix) + 1);
    memcpy(name, other, strlen(other));
    return access(path, X_OK) ? NULL : path;
}

/* The server's program: what KVM390 or KVM390_QEMU says, or beside this one. */
static const char *server_program(void)
{
    const char *value = getenv("KVM390");

    if (value && strchr(value, '/')) {
        return value;
    }
    value = getenv("KVM390_QEMU");
    return value && *value ? value : server_beside();
}

static struct vm *start_vm(void)
{
    struct vm *vm = calloc(1, sizeof(*vm));

    if (vm) {
        vm->vm = kvm390_vm_start(server_program());
        if (!vm->vm) {
            fprintf(stderr, "kvm390: cannot start a VM: %s\n",
                    strerror(errno));
            free(vm);
            errno = ENODEV;
            return NULL;
        }
    }
    return vm;
}

/* A VM that can answer for /dev/kvm. */
static struct vm *any_vm(void)
{
    if (!latest && !spare) {
        spare = start_vm();
    }
    return latest ? latest : spare;
}

int kvm390_object_open(int flags)
{
    int fd = memfd_create("kvm", MFD_ALLOW_SEALING |
                          (flags & O_CLOEXEC ? MFD_CLOEXEC : 0));

    if (fd < 0) {
        return -1;
    }
    watch_forks();
    if (ftruncate(fd, KVM_SIZE) || fcntl(fd, F_ADD_SEALS, KVM_SEALS)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* --- ioctls; all have the lock held by their callers --- */

static int create_vm(uint64_t type)
{
    struct vm *vm = spare ? spare : start_vm();
    int fd;

    spare = NULL;
    if (!vm) {
        return -1;
    }
    if (kvm390_system_ioctl(vm->vm, KVM_CREATE_VM, (void *)type) < 0) {
        spare = vm;
        return -1;
    }
    fd = add_object(KVM390_OBJECT_VM, 0, vm, NULL);
    if (fd < 0) {
        vm->refs++;
        put_vm(vm);
        return -1;
    }
    latest = vm;
    return fd;
}

static int create_vcpu(struct vm *vm, uint64_t id)
{
    struct kvm390_vcpu *vcpu = kvm390_vcpu_create(vm->vm, id);

    return vcpu ? add_object(KVM390_OBJECT_VCPU, id, vm, vcpu) : -1;
}

/* The number that the library stored is of a descriptor of its own. */
static int create_device(struct vm *vm, uint64_t arg)
{
    struct kvm_create_device device;
    uint32_t number;
    int fd, stored;

    if (kvm390_vm_ioctl(vm->vm, KVM_CREATE_DEVICE, (void *)arg) < 0) {
        return -1;
    }
    if (kvm390_copy_in(&device, arg, sizeof(device))) {
        return -1;
    }
    kvm390_reorder(&kvm390_layout_kvm_create_device, &device, sizeof(device),
                   kvm390_caller.order, KVM390_HOST_ORDER);
    if (device.flags & KVM_CREATE_DEVICE_TEST) {
        return 0;
    }
    stored = device.fd;
    close(stored);
    fd = add_object(KVM390_OBJECT_DEVICE, 0, vm, NULL);
    if (fd < 0) {
        return -1;
    }
    number = fd;
    kvm390_reorder(&kvm390_layout_u32, &number, sizeof(number),
                   KVM390_HOST_ORDER, kvm390_caller.order);
    return kvm390_copy_out(arg + offsetof(struct kvm_create_device, fd),
                           &number, sizeof(number));
}

static int system_ioctl(uint32_t request, uint64_t arg)
{
    struct vm *vm;

    drop_closed();
    if (request == KVM_CREATE_VM) {
        return create_vm(arg);
    }
    vm = any_vm();
    return vm ? kvm390_system_ioctl(vm->vm, request, (void *)arg) : -1;
}

static int ioctl_of_object(enum kvm390_object_type type, struct vm *vm,
                           struct kvm390_vcpu *vcpu, uint32_t request,
                           uint64_t arg)
{
    switch (type) {
    case KVM390_OBJECT_VCPU:
        return kvm390_vcpu_ioctl(vcpu, request, (void *)arg);
    case KVM390_OBJECT_DEVICE:
        return kvm390_device_ioctl(vm->vm, request, (void *)arg);
    default:
        return kvm390_vm_ioctl(vm->vm, request, (void *)arg);
    }
}

/* The lock is let go meanwhile: the descriptor may be closed, the VM stays. */
static int object_ioctl(struct object *o, uint32_t request, uint64_t arg)
{
    enum kvm390_object_type type = o->type;
    struct kvm390_vcpu *vcpu = o->vcpu;
    struct vm *vm = o->vm;
    int ret, saved;

    if (!vm) {
        errno = EIO; /* another process's */
        return -1;
    }
    if (type == KVM390_OBJECT_VM && request == KVM_CREATE_VCPU) {
        return create_vcpu(vm, arg);
    }
    if (type == KVM390_OBJECT_VM && request == KVM_CREATE_DEVICE) {
        return create_device(vm, arg);
    }
    vm->refs++;
    pthread_mutex_unlock(&lock);
    ret = ioctl_of_object(type, vm, vcpu, request, arg);
    saved = errno;
    pthread_mutex_lock(&lock);
    put_vm(vm);
    errno = saved;
    return ret;
}

int kvm390_object_ioctl(int fd, uint32_t request, uint64_t arg)
{
    struct object *o;
    struct stat st;
    int ret = -1;

    if (fstat(fd, &st)) {
        return -1;
    }
    if (is_kvm(fd, &st)) {
        watch_forks(); /* it may come from another process */
        pthread_mutex_lock(&lock);
        ret = system_ioctl(request, arg);
        pthread_mutex_unlock(&lock);
        return ret;
    }
    pthread_mutex_lock(&lock);
    o = find_object(&st);
    if (o) {
        ret = object_ioctl(o, request, arg);
    } else {
        errno = ENOTTY;
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

int kvm390_object_file(int fd)
{
    struct object *o;
    struct stat st;
    int file = -1;

    if (!fstat(fd, &st)) {
        pthread_mutex_lock(&lock);
        o = find_object(&st);
        file = o && o->vcpu ? kvm390_vcpu_fd(o->vcpu) : -1;
        pthread_mutex_unlock(&lock);
    }
    return file;
}

bool kvm390_object_plo(unsigned function)
{
    static uint8_t plo[32];
    static bool known;

    pthread_mutex_lock(&lock);
    if (!known && latest) {
        known = kvm390_plo_functions(latest->vm, plo) >= 0;
    }
    pthread_mutex_unlock(&lock);
    return known && plo[function / 8] & (0x80 >> function % 8);
}
