/*
 * The KVM API on the host: one KVM_RUN leaves nothing behind for the next
 *
 *     rerun-test QEMU
 *
 * One test for each rule; model-run-test has all of them at random.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include <pthread.h>
#include <sys/time.h>

#define BASE 0x0000000180000000ull
#define EXT  0x0100000000000000ull
#define WAIT 0x0002000000000000ull

#define CR0_EMERGENCY 0x4000

enum { RESTART = 0x120, EXTERNAL = 0x130, SVC = 0x140, PROGRAM = 0x150,
       NEW = 0x80 };
enum { STOPPED = 0x28, WAITING = 0x1c, INSTRUCTION = 4 };

/* -1: not an interception */
static int icptcode(const struct kvm_run *run)
{
    return run->exit_reason == KVM_EXIT_S390_SIEIC ? run->s390_sieic.icptcode
                                                   : -1;
}

static void new_psw(unsigned class, uint64_t mask, uint64_t addr)
{
    put64(memory + class + NEW, mask);
    put64(memory + class + NEW + 8, addr);
}

static uint64_t lowcore64(unsigned at)
{
    uint64_t value;

    memcpy(&value, memory + at, 8);
    return __builtin_bswap64(value);
}

/* --- a vCPU that stopped or waits runs again --- */

static struct kvm390_vcpu *vcpu;
static struct kvm_run *run;

static int do_ioctl(unsigned long request, const void *arg)
{
    return kvm390_vcpu_ioctl(vcpu, request, (void *)arg);
}

static int inject(uint64_t type, unsigned code)
{
    struct kvm_s390_irq irq = { .type = type };

    if (type == KVM_S390_PROGRAM_INT) {
        irq.u.pgm.code = code;
    }
    return do_ioctl(KVM_S390_IRQ, &irq);
}

static void on_alarm(int nr_of_signal __attribute__((unused)))
{
}

/* KVM_RUN, interrupted after some microseconds. */
static int run_for(unsigned usec)
{
    const struct itimerval limit = { { 0, 20000 }, { 0, usec } }, off = { };
    int ret, error;

    setitimer(ITIMER_REAL, &limit, NULL);
    ret = do_ioctl(KVM_RUN, NULL);
    error = errno;
    setitimer(ITIMER_REAL, &off, NULL);
    errno = error;
    return ret;
}

static int run_at(uint64_t mask, uint64_t addr)
{
    run->psw_mask = mask;
    run->psw_addr = addr;
    return run_for(900000);
}

/* Interruptions lead to a disabled wait at an address that is not there. */
static void start_guest(void)
{
    static const unsigned classes[] = { RESTART, EXTERNAL, SVC, PROGRAM };
    unsigned i;

    vcpu = start_vcpu(counting, sizeof(counting));
    run = kvm390_vcpu_run(vcpu);
    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        new_psw(classes[i], BASE | WAIT, 0xdead000 + classes[i]);
    }
}

static void check_runs(void)
{
    CHECK(run_at(BASE, CODE) == 0);
    CHECK(is_diag_501(run) && run->psw_addr == CODE + 8);
}

static void wait_by(uint64_t type, unsigned code, unsigned class)
{
    CHECK(inject(type, code) == 0);
    CHECK(run_at(BASE | EXT, CODE) == 0);
    CHECK(icptcode(run) == WAITING);
    CHECK(run->psw_addr == 0xdead000 + class);
    CHECK(lowcore64(class) == (BASE | EXT) && lowcore64(class + 8) == CODE);
}

static void test_after_wait(void)
{
    start_guest();
    run->s.regs.crs[0] = CR0_EMERGENCY;
    run->kvm_dirty_regs = KVM_SYNC_CRS;
    wait_by(KVM_S390_PROGRAM_INT, 1, PROGRAM);
    check_runs();
    wait_by(KVM_S390_RESTART, 0, RESTART);
    check_runs();
    wait_by(KVM_S390_INT_EMERGENCY, 0, EXTERNAL);
    check_runs();
    CHECK(run_at(BASE | WAIT, CODE) == 0 && icptcode(run) == WAITING);
    check_runs();
}

static void set_state(uint32_t mp_state)
{
    const struct kvm_mp_state state = { mp_state };

    CHECK(do_ioctl(KVM_SET_MP_STATE, &state) == 0);
}

