/*
 * kill -9 of clients and servers, at any moment, again and again
 *
 *     kill-test QEMU DIRECTORY [KILLS [SEED]]
 *
 * VM mode: a client is in KVM_RUN on one vCPU, leaves and enters it on another,
 * does large memory operations and changes slots, all at once. Then it dies,
 * and the VM's process must end; or that dies, and each of the client's calls
 * must fail with EIO.
 *
 * Attach mode: clients of a live guest die; the others must not see it and
 * the guest go on. Then the guest dies, and all clients must see that; its
 * socket can be used again.
 *
 * Each goes on until so many of both have been killed. In the end no process,
 * socket, descriptor, temporary file or shared-memory object is left, and it
 * is said how long a VM has outlived its client at most.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "kvm390/include/uapi.h"
#include "libkvm390.h"
#include "raw.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define MEMORY  (16 << 20)
#define CODE    0x10000
#define COUNTER 0x3000
#define CLIENTS 3
#define CLIENTS_A_GUEST 25      /* are killed before it is */

static const char *qemu;
static char image[100], path[100], temporary[100];
static unsigned long rounds, clients_killed, servers_killed;
static int64_t longest; /* ms from a client's death to its VM's */
static bool test_ok = true;

#define CHECK(cond) do { \
        if (!(cond)) { \
            printf("# line %d: %s (errno %d, %s)\n", __LINE__, #cond, errno, \
                   strerror(errno)); \
            test_ok = false; \
        } \
    } while (0)

/* Up to so many us, now and then much less. */
static void random_delay(unsigned us)
{
    usleep(1 + rand() % (rand() % 4 ? us : us / 20 + 1));
}

/* --- VM mode: the client, a process of its own --- */

static struct kvm390_vm *vm;
static struct kvm390_vcpu *vcpu[2];
static unsigned char *memory;
static int surprise; /* an error other than the server's end; atomic */

/* Does it go on? An end is EIO, all else is a surprise. */
static bool goes_on(int ret)
{
    if (ret < 0 && errno != EIO && errno != EINTR) {
        __atomic_store_n(&surprise, errno, __ATOMIC_SEQ_CST);
    }
    return ret >= 0 || errno == EINTR;
}

static void *keep_running(void *opaque)
{
    while (goes_on(kvm390_vcpu_ioctl(opaque, KVM_RUN, NULL))) {
    }
    return NULL;
}

static void *keep_reading(void *opaque)
{
    static unsigned char buf[65536], keys[4096];
    struct kvm_s390_mem_op op = {
        .size = sizeof(buf), .buf = (uintptr_t)buf,
    };
    struct kvm_s390_skeys args = {
        .count = sizeof(keys), .skeydata_addr = (uintptr_t)keys,
    };
    unsigned i = 0;

    (void)opaque;
    do {
        op.op = i++ % 2 ? KVM_S390_MEMOP_ABSOLUTE_READ :
                          KVM_S390_MEMOP_ABSOLUTE_WRITE;
        op.gaddr = 0x100000 + i % 64 * 65536;
    } while (goes_on(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op)) &&
             goes_on(kvm390_vm_ioctl(vm, i % 3 ? KVM_S390_GET_SKEYS :
                                     KVM_S390_SET_SKEYS, &args)));
    return NULL;
}

static int set_slot(unsigned slot, unsigned flags, uint64_t gpa, uint64_t size,
                    void *hva)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot, .flags = flags, .guest_phys_addr = gpa,
        .memory_size = size, .userspace_addr = (uintptr_t)hva,
    };

    return kvm390_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static void *keep_changing_slots(void *opaque)
{
    void *more = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t gpa = 1 << 30;

    (void)opaque;
    while (goes_on(set_slot(1, 0, gpa, MEMORY, more)) &&
           goes_on(set_slot(1, 0, gpa + (1 << 28), MEMORY, more)) &&
           goes_on(set_slot(1, 1, gpa + (1 << 28), MEMORY, more)) &&
           goes_on(set_slot(1, 0, 0, 0, NULL))) {
    }
    return NULL;
}

/* One that never fires; the VM has its descriptor. */
static void add_irqfd(void)
{
    struct kvm_irqfd args = { .fd = eventfd(0, EFD_CLOEXEC), .gsi = 1 };

    goes_on(kvm390_vm_ioctl(vm, KVM_IRQFD, &args));
}

