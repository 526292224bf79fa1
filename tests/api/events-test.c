/*
 * The KVM API on the host: interruptions and debugging of a vCPU
 *
 *     events-test QEMU
 *
 * Each test starts a VM of its own. Expectations are KVM's (Linux,
 * Documentation/virt/kvm/api.rst and what arch/s390/kvm observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <signal.h>

static int interrupt(struct kvm390_vcpu *vcpu, uint32_t type, uint32_t parm)
{
    struct kvm_s390_interrupt i = { .type = type, .parm = parm };

    return vcpu ? kvm390_vcpu_ioctl(vcpu, KVM_S390_INTERRUPT, &i) :
                  kvm390_vm_ioctl(vm, KVM_S390_INTERRUPT, &i);
}

static void test_interrupts(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    static struct kvm_s390_irq irqs[300];
    struct kvm_s390_irq_state state = {
        .buf = (uintptr_t)irqs, .len = sizeof(irqs),
    };

    FAILS(interrupt(vcpu, KVM_S390_INT_SERVICE, 0), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_INT_VIRTIO, 0), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_INT_EMERGENCY, 0x10000), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_INT_EMERGENCY, 9), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_INT_EXTERNAL_CALL, 9), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_PROGRAM_INT, 0x10000), EINVAL);
    FAILS(interrupt(NULL, KVM_S390_PROGRAM_INT, 1), EINVAL);
    FAILS(interrupt(NULL, KVM_S390_INT_EMERGENCY, 0), EINVAL);
    CHECK(interrupt(vcpu, KVM_S390_INT_EMERGENCY, 0) == 0);
    CHECK(interrupt(vcpu, KVM_S390_INT_EXTERNAL_CALL, 0) == 0);
    FAILS(interrupt(vcpu, KVM_S390_INT_EXTERNAL_CALL, 0), EBUSY);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state) ==
          2 * sizeof(irqs[0]));
    CHECK(irqs[0].type == KVM_S390_INT_EMERGENCY);
    CHECK(irqs[1].type == KVM_S390_INT_EXTERNAL_CALL);
    state.len = sizeof(irqs[0]);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state), ENOBUFS);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_IRQ_STATE, &state), EBUSY);
    state.len = 0;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state), EINVAL);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_IRQ_STATE, &state), EINVAL);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_NORMAL_RESET, NULL) == 0);
    state.len = sizeof(irqs);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state) == 0);
    state.len = 2 * sizeof(irqs[0]);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_IRQ_STATE, &state) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state) ==
          2 * sizeof(irqs[0]));
}

static void test_program_interrupt(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    put64(memory + 0x1d0, 0x180000000);
    put64(memory + 0x1d8, CODE + 4);
    CHECK(interrupt(vcpu, KVM_S390_PROGRAM_INT, 6) == 0);
    run->s.regs.gprs[2] = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.gprs[2] == 0);
    CHECK(memory[0x8f] == 6 && memory[0x8d] == 4); /* code, ILC */
    CHECK(memory[0x15f] == 0x08);                  /* old PSW: suppressed */
}

static void test_stop(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(looping, sizeof(looping));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_mp_state state;

    state.mp_state = KVM_MP_STATE_OPERATING;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    CHECK(interrupt(vcpu, KVM_S390_SIGP_STOP, 0) == 0);
    FAILS(interrupt(vcpu, KVM_S390_SIGP_STOP, 0), EBUSY);
    FAILS(interrupt(vcpu, KVM_S390_SIGP_STOP, 0x80), EINVAL);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_SIEIC);
    CHECK(run->s390_sieic.icptcode == 0x28);
    FAILS(interrupt(vcpu, KVM_S390_SIGP_SET_PREFIX, 0x2000), EBUSY);
}

static void test_debug(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_hw_breakpoint bp = {
        .addr = CODE + 8, .len = 2, .type = KVM_HW_BP,
    };
    struct kvm_guest_debug debug = { .control = 0x40000000 };

    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EINVAL);

    /* Limits, and what is passed over. */
    debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
    debug.arch.hw_bp = (void *)8;
    debug.arch.nr_hw_bp = 51;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EINVAL);
    debug.arch.nr_hw_bp = 50;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EFAULT);
    debug.arch.hw_bp = NULL;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    debug.arch.hw_bp = &bp;
    debug.arch.nr_hw_bp = 1;
    bp.type = KVM_HW_WP_WRITE;
    bp.len = 101;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EINVAL);
    bp.len = -1;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EINVAL);
    bp.type = 99;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    bp.type = KVM_HW_BP;
    bp.len = 2;
    debug.arch.nr_hw_bp = 0;
    debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_DEBUG && run->psw_addr == CODE + 4);
    debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
    debug.arch.nr_hw_bp = 1;
    debug.arch.hw_bp = &bp;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_DEBUG && run->psw_addr == CODE + 8);
    debug.control = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
}

static const struct test tests[] = {
    { "INTERRUPT, IRQ_STATE", test_interrupts, false },
    { "program interruption", test_program_interrupt, false },
    { "stop", test_stop, false },
    { "SET_GUEST_DEBUG", test_debug, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
