/*
 * A program for s390x Linux that knows nothing but /dev/kvm
 *
 * Run by kvm390-exec: the ways to open, copy and close a descriptor, fork(),
 * /sys/module/kvm, and that everything else passes through.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static bool test_ok;

#define CHECK(cond) do { \
        if (!(cond)) { \
            printf("# line %d: %s (errno %d)\n", __LINE__, #cond, errno); \
            test_ok = false; \
        } \
    } while (0)

static bool is_kvm(int fd)
{
    return fd >= 0 && ioctl(fd, KVM_GET_API_VERSION, 0) == 12;
}

static bool is_vm(int fd)
{
    return ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_S390_MEM_OP) == 65536;
}

static void test_open(void)
{
    int fds[] = {
        open("/dev/kvm", O_RDWR), open("/dev/kvm", O_RDWR | O_CLOEXEC),
        open64("/dev/kvm", O_RDWR), openat(AT_FDCWD, "/dev/kvm", O_RDWR),
        openat64(AT_FDCWD, "/dev/kvm", O_RDWR),
    };
    struct stat st;
    char byte = 0;
    size_t i;

    for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        CHECK(is_kvm(fds[i]));
        CHECK(!!(fcntl(fds[i], F_GETFD) & FD_CLOEXEC) == (i == 1));
        CHECK(close(fds[i]) == 0);
        CHECK(ioctl(fds[i], KVM_GET_API_VERSION, 0) == -1 && errno == EBADF);
    }
    CHECK(access("/dev/kvm", R_OK | W_OK) == 0);
    CHECK(stat("/dev/../dev//kvm", &st) == 0 && S_ISCHR(st.st_mode) &&
          st.st_rdev == makedev(10, 232));
    fds[0] = syscall(SYS_openat, AT_FDCWD, "/dev/./kvm", O_RDWR);
    CHECK(is_kvm(fds[0]) && fstat(fds[0], &st) == 0 && S_ISCHR(st.st_mode));
    CHECK(read(fds[0], &byte, 1) == -1 && errno == EINVAL);
    CHECK(write(fds[0], &byte, 1) == -1 && errno == EINVAL);
    close(fds[0]);
}

static void test_pass_through(void)
{
    int fd = open("/dev/null", O_RDWR), pair[2];
    char byte = 'x';

    CHECK(ioctl(fd, KVM_GET_API_VERSION, 0) == -1 && errno == ENOTTY);
    CHECK(close(fd) == 0);
    CHECK(open("/nonexistent", O_RDONLY) == -1 && errno == ENOENT);
    CHECK(open((char *)8, O_RDONLY) == -1 && errno == EFAULT);
    CHECK(openat(AT_FDCWD, (char *)1, O_RDONLY) == -1 && errno == EFAULT);
    fd = openat(AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, 0640);
    if (fd >= 0) { /* the mode gets there */
        struct stat st;

        CHECK(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0640);
        close(fd);
    }
    CHECK(pipe(pair) == 0 && dup2(pair[1], 50) == 50);
    CHECK(write(50, &byte, 1) == 1 && read(pair[0], &byte, 1) == 1);
    CHECK(close(50) == 0 && close(50) == -1 && errno == EBADF);
    close(pair[0]);
    close(pair[1]);
    CHECK(munmap((void *)1, 4096) == -1 && errno == EINVAL);
}

static void test_copies(void)
{
    int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
    int copy[6], i;

    CHECK(is_vm(vm));
    copy[0] = dup(vm);
    copy[1] = dup2(vm, 100);
    copy[2] = dup3(vm, 101, O_CLOEXEC);
    copy[3] = fcntl(vm, F_DUPFD, 120);
    copy[4] = fcntl(vm, F_DUPFD_CLOEXEC, 130);
    copy[5] = dup2(vm, vm);
    CHECK(copy[1] == 100 && copy[2] == 101 && copy[3] >= 120 &&
          copy[4] >= 130 && copy[5] == vm);
    CHECK(fcntl(copy[2], F_GETFD) == FD_CLOEXEC &&
          fcntl(copy[3], F_GETFD) == 0 &&
          fcntl(copy[4], F_GETFD) == FD_CLOEXEC);
    CHECK(dup3(vm, vm, 0) == -1 && errno == EINVAL);
    CHECK(dup2(-1, 100) == -1 && errno == EBADF);
    close(vm);
    close(kvm);
    for (i = 0; i < 5; i++) { /* as long as one of them is open */
        CHECK(is_vm(copy[i]));
        if (i != 1) {
            close(copy[i]);
        }
    }
    CHECK(is_vm(100));
    CHECK(dup2(0, 100) == 100); /* the last one goes */
    CHECK(!is_vm(100));
    close(100);
}

