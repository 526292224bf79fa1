/*
 * How long the KVM API takes, for a native client
 *
 *     api-bench QEMU
 *
 * Prints lines `NAME VALUE UNIT`, each the median of 9 rounds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/kvm390/uapi.h"
#include "libkvm390.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define MEMORY (1 << 20)
#define CODE   0x10000
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
    kvm390_vm_close(vm);
    return 0;
}
