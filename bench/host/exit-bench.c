/*
 * How long KVM_RUN takes to an exit, for a program that uses /dev/kvm
 *
 * For s390x, static, run by kvm390-exec. Prints lines `NAME VALUE UNIT` as
 * api-bench does for a native client: each the median of 9 rounds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#define MEMORY     (66 << 20)
#define CODE       0x10000
#define PAGES      16384
#define CODE_PAGES (1 << 20)
#define ROUNDS     9
#define TIMES      3000

static const unsigned char diag[] = { 0x83, 0x00, 0x05, 0x01 };
static int vcpu;

static int need(int fd, const char *what)
{
    if (fd < 0) {
        perror(what);
        exit(1);
    }
    return fd;
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double one_exit(void)
{
    double round[ROUNDS], start;
    int i, n;

    for (i = 0; i < ROUNDS; i++) {
        start = now();
        for (n = 0; n < TIMES; n++) {
            need(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
        }
        round[i] = (now() - start) / TIMES;
    }
    qsort(round, ROUNDS, sizeof(round[0]), compare);
    return round[ROUNDS / 2] * 1e6;
}

int main(void)
{
    /* diag 0,0,0x501; j .-4 */
    static const unsigned char code[] = {
        0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfe,
    };
    struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
    unsigned char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int kvm = need(open("/dev/kvm", O_RDWR), "/dev/kvm");
    int vm = need(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    struct kvm_run *run;
    int i;

    memcpy(memory + CODE, code, sizeof(code));
    region.userspace_addr = (uintptr_t)memory;
    need(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "slot");
    vcpu = need(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
               PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    run->psw_mask = 0x180000000;
    run->psw_addr = CODE;
    printf("KVM_RUN-exit %.2f us\n", one_exit());

    /* Each page but the last one jumps to the next; then as before. */
    for (i = 0; i < PAGES; i++) {
        memcpy(memory + CODE_PAGES + i * 4096ul, "\xc0\xf4\0\0\x08\0", 6);
    }
    memcpy(memory + CODE_PAGES + i * 4096ul, diag, sizeof(diag));
    run->psw_addr = CODE_PAGES;
    need(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
    run->psw_addr = CODE;
    printf("KVM_RUN-exit-16384-code-pages %.2f us\n", one_exit());
    return 0;
}
