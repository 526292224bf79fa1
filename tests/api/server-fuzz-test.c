/*
 * A hostile client against a server that runs
 *
 *     server-fuzz-test QEMU [SECONDS [SEED]]
 *
 * VM after VM: vCPUs, memory with code in it, then thousands of requests. Most
 * follow the wire and take every ioctl of the table, with structs whose fields
 * are drawn from values that matter; their buffers, flags and lengths are
 * wrong now and then, and some messages are noise. struct kvm_run and guest
 * memory change underneath.
 *
 * Each request has an answer or ends its connection, soon; the server ends
 * with status 0 when it is left, and says nothing that a sanitizer would say.
 * A server that was built with sanitizers sees much more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "raw.h"
#include "../random.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#define VCPUS     2
#define MEMORY    (1 << 20)
#define SEGMENT   (1ull << 20)
#define PER_VM    1500
#define ANSWER_MS 60000  /* a sanitized server on a busy host is slow */
#define HISTORY   24

static const char *qemu;
static int log_fd;                  /* the server's stderr */
static uint64_t state;              /* of the random numbers */
static char history[HISTORY][200];
static unsigned long done, answered, succeeded, closed, runs, vms;
static unsigned long per_ioctl[256];

/* One VM. */
static pid_t server;
static bool user_controlled;
static int main_fd, side_fd, vcpu_fd[VCPUS], memory_fd, event_fd;
static uint8_t *memory, *run[VCPUS];

static uint64_t rnd(void)
{
    return random_next(&state);
}

static bool one_in(unsigned n)
{
    return rnd() % n == 0;
}

static void note(const char *what, const void *data, size_t len)
{
    char *line = history[done++ % HISTORY];
    size_t i, at = snprintf(line, 200, "%s", what);

    for (i = 0; i < len && at < 190; i++) {
        at += snprintf(line + at, 200 - at, "%s%02x", i % 8 ? "" : " ",
                       ((const uint8_t *)data)[i]);
    }
}

