/*
 * The KVM API on the host: one KVM_RUN leaves nothing behind for the next
 *
 *     rerun-test QEMU [SEQUENCES [SEED]]
 *
 * Two vCPUs are put through random sequences of everything that comes between
 * two KVM_RUNs, and a plain model of the architecture says what each must show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include <sys/time.h>

#define BASE 0x0000000180000000ull
#define EXT  0x0100000000000000ull
#define WAIT 0x0002000000000000ull
#define CC   0x0000300000000000ull

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

/* --- the model --- */

enum { COUNT, EXECUTE, EXECUTE_LONG, TO_WAIT, ILLEGAL, SUPERVISOR, LOOP,
       LOOP_EXECUTE, PLACES };

#define PLACE(n)   (CODE + 0x100 * (n))
#define TARGET     (CODE + 0x2000)      /* of the EXECUTEs: aghi 2,16 */
#define WAIT_PSW   (CODE + 0x3000)
#define HANDLER(c) (CODE + 0x4000 + (c))
#define VCPUS      2

typedef struct Model {
    struct kvm390_vcpu *vcpu;
    struct kvm_run *run;
    uint64_t mask, addr, r2, cr0;
    bool program, restart, stop, emergency; /* pending */
    bool stopped;
    int exit;                   /* icptcode, 0: none yet */
} Model;

static Model models[VCPUS], *m;

static void fill_guest(void)
{
    static const char *const code[PLACES] = {
        [COUNT] = "\xa7\x2b\x00\x01\x83\x00\x05\x01",
        [EXECUTE] = "\x44\x00\x30\x00\x83\x00\x05\x01",
        [EXECUTE_LONG] = "\xc6\x00\x00\x00\x0f\x00\x83\x00\x05\x01",
        [TO_WAIT] = "\xb2\xb2\x40\x00\x83\x00\x05\x01",
        [ILLEGAL] = "\x00\x00\x83\x00\x05\x01",
        [SUPERVISOR] = "\x0a\x07\x83\x00\x05\x01",
        [LOOP] = "\xa7\x2b\x00\x01\xa7\xf4\xff\xfe",
        [LOOP_EXECUTE] = "\x44\x00\x30\x00\xa7\xf4\xff\xfe",
    };
    static const unsigned classes[] = { RESTART, EXTERNAL, SVC, PROGRAM };
    unsigned i;

    for (i = 0; i < PLACES; i++) {
        memcpy(memory + PLACE(i), code[i], 10);
    }
    memcpy(memory + TARGET, "\xa7\x2b\x00\x10", 4);
    put64(memory + WAIT_PSW, BASE | WAIT);
    put64(memory + WAIT_PSW + 8, 0xdead000);
    for (i = 0; i < 4; i++) {
        memcpy(memory + HANDLER(classes[i]), "\x83\x00\x05\x01", 4);
    }
}

/* The old and new PSWs are one set: both vCPUs have prefix 0. */
static void swap_psws(unsigned class)
{
    m->mask = lowcore64(class + NEW);
    m->addr = lowcore64(class + NEW + 8);
}

/* Take one interruption; false: there is none to take. */
static bool take_one(void)
{
    if (m->program) {
        m->program = false;
        swap_psws(PROGRAM);
    } else if (m->emergency && m->mask & EXT && m->cr0 & CR0_EMERGENCY) {
        m->emergency = false;
        swap_psws(EXTERNAL);
    } else if (m->restart) {
        m->restart = false;
        swap_psws(RESTART);
    } else {
        return false;
    }
    return true;
}

/* One instruction, or an exit. */
static void step_instruction(void)
{
    const unsigned char *insn = memory + m->addr;

    switch (insn[0]) {
    case 0xa7:
        if (insn[1] == 0x2b) {
            m->r2 += insn[3];
            m->addr += 4;
        } else {
            m->addr += 2 * (int16_t)(insn[2] << 8 | insn[3]);
        }
        break;
    case 0x44:
        m->r2 += 16;
        m->addr += 4;
        break;
    case 0xc6:
        m->r2 += 16;
        m->addr += 6;
        break;
    case 0xb2:
        m->mask = lowcore64(WAIT_PSW);
        m->addr = lowcore64(WAIT_PSW + 8);
        break;
    case 0x83:
        m->addr += 4;
        m->exit = INSTRUCTION;
        break;
    case 0x0a:
        swap_psws(SVC);
        break;
    default:
        swap_psws(PROGRAM);
        break;
    }
}

static void step(void)
{
    if (take_one()) {
        return;
    }
    if (m->stop) {
        m->exit = STOPPED;
        m->stop = false;
        m->stopped = true;
    } else if (m->mask & WAIT) {
        if (!(m->mask & EXT)) {
            m->exit = WAITING;
        }
    } else {
        step_instruction();
    }
}

static bool agrees(void)
{
    return (m->run->psw_mask & ~CC) == m->mask && m->run->psw_addr == m->addr &&
           m->run->s.regs.gprs[2] == m->r2;
}

