/*
 * The KVM API on the host: a vCPU's registers, state and resets
 *
 *     state-test QEMU
 *
 * Each test starts a VM of its own. Expectations are KVM's (Linux,
 * Documentation/virt/kvm/api.rst and what arch/s390/kvm observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <string.h>

static void test_registers(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_regs regs = { .gprs = { [3] = 0x123456789 } }, regs2;
    struct kvm_sregs sregs, sregs2;
    struct kvm_fpu fpu = { .fpc = 0x800000, .fprs = { [15] = 99 } }, fpu2;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_REGS, &regs) == 0);
    CHECK(run->s.regs.gprs[3] == 0x123456789);
    CHECK(run->psw_addr == CODE); /* not touched */
    run->s.regs.gprs[4] = 77;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_REGS, &regs2) == 0);
    CHECK(regs2.gprs[3] == 0x123456789 && regs2.gprs[4] == 77);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    CHECK(sregs.crs[0] == 0xe0 && sregs.crs[14] == 0xc2000000);
    sregs.acrs[7] = 1234;
    sregs.crs[3] = 5678;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs2) == 0);
    CHECK(!memcmp(&sregs, &sregs2, sizeof(sregs)));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_FPU, &fpu) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_FPU, &fpu2) == 0);
    CHECK(fpu2.fpc == fpu.fpc && fpu2.fprs[15] == 99);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_TRANSLATE, regs.gprs), EINVAL);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_TRANSLATE, NULL), EFAULT);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_GET_REGS, (void *)8), EFAULT);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_REGS, NULL), EFAULT);
}

static int one_reg(struct kvm390_vcpu *vcpu, unsigned long request,
                   uint64_t id, void *addr)
{
    struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)addr };

    return kvm390_vcpu_ioctl(vcpu, request, &reg);
}

/* fiebr %f1,0,%f2; diag 0,0,0x501; j to the start */
static void test_fpc(void)
{
    static const unsigned char round[] = {
        0xb3, 0x57, 0x00, 0x12, 0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfc,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(round, sizeof(round));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_fpu fpu = { .fprs = { [2] = 0x3fa0000000000000 } }; /* 1.25 */
    struct kvm_sregs sregs;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    sregs.crs[0] |= 1ull << 18; /* AFP registers */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_FPU, &fpu) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.vrs[1][0] >> 32 == 0x3f800000);
    /* The rounding mode that user space sets is the one that counts. */
    fpu.fpc = 2;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_FPU, &fpu) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.vrs[1][0] >> 32 == 0x40000000);
    CHECK((run->s.regs.fpc & 7) == 2);
    run->s.regs.fpc = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.vrs[1][0] >> 32 == 0x3f800000);
    /* An FPC that can't be is 0. */
    run->s.regs.fpc = 0x03000001;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && !(run->s.regs.fpc & 0x03000007));
}

/* What resets leave alone. */
static void test_resets(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    uint64_t token = 5;

    run->kvm_dirty_regs = KVM_SYNC_DIAG318 | KVM_SYNC_ARCH0 | KVM_SYNC_CRS;
    run->s.regs.diag318 = 0x1234;
    run->s.regs.pp = 9;
    run->s.regs.crs[4] = 44;
    run->s.regs.acrs[3] = 33;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(one_reg(vcpu, KVM_SET_ONE_REG, KVM_REG_S390_PFTOKEN, &token) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_NORMAL_RESET, NULL) == 0);
    CHECK(one_reg(vcpu, KVM_GET_ONE_REG, KVM_REG_S390_PFTOKEN, &token) == 0);
    CHECK(token == UINT64_MAX);
    CHECK(run->s.regs.crs[4] == 44 && run->s.regs.gprs[2] == 1);
    CHECK(run->s.regs.pp == 9 && run->psw_addr == CODE + 8);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_INITIAL_RESET, NULL) == 0);
    CHECK(run->s.regs.crs[4] == 0 && run->s.regs.pp == 0);
    CHECK(run->s.regs.gprs[2] == 1 && run->s.regs.acrs[3] == 33);
    CHECK(run->psw_addr == 0 && run->s.regs.gbea == 1);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_CLEAR_RESET, NULL) == 0);
    CHECK(run->s.regs.gprs[2] == 0 && run->s.regs.acrs[3] == 0);
    /* DIAG 318's value belongs to no CPU reset of KVM's. */
    run->psw_mask = 0x180000000;
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    CHECK(run->s.regs.diag318 == 0x1234);
}

static void test_one_reg(void)
{
    static const uint64_t ids[] = {
        KVM_REG_S390_EPOCHDIFF, KVM_REG_S390_CPU_TIMER,
        KVM_REG_S390_CLOCK_COMP, KVM_REG_S390_PFTOKEN, KVM_REG_S390_PFCOMPARE,
        KVM_REG_S390_PFSELECT, KVM_REG_S390_PP, KVM_REG_S390_GBEA,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    uint64_t value, back;
    uint32_t todpr = 0xabcd, todpr2;
    size_t i;

    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        value = 0x123456780ull + i;
        CHECK(one_reg(vcpu, KVM_SET_ONE_REG, ids[i], &value) == 0);
        CHECK(one_reg(vcpu, KVM_GET_ONE_REG, ids[i], &back) == 0);
        CHECK(back == value);
    }
    CHECK(one_reg(vcpu, KVM_SET_ONE_REG, KVM_REG_S390_TODPR, &todpr) == 0);
    CHECK(one_reg(vcpu, KVM_GET_ONE_REG, KVM_REG_S390_TODPR, &todpr2) == 0);
    CHECK(todpr == todpr2);
    FAILS(one_reg(vcpu, KVM_GET_ONE_REG, 0x1234, &value), EINVAL);
    FAILS(one_reg(vcpu, KVM_SET_ONE_REG, ids[0], (void *)8), EFAULT);
    FAILS(one_reg(vcpu, KVM_GET_ONE_REG, ids[0], (void *)8), EFAULT);
}