static void test_after_stop(void)
{
    start_guest();
    check_runs();
    CHECK(inject(KVM_S390_SIGP_STOP, 0) == 0);
    CHECK(run_at(BASE, CODE) == 0 && icptcode(run) == STOPPED);
    check_runs();
    set_state(KVM_MP_STATE_OPERATING); /* user space's from now on */
    CHECK(inject(KVM_S390_SIGP_STOP, 0) == 0);
    CHECK(run_at(BASE, CODE) == 0 && icptcode(run) == STOPPED);
    CHECK(run_at(BASE, CODE) == 0 && icptcode(run) == STOPPED);
    set_state(KVM_MP_STATE_STOPPED);
    set_state(KVM_MP_STATE_OPERATING);
    check_runs();
}

/* KVM delivers before it looks at the wait. */
static void test_disabled_wait_ends(void)
{
    start_guest();
    new_psw(RESTART, BASE, CODE);
    CHECK(run_at(BASE | WAIT, 0) == 0 && icptcode(run) == WAITING);
    CHECK(inject(KVM_S390_RESTART, 0) == 0);
    CHECK(run_at(BASE | WAIT, 0) == 0 && is_diag_501(run));
    new_psw(PROGRAM, BASE, CODE);
    CHECK(inject(KVM_S390_PROGRAM_INT, 1) == 0);
    CHECK(run_at(BASE | WAIT, 0) == 0 && is_diag_501(run));
    CHECK(inject(KVM_S390_SIGP_STOP, 0) == 0);
    CHECK(run_at(BASE | WAIT, 0) == 0 && icptcode(run) == STOPPED);
}

/* An exception that is injected has the length of what KVM_RUN exited on. */
static void test_instruction_length(void)
{
    start_guest();
    check_runs();
    CHECK(inject(KVM_S390_PROGRAM_INT, 0x11) == 0);
    CHECK(run_for(900000) == 0 && icptcode(run) == WAITING);
    CHECK(lowcore64(PROGRAM + 8) == CODE + 4 && memory[0x8d] == 4);

    check_runs();
    memcpy(memory + CODE + 0x100, looping, sizeof(looping));
    run->psw_addr = CODE + 0x100;
    CHECK(run_for(1000) == -1 && errno == EINTR);
    CHECK(inject(KVM_S390_PROGRAM_INT, 0x11) == 0);
    CHECK(run_for(900000) == 0 && icptcode(run) == WAITING);
    CHECK(lowcore64(PROGRAM + 8) == CODE + 0x100 && memory[0x8d] == 0);

    CHECK(inject(KVM_S390_PROGRAM_INT, 0x11) == 0);
    CHECK(run_at(BASE, CODE) == 0 && icptcode(run) == WAITING);
    CHECK(lowcore64(PROGRAM + 8) == CODE && memory[0x8d] == 0);
}

/* Of an EXECUTE, its own length. */
static void test_executed_length(void)
{
    static const unsigned char executes[] = { 0xc6, 0, 0, 0, 0, 8, 0x44, 0,
                                              0x30, 0x10 };
    unsigned ilen;

    start_guest();
    memcpy(memory + CODE, executes, sizeof(executes));
    memcpy(memory + CODE + 0x10, "\x83\x00\x05\x01", 4);
    run->s.regs.gprs[3] = CODE;
    run->psw_addr = CODE;
    for (ilen = 6; ilen >= 4; ilen -= 2) {
        const uint64_t at = run->psw_addr;

        CHECK(run_for(900000) == 0 && is_diag_501(run));
        CHECK(inject(KVM_S390_PROGRAM_INT, 0x11) == 0);
        CHECK(run_for(900000) == 0 && icptcode(run) == WAITING);
        CHECK(memory[0x8d] == ilen && lowcore64(PROGRAM + 8) == at);
        run->psw_mask = BASE;
        run->psw_addr = at + ilen;
    }
}

/* --- new PSWs that lead nowhere --- */

