/*
 * The preload library: a program that opens /dev/kvm gets libkvm390 instead
 *
 * A descriptor of /dev/kvm, a VM or a vCPU is a memfd of its own, told by its
 * inode. So dup(), fork() and passing it on work by themselves, and mmap() of
 * a vCPU's descriptor is the struct kvm_run. What is counted here is only how
 * many of this process's descriptors keep a VM alive.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#define KVM390_PRELOAD_SELF
#include "internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#undef open
#undef open64
#undef openat
#undef openat64
#undef fopen
#undef fopen64
#undef mmap
#undef mmap64
#undef fcntl
#undef fcntl64

#define EXPORT __attribute__((visibility("default")))

/* A VM lives as long as a descriptor of it or of one of its vCPUs is open. */
struct vm {
    struct kvm390_vm *vm;
    unsigned refs;
};

struct object {
    struct object *next;
    ino_t ino;
    dev_t dev;
    unsigned refs;             /* this process's descriptors of it */
    struct vm *vm;             /* NULL: /dev/kvm */
    struct kvm390_vcpu *vcpu;  /* NULL: the VM itself, or its device */
    bool device;               /* of KVM_CREATE_DEVICE */
};

#define BUCKETS 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static struct object *objects[BUCKETS];
static unsigned nr_objects;
static struct vm *spare;  /* started, and not taken by KVM_CREATE_VM yet */
static struct vm *latest; /* answers for /dev/kvm once there is no spare */

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) { \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
    }

int kvm390_real_close(int fd)
{
    return syscall(SYS_close, fd);
}

int kvm390_real_dup(int fd)
{
    return syscall(SYS_dup, fd);
}

int kvm390_real_fcntl(int fd, int cmd, long arg)
{
    return syscall(SYS_fcntl, fd, cmd, arg);
}

void *kvm390_real_mmap(void *addr, size_t len, int prot, int flags, int fd,
                       off_t offset)
{
    REAL(mmap)
    return real(addr, len, prot, flags, fd, offset);
}

int kvm390_real_munmap(void *addr, size_t len)
{
    return syscall(SYS_munmap, addr, len);
}

int kvm390_real_mprotect(void *addr, size_t len, int prot)
{
    return syscall(SYS_mprotect, addr, len, prot);
}

static struct object **bucket(ino_t ino)
{
    return &objects[ino % BUCKETS];
}

/* The object behind a descriptor; the caller holds the lock. */
static struct object *lookup(int fd)
{
    struct object *o = NULL;
    int saved = errno;
    struct stat st;

    if (nr_objects && !fstat(fd, &st)) {
        for (o = *bucket(st.st_ino); o; o = o->next) {
            if (o->ino == st.st_ino && o->dev == st.st_dev) {
                break;
            }
        }
    }
    errno = saved;
    return o;
}

/* Enter a descriptor; takes a reference to the VM. */
static int enter(int fd, struct vm *vm, struct kvm390_vcpu *vcpu)
{
    struct object *o = calloc(1, sizeof(*o));
    struct stat st;

    if (!o || fstat(fd, &st)) {
        free(o);
        return -1;
    }
    *o = (struct object) { *bucket(st.st_ino), st.st_ino, st.st_dev, 1, vm,
                           vcpu, false };
    *bucket(st.st_ino) = o;
    nr_objects++;
    if (vm) {
        vm->refs++;
    }
    return 0;
}

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

static void put(struct object *o)
{
    struct object **p;

    if (--o->refs) {
        return;
    }
    for (p = bucket(o->ino); *p != o; p = &(*p)->next) {
    }
    *p = o->next;
    nr_objects--;
    put_vm(o->vm);
    free(o);
}

static struct vm *start_vm(void)
{
    struct vm *vm = calloc(1, sizeof(*vm));

