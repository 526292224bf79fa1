/*
 * Several hostile connections at the same time against a server that runs
 *
 *     concurrent-fuzz-test QEMU DIRECTORY [REQUESTS [SEED [MINUTES]]]
 *
 * VM after VM, each with two to eight connections, each of which has a thread
 * that sends requests as server-fuzz-test does: to the VM, to vCPUs, KVM_RUN
 * that another connection cancels; they come and go, and some messages are
 * broken. A VM is left in one of many ways: in good order, with requests on
 * their way, by SIGTERM, by kill -9. Every fourth server is a live guest that
 * the connections attach to; it has to outlive them.
 *
 * Each request has an answer or ends its connection; the server ends with its
 * client and with status 0, and says nothing that a sanitizer would say. With
 * MINUTES it goes on for so long, else for that many requests. The seed says
 * what each thread sends, not when.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "fuzz-requests.h"
#include "raw.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#define VCPUS       2
#define MAX_CONNS   8
#define PER_VM      3000    /* requests, of all connections */
#define ANSWER_MS   120000  /* a sanitized server on a busy host is slow */
#define HISTORY     6

typedef struct Conn {
    pthread_t thread;
    Fuzz fuzz;
    int index, fd, side;    /* side: cancels, and makes fd anew */
    int32_t target;         /* a vCPU of a VM, or KVM390_VM */
    char history[HISTORY][160];
    unsigned long sent;
} Conn;

static const char *qemu;
static char image[100], path[100];
static int log_fd, memory_fd, event_fd;
static uint8_t *memory;
static Fuzz fuzz;                   /* the main thread's */

/* One server. */
static pid_t server;
static bool attached;               /* a live guest's */
static int main_fd;
static uint8_t *run[VCPUS];
static Conn conns[MAX_CONNS];
static unsigned nconns;
static pthread_mutex_t main_lock = PTHREAD_MUTEX_INITIALIZER; /* main_fd */

/* Atomic: all threads. */
static unsigned long requests, answered, closed, runs, ended_here, quota;
static bool going;                  /* the server may be gone any moment */

static unsigned long servers, kills, left, guests;

