/*
 * Clients that stall, flood and misuse their connections
 *
 *     abuse-test QEMU DIRECTORY
 *
 * Whatever a client does, other connections are answered, vCPUs do not wait
 * for it, and the VM ends when its owner goes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include "raw.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const char *directory;

/* Is a vCPU's connection answered? */
static bool answers(int fd, int32_t id)
{
    struct kvm_regs regs = { };

    return raw_call(fd, (struct kvm390_head) {
        .cmd = KVM_GET_REGS, .target = id, .arg_len = sizeof(regs) }, &regs,
        NULL, -1, NULL) == 0;
}

/* A VM of a test's own: its main connection and a vCPU's. */
static int main_fd, vcpu_fd;
static pid_t server;
static struct kvm_run *run;

static void begin(void)
{
    int received = -1;

    main_fd = raw_start(qemu, &server);
    CHECK(raw_hello(main_fd) == 0);
    CHECK(raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM_CREATE_VCPU, .target = KVM390_VM }, NULL, NULL, -1,
        &received) >= 0);
    run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, received, 0);
    CHECK(run != MAP_FAILED);
    close(received);
    vcpu_fd = raw_channel(main_fd, 0);
    CHECK(vcpu_fd >= 0);
    CHECK(answers(vcpu_fd, 0));
}

/* The main connection goes; so does the VM. */
static void end(void)
{
    int status = 0;

    close(main_fd);
    CHECK(raw_reap(server, &status));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(vcpu_fd);
    munmap(run, 4096);
}

static int set_region(struct kvm_userspace_memory_region region, int file)
{
    static unsigned char offset[8];

    raw_arg(kvm390_ioctl_find(KVM_SET_USER_MEMORY_REGION, KVM390_ON_VM),
            &region);
    return raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM_SET_USER_MEMORY_REGION, .target = KVM390_VM,
        .arg_len = sizeof(region), .buf_len = file >= 0 ? 8 : 0 }, &region,
        offset, file, NULL);
}

/* Needs every vCPU's thread to take part. */
static bool slots_work(void)
{
    struct kvm_userspace_memory_region region = {
        .memory_size = 1 << 20, .userspace_addr = 0x100000,
        .slot = 1, .guest_phys_addr = 1 << 30,
    };
    int file = memfd_create("memory", MFD_CLOEXEC), ret;

    CHECK(ftruncate(file, 1 << 20) == 0);
    ret = set_region(region, file);
    CHECK(ret == 0);
    close(file);
    if (ret == 0) {
        region.memory_size = 0;
        ret = set_region(region, -1);
        CHECK(ret == 0);
    }
    return ret == 0;
}

/* Half a message on a vCPU's connection, at every length. */
static void test_half_message(void)
{
    struct kvm_regs regs = { };
    struct kvm390_head head = {
        .cmd = KVM_SET_REGS, .arg_len = sizeof(regs),
    };
    size_t len, half;
    uint8_t *all = raw_message(head, &regs, NULL, &len);

    begin();
    for (half = 1; half < len; half += 29) {
        CHECK(raw_write(vcpu_fd, all, half, NULL, 0, 0) == (ssize_t)half);
        usleep(2000);
        CHECK(slots_work());
        CHECK(raw_write(vcpu_fd, all + half, len - half, NULL, 0, 0) ==
              (ssize_t)(len - half));
        CHECK(raw_recv(vcpu_fd, &head, NULL, NULL, RAW_TIMEOUT, NULL) ==
              RAW_OK && head.ret == 0);
    }
    CHECK(raw_write(vcpu_fd, all, len / 2, NULL, 0, 0) == (ssize_t)len / 2);
    end();
    free(all);
}

/* A byte at a time, and a message larger than the server's own buffer. */
static void test_slow_sender(void)
{
    static uint8_t keys[200000];
    struct kvm_s390_skeys args = { .count = sizeof(keys) };
    const struct kvm390_ioctl *io =
        kvm390_ioctl_find(KVM_S390_SET_SKEYS, KVM390_ON_VM);
    struct kvm390_head head = {
        .cmd = KVM_S390_SET_SKEYS, .target = KVM390_VM,
        .arg_len = sizeof(args), .buf_len = sizeof(keys),
    };
    size_t len, at, step;
    uint8_t *all;

    begin();
    raw_arg(io, &args);
    all = raw_message(head, &args, keys, &len);
    for (at = 0; at < len; at += step) {
        step = at < 300 ? 1 : len - at < 7000 ? len - at : 7000;
        CHECK(raw_write(main_fd, all + at, step, NULL, 0, 0) == (ssize_t)step);
        if (at % 16 == 0) {
            usleep(500);
        }
    }
    CHECK(raw_recv(main_fd, &head, NULL, NULL, RAW_TIMEOUT, NULL) == RAW_OK);
    CHECK(head.ret == -EFAULT); /* there is no memory */
    end();
    free(all);
}