/* Returns the exit status: 0 if all calls ended with EIO. */
static int vm_client(int say)
{
    /* j . ; at +8: diag 0,0,0x501 and back */
    static const unsigned char code[] = {
        0xa7, 0xf4, 0, 0, 0, 0, 0, 0, 0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff,
        0xfe,
    };
    pthread_t thread[4];
    pid_t pid;
    int i;

    vm = kvm390_vm_start(qemu);
    pid = vm ? kvm390_vm_pid(vm) : -1;
    if (write(say, &pid, sizeof(pid)) != sizeof(pid) || !vm) {
        return 3;
    }
    memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(memory + CODE, code, sizeof(code));
    if (set_slot(0, 0, 0, MEMORY, memory)) {
        return errno == EIO ? 0 : 4;
    }
    for (i = 0; i < 2; i++) {
        vcpu[i] = kvm390_vcpu_create(vm, i);
        if (!vcpu[i]) {
            return errno == EIO ? 0 : 5;
        }
        kvm390_vcpu_run(vcpu[i])->psw_mask = 0x180000000;
        kvm390_vcpu_run(vcpu[i])->psw_addr = CODE + 8 * i;
        pthread_create(&thread[i], NULL, keep_running, vcpu[i]);
    }
    add_irqfd();
    pthread_create(&thread[2], NULL, keep_reading, NULL);
    pthread_create(&thread[3], NULL, keep_changing_slots, NULL);
    for (i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
    }
    kvm390_vm_close(vm);
    return surprise ? 6 : 0;
}

/* The process is no child of ours, or will be only once it is an orphan. */
static bool ends(pid_t pid)
{
    int64_t since = raw_now_ms(), now = since;

    for (; now < since + RAW_TIMEOUT; now = raw_now_ms()) {
        waitpid(pid, NULL, WNOHANG);
        if (kill(pid, 0) && errno == ESRCH) {
            longest = now - since > longest ? now - since : longest;
            return true;
        }
        usleep(1000);
    }
    kill(pid, SIGKILL);
    return false;
}

static void vm_round(void)
{
    int pair[2], status = -1;
    pid_t client, server = -1;
    unsigned which = rand() % 3;

    CHECK(pipe2(pair, O_CLOEXEC) == 0);
    fflush(stdout);
    client = fork();
    if (!client) {
        _exit(vm_client(pair[1]));
    }
    CHECK(read(pair[0], &server, sizeof(server)) == sizeof(server) &&
          server > 0);
    close(pair[0]);
    close(pair[1]);
    random_delay(60000);
    if (which != 1) {
        kill(client, SIGKILL);
    }
    if (which != 0 && server > 0) {
        kill(server, SIGKILL);
    }
    CHECK(raw_reap(client, &status));
    if (which == 1) {
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status)) {
            printf("# status 0x%x\n", status);
        }
    }
    CHECK(server > 0 && ends(server));
    rounds++;
    clients_killed += which != 1;
    servers_killed += which != 0;
}

/* --- attach mode --- */

/* asi 0x3000,1 for ever; started by the PSW at 0 */
static void write_image(void)
{
    static const unsigned char psw[8] = { 0, 8, 0, 0, 0x80, 1, 0, 0 };
    static const unsigned char code[] = {
        0xeb, 0x01, 0x00, 0x00, 0x03, 0x6a, 0xa7, 0xf4, 0xff, 0xfd,
    };
    FILE *f = fopen(image, "w");

    fwrite(psw, 1, sizeof(psw), f);
    fseek(f, CODE, SEEK_SET);
    fwrite(code, 1, sizeof(code), f);
    fclose(f);
}

static int32_t counter(struct kvm390_vm *v)
{
    uint32_t value = 0;
    struct kvm_s390_mem_op op = {
        .gaddr = COUNTER, .size = 4, .buf = (uintptr_t)&value,
        .op = KVM_S390_MEMOP_ABSOLUTE_READ,
    };

    return kvm390_vm_ioctl(v, KVM_S390_MEM_OP, &op) ? -1 :
           (int32_t)be32toh(value);
}

static bool counts(struct kvm390_vm *v)
{
    int32_t before = counter(v);
    int i;

    for (i = 0; i < 400; i++) {
        if (counter(v) != before) {
            return true;
        }
        usleep(20000);
    }
    return false;
}

/* Returns the exit status: 0 if all went well until the guest ended. */
static int attach_client(void)
{
    struct kvm_regs regs;

    vm = kvm390_vm_attach(path);
    vcpu[0] = vm ? kvm390_vcpu_attach(vm, 0) : NULL;
    if (!vcpu[0]) {
        /* The server may be dead already: nobody listens, or the end came. */
        return errno == EIO || errno == ECONNREFUSED || errno == ECONNRESET ?
               0 : 3;
    }
    for (;;) {
        static unsigned char buf[65536];
        struct kvm_s390_mem_op op = {
            .gaddr = 0x100000, .size = sizeof(buf), .buf = (uintptr_t)buf,
            .op = rand() % 2 ? KVM_S390_MEMOP_ABSOLUTE_WRITE :
                               KVM_S390_MEMOP_ABSOLUTE_READ,
        };

        if (!goes_on(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op)) ||
            !goes_on(kvm390_vcpu_ioctl(vcpu[0], KVM_GET_REGS, &regs))) {
            break;
        }
    }
    kvm390_vm_close(vm);
    return surprise ? 6 : 0;
}

static pid_t start_client(void)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (!pid) {
        srand(getpid());
        _exit(attach_client());
    }
    return pid;
}