static void add(unsigned long *count)
{
    __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

static unsigned long get(unsigned long *count)
{
    return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static bool is_going(void)
{
    return __atomic_load_n(&going, __ATOMIC_ACQUIRE);
}

static void note(Conn *c, const char *what, const void *data, size_t len)
{
    char *line = c->history[c->sent++ % HISTORY];
    size_t i, at = snprintf(line, sizeof(c->history[0]), "%s", what);

    for (i = 0; i < len && at < sizeof(c->history[0]) - 8; i++) {
        at += snprintf(line + at, 8, "%s%02x", i % 8 ? "" : " ",
                       ((const uint8_t *)data)[i]);
    }
    add(&requests);
}

static void __attribute__((noreturn)) die(const char *why)
{
    static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
    char text[6000];
    unsigned i, k;
    ssize_t n;

    pthread_mutex_lock(&once);
    printf("# %s\n# the last requests:\n", why);
    for (i = 0; i < nconns; i++) {
        for (k = 0; k < HISTORY; k++) {
            printf("#   %u: %s\n", i,
                   conns[i].history[(conns[i].sent + k) % HISTORY]);
        }
    }
    n = lseek(log_fd, 0, SEEK_END);
    lseek(log_fd, n > 5000 ? n - 5000 : 0, SEEK_SET);
    n = read(log_fd, text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = 0;
    printf("# the server's last words:\n%s\n", text);
    snprintf(text, sizeof(text), "gdb -p %d -batch -ex 'thread apply all bt 14'"
             " 2>/dev/null | grep -E '^(#|Thread)' | sed 's/^/# /'", server);
    if (kill(server, 0) || system(text)) {
        printf("# it is gone\n");
    }
    printf("not ok 1 - the server withstands hostile clients\n"
           "0 passed, 1 failed\n");
    kill(server, SIGKILL);
    exit(1);
}

/* --- a connection --- */

static void hang_up(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* One more, by the main one; -errno. Not by two threads at a time. */
static int new_channel(int32_t target)
{
    int fd;

    pthread_mutex_lock(&main_lock);
    fd = main_fd < 0 ? -EPIPE : raw_channel(main_fd, target);
    pthread_mutex_unlock(&main_lock);
    return fd;
}

static int connect_again(int32_t target)
{
    int fd;

    if (!attached) {
        return new_channel(target);
    }
    fd = raw_attach(path);
    if (fd >= 0 && raw_hello(fd)) {
        hang_up(&fd);
    }
    return fd;
}

/* Both descriptors are there. False: the server is gone, as it may be. */
static bool opened(Conn *c)
{
    int tries;

    if (c->side < 0) {
        c->side = connect_again(KVM390_VM);
    }
    /* A vCPU's thread has to see the end of the old one first. */
    for (tries = 0; c->fd < 0 && tries < 20000 && !is_going(); tries++) {
        c->fd = connect_again(c->target);
        if (c->fd != -EBUSY) {
            break;
        }
        usleep(1000);
    }
    if (c->side < 0 || c->fd < 0) {
        if (!is_going()) {
            die("a connection is refused");
        }
        return false;
    }
    return true;
}

/* Reads a reply; false if the connection is over, which it then is. */
static bool take_reply(int *fd, bool may_close)
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
        add(&closed);
        if (!may_close && !is_going()) {
            die("the server closed a connection");
        }
        hang_up(fd);
        return false;
    }
    add(&answered);
    return true;
}

/* --- what its thread does --- */

static void fuzz_run(Conn *c)
{
    int v = c->target;
    struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
    uint64_t mask = fuzz_one_in(&c->fuzz, 2) ? 0x180000000 :
                    fuzz_rnd(&c->fuzz);
    uint64_t addr = fuzz_one_in(&c->fuzz, 8) ? fuzz_value(&c->fuzz) :
                    (fuzz_rnd(&c->fuzz) % 0x4000 + 0x2000) & ~1ull;
    uint64_t token = __atomic_add_fetch(&runs, 1, __ATOMIC_RELAXED);
    struct kvm390_head head = { .cmd = KVM_RUN, .target = v, .arg = token };

    if (!fuzz_one_in(&c->fuzz, 4)) {
        memcpy(run[v] + offsetof(struct kvm_run, psw_mask), &mask, 8);
        memcpy(run[v] + offsetof(struct kvm_run, psw_addr), &addr, 8);
    }
    run[v][offsetof(struct kvm_run, immediate_exit)] =
        fuzz_one_in(&c->fuzz, 16);
    note(c, "KVM_RUN", &addr, 8);
    if (!raw_send(c->fd, head, NULL, NULL, -1)) {
        hang_up(&c->fd);
        return;
    }
    if (poll(&pfd, 1, fuzz_rnd(&c->fuzz) % 4) <= 0) {
        head.cmd = KVM390_CMD_CANCEL;
        note(c, "CANCEL", &token, 8);
        if (raw_send(c->side, head, NULL, NULL, -1)) {
            take_reply(&c->side, false);
        } else {
            hang_up(&c->side);
        }
    }
    if (fuzz_one_in(&c->fuzz, 200)) {
        hang_up(&c->fd);    /* while it runs, perhaps */
    } else {
        take_reply(&c->fd, false);
    }
}

/* What one may send here, of what is drawn; KVM_RUN is fuzz_run()'s. */
static bool belongs(const Conn *c, const struct kvm390_ioctl *io,
                    int32_t *target)
{
    if (io->nr == KVM_RUN) {
        return false;
    }
    if (io->kinds & KVM390_ON_VCPU && (c->target >= 0 || attached)) {
        *target = attached ? c->index % VCPUS : c->target;
        return true;
    }
    *target = io->kinds & KVM390_ON_VM ? KVM390_VM :
              io->kinds & KVM390_ON_FLIC ? KVM390_FLIC : KVM390_SYSTEM;
    return io->kinds & ~KVM390_ON_VCPU;
}

static void fuzz_ioctl(Conn *c)
{
    const struct kvm390_ioctl *io;
    const int files[] = { memory_fd, event_fd, log_fd, -1, -1, -1 };
    int passed = files[fuzz_rnd(&c->fuzz) % 6];
    bool wrong = fuzz_one_in(&c->fuzz, 300);
    int32_t target;
    uint8_t *all;
    size_t len;

    do {
        io = &kvm390_ioctls[fuzz_rnd(&c->fuzz) % kvm390_nr_ioctls];
    } while (!belongs(c, io, &target));
    all = fuzz_request(&c->fuzz, io, target, &len);
    if (wrong) {
        memcpy(all + fuzz_rnd(&c->fuzz) % (sizeof(struct kvm390_head) - 7),
               &c->fuzz.state, 8);
        len = fuzz_one_in(&c->fuzz, 2) ? len : fuzz_rnd(&c->fuzz) % len;
    }
    note(c, io->name, all, len);
    if (raw_write(c->fd, all, len, &passed, passed >= 0, 0) < 0) {
        hang_up(&c->fd);
    } else if (wrong) {
        shutdown(c->fd, SHUT_WR);   /* or it would wait for the rest */
        while (take_reply(&c->fd, true)) {
        }
    } else if (fuzz_one_in(&c->fuzz, 400)) {
        hang_up(&c->fd);            /* the answer is not waited for */
    } else {
        take_reply(&c->fd, false);
    }
    free(all);
}

static void fuzz_control(Conn *c)
{
    struct kvm390_head head = {
        .cmd = fuzz_one_in(&c->fuzz, 2) ? KVM390_CMD_CHANNEL :
               1 + fuzz_rnd(&c->fuzz) % 5,
        .target = (int)(fuzz_rnd(&c->fuzz) % 6) - 3,
        .arg = fuzz_value(&c->fuzz),
    };
    int pair[2];

    if (head.cmd == KVM390_CMD_HELLO) {
        head.arg = KVM390_WIRE_VERSION | KVM390_HELLO_LITTLE_ENDIAN;
    }
    if (head.cmd == KVM390_CMD_CHANNEL) {
        head.target = KVM390_VM;    /* vCPUs have their own threads here */
    }
    if (head.cmd == KVM390_CMD_CANCEL && head.target >= 0) {
        head.target = VCPUS + 1;    /* not in place of what ends a KVM_RUN */
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        die("no sockets");
    }
    note(c, "control", &head, sizeof(head));
    if (!raw_send(c->side, head, NULL, NULL, pair[1])) {
        hang_up(&c->side);
    } else {
        take_reply(&c->side, false);
    }
    close(pair[0]);
    close(pair[1]);
}

static void fuzz_memory(Conn *c)
{
    uint64_t word = fuzz_value(&c->fuzz);
    int v = c->index % VCPUS;

    fuzz_code(&c->fuzz, memory + fuzz_rnd(&c->fuzz) % (FUZZ_MEMORY - 64),
              8 + fuzz_rnd(&c->fuzz) % 56);
    if (run[v]) {
        memcpy(run[v] + fuzz_rnd(&c->fuzz) % 4088, &word, 8);
        word = fuzz_rnd(&c->fuzz) & KVM_SYNC_S390_VALID_FIELDS;
        memcpy(run[v] + offsetof(struct kvm_run, kvm_dirty_regs), &word, 8);
        memcpy(run[v] + offsetof(struct kvm_run, kvm_valid_regs), &word, 8);
    }
    word = 1;
    if (fuzz_one_in(&c->fuzz, 4) && write(event_fd, &word, 8) < 0) {
        return;
    }
}

static void *fuzz_connection(void *opaque)
{
    Conn *c = opaque;

    while (get(&ended_here) < quota && opened(c)) {
        unsigned kind = fuzz_rnd(&c->fuzz) % 100;

        add(&ended_here);
        if (kind < 10) {
            fuzz_memory(c);
        } else if (kind < 12) {
            fuzz_control(c);
        } else if (kind < 30 && c->target >= 0 && !attached) {
            fuzz_run(c);
        } else {
            fuzz_ioctl(c);
        }
    }
    return NULL;
}

/* --- a server --- */

static void start_log(void)
{
    log_fd = memfd_create("stderr", 0);
    dup2(log_fd, 2);
}

static void check_log(void)
{
    static const char *const bad[] = {
        "runtime error", "AddressSanitizer", "Assertion", "LeakSanitizer",
        "assertion failed",
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
    if (ftruncate(log_fd, 0)) {
        die("the log");
    }
    lseek(log_fd, 0, SEEK_SET);
}

static int set_memory(void)
{
    struct kvm_userspace_memory_region region = {
        .memory_size = FUZZ_MEMORY, .userspace_addr = (uintptr_t)memory,
        .flags = fuzz_rnd(&fuzz) % 2,
    };
    uint8_t offset[8] = { };

    raw_arg(kvm390_ioctl_find(KVM_SET_USER_MEMORY_REGION, KVM390_ON_VM),
            &region);
    return raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM_SET_USER_MEMORY_REGION, .target = KVM390_VM,
        .arg_len = sizeof(region), .buf_len = 8 }, &region, offset, memory_fd,
        NULL);
}

static void make_vcpu(int v)
{
    struct kvm390_head head = {
        .cmd = KVM_CREATE_VCPU, .target = KVM390_VM, .arg = v,
    };
    int fd = -1;

    if (raw_call(main_fd, head, NULL, NULL, -1, &fd) < 0) {
        die("a vCPU cannot be made");
    }
    run[v] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
}

static void begin_vm(void)
{
    int v;

    main_fd = raw_start(qemu, &server);
    if (raw_hello(main_fd) ||
        raw_plain(main_fd, KVM_CREATE_VM, KVM390_SYSTEM, 0) || set_memory()) {
        die("a VM cannot be made");
    }
    if (fuzz_one_in(&fuzz, 2)) {
        struct kvm_device_attr attr = {
            .group = KVM_S390_VM_MEM_CTRL, .attr = KVM_S390_VM_MEM_ENABLE_CMMA,
        };

        raw_arg(kvm390_ioctl_find(KVM_SET_DEVICE_ATTR, KVM390_ON_VM), &attr);
        raw_call(main_fd, (struct kvm390_head) {
            .cmd = KVM_SET_DEVICE_ATTR, .target = KVM390_VM,
            .arg_len = sizeof(attr) }, &attr, NULL, -1, NULL);
    }
    for (v = 0; v < VCPUS; v++) {
        make_vcpu(v);
    }
    for (v = 0; v < FUZZ_MEMORY; v += 4096) {
        if (fuzz_one_in(&fuzz, 4)) {
            fuzz_code(&fuzz, memory + v, 4096);
        }
    }
}

/* Loops, and stays whatever becomes of it. */
static void begin_guest(void)
{
    char object[160];
    int i;

    snprintf(object, sizeof(object), "kvm390-api,id=api0,path=%s", path);
    server = fork();
    if (!server) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp(qemu, qemu, "-accel", "kvm390", "-M", "s390-ccw-virtio", "-m",
               "16", "-smp", "2", "-nodefaults", "-display", "none", "-kernel",
               image, "-action", "shutdown=pause,panic=none", "-object",
               object, NULL);
        _exit(127);
    }
    main_fd = -1;
    for (i = 0; i < 6000 && main_fd < 0; i++) {
        usleep(10000);
        main_fd = raw_attach(path);
    }
    if (main_fd < 0 || raw_hello(main_fd)) {
        die("a guest cannot be started");
    }
    for (i = 0; i < VCPUS; i++) {
        if (raw_plain(main_fd, KVM390_CMD_ATTACH, i, 0)) {
            die("a vCPU cannot be attached to");
        }
        run[i] = NULL;
    }
}

