/*
 * The client of the KVM API against servers that answer at random
 *
 *     hostile-fuzz-test DIRECTORY [CALLS [SEED]]
 *
 * A server in this process (QEMU is not started) answers each request with any
 * result, lengths, bytes and descriptors, in pieces, or hangs up. Whatever it
 * says, no call of the client's hangs, writes beyond a buffer's end (each ends
 * where nothing is mapped, structs at the end of their memory), keeps a
 * descriptor or ends the program. DIRECTORY is for its socket. Built with
 * AddressSanitizer it sees more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "libkvm390.h"
#include "raw.h"
#include "../random.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#define AREA      (1 << 20)     /* for one buffer, before a hole */
#define PER_VM    40            /* calls */
#define MAX_FILES 12            /* with one reply; the kernel's limit is 253 */
#define SLOT_SIZE (16 << 12)

static char path[108];
static unsigned long replies;   /* atomic */
static uint64_t state;          /* of the client's side */

/* --- the server: a thread for each connection --- */

static uint8_t junk[1 << 21];

static uint64_t below(uint64_t *s, uint64_t n)
{
    return random_next(s) % n;
}

/* A file of a kind; none is what kvm_run has to be but now and then. */
static int some_file(uint64_t *s)
{
    int fd;

    switch (below(s, 6)) {
    case 0:
        return open("/dev/null", O_RDWR | O_CLOEXEC);
    case 1:
        return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    default:
        fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (ftruncate(fd, below(s, 3) << 12) ||
            fcntl(fd, F_ADD_SEALS, below(s, 2) ? F_SEAL_SHRINK : 0)) {
            perror("memfd");
        }
        return fd;
    }
}

static void choose_head(uint64_t *s, struct kvm390_head *h)
{
    const struct kvm390_ioctl *io = kvm390_ioctl_find(h->cmd,
                                                      kvm390_kind(h->target));

    h->ret = below(s, 3) ? 0 : below(s, 4) ? -(int)below(s, 140) :
             (int)random_next(s);
    h->arg_len = below(s, 2) && io ? io->size : below(s, 4) ? 0 :
                 below(s, 300);
    h->buf_len = below(s, 3) == 0 ? 0 : below(s, 3) ? below(s, 5000) :
                 below(s, 1 << 20);
    h->flags = h->reserved = 0;
    if (h->cmd <= KVM390_CMD_LAST && below(s, 20)) {
        h->ret = h->arg_len = h->buf_len = 0; /* or nothing is ever asked */
    }
    if (!below(s, 200)) {
        h->flags = random_next(s);
    }
    if (!below(s, 300)) {
        h->arg_len = random_next(s);
    }
    if (!below(s, 300)) {
        h->buf_len = random_next(s);
    }
}

/* A reply of any kind; false if it was not sent as its head says. */
static bool reply(int fd, uint64_t *s, struct kvm390_head h)
{
    bool with_file = h.cmd == KVM_CREATE_VCPU || h.cmd == KVM390_CMD_ATTACH ||
                     !below(s, 10);
    int files[MAX_FILES], n = !with_file ? 0 : below(s, 5) ? 1 :
                              below(s, MAX_FILES), i;
    size_t len, said, at = 0;
    uint8_t *all;

    choose_head(s, &h);
    for (i = 0; i < n; i++) {
        files[i] = some_file(s);
    }
    /* What it says, and what it sends, are two things. */
    h.magic = below(s, 200) ? KVM390_WIRE_MAGIC : random_next(s);
    len = sizeof(h) + (h.arg_len > 256 ? 256 : h.arg_len);
    len += h.buf_len > sizeof(junk) - len ? sizeof(junk) - len : h.buf_len;
    all = malloc(len);
    memcpy(all, junk, len);
    said = sizeof(h) + h.arg_len + (size_t)h.buf_len;
    kvm390_head_reorder(&h);
    memcpy(all, &h, sizeof(h));
    while (at < len) {
        size_t piece = below(s, 8) ? len - at : 1 + below(s, len - at);
        ssize_t done = raw_write(fd, all + at, piece, files, at ? 0 : n, 0);

        if (done <= 0) {
            break;
        }
        at += done;
    }
    free(all);
    for (i = 0; i < n; i++) {
        close(files[i]);
    }
    __atomic_fetch_add(&replies, 1, __ATOMIC_RELAXED);
    return at == said;
}

static void start_thread(void *(*run)(void *), int fd)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, (void *)(intptr_t)fd)) {
        perror("thread");
        exit(1);
    }
    pthread_detach(thread);
}

