/*
 * The KVM API on the host: what of SIGP, STSI and operation exceptions leaves
 * for user space, and debugging
 *
 *     exits-test QEMU
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>

static struct kvm390_vcpu *vcpu, *other;
static struct kvm_run *run;

static int enable(unsigned cap)
{
    struct kvm_enable_cap e = { .cap = cap };

    return kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &e);
}

static bool is_sieic(unsigned icptcode, unsigned ipa)
{
    return run->exit_reason == KVM_EXIT_S390_SIEIC &&
           run->s390_sieic.icptcode == icptcode &&
           run->s390_sieic.ipa == ipa;
}

/* --- SIGP --- */

/* sigp 0,3,0(4); ipm 2; diag 0x501 */
static const unsigned char sigp[] = {
    0xae, 0x03, 0x40, 0x00, 0xb2, 0x22, 0x00, 0x20, 0x83, 0x00, 0x05, 0x01,
};

static void start_two(void)
{
    vcpu = start_vcpu(sigp, sizeof(sigp));
    run = kvm390_vcpu_run(vcpu);
    other = kvm390_vcpu_create(vm, 1);
    CHECK(other != NULL);
}

enum { USER = 4, ACCEPTED = 0, STORED = 1, BUSY = 2, NOT_OPERATIONAL = 3 };

/* Give an order; returns the condition code, or USER for an exit. */
static int order(unsigned code, unsigned cpu, uint64_t parameter)
{
    run->psw_addr = CODE;
    run->s.regs.gprs[0] = 0;
    run->s.regs.gprs[1] = parameter;
    run->s.regs.gprs[2] = 0;
    run->s.regs.gprs[3] = cpu;
    run->s.regs.gprs[4] = code;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    if (is_sieic(4, 0xae03)) {
        CHECK(run->psw_addr == CODE + 4);
        CHECK(run->s390_sieic.ipb == 0x40000000);
        return USER;
    }
    CHECK(is_diag_501(run));
    return run->s.regs.gprs[2] >> 28 & 3;
}

static int set_state(struct kvm390_vcpu *v, unsigned state)
{
    struct kvm_mp_state mp = { .mp_state = state };

    return kvm390_vcpu_ioctl(v, KVM_SET_MP_STATE, &mp);
}

static int pending(struct kvm_s390_irq *irqs)
{
    struct kvm_s390_irq_state state = {
        .buf = (uintptr_t)irqs, .len = 4 * sizeof(*irqs),
    };

    return kvm390_vcpu_ioctl(other, KVM_S390_GET_IRQ_STATE, &state) /
           (int)sizeof(*irqs);
}

static void test_sigp(void)
{
    struct kvm_s390_irq irqs[4];

    start_two();
    CHECK(order(1, 7, 0) == NOT_OPERATIONAL);
    CHECK(order(1, 1, 0) == STORED && run->s.regs.gprs[0] == 0x40);
    CHECK(order(2, 1, 0) == ACCEPTED);
    CHECK(order(2, 1, 0) == STORED && run->s.regs.gprs[0] == 0x80);
    CHECK(order(3, 1, 0) == ACCEPTED);
    CHECK(pending(irqs) == 2);
    CHECK(irqs[0].type == KVM_S390_INT_EMERGENCY);
    CHECK(irqs[1].type == KVM_S390_INT_EXTERNAL_CALL);
    CHECK(order(0x12, 1, 1) == STORED && run->s.regs.gprs[0] == 0x100);
    CHECK(order(0xd, 1, 0x4000) == ACCEPTED);   /* a stopped one's prefix */
    CHECK(order(0xd, 1, MEMORY) == STORED);
    CHECK(run->s.regs.gprs[0] == 0x100);
    memset(memory + 0x4000, 0xff, 512);
    CHECK(order(0xe, 1, 0x4000) == ACCEPTED);   /* its status */
    CHECK(memory[0x4000] == 0);
    CHECK(order(0xe, 1, MEMORY) == STORED && run->s.regs.gprs[0] == 0x100);
    /* starting and resetting is for user space, as is what nobody knows */
    CHECK(order(4, 1, 0) == USER);
    CHECK(order(6, 1, 0) == USER);
    CHECK(order(0xb, 1, 0) == USER);
    CHECK(order(0xc, 1, 0) == USER);
    CHECK(order(0x17, 1, 0) == USER);
    CHECK(order(0x55, 1, 0) == USER);
    CHECK(order(4, 7, 0) == NOT_OPERATIONAL);
    /* while it is to stop, all but resets have to wait */
    CHECK(order(0x15, 1, 0) == STORED && run->s.regs.gprs[0] == 0x400);
    CHECK(set_state(other, KVM_MP_STATE_OPERATING) == 0);
    /* operating, but nobody is in KVM_RUN */
    CHECK(order(0x15, 1, 0) == STORED && run->s.regs.gprs[0] == 0x400);
    CHECK(order(5, 1, 0) == ACCEPTED);
    CHECK(order(5, 1, 0) == BUSY);
    CHECK(order(1, 1, 0) == BUSY);
    CHECK(order(4, 1, 0) == BUSY);
    CHECK(order(0xc, 1, 0) == USER);
    CHECK(pending(irqs) == 3 && irqs[0].type == KVM_S390_SIGP_STOP);
}