static void begin(void)
{
    unsigned i;

    attached = servers++ % 4 == 3;
    __atomic_store_n(&going, false, __ATOMIC_RELEASE);
    ended_here = 0;
    nconns = 2 + fuzz_rnd(&fuzz) % (MAX_CONNS - 1);
    if (attached) {
        guests++;
        begin_guest();
    } else {
        begin_vm();
    }
    for (i = 0; i < nconns; i++) {
        Conn *c = &conns[i];

        c->index = i;
        c->fd = c->side = -1;
        c->target = !attached && i < VCPUS ? (int32_t)i : KVM390_VM;
        c->sent = 0;
        memset(c->history, 0, sizeof(c->history));
        c->fuzz.memory = memory;
        c->fuzz.state = fuzz_rnd(&fuzz) | 1;
        if (!c->fuzz.buf) {
            c->fuzz.buf = malloc(FUZZ_BUF);
        }
    }
    for (i = 0; i < nconns; i++) {
        pthread_create(&conns[i].thread, NULL, fuzz_connection, &conns[i]);
    }
}

static void wait_threads(void)
{
    unsigned i;

    for (i = 0; i < nconns; i++) {
        pthread_join(conns[i].thread, NULL);
    }
}

/* What the server must end with; -1: any signal of ours. */
static void expect_end(int signal_nr)
{
    int status = 0;

    if (!raw_reap(server, &status)) {
        die("the server does not end");
    }
    if (signal_nr ? !WIFSIGNALED(status) || WTERMSIG(status) != signal_nr :
        !WIFEXITED(status) || WEXITSTATUS(status)) {
        die("the server ended badly");
    }
}