/* stck 0x800(0); diag 0,0,0x501 */
static const unsigned char store_clock[] = { 0xb2, 0x05, 0x08, 0x00,
                                             0x83, 0x00, 0x05, 0x01 };
#define AHEAD (1ull << 60)

static uint64_t guests_clock(struct kvm390_vcpu *vcpu)
{
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    uint64_t tod;

    run->psw_mask = 0x180000000;
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    memcpy(&tod, memory + 0x800, sizeof(tod));
    return __builtin_bswap64(tod);
}

/* The difference is one vCPU's, its clock comparator's too. */
static void test_epoch(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(store_clock, sizeof(store_clock));
    struct kvm390_vcpu *other = kvm390_vcpu_create(vm, 1);
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    uint64_t first, value, back;

    CHECK(one_reg(other, KVM_GET_ONE_REG, KVM_REG_S390_EPOCHDIFF, &first) == 0);
    value = first + AHEAD;
    CHECK(one_reg(vcpu, KVM_SET_ONE_REG, KVM_REG_S390_EPOCHDIFF, &value) == 0);
    CHECK(one_reg(vcpu, KVM_GET_ONE_REG, KVM_REG_S390_EPOCHDIFF, &back) == 0);
    CHECK(back == value);
    CHECK(one_reg(other, KVM_GET_ONE_REG, KVM_REG_S390_EPOCHDIFF, &back) == 0);
    CHECK(back == first);
    value = guests_clock(other);
    back = guests_clock(vcpu) - AHEAD;
    CHECK(back > value && back - value < AHEAD / 16);

    put64(memory + 0x1b0, 0x180000000);         /* external new PSW */
    put64(memory + 0x1b8, CODE + 4);
    run->psw_mask = 0x0102000180000000;         /* an enabled wait */
    run->s.regs.crs[0] = 0x8e0;
    run->s.regs.ckc = value + AHEAD + 1;        /* it is over */
    run->kvm_dirty_regs = KVM_SYNC_CRS | KVM_SYNC_ARCH0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    CHECK(memory[0x86] == 0x10 && memory[0x87] == 0x04);

    /* The clock of the VM is every vCPU's. */
    value = guests_clock(other);
    CHECK(attr(KVM_SET_DEVICE_ATTR, 1, 0, &value) == 0);
    CHECK(guests_clock(vcpu) - value < AHEAD / 16);
}

static void test_mp_state(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_mp_state state;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state) == 0);
    CHECK(state.mp_state == KVM_MP_STATE_STOPPED);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state) == 0);
    CHECK(state.mp_state == KVM_MP_STATE_OPERATING);
    state.mp_state = KVM_MP_STATE_LOAD;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state), ENXIO);
    state.mp_state = KVM_MP_STATE_STOPPED;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINVAL);
    state.mp_state = KVM_MP_STATE_OPERATING;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
}

static void test_initial_psw(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_s390_psw psw = { 0x180000000, CODE + 4 };

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_INITIAL_PSW, &psw) == 0);
    CHECK(run->psw_addr == CODE + 4);
    /* KVM_RUN takes it; until then the vCPU's PSW is another. */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS,
                            (void *)0x2000) == 0);
    CHECK(!memcmp(memory + 0x2000 + 256 + 8, "\0\0\0\0\0\0\0\0", 8));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.gprs[2] == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_INITIAL_PSW, &psw), EBUSY);
}

static void test_store_status(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    run->s.regs.gprs[15] = 0x1122334455667788;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    memset(memory + 0x4000, 0xff, 0x200);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS,
                            (void *)0x4000) == 0);
    CHECK(memory[0x4000 + 0x80 + 15 * 8] == 0x11);
    CHECK(memory[0x4000 + 0x100 + 15] == 0x08); /* the PSW's last byte */
    CHECK(memory[0x4000 + 0x110] == 0xff);      /* not part of it */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS, (void *)-1) == 0);
    CHECK(memory[163] == 1 && memory[0x1280 + 15 * 8] == 0x11);
    memory[163] = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS, (void *)-2) == 0);
    CHECK(memory[163] == 1);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS, (void *)(1l << 40)),
          EFAULT);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, (void *)0x1000) == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, (void *)(1l << 40)),
          EFAULT);
}

static void test_pre_fault(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_pre_fault_memory range = { .gpa = MEMORY - 8192, .size = 16384 };

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range) == 0);
    CHECK(range.gpa == MEMORY && range.size == 8192);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), ENOENT);
    range.gpa = 4096;
    range.flags = 1;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), EINVAL);
    range.flags = 0;
    range.size = 0;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), EINVAL);
    range.size = 100;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), EINVAL);
}

static const struct test tests[] = {
    { "REGS, SREGS, FPU", test_registers, false },
    { "the FPC", test_fpc, false },
    { "resets", test_resets, false },
    { "ONE_REG", test_one_reg, false },
    { "EPOCHDIFF is a vCPU's", test_epoch, false },
    { "MP_STATE", test_mp_state, false },
    { "SET_INITIAL_PSW", test_initial_psw, false },
    { "STORE_STATUS, VCPU_FAULT", test_store_status, false },
    { "PRE_FAULT_MEMORY", test_pre_fault, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
