/*
 * The KVM API on the host: what one single step is
 *
 *     step-test QEMU
 *
 * An instruction and its own interruption, or the taking of what is pending;
 * never nothing, never two.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include <sys/time.h>

#define BASE 0x0000000180000000ull
#define EXT  0x0100000000000000ull
#define WAIT 0x0002000000000000ull

enum { NEW_RESTART = 0x1a0, NEW_EXTERNAL = 0x1b0, NEW_SVC = 0x1c0 };
enum { PSW_AT = CODE + 0x800, HANDLER = CODE + 0x900, TARGET = CODE + 0xa00 };
enum { WAITING = 0x1c, STOPPED = 0x28 };

static struct kvm390_vcpu *vcpu;
static struct kvm_run *run;

static void put_psw(uint64_t at, uint64_t mask, uint64_t addr)
{
    put64(memory + at, mask);
    put64(memory + at + 8, addr);
}

static void single_step(bool on)
{
    struct kvm_guest_debug debug = {
        .control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0,
    };

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
}

/* A guest that takes emergency signals, one of which is pending. */
static void start_guest(const void *code, size_t len)
{
    vcpu = start_vcpu(code, len);
    run = kvm390_vcpu_run(vcpu);
    put_psw(NEW_EXTERNAL, BASE, HANDLER);
    put_psw(NEW_RESTART, BASE, HANDLER);
    run->s.regs.crs[0] = 0x40e0;
    run->kvm_dirty_regs = KVM_SYNC_CRS;
    run->s.regs.gprs[4] = PSW_AT;
    single_step(true);
}

static void inject(uint64_t type)
{
    struct kvm_s390_irq irq = { .type = type };

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_IRQ, &irq) == 0);
}

static bool steps_to(uint64_t mask, uint64_t addr)
{
    return kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 &&
           run->exit_reason == KVM_EXIT_DEBUG &&
           run->debug.arch.addr == addr && run->psw_addr == addr &&
           run->psw_mask == mask;
}

static bool exits_with(uint8_t icptcode)
{
    return kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 &&
           run->exit_reason == KVM_EXIT_S390_SIEIC &&
           run->s390_sieic.icptcode == icptcode;
}

/* lpswe 0(4), and what comes there */
static void test_load_psw(void)
{
    start_guest("\xb2\xb2\x40\x00", 4);
    memcpy(memory + TARGET, "\xa7\x2b\x00\x01", 4);
    put_psw(PSW_AT, BASE, TARGET);
    CHECK(steps_to(BASE, TARGET));
    CHECK(steps_to(BASE | 2ull << 44, TARGET + 4));
    /* an interruption that it lets in is a step of its own */
    put_psw(PSW_AT, BASE | EXT, TARGET);
    inject(KVM_S390_INT_EMERGENCY);
    run->psw_addr = CODE;
    CHECK(steps_to(BASE | EXT, TARGET));
    CHECK(steps_to(BASE, HANDLER));
}

/* The wait is not part of the step that leads there. */
static void test_load_wait(void)
{
    start_guest("\xb2\xb2\x40\x00", 4);
    put_psw(PSW_AT, BASE | WAIT, TARGET);
    CHECK(steps_to(BASE | WAIT, TARGET));
    CHECK(exits_with(WAITING));
    CHECK(exits_with(WAITING));
    put_psw(PSW_AT, BASE | WAIT | EXT, TARGET);
    run->psw_mask = BASE;
    run->psw_addr = CODE;
    CHECK(steps_to(BASE | WAIT | EXT, TARGET));
    inject(KVM_S390_INT_EMERGENCY);
    CHECK(steps_to(BASE, HANDLER));
}

/* svc 1: its new PSW lets an interruption in */
static void test_supervisor_call(void)
{
    start_guest("\x0a\x01", 2);
    put_psw(NEW_SVC, BASE | EXT, TARGET);
    inject(KVM_S390_INT_EMERGENCY);
    CHECK(steps_to(BASE | EXT, TARGET));
    CHECK(steps_to(BASE, HANDLER));
}

/* A stop comes behind what is taken, and is no step. */
static void test_stop(void)
{
    start_guest("\xa7\x2b\x00\x01", 4);
    memcpy(memory + HANDLER, "\xa7\x2b\x00\x01", 4);
    inject(KVM_S390_RESTART);
    CHECK(steps_to(BASE, HANDLER)); /* it was not operating before */
    inject(KVM_S390_RESTART);
    inject(KVM_S390_SIGP_STOP);
    CHECK(steps_to(BASE, HANDLER));
    CHECK(exits_with(STOPPED));
    CHECK(steps_to(BASE | 2ull << 44, HANDLER + 4));
}

static void on_alarm(int nr_of_signal __attribute__((unused)))
{
}

/* A kick makes no step of nothing: it is one, or -EINTR. */
static void test_kicked_step(void)
{
    struct itimerval limit = { { 0, 20000 }, { 0, 0 } }, off = { };
    uint64_t done = 0;
    unsigned i;

    /* ex 0,0(4) of aghi 2,1, for ever: it is the longest way */
    start_guest("\x44\x00\x40\x00\xa7\xf4\xff\xfe", 8);
    memcpy(memory + PSW_AT, "\xa7\x2b\x00\x01", 4);
    for (i = 0; i < 20000 && test_ok; i++) {
        int ret;

        limit.it_value.tv_usec = 15 + i % 30;
        setitimer(ITIMER_REAL, &limit, NULL);
        ret = kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL);
        setitimer(ITIMER_REAL, &off, NULL);
        done += ret == 0;
        CHECK(run->psw_addr == CODE + done % 2 * 4);
        CHECK(run->s.regs.gprs[2] == (done + 1) / 2);
    }
}

static const struct test tests[] = {
    { "a step over LPSWE ends behind it", test_load_psw, false },
    { "a step to a wait ends before it", test_load_wait, false },
    { "a step over SVC ends at its new PSW", test_supervisor_call, false },
    { "a stop is no step", test_stop, false },
    { "a kicked step is one or none", test_kicked_step, false },
};

int main(int argc, char **argv)
{
    const struct sigaction action = { .sa_handler = on_alarm };

    sigaction(SIGALRM, &action, NULL);
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