static void test_user_sigp(void)
{
    static const unsigned inside[] = { 1, 2, 3, 0x13, 0x15 };
    static const unsigned outside[] = {
        4, 5, 6, 9, 0xb, 0xc, 0xd, 0xe, 0x12, 0x17, 0x55,
    };
    unsigned i;

    start_two();
    CHECK(enable(KVM_CAP_S390_USER_SIGP) == 0);
    for (i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        CHECK(order(inside[i], 1, 0) != USER);
    }
    for (i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        CHECK(order(outside[i], 1, 0) == USER);
    }
    CHECK(order(5, 7, 0) == USER); /* also of a CPU that is not there */
}

static void *run_other(void *opaque)
{
    return (void *)(long)kvm390_vcpu_ioctl(opaque, KVM_RUN, NULL);
}

/* The stopped CPU's own KVM_RUN returns, from a wait as well as from a loop. */
static void stop_other(unsigned code, uint64_t psw)
{
    struct kvm_run *other_run = kvm390_vcpu_run(other);
    pthread_t thread;
    void *ret;

    other_run->psw_mask = psw;
    other_run->psw_addr = CODE + 0x100;
    other_run->s.regs.gprs[9] = 0x9999;
    pthread_create(&thread, NULL, run_other, other);
    do {
        usleep(20000);
    } while (order(1, 1, 0) == STORED); /* stopped: it does not run yet */
    CHECK(order(code, 1, 0) == ACCEPTED);
    pthread_join(thread, &ret);
    CHECK(ret == NULL);
    CHECK(other_run->exit_reason == KVM_EXIT_S390_SIEIC);
    CHECK(other_run->s390_sieic.icptcode == 0x28);
    CHECK(other_run->psw_addr == CODE + 0x100);
    CHECK(order(1, 1, 0) == STORED && run->s.regs.gprs[0] == 0x40);
}

static void test_stop_other(void)
{
    start_two();
    memcpy(memory + CODE + 0x100, looping, sizeof(looping));
    stop_other(5, 0x180000000);
    stop_other(5, 0x0102000180000000); /* waits, external enabled */
    CHECK(memory[0x1280 + 9 * 8 + 7] == 0);
    stop_other(9, 0x0102000180000000);
    CHECK(memory[163] == 1 && memory[0x1280 + 9 * 8 + 7] == 0x99);
    memory[0x1280 + 9 * 8 + 7] = 0;
    stop_other(9, 0x180000000);
    CHECK(memory[0x1280 + 9 * 8 + 7] == 0x99);
    memory[0x1280 + 9 * 8 + 7] = 0;
    CHECK(order(9, 1, 0) == ACCEPTED); /* stopped already: stored at once */
    CHECK(memory[0x1280 + 9 * 8 + 7] == 0x99);
}

/* --- STSI --- */

