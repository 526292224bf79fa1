/*
 * The client's memory as the guest's: protection, holes
 *
 *     memory-test QEMU
 *
 * With KVM the guest finds its memory through the client's page tables, so
 * what the client forbids itself the guest is forbidden, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>

#define DATA 0x20000

/* st %r1,0(%r5); diag 0,0,0x501; j to the start */
static const unsigned char storing[] = {
    0x50, 0x10, 0x50, 0x00, 0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfc,
};
/* l %r1,0(%r5); diag 0,0,0x501; j to the start */
static const unsigned char loading[] = {
    0x58, 0x10, 0x50, 0x00, 0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfc,
};
/* st %r1,0(%r5); j to the start */
static const unsigned char storing_on[] = {
    0x50, 0x10, 0x50, 0x00, 0xa7, 0xf4, 0xff, 0xfe,
};

static struct kvm390_vcpu *vcpu;
static struct kvm_run *run;

static void start_code(const void *code, size_t len)
{
    vcpu = start_vcpu(code, len);
    run = kvm390_vcpu_run(vcpu);
    run->s.regs.gprs[5] = DATA;
    run->s.regs.gprs[1] = 0x11223344;
}

static void use_code(const void *code, size_t len)
{
    memcpy(memory + CODE, code, len);
    run->psw_addr = CODE;
}

static int run_it(void)
{
    return kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL);
}

static void protect(uint64_t gpa, size_t len, int prot)
{
    CHECK(mprotect(memory + gpa, len, prot) == 0);
    kvm390_memory_protect(memory + gpa, len, prot);
}

static void test_protection(void)
{
    start_code(storing, sizeof(storing));
    CHECK(run_it() == 0 && is_diag_501(run));
    protect(DATA, 4096, PROT_READ);
    run->s.regs.gprs[1] = 0x55667788;
    FAILS(run_it(), EFAULT);
    CHECK(run->psw_addr == CODE);
    FAILS(run_it(), EFAULT);
    CHECK(!memcmp(memory + DATA, "\x11\x22\x33\x44", 4));

    /* What is not protected is as before; loads are permitted. */
    run->s.regs.gprs[5] = DATA + 4096;
    CHECK(run_it() == 0 && is_diag_501(run));
    use_code(loading, sizeof(loading));
    run->s.regs.gprs[5] = DATA;
    CHECK(run_it() == 0 && is_diag_501(run));
    CHECK((uint32_t)run->s.regs.gprs[1] == 0x11223344);

    /* A store after a load of the same page is a store still. */
    use_code(storing, sizeof(storing));
    FAILS(run_it(), EFAULT);
    protect(DATA, 4096, PROT_READ | PROT_WRITE);
    CHECK(run_it() == 0 && is_diag_501(run));

    protect(DATA, 4096, PROT_NONE);
    use_code(loading, sizeof(loading));
    FAILS(run_it(), EFAULT);
    protect(DATA, 4096, PROT_READ);
    CHECK(run_it() == 0 && is_diag_501(run));
}

static void test_code(void)
{
    start_code(counting, sizeof(counting));
    CHECK(run_it() == 0 && is_diag_501(run));
    run->psw_addr = CODE;
    protect(CODE, 4096, PROT_NONE);
    FAILS(run_it(), EFAULT);
    CHECK(run->psw_addr == CODE);
    protect(CODE, 4096, PROT_READ | PROT_WRITE);
    CHECK(run_it() == 0 && is_diag_501(run) && run->s.regs.gprs[2] == 2);
}

static void test_lowcore(void)
{
    static const unsigned char svc[] = { 0x0a, 0x01 };

    start_code(counting, sizeof(counting));
    protect(0, 4096, PROT_READ);
    FAILS(run_it(), EFAULT);
    protect(0, 4096, PROT_READ | PROT_WRITE);
    CHECK(run_it() == 0 && is_diag_501(run));
    /* Table walks read memory, too. */
    use_code(svc, sizeof(svc));
    run->psw_mask |= 1ull << 58;
    run->kvm_dirty_regs = KVM_SYNC_CRS;
    memset(run->s.regs.crs, 0, sizeof(run->s.regs.crs));
    run->s.regs.crs[1] = 0x100000;
    protect(0x100000, 4096, PROT_NONE);
    FAILS(run_it(), EFAULT);
}