    if (vm) {
        vm->vm = kvm390_vm_start(NULL);
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

static int open_kvm(int flags)
{
    int fd = memfd_create("kvm", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);

    if (fd < 0) {
        return -1;
    }
    pthread_mutex_lock(&lock);
    if (enter(fd, NULL, NULL) || !any_vm()) {
        struct object *o = lookup(fd);

        if (o) {
            put(o);
        }
        kvm390_real_close(fd);
        fd = -1;
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

/* The module's parameters, which some programs ask for. */
static int open_module(const char *path)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        { "/sys/module/kvm/parameters/nested", "0\n" },
        { "/sys/module/kvm/parameters/hpage", "0\n" },
        { "/sys/module/kvm/parameters/use_gisa", "N\n" },
        { "/sys/module/kvm/refcnt", "1\n" },
    };
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!strcmp(path, files[i].path)) {
            int fd = memfd_create("kvm-parameter", MFD_CLOEXEC);
            size_t len = strlen(files[i].text);

            if (fd >= 0 && (write(fd, files[i].text, len) != (ssize_t)len ||
                            lseek(fd, 0, SEEK_SET))) {
                kvm390_real_close(fd);
                fd = -1;
            }
            return fd;
        }
    }
    errno = ENOENT;
    return -1;
}

/* Is this a path that is answered here? Then *fd is the answer. */
static bool ours(const char *path, int flags, int *fd)
{
    if (!kvm390_readable(path, 1)) {
        return false;
    }
    if (!strcmp(path, "/dev/kvm")) {
        *fd = open_kvm(flags);
        return true;
    }
    if (!strncmp(path, "/sys/module/kvm/", 16)) {
        *fd = open_module(path);
        return true;
    }
    return false;
}

static mode_t mode_of(int flags, va_list ap)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

/* What comes before the path in one half of them, and how it is passed on. */
#define DIR_PARAMETER int dir,
#define DIR_ARGUMENT  dir,

#define OPEN(name, parameter, argument) \
EXPORT int name(parameter const char *path, int flags, ...) \
{ \
    va_list ap; \
    mode_t mode; \
    int fd; \
    REAL(name) \
    va_start(ap, flags); \
    mode = mode_of(flags, ap); \
    va_end(ap); \
    return ours(path, flags, &fd) ? fd : real(argument path, flags, mode); \
}

OPEN(open,,)
OPEN(open64,,)
OPEN(openat, DIR_PARAMETER, DIR_ARGUMENT)
OPEN(openat64, DIR_PARAMETER, DIR_ARGUMENT)

/* The C library opens a stream's file without calling the above. */
#define FOPEN(name) \
EXPORT FILE *name(const char *path, const char *mode) \
{ \
    int fd; \
    REAL(name) \
    if (!ours(path, O_RDWR, &fd)) { \
        return real(path, mode); \
    } \
    return fd < 0 ? NULL : fdopen(fd, mode); \
}

FOPEN(fopen)
FOPEN(fopen64)

/* What glibc's headers call where no mode is given, under _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
EXPORT int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

int __open64_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags)
{
    return open64(path, flags);
}

EXPORT int access(const char *path, int mode)
{
    REAL(access)
    if (kvm390_readable(path, 1) && (!strcmp(path, "/dev/kvm") ||
                                     !strcmp(path, "/sys/module/kvm"))) {
        return 0;
    }
    return real(path, mode);
}

bool kvm390_plo_installed(unsigned function)
{
    static struct kvm_s390_vm_cpu_subfunc subfunc;
    static bool known;
    struct kvm_device_attr attr = {
        .group = KVM_S390_VM_CPU_MODEL,
        .attr = KVM_S390_VM_CPU_MACHINE_SUBFUNC,
        .addr = (uintptr_t)&subfunc,
    };

    if (!known && latest) {
        known = kvm390_vm_ioctl(latest->vm, KVM_GET_DEVICE_ATTR, &attr) >= 0;
    }
    return known && subfunc.plo[function / 8] & (0x80 >> function % 8);
}

static int create_vm(unsigned long type)
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
    fd = memfd_create("kvm-vm", MFD_CLOEXEC);
    if (fd < 0 || enter(fd, vm, NULL)) {
        vm->refs++;
        put_vm(vm);
        return -1;
    }
    latest = vm;
    return fd;
}

static int create_vcpu(struct vm *vm, unsigned long id)
{
    struct kvm390_vcpu *vcpu = kvm390_vcpu_create(vm->vm, id);
    int fd;

    if (!vcpu) {
        return -1;
    }
    fd = kvm390_real_fcntl(kvm390_vcpu_fd(vcpu), F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && enter(fd, vm, vcpu)) {
        kvm390_real_close(fd);
        fd = -1;
    }
    return fd;
}

static int create_device(struct vm *vm, struct kvm_create_device *device)
{
    int ret = kvm390_vm_ioctl(vm->vm, KVM_CREATE_DEVICE, device);

    if (!ret && !(device->flags & KVM_CREATE_DEVICE_TEST)) {
        ret = enter(device->fd, vm, NULL);
        if (!ret) {
            lookup(device->fd)->device = true;
        }
    }
    return ret;
}

/* An ioctl on /dev/kvm; the caller holds the lock. */
static int system_ioctl(unsigned long request, void *arg)
{
    struct vm *vm;

    if (request == KVM_CREATE_VM) {
        return create_vm((unsigned long)arg);
    }
    vm = any_vm();
    return vm ? kvm390_system_ioctl(vm->vm, request, arg) : -1;
}