static pid_t start_guest(struct kvm390_vm **v)
{
    char object[160];
    pid_t pid;
    int i;

    snprintf(object, sizeof(object), "kvm390-api,id=api0,path=%s", path);
    fflush(stdout);
    pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the test */
        execlp(qemu, qemu, "-accel", "kvm390", "-M", "s390-ccw-virtio", "-m",
               "64", "-nodefaults", "-display", "none", "-kernel", image,
               "-object", object, NULL);
        _exit(127);
    }
    *v = NULL;
    for (i = 0; i < 2000 && !*v; i++) {
        usleep(10000);
        *v = kvm390_vm_attach(path);
    }
    return pid;
}

static void attach_round(void)
{
    struct kvm390_vm *mine;
    pid_t server = start_guest(&mine), client[CLIENTS];
    int i, n, status = -1;

    CHECK(mine);
    if (!mine) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
        return;
    }
    for (i = 0; i < CLIENTS; i++) {
        client[i] = start_client();
    }
    for (n = 0; n < CLIENTS_A_GUEST; n++) {
        i = rand() % CLIENTS;
        random_delay(20000);
        kill(client[i], SIGKILL);
        CHECK(raw_reap(client[i], &status));
        CHECK(WIFSIGNALED(status)); /* until then it saw nothing */
        client[i] = start_client();
        clients_killed++;
    }
    CHECK(counts(mine));
    random_delay(20000);
    kill(server, SIGKILL);
    CHECK(raw_reap(server, &status));
    for (i = 0; i < CLIENTS; i++) {
        CHECK(raw_reap(client[i], &status));
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK(counter(mine) == -1 && errno == EIO);
    kvm390_vm_close(mine);
    rounds++;
    servers_killed++;
}

/* --- what is left behind --- */

static int count_names(const char *where, const char *part)
{
    DIR *dir = opendir(where);
    struct dirent *entry;
    int n = 0;

    while (dir && (entry = readdir(dir))) {
        n += entry->d_name[0] != '.' && strstr(entry->d_name, part) != NULL;
    }
    if (dir) {
        closedir(dir);
    }
    return n;
}

/* Sockets of this test's that the kernel still has a name of. */
static int count_sockets(void)
{
    FILE *f = fopen("/proc/net/unix", "r");
    char line[400];
    int n = 0;

    while (f && fgets(line, sizeof(line), f)) {
        n += strstr(line, path) != NULL;
    }
    if (f) {
        fclose(f);
    }
    return n;
}

/* What there is of what a killed process could leave. */
typedef struct Things {
    int descriptors, objects;
} Things;

static Things count_things(void)
{
    return (Things) {
        .descriptors = count_names("/proc/self/fd", ""),
        .objects = count_names("/dev/shm", "kvm390"),
    };
}

static void nothing_left(Things before)
{
    Things now = count_things();
    int status;

    /* Orphans come to this process, should one be alive. */
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
    CHECK(count_names(temporary, "") == 0);
    CHECK(count_sockets() == 0);
    CHECK(now.objects == before.objects);
    CHECK(now.descriptors == before.descriptors);
}

/*
 * The rounds of one mode, until @clients and @servers of them were killed;
 * returns 1 if something was wrong.
 */
static int repeat(int nr, const char *name, void (*round)(void),
                  unsigned long clients, unsigned long servers)
{
    Things before = count_things();

    test_ok = true;
    rounds = clients_killed = servers_killed = longest = 0;
    while (test_ok && (clients_killed < clients || servers_killed < servers)) {
        round();
    }
    nothing_left(before);
    printf("%sok %d - %s: %lu rounds, %lu clients and %lu servers killed%s",
           test_ok ? "" : "not ", nr, name, rounds, clients_killed,
           servers_killed, longest ? "" : "\n");
    if (longest) {
        printf(", gone after %ld ms at most\n", (long)longest);
    }
    return !test_ok;
}

int main(int argc, char **argv)
{
    unsigned long kills = argc > 3 ? strtoul(argv[3], NULL, 0) : 50;
    unsigned seed = argc > 4 ? strtoul(argv[4], NULL, 0) :
                    (unsigned)time(NULL) ^ getpid();
    int failed;

    if (argc < 3) {
        fprintf(stderr, "usage: %s QEMU DIRECTORY [KILLS [SEED]]\n",
                argv[0]);
        return 2;
    }
    qemu = argv[1];
    snprintf(image, sizeof(image), "%s/kill.img", argv[2]);
    snprintf(path, sizeof(path), "%s/kill.sock", argv[2]);
    snprintf(temporary, sizeof(temporary), "%s/kill.tmp", argv[2]);
    mkdir(temporary, 0700);
    setenv("TMPDIR", temporary, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    srand(seed);
    printf("TAP version 13\n1..2\n# seed %u\n", seed);
    write_image();
    failed = repeat(1, "VMs and their clients are killed", vm_round, kills,
                    kills);
    failed += repeat(2, "a live guest and its clients are killed",
                     attach_round, kills, kills / CLIENTS_A_GUEST);
    unlink(path);
    unlink(image);
    rmdir(temporary);
    printf("%d passed, %d failed\n", 2 - failed, failed);
    return failed != 0;
}
