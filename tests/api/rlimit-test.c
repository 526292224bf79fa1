/*
 * A VM's process that can have no more: of descriptors, threads, memory
 *
 *     rlimit-test QEMU
 *
 * Again and again a VM is made, its process's limit is set a little above what
 * it uses, each time a bit more above it, and a client makes vCPUs, slots,
 * eventfds and large requests. Each has an answer, an errno where there is no
 * room, and the VM ends with its client and with status 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include "raw.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define VCPUS     6
#define SLOTS     6
#define EVENTFDS  8
#define SLOT_SIZE (1 << 20)
#define SPARE     (40 << 20) /* bytes, for what is no client's to ask for */
#define NO_ROOM   1000  /* address space beyond this: a sanitizer's; GiB */

static int main_fd, memory_fd;
static pid_t server;
static unsigned long answers, refusals;

/* --- the process --- */

static int set_slot_of_vm(unsigned slot, uint64_t gpa, uint64_t size)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot, .guest_phys_addr = gpa, .memory_size = size,
        .userspace_addr = size ? (slot + 1) * SLOT_SIZE : 0,
        .flags = slot % 2 ? KVM_MEM_LOG_DIRTY_PAGES : 0,
    };
    uint64_t offset = 0;

    raw_arg(kvm390_ioctl_find(KVM_SET_USER_MEMORY_REGION, KVM390_ON_VM),
            &region);
    return raw_call(main_fd, (struct kvm390_head) {
        .cmd = KVM_SET_USER_MEMORY_REGION, .target = KVM390_VM,
        .arg_len = sizeof(region), .buf_len = size ? 8 : 0 }, &region,
        &offset, size ? memory_fd : -1, NULL);
}

static void start_as(uid_t uid)
{
    int pair[2];

    CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    server = fork();
    if (!server) {
        char object[64];

        snprintf(object, sizeof(object), "kvm390-api,id=api0,fd=%d",
                 dup(pair[1]));
        if (uid && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))) {
            _exit(126);
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp(qemu, qemu, "-accel", "kvm390", "-machine", "kvm390-vm",
               "-nodefaults", "-display", "none", "-monitor", "none",
               "-serial", "none", "-object", object, NULL);
        _exit(127);
    }
    close(pair[1]);
    main_fd = pair[0];
    CHECK(raw_hello(main_fd) == 0);
    memory_fd = memfd_create("memory", MFD_CLOEXEC);
    CHECK(ftruncate(memory_fd, SLOT_SIZE) == 0);
    /* It is answered once the process has all that it starts with. */
    CHECK(set_slot_of_vm(SLOTS, SLOTS * 2ull << 30, SLOT_SIZE) == 0);
    CHECK(set_slot_of_vm(SLOTS, 0, 0) == 0);
}

/* Its client goes; no limit is a reason to end otherwise. */
static void end(const char *what, unsigned long more)
{
    int status = 0;

    close(main_fd);
    close(memory_fd);
    CHECK(raw_reap(server, &status));
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        printf("# with %lu more %s: status 0x%x\n", more, what, status);
        CHECK(!"it ends in good order");
    }
}

static unsigned long entries(const char *what)
{
    char name[64];
    unsigned long n = 0;
    DIR *dir;

    snprintf(name, sizeof(name), "/proc/%d/%s", server, what);
    dir = opendir(name);
    while (dir && readdir(dir)) {
        n++;
    }
    if (dir) {
        closedir(dir);
    }
    return n - 2;
}

/* Of address space, in bytes. */
static unsigned long space(void)
{
    char name[64];
    unsigned long pages = 0;
    FILE *f;

    snprintf(name, sizeof(name), "/proc/%d/statm", server);
    f = fopen(name, "r");
    CHECK(f && fscanf(f, "%lu", &pages) == 1);
    if (f) {
        fclose(f);
    }
    return pages * sysconf(_SC_PAGESIZE);
}

/* By one of the same user's, which needs no privilege. */
static void set_limit(uid_t uid, int which, rlim_t limit)
{
    struct rlimit both = { limit, limit };
    pid_t pid = fork();
    int status = -1;

    if (!pid) {
        _exit((uid && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))) ||
              prlimit(server, which, &both, NULL));
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* --- a client that wants much --- */

static void note_answer(int ret)
{
    answers++;
    refusals += ret < 0;
    CHECK(ret != -EPIPE && ret != -ETIMEDOUT);
}

static void ask(int32_t target, uint32_t cmd, const void *arg,
                const void *buf, size_t buf_len, int file)
{
    const struct kvm390_ioctl *io = kvm390_ioctl_find(cmd,
                                                      kvm390_kind(target));
    uint8_t wire[KVM390_MAX_ARG];

    memcpy(wire, arg, io->size);
    raw_arg(io, wire);
    note_answer(raw_call(main_fd, (struct kvm390_head) {
        .cmd = cmd, .target = target, .arg_len = io->size,
        .buf_len = buf_len }, wire, buf, file, NULL));
}