/* Requests without end, and no reply is ever read: until there is no room. */
static bool flood(int fd, struct kvm390_head head)
{
    static const uint8_t zeros[KVM390_MAX_ARG];
    size_t len, at = 0;
    uint8_t *all = raw_message(head, zeros, NULL, &len);
    int64_t stop = raw_now_ms() + 1500;
    bool closed = false;

    while (raw_now_ms() < stop && !closed) {
        ssize_t n = raw_write(fd, all + at, len - at, NULL, 0, MSG_DONTWAIT);

        closed = n < 0 && errno != EAGAIN;
        if (n > 0) {
            at = (at + n) % len;
        } else {
            usleep(1000);
        }
        usleep(20); /* the server's own rule is one request at a time */
    }
    free(all);
    return closed;
}

static void test_unread_replies(void)
{
    int other;

    begin();
    CHECK(flood(vcpu_fd, (struct kvm390_head) {
        .cmd = KVM_GET_REGS, .arg_len = sizeof(struct kvm_regs) }));
    CHECK(slots_work());
    close(vcpu_fd);
    usleep(100000);
    vcpu_fd = raw_channel(main_fd, 0); /* the vCPU can be had again */
    CHECK(vcpu_fd >= 0 && answers(vcpu_fd, 0));
    other = raw_channel(main_fd, KVM390_VM);
    CHECK(other >= 0);
    flood(other, (struct kvm390_head) {
        .cmd = KVM_CHECK_EXTENSION, .target = KVM390_VM });
    CHECK(slots_work());
    end();
    close(other);
}

/* A copy of the server's end, made blocking: the vCPU must not mind. */
static void test_blocking_copy(void)
{
    int pair[2];

    begin();
    close(vcpu_fd);
    usleep(100000);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM390_CMD_CHANNEL }, NULL, NULL, pair[1], NULL) == 0);
    CHECK(fcntl(pair[1], F_SETFL, 0) == 0);
    CHECK(raw_write(pair[0], "K390", 4, NULL, 0, 0) == 4);
    usleep(10000);
    CHECK(slots_work());
    close(pair[1]);
    vcpu_fd = pair[0];
    end();
}

static void test_second_connection(void)
{
    begin();
    CHECK(raw_channel(main_fd, 0) == -EBUSY);
    CHECK(raw_channel(main_fd, 1) == -ENOENT);
    CHECK(raw_channel(main_fd, 1 << 20) == -ENOENT);
    CHECK(raw_plain(main_fd, KVM390_CMD_CHANNEL, 0, 0) == -EBADF);
    CHECK(raw_plain(main_fd, KVM390_CMD_LAST, 0, 0) == -ENOTTY);
    CHECK(answers(vcpu_fd, 0));
    end();
}

static int run_with(uint64_t token)
{
    return raw_call(vcpu_fd, (struct kvm390_head) {
        .cmd = KVM_RUN, .arg = token }, NULL, NULL, -1, NULL);
}

/* Whichever is served first; and a late one ends nothing else. */
static void test_cancel(void)
{
    static const unsigned char diag[] = { 0x83, 0x00, 0x05, 0x01 };
    struct kvm_userspace_memory_region region = {
        .memory_size = 1 << 20, .userspace_addr = 0x100000,
    };
    int file = memfd_create("memory", MFD_CLOEXEC);
    struct kvm390_head head;

    begin();
    CHECK(pwrite(file, looping, sizeof(looping), 0x1000) == sizeof(looping));
    CHECK(pwrite(file, diag, sizeof(diag), 0x2000) == sizeof(diag));
    CHECK(ftruncate(file, 1 << 20) == 0 && set_region(region, file) == 0);
    close(file);
    run->psw_mask = 0x180000000;
    run->psw_addr = 0x1000;
    CHECK(raw_plain(main_fd, KVM390_CMD_CANCEL, 0, 5) == 0);
    CHECK(run_with(5) == -EINTR && run->exit_reason == KVM_EXIT_INTR);
    CHECK(raw_plain(main_fd, KVM390_CMD_CANCEL, 0, 5) == 0);
    run->psw_addr = 0x2000;
    CHECK(run_with(6) == 0 && is_diag_501(run));
    run->psw_addr = 0x1000;
    CHECK(raw_send(vcpu_fd, (struct kvm390_head) {
        .cmd = KVM_RUN, .arg = 7 }, NULL, NULL, -1));
    usleep(20000);
    CHECK(raw_plain(main_fd, KVM390_CMD_CANCEL, 0, 8) == 0);
    CHECK(raw_plain(main_fd, KVM390_CMD_CANCEL, 0, 7) == 0);
    CHECK(raw_recv(vcpu_fd, &head, NULL, NULL, RAW_TIMEOUT, NULL) == RAW_OK);
    CHECK(head.ret == -EINTR);
    end();
}