/* A loop's count is only known from the vCPU; the model follows it. */
static bool follow(bool interrupted)
{
    uint64_t steps = 0;

    m->exit = 0;
    m->stopped = false;
    while (!m->exit && !(interrupted && agrees()) &&
           steps++ < 100000000) {
        step();
    }
    return m->exit ? !interrupted && m->exit == icptcode(m->run) && agrees()
                   : interrupted && agrees();
}

static bool loops(void)
{
    return (m->mask & WAIT && m->mask & EXT) ||
           m->addr == PLACE(LOOP) || m->addr == PLACE(LOOP) + 4 ||
           m->addr == PLACE(LOOP_EXECUTE) ||
           m->addr == PLACE(LOOP_EXECUTE) + 4;
}

static void model_run(void)
{
    unsigned usec = loops() || random() % 4 == 0 ? 50 + random() % 400
                                                 : 900000;
    bool interrupted;

    vcpu = m->vcpu;
    interrupted = run_for(usec) == -1;
    CHECK(!interrupted || errno == EINTR);
    CHECK(follow(interrupted));
}

static void model_reset(void)
{
    static const unsigned long kinds[] = {
        KVM_S390_NORMAL_RESET, KVM_S390_INITIAL_RESET, KVM_S390_CLEAR_RESET,
    };
    unsigned kind = random() % 3;

    CHECK(do_ioctl(kinds[kind], NULL) == 0);
    m->program = m->restart = m->stop = m->emergency = false;
    m->stopped = true;
    if (kind) {
        m->mask = m->addr = 0;
        m->cr0 = 0xe0;
    }
    if (kind == 2) {
        m->r2 = 0;
        m->run->s.regs.gprs[3] = TARGET;
        m->run->s.regs.gprs[4] = WAIT_PSW;
    }
}

static void model_inject(void)
{
    switch (random() % 4) {
    case 0:
        CHECK(inject(KVM_S390_PROGRAM_INT, 0x11) == 0);
        m->program = true;
        break;
    case 1:
        CHECK(inject(KVM_S390_RESTART, 0) == 0);
        m->restart = true;
        break;
    case 2:
        CHECK(inject(KVM_S390_INT_EMERGENCY, 0) == 0);
        m->emergency = true;
        break;
    case 3:
        CHECK(inject(KVM_S390_SIGP_STOP, 0) == (m->stop ? -1 : 0));
        m->stop = !m->stopped;
        break;
    }
}

static void model_move(void)
{
    m->mask = BASE | (random() % 2 ? EXT : 0) | (random() % 8 ? 0 : WAIT);
    m->addr = PLACE(random() % PLACES);
    m->run->psw_mask = m->mask;
    m->run->psw_addr = m->addr;
    if (random() % 2) {
        m->cr0 ^= CR0_EMERGENCY;
    }
    m->run->s.regs.crs[0] = m->cr0;
    m->run->kvm_dirty_regs |= KVM_SYNC_CRS;
}

static void start_models(void)
{
    unsigned i;

    start_guest();
    fill_guest();
    for (i = 0; i < VCPUS; i++) {
        m = &models[i];
        *m = (Model) { .vcpu = i ? kvm390_vcpu_create(vm, i) : vcpu };
        m->run = kvm390_vcpu_run(m->vcpu);
        m->cr0 = 0xe0;
        m->stopped = true;
        m->run->s.regs.gprs[3] = TARGET;
        m->run->s.regs.gprs[4] = WAIT_PSW;
    }
}

static unsigned long sequences = 3000;
static unsigned seed = 1;

static void test_random(void)
{
    unsigned long i;

    srandom(seed);
    start_models();
    for (i = 0; i < sequences && test_ok; i++) {
        static const unsigned classes[] = { RESTART, EXTERNAL, SVC, PROGRAM };
        unsigned class = classes[random() % 4];

        m = &models[random() % VCPUS];
        vcpu = m->vcpu;
        if (random() % 8 == 0) {
            new_psw(class, BASE | (random() % 4 ? 0 : WAIT), HANDLER(class));
        }
        if (random() % 6 == 0) {
            model_reset();
        }
        if (random() % 2) {
            model_inject();
        }
        model_move();
        model_run();
        if (!test_ok) {
            printf("# sequence %lu of seed %u: the vCPU has %llx %llx r2 %llx "
                   "icptcode %x, the model %llx %llx r2 %llx icptcode %x\n",
                   i, seed, (long long)m->run->psw_mask,
                   (long long)m->run->psw_addr,
                   (long long)m->run->s.regs.gprs[2], icptcode(m->run),
                   (long long)m->mask, (long long)m->addr, (long long)m->r2,
                   m->exit);
        }
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
        { "new PSWs that lead nowhere", test_loops, false },
        { "random sequences agree with a model", test_random, false },
    };
    const struct sigaction action = { .sa_handler = on_alarm };

    sigaction(SIGALRM, &action, NULL);
    if (argc > 2) {
        sequences = strtoul(argv[2], NULL, 0);
    }
    if (argc > 3) {
        seed = strtoul(argv[3], NULL, 0);
    }
    return run_tests(argv[1], tests, sizeof(tests) / sizeof(tests[0]));
}
