/*
 * The KVM API on the host: vCPUs that are created, run, signalled, and wait
 *
 *     vcpu-test QEMU
 *
 * Each test starts a VM of its own. Expectations are KVM's (Linux,
 * Documentation/virt/kvm/api.rst and what arch/s390/kvm observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static void test_create_vcpu(void)
{
    CHECK(kvm390_vcpu_create(vm, 5));
    CHECK(!kvm390_vcpu_create(vm, 5) && errno == EEXIST);
    CHECK(!kvm390_vcpu_create(vm, 248) && errno == EINVAL);
    CHECK(kvm390_vcpu_create(vm, 247));
}

static void test_run(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    uint64_t i;

    FAILS(kvm390_vcpu_ioctl(vcpu, 0x1234, NULL), EINVAL);
    FAILS(kvm390_vcpu_ioctl(vcpu, _IO(KVMIO, 0xff), NULL), ENOTTY);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_CREATE_VCPU, NULL), ENOTTY);
    for (i = 1; i < 100; i++) {
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
        CHECK(is_diag_501(run) && run->s.regs.gprs[2] == i);
        CHECK(run->psw_addr == CODE + 8);
    }
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, (void *)1), EINVAL);
    run->immediate_exit = 1;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
    run->immediate_exit = 0;
    run->kvm_valid_regs |= 1ull << 40;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINVAL);
    run->kvm_valid_regs = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->s.regs.gprs[2] == i);
}

static void test_run_without_memory(void)
{
    struct kvm390_vcpu *vcpu = kvm390_vcpu_create(vm, 0);

    CHECK(vcpu);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EFAULT);
}

/* New code at an old address must be what runs. */
static void test_changed_code(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    int i;

    for (i = 1; i < 50; i++) {
        memory[CODE + 3] = i; /* aghi %r2,i */
        run->psw_addr = CODE;
        run->s.regs.gprs[2] = 0;
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
        CHECK(run->s.regs.gprs[2] == (uint64_t)i);
    }
}

static volatile int signals;

static void on_signal(int sig)
{
    (void)sig;
    signals++;
}

static void test_signal(void)
{
    struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct kvm390_vcpu *vcpu = start_vcpu(looping, sizeof(looping));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct itimerspec once = { .it_value.tv_nsec = 30000000 };
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
    };
    timer_t timer;
    int i;

    sigaction(SIGUSR1, &act, NULL);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    for (i = 0; i < 5; i++) {
        timer_settime(timer, 0, &once, NULL);
        FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
        CHECK(run->exit_reason == KVM_EXIT_INTR);
        CHECK(signals == i + 1);
    }
    timer_delete(timer);
}

/* Without USER_SIGP it stays inside. Sense: a stopped CPU, one that is not. */
static void test_sigp(void)
{
    /* sigp %r2,%r4,1; ipm %r6; sigp %r2,%r5,1; ipm %r7; diag 0,0,0x501 */
    static const unsigned char sense[] = {
        0xae, 0x24, 0x00, 0x01, 0xb2, 0x22, 0x00, 0x60,
        0xae, 0x25, 0x00, 0x01, 0xb2, 0x22, 0x00, 0x70,
        0x83, 0x00, 0x05, 0x01,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(sense, sizeof(sense));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    CHECK(kvm390_vcpu_create(vm, 1) != NULL);
    run->s.regs.gprs[4] = 1;
    run->s.regs.gprs[5] = 7;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    CHECK((run->s.regs.gprs[6] >> 28 & 3) == 1);
    CHECK((run->s.regs.gprs[2] & 0x40) == 0x40);
    CHECK((run->s.regs.gprs[7] >> 28 & 3) == 3); /* not operational */
}

static void *send_usr1(void *to)
{
    usleep(20000);
    pthread_kill(*(pthread_t *)to, SIGUSR1);
    return NULL;
}

/* A signal that is blocked, but not in KVM_RUN, ends it and stays pending. */
static void test_signal_mask(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(looping, sizeof(looping));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct {
        struct kvm_signal_mask head;
        unsigned char bits[8];
    } mask = { .head.len = 4 };
    pthread_t thread, self = pthread_self();
    sigset_t usr1, pending;
    int sig;

    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, &mask), EINVAL);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, (void *)8), EFAULT);
    mask.head.len = 8;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, &mask) == 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    pthread_kill(pthread_self(), SIGUSR1);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
    CHECK(run->exit_reason == KVM_EXIT_INTR);
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGUSR1));
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
    sigwait(&usr1, &sig);
    /* One that comes while it runs. */
    pthread_create(&thread, NULL, send_usr1, &self);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
    pthread_join(thread, NULL);
    sigwait(&usr1, &sig);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, NULL) == 0);
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
}

static void test_wait(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(looping, sizeof(looping));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    run->psw_mask = 0x2000180000000; /* wait, nothing enabled */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_SIEIC);
    CHECK(run->s390_sieic.icptcode == 0x1c);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->s390_sieic.icptcode == 0x1c);
}

static void *inject_later(void *opaque)
{
    struct kvm_s390_irq irq = { .type = KVM_S390_INT_EMERGENCY };

    usleep(30000);
    return (void *)(long)kvm390_vcpu_ioctl(opaque, KVM_S390_IRQ, &irq);
}

/* An interruption from another thread ends an enabled wait. */
static void test_wait_ends(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_sregs sregs;
    pthread_t thread;
    void *ret;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    sregs.crs[0] |= 0x4000; /* emergency signal */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    put64(memory + 0x1b0, 0x180000000); /* external new PSW */
    put64(memory + 0x1b8, CODE);
    run->psw_mask = 0x102000180000000; /* wait, external enabled */
    pthread_create(&thread, NULL, inject_later, vcpu);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
    pthread_join(thread, &ret);
    CHECK(ret == NULL);
    CHECK(memory[0x86] == 0x12 && memory[0x87] == 0x01);
}

static const struct test tests[] = {
    { "CREATE_VCPU", test_create_vcpu, false },
    { "RUN", test_run, false },
    { "RUN without memory", test_run_without_memory, false },
    { "RUN of code that changed", test_changed_code, false },
    { "RUN and signals", test_signal, false },
    { "SIGP", test_sigp, false },
    { "SET_SIGNAL_MASK", test_signal_mask, false },
    { "disabled wait", test_wait, false },
    { "an interruption ends a wait", test_wait_ends, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