static int stsi(uint32_t r0, uint32_t r1)
{
    run->psw_addr = CODE;
    run->s.regs.gprs[0] = r0;
    run->s.regs.gprs[1] = r1;
    run->s.regs.gprs[4] = 0x20000;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    return run->exit_reason;
}

static void test_stsi(void)
{
    /* stsi 0x1000(4); ipm 2; diag 0x501 */
    static const unsigned char code[] = {
        0xb2, 0x7d, 0x40, 0x00, 0xb2, 0x22, 0x00, 0x20, 0x83, 0x00, 0x05, 0x01,
    };

    vcpu = start_vcpu(code, sizeof(code));
    run = kvm390_vcpu_run(vcpu);
    CHECK(stsi(0x30000002, 2) == KVM_EXIT_S390_SIEIC && is_diag_501(run));
    CHECK(run->s.regs.gprs[0] == 0 && !(run->s.regs.gprs[2] >> 28));
    CHECK(memory[0x20000 + 31] == 1); /* one description */
    CHECK(enable(KVM_CAP_S390_USER_STSI) == 0);
    memset(memory + 0x20000, 0, 4096);
    CHECK(stsi(0x30000002, 2) == KVM_EXIT_S390_STSI);
    CHECK(run->s390_stsi.addr == 0x20000 && run->s390_stsi.ar == 4);
    CHECK(run->s390_stsi.fc == 3 && run->s390_stsi.sel1 == 2);
    CHECK(run->s390_stsi.sel2 == 2);
    CHECK(run->psw_addr == CODE + 4 && memory[0x20000 + 31] == 1);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && !(run->s.regs.gprs[2] >> 28));
    CHECK(stsi(0x10000001, 1) == KVM_EXIT_S390_STSI);
    /* nothing is stored, nothing to add */
    CHECK(stsi(0, 0) == KVM_EXIT_S390_SIEIC && is_diag_501(run));
    CHECK(run->s.regs.gprs[0] == 0x30000000);
    CHECK(stsi(0x30000003, 2) == KVM_EXIT_S390_SIEIC && is_diag_501(run));
    CHECK(run->s.regs.gprs[2] >> 28 == 3);
    CHECK(stsi(0x70000000, 0) == KVM_EXIT_S390_SIEIC && is_diag_501(run));
    CHECK(run->s.regs.gprs[2] >> 28 == 3);
}

/* --- DIAG 0x308 --- */

static void test_reset(void)
{
    /* diag 4,5,0x308; diag 0x501 */
    static const unsigned char code[] = {
        0x83, 0x45, 0x03, 0x08, 0x83, 0x00, 0x05, 0x01,
    };
    const uint64_t flags = KVM_S390_RESET_SUBSYSTEM | KVM_S390_RESET_IPL |
                           KVM_S390_RESET_CPU_INIT;
    struct kvm_mp_state state;

    vcpu = start_vcpu(code, sizeof(code));
    run = kvm390_vcpu_run(vcpu);
    run->s.regs.gprs[5] = 3;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_RESET);
    CHECK(run->s390_reset_flags == (flags | KVM_S390_RESET_CLEAR));
    CHECK(run->psw_addr == CODE + 4);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state) == 0);
    CHECK(state.mp_state == KVM_MP_STATE_STOPPED);
    run->psw_addr = CODE;
    run->s.regs.gprs[5] = 4;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_RESET);
    CHECK(run->s390_reset_flags == flags);
    run->psw_addr = CODE;
    run->s.regs.gprs[5] = 5; /* any other is a plain exit */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_sieic(4, 0x8345) && run->s390_sieic.ipb == 0x03080000);
    /* user space that owns the states has not stopped it yet */
    state.mp_state = KVM_MP_STATE_OPERATING;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    run->psw_addr = CODE;
    run->s.regs.gprs[5] = 4;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_RESET);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state) == 0);
    CHECK(state.mp_state == KVM_MP_STATE_OPERATING);
}

/* --- DIAG 0x44, 0x9c --- */

