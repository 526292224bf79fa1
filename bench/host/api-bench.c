/*
 * How long the KVM API takes, for a native client
 *
 *     api-bench QEMU
 *
 * Prints lines `NAME VALUE UNIT`, each the median of 9 rounds; then how fast
 * guest code is between two exits, a loop with a load, a store and a branch, in
 * a VM of the API and under -accel tcg. There a guest of its own runs it to its
 * end; two lengths of the loop tell it apart from the start of QEMU, and the
 * shortest times are taken.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/uapi.h"
#include "libkvm390.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY (66 << 20)
#define CODE   0x10000

static const unsigned char diag[] = { 0x83, 0x00, 0x05, 0x01 };
#define ROUNDS 9

static struct kvm390_vm *vm;
static struct kvm390_vcpu *vcpu;
static unsigned char buf[65536];

static void need(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void run(void)
{
    need(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0, "KVM_RUN");
}

static void memop(unsigned size, unsigned number)
{
    struct kvm_s390_mem_op op = {
        .gaddr = 0x20000, .size = size, .buf = (uintptr_t)buf, .op = number,
    };

    need(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0, "KVM_S390_MEM_OP");
}

static void read_8(void)
{
    memop(8, KVM_S390_MEMOP_ABSOLUTE_READ);
}

static void write_8(void)
{
    memop(8, KVM_S390_MEMOP_ABSOLUTE_WRITE);
}

static void read_64k(void)
{
    memop(65536, KVM_S390_MEMOP_ABSOLUTE_READ);
}

static void write_64k(void)
{
    memop(65536, KVM_S390_MEMOP_ABSOLUTE_WRITE);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Seconds that one call takes. */
static double measure(void (*call)(void), int times)
{
    double round[ROUNDS];
    int i, n;

    for (i = 0; i < ROUNDS; i++) {
        double start = now();

        for (n = 0; n < times; n++) {
            call();
        }
        round[i] = (now() - start) / times;
    }
    qsort(round, ROUNDS, sizeof(round[0]), compare);
    return round[ROUNDS / 2];
}

/* --- exits of a VM with much translated code --- */

#define PAGES      16384
#define CODE_PAGES (1 << 20)

/* Each page but the last one jumps to the next; then the exits as before. */
static void execute_pages(unsigned char *memory)
{
    struct kvm_run *run_page = kvm390_vcpu_run(vcpu);
    int i;

    for (i = 0; i < PAGES; i++) {
        memcpy(memory + CODE_PAGES + i * 4096ul, "\xc0\xf4\0\0\x08\0", 6);
    }
    memcpy(memory + CODE_PAGES + i * 4096ul, diag, sizeof(diag));
    run_page->psw_addr = CODE_PAGES;
    run();
    run_page->psw_addr = CODE;
}

/* --- a client that protects pieces of its memory --- */

#define PIECES 2500

static unsigned char *pieces; /* every other page */

/* What the library does at mprotect(): of one piece among many, and back. */
static void protect_one(void)
{
    unsigned char *piece = pieces + PIECES / 2 * 8192;

    kvm390_memory_protect(piece, 4096, PROT_NONE);
    kvm390_memory_protect(piece, 4096, PROT_READ);
}

static void bench_protect(unsigned char *memory)
{
    int i;

    pieces = memory + (16 << 20);
    printf("KVM390_PROTECT-two %.2f us\n", measure(protect_one, 100) * 1e6);
    for (i = 0; i < PIECES; i++) {
        kvm390_memory_protect(pieces + i * 8192, 4096, PROT_READ);
    }
    printf("KVM390_PROTECT-two-of-2500-pieces %.2f us\n",
           measure(protect_one, 100) * 1e6);
    kvm390_memory_protect(pieces, PIECES * 8192, PROT_READ | PROT_WRITE);
}

/* --- guest code between exits --- */

#define DATA   0x3000
#define LOOP   0x11000
#define FEW    20000000u
#define MANY   (FEW + 200000000u)
#define LOOPS  5

/*
 * lhi %r3,DATA; l %r1,0(%r3); 1: lg %r2,8(%r3); aghi %r2,1; stg %r2,8(%r3);
 * brct %r1,1b; behind it one of the other two: diag 0,0,0x501, lpswe 16(%r3)
 */
static const unsigned char loop[] = {
    0xa7, 0x38, DATA >> 8, DATA & 0xff, 0x58, 0x10, 0x30, 0x00,
    0xe3, 0x20, 0x30, 0x08, 0x00, 0x04, 0xa7, 0x2b, 0x00, 0x01,
    0xe3, 0x20, 0x30, 0x08, 0x00, 0x24, 0xa7, 0x16, 0xff, 0xf8,
};
static const unsigned char lpswe[] = { 0xb2, 0xb2, 0x30, 0x10 };

