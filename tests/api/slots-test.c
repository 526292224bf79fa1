/*
 * The KVM API on the host: memory slots and their dirty log
 *
 *     slots-test QEMU
 *
 * Each test starts a VM of its own. Expectations are KVM's (Linux,
 * Documentation/virt/kvm/api.rst and what arch/s390/kvm observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <string.h>
#include <sys/mman.h>

static void test_slots(void)
{
    const uint64_t MiB = 1 << 20;
    char *mem = map(8 * MiB);
    int n = extension(KVM_CAP_NR_MEMSLOTS);

    FAILS(set_slot(0, 2, 0, MiB, mem), EINVAL);         /* read-only */
    FAILS(set_slot(0, 0, 1, MiB, mem), EINVAL);
    FAILS(set_slot(0, 0, 0, MiB + 1, mem), EINVAL);
    FAILS(set_slot(0, 0, 0, MiB, mem + 1), EINVAL);
    FAILS(set_slot(n, 0, 0, MiB, mem), EINVAL);
    FAILS(set_slot(0x10000, 0, 0, MiB, mem), EINVAL);
    FAILS(set_slot(0, 0, -MiB, 2 * MiB, mem), EINVAL);
    FAILS(set_slot(0, 0, 0, 0, mem), EINVAL);           /* nothing to delete */
    FAILS(set_slot(0, 0, 1ull << 60, MiB, mem), EINVAL); /* above the limit */
    CHECK(set_slot(0, 0, 0, MiB, mem) == 0);
    CHECK(set_slot(0, 0, 0, MiB, mem) == 0);            /* no change */
    CHECK(set_slot(1, 0, MiB, MiB, mem + MiB) == 0);
    FAILS(set_slot(2, 0, MiB / 2, MiB, mem + 2 * MiB), EEXIST);
    FAILS(set_slot(1, 0, 0, MiB, mem + MiB), EEXIST);
    FAILS(set_slot(1, 0, MiB, 2 * MiB, mem + MiB), EINVAL);
    FAILS(set_slot(1, 0, MiB, MiB, mem + 2 * MiB), EINVAL);
    CHECK(set_slot(1, 0, 4 * MiB, MiB, mem + MiB) == 0); /* move */
    CHECK(set_slot(2, 0, MiB, MiB, mem + 2 * MiB) == 0);
    CHECK(set_slot(1, KVM_MEM_LOG_DIRTY_PAGES, 4 * MiB, MiB, mem + MiB) == 0);
    CHECK(set_slot(1, 0, 0, 0, NULL) == 0);
    FAILS(set_slot(1, 0, 0, 0, NULL), EINVAL);
    munmap(mem, 8 * MiB);
}

/* One memory, seen by the caller, by the guest, and through two slots. */
static void test_memory_is_shared(void)
{
    const uint64_t MiB = 1 << 20;
    unsigned char *mem = map(MiB), byte = 0;
    struct kvm_s390_mem_op op = {
        .gaddr = 0x1000, .size = 1, .buf = (uintptr_t)&byte,
        .op = KVM_S390_MEMOP_ABSOLUTE_READ,
    };

    mem[0x1000] = 0x11;
    CHECK(set_slot(0, 0, 0, MiB, mem) == 0);
    CHECK(set_slot(1, 0, MiB, MiB, mem) == 0);
    CHECK(mem[0x1000] == 0x11);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0 && byte == 0x11);
    mem[0x1000] = 0x22;
    op.gaddr = MiB + 0x1000;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0 && byte == 0x22);
    byte = 0x33;
    op.op = KVM_S390_MEMOP_ABSOLUTE_WRITE;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    CHECK(mem[0x1000] == 0x33);
    munmap(mem, MiB);
}

static void test_dirty_log(void)
{
    /* stg %r0,0(%r1); diag 0,0,0x501; j to the start */
    static const unsigned char store[] = {
        0xe3, 0x00, 0x10, 0x00, 0x00, 0x24, 0x83, 0x00, 0x05, 0x01,
        0xa7, 0xf4, 0xff, 0xfb,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(store, sizeof(store));
    uint64_t map1[MEMORY / 4096 / 64];
    struct kvm_dirty_log log = { .slot = 0, .dirty_bitmap = map1 };
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), ENOENT);
    log.slot = extension(KVM_CAP_NR_MEMSLOTS);
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), EINVAL);
    log.slot = 0;
    CHECK(set_slot(0, KVM_MEM_LOG_DIRTY_PAGES, 0, MEMORY, memory) == 0);
    run->s.regs.gprs[1] = 0x123000;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    memset(map1, 0xff, sizeof(map1));
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
    CHECK(map1[0x123 / 64] == 1ull << (0x123 % 64));
    CHECK(map1[0] == 0 && map1[1] == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
    CHECK(map1[0x123 / 64] == 0);
    run->s.regs.gprs[1] = 0x200000;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
    CHECK(map1[0x200 / 64] == 1 && map1[0x123 / 64] == 0);
    log.dirty_bitmap = (void *)8;
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), EFAULT);
}

/* Bits of slots that share a word of QEMU's bitmap stay apart. */
static void test_dirty_neighbours(void)
{
    enum { SLOTS = 5, PAGES = 30 };
    const uint64_t page = 4096, gpa = 0x7fd000;
    char *mem = map(SLOTS * PAGES * page), byte = 1;
    struct kvm_s390_mem_op op = {
        .size = 1, .buf = (uintptr_t)&byte, .op = KVM_S390_MEMOP_ABSOLUTE_WRITE,
    };
    uint64_t bits;
    struct kvm_dirty_log log = { .dirty_bitmap = &bits };
    unsigned i;

    for (i = 0; i < SLOTS; i++) {
        uint64_t at = i * PAGES * page;

        CHECK(set_slot(i, KVM_MEM_LOG_DIRTY_PAGES, gpa + at, PAGES * page,
                       mem + at) == 0);
        op.gaddr = gpa + at + i * page;
        CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    }
    for (i = 0; i < SLOTS; i++) {
        log.slot = i;
        CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
        CHECK(bits == 1ull << i);
        CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
        CHECK(bits == 0);
    }
    munmap(mem, SLOTS * PAGES * page);
}

