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
#include "fuzz-requests.h"
#include "raw.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#define VCPUS     2
#define MEMORY    FUZZ_MEMORY
#define SEGMENT   (1ull << 20)
#define PER_VM    1500
#define ANSWER_MS 60000  /* a sanitized server on a busy host is slow */
#define HISTORY   24

static const char *qemu;
static int log_fd;                  /* the server's stderr */
static Fuzz fuzz;
static char history[HISTORY][200];
static unsigned long done, answered, succeeded, closed, runs, vms;
static unsigned long per_ioctl[256];

/* One VM. */
static pid_t server;
static bool user_controlled;
static int main_fd, side_fd, vcpu_fd[VCPUS], memory_fd, event_fd;
static uint8_t *run[VCPUS];

static uint64_t rnd(void)
{
    return fuzz_rnd(&fuzz);
}

static bool one_in(unsigned n)
{
    return rnd() % n == 0;
}

static uint64_t value(void)
{
    return fuzz_value(&fuzz);
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

static int set_memory(void)
{
    struct kvm_userspace_memory_region region = {
        .memory_size = MEMORY, .userspace_addr = (uintptr_t)fuzz.memory,
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
        .user_addr = (uintptr_t)fuzz.memory & -SEGMENT, .length = SEGMENT,
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
            fuzz_code(&fuzz, fuzz.memory + i, 4096);
        }
    }
    fuzz_code(&fuzz, fuzz.memory + 0x2000, 0x2000);
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
    size_t which = rnd() % kvm390_nr_ioctls, len;
    const struct kvm390_ioctl *io = &kvm390_ioctls[which];
    int v = rnd() % VCPUS, *fd = one_in(4) ? &main_fd : &side_fd;
    int passed = one_in(3) ? memory_fd : one_in(3) ? event_fd : one_in(4) ?
                 log_fd : -1;
    int32_t target = io->kinds & KVM390_ON_VM ? KVM390_VM :
                     io->kinds & KVM390_ON_FLIC ? KVM390_FLIC : KVM390_SYSTEM;
    bool wrong = false;
    uint8_t *all;

    if (io->kinds & KVM390_ON_VCPU &&
        !(io->kinds & KVM390_ON_VM && one_in(2))) {
        v = run[v] ? v : 0;
        target = v;
        fd = &vcpu_fd[v];
    }
    if (io->nr == KVM_RUN) {
        do_run(v);
        return;
    }
    all = fuzz_request(&fuzz, io, target, &len);
    if (one_in(200)) { /* break it; more often not where the VM would end */
        memcpy(all + rnd() % (sizeof(struct kvm390_head) - 7), &fuzz.state,
               1 + rnd() % 8);
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

    fuzz_code(&fuzz, fuzz.memory + rnd() % (MEMORY - 64), 8 + rnd() % 56);
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
    fuzz.state = argc > 3 ? strtoull(argv[3], NULL, 0)
                     : (uint64_t)time(NULL) * getpid();
    fuzz.state = fuzz.state ? fuzz.state : 1;
    fuzz.buf = malloc(FUZZ_BUF);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("TAP version 13\n1..1\n# seed 0x%llx\n",
           (unsigned long long)fuzz.state);
    setenv("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1", 0);
    setenv("ASAN_OPTIONS", "detect_leaks=1:handle_abort=1:"
           "detect_stack_use_after_return=0", 0);
    log_fd = start_log();
    memory_fd = memfd_create("memory", MFD_CLOEXEC);
    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ftruncate(memory_fd, MEMORY)) {
        return 1;
    }
    fuzz.memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED,
                       memory_fd, 0);
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