/* To yield is not user space's business, whoever it is in favour of. */
static void test_yield(void)
{
    /* diag 0,0,0x44; diag 3,0,0x9c; diag 0x501 */
    static const unsigned char code[] = {
        0x83, 0x00, 0x00, 0x44, 0x83, 0x30, 0x00, 0x9c, 0x83, 0x00, 0x05, 0x01,
    };
    static const uint64_t to[] = { 0, 1, 2, 0xffff, UINT64_MAX };
    unsigned i;

    vcpu = start_vcpu(code, sizeof(code));
    run = kvm390_vcpu_run(vcpu);
    other = kvm390_vcpu_create(vm, 1);
    CHECK(other != NULL);
    for (i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
        run->psw_addr = CODE;
        run->s.regs.gprs[3] = to[i];
        run->kvm_dirty_regs = KVM_SYNC_GPRS;
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
        CHECK(is_sieic(4, 0x8300) && run->s390_sieic.ipb == 0x05010000);
        CHECK(run->psw_addr == CODE + sizeof(code));
        CHECK(run->s.regs.gprs[3] == to[i]);
    }
}

/* --- DIAG 0x258 --- */

static int pfault(unsigned subcode, uint64_t token, uint64_t select,
                  uint64_t compare, uint64_t zarch)
{
    put64(memory + 0x20000, 0x0258000000050002 | (uint64_t)subcode << 32);
    put64(memory + 0x20008, token);
    put64(memory + 0x20010, select);
    put64(memory + 0x20018, compare);
    put64(memory + 0x20020, zarch);
    memory[0x8f] = 0;
    run->psw_addr = CODE;
    run->s.regs.gprs[4] = 0x20000;
    run->s.regs.gprs[5] = 77;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    if (is_sieic(4, 0x8345)) {
        return -1;
    }
    CHECK(is_diag_501(run));
    return memory[0x8f] ? -(int)memory[0x8f] : (int)run->s.regs.gprs[5];
}

static void test_pfault_token(void)
{
    /* diag 4,5,0x258; diag 0x501 */
    static const unsigned char code[] = {
        0x83, 0x45, 0x02, 0x58, 0x83, 0x00, 0x05, 0x01,
    };
    const uint64_t z = 1ull << 63;

    vcpu = start_vcpu(code, sizeof(code));
    run = kvm390_vcpu_run(vcpu);
    put64(memory + 0x1d0, 0x180000000);
    put64(memory + 0x1d8, CODE + 4);
    CHECK(pfault(1, 0, 0, 0, 0) == 4); /* not established */
    CHECK(pfault(1, 8, 0, 0, 0) == -6);
    CHECK(pfault(0, 0x1001, 0, 0, z) == -6);
    CHECK(pfault(0, 0x1000, 1, 2, z) == -6);
    CHECK(pfault(0, 0x1000, 0, 0, 0) == -6);
    CHECK(pfault(0, MEMORY, 0, 0, z) == -5);
    CHECK(pfault(0, 0x1000, 3, 2, z) == 0);
    CHECK(run->s.regs.pft == 0x1000 && run->s.regs.pfs == 3);
    CHECK(run->s.regs.pfc == 2);
    CHECK(pfault(0, 0x2000, 0, 0, z) == 8);
    CHECK(run->s.regs.pft == 0x1000);
    CHECK(pfault(1, 0, 0, 0, 0) == 0);
    CHECK(run->s.regs.pft == -1ull);
    CHECK(pfault(2, 0, 0, 0, 0) == -1); /* user space's */
}

/* --- instructions that KVM has no handler for --- */

