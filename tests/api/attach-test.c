/*
 * The KVM API of a running guest: two clients, errors, and bad company
 *
 *     attach-test QEMU DIRECTORY
 *
 * The guest counts in storage for ever. Clients come, look, misbehave and are
 * killed; the guest must go on counting and the next client be served.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "kvm390/include/uapi.h"
#include "kvm390/include/wire.h"
#include "libkvm390.h"

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNTER 0x3000
#define START   0x10000

static char image[120], path[100];
static pid_t server;
static struct kvm390_vm *vm;
static bool test_ok;

#define CHECK(cond) do { \
        if (!(cond)) { \
            printf("# line %d: %s (errno %d, %s)\n", __LINE__, #cond, errno, \
                   strerror(errno)); \
            test_ok = false; \
        } \
    } while (0)

#define FAILS(call, err) CHECK((errno = 0, (call) == -1 && errno == (err)))

/* asi 0x3000,1 for ever; started by the PSW at 0 */
static void write_image(void)
{
    static const unsigned char psw[8] = { 0, 8, 0, 0, 0x80, 1, 0, 0 };
    static const unsigned char code[] = {
        0xeb, 0x01, 0x00, 0x00, 0x03, 0x6a, 0xa7, 0xf4, 0xff, 0xfd,
    };
    FILE *f = fopen(image, "w");

    fwrite(psw, 1, sizeof(psw), f);
    fseek(f, START, SEEK_SET);
    fwrite(code, 1, sizeof(code), f);
    fclose(f);
}

static void start_server(const char *qemu)
{
    char object[160];
    int i;

    snprintf(object, sizeof(object), "kvm390-api,id=api0,path=%s", path);
    unlink(path);
    server = fork();
    if (!server) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the test */
        execlp(qemu, qemu, "-accel", "kvm390", "-M", "s390-ccw-virtio", "-m",
               "64", "-nodefaults", "-display", "none", "-kernel", image,
               "-object", object, NULL);
        _exit(127);
    }
    for (i = 0; i < 600 && !vm; i++) {
        usleep(50000);
        vm = kvm390_vm_attach(path);
    }
    if (!vm) {
        printf("Bail out! cannot attach to %s\n", path);
        exit(1);
    }
}

static int32_t counter_of(struct kvm390_vm *v)
{
    uint32_t value = 0;
    struct kvm_s390_mem_op op = {
        .gaddr = COUNTER, .size = 4, .buf = (uintptr_t)&value,
        .op = KVM_S390_MEMOP_ABSOLUTE_READ,
    };

    CHECK(kvm390_vm_ioctl(v, KVM_S390_MEM_OP, &op) == 0);
    return be32toh(value);
}

static bool counts(void)
{
    int32_t before = counter_of(vm);
    int i;

    for (i = 0; i < 100; i++) {
        if (counter_of(vm) != before) {
            return true;
        }
        usleep(20000);
    }
    return false;
}

static void test_socket(void)
{
    struct stat st;

    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(kvm390_system_ioctl(vm, KVM_GET_API_VERSION, NULL) == 12);
    CHECK(counts());
}

static void test_busy(void)
{
    struct kvm390_vcpu *vcpu = kvm390_vcpu_attach(vm, 0);
    struct kvm_userspace_memory_region region = { .slot = 7 };
    struct kvm_dirty_log log = { .slot = 0 };

    CHECK(vcpu);
    CHECK(!kvm390_vcpu_attach(vm, 99) && errno == ENOENT);
    CHECK(!kvm390_vcpu_create(vm, 1) && errno == EBUSY);
    FAILS(kvm390_system_ioctl(vm, KVM_CREATE_VM, NULL), EBUSY);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EBUSY);
    FAILS(kvm390_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), EBUSY);
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), EBUSY);
    CHECK(counts());
}

static void test_vcpu(void)
{
    struct kvm390_vcpu *vcpu = kvm390_vcpu_attach(vm, 0);
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    uint32_t value = 0;
    struct kvm_s390_mem_op op = {
        .gaddr = COUNTER, .size = 4, .buf = (uintptr_t)&value,
        .op = KVM_S390_MEMOP_LOGICAL_READ,
    };

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_REGS, &regs) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    CHECK(sregs.crs[14] & 0xc2000000);
    regs.gprs[7] = 0x1234567890;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_REGS, &regs) == 0);
    memset(&regs, 0, sizeof(regs));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_REGS, &regs) == 0);
    CHECK(regs.gprs[7] == 0x1234567890);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_MEM_OP, &op) == 0 && value);
    CHECK(counts());
}