static void die(const char *why)
{
    char text[4096];
    unsigned long i;
    ssize_t n;

    printf("# %s\n# the last requests:\n", why);
    for (i = done < HISTORY ? 0 : done - HISTORY; i < done; i++) {
        printf("#   %s\n", history[i % HISTORY]);
    }
    n = lseek(log_fd, 0, SEEK_END);
    lseek(log_fd, n > 3000 ? n - 3000 : 0, SEEK_SET);
    n = read(log_fd, text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = 0;
    printf("# the server's last words:\n%s\n", text);
    snprintf(text, sizeof(text), "gdb -p %d -batch -ex 'thread apply all bt 14'"
             " 2>/dev/null | grep -E '^(#|Thread)' | sed 's/^/# /'", server);
    if (kill(server, 0) || system(text)) {
        printf("# it is gone\n");
    }
    printf("not ok 1 - the server withstands a hostile client\n"
           "0 passed, 1 failed\n");
    kill(server, SIGKILL);
    exit(1);
}

/* --- values --- */

static uint64_t value(void)
{
    static const uint64_t some[] = {
        0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 63, 64, 100, 255, 256, 4095, 4096,
        0x2000, 65535, 65536, 65537, MEMORY - 8, MEMORY - 1, MEMORY,
        MEMORY + 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
        1ull << 43, 1ull << 47, 1ull << 52, 1ull << 63, ~0ull, ~0ull - 4095,
        -2ull, -8ull, 0x180000000, 1048576, 1048577, 0xfffe0000, 0xffff0000,
    };

    switch (rnd() % 8) {
    case 0:
        return rnd();
    case 1:
        return rnd() % MEMORY;
    case 2:
        return rnd() % 256;
    case 3:
        return 1ull << rnd() % 64;
    default:
        return some[rnd() % (sizeof(some) / sizeof(some[0]))];
    }
}

static void put(uint8_t *p, size_t size, uint64_t v)
{
    memcpy(p, &v, size); /* little-endian hosts; else still a value */
}

/* Fill a struct, field by field. */
static void fill(const struct kvm390_ioctl *io, uint8_t *arg)
{
    size_t i, n;

    for (i = 0; i < io->layout->nr_fields; i++) {
        const struct kvm390_field *f = &io->layout->fields[i];

        for (n = 0; n < f->count; n++) {
            put(arg + f->offset + n * f->size, f->size,
                one_in(3) ? 0 : value());
        }
    }
}

/* Structs that get past the first checks, to be mutated or not. */
static void plausible(const struct kvm390_ioctl *io, uint8_t *arg, bool vcpu)
{
    union {
        struct kvm_s390_mem_op op;
        struct kvm_s390_skeys keys;
        struct kvm_s390_cmma_log log;
        struct kvm_userspace_memory_region slot;
        struct kvm_device_attr attr;
        struct kvm_s390_irq irq;
        struct kvm_s390_interrupt interrupt;
        struct kvm_s390_irq_state irqs;
        struct kvm_one_reg reg;
        struct kvm_guest_debug debug;
        struct kvm_enable_cap cap;
        struct kvm_dirty_log dirty;
        struct kvm_create_device device;
        struct kvm_irqfd irqfd;
        struct kvm_ioeventfd ioeventfd;
        struct kvm390_protect protect;
        struct kvm_s390_ucas_mapping ucas;
        uint8_t bytes[KVM390_MAX_ARG];
    } u = { };
    static const uint64_t types[] = {
        KVM_S390_PROGRAM_INT, KVM_S390_SIGP_STOP, KVM_S390_SIGP_SET_PREFIX,
        KVM_S390_RESTART, KVM_S390_INT_EMERGENCY, KVM_S390_INT_EXTERNAL_CALL,
        KVM_S390_MCHK, KVM_S390_INT_CLOCK_COMP, KVM_S390_INT_CPU_TIMER,
        KVM_S390_INT_VIRTIO, KVM_S390_INT_SERVICE, KVM_S390_INT_PFAULT_INIT,
        KVM_S390_INT_PFAULT_DONE, KVM_S390_INT_IO(0, 0, 0, 1),
    };
    uint64_t type = types[rnd() % (sizeof(types) / sizeof(types[0]))];

    switch (io->nr) {
    case KVM_S390_MEM_OP:
        u.op = (struct kvm_s390_mem_op) {
            .gaddr = rnd() % (MEMORY + 8192), .size = 1 + rnd() % 70000,
            .op = vcpu ? rnd() % 4 : 4 + rnd() % 3, .buf = 1, .old_addr = 1,
            .flags = one_in(2) ? 0 : rnd() % 8, .ar = rnd() % 17,
            .key = rnd() % 17,
        };
        if (u.op.op == KVM_S390_MEMOP_ABSOLUTE_CMPXCHG) {
            u.op.size = 1 << rnd() % 5;
            u.op.gaddr &= -16;
        }
        break;
    case KVM_S390_GET_SKEYS:
    case KVM_S390_SET_SKEYS:
        u.keys = (struct kvm_s390_skeys) {
            .start_gfn = rnd() % 300, .count = 1 + rnd() % 300,
            .skeydata_addr = 1,
        };
        break;
    case KVM_S390_GET_CMMA_BITS:
    case KVM_S390_SET_CMMA_BITS:
        u.log = (struct kvm_s390_cmma_log) {
            .start_gfn = rnd() % 300, .count = 1 + rnd() % 300,
            .flags = rnd() % 2, .mask = rnd(), .values = 1,
        };
        break;
    case KVM_SET_USER_MEMORY_REGION:
    case KVM_SET_USER_MEMORY_REGION2:
        u.slot = (struct kvm_userspace_memory_region) {
            .slot = rnd() % 6, .flags = rnd() % 2,
            .guest_phys_addr = (rnd() % 512) << 12,
            .memory_size = one_in(3) ? 0 : (1 + rnd() % 256) << 12,
            .userspace_addr = (uintptr_t)memory,
        };
        break;
    case KVM_SET_DEVICE_ATTR:
    case KVM_GET_DEVICE_ATTR:
    case KVM_HAS_DEVICE_ATTR:
        u.attr = (struct kvm_device_attr) {
            .group = rnd() % 16, .attr = rnd() % 10, .addr = 1,
        };
        break;
    case KVM_S390_IRQ:
        u.irq.type = type;
        memset(u.bytes + 8, rnd(), 16);
        break;
    case KVM_S390_INTERRUPT:
        u.interrupt = (struct kvm_s390_interrupt) {
            .type = type, .parm = value(), .parm64 = value(),
        };
        break;
    case KVM_S390_SET_IRQ_STATE:
    case KVM_S390_GET_IRQ_STATE:
        u.irqs = (struct kvm_s390_irq_state) {
            .buf = 1, .len = 72 * (rnd() % 290),
        };
        break;
    case KVM_GET_ONE_REG:
    case KVM_SET_ONE_REG:
        u.reg = (struct kvm_one_reg) {
            .id = KVM_REG_S390 | (one_in(2) ? KVM_REG_SIZE_U64 :
                                  KVM_REG_SIZE_U32) | rnd() % 12, .addr = 1,
        };
        break;
    case KVM_SET_GUEST_DEBUG:
        u.debug.control = rnd() & (KVM_GUESTDBG_ENABLE |
                                   KVM_GUESTDBG_SINGLESTEP |
                                   KVM_GUESTDBG_USE_HW_BP);
        u.debug.arch.nr_hw_bp = rnd() % 5;
        break;
    case KVM_ENABLE_CAP:
        u.cap.cap = 60 + rnd() % 200;
        break;
    case KVM_GET_DIRTY_LOG:
        u.dirty.slot = rnd() % 6;
        break;
    case KVM_CREATE_DEVICE:
        u.device.type = KVM_DEV_TYPE_FLIC;
        u.device.flags = one_in(4);
        break;
    case KVM_IRQFD:
        u.irqfd = (struct kvm_irqfd) {
            .fd = 1, .gsi = rnd() % 8, .flags = rnd() % 4, .resamplefd = 1,
        };
        break;
    case KVM_IOEVENTFD:
        u.ioeventfd = (struct kvm_ioeventfd) {
            .datamatch = rnd() % 8, .addr = 0x10000 + rnd() % 8, .fd = 1,
            .len = 1 << rnd() % 4, .flags = rnd() % 16,
        };
        break;
    case KVM_S390_UCAS_MAP:
    case KVM_S390_UCAS_UNMAP:
        u.ucas = (struct kvm_s390_ucas_mapping) {
            .user_addr = (uintptr_t)memory & -SEGMENT,
            .vcpu_addr = rnd() % 8 * SEGMENT, .length = rnd() % 4 * SEGMENT,
        };
        break;
    case KVM390_PROTECT:
        u.protect = (struct kvm390_protect) {
            .addr = (uintptr_t)memory + (rnd() % 256 << 12),
            .len = (rnd() % 64) << 12, .permit = rnd() % 4,
        };
        break;
    default:
        fill(io, arg);
        return;
    }
    memcpy(arg, u.bytes, io->size);
}

/* --- the VM --- */

static int start_log(void)
{
    int fd = memfd_create("stderr", 0);

    dup2(fd, 2);
    return fd;
}

static void check_log(void)
{
    static const char *const bad[] = {
        "runtime error", "AddressSanitizer", "Assertion", "LeakSanitizer",
    };
    static char text[1 << 16];
    ssize_t n = pread(log_fd, text, sizeof(text) - 1, 0);
    size_t i;

    text[n > 0 ? n : 0] = 0;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *at = strstr(text, bad[i]);

        if (at && !strstr(at, "makecontext")) {
            die("the server complains");
        }
    }
}

