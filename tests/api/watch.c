/*
 * A client that looks at a live guest all the time, or takes stock of it once
 *
 *     watch SOCKET VCPUS PAGES
 *     watch SOCKET VCPUS PAGES MEMORY KEYS STATES
 *
 * The first reads memory, keys, page states and registers, here and there,
 * until the guest ends, and prints how often and what was odd. The second
 * writes all of memory, keys and states to three files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/uapi.h"
#include "libkvm390.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_VCPUS 64
#define CHUNK     65536

static struct kvm390_vm *vm;
static struct kvm390_vcpu *vcpus[MAX_VCPUS];
static unsigned nr_vcpus;
static uint64_t pages;
static unsigned long reads, keys_used, states_used, regs_seen, unused_seen;
static unsigned long logical;
static int odd;

#define ODD(...) do { \
        printf("odd: " __VA_ARGS__); \
        printf(" (%s)\n", strerror(errno)); \
        odd++; \
    } while (0)

static bool over(void)
{
    return errno == EIO;
}

static int read_memory(uint64_t addr, uint32_t len, void *to)
{
    struct kvm_s390_mem_op op = {
        .gaddr = addr, .size = len, .buf = (uintptr_t)to,
        .op = KVM_S390_MEMOP_ABSOLUTE_READ,
    };

    return kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op);
}

static int read_keys(uint64_t gfn, uint64_t count, uint8_t *to)
{
    struct kvm_s390_skeys args = {
        .start_gfn = gfn, .count = count, .skeydata_addr = (uintptr_t)to,
    };

    return kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &args);
}

/* Returns how many, or -1. */
static int read_states(uint64_t gfn, uint32_t count, uint8_t *to)
{
    struct kvm_s390_cmma_log log = {
        .start_gfn = gfn, .count = count, .flags = KVM_S390_CMMA_PEEK,
        .values = (uintptr_t)to,
    };
    int ret = kvm390_vm_ioctl(vm, KVM_S390_GET_CMMA_BITS, &log);

    return ret < 0 ? -1 : (int)log.count;
}

static void look_at_memory(void)
{
    static uint8_t buf[CHUNK];
    uint64_t gfn = rand() % (pages - CHUNK / 4096);
    int ret = read_memory(gfn * 4096, 1 + rand() % CHUNK, buf);

    if (ret && !over()) {
        ODD("memory of page %llu: %d", (unsigned long long)gfn, ret);
    }
    reads += !ret;
    ret = read_memory(pages * 4096, 8, buf);
    if (ret != 5 && !over()) {
        ODD("memory beyond the end: %d", ret);
    }
}

static void look_at_keys(void)
{
    uint8_t keys[512];
    uint64_t gfn = rand() % (pages - sizeof(keys));
    int ret = read_keys(gfn, sizeof(keys), keys);
    size_t i;

    if (ret < 0 && !over()) {
        ODD("keys: %d", ret);
    }
    for (i = 0; ret == 0 && i < sizeof(keys); i++) {
        if (keys[i] & 1) {
            ODD("key %02x", keys[i]);
        }
        keys_used += !i;
    }
}

static void look_at_states(void)
{
    uint8_t states[4096];
    uint64_t gfn = rand() % (pages - sizeof(states));
    int n = read_states(gfn, sizeof(states), states), i;

    if (n < 0 && errno != ENXIO && !over()) {
        ODD("page states: %d", n);
    }
    for (i = 0; i < n; i++) {
        if (states[i] & ~0x43) {
            ODD("state %02x", states[i]);
        }
        unused_seen += (states[i] & 3) == 1;
        states_used += !i;
    }
}

/* Its registers, and memory where its prefix has it. */
static void look_at_vcpu(struct kvm390_vcpu *vcpu)
{
    uint8_t lowcore[512];
    struct kvm_s390_mem_op op = {
        .gaddr = 0, .size = sizeof(lowcore), .buf = (uintptr_t)lowcore,
        .op = KVM_S390_MEMOP_LOGICAL_READ, .flags = rand() & 1,
    };
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    int ret;

    if (kvm390_vcpu_ioctl(vcpu, KVM_GET_REGS, &regs) ||
        kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs)) {
        if (!over()) {
            ODD("registers");
        }
        return;
    }
    regs_seen += sregs.crs[0] != 0;
    ret = kvm390_vcpu_ioctl(vcpu, KVM_S390_MEM_OP, &op);
    if (ret < 0 && !over()) {
        ODD("a vCPU's memory");
    }
    logical += ret == 0;
}