/* A slot's memory has to be in the file, which stays as it is. */
static void test_short_file(void)
{
    struct kvm_userspace_memory_region region = {
        .memory_size = 1 << 20, .userspace_addr = 0x100000,
    };
    int file = memfd_create("memory", MFD_CLOEXEC);
    off_t size;

    begin();
    for (size = 0; size < 1 << 20; size += 0xff000) {
        CHECK(ftruncate(file, size) == 0);
        CHECK(set_region(region, file) == -EFAULT);
        CHECK(lseek(file, 0, SEEK_END) == size);
    }
    CHECK(ftruncate(file, 1 << 20) == 0 && set_region(region, file) == 0);
    close(file);
    end();
}

/* --- descriptors --- */

static int count_fds(pid_t pid)
{
    char path[64];
    DIR *dir;
    int n = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    dir = opendir(path);
    while (dir && readdir(dir)) {
        n++;
    }
    if (dir) {
        closedir(dir);
    }
    return n;
}

/* Every count of descriptors, with messages that have no use for them. */
static void pass_many(void)
{
    struct kvm390_head head = { .cmd = KVM_CHECK_EXTENSION,
                                .target = KVM390_VM };
    int fds[16], i;
    size_t len;
    uint8_t *all = raw_message(head, NULL, NULL, &len);

    for (i = 0; i < 16; i++) {
        fds[i] = main_fd;
    }
    for (i = 1; i <= 16; i++) {
        CHECK(raw_write(main_fd, all, len / 2, fds, i, 0) == (ssize_t)len / 2);
        CHECK(raw_write(main_fd, all + len / 2, len - len / 2, fds, i, 0) > 0);
        CHECK(raw_recv(main_fd, &head, NULL, NULL, RAW_TIMEOUT, NULL) ==
              RAW_OK);
    }
    free(all);
}

static void test_descriptors(void)
{
    int types[][2] = {
        { AF_UNIX, SOCK_DGRAM }, { AF_UNIX, SOCK_SEQPACKET },
        { AF_INET, SOCK_STREAM },
    };
    int before, i, fd;

    begin();
    before = count_fds(server);
    CHECK(before > 0);
    pass_many();
    for (i = 0; i < 3; i++) {
        fd = socket(types[i][0], types[i][1], 0);
        CHECK(raw_call(main_fd, (struct kvm390_head) {
            .cmd = KVM390_CMD_CHANNEL, .target = KVM390_VM }, NULL, NULL, fd,
            NULL) == -EINVAL);
        close(fd);
    }
    fd = open("/dev/null", O_RDWR);
    CHECK(raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM390_CMD_CHANNEL, .target = KVM390_VM }, NULL, NULL, fd,
        NULL) == -EINVAL);
    close(fd);
    CHECK(slots_work());
    for (i = 0; i < 100; i++) { /* a connection comes and goes */
        fd = raw_channel(main_fd, KVM390_VM);
        CHECK(fd >= 0 && raw_plain(fd, KVM_CHECK_EXTENSION, KVM390_VM, 0) >= 0);
        close(fd);
    }
    for (i = 0; i < 100 && count_fds(server) != before; i++) {
        usleep(20000);
    }
    CHECK(count_fds(server) == before);
    end();
}

static void set_limit(pid_t pid, rlim_t fds)
{
    struct rlimit limit;

    CHECK(prlimit(pid, RLIMIT_NOFILE, NULL, &limit) == 0);
    limit.rlim_cur = fds;
    CHECK(prlimit(pid, RLIMIT_NOFILE, &limit, NULL) == 0);
}