/* With a channel subsystem and without one. */
static void test_unhandled(void)
{
    static const unsigned char code[][6] = {
        { 0xb9, 0xd0, 0x00, 0x24 },             /* PCISTG */
        { 0xb9, 0xd2, 0x00, 0x24 },             /* PCILG */
        { 0xb9, 0xd3, 0x00, 0x24 },             /* RPCIT */
        { 0xe3, 0x24, 0x00, 0x00, 0x00, 0xd0 }, /* MPCIFC */
        { 0xe3, 0x24, 0x00, 0x00, 0x00, 0xd4 }, /* STPCIFC */
        { 0xeb, 0x24, 0x00, 0x00, 0x00, 0xd0 }, /* PCISTB */
        { 0xeb, 0x24, 0x00, 0x00, 0x00, 0xd1 }, /* SIC */
    };
    unsigned i;

    vcpu = start_vcpu(code, sizeof(code));
    run = kvm390_vcpu_run(vcpu);
    for (i = 0; i < 2 * sizeof(code) / sizeof(code[0]); i++) {
        const unsigned char *insn = code[i % (sizeof(code) / sizeof(code[0]))];

        if (i == sizeof(code) / sizeof(code[0])) {
            struct kvm_enable_cap css = { .cap = KVM_CAP_S390_CSS_SUPPORT };

            CHECK(kvm390_vcpu_ioctl(vcpu, KVM_ENABLE_CAP, &css) == 0);
        }
        run->psw_addr = CODE + (insn - code[0]);
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
        CHECK(is_sieic(4, insn[0] << 8 | insn[1]));
        CHECK((run->s390_sieic.ipb & 0xff) == insn[5] || insn[0] == 0xb9);
    }
}

/* --- operation exceptions --- */

static void test_operation_exceptions(void)
{
    static const unsigned char zero[] = { 0x00, 0x00, 0x83, 0x00, 0x05, 0x01 };
    static const unsigned char unknown[] = {
        0xb2, 0xff, 0x12, 0x34, 0x83, 0x00, 0x05, 0x01,
    };

    vcpu = start_vcpu(zero, sizeof(zero));
    run = kvm390_vcpu_run(vcpu);
    put64(memory + 0x1d0, 0x180000000);
    put64(memory + 0x1d8, CODE + 0x100);
    memcpy(memory + CODE + 0x100, "\x83\x00\x05\x01", 4);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && memory[0x8f] == 1); /* the guest's */
    CHECK(enable(KVM_CAP_S390_USER_INSTR0) == 0);
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_sieic(0x2c, 0) && run->psw_addr == CODE + 2);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
    /* as the target of EX, with what a register adds */
    memcpy(memory + CODE + 0x200, "\x44\x10\x20\x00\x83\x00\x05\x01", 8);
    run->psw_addr = CODE + 0x200;
    run->s.regs.gprs[1] = 0x34;
    run->s.regs.gprs[2] = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->psw_addr == CODE + 0x104);
    run->psw_addr = CODE + 0x200;
    run->s.regs.gprs[1] = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_sieic(0x2c, 0));
    memcpy(memory + CODE, unknown, sizeof(unknown));
    memory[0x8f] = 0;
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && memory[0x8f] == 1);
    CHECK(enable(KVM_CAP_S390_USER_OPEREXEC) == 0); /* with vCPUs there */
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_sieic(0x2c, 0xb2ff) && run->s390_sieic.ipb == 0x12340000);
    CHECK(run->psw_addr == CODE + 4);
}

/* --- debugging --- */

/* 0: ahi 2,1; 4: diag 0x501; 8: st 2,0x300; c: ahi 3,1; 10: j 0 */
static const unsigned char steps[] = {
    0xa7, 0x2a, 0x00, 0x01, 0x83, 0x00, 0x05, 0x01, 0x50, 0x20, 0x03, 0x00,
    0xa7, 0x3a, 0x00, 0x01, 0xa7, 0xf4, 0xff, 0xf8,
};

static int debug(unsigned flags, struct kvm_hw_breakpoint *points, unsigned n)
{
    struct kvm_guest_debug d = { .control = flags };

    d.arch.nr_hw_bp = n;
    d.arch.hw_bp = points;
    return kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &d);
}

#define ON   KVM_GUESTDBG_ENABLE
#define STEP (ON | KVM_GUESTDBG_SINGLESTEP)
#define HW   (ON | KVM_GUESTDBG_USE_HW_BP)

static void start_debugged(void)
{
    vcpu = start_vcpu(steps, sizeof(steps));
    run = kvm390_vcpu_run(vcpu);
}