static void *serve(void *opaque)
{
    int fd = (intptr_t)opaque, passed;
    uint64_t s = (random_next(&(uint64_t) { fd + 1 }) ^
                  __atomic_load_n(&replies, __ATOMIC_RELAXED)) | 1;
    uint8_t *given = malloc(KVM390_MAX_BUF);
    struct kvm390_head h;

    do {
        passed = -1;
        if (raw_read(fd, &h, sizeof(h), 100000, &passed)) {
            break;
        }
        kvm390_head_reorder(&h);
        if (h.arg_len > KVM390_MAX_ARG || h.buf_len > KVM390_MAX_BUF ||
            raw_read(fd, given, h.arg_len, 10000, NULL) ||
            raw_read(fd, given, h.buf_len, 10000, NULL)) {
            break;
        }
        if (h.cmd == KVM390_CMD_CHANNEL && passed >= 0) {
            start_thread(serve, passed);
            passed = -1;
        }
        if (passed >= 0) {
            close(passed);
            passed = -1;
        }
    } while (below(&s, 400) && reply(fd, &s, h));
    if (passed >= 0) {
        close(passed);
    }
    close(fd);
    free(given);
    return NULL;
}

static void *listen_on(void *opaque)
{
    for (;;) {
        int fd = accept4((intptr_t)opaque, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0) {
            start_thread(serve, fd);
        }
    }
    return NULL;
}

static void start_listener(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(addr.sun_path, path, sizeof(addr.sun_path));
    unlink(path);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 50)) {
        perror(path);
        exit(1);
    }
    start_thread(listen_on, fd);
}

/* --- the client --- */

/* @n bytes with nothing behind them. */
static uint64_t before_hole(size_t n)
{
    static uint8_t *area;

    if (!area) {
        area = mmap(NULL, AREA + 4096, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(area + AREA, 4096, PROT_NONE);
    }
    return (uintptr_t)area + AREA - n;
}

/* Point a struct's pointers to buffers of the size that it asks for. */
static void point(uint32_t nr, void *arg)
{
    union {
        struct kvm_s390_mem_op op;
        struct kvm_s390_skeys keys;
        struct kvm_s390_cmma_log log;
        struct kvm_s390_irq_state irqs;
        struct kvm_one_reg reg;
        struct kvm_device_attr attr;
        struct kvm_dirty_log dirty;
    } u = { };
    unsigned n = 1 + below(&state, 4096);

    switch (nr) {
    case KVM_S390_MEM_OP:
        u.op.op = below(&state, 7);
        u.op.size = u.op.op == 6 ? 1u << below(&state, 5) : n;
        u.op.buf = u.op.old_addr = before_hole(u.op.size);
        memcpy(arg, &u.op, sizeof(u.op));
        break;
    case KVM_S390_GET_SKEYS:
    case KVM_S390_SET_SKEYS:
        u.keys.count = n;
        u.keys.skeydata_addr = before_hole(n);
        memcpy(arg, &u.keys, sizeof(u.keys));
        break;
    case KVM_S390_GET_CMMA_BITS:
    case KVM_S390_SET_CMMA_BITS:
        u.log.count = n;
        u.log.values = before_hole(n);
        memcpy(arg, &u.log, sizeof(u.log));
        break;
    case KVM_S390_GET_IRQ_STATE:
    case KVM_S390_SET_IRQ_STATE:
        u.irqs.len = sizeof(struct kvm_s390_irq) * (1 + n % 10);
        u.irqs.buf = before_hole(u.irqs.len);
        memcpy(arg, &u.irqs, sizeof(u.irqs));
        break;
    case KVM_GET_ONE_REG:
    case KVM_SET_ONE_REG:
        u.reg.id = n % 2 ? KVM_REG_S390_TODPR : KVM_REG_S390_CPU_TIMER;
        u.reg.addr = before_hole(n % 2 ? 4 : 8);
        memcpy(arg, &u.reg, sizeof(u.reg));
        break;
    case KVM_GET_DEVICE_ATTR:
    case KVM_SET_DEVICE_ATTR:
        u.attr = (struct kvm_device_attr) {
            .group = n % 8, .attr = n / 8 % 9, .addr = before_hole(4112),
        };
        memcpy(arg, &u.attr, sizeof(u.attr));
        break;
    case KVM_GET_DIRTY_LOG:
        u.dirty.slot = n % 2; /* one is there, of 16 pages */
        u.dirty.dirty_bitmap = (void *)before_hole(8);
        memcpy(arg, &u.dirty, sizeof(u.dirty));
        break;
    }
}

/* Those whose arguments need more than point() does. */
static bool left_out(uint32_t nr)
{
    return nr == KVM_SET_USER_MEMORY_REGION || nr == KVM_S390_UCAS_MAP ||
           nr == KVM_SET_USER_MEMORY_REGION2 || nr == KVM_SET_GSI_ROUTING ||
           nr == KVM_SET_GUEST_DEBUG || nr == KVM_SET_SIGNAL_MASK ||
           nr == KVM_S390_GET_REG_WRITABLE_MASKS;
}

/* Others than these give none, whatever the server sends. */
static void close_given(const struct kvm390_ioctl *io, int ret,
                        const uint8_t *arg)
{
    int32_t fd = -1;

    if (io->fd.kind == KVM390_FD_RETURNED) {
        fd = ret;
    } else if (io->fd.kind == KVM390_FD_STORED && ret >= 0) {
        memcpy(&fd, arg + io->fd.at, sizeof(fd));
    }
    if (fd > 2) {
        close(fd);
    }
}

static void call(struct kvm390_vm *vm, struct kvm390_vcpu *vcpu)
{
    const struct kvm390_ioctl *io =
        &kvm390_ioctls[below(&state, kvm390_nr_ioctls)];
    uint8_t *arg = malloc(io->size ? io->size : 1); /* its end is watched */
    void *what = io->size ? arg : (void *)(uintptr_t)below(&state, 10);
    size_t i;
    int ret = -1;

    for (i = 0; i < io->size; i++) {
        arg[i] = below(&state, 4) ? 0 : random_next(&state);
    }
    point(io->nr, arg);
    if (left_out(io->nr)) {
        ret = -1;
    } else if (io->kinds & KVM390_ON_VCPU && vcpu && below(&state, 2)) {
        ret = kvm390_vcpu_ioctl(vcpu, io->nr, what);
    } else if (io->kinds & KVM390_ON_VM) {
        ret = kvm390_vm_ioctl(vm, io->nr, what);
    } else if (io->kinds & KVM390_ON_FLIC) {
        kvm390_device_ioctl(vm, io->nr, what);
    } else if (io->kinds & KVM390_ON_SYSTEM) {
        kvm390_system_ioctl(vm, io->nr, what);
    }
    close_given(io, ret, arg);
    free(arg);
}

static void set_slot(struct kvm390_vm *vm, void *memory)
{
    struct kvm_userspace_memory_region region = {
        .memory_size = SLOT_SIZE, .userspace_addr = (uintptr_t)memory,
        .flags = KVM_MEM_LOG_DIRTY_PAGES,
    };

    kvm390_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static int count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(dir)) {
        n++;
    }
    closedir(dir);
    return n;
}