/* Instructions that leave the vCPU's usual path, among random ones. */
static void random_code(uint8_t *at, size_t len)
{
    static const uint8_t code[][6] = {
        { 0x83, 0x00, 0x05, 0x01 }, { 0x83, 0x12, 0x00, 0x10 },
        { 0x83, 0x00, 0x00, 0x44 }, { 0xb2, 0x29, 0x00, 0x12 },
        { 0xb2, 0x2b, 0x00, 0x12 }, { 0xb2, 0x2a, 0x00, 0x12 },
        { 0xb9, 0xab, 0x10, 0x12 }, { 0xb9, 0xaf, 0x00, 0x12 },
        { 0xae, 0x12, 0x00, 0x05 }, { 0xb2, 0x10, 0x00, 0x00 },
        { 0x82, 0x00, 0x00, 0x00 }, { 0xa7, 0xf4, 0x00, 0x00 },
        { 0xb2, 0x32, 0x10, 0x00 }, { 0xb2, 0x20, 0x00, 0x12 },
        { 0xb2, 0x7d, 0x00, 0x00 }, { 0x0a, 0x01 }, { 0x00, 0x00 },
    };

    while (len >= 8) {
        size_t n = 4, i;

        if (one_in(3)) {
            for (i = 0; i < n; i++) {
                at[i] = rnd();
            }
        } else {
            i = rnd() % (sizeof(code) / sizeof(code[0]));
            memcpy(at, code[i], 6);
            n = code[i][0] == 0x0a || !code[i][0] ? 2 : 4;
        }
        at += n;
        len -= n;
    }
}