/* As many as KVM has, of a page each, a hole behind every eighth. */
static void test_many_slots(void)
{
    enum { PAGES = 64 };
    const uint64_t page = 4096;
    unsigned char *mem = map(PAGES * page), byte;
    struct kvm_s390_mem_op op = {
        .size = 1, .buf = (uintptr_t)&byte, .op = KVM_S390_MEMOP_ABSOLUTE_READ,
    };
    int n = extension(KVM_CAP_NR_MEMSLOTS), i, made = 0, read = 0, deleted = 0;

    CHECK(n == 32766);
    for (i = 0; i < PAGES; i++) {
        mem[i * page] = i;
    }
    for (i = 0; i < n; i++) {
        made += !set_slot(i, 0, (i + i / 8) * page, page,
                          mem + i % PAGES * page);
    }
    CHECK(made == n);
    FAILS(set_slot(n, 0, 1ull << 40, page, mem), EINVAL);
    FAILS(set_slot(0, 0, 9 * page, page, mem), EEXIST);
    for (i = 0; i < n; i += 101) {
        op.gaddr = (i + i / 8) * page;
        byte = 255;
        read += !kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) &&
                byte == i % PAGES;
        op.gaddr = (i / 8 * 9 + 8) * page;
        read -= kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) != 5;
    }
    CHECK(read == (n + 100) / 101);
    for (i = n - 1; i >= 0; i--) {
        deleted += !set_slot(i, 0, 0, 0, NULL);
    }
    CHECK(deleted == n);
    op.gaddr = 0;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 5);
    munmap(mem, PAGES * page);
}

/* A VM's slots lie in files; one that reaches over several is made anew. */
static void test_memory_of_other_shape(void)
{
    const uint64_t MiB = 1 << 20, page = 4096;
    unsigned char *mem = map(4 * MiB), byte = 0;
    struct kvm390_vm *other = start();
    struct kvm_s390_mem_op op = {
        .gaddr = MiB + page, .size = 1, .buf = (uintptr_t)&byte,
        .op = KVM_S390_MEMOP_ABSOLUTE_READ,
    };

    memory = mem;
    mem[MiB + page] = 0x42;

    /* What was refused left nothing behind. */
    FAILS(set_slot(0, KVM_MEM_READONLY, 0, page, mem), EINVAL);
    FAILS(set_slot(70000, 0, MiB, page, mem + MiB), EINVAL);
    CHECK(set_slot(0, 0, 0, 2 * MiB, mem) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0 && byte == 0x42);

    /* Deleted and grown; what the guest stored stays. */
    byte = 0x43;
    op.op = KVM_S390_MEMOP_ABSOLUTE_WRITE;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    CHECK(set_slot(0, 0, 0, 0, NULL) == 0);
    CHECK(set_slot(0, 0, 0, 4 * MiB, mem) == 0);
    CHECK(mem[MiB + page] == 0x43);
    mem[MiB + page] = 0x44;
    op.op = KVM_S390_MEMOP_ABSOLUTE_READ;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0 && byte == 0x44);
    CHECK(set_slot(0, 0, 0, 0, NULL) == 0);

    /* The memory of two slots, joined. */
    munmap(mem, 4 * MiB);
    mem = map(4 * MiB);
    CHECK(mprotect(mem + 2 * MiB, MiB, PROT_READ) == 0); /* three mappings */
    CHECK(set_slot(0, 0, 0, MiB, mem) == 0);
    CHECK(set_slot(1, 0, 3 * MiB, MiB, mem + 3 * MiB) == 0);
    mem[5] = 5;
    mem[3 * MiB] = 6;
    FAILS(set_slot(2, 0, 4 * MiB, 4 * MiB, mem), EFAULT); /* both are in use */
    CHECK(set_slot_of(other, 0, 0, 0, MiB, mem) == 0);
    CHECK(set_slot(0, 0, 0, 0, NULL) == 0);
    CHECK(set_slot(1, 0, 0, 0, NULL) == 0);
    FAILS(set_slot(2, 0, 0, 4 * MiB, mem), EFAULT); /* another VM has some */
    kvm390_vm_close(other);
    CHECK(set_slot(2, 0, 0, 4 * MiB, mem) == 0);
    CHECK(mem[5] == 5 && mem[3 * MiB] == 6);
    op.gaddr = 3 * MiB;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0 && byte == 6);
    CHECK(mprotect(mem + 2 * MiB, MiB, PROT_READ | PROT_WRITE) == 0);
    kvm390_memory_protect(mem + 2 * MiB, MiB, PROT_READ | PROT_WRITE);
    byte = 7;
    op.op = KVM_S390_MEMOP_ABSOLUTE_WRITE;
    op.gaddr = 2 * MiB;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    CHECK(mem[2 * MiB] == 7);
    munmap(mem, 4 * MiB);
}

static const struct test tests[] = {
    { "SET_USER_MEMORY_REGION", test_slots, false },
    { "slots share the caller's memory", test_memory_is_shared, false },
    { "memory of another shape than the slots before",
      test_memory_of_other_shape, false },
    { "GET_DIRTY_LOG", test_dirty_log, false },
    { "GET_DIRTY_LOG of slots side by side", test_dirty_neighbours, false },
    { "as many slots as there can be", test_many_slots, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