/* In the middle of what the others do. */
static void end_early(int how)
{
    unsigned long when = fuzz_rnd(&fuzz) % (quota ? quota : 1);

    while (get(&ended_here) < when) {
        usleep(500);
    }
    __atomic_store_n(&going, true, __ATOMIC_RELEASE);
    switch (how) {
    case 0:
        kill(server, SIGKILL);
        kills++;
        break;
    case 1:
        kill(server, SIGTERM);
        break;
    default:
        pthread_mutex_lock(&main_lock);
        hang_up(&main_fd);
        pthread_mutex_unlock(&main_lock);
        left++;
    }
    expect_end(how ? 0 : SIGKILL);
    wait_threads();
}

/* After all have done what they had to. */
static void end_late(void)
{
    wait_threads();
    if (raw_plain(main_fd, KVM_GET_API_VERSION, KVM390_SYSTEM, 0) != 12) {
        die("the server does not answer any more");
    }
    if (attached || fuzz_one_in(&fuzz, 3)) {
        kill(server, SIGTERM);  /* LeakSanitizer looks at it */
    } else {
        hang_up(&main_fd);
    }
    expect_end(0);
}

static void end(void)
{
    unsigned i;
    int v;

    /* The end of a connection ends no live guest. */
    if (fuzz_one_in(&fuzz, 2)) {
        end_early(fuzz_rnd(&fuzz) % (attached ? 2 : 3));
    } else {
        end_late();
    }
    check_log();
    hang_up(&main_fd);
    for (i = 0; i < nconns; i++) {
        hang_up(&conns[i].fd);
        hang_up(&conns[i].side);
    }
    for (v = 0; v < VCPUS; v++) {
        if (run[v]) {
            munmap(run[v], 4096);
        }
        run[v] = NULL;
    }
}