static int set_memory(void)
{
    struct kvm_userspace_memory_region region = {
        .memory_size = MEMORY, .userspace_addr = (uintptr_t)memory,
        .flags = rnd() % 2,
    };
    const struct kvm390_ioctl *io =
        kvm390_ioctl_find(KVM_SET_USER_MEMORY_REGION, KVM390_ON_VM);
    uint8_t offset[8] = { };

    raw_arg(io, &region);
    return raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM_SET_USER_MEMORY_REGION, .target = KVM390_VM,
        .arg_len = sizeof(region), .buf_len = 8 }, &region, offset,
        memory_fd, NULL);
}

/* The first segment of a user-controlled VM. */
static int map_segment(void)
{
    struct kvm_s390_ucas_mapping ucas = {
        .user_addr = (uintptr_t)memory & -SEGMENT, .length = SEGMENT,
    };
    const struct kvm390_ioctl *io =
        kvm390_ioctl_find(KVM_S390_UCAS_MAP, KVM390_ON_VCPU);
    uint8_t offset[8] = { };

    raw_arg(io, &ucas);
    return raw_call(vcpu_fd[0], (struct kvm390_head) {
        .cmd = KVM_S390_UCAS_MAP, .target = 0, .arg_len = sizeof(ucas),
        .buf_len = 8 }, &ucas, offset, memory_fd, NULL);
}

static void begin_vm(void)
{
    bool ucontrol = one_in(4); /* has no memory slots */
    int i, fd = -1;

    main_fd = raw_start(qemu, &server);
    if (raw_hello(main_fd) ||
        raw_plain(main_fd, KVM_CREATE_VM, KVM390_SYSTEM, ucontrol) ||
        (!ucontrol && set_memory())) {
        die("a VM cannot be made");
    }
    if (one_in(2)) {
        struct kvm_device_attr attr = {
            .group = KVM_S390_VM_MEM_CTRL, .attr = KVM_S390_VM_MEM_ENABLE_CMMA,
        };

        raw_arg(kvm390_ioctl_find(KVM_SET_DEVICE_ATTR, KVM390_ON_VM), &attr);
        raw_call(main_fd, (struct kvm390_head) {
            .cmd = KVM_SET_DEVICE_ATTR, .target = KVM390_VM,
            .arg_len = sizeof(attr) }, &attr, NULL, -1, NULL);
    }
    side_fd = raw_channel(main_fd, KVM390_VM);
    for (i = 0; i < VCPUS; i++) {
        vcpu_fd[i] = -1;
        run[i] = NULL;
        if (raw_call(main_fd, (struct kvm390_head) {
                .cmd = KVM_CREATE_VCPU, .target = KVM390_VM, .arg = i }, NULL,
                NULL, -1, &fd) < 0) {
            continue; /* a user-controlled VM has one */
        }
        /* With the SIE control block, where there is one. */
        run[i] = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        vcpu_fd[i] = raw_channel(main_fd, i);
        if (vcpu_fd[i] < 0 || run[i] == MAP_FAILED) {
            die("a vCPU cannot be made");
        }
    }
    if (ucontrol && map_segment()) {
        die("a segment cannot be mapped");
    }
    user_controlled = ucontrol;
    for (i = 0; i < MEMORY; i += 4096) {
        if (one_in(4)) {
            random_code(memory + i, 4096);
        }
    }
    random_code(memory + 0x2000, 0x2000);
    vms++;
}