/* Run: does it stop for this reason, at this offset? */
static bool stops(unsigned type, unsigned addr, unsigned psw)
{
    if (kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) ||
        run->exit_reason != KVM_EXIT_DEBUG) {
        printf("# exit %u at 0x%llx\n", run->exit_reason,
               (unsigned long long)run->psw_addr);
        return false;
    }
    if (run->debug.arch.type == type && run->debug.arch.addr == addr &&
        run->psw_addr == CODE + psw) {
        return true;
    }
    printf("# debug %u 0x%llx at 0x%llx\n", run->debug.arch.type,
           (unsigned long long)run->debug.arch.addr,
           (unsigned long long)run->psw_addr);
    return false;
}

static bool exits(void)
{
    return kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run) &&
           run->psw_addr == CODE + 8;
}

static void test_debug_errors(void)
{
    static struct kvm_hw_breakpoint points[51];
    unsigned i;

    start_debugged();
    FAILS(debug(0x40000000, NULL, 0), EINVAL);
    FAILS(debug(ON | 0x20000, NULL, 0), EINVAL);
    CHECK(debug(HW, NULL, 5) == 0);
    CHECK(debug(HW, points, 0) == 0);
    FAILS(debug(HW, (void *)8, 1), EFAULT);
    for (i = 0; i < 51; i++) {
        points[i].type = KVM_HW_BP;
    }
    CHECK(debug(HW, points, 50) == 0);
    FAILS(debug(HW, points, 51), EINVAL);
    points[0].type = 99; /* passed over */
    CHECK(debug(HW, points, 1) == 0);
    points[0].type = KVM_HW_WP_WRITE;
    points[0].len = 100;
    CHECK(debug(HW, points, 1) == 0);
    points[0].len = 101;
    FAILS(debug(HW, points, 1), EINVAL);
    CHECK(exits() && exits()); /* after a failure, none is set */
}

static void test_single_step(void)
{
    start_debugged();
    CHECK(debug(STEP, NULL, 0) == 0);
    CHECK(stops(KVM_SINGLESTEP, CODE + 4, 4));
    CHECK(exits());
    CHECK(stops(KVM_SINGLESTEP, CODE + 8, 8)); /* it is emulated now */
    CHECK(stops(KVM_SINGLESTEP, CODE + 12, 12));
    CHECK(stops(KVM_SINGLESTEP, CODE + 16, 16));
    CHECK(stops(KVM_SINGLESTEP, CODE, 0));
    CHECK(debug(0, NULL, 0) == 0);
    CHECK(exits());
}

/* The clock comparator interrupts no stepping, and does as soon as it ends. */
static void test_single_step_timer(void)
{
    struct kvm_sregs sregs;

    start_debugged();
    put64(memory + 0x1b0, 0x180000000);
    put64(memory + 0x1b8, CODE + 12);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    sregs.crs[0] |= 0x800;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    run->s.regs.ckc = 0; /* long over */
    run->s.regs.cputm = 1ull << 60;
    run->kvm_dirty_regs = KVM_SYNC_ARCH0;
    run->psw_mask |= 1ull << 56;
    CHECK(debug(STEP, NULL, 0) == 0);
    CHECK(stops(KVM_SINGLESTEP, CODE + 4, 4));
    usleep(20000);
    CHECK(exits());
    CHECK(stops(KVM_SINGLESTEP, CODE + 8, 8));
    CHECK(stops(KVM_SINGLESTEP, CODE + 12, 12));
    CHECK(memory[0x87] == 0);
    CHECK(debug(0, NULL, 0) == 0);
    CHECK(exits());
    CHECK(memory[0x86] == 0x10 && memory[0x87] == 0x04);
}