static uint64_t guest64(uint64_t gaddr, const uint64_t *set)
{
    uint64_t value = set ? htobe64(*set) : 0;
    struct kvm_s390_mem_op op = {
        .gaddr = gaddr, .size = 8, .buf = (uintptr_t)&value,
        .op = set ? KVM_S390_MEMOP_ABSOLUTE_WRITE :
                    KVM_S390_MEMOP_ABSOLUTE_READ,
    };

    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    return be64toh(value);
}

static bool becomes(uint64_t gaddr, uint64_t want)
{
    int i;

    for (i = 0; i < 500 && guest64(gaddr, NULL) != want; i++) {
        usleep(10000);
    }
    return guest64(gaddr, NULL) == want;
}

/* What QEMU's TCG has no place for reaches a guest that runs. */
static void test_interruptions(void)
{
    const uint64_t plain = 0x180000000, start = START;
    const uint64_t enabled = plain | 1ull << 56 | 1ull << 50;
    struct kvm390_vcpu *vcpu = kvm390_vcpu_attach(vm, 0);
    struct kvm_s390_irq pgm = {
        .type = KVM_S390_PROGRAM_INT,
        .u.pgm = { .code = 4, .trans_exc_code = 0x1122334455667800 },
    };
    struct kvm_s390_irq mchk = {
        .type = KVM_S390_MCHK, .u.mchk.mcic = 1ull << 63,
    };
    struct kvm_s390_interrupt virtio = {
        KVM_S390_INT_VIRTIO, 5, 0x123456789abcdef0,
    };

    guest64(0x1d0, &enabled); /* program new PSW: the loop goes on in it */
    guest64(0x1d8, &start);
    guest64(0x1b0, &enabled); /* external */
    guest64(0x1b8, &start);
    guest64(0x1e0, &plain);   /* machine check */
    guest64(0x1e8, &start);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_INTERRUPT, &virtio) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_IRQ, &pgm) == 0);
    CHECK(becomes(0xa8, 0x1122334455667800));
    CHECK(becomes(0x11b8, 0x123456789abcdef0));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_IRQ, &mchk) == 0);
    CHECK(becomes(0xe8, 1ull << 63));
    CHECK(counts());
}

static void test_keys_and_states(void)
{
    unsigned char keys[2] = { 0x10, 0x36 }, back[2] = { };
    struct kvm_s390_skeys args = {
        .start_gfn = 0x100, .count = 2, .skeydata_addr = (uintptr_t)keys,
    };
    struct kvm_s390_cmma_log log = {
        .count = 16, .flags = KVM_S390_CMMA_PEEK, .values = (uintptr_t)back,
    };

    CHECK(kvm390_vm_ioctl(vm, KVM_S390_SET_SKEYS, &args) == 0);
    args.skeydata_addr = (uintptr_t)back;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &args) == 0);
    CHECK(!memcmp(keys, back, 2));
    log.count = 2;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_GET_CMMA_BITS, &log) == 0 ||
          errno == ENXIO);
    CHECK(counts());
}

static void *hammer(void *opaque)
{
    struct kvm390_vm *mine = kvm390_vm_attach(path);
    struct kvm390_vcpu *vcpu = mine ? kvm390_vcpu_attach(mine, 0) : NULL;
    struct kvm_regs regs;
    int i, bad = !vcpu;

    (void)opaque;
    for (i = 0; i < 2000 && !bad; i++) {
        bad |= kvm390_vcpu_ioctl(vcpu, KVM_GET_REGS, &regs) != 0;
        bad |= counter_of(mine) == 0;
    }
    if (mine) {
        kvm390_vm_close(mine);
    }
    return (void *)(long)bad;
}

static void test_two_clients(void)
{
    pthread_t thread[2];
    void *bad;
    int i;

    for (i = 0; i < 2; i++) {
        pthread_create(&thread[i], NULL, hammer, NULL);
    }
    for (i = 0; i < 2; i++) {
        pthread_join(thread[i], &bad);
        CHECK(!bad);
    }
    CHECK(counts());
}