static void test_close_range(void)
{
    int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
    int low = dup2(vm, 200), high = dup2(vm, 300);

    CHECK(close_range(250, 400, 0) == 0);
    CHECK(is_vm(low) && is_vm(vm) && !is_vm(high) && errno == EBADF);
    CHECK(close_range(200, 200, CLOSE_RANGE_CLOEXEC) == 0);
    CHECK(fcntl(low, F_GETFD) == FD_CLOEXEC && is_vm(low));
    CHECK(close_range(2, 1, 0) == -1 && errno == EINVAL);
    closefrom(100);
    CHECK(!is_vm(low) && is_vm(vm));
    close(vm);
    close(kvm);
}

/* A vCPU's descriptor, mapped; a child has that, but not the VM. */
static void test_fork(void)
{
    int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
    int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0), go[2], status = -1;
    struct kvm_regs regs = { .gprs = { [3] = 0x1234 } };
    struct kvm_run *run;
    char byte = 0;
    pid_t child;

    run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
               PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    CHECK(run != MAP_FAILED);
    CHECK(ioctl(vcpu, KVM_SET_REGS, &regs) == 0);
    CHECK(run->s.regs.gprs[3] == 0x1234);
    CHECK(pipe(go) == 0);
    fflush(stdout);
    child = fork();
    if (!child) {
        _exit(!(read(go[0], &byte, 1) == 1 && is_kvm(kvm) &&
                ioctl(vm, KVM_CHECK_EXTENSION, 0) == -1 && errno == EIO &&
                ioctl(vcpu, KVM_GET_REGS, &regs) == -1 && errno == EIO &&
                run->s.regs.gprs[3] == 0x1234));
    }
    munmap(run, 4096);
    close(vcpu);
    close(vm);
    close(kvm);
    CHECK(write(go[1], &byte, 1) == 1);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
          WEXITSTATUS(status) == 0);
    close(go[0]);
    close(go[1]);
}

/* Memory that a slot made shared is a child's own after fork() all the same. */
static void test_fork_memory(void)
{
    int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
    int status = -1;
    char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region region = {
        .memory_size = 1 << 20, .userspace_addr = (unsigned long)memory,
    };
    pid_t child;

    memory[5] = 1;
    CHECK(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) == 0);
    fflush(stdout);
    child = fork();
    if (!child) {
        bool there = memory[5] == 1;

        memory[5] = 2;
        _exit(!there);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(memory[5] == 1);
    CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
    close(vm);
    close(kvm);
    munmap(memory, 1 << 20);
}

static void *keep_asking(void *vm)
{
    while (is_vm(*(int *)vm)) {
    }
    return NULL;
}

/* One thread closes what another one is in an ioctl with. */
static void test_close_race(void)
{
    int kvm = open("/dev/kvm", O_RDWR), round;

    for (round = 0; round < 20; round++) {
        int vm = ioctl(kvm, KVM_CREATE_VM, 0);
        pthread_t thread[2];

        CHECK(is_vm(vm));
        pthread_create(&thread[0], NULL, keep_asking, &vm);
        pthread_create(&thread[1], NULL, keep_asking, &vm);
        usleep(1000 + round * 300);
        close(vm);
        pthread_join(thread[0], NULL);
        pthread_join(thread[1], NULL);
    }
    close(kvm);
}

static void test_module(void)
{
    char text[16] = "";
    int fd = open("/sys/module/kvm/parameters/nested", O_RDONLY);
    FILE *f = fopen("/sys/module/kvm/parameters/hpage", "r");

    CHECK(read(fd, text, sizeof(text)) == 2 && !strcmp(text, "0\n"));
    close(fd);
    CHECK(f && fgets(text, sizeof(text), f) && !strcmp(text, "0\n"));
    if (f) {
        fclose(f);
    }
    CHECK(access("/sys/module/kvm", F_OK) == 0);
    CHECK(open("/sys/module/kvm/parameters/none", O_RDONLY) == -1 &&
          errno == ENOENT);
    f = fopen("/proc/self/status", "r"); /* passes through */
    CHECK(f && fgets(text, sizeof(text), f) && !strncmp(text, "Name:", 5));
    if (f) {
        fclose(f);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "open() and its kin", test_open },
        { "what is not KVM's passes through", test_pass_through },
        { "dup() and its kin", test_copies },
        { "close_range(), closefrom()", test_close_range },
        { "fork(), mmap()", test_fork },
        { "fork() and a slot's memory", test_fork_memory },
        { "close() while an ioctl is under way", test_close_race },
        { "/sys/module/kvm", test_module },
    };
    const int count = sizeof(tests) / sizeof(tests[0]);
    int i, failed = 0;

    printf("TAP version 13\n1..%d\n", count);
    for (i = 0; i < count; i++) {
        test_ok = true;
        tests[i].run();
        failed += !test_ok;
        printf("%sok %d - %s\n", test_ok ? "" : "not ", i + 1, tests[i].name);
    }
    printf("%d passed, %d failed\n", count - failed, failed);
    return failed != 0;
}
