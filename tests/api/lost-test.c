/*
 * The KVM API on the host: memory whose file the client makes shorter
 *
 *     lost-test QEMU
 *
 * An access to a page that the file has no more is -EFAULT, as with KVM, and
 * works once the file has it again; nothing ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <sys/mman.h>

#define SIZE    (1 << 20)
#define DATA    (16ull << 20)   /* the guest's address of it */

static int fd = -1;
static unsigned char *data;
static struct kvm390_vcpu *vcpu;
static struct kvm_run *run;

static int memop(unsigned op, uint64_t gaddr, void *buf, size_t size)
{
    struct kvm_s390_mem_op mop = {
        .gaddr = gaddr, .size = size, .buf = (uintptr_t)buf, .op = op,
    };

    return kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &mop);
}

static int run_vcpu(void)
{
    return kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL);
}

static void resize(off_t size)
{
    CHECK(ftruncate(fd, size) == 0);
}

/* A vCPU that stores to a file of the program's. */
static void begin(const void *code, size_t len)
{
    vcpu = start_vcpu(code, len);
    run = kvm390_vcpu_run(vcpu);
    fd = memfd_create("data", MFD_CLOEXEC);
    resize(SIZE);
    data = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(kvm390_memory_register(data, SIZE, fd, 0) == 0);
    CHECK(set_slot(1, 0, DATA, SIZE, data) == 0);
    run->s.regs.gprs[1] = DATA;
    run->s.regs.gprs[3] = CODE;
}

static void end(void)
{
    CHECK(set_slot(1, 0, 0, 0, NULL) == 0);
    CHECK(memop(KVM_S390_MEMOP_ABSOLUTE_READ, DATA, data, 1) == 5);
    close(fd);
}

/* Code is left in the middle: the instruction is done when there is memory. */
static void test_store(void)
{
    /* stg %r2,0(%r1); diag 0,0,0x501; j to the start */
    static const unsigned char store[] = {
        0xe3, 0x20, 0x10, 0x00, 0x00, 0x24, 0x83, 0x00, 0x05, 0x01,
        0xa7, 0xf4, 0xff, 0xfb,
    };
    unsigned i;

    begin(store, sizeof(store));
    run->s.regs.gprs[2] = 0x1122334455667788;
    CHECK(run_vcpu() == 0 && is_diag_501(run));
    CHECK(data[0] == 0x11);
    for (i = 0; i < 3; i++) {
        resize(0);
        run->psw_addr = CODE;
        FAILS(run_vcpu(), EFAULT);
        CHECK(run->psw_addr == CODE);
        FAILS(run_vcpu(), EFAULT);
        resize(SIZE);
        CHECK(data[0] == 0);
        CHECK(run_vcpu() == 0 && is_diag_501(run));
        CHECK(data[0] == 0x11 && data[7] == 0x88);
    }
    end();
}

/* What a helper does cannot be left; KVM_RUN ends behind the instruction. */
static void test_helper(void)
{
    /* mvc 0(8,%r1),0(%r3); ltr %r2,%r2; j to the start, or diag 0,0,0x501 */
    static const unsigned char copy[] = {
        0xd2, 0x07, 0x10, 0x00, 0x30, 0x00, 0x12, 0x22, 0xa7, 0x84, 0xff, 0xfc,
        0x83, 0x00, 0x05, 0x01,
    };

    begin(copy, sizeof(copy));
    run->s.regs.gprs[2] = 1;
    CHECK(run_vcpu() == 0 && is_diag_501(run));
    CHECK(!memcmp(data, copy, 8));
    resize(0);
    run->psw_addr = CODE;
    run->s.regs.gprs[2] = 0; /* for ever */
    run->kvm_dirty_regs = KVM_SYNC_GPRS;
    FAILS(run_vcpu(), EFAULT);
    CHECK(run->psw_addr >= CODE && run->psw_addr < CODE + 12);
    resize(SIZE);
    run->psw_addr = CODE;
    run->s.regs.gprs[2] = 1;
    run->kvm_dirty_regs = KVM_SYNC_GPRS;
    CHECK(run_vcpu() == 0 && is_diag_501(run));
    CHECK(!memcmp(data, copy, 8));
    end();
}

static void test_memop(void)
{
    static const unsigned char nothing[2] = { };
    unsigned char buf[3 * 4096] = { 1, 2, 3 };

    begin(nothing, sizeof(nothing));
    CHECK(memop(KVM_S390_MEMOP_ABSOLUTE_WRITE, DATA, buf, sizeof(buf)) == 0);
    resize(4096);
    FAILS(memop(KVM_S390_MEMOP_ABSOLUTE_READ, DATA, buf, sizeof(buf)), EFAULT);
    FAILS(memop(KVM_S390_MEMOP_ABSOLUTE_WRITE, DATA + 0x2000, buf, 8), EFAULT);
    CHECK(memop(KVM_S390_MEMOP_ABSOLUTE_READ, DATA, buf, 4096) == 0);
    CHECK(buf[0] == 1 && buf[2] == 3);
    resize(SIZE);
    CHECK(memop(KVM_S390_MEMOP_ABSOLUTE_WRITE, DATA + 0x2000, buf, 8) == 0);
    CHECK(data[0x2002] == 3);
    end();
}

/* All of the guest's memory, code and prefix area among it. */
static void test_all(void)
{
    static const unsigned char nothing[2] = { };

    begin(nothing, sizeof(nothing));
    CHECK(set_slot(0, 0, 0, 0, NULL) == 0);
    CHECK(set_slot(0, 0, 0, SIZE, data) == 0);
    memcpy(data + CODE, looping, sizeof(looping));
    resize(0);
    FAILS(run_vcpu(), EFAULT);
    resize(SIZE);
    memcpy(data + CODE, counting, sizeof(counting));
    CHECK(run_vcpu() == 0 && is_diag_501(run));
    end();
}

static const struct test tests[] = {
    { "a store where there is no memory any more", test_store, false },
    { "an operand of a helper's", test_helper, false },
    { "memory operations", test_memop, false },
    { "code and prefix area", test_all, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