static void *runner(void *arg)
{
    int ret = run_it();

    *(int *)arg = ret ? errno : 0;
    return NULL;
}

/* A vCPU that stores all the time is stopped by it. */
static void test_while_running(void)
{
    pthread_t thread;
    int err = 0;
    volatile unsigned char *byte;

    start_code(storing_on, sizeof(storing_on));
    byte = memory + DATA + 3;
    pthread_create(&thread, NULL, runner, &err);
    while (*byte != 0x44) {
        usleep(1000);
    }
    protect(DATA, 4096, PROT_READ);
    pthread_join(thread, NULL);
    CHECK(err == EFAULT && run->psw_addr == CODE);
}

static int memop_on(bool on_vm, unsigned op, uint64_t addr, size_t size,
                    void *buf, unsigned flags)
{
    uint64_t old = 0;
    struct kvm_s390_mem_op mop = {
        .gaddr = addr, .size = size, .op = op, .buf = (uintptr_t)buf,
        .flags = flags, .old_addr = (uintptr_t)&old,
    };

    return on_vm ? kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &mop) :
           kvm390_vcpu_ioctl(vcpu, KVM_S390_MEM_OP, &mop);
}

static void test_memops(void)
{
    char buf[8192];

    start_code(counting, sizeof(counting));
    memset(buf, 0x77, sizeof(buf));
    protect(DATA + 4096, 4096, PROT_READ);
    CHECK(memop_on(false, KVM_S390_MEMOP_LOGICAL_READ, DATA, 8192, buf,
                   0) == 0);
    CHECK(memop_on(true, KVM_S390_MEMOP_ABSOLUTE_READ, DATA, 8192, buf,
                   0) == 0);
    memset(buf, 0x77, sizeof(buf));
    FAILS(memop_on(false, KVM_S390_MEMOP_LOGICAL_WRITE, DATA, 8192, buf, 0),
          EFAULT);
    /* The first page was stored by then. */
    CHECK(memory[DATA] == 0x77 && memory[DATA + 4096] == 0);
    FAILS(memop_on(true, KVM_S390_MEMOP_ABSOLUTE_WRITE, DATA + 4096, 8, buf,
                   0), EFAULT);
    FAILS(memop_on(true, KVM_S390_MEMOP_ABSOLUTE_CMPXCHG, DATA + 4096, 8, buf,
                   0), EFAULT);
    /* A check asks the guest's protection, not the host's. */
    CHECK(memop_on(false, KVM_S390_MEMOP_LOGICAL_WRITE, DATA, 8192, NULL,
                   KVM_S390_MEMOP_F_CHECK_ONLY) == 0);
    protect(DATA + 4096, 4096, PROT_NONE);
    FAILS(memop_on(false, KVM_S390_MEMOP_LOGICAL_READ, DATA, 8192, buf, 0),
          EFAULT);
    FAILS(memop_on(true, KVM_S390_MEMOP_ABSOLUTE_READ, DATA + 8191, 1, buf, 0),
          EFAULT);
    CHECK(memop_on(true, KVM_S390_MEMOP_ABSOLUTE_READ, DATA + 8192, 1, buf,
                   0) == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, (void *)(DATA + 4096)),
          EFAULT);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS,
                            (void *)(DATA + 4096)), EFAULT);
    protect(DATA + 4096, 4096, PROT_READ | PROT_WRITE);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT,
                            (void *)(DATA + 4096)) == 0);
}