static void put_count(unsigned char *at, unsigned times)
{
    times = htobe32(times);
    memcpy(at, &times, sizeof(times));
}

static double loop_in_vm(unsigned char *memory, unsigned times)
{
    double start;

    put_count(memory + DATA, times);
    kvm390_vcpu_run(vcpu)->psw_addr = LOOP;
    start = now();
    run();
    return now() - start;
}

/* An image that ends in a disabled wait, which ends QEMU. */
static double loop_in_tcg(const char *qemu, const char *image, unsigned times)
{
    static unsigned char bytes[LOOP + sizeof(loop) + sizeof(lpswe)];
    static const unsigned char psw[8] = { 0, 8, 0, 0, 0x80, 1, 0x10, 0 };
    double start;
    pid_t pid;
    FILE *f;

    memcpy(bytes, psw, sizeof(psw));
    put_count(bytes + DATA, times);
    bytes[DATA + 16 + 1] = 0x02; /* a wait PSW, nothing enabled */
    bytes[DATA + 16 + 3] = 0x01; /* 64-bit */
    bytes[DATA + 16 + 4] = 0x80;
    memcpy(bytes + LOOP, loop, sizeof(loop));
    memcpy(bytes + LOOP + sizeof(loop), lpswe, sizeof(lpswe));
    f = fopen(image, "w");
    need(f && fwrite(bytes, sizeof(bytes), 1, f) == 1 && !fclose(f), image);
    start = now();
    pid = fork();
    if (!pid) {
        execlp(qemu, qemu, "-accel", "tcg", "-M", "s390-ccw-virtio", "-m", "64",
               "-nodefaults", "-display", "none", "-no-reboot", "-action",
               "panic=exit-failure", "-kernel", image, NULL);
        _exit(127);
    }
    need(waitpid(pid, NULL, 0) == pid, "waiting for QEMU");
    return now() - start;
}

static void keep_least(double *least, double value)
{
    if (!*least || value < *least) {
        *least = value;
    }
}

static void bench_loop(const char *qemu, unsigned char *memory)
{
    static const unsigned times[] = { FEW, MANY };
    char image[] = "/tmp/kvm390-loop-XXXXXX";
    double vm_s[2] = { }, tcg_s[2] = { };
    int i, j, fd = mkstemp(image);

    need(fd >= 0, image);
    close(fd);
    memcpy(memory + LOOP, loop, sizeof(loop));
    memcpy(memory + LOOP + sizeof(loop), diag, sizeof(diag));
    for (i = 0; i < LOOPS; i++) { /* in turns: the machine's load changes */
        for (j = 0; j < 2; j++) {
            keep_least(&vm_s[j], loop_in_vm(memory, times[j]));
            keep_least(&tcg_s[j], loop_in_tcg(qemu, image, times[j]));
        }
    }
    unlink(image);
    printf("guest-loop-in-VM %.3f ns\n",
           (vm_s[1] - vm_s[0]) * 1e9 / (MANY - FEW));
    printf("guest-loop-under-tcg %.3f ns\n",
           (tcg_s[1] - tcg_s[0]) * 1e9 / (MANY - FEW));
}

int main(int argc, char **argv)
{
    /* diag 0,0,0x501; j .-4 */
    static const unsigned char code[] = {
        0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfe,
    };
    struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
    unsigned char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    vm = kvm390_vm_start(argc > 1 ? argv[1] : NULL);
    need(vm != NULL, "starting a VM");
    memcpy(memory + CODE, code, sizeof(code));
    region.userspace_addr = (uintptr_t)memory;
    need(kvm390_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) == 0,
         "KVM_SET_USER_MEMORY_REGION");
    vcpu = kvm390_vcpu_create(vm, 0);
    need(vcpu != NULL, "KVM_CREATE_VCPU");
    kvm390_vcpu_run(vcpu)->psw_mask = 0x180000000;
    kvm390_vcpu_run(vcpu)->psw_addr = CODE;

    printf("KVM_RUN-exit %.2f us\n", measure(run, 3000) * 1e6);
    printf("memop-read-8 %.2f us\n", measure(read_8, 5000) * 1e6);
    printf("memop-write-8 %.2f us\n", measure(write_8, 5000) * 1e6);
    printf("memop-read-64K %.2f us\n", measure(read_64k, 1000) * 1e6);
    printf("memop-write-64K %.2f us\n", measure(write_64k, 1000) * 1e6);
    execute_pages(memory);
    printf("KVM_RUN-exit-16384-code-pages %.2f us\n",
           measure(run, 3000) * 1e6);
    bench_protect(memory);
    bench_loop(argc > 1 ? argv[1] : "qemu-system-s390x", memory);
    kvm390_vm_close(vm);
    return 0;
}