/*
 * On all else. The caller holds the lock, which is let go meanwhile: another
 * thread may close the descriptor, and the VM stays until this is over.
 */
static int object_ioctl(const struct object *o, unsigned long request,
                        void *arg)
{
    struct kvm390_vcpu *vcpu = o->vcpu;
    bool device = o->device;
    struct vm *vm = o->vm;
    int ret, saved;

    if (!vcpu && !device && request == KVM_CREATE_VCPU) {
        return create_vcpu(vm, (unsigned long)arg);
    }
    if (!vcpu && !device && request == KVM_CREATE_DEVICE) {
        return create_device(vm, arg);
    }
    vm->refs++;
    pthread_mutex_unlock(&lock);
    ret = device ? kvm390_device_ioctl(vm->vm, request, arg) :
          vcpu ? kvm390_vcpu_ioctl(vcpu, request, arg) :
                 kvm390_vm_ioctl(vm->vm, request, arg);
    saved = errno;
    pthread_mutex_lock(&lock);
    put_vm(vm);
    errno = saved;
    return ret;
}

static int kvm_ioctl(int fd, unsigned long request, void *arg, bool *handled)
{
    struct object *o;
    int ret = -1;

    pthread_mutex_lock(&lock);
    o = lookup(fd);
    *handled = o;
    if (o) {
        ret = o->vm ? object_ioctl(o, request, arg) :
              system_ioctl(request, arg);
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
    bool handled;
    va_list ap;
    void *arg;
    int ret;
    REAL(ioctl)

    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    request &= 0xffffffff;
    if (_IOC_TYPE(request) == KVMIO) {
        ret = kvm_ioctl(fd, request, arg, &handled);
        if (handled) {
            return ret;
        }
        /* User-mode emulation says ENOTTY before it looks at the descriptor. */
        if (kvm390_real_fcntl(fd, F_GETFD, 0) < 0) {
            errno = EBADF;
            return -1;
        }
    } else {
        struct object *o;
        int error = 0;

        pthread_mutex_lock(&lock);
        o = lookup(fd);
        if (o) {
            error = o->vm && !o->vcpu ? ENOTTY : EINVAL;
        }
        pthread_mutex_unlock(&lock);
        if (error) {
            errno = error;
            return -1;
        }
    }
    return real(fd, request, arg);
}

EXPORT int close(int fd)
{
    struct object *o;
    int ret;

    pthread_mutex_lock(&lock);
    o = lookup(fd);
    ret = kvm390_real_close(fd);
    if (o && !ret) {
        int saved = errno;

        put(o);
        errno = saved;
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

/* Those that are open in a range, one by one; the kernel does the rest. */
EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    struct rlimit limit = { .rlim_cur = 1024 };
    unsigned fd;

    if (!(flags & CLOSE_RANGE_CLOEXEC) && first <= last && nr_objects) {
        getrlimit(RLIMIT_NOFILE, &limit);
        for (fd = first; fd <= last && fd < limit.rlim_cur; fd++) {
            struct object *o;

            pthread_mutex_lock(&lock);
            o = lookup(fd);
            pthread_mutex_unlock(&lock);
            if (o) {
                close(fd);
            }
        }
    }
    return syscall(SYS_close_range, first, last, flags);
}

EXPORT void closefrom(int low)
{
    close_range(low < 0 ? 0 : low, ~0u, 0);
}

static int duplicated(int fd)
{
    struct object *o;

    if (fd >= 0) {
        pthread_mutex_lock(&lock);
        o = lookup(fd);
        if (o) {
            o->refs++;
        }
        pthread_mutex_unlock(&lock);
    }
    return fd;
}

EXPORT int dup(int fd)
{
    REAL(dup)
    return duplicated(real(fd));
}

static int replace(int fd, int to, int flags)
{
    struct object *o = NULL;
    int ret;

    pthread_mutex_lock(&lock);
    if (fd != to) {
        o = lookup(to);
    }
    ret = syscall(SYS_dup3, fd, to, flags);
    if (ret >= 0) {
        struct object *copy = lookup(ret);

        if (copy) {
            copy->refs++;
        }
        if (o) {
            put(o);
        }
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

EXPORT int dup2(int fd, int to)
{
    if (fd == to) {
        return fcntl(fd, F_GETFD) < 0 ? -1 : to;
    }
    return replace(fd, to, 0);
}

EXPORT int dup3(int fd, int to, int flags)
{
    if (fd == to) {
        errno = EINVAL;
        return -1;
    }
    return replace(fd, to, flags);
}

static int after_fcntl(int cmd, int ret)
{
    return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC ? duplicated(ret) : ret;
}

#define FCNTL(name) \
EXPORT int name(int fd, int cmd, ...) \
{ \
    va_list ap; \
    void *arg; \
    REAL(name) \
    va_start(ap, cmd); \
    arg = va_arg(ap, void *); \
    va_end(ap); \
    return after_fcntl(cmd, real(fd, cmd, arg)); \
}

FCNTL(fcntl)
FCNTL(fcntl64)

static size_t whole_pages(size_t len)
{
    size_t page = sysconf(_SC_PAGESIZE);

    return (len + page - 1) & -page;
}

static void *mapped(void *addr, size_t len, int flags, int fd, off64_t offset)
{
    int saved = errno;

    if (addr == MAP_FAILED) {
        return addr;
    }
    len = whole_pages(len);
    if ((flags & MAP_TYPE) != MAP_PRIVATE && fd >= 0) {
        kvm390_memory_register(addr, len, fd, offset);
    } else if (flags & MAP_ANONYMOUS && (flags & MAP_TYPE) == MAP_PRIVATE &&
               !(flags & (MAP_STACK | MAP_GROWSDOWN))) {
        kvm390_memory_mapped(addr, len);
    } else {
        kvm390_memory_forget(addr, len);
    }
    errno = saved;
    return addr;
}

EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd,
                  off_t offset)
{
    REAL(mmap)
    return mapped(real(addr, len, prot, flags, fd, offset), len, flags, fd,
                  offset);
}

EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd,
                    off64_t offset)
{
    REAL(mmap64)
    return mapped(real(addr, len, prot, flags, fd, offset), len, flags, fd,
                  offset);
}

EXPORT int munmap(void *addr, size_t len)
{
    int ret;
    REAL(munmap)

    ret = real(addr, len);
    if (!ret) {
        kvm390_memory_forget(addr, len);
    }
    return ret;
}

static int protected(void *addr, size_t len, int prot, int ret)
{
    if (!ret) {
        kvm390_memory_protect(addr, len, prot);
    }
    return ret;
}

EXPORT int mprotect(void *addr, size_t len, int prot)
{
    REAL(mprotect)
    return protected(addr, len, prot, real(addr, len, prot));
}

EXPORT int pkey_mprotect(void *addr, size_t len, int prot, int key)
{
    REAL(pkey_mprotect)
    return protected(addr, len, prot, real(addr, len, prot, key));
}

EXPORT int madvise(void *addr, size_t len, int advice)
{
    REAL(madvise)
    /* On a private mapping this would have dropped the contents. */
    if (advice == MADV_DONTNEED && kvm390_memory_discard(addr, len)) {
        return 0;
    }
    return real(addr, len, advice);
}