static void test_breakpoints(void)
{
    struct kvm_hw_breakpoint points[] = {
        { .addr = CODE + 12, .len = 2, .type = KVM_HW_BP },
        { .addr = CODE + 8, .len = 2, .type = KVM_HW_BP },
    };
    int i;

    start_debugged();
    CHECK(debug(HW, points, 1) == 0);
    for (i = 0; i < 3; i++) {
        CHECK(exits());
        CHECK(stops(KVM_HW_BP, CODE + 12, 12));
    }
    CHECK(run->s.regs.gprs[2] == 3 && run->s.regs.gprs[3] == 2);
    /* behind an instruction that user space emulates */
    CHECK(debug(HW, points, 2) == 0);
    CHECK(exits());
    CHECK(stops(KVM_HW_BP, CODE + 8, 8));
    CHECK(stops(KVM_HW_BP, CODE + 12, 12));
    /* both: a breakpoint is what counts */
    CHECK(debug(HW | STEP, points, 1) == 0);
    CHECK(stops(KVM_SINGLESTEP, CODE + 16, 16));
    CHECK(stops(KVM_SINGLESTEP, CODE, 0));
    CHECK(stops(KVM_SINGLESTEP, CODE + 4, 4));
    CHECK(exits());
    CHECK(stops(KVM_SINGLESTEP, CODE + 8, 8));
    CHECK(stops(KVM_HW_BP, CODE + 12, 12));
    /* a start at a breakpoint it was not stopped at: told behind it */
    CHECK(debug(0, NULL, 0) == 0);
    CHECK(debug(HW, points, 1) == 0);
    CHECK(stops(KVM_HW_BP, CODE + 12, 16));
    CHECK(exits());
}

static void test_breakpoint_range(void)
{
    struct kvm_hw_breakpoint point = {
        .addr = CODE + 10, .len = 8, .type = KVM_HW_BP,
    };

    start_debugged();
    CHECK(debug(HW, &point, 1) == 0);
    CHECK(exits());
    CHECK(stops(KVM_HW_BP, CODE + 12, 12));
    CHECK(stops(KVM_HW_BP, CODE + 16, 16));
    CHECK(exits());
    point.len = 0x100000; /* all behind */
    CHECK(debug(HW, &point, 1) == 0);
    CHECK(stops(KVM_HW_BP, CODE + 12, 12));
    CHECK(stops(KVM_HW_BP, CODE + 16, 16));
    CHECK(exits());
}

static void test_watchpoint(void)
{
    struct kvm_hw_breakpoint point = {
        .addr = 0x302, .phys_addr = 0x302, .len = 2, .type = KVM_HW_WP_WRITE,
    };

    start_debugged();
    CHECK(debug(HW, &point, 1) == 0);
    CHECK(exits());
    CHECK(stops(KVM_HW_WP_WRITE, 0x302, 12));
    CHECK(memory[0x303] == 1); /* it is stored */
    CHECK(exits());
    /* a store of what is there already is none */
    memory[0x303] = 2;
    CHECK(debug(HW, &point, 1) == 0);
    CHECK(exits() && memory[0x303] == 2);
    CHECK(stops(KVM_HW_WP_WRITE, 0x302, 12));
    CHECK(memory[0x303] == 3);
    /* nor is one beside it */
    point.addr = point.phys_addr = 0x304;
    CHECK(debug(HW, &point, 1) == 0);
    CHECK(exits() && exits());
    CHECK(debug(0, NULL, 0) == 0);
    CHECK(exits());
}

static const struct test tests[] = {
    { "SIGP", test_sigp, false },
    { "USER_SIGP", test_user_sigp, false },
    { "SIGP stops a CPU that runs", test_stop_other, false },
    { "STSI, USER_STSI", test_stsi, false },
    { "KVM_EXIT_S390_RESET", test_reset, false },
    { "DIAG 0x44, DIAG 0x9c", test_yield, false },
    { "DIAG 0x258", test_pfault_token, false },
    { "SET_GUEST_DEBUG: errors", test_debug_errors, false },
    { "single-step", test_single_step, false },
    { "single-step and the clock comparator", test_single_step_timer, false },
    { "breakpoints", test_breakpoints, false },
    { "breakpoints over a range", test_breakpoint_range, false },
    { "write watchpoints", test_watchpoint, false },
    { "PCI instructions and SIC are user space's", test_unhandled, false },
    { "USER_INSTR0, USER_OPEREXEC", test_operation_exceptions, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
