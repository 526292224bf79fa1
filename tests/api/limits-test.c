/*
 * What a client cannot break: what it shares with the server, the server's
 * limits, and the end of a VM
 *
 *     limits-test QEMU DIRECTORY
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include "raw.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define SLOT_SIZE   (1 << 20)
#define END_MS      2000    /* for a VM to end after its client */

static const char *directory;
static char path[100];      /* of a live guest's socket */
static int main_fd, vcpu_fd, memory_fd;
static pid_t server;
static struct kvm_run *run;

/* KiB of memory that a process has. */
static long resident(pid_t pid)
{
    char name[64], line[256];
    long kib = -1;
    FILE *status;

    snprintf(name, sizeof(name), "/proc/%d/status", pid);
    status = fopen(name, "r");
    while (status && fgets(line, sizeof(line), status) &&
           sscanf(line, "VmRSS: %ld", &kib) != 1) {
    }
    if (status) {
        fclose(status);
    }
    return kib;
}

/* --- a VM: 1 MiB of memory, one vCPU --- */

static int call_on(int fd, int32_t target, uint32_t cmd, const void *arg,
                   size_t len, const void *buf, size_t buf_len, int file)
{
    const struct kvm390_ioctl *io = kvm390_ioctl_find(cmd,
                                                      kvm390_kind(target));
    uint8_t wire[KVM390_MAX_ARG];

    memcpy(wire, arg, len);
    raw_arg(io, wire);
    return raw_call(fd, (struct kvm390_head) {
        .cmd = cmd, .target = target, .arg_len = len, .buf_len = buf_len },
        wire, buf, file, NULL);
}

static int set_file(unsigned slot, uint64_t gpa, uint64_t size, int file)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot, .guest_phys_addr = gpa, .memory_size = size,
        .userspace_addr = size ? SLOT_SIZE : 0,
    };
    uint64_t offset = 0;

    return call_on(main_fd, KVM390_VM, KVM_SET_USER_MEMORY_REGION, &region,
                   sizeof(region), &offset, size ? 8 : 0, size ? file : -1);
}

static int new_memory(uint64_t size)
{
    int fd = memfd_create("memory", MFD_CLOEXEC);

    CHECK(ftruncate(fd, size) == 0);
    return fd;
}

static void begin(const void *code, size_t len)
{
    int received = -1;

    main_fd = raw_start(qemu, &server);
    CHECK(raw_hello(main_fd) == 0);
    memory_fd = new_memory(SLOT_SIZE);
    CHECK(pwrite(memory_fd, code, len, CODE) == (ssize_t)len);
    CHECK(set_file(0, 0, SLOT_SIZE, memory_fd) == 0);
    CHECK(raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM_CREATE_VCPU, .target = KVM390_VM }, NULL, NULL, -1,
        &received) >= 0);
    run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, received, 0);
    CHECK(run != MAP_FAILED);
    CHECK(ftruncate(received, 0) == -1 && errno == EPERM);
    CHECK(ftruncate(received, 1 << 20) == -1 && errno == EPERM);
    close(received);
    vcpu_fd = raw_channel(main_fd, 0);
    CHECK(vcpu_fd >= 0);
    run->psw_mask = 0x180000000;
    run->psw_addr = CODE;
}

static bool start_run(void)
{
    return raw_send(vcpu_fd, (struct kvm390_head) {
        .cmd = KVM_RUN, .target = 0, .arg = 1 }, NULL, NULL, -1);
}

/* Milliseconds until the server is gone, or -1. */
static int ends_within(int limit)
{
    int64_t began = raw_now_ms();
    int status;

    while (raw_now_ms() - began < limit) {
        if (waitpid(server, &status, WNOHANG) == server) {
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            return raw_now_ms() - began;
        }
        usleep(2000);
    }
    return -1;
}

/* Our end of the first connection closes, and nothing else. */
static void client_goes(void)
{
    int status;

    close(main_fd);
    if (ends_within(END_MS) < 0) {
        CHECK(!"the VM ends with its client");
        kill(server, SIGKILL);
        waitpid(server, &status, 0);
    }
    close(vcpu_fd);
    close(memory_fd);
    munmap(run, 4096);
}

/* --- the end of a client --- */

static void goes_while_looping(void)
{
    begin(looping, sizeof(looping));
    CHECK(start_run());
    usleep(20000);
    client_goes();
}

/* The first connection's thread has more to do than it gets to. */
static void goes_with_requests(void)
{
    int i;

    begin(looping, sizeof(looping));
    CHECK(start_run());
    for (i = 0; i < 20; i++) {
        int fd = raw_channel(main_fd, KVM390_VM);
        struct kvm_userspace_memory_region region = {
            .slot = i + 1, .guest_phys_addr = (i + 1ull) << 30,
            .memory_size = SLOT_SIZE, .userspace_addr = SLOT_SIZE,
        };
        uint64_t offset = 0;

        raw_arg(kvm390_ioctl_find(KVM_SET_USER_MEMORY_REGION, KVM390_ON_VM),
                &region);
        CHECK(raw_send(fd, (struct kvm390_head) {
            .cmd = KVM_SET_USER_MEMORY_REGION, .target = KVM390_VM,
            .arg_len = sizeof(region), .buf_len = 8 }, &region, &offset,
            memory_fd));
    }
    client_goes();
}