static void expect_busy(int ret, const char *what)
{
    if (ret != -1 || (errno != EBUSY && !over())) {
        ODD("%s: %d", what, ret);
    }
}

static void not_ours(void)
{
    struct kvm_userspace_memory_region region = { .slot = 3 };
    struct kvm_dirty_log log = { .slot = 0 };

    expect_busy(kvm390_vcpu_ioctl(vcpus[rand() % nr_vcpus], KVM_RUN, NULL),
                "KVM_RUN");
    expect_busy(kvm390_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region),
                "a slot");
    expect_busy(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), "a log");
    expect_busy(kvm390_vm_ioctl(vm, KVM_CREATE_VCPU, (void *)9), "a vCPU");
}

static void watch(void)
{
    unsigned i;

    do {
        look_at_memory();
        look_at_keys();
        look_at_states();
        for (i = 0; i < nr_vcpus; i++) {
            look_at_vcpu(vcpus[i]);
        }
        not_ours();
        usleep(500);
    } while (kvm390_system_ioctl(vm, KVM_GET_API_VERSION, NULL) == 12);
    printf("reads=%lu keys=%lu states=%lu unused=%lu registers=%lu "
           "logical=%lu odd=%d\n", reads, keys_used, states_used, unused_seen,
           regs_seen, logical, odd);
}

static void save(const char *path, const void *data, size_t len, bool more)
{
    FILE *f = fopen(path, more ? "a" : "w");

    if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
        perror(path);
        exit(1);
    }
}

/* Linux leaves keys alone as a guest. Its own key, 0, fits all of these. */
static int use_keys(void)
{
    uint8_t keys[16];
    struct kvm_s390_skeys args = {
        .count = sizeof(keys), .skeydata_addr = (uintptr_t)keys,
    };
    int ret = 0;

    for (; !ret && args.start_gfn + 4096 < pages; args.start_gfn += 4096) {
        memset(keys, args.start_gfn >> 8, sizeof(keys));
        ret = kvm390_vm_ioctl(vm, KVM_S390_SET_SKEYS, &args);
    }
    return ret;
}

/* Keys first: reading memory makes it referenced. */
static void take_stock(char **files)
{
    uint8_t *buf = calloc(1, pages), chunk[CHUNK];
    uint64_t at;
    int ret = read_keys(0, 16, buf);

    if (ret == KVM_S390_GET_SKEYS_NONE) {
        ret = use_keys();
    }
    if (!ret) {
        ret = read_keys(0, pages, buf);
    }
    if (ret) {
        ODD("all keys: %d", ret);
    }
    save(files[1], buf, pages, false);
    ret = read_states(0, pages, buf);
    if (ret != (int)pages) {
        ODD("all states: %d", ret);
    }
    save(files[2], buf, pages, false);
    for (at = 0; at < pages * 4096; at += CHUNK) {
        if (read_memory(at, CHUNK, chunk)) {
            ODD("memory at 0x%llx", (unsigned long long)at);
            break;
        }
        save(files[0], chunk, CHUNK, at > 0);
    }
    free(buf);
}

int main(int argc, char **argv)
{
    unsigned i;

    if (argc != 4 && argc != 7) {
        fprintf(stderr, "usage: %s SOCKET VCPUS PAGES [MEMORY KEYS STATES]\n",
                argv[0]);
        return 2;
    }
    nr_vcpus = atoi(argv[2]);
    pages = strtoull(argv[3], NULL, 0);
    vm = kvm390_vm_attach(argv[1]);
    if (!vm || nr_vcpus < 1 || nr_vcpus > MAX_VCPUS || pages < 8192) {
        perror(argv[1]);
        return 1;
    }
    srand(getpid());
    for (i = 0; i < nr_vcpus; i++) {
        vcpus[i] = kvm390_vcpu_attach(vm, i);
        if (!vcpus[i]) {
            perror("a vCPU");
            return 1;
        }
    }
    if (argc == 7) {
        take_stock(argv + 4);
    } else {
        watch();
    }
    kvm390_vm_close(vm);
    return odd != 0;
}