/* There is an end to connections, and a way back. */
static void test_many_connections(void)
{
    int fds[1100], n = 0, i;

    begin();
    set_limit(server, 256);
    for (i = 0; i < 1100; i++) {
        int fd = raw_channel(main_fd, KVM390_VM);

        if (fd < 0) {
            CHECK(fd == -EMFILE);
            break;
        }
        fds[n++] = fd;
    }
    CHECK(n > 30 && n <= 64);
    CHECK(slots_work());
    CHECK(n && raw_plain(fds[n - 1], KVM_CHECK_EXTENSION, KVM390_VM, 0) >= 0);
    while (n) {
        close(fds[--n]);
    }
    usleep(200000);
    fds[0] = raw_channel(main_fd, KVM390_VM);
    CHECK(fds[0] >= 0);
    close(fds[0]);
    end();
}

/* No descriptor is left for anything. What fails must fail alone. */
static void test_no_descriptors(void)
{
    int received = -1, ret, fd;

    begin();
    set_limit(server, count_fds(server) - 2);
    for (int i = 1; i < 4; i++) {
        ret = raw_call(main_fd, (struct kvm390_head) {
            .cmd = KVM_CREATE_VCPU, .target = KVM390_VM, .arg = i }, NULL,
            NULL, -1, &received);
        CHECK(ret < 0 && ret != -EPIPE && ret != -ETIMEDOUT);
    }
    CHECK(raw_plain(main_fd, KVM_GET_STATS_FD, KVM390_VM, 0) < 0);
    CHECK(raw_plain(main_fd, KVM390_CMD_ATTACH, 0, 0) < 0);
    CHECK(raw_channel(main_fd, KVM390_VM) < 0);
    CHECK(answers(vcpu_fd, 0));
    set_limit(server, 1024);
    CHECK(slots_work());
    ret = raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM_CREATE_VCPU, .target = KVM390_VM, .arg = 1 }, NULL, NULL,
        -1, &received);
    CHECK(ret == 0 && received >= 0);
    close(received);
    fd = raw_channel(main_fd, 1);
    CHECK(fd >= 0 && answers(fd, 1));
    close(fd);
    end();
}

/* --- a live guest's socket --- */

static void test_attach_flood(void)
{
    char path[100], object[150];
    int first = -1, fds[300], n, i, status;

    snprintf(path, sizeof(path), "%s/abuse.sock", directory);
    snprintf(object, sizeof(object), "kvm390-api,id=api0,path=%s", path);
    server = fork();
    if (!server) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the test */
        execlp(qemu, qemu, "-accel", "kvm390", "-M", "s390-ccw-virtio", "-m",
               "64", "-nodefaults", "-display", "none", "-S", "-object",
               object, NULL);
        _exit(127);
    }
    for (i = 0; i < 600 && first < 0; i++) {
        usleep(50000);
        first = raw_attach(path);
    }
    CHECK(first >= 0 && raw_hello(first) == 0);
    set_limit(server, 128);
    for (n = 0; n < 300; n++) {
        fds[n] = raw_attach(path);
        if (fds[n] < 0) {
            break;
        }
        if (n % 3 == 1) {
            raw_hello(fds[n]);
        } else if (n % 3 == 2) {
            raw_write(fds[n], "K390 and", 8, NULL, 0, 0);
        }
    }
    CHECK(raw_plain(first, KVM_GET_API_VERSION, KVM390_SYSTEM, 0) == 12);
    while (n) {
        close(fds[--n]);
    }
    usleep(200000);
    fds[0] = raw_attach(path);
    CHECK(raw_hello(fds[0]) == 0);
    CHECK(raw_plain(fds[0], KVM_GET_API_VERSION, KVM390_SYSTEM, 0) == 12);
    close(fds[0]);
    kill(server, SIGTERM);
    CHECK(raw_reap(server, &status) && WIFEXITED(status) &&
          !WEXITSTATUS(status));
    CHECK(raw_closed(first));
    CHECK(access(path, F_OK) == -1);
}

static const struct test tests[] = {
    { "half a message keeps no vCPU", test_half_message, true },
    { "a message in pieces", test_slow_sender, true },
    { "replies are not read", test_unread_replies, true },
    { "a vCPU's socket is made blocking", test_blocking_copy, true },
    { "a cancelled KVM_RUN", test_cancel, true },
    { "a vCPU has one connection", test_second_connection, true },
    { "a slot beyond the end of its file", test_short_file, true },
    { "descriptors are not kept", test_descriptors, true },
    { "many connections", test_many_connections, true },
    { "no descriptors left", test_no_descriptors, true },
    { "a live guest's socket is flooded", test_attach_flood, true },
};

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s QEMU DIRECTORY\n", argv[0]);
        return 2;
    }
    directory = argv[2];
    return run_tests(argv[1], tests, sizeof(tests) / sizeof(tests[0]));
}