/* A PSW at 0, and what it begins: j . */
static void write_image(void)
{
    static const uint8_t psw[8] = { 0, 8, 0, 0, 0x80, 1, 0, 0 };
    static const uint8_t code[4] = { 0xa7, 0xf4, 0, 0 };
    FILE *f = fopen(image, "w");

    if (!f) {
        die("no directory");
    }
    fwrite(psw, 1, sizeof(psw), f);
    fseek(f, 0x10000, SEEK_SET);
    fwrite(code, 1, sizeof(code), f);
    fclose(f);
}

int main(int argc, char **argv)
{
    unsigned long wanted = argc > 3 ? strtoul(argv[3], NULL, 0) : 30000;
    double minutes = argc > 5 ? atof(argv[5]) : 0;
    int64_t began = raw_now_ms(), until = began + minutes * 60000;

    if (argc < 3) {
        fprintf(stderr, "usage: %s QEMU DIRECTORY [REQUESTS [SEED "
                "[MINUTES]]]\n", argv[0]);
        return 2;
    }
    qemu = argv[1];
    snprintf(image, sizeof(image), "%s/fuzz.img", argv[2]);
    snprintf(path, sizeof(path), "%s/fuzz.sock", argv[2]);
    fuzz.state = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
    fuzz.state = fuzz.state ? fuzz.state : (uint64_t)time(NULL) * getpid();
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("TAP version 13\n1..1\n# seed 0x%llx\n",
           (unsigned long long)fuzz.state);
    setenv("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1", 0);
    setenv("ASAN_OPTIONS", "detect_leaks=1:handle_abort=1:"
           "detect_stack_use_after_return=0", 0);
    start_log();
    memory_fd = memfd_create("memory", MFD_CLOEXEC);
    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ftruncate(memory_fd, FUZZ_MEMORY)) {
        return 1;
    }
    memory = mmap(NULL, FUZZ_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED,
                  memory_fd, 0);
    fuzz.memory = memory;
    write_image();
    while (minutes ? raw_now_ms() < until : get(&requests) < wanted) {
        quota = 1 + fuzz_rnd(&fuzz) % PER_VM;
        begin();
        end();
    }
    unlink(image);
    unlink(path);
    printf("# %lu requests to %lu servers (%lu live guests) in %.1f minutes, "
           "%lu KVM_RUN, %lu answered, %lu connections closed; %lu servers "
           "killed, %lu left in the middle\n", requests, servers, guests,
           (raw_now_ms() - began) / 60000.0, runs, answered, closed, kills,
           left);
    printf("ok 1 - the server withstands hostile clients\n"
           "1 passed, 0 failed\n");
    return 0;
}
