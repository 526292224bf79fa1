/*
 * What the tests of the KVM API on the host have in common
 *
 * A program includes this once, lists its tests in @tests and calls
 * run_tests(). Each test starts a VM of its own, unless it says otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_HARNESS_H
#define KVM390_API_HARNESS_H

#include "kvm390/include/uapi.h"
#include "libkvm390.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY (4 << 20)
#define CODE   0x10000

static const char *qemu;
static int nr, failures;
static bool test_ok;

static inline void complain(int line, const char *what)
{
    static int last, times;

    times = nr == last ? times + 1 : 0;
    last = nr;
    if (times < 5) {
        printf("# line %d: %.90s (errno %d, %s)\n", line, what, errno,
               strerror(errno));
    }
    test_ok = false;
}

/* One fact; what is wrong is said at once, the test's line at its end. */
#define CHECK(cond) do { \
        if (!(cond)) { \
            complain(__LINE__, #cond); \
        } \
    } while (0)

#define FAILS(call, err) CHECK((errno = 0, (call) == -1 && errno == (err)))

static struct kvm390_vm *vm;
static unsigned char *memory;

static inline struct kvm390_vm *start(void)
{
    struct kvm390_vm *new = kvm390_vm_start(qemu);

    if (!new) {
        printf("Bail out! cannot start %s: %s\n", qemu, strerror(errno));
        exit(1);
    }
    return new;
}

static inline int set_slot_of(struct kvm390_vm *v, unsigned slot,
                              unsigned flags, uint64_t gpa, uint64_t size,
                              void *hva)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot, .flags = flags, .guest_phys_addr = gpa,
        .memory_size = size, .userspace_addr = (uintptr_t)hva,
    };

    return kvm390_vm_ioctl(v, KVM_SET_USER_MEMORY_REGION, &region);
}

static inline int set_slot(unsigned slot, unsigned flags, uint64_t gpa,
                           uint64_t size, void *hva)
{
    return set_slot_of(vm, slot, flags, gpa, size, hva);
}

/* What KVM_CHECK_EXTENSION says, which is the same for the system and a VM. */
static inline int extension(long cap)
{
    int ret = kvm390_system_ioctl(vm, KVM_CHECK_EXTENSION, (void *)cap);

    CHECK(ret == kvm390_vm_ioctl(vm, KVM_CHECK_EXTENSION, (void *)cap));
    return ret;
}

/* KVM_SET_DEVICE_ATTR and its like on the VM. */
static inline int attr(unsigned long request, unsigned group, uint64_t number,
                       const void *addr)
{
    struct kvm_device_attr a = {
        .group = group, .attr = number, .addr = (uintptr_t)addr,
    };

    return kvm390_vm_ioctl(vm, request, &a);
}

static inline void *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* A VM with 4 MiB from address 0, and a vCPU at the code. */
static inline struct kvm390_vcpu *start_vcpu(const void *code, size_t len)
{
    struct kvm390_vcpu *vcpu;
    struct kvm_run *run;

    memory = map(MEMORY);
    memcpy(memory + CODE, code, len);
    CHECK(set_slot(0, 0, 0, MEMORY, memory) == 0);
    vcpu = kvm390_vcpu_create(vm, 0);
    if (!vcpu) {
        CHECK(!"vCPU");
        return NULL;
    }
    run = kvm390_vcpu_run(vcpu);
    run->psw_mask = 0x180000000;
    run->psw_addr = CODE;
    return vcpu;
}

/* diag 0,0,0x501 again and again, r2 counting */
static const unsigned char counting[] __attribute__((unused)) = {
    0xa7, 0x2b, 0x00, 0x01, 0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfc,
};
/* j . */
static const unsigned char looping[] __attribute__((unused)) = {
    0xa7, 0xf4, 0x00, 0x00,
};

static inline bool is_diag_501(const struct kvm_run *run)
{
    return run->exit_reason == KVM_EXIT_S390_SIEIC &&
           run->s390_sieic.icptcode == 4 && run->s390_sieic.ipa == 0x8300 &&
           run->s390_sieic.ipb == 0x05010000;
}

/* A guest's 64-bit field. */
static inline void put64(void *at, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(at, &value, 8);
}

static inline uint64_t get64(const void *at)
{
    uint64_t value;

    memcpy(&value, at, 8);
    return __builtin_bswap64(value);
}

struct test {
    const char *name;
    void (*run)(void);
    bool no_vm;
};

/* The result of main(). */
static inline int run_tests(const char *program, const struct test *tests,
                            int count)
{
    int i;

    qemu = program;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("TAP version 13\n1..%d\n", count);
    for (i = 0; i < count; i++) {
        test_ok = true;
        vm = tests[i].no_vm ? NULL : start();
        memory = NULL;
        tests[i].run();
        if (vm) {
            kvm390_vm_close(vm);
        }
        if (memory) {
            munmap(memory, MEMORY);
        }
        failures += !test_ok;
        printf("%sok %d - %s\n", test_ok ? "" : "not ", ++nr, tests[i].name);
    }
    printf("%d passed, %d failed\n", count - failures, failures);
    return failures != 0;
}

#endif