/* lgfi %r2,0x10001; diag 2,4,0x500; j to the diagnose */
static const unsigned char notifying[] = {
    0xc0, 0x21, 0x00, 0x01, 0x00, 0x01, 0x83, 0x24, 0x05, 0x00,
    0xa7, 0xf4, 0xff, 0xfb,
};

static void set_nonblocking(int fd, bool on)
{
    fcntl(fd, F_SETFL, on ? O_NONBLOCK : 0);
}

/*
 * An eventfd that the guest writes to all the time is filled again and again,
 * and whether a write to it waits changes, too.
 */
static void full_ioeventfd(void)
{
    const uint64_t full = UINT64_MAX - 1;
    struct kvm_enable_cap cap = { .cap = KVM_CAP_S390_CSS_SUPPORT };
    struct kvm_regs regs = { .gprs = { [1] = 3, [2] = 0x10001 } };
    struct kvm_ioeventfd args = {
        .addr = 0x10001, .len = 8,
        .flags = KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY,
    };
    uint64_t value;
    int fd = eventfd(0, EFD_CLOEXEC), i;

    begin(notifying, sizeof(notifying));
    CHECK(call_on(vcpu_fd, 0, KVM_ENABLE_CAP, &cap, sizeof(cap), NULL, 0,
                  -1) == 0);
    CHECK(call_on(main_fd, KVM390_VM, KVM_IOEVENTFD, &args, sizeof(args),
                  NULL, 0, fd) == 0);
    CHECK(call_on(vcpu_fd, 0, KVM_SET_REGS, &regs, sizeof(regs), NULL, 0,
                  -1) == 0);
    CHECK(start_run());
    CHECK(read(fd, &value, sizeof(value)) == sizeof(value));
    for (i = 0; i < 20000 && test_ok; i++) {
        set_nonblocking(fd, true);
        if (read(fd, &value, sizeof(value)) < 0 ||
            write(fd, &full, sizeof(full)) < 0) {
            value = 0; /* the guest was faster */
        }
        set_nonblocking(fd, false);
        if (i % 1000 == 0) {
            CHECK(raw_plain(main_fd, KVM_CHECK_EXTENSION, KVM390_VM,
                            KVM_CAP_IRQFD) == 1);
        }
    }
    close(fd);
    client_goes();
}

/* --- memory that is not there --- */

static void short_ucas_file(void)
{
    struct kvm_s390_ucas_mapping map = {
        .user_addr = SLOT_SIZE, .length = SLOT_SIZE,
    };
    int file = new_memory(0), status;
    uint64_t offset = 0;
    struct stat st;

    main_fd = raw_start(qemu, &server);
    CHECK(raw_hello(main_fd) == 0);
    CHECK(raw_plain(main_fd, KVM_CREATE_VM, KVM390_SYSTEM,
                    KVM_VM_S390_UCONTROL) == 0);
    CHECK(raw_plain(main_fd, KVM_CREATE_VCPU, KVM390_VM, 0) >= 0);
    vcpu_fd = raw_channel(main_fd, 0);
    CHECK(call_on(vcpu_fd, 0, KVM_S390_UCAS_MAP, &map, sizeof(map), &offset, 8,
                  file) == -EFAULT);
    CHECK(fstat(file, &st) == 0 && st.st_size == 0);
    CHECK(ftruncate(file, SLOT_SIZE) == 0);
    CHECK(call_on(vcpu_fd, 0, KVM_S390_UCAS_MAP, &map, sizeof(map), &offset, 8,
                  file) == 0);
    close(main_fd);
    CHECK(raw_reap(server, &status));
    close(vcpu_fd);
    close(file);
}

static void odd_files(void)
{
    int files[] = {
        open("/dev/null", O_RDWR), open("/dev/zero", O_RDWR),
        open("/", O_RDONLY | O_DIRECTORY), open("/tmp", O_PATH),
        eventfd(0, 0), socket(AF_UNIX, SOCK_STREAM, 0), new_memory(SLOT_SIZE),
    };
    const int n = sizeof(files) / sizeof(files[0]);
    int i;

    CHECK(fcntl(files[n - 1], F_SETFD, FD_CLOEXEC) == 0);
    begin(looping, sizeof(looping));
    for (i = 0; i < n; i++) {
        int ret = set_file(1, 1 << 30, SLOT_SIZE, files[i]);

        CHECK(ret == (i == n - 1 ? 0 : -EFAULT));
        close(files[i]);
    }
    client_goes();
}

/* --- a live guest --- */