static void ask_vm(uint32_t cmd, const void *arg, const void *buf,
                   size_t buf_len, int file)
{
    ask(KVM390_VM, cmd, arg, buf, buf_len, file);
}

static void want_slots(void)
{
    unsigned i;

    for (i = 0; i < SLOTS; i++) {
        note_answer(set_slot_of_vm(i, (uint64_t)i << 30, SLOT_SIZE));
    }
}

static void want_eventfds(void)
{
    unsigned i;

    for (i = 0; i < EVENTFDS; i++) {
        struct kvm_irqfd irqfd = { .gsi = i };
        int fd = eventfd(0, EFD_CLOEXEC);

        ask_vm(KVM_IRQFD, &irqfd, NULL, 0, fd);
        close(fd);
    }
}

/* Replies and lists of about a megabyte. */
static void want_memory(void)
{
    static uint8_t much[1 << 20];
    struct kvm_s390_skeys keys = { .count = 256, .skeydata_addr = 1 };
    struct kvm_s390_cmma_log log = { .count = 1 << 16, .values = 1 };
    struct kvm_dirty_log dirty = { .slot = 1 };
    struct kvm_s390_mem_op op = {
        .gaddr = 0, .size = 65536, .op = KVM_S390_MEMOP_ABSOLUTE_WRITE,
        .buf = 1,
    };
    struct kvm_device_attr all = {
        .group = KVM_DEV_FLIC_GET_ALL_IRQS, .attr = 16 << 20, .addr = 1,
    };
    struct kvm_s390_interrupt irq = { .type = KVM_S390_INT_IO(0, 0, 0, 1) };
    int i;

    ask_vm(KVM_S390_MEM_OP, &op, much, op.size, -1);
    ask_vm(KVM_S390_SET_SKEYS, &keys, much, keys.count, -1);
    ask_vm(KVM_S390_GET_SKEYS, &keys, NULL, 0, -1);
    ask_vm(KVM_S390_GET_CMMA_BITS, &log, NULL, 0, -1);
    ask_vm(KVM_GET_DIRTY_LOG, &dirty, NULL, 0, -1);
    ask(KVM390_FLIC, KVM_GET_DEVICE_ATTR, &all, NULL, 0, -1);
    for (i = 0; i < 300; i++) {
        ask_vm(KVM_S390_INTERRUPT, &irq, NULL, 0, -1);
    }
}

/* Made, and run once as far as to a disabled wait. */
static void want_vcpus(void)
{
    int i;

    for (i = 0; i < VCPUS; i++) {
        int page = -1, fd;
        int ret = raw_call(main_fd, (struct kvm390_head) {
            .cmd = KVM_CREATE_VCPU, .target = KVM390_VM, .arg = i }, NULL,
            NULL, -1, &page);

        note_answer(ret);
        if (page >= 0) {
            close(page);
        }
        if (ret < 0) {
            continue;
        }
        fd = raw_channel(main_fd, i);
        note_answer(fd);
        if (fd >= 0) {
            note_answer(raw_plain(fd, KVM_RUN, i, i + 1));
            close(fd);
        }
    }
}

static void want_much(void)
{
    want_slots();
    want_eventfds();
    want_memory();
    want_vcpus();
    note_answer(raw_plain(main_fd, KVM_GET_API_VERSION, KVM390_SYSTEM, 0));
}

static void begin_counting(void)
{
    answers = refusals = 0;
}

/* The last step has room for all; the first has none. */
static void say(void)
{
    printf("# %lu answers, %lu of them an errno\n", answers, refusals);
    CHECK(refusals > 0);
}

static void test_descriptors(void)
{
    unsigned long more;

    begin_counting();
    for (more = 0; more < 40 && test_ok; more += more < 12 ? 1 : 4) {
        start_as(0);
        set_limit(0, RLIMIT_NOFILE, entries("fd") + more);
        want_much();
        end("descriptors", more);
    }
    say();
}

static void test_threads(void)
{
    uid_t uid = 61000 + getpid() % 3000;
    unsigned long more;

    if (getuid()) {
        printf("# only root can be another user, whose threads count\n");
        return;
    }
    begin_counting();
    for (more = 0; more < 16 && test_ok; more++) {
        start_as(uid);
        set_limit(uid, RLIMIT_NPROC, entries("task") + more);
        want_much();
        end("threads", more);
    }
    say();
}

static void test_address_space(void)
{
    unsigned long k;

    begin_counting();
    for (k = 0; k < 28 && test_ok; k++) {
        unsigned long more = k * k * (96 << 10);

        start_as(0);
        if (space() >> 30 > NO_ROOM) {
            printf("# a sanitizer has it all\n");
            end("bytes", 0);
            return;
        }
        set_limit(0, RLIMIT_AS, space() + SPARE + more);
        want_much();
        end("bytes", more);
    }
    say();
}

static const struct test tests[] = {
    { "no more descriptors", test_descriptors, true },
    { "no more threads", test_threads, true },
    { "no more address space", test_address_space, true },
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_tests(argv[1], tests,
                                 sizeof(tests) / sizeof(*tests)) : 2;
}