static void shut(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

static void end_vm(void)
{
    int i, status = 0;

    /* Ended in good order it looks for leaks, if it has LeakSanitizer. */
    if (main_fd >= 0 && one_in(3)) {
        kill(server, SIGTERM);
    } else {
        shut(&main_fd);
    }
    if (!raw_reap(server, &status)) {
        die("the server does not end");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        die("the server ended badly");
    }
    check_log();
    shut(&main_fd);
    if (ftruncate(log_fd, 0)) {
        die("the log");
    }
    lseek(log_fd, 0, SEEK_SET);
    shut(&side_fd);
    for (i = 0; i < VCPUS; i++) {
        shut(&vcpu_fd[i]);
        if (run[i]) {
            munmap(run[i], 8192);
        }
    }
}

/* --- requests --- */

/* Reads a reply; false if the connection is over, which it then is. */
static bool reply(int *fd, bool may_close)
{
    struct kvm390_head head;
    int passed = -1, ret = raw_recv(*fd, &head, NULL, NULL, ANSWER_MS, &passed);

    if (passed >= 0) {
        close(passed);
    }
    if (ret == RAW_SILENT) {
        die("no answer");
    }
    if (ret == RAW_CLOSED) {
        closed++;
        if (!may_close) {
            die("the server closed a connection");
        }
        shut(fd);
        return false;
    }
    answered++;
    succeeded += head.ret >= 0;
    return true;
}

/* A connection that was closed is made again. False: the VM is over. */
static bool reopen(void)
{
    int i;

    if (main_fd < 0) {
        return false;
    }
    if (side_fd < 0) {
        side_fd = raw_channel(main_fd, KVM390_VM);
    }
    for (i = 0; i < VCPUS; i++) {
        int tries;

        /* The vCPU's thread has to see the end of the old one first. */
        for (tries = 0; run[i] && vcpu_fd[i] < 0 && tries < 10000; tries++) {
            vcpu_fd[i] = raw_channel(main_fd, i);
            if (vcpu_fd[i] == -EBUSY) {
                usleep(1000);
            }
        }
        if (run[i] && vcpu_fd[i] < 0) {
            die("a vCPU is lost");
        }
    }
    if (side_fd < 0) {
        die("no more connections");
    }
    return true;
}

/* A guest that runs on is stopped by the other way there is. */
static void do_run(int v)
{
    struct pollfd pfd = { .fd = vcpu_fd[v], .events = POLLIN };
    uint64_t mask = one_in(2) ? 0x180000000 : rnd(), addr;

    addr = one_in(8) ? value() : (rnd() % 0x4000 + 0x2000) & ~1ull;
    if (!one_in(4)) {
        memcpy(run[v] + offsetof(struct kvm_run, psw_mask), &mask, 8);
        memcpy(run[v] + offsetof(struct kvm_run, psw_addr), &addr, 8);
    }
    run[v][offsetof(struct kvm_run, immediate_exit)] = one_in(16);
    if (user_controlled && one_in(2)) {
        run[v][4096 + rnd() % 512] = rnd();
    }
    runs++;
    if (!raw_send(vcpu_fd[v], (struct kvm390_head) {
            .cmd = KVM_RUN, .target = v, .arg = runs }, NULL, NULL, -1)) {
        shut(&vcpu_fd[v]);
        return;
    }
    if (poll(&pfd, 1, rnd() % 4) <= 0) { /* before it began, too */
        raw_plain(main_fd, KVM390_CMD_CANCEL, v, runs);
    }
    reply(&vcpu_fd[v], false);
}

/* An ioctl that follows the wire, or nearly. */
static void do_ioctl(void)
{
    size_t which = rnd() % kvm390_nr_ioctls, len, at = 0;
    const struct kvm390_ioctl *io = &kvm390_ioctls[which];
    struct kvm390_buffer buffer[KVM390_BUFFERS];
    static uint8_t buf[KVM390_MAX_BUF + 64];
    uint8_t arg[KVM390_MAX_ARG] = { };
    struct kvm390_head head = { .cmd = io->nr, .arg_len = io->size };
    int v = rnd() % VCPUS, *fd = one_in(4) ? &main_fd : &side_fd, i;
    int passed = one_in(3) ? memory_fd : one_in(3) ? event_fd : one_in(4) ?
                 log_fd : -1;
    bool wrong = false;
    uint8_t *all;

    head.target = io->kinds & KVM390_ON_VM ? KVM390_VM :
                  io->kinds & KVM390_ON_FLIC ? KVM390_FLIC : KVM390_SYSTEM;
    if (io->kinds & KVM390_ON_VCPU &&
        !(io->kinds & KVM390_ON_VM && one_in(2))) {
        v = run[v] ? v : 0;
        head.target = v;
        fd = &vcpu_fd[v];
    }
    if (io->nr == KVM_RUN) {
        do_run(v);
        return;
    }
    head.arg = value();
    if (io->nr == KVM_CREATE_VCPU) {
        head.arg = one_in(20) ? rnd() % 250 : 0;
    }
    if (io->size) {
        if (one_in(4)) {
            fill(io, arg);
        } else {
            plausible(io, arg, head.target >= 0);
            if (one_in(3)) {
                arg[rnd() % io->size] = value();
            }
        }
        kvm390_buffers(io, arg, buffer);
        for (i = 0; i < KVM390_BUFFERS; i++) {
            if (buffer[i].in_len && one_in(16)) {
                head.flags |= KVM390_BAD_BUF0 << i;
            } else {
                memset(buf + at, one_in(2) ? 0 : rnd(), buffer[i].in_len);
                if (buffer[i].in_len > 8) {
                    uint64_t v64 = rnd();

                    memcpy(buf + at + rnd() % (buffer[i].in_len - 7), &v64, 8);
                }
                at += buffer[i].in_len;
            }
        }
        head.buf_len = at;
        if (one_in(64)) {
            head.flags = KVM390_BAD_ARG;
            head.arg_len = head.buf_len = 0;
        }
        raw_arg(io, arg);
    }
    all = raw_message(head, arg, buf, &len);
    if (one_in(200)) { /* break it; more often not where the VM would end */
        memcpy(all + rnd() % (sizeof(head) - 7), &state, 1 + rnd() % 8);
        wrong = true;
        len = one_in(2) ? len : rnd() % len;
    }
    note(io->name, all, len);
    per_ioctl[which % 256]++;
    if (raw_write(*fd, all, len, &passed, passed >= 0, 0) < 0) {
        shut(fd);
    } else if (wrong) {
        shutdown(*fd, SHUT_WR); /* or it might wait for the rest for ever */
        while (reply(fd, true)) {
        }
    } else {
        reply(fd, false);
    }
    free(all);
}

static void do_noise(void)
{
    uint8_t noise[600];
    size_t len = rnd() % sizeof(noise), i;
    int *fd = one_in(40) ? &main_fd : &side_fd;

    for (i = 0; i < sizeof(noise); i++) {
        noise[i] = rnd();
    }
    if (!one_in(3)) {
        memcpy(noise, "K390", 4);
        memset(noise + 24, 0, 16);
        noise[27] = rnd(); /* arg_len */
    }
    note("noise", noise, len < 60 ? len : 60);
    if (raw_write(*fd, noise, len, NULL, 0, 0) >= 0) {
        shutdown(*fd, SHUT_WR);
        while (reply(fd, true)) {
        }
    } else {
        shut(fd);
    }
}

static void do_control(void)
{
    struct kvm390_head head = {
        .cmd = 1 + rnd() % 5, .target = (int)(rnd() % 6) - 3, .arg = value(),
    };
    int pair[2] = { -1, -1 }, passed;

    if (one_in(2) && !socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) {
        passed = pair[1];
    } else {
        passed = one_in(2) ? memory_fd : -1;
    }
    if (head.cmd == KVM390_CMD_HELLO && !one_in(20)) {
        head.arg = KVM390_WIRE_VERSION | KVM390_HELLO_LITTLE_ENDIAN;
    }
    note("control", &head, sizeof(head));
    if (!raw_send(side_fd, head, NULL, NULL, passed)) {
        shut(&side_fd);
    } else {
        reply(&side_fd, false);
    }
    if (pair[0] >= 0) {
        close(pair[0]);
        close(pair[1]);
    }
}

static void do_memory(void)
{
    int v = rnd() % VCPUS;

    random_code(memory + rnd() % (MEMORY - 64), 8 + rnd() % 56);
    if (run[v] && one_in(2)) {
        uint64_t word = value();

        memcpy(run[v] + rnd() % 4088, &word, 8);
    }
    if (one_in(4)) {
        uint64_t one = 1;

        if (write(event_fd, &one, 8) < 0) {
            return;
        }
    }
    if (run[v] && !one_in(4)) { /* unknown sets would make KVM_RUN refuse */
        uint64_t sets = rnd() & KVM_SYNC_S390_VALID_FIELDS;

        memcpy(run[v] + offsetof(struct kvm_run, kvm_dirty_regs), &sets, 8);
        memcpy(run[v] + offsetof(struct kvm_run, kvm_valid_regs), &sets, 8);
    }
}

int main(int argc, char **argv)
{
    double seconds = argc > 2 ? atof(argv[2]) : 10;
    int64_t end;
    size_t i;
    int n;

    if (argc < 2) {
        fprintf(stderr, "usage: %s QEMU [SECONDS [SEED]]\n", argv[0]);
        return 2;
    }
    qemu = argv[1];
    state = argc > 3 ? strtoull(argv[3], NULL, 0)
                     : (uint64_t)time(NULL) * getpid();
    state = state ? state : 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("TAP version 13\n1..1\n# seed 0x%llx\n", (unsigned long long)state);
    setenv("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1", 0);
    setenv("ASAN_OPTIONS", "detect_leaks=1:handle_abort=1:"
           "detect_stack_use_after_return=0", 0);
    log_fd = start_log();
    memory_fd = memfd_create("memory", MFD_CLOEXEC);
    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ftruncate(memory_fd, MEMORY)) {
        return 1;
    }
    memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd,
                  0);
    end = raw_now_ms() + seconds * 1000;
    while (raw_now_ms() < end) {
        begin_vm();
        for (n = 0; n < PER_VM && raw_now_ms() < end && reopen(); n++) {
            unsigned kind = rnd() % 100;

            if (kind < 80) {
                do_ioctl();
            } else if (kind < 92) {
                do_memory();
            } else if (kind < 97) {
                do_run(0);
            } else if (kind < 99) {
                do_control();
            } else {
                do_noise();
            }
        }
        end_vm();
    }
    for (i = 0; i < kvm390_nr_ioctls; i++) {
        if (!per_ioctl[i] && kvm390_ioctls[i].nr != KVM_RUN && seconds > 8) {
            printf("# never sent: %s\n", kvm390_ioctls[i].name);
        }
    }
    printf("# %lu requests to %lu VMs, %lu KVM_RUN, %lu answered, %lu without "
           "an error, %lu connections closed\n", done + runs, vms, runs,
           answered, succeeded, closed);
    printf("ok 1 - the server withstands a hostile client\n"
           "1 passed, 0 failed\n");
    return 0;
}