/* Started by another user if we are root: limits do not hold for root. */
static void exec_live(uid_t uid, rlim_t threads)
{
    struct rlimit limit = { threads, threads };
    char object[200];

    snprintf(object, sizeof(object), "kvm390-api,id=api0,path=%s", path);
    if (uid && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))) {
        _exit(126);
    }
    if (threads && setrlimit(RLIMIT_NPROC, &limit)) {
        _exit(126);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the test */
    execlp(qemu, qemu, "-accel", "kvm390", "-M", "s390-ccw-virtio", "-m", "64",
           "-nodefaults", "-display", "none", "-S", "-object", object, NULL);
    _exit(127);
}

static int start_live(uid_t uid, rlim_t threads)
{
    int fd = -1, i, status;

    unlink(path);
    server = fork();
    if (!server) {
        exec_live(uid, threads);
    }
    for (i = 0; i < 600 && fd < 0; i++) {
        usleep(20000);
        fd = raw_attach(path);
        if (fd < 0 && waitpid(server, &status, WNOHANG) == server) {
            break;
        }
    }
    CHECK(fd >= 0 && raw_hello(fd) == 0);
    return fd;
}

static void end_live(int fd)
{
    int status;

    CHECK(raw_plain(fd, KVM_GET_API_VERSION, KVM390_SYSTEM, 0) == 12);
    close(fd);
    CHECK(waitpid(server, &status, WNOHANG) == 0);
    kill(server, SIGKILL);
    waitpid(server, &status, 0);
    unlink(path);
}

static void run_page_of_live(void)
{
    int fd = start_live(0, 0), page = -1;

    CHECK(raw_call(fd, (struct kvm390_head) {
        .cmd = KVM390_CMD_ATTACH, .target = 0 }, NULL, NULL, -1, &page) == 0);
    CHECK(ftruncate(page, 0) == -1);
    CHECK(raw_plain(fd, KVM_S390_INITIAL_RESET, 0, 0) == 0);
    close(page);
    end_live(fd);
}

/* A request that says it is long, for a command that takes nothing. */
static void long_message(void)
{
    static uint8_t much[1 << 20];
    int fd = start_live(0, 0), i;

    for (i = 0; i < 4; i++) {
        struct kvm390_head head = {
            .magic = KVM390_WIRE_MAGIC, .cmd = KVM_CHECK_EXTENSION,
            .target = KVM390_VM, .buf_len = KVM390_MAX_BUF,
        };
        int other = raw_attach(path);
        ssize_t sent = 0, n;

        CHECK(raw_hello(other) == 0);
        kvm390_head_reorder(&head);
        CHECK(raw_write(other, &head, sizeof(head), NULL, 0, 0) ==
              sizeof(head));
        while (sent < KVM390_MAX_BUF - 1 &&
               (n = raw_write(other, much, sizeof(much), NULL, 0, 0)) > 0) {
            sent += n;
        }
        CHECK(sent < 4 << 20);
        close(other);
    }
    end_live(fd);
}

static void no_threads(void)
{
    uid_t uid = getuid() ? 0 : 61000 + getpid() % 3000;
    int fds[100], i, fd, refused = 0;

    if (getuid()) {
        printf("# only root can be another user\n");
        return;
    }
    fd = start_live(uid, 40);
    for (i = 0; i < 100; i++) {
        fds[i] = raw_attach(path);
        CHECK(fds[i] >= 0);
        refused += raw_hello(fds[i]) != 0;
    }
    CHECK(refused > 20 && refused < 100);
    for (i = 0; i < 100; i++) {
        close(fds[i]);
    }
    end_live(fd);
}

/* What is not used costs nothing. */
static void sparse_slot(void)
{
    const uint64_t pages = (1ull << 31) - 1; /* as many as KVM takes */
    int file = new_memory(1ull << 43);
    long before;

    begin(looping, sizeof(looping));
    before = resident(server);
    CHECK(set_file(1, 1ull << 43, pages * 4096, file) == 0);
    CHECK(before > 0 && resident(server) - before < 16 << 10);
    CHECK(set_file(1, 0, 0, -1) == 0);
    CHECK(resident(server) - before < 16 << 10);
    close(file);
    client_goes();
}

static const struct test tests[] = {
    { "a client goes while its guest loops", goes_while_looping, true },
    { "a client goes with requests on their way", goes_with_requests, true },
    { "an ioeventfd that is full", full_ioeventfd, true },
    { "a mapping beyond the end of its file", short_ucas_file, true },
    { "files that are no memory", odd_files, true },
    { "a slot of 8 TiB", sparse_slot, true },
    { "a message that is too long for its ioctl", long_message, true },
    { "kvm_run of a live guest is made shorter", run_page_of_live, true },
    { "no threads are left", no_threads, true },
};

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s QEMU DIRECTORY\n", argv[0]);
        return 2;
    }
    directory = argv[2];
    snprintf(path, sizeof(path), "%s/limits.sock", directory);
    if (chmod(directory, 01777)) { /* for another user's socket */
        perror(directory);
        return 2;
    }
    return run_tests(argv[1], tests, sizeof(tests) / sizeof(tests[0]));
}