/* The slot comes after the protection; and one memory is in two slots. */
static void test_slots_follow(void)
{
    const uint64_t size = 1 << 20;
    unsigned char *mem = map(size);

    start_code(storing, sizeof(storing));
    CHECK(mprotect(mem + 0x3000, 0x1000, PROT_READ) == 0);
    CHECK(set_slot(1, 0, 8 << 20, size, mem) == 0);
    CHECK(set_slot(2, 0, 16 << 20, size, mem) == 0);
    run->s.regs.gprs[5] = (8 << 20) + 0x3000;
    FAILS(run_it(), EFAULT);
    run->s.regs.gprs[5] = (16 << 20) + 0x3000;
    FAILS(run_it(), EFAULT);
    run->s.regs.gprs[5] = (16 << 20) + 0x4000;
    CHECK(run_it() == 0);
    CHECK(set_slot(2, 0, 32 << 20, size, mem) == 0); /* moved */
    run->s.regs.gprs[5] = (32 << 20) + 0x3000;
    FAILS(run_it(), EFAULT);
    CHECK(mprotect(mem, size, PROT_READ | PROT_WRITE) == 0);
    kvm390_memory_protect(mem, size, PROT_READ | PROT_WRITE);
    CHECK(run_it() == 0);
    run->s.regs.gprs[5] = (8 << 20) + 0x3000;
    CHECK(run_it() == 0);

    /* Unmapped. */
    munmap(mem + 0x5000, 0x2000);
    kvm390_memory_forget(mem + 0x5000, 0x2000);
    run->s.regs.gprs[5] = (8 << 20) + 0x6000;
    FAILS(run_it(), EFAULT);
    run->s.regs.gprs[5] = (8 << 20) + 0x7000;
    CHECK(run_it() == 0);
    CHECK(set_slot(1, 0, 0, 0, NULL) == 0);
    CHECK(set_slot(2, 0, 0, 0, NULL) == 0);
    munmap(mem, size);
    kvm390_memory_forget(mem, size);

    /* Memory that is mapped there later is not taken for the old one. */
    mem = mmap(mem, size, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(set_slot(1, 0, 8 << 20, size, mem) == 0);
    run->s.regs.gprs[5] = (8 << 20) + 0x6000;
    CHECK(run_it() == 0 && mem[0x6003] == 0x44);
    munmap(mem, size);
}

/* Code of a slot that is gone does not run in the one that comes after it. */
static void test_slot_replaced(void)
{
    const uint64_t size = 1 << 20, gpa = 8 << 20;
    int i;

    start_code(counting, sizeof(counting));
    for (i = 1; i < 60; i++) {
        unsigned char *mem = map(size);

        memcpy(mem + 0x1000, counting, sizeof(counting));
        mem[0x1003] = i; /* aghi %r2,i */
        CHECK(set_slot(1, 0, gpa, size, mem) == 0);
        run->psw_addr = gpa + 0x1000;
        run->s.regs.gprs[2] = 0;
        CHECK(run_it() == 0 && is_diag_501(run));
        CHECK(run->s.regs.gprs[2] == (uint64_t)i);
        CHECK(set_slot(1, 0, 0, 0, NULL) == 0);
        munmap(mem, size);
        kvm390_memory_forget(mem, size);
        if (i % 3 == 0) {
            usleep(20000); /* what is gone is freed by now */
        }
    }
}

/* A slot is made of addresses; whether there is memory matters in use. */
static void test_no_memory(void)
{
    const uint64_t size = 1 << 20;
    unsigned char *mem = map(size);

    start_code(storing, sizeof(storing));
    munmap(mem + 0x4000, 0x4000);
    CHECK(set_slot(1, 0, 8 << 20, size, mem) == 0);
    run->s.regs.gprs[5] = (8 << 20) + 0x3ff8;
    CHECK(run_it() == 0 && mem[0x3ffb] == 0x44);
    run->s.regs.gprs[5] = (8 << 20) + 0x4000;
    FAILS(run_it(), EFAULT);
    run->s.regs.gprs[5] = (8 << 20) + 0x8000;
    CHECK(run_it() == 0 && mem[0x8003] == 0x44);

    /* The same memory once more, and none at all. */
    CHECK(set_slot(2, 0, 16 << 20, size, mem) == 0);
    run->s.regs.gprs[5] = (16 << 20) + 0x3004;
    CHECK(run_it() == 0 && mem[0x3007] == 0x44);
    CHECK(set_slot(3, 0, 32 << 20, 0x2000, mem + 0x5000) == 0);
    run->s.regs.gprs[5] = 32 << 20;
    FAILS(run_it(), EFAULT);
    CHECK(set_slot(4, 0, 48 << 20, size, (void *)0x10000) == 0);
    run->s.regs.gprs[5] = 48 << 20;
    FAILS(run_it(), EFAULT);
    munmap(mem, size);
}

static const struct test tests[] = {
    { "mprotect() and the guest's data", test_protection, false },
    { "mprotect() and the guest's code", test_code, false },
    { "mprotect() and what the CPU stores and fetches", test_lowcore, false },
    { "mprotect() while the guest runs", test_while_running, false },
    { "mprotect() and memory operations", test_memops, false },
    { "protection comes and goes with slots", test_slots_follow, false },
    { "a slot without memory", test_no_memory, false },
    { "a slot in place of another", test_slot_replaced, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