static void test_clients_killed(void)
{
    int round;

    for (round = 0; round < 30; round++) {
        pid_t child = fork();

        if (!child) {
            for (;;) {
                hammer(NULL);
            }
        }
        usleep(rand() % 20000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    CHECK(counts());
}

/* --- what is not the library speaks --- */

static int raw_connect(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    CHECK(connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
    return fd;
}

static void send_head(int fd, struct kvm390_head head)
{
    head.magic = KVM390_WIRE_MAGIC;
    kvm390_head_reorder(&head);
    CHECK(send(fd, &head, sizeof(head), MSG_NOSIGNAL) == sizeof(head));
}

/* Does the server hang up? */
static bool closed(int fd)
{
    struct timeval soon = { .tv_sec = 10 };
    char buf[256];
    ssize_t n;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
    do {
        n = recv(fd, buf, sizeof(buf), 0);
    } while (n > 0);
    close(fd);
    return n == 0 || errno == ECONNRESET;
}

static void hello(int fd)
{
    char reply[sizeof(struct kvm390_head)];

    send_head(fd, (struct kvm390_head) {
        .cmd = KVM390_CMD_HELLO, .target = KVM390_SYSTEM,
        .arg = KVM390_WIRE_VERSION,
    });
    CHECK(recv(fd, reply, sizeof(reply), MSG_WAITALL) == sizeof(reply));
}

static void test_hostile(void)
{
    static const struct kvm390_head heads[] = {
        { .cmd = KVM_S390_MEM_OP, .target = KVM390_VM, .arg_len = 63 },
        { .cmd = KVM_S390_MEM_OP, .target = KVM390_VM, .arg_len = 257 },
        { .cmd = KVM_S390_MEM_OP, .target = KVM390_VM, .buf_len = 1u << 31 },
        { .cmd = KVM_GET_REGS, .target = 77 },
        { .cmd = KVM_GET_REGS, .target = -77 },
        { .cmd = KVM_CHECK_EXTENSION, .target = KVM390_VM, .flags = 0x80 },
        { .cmd = KVM_CHECK_EXTENSION, .target = KVM390_VM, .reserved = 1 },
        { .cmd = KVM_CHECK_EXTENSION, .target = KVM390_VM, .buf_len = 8 },
        { .cmd = 0xdeadbeef, .target = KVM390_VM, .arg_len = 16 },
    };
    unsigned char noise[700];
    size_t i, n;
    int fd;

    fd = raw_connect();
    CHECK(send(fd, "GET / HTTP/1.0\r\n\r\nHost: somewhere else\r\n\r\n", 42,
               MSG_NOSIGNAL) == 42);
    CHECK(closed(fd));
    fd = raw_connect(); /* an ioctl before the hello */
    send_head(fd, (struct kvm390_head) {
        .cmd = KVM_CHECK_EXTENSION, .target = KVM390_VM });
    CHECK(closed(fd));
    for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        fd = raw_connect();
        hello(fd);
        send_head(fd, heads[i]);
        memset(noise, 0xff, sizeof(noise));
        send(fd, noise, sizeof(noise), MSG_NOSIGNAL);
        CHECK(closed(fd));
    }
    for (i = 0; i < 300; i++) { /* half a message, then nothing, and noise */
        fd = raw_connect();
        if (i % 2) {
            hello(fd);
        }
        for (n = 0; n < sizeof(noise); n++) {
            noise[n] = rand();
        }
        memcpy(noise, "K390", i % 3 ? 4 : 0);
        send(fd, noise, rand() % sizeof(noise), MSG_NOSIGNAL);
        close(fd);
    }
    CHECK(counts());
    CHECK(kvm390_system_ioctl(vm, KVM_GET_API_VERSION, NULL) == 12);
}

static void test_end(void)
{
    int status;

    kill(server, SIGTERM);
    CHECK(waitpid(server, &status, 0) == server);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(access(path, F_OK) == -1);
    FAILS(kvm390_system_ioctl(vm, KVM_GET_API_VERSION, NULL), EIO);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "the socket is the owner's", test_socket },
        { "QEMU owns the run loop and the slots", test_busy },
        { "a vCPU's registers and memory", test_vcpu },
        { "interruptions reach a live guest", test_interruptions },
        { "keys and page states", test_keys_and_states },
        { "two clients at once", test_two_clients },
        { "clients are killed", test_clients_killed },
        { "hostile messages", test_hostile },
        { "the end", test_end },
    };
    const int count = sizeof(tests) / sizeof(tests[0]);
    int i, failures = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: %s QEMU DIRECTORY\n", argv[0]);
        return 2;
    }
    snprintf(image, sizeof(image), "%s/attach.img", argv[2]);
    snprintf(path, sizeof(path), "%s/attach.sock", argv[2]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    write_image();
    start_server(argv[1]);
    printf("TAP version 13\n1..%d\n", count);
    for (i = 0; i < count; i++) {
        test_ok = true;
        tests[i].run();
        failures += !test_ok;
        printf("%sok %d - %s\n", test_ok ? "" : "not ", i + 1, tests[i].name);
    }
    kvm390_vm_close(vm);
    unlink(image);
    printf("%d passed, %d failed\n", count - failures, failures);
    return failures != 0;
}