static void test_loops(void)
{
    start_guest();
    memcpy(memory + CODE + 0x100, "\x00\x00", 2);
    new_psw(PROGRAM, 1ull << 63, 0);            /* an unassigned bit */
    CHECK(run_at(BASE, CODE + 0x100) == 0 && icptcode(run) == 8);
    CHECK(inject(KVM_S390_PROGRAM_INT, 1) == 0);
    CHECK(run_at(BASE, CODE) == 0 && icptcode(run) == 8);
    new_psw(PROGRAM, BASE, CODE + 1);
    CHECK(run_at(BASE, CODE + 0x100) == 0 && icptcode(run) == 8);
    CHECK(run_at(1ull << 63, CODE) == 0 && icptcode(run) == 8);
    /* of another class, it is the guest's */
    new_psw(PROGRAM, BASE, CODE);
    new_psw(RESTART, 1ull << 63, 0);
    CHECK(inject(KVM_S390_RESTART, 0) == 0);
    CHECK(run_at(BASE, CODE + 0x100) == 0 && is_diag_501(run));
    CHECK(memory[0x8f] == 6 && lowcore64(PROGRAM) == 1ull << 63);

    new_psw(EXTERNAL, BASE | EXT, CODE);
    run->s.regs.crs[0] = 0xe0 | 0x800;
    run->s.regs.ckc = 0;
    run->kvm_dirty_regs = KVM_SYNC_CRS | KVM_SYNC_ARCH0;
    CHECK(run_at(BASE | EXT, CODE) == 0 && icptcode(run) == 0x14);
    new_psw(EXTERNAL, BASE, CODE);
    CHECK(run_at(BASE | EXT, CODE + 0x100) == 0 && is_diag_501(run));
    CHECK(lowcore64(EXTERNAL + 8) == CODE + 0x100);
}

/* --- a kick --- */

/* Interruptions are delivered first: in a wait, too. */
static void test_kicked_wait(void)
{
    static const uint64_t masks[] = { BASE | WAIT, BASE | WAIT | EXT };
    unsigned i;

    start_guest();
    new_psw(PROGRAM, BASE, CODE + 0x100);
    memcpy(memory + CODE + 0x100, looping, sizeof(looping));
    for (i = 0; i < 300 && test_ok; i++) {
        run->psw_mask = masks[i % 2];
        run->psw_addr = CODE;
        CHECK(inject(KVM_S390_PROGRAM_INT, 6) == 0);
        FAILS(run_for(1 + i), EINTR);
        CHECK(run->psw_mask == BASE && run->psw_addr == CODE + 0x100);
    }
}

/* --- code that the client changes --- */

#define PAGES 64
#define FIRST 0x100000

/* r3 += n, in each page; then an exit */
static void write_pages(uint8_t n)
{
    unsigned i;

    for (i = 0; i < PAGES; i++) {
        unsigned char insns[] = { 0xa7, 0x3b, 0, n, 0xa7, 0xf4, 0x07, 0xfe };

        memcpy(memory + FIRST + i * 4096, insns, sizeof(insns));
    }
    memcpy(memory + FIRST + PAGES * 4096, "\x83\x00\x05\x01", 4);
}

static void run_pages(struct kvm390_vcpu *v)
{
    struct kvm_run *r = kvm390_vcpu_run(v);

    r->psw_mask = BASE;
    r->psw_addr = FIRST;
    r->s.regs.gprs[3] = 0;
    kvm390_vcpu_ioctl(v, KVM_RUN, NULL);
}

static void *run_pages_thread(void *opaque)
{
    run_pages(opaque);
    return NULL;
}

/* Two vCPUs that begin at once: both have the new code. */
static void test_new_code(void)
{
    struct kvm390_vcpu *other;
    pthread_t thread;
    unsigned i;

    start_guest();
    other = kvm390_vcpu_create(vm, 1);
    for (i = 1; i < 100 && test_ok; i++) {
        write_pages(i);
        pthread_create(&thread, NULL, run_pages_thread, other);
        run_pages(vcpu);
        pthread_join(thread, NULL);
        CHECK(run->s.regs.gprs[3] == i * PAGES);
        CHECK(kvm390_vcpu_run(other)->s.regs.gprs[3] == i * PAGES);
    }
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        { "a vCPU runs again after a wait", test_after_wait, false },
        { "a vCPU runs again after a stop", test_after_stop, false },
        { "restart, exception and stop end a disabled wait",
          test_disabled_wait_ends, false },
        { "the length of an injected exception's instruction",
          test_instruction_length, false },
        { "the length of an EXECUTE that KVM_RUN exited on",
          test_executed_length, false },
        { "new PSWs that lead nowhere", test_loops, false },
        { "a kicked wait takes what is pending", test_kicked_wait, false },
        { "two vCPUs that start at once: new code", test_new_code, false },
    };
    const struct sigaction action = { .sa_handler = on_alarm };

    sigaction(SIGALRM, &action, NULL);
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