/* The server's threads close theirs a little later. */
static bool descriptors_are(int most)
{
    int i;

    for (i = 0; i < 5000; i++) {
        if (count_descriptors() <= most) {
            return true;
        }
        usleep(2000);
    }
    return false;
}

int main(int argc, char **argv)
{
    unsigned long wanted = argc > 2 ? strtoul(argv[2], NULL, 0) : 20000;
    unsigned long calls = 0, opened = 0, vcpus = 0;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
    void *memory;
    size_t i;
    int before;
    bool ok;

    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [CALLS [SEED]]\n", argv[0]);
        return 2;
    }
    seed = seed ? seed : (uint64_t)time(NULL) * getpid();
    state = seed;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("TAP version 13\n1..1\n# seed 0x%llx\n", (unsigned long long)seed);
    for (i = 0; i < sizeof(junk); i++) {
        junk[i] = random_next(&state);
    }
    snprintf(path, sizeof(path), "%.90s/hostile-fuzz", argv[1]);
    memory = mmap(NULL, SLOT_SIZE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    start_listener();
    before = count_descriptors();
    while (calls < wanted) {
        struct kvm390_vm *vm = kvm390_vm_attach(path);
        struct kvm390_vcpu *vcpu;

        calls++;
        if (!vm) {
            continue;
        }
        opened++;
        vcpu = kvm390_vcpu_attach(vm, below(&state, 3));
        vcpus += vcpu != NULL;
        if (vcpu) {
            kvm390_vcpu_run(vcpu)->immediate_exit = 0;
        }
        set_slot(vm, memory);
        for (i = 0; i < PER_VM; i++, calls++) {
            call(vm, vcpu);
        }
        kvm390_vm_close(vm);
    }
    ok = descriptors_are(before + 1); /* the library may keep the slot's */
    unlink(path);
    printf("# %lu calls to %lu servers with %lu vCPUs, %lu replies; %d "
           "descriptors before, %d after\n", calls, opened, vcpus, replies,
           before, count_descriptors());
    printf("%sok 1 - the client withstands hostile servers\n"
           "%d passed, %d failed\n", ok ? "" : "not ", ok, !ok);
    return !ok;
}
