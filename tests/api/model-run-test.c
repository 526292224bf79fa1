/*
 * The KVM API on the host: a vCPU always runs its next instruction, once
 *
 *     model-run-test QEMU [SEQUENCES [SEED]]
 *
 * Two vCPUs with random programs, and between two KVM_RUNs of them random
 * kicks, resets, PSWs, interruptions, stops and single steps; a plain model
 * (run-model.h) says what each must show. What is random follows from the
 * seed, but for the moment at which a kick or another thread's interruption
 * comes: there the vCPU says where it was, and the model must be able to come
 * to the same place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include "run-model.h"
#include "run-program.h"
#include <pthread.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>

#define PER_VM      250         /* sequences */
#define PER_PROGRAM 25
#define PATIENCE    60000000    /* us without an instruction */
#define MARKS_SIZE  0x408
#define MAX_GUESSES 16

enum { LATE_NOTHING, LATE_RESTART, LATE_STOP };

/* A KVM_RUN, and what came of it. */
typedef struct Run {
    unsigned cpu, usec;
    int late;                   /* what another thread injects meanwhile */
    int error;                  /* 0 or errno */
    uint64_t steps;             /* of the model */
    ModelExit exit;             /* of the model */
    unsigned guesses;           /* where else another thread's may have come */
} Run;

static struct {
    struct kvm390_vcpu *vcpu;
    struct kvm_run *run;
    Program program;
} cpus[MODEL_CPUS];

static Model model;
static bool signals;            /* the programs have SIGP */
static unsigned long sequence, sequences = 5000;
static uint64_t seed = 1, state;

static unsigned below(unsigned n)
{
    return random_below(&state, n);
}

/* What is pending in the vCPU: a bit for each, and for each source. */
enum { PENDING_RESTART = 1, PENDING_STOP = 2, PENDING_PROGRAM = 4,
       PENDING_CALL = 8, PENDING_EMERGENCY = 16, PENDING_OTHER = 1 << 20 };

static unsigned pending(unsigned cpu)
{
    struct kvm_s390_irq irqs[16];
    struct kvm_s390_irq_state list = { .buf = (uintptr_t)irqs,
                                       .len = sizeof(irqs) };
    int len = kvm390_vcpu_ioctl(cpus[cpu].vcpu, KVM_S390_GET_IRQ_STATE, &list);
    unsigned bits = len < 0 ? PENDING_OTHER : 0, i;

    for (i = 0; (int)i < len / (int)sizeof(irqs[0]); i++) {
        switch (irqs[i].type) {
        case KVM_S390_RESTART:
            bits |= PENDING_RESTART;
            break;
        case KVM_S390_SIGP_STOP:
            bits |= PENDING_STOP;
            break;
        case KVM_S390_PROGRAM_INT:
            bits |= PENDING_PROGRAM;
            break;
        case KVM_S390_INT_EXTERNAL_CALL:
            bits |= PENDING_CALL;
            break;
        case KVM_S390_INT_EMERGENCY:
            bits |= PENDING_EMERGENCY << irqs[i].u.emerg.code;
            break;
        default:
            bits |= PENDING_OTHER;
        }
    }
    return bits;
}

static unsigned model_pending(const ModelCpu *c)
{
    return c->restart * PENDING_RESTART | c->stop * PENDING_STOP |
           c->program * PENDING_PROGRAM | (c->call >= 0) * PENDING_CALL |
           c->emergency * PENDING_EMERGENCY;
}

/* --- what was done, for who wants to know why --- */

#define LOGGED 60

static char lines[LOGGED][100];
static unsigned logged;

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
    va_list args;
    int n = snprintf(lines[logged % LOGGED], sizeof(lines[0]), "%lu: ",
                     sequence);

    va_start(args, format);
    vsnprintf(lines[logged % LOGGED] + n, sizeof(lines[0]) - n, format, args);
    va_end(args);
    logged++;
}

static void show_cpu(unsigned i)
{
    const ModelCpu *c = &model.cpu[i];
    const struct kvm_run *run = cpus[i].run;
    unsigned r;

    printf("# cpu %u: PSW %llx %llx exit %u icptcode %x, model %llx %llx\n"
           "#   pending %x, model %x, service %u; cr0 %llx prefix %x\n", i,
           (long long)run->psw_mask, (long long)run->psw_addr,
           run->exit_reason, run->s390_sieic.icptcode, (long long)c->mask,
           (long long)c->addr, pending(i), model_pending(c), model.service,
           (long long)c->cr0, c->prefix);
    for (r = 0; r < MARKS_SIZE; r++) {
        if (memory[DATA(i) + r] != model.memory[DATA(i) + r]) {
            printf("#   mark %u: %u, model %u\n", r / 8, memory[DATA(i) + r],
                   model.memory[DATA(i) + r]);
        }
    }
    for (r = 0; r < 16; r++) {
        if (run->s.regs.gprs[r] != c->gprs[r]) {
            printf("#   r%u %llx, model %llx\n", r,
                   (long long)run->s.regs.gprs[r], (long long)c->gprs[r]);
        }
    }
}

/* The first failure of a run of this program says all. */
static void wrong(const char *what, unsigned cpu)
{
    unsigned i;

    if (!test_ok) {
        return;
    }
    test_ok = false;
    printf("# sequence %lu of seed %llu, cpu %u: %s%s%s\n", sequence,
           (long long)seed, cpu, what, model.lost ? ": the model is lost at "
           : "", model.lost ?: "");
    for (i = logged > LOGGED ? logged - LOGGED : 0; i < logged; i++) {
        printf("#   %s\n", lines[i % LOGGED]);
    }
    for (i = 0; i < MODEL_CPUS; i++) {
        show_cpu(i);
    }
}

#define EXPECT(cond, cpu) do { \
        if (!(cond)) { \
            wrong(#cond, cpu); \
        } \
    } while (0)

/* --- both memories --- */

static void poke64(uint64_t at, uint64_t value)
{
    put64(memory + at, value);
    put64(model.memory + at, value);
}

static void check_memory(uint64_t from, unsigned size, unsigned cpu)
{
    unsigned i;

    for (i = 0; i < size; i++) {
        if (memory[from + i] != model.memory[from + i]) {
            note("memory at %llx is %02x, model %02x", (long long)from + i,
                 memory[from + i], model.memory[from + i]);
            wrong("memory", cpu);
            return;
        }
    }
}

static void check_lowcore(uint64_t prefix, unsigned cpu)
{
    check_memory(prefix + 0x80, 0x10, cpu);
    check_memory(prefix + OLD_RESTART, 0x40, cpu);
}

/* --- KVM_RUN --- */

static void on_alarm(int nr_of_signal __attribute__((unused)))
{
}

static timer_t start_timer(unsigned usec)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID,
                              .sigev_signo = SIGALRM };
    const struct itimerspec limit = {
        { 0, 20000000 }, { usec / 1000000, usec % 1000000 * 1000 + 1 },
    };
    timer_t timer;

    event._sigev_un._tid = syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer)) {
        perror("timer_create");
        exit(1);
    }
    timer_settime(timer, 0, &limit, NULL);
    return timer;
}

static void *do_run(void *opaque)
{
    Run *r = opaque;
    timer_t timer = start_timer(r->usec);

    r->error = kvm390_vcpu_ioctl(cpus[r->cpu].vcpu, KVM_RUN, NULL) ? errno : 0;
    timer_delete(timer);
    return NULL;
}

static int inject(unsigned cpu, struct kvm_s390_irq *irq)
{
    return kvm390_vcpu_ioctl(cpus[cpu].vcpu, KVM_S390_IRQ, irq);
}

static int inject_type(unsigned cpu, uint64_t type)
{
    struct kvm_s390_irq irq = { .type = type };

    return inject(cpu, &irq);
}

static void check_state(unsigned cpu)
{
    const struct kvm_run *run = cpus[cpu].run;
    const ModelCpu *c = &model.cpu[cpu];

    EXPECT(run->psw_mask == c->mask && run->psw_addr == c->addr, cpu);
    EXPECT(!memcmp(run->s.regs.gprs, c->gprs, sizeof(c->gprs)), cpu);
    EXPECT(run->s.regs.prefix == c->prefix, cpu);
    EXPECT(run->s.regs.crs[0] == c->cr0, cpu);
    EXPECT(pending(cpu) == model_pending(c), cpu);
    check_memory(DATA(cpu), DATA_SIZE, cpu);
    check_lowcore(c->prefix, cpu);
}

/* --- what the model makes of it --- */

static bool same_registers(unsigned cpu)
{
    return !memcmp(cpus[cpu].run->s.regs.gprs, model.cpu[cpu].gprs,
                   sizeof(model.cpu[cpu].gprs));
}

static bool at_same_place(unsigned cpu)
{
    const struct kvm_run *run = cpus[cpu].run;
    const ModelCpu *c = &model.cpu[cpu];

    return run->psw_addr == c->addr && run->psw_mask == c->mask &&
           same_registers(cpu) &&
           !memcmp(memory + DATA(cpu), model.memory + DATA(cpu), MARKS_SIZE);
}

static bool is_exit(unsigned cpu, const ModelExit *e)
{
    const struct kvm_run *run = cpus[cpu].run;

    if (e->kind == MODEL_DEBUG) {
        return run->exit_reason == KVM_EXIT_DEBUG &&
               run->debug.arch.type == KVM_SINGLESTEP &&
               run->debug.arch.addr == e->addr;
    }
    return e->kind == MODEL_SIEIC &&
           run->exit_reason == KVM_EXIT_S390_SIEIC &&
           run->s390_sieic.icptcode == e->icptcode &&
           (e->icptcode != ICPT_INSN || (run->s390_sieic.ipa == e->ipa &&
                                         run->s390_sieic.ipb == e->ipb));
}

/* Both only grow: so far the model has not gone past the vCPU, or is near. */
static bool overtaken(unsigned cpu)
{
    const uint64_t *at = model.cpu[cpu].gprs;
    const __u64 *end = cpus[cpu].run->s.regs.gprs;

    return at[R_LOOPS] > end[R_LOOPS] || at[R_COUNT] > end[R_COUNT];
}

static bool near_end(unsigned cpu)
{
    const uint64_t *at = model.cpu[cpu].gprs;
    const __u64 *end = cpus[cpu].run->s.regs.gprs;

    return at[R_LOOPS] + 1 >= end[R_LOOPS] &&
           at[R_COUNT] + 300 >= end[R_COUNT];
}

/* What an instruction or an interruption can change. */
typedef struct Snapshot {
    ModelCpu cpu[MODEL_CPUS];
    bool service;
    uint8_t data[DATA_SIZE], lowcore[0x200];
} Snapshot;

static void save(unsigned cpu, Snapshot *s)
{
    memcpy(s->cpu, model.cpu, sizeof(s->cpu));
    s->service = model.service;
    memcpy(s->data, model.memory + DATA(cpu), sizeof(s->data));
    memcpy(s->lowcore, model.memory + s->cpu[cpu].prefix, sizeof(s->lowcore));
}

static void restore(unsigned cpu, const Snapshot *s)
{
    memcpy(model.cpu, s->cpu, sizeof(s->cpu));
    model.service = s->service;
    memcpy(model.memory + DATA(cpu), s->data, sizeof(s->data));
    memcpy(model.memory + s->cpu[cpu].prefix, s->lowcore, sizeof(s->lowcore));
}

static bool explains(Run *r);

/* By the old PSW, another thread's restart may have come here: if it did? */
static bool explains_with_restart(Run *r)
{
    ModelCpu *c = &model.cpu[r->cpu];
    Snapshot before;
    uint64_t old[2];

    memcpy(old, memory + c->prefix + OLD_RESTART, sizeof(old));
    if (__builtin_bswap64(old[0]) != c->mask ||
        __builtin_bswap64(old[1]) != c->addr ||
        !(near_end(r->cpu) || r->guesses)) {
        return false;
    }
    r->guesses -= r->guesses > 0;
    save(r->cpu, &before);
    r->late = LATE_NOTHING;
    c->restart = true;
    model_deliver(&model, c);   /* after others, if there are */
    if (!memcmp(old, model.memory + c->prefix + OLD_RESTART, sizeof(old)) &&
        explains(r)) {
        return true;
    }
    r->late = LATE_RESTART;
    restore(r->cpu, &before);
    return false;
}

/* Does the model come to where the vCPU is? */
static bool explains(Run *r)
{
    ModelCpu *c = &model.cpu[r->cpu];
    bool slept;

    for (; !model.lost && !overtaken(r->cpu); r->steps++) {
        if (r->late == LATE_RESTART && explains_with_restart(r)) {
            return true;
        }
        if (at_same_place(r->cpu) && r->late != LATE_RESTART) {
            if (r->error) {
                return true;
            }
            c->stop |= r->late == LATE_STOP;
        }
        slept = model_sleeps(c) && !c->stop;
        r->exit = model_step(&model, c);
        if (r->exit.kind != MODEL_NONE) {
            return !r->error && r->late != LATE_RESTART &&
                   at_same_place(r->cpu) && is_exit(r->cpu, &r->exit);
        }
        if (slept && model_sleeps(c)) {
            break;      /* for ever; each handler ends a wait */
        }
    }
    return false;
}

static bool has_stopped(const Run *r)
{
    const struct kvm_run *run = cpus[r->cpu].run;

    return !r->error && run->exit_reason == KVM_EXIT_S390_SIEIC &&
           run->s390_sieic.icptcode == ICPT_STOPPED;
}

/* It came too late for this KVM_RUN, so that it has to be pending now. */
static int came_later(const Run *r)
{
    unsigned bits = pending(r->cpu);

    if (r->late == LATE_RESTART) {
        return bits & PENDING_RESTART ? LATE_RESTART : LATE_NOTHING;
    }
    if (r->late == LATE_STOP && !has_stopped(r)) {
        EXPECT(bits & PENDING_STOP, r->cpu);
        return LATE_STOP;
    }
    return LATE_NOTHING;
}

static void follow_steps(Run *r)
{
    ModelCpu *c = &model.cpu[r->cpu];
    Snapshot before;
    bool explained;

    /* Pending ones are delivered first, kicked or not. */
    if (r->error && model_deliver(&model, c)) {
        c->step_due = c->stepping;
        c->step_addr = c->addr;
    }
    save(r->cpu, &before);
    r->steps = r->guesses = 0;
    explained = explains(r);
    if (!explained && r->late == LATE_RESTART) {
        restore(r->cpu, &before);       /* it was not near the end, then */
        r->guesses = MAX_GUESSES;
        explained = explains(r);
    }
    if (!explained) {
        note("the model's exit is %u, icptcode %x, at %llx", r->exit.kind,
             r->exit.icptcode, (long long)r->exit.addr);
        wrong("the model does not come there", r->cpu);
    }
}

/* KVM_RUN that has nothing to run, or true. */
static bool runs(Run *r)
{
    ModelCpu *c = &model.cpu[r->cpu];

    if (c->step_due) {
        const ModelExit e = { MODEL_DEBUG, .addr = c->step_addr };

        EXPECT(!r->error && is_exit(r->cpu, &e), r->cpu);
        c->step_due = false;
        return false;
    }
    if (c->stopped && model.user_state) {
        EXPECT(r->error == EINVAL, r->cpu);
        return false;
    }
    c->stopped = false;
    c->ilen = 0;
    return true;
}

static void follow(Run *r)
{
    ModelCpu *c = &model.cpu[r->cpu];
    const int later = came_later(r);

    if (later) {
        r->late = LATE_NOTHING;
    }
    if (runs(r)) {
        EXPECT(!r->error || (r->error == EINTR &&
                             cpus[r->cpu].run->exit_reason == KVM_EXIT_INTR),
               r->cpu);
        follow_steps(r);
    }
    c->restart |= later == LATE_RESTART;
    c->stop |= later == LATE_STOP;
    check_state(r->cpu);
    note("cpu %u ran %llu steps to %llx %llx: errno %d exit %u", r->cpu,
         (long long)r->steps, (long long)c->mask, (long long)c->addr, r->error,
         cpus[r->cpu].run->exit_reason);
}

/* --- what comes between --- */

static void set_dirty(unsigned cpu)
{
    struct kvm_sync_regs *regs = &cpus[cpu].run->s.regs;

    regs->crs[0] = model.cpu[cpu].cr0;
    regs->prefix = model.cpu[cpu].prefix;
    cpus[cpu].run->kvm_dirty_regs |= KVM_SYNC_CRS | KVM_SYNC_PREFIX;
}

static void set_registers(unsigned cpu)
{
    ModelCpu *c = &model.cpu[cpu];
    struct kvm_regs regs;
    unsigned i;

    for (i = 0; i < 16; i++) {
        c->gprs[i] = below(1u << 31);
    }
    c->gprs[R_LOOPS] = 0;
    c->gprs[R_OTHER] = !cpu;
    c->gprs[R_SELF] = cpu;
    c->gprs[R_ABSENT] = ABSENT;
    c->gprs[R_TARGETS] = TARGETS(cpu);
    c->gprs[R_DATA] = DATA(cpu);
    memcpy(regs.gprs, c->gprs, sizeof(regs.gprs));
    if (below(2)) {
        EXPECT(kvm390_vcpu_ioctl(cpus[cpu].vcpu, KVM_SET_REGS, &regs) == 0,
               cpu);
    } else {
        memcpy(cpus[cpu].run->s.regs.gprs, regs.gprs, sizeof(regs.gprs));
    }
    note("cpu %u gets registers", cpu);
}

static void set_psw(unsigned cpu, uint64_t mask, uint64_t addr)
{
    ModelCpu *c = &model.cpu[cpu];
    struct kvm_s390_psw psw = { mask, addr };

    if (below(4) == 0) {
        errno = 0;
        kvm390_vcpu_ioctl(cpus[cpu].vcpu, KVM_S390_SET_INITIAL_PSW, &psw);
        EXPECT(errno == (c->stopped ? 0 : EBUSY), cpu);
    }
    c->mask = cpus[cpu].run->psw_mask = mask;
    c->addr = cpus[cpu].run->psw_addr = addr;
    note("cpu %u gets PSW %llx %llx", cpu, (long long)mask, (long long)addr);
}

static void move(unsigned cpu)
{
    set_psw(cpu, PSW_BASE | (below(2) ? PSW_EXT : 0) |
                 (below(12) ? 0 : PSW_WAIT) | (uint64_t)below(4) << 44,
            cpus[cpu].program.places[below(cpus[cpu].program.n)]);
}

static void set_cr0(unsigned cpu)
{
    static const uint64_t masks[] = {
        0, CR0_EMERGENCY_MASK, CR0_CALL_MASK,
        CR0_EMERGENCY_MASK | CR0_CALL_MASK | CR0_SERVICE_MASK,
    };

    model.cpu[cpu].cr0 = CR0_RESET | masks[below(4)];
    set_dirty(cpu);
    note("cpu %u gets cr0 %llx", cpu, (long long)model.cpu[cpu].cr0);
}

static void poke_new_psw(uint64_t prefix, unsigned old, uint64_t mask,
                         uint64_t addr)
{
    poke64(prefix + old + TO_NEW, mask);
    poke64(prefix + old + TO_NEW + 8, addr);
    note("new PSW %llx %llx %llx", (long long)prefix + old, (long long)mask,
         (long long)addr);
}

/* A new PSW of @cpu's prefix area, or of that which both have after resets. */
static void set_new_psw(unsigned cpu, bool shared, unsigned old)
{
    uint64_t mask = PSW_BASE, addr = handler(cpu, old, below(2));

    if (below(8) == 0) {
        mask |= PSW_WAIT;
        addr = PROGRAM(cpu);    /* where it goes on if it ends */
    } else if (below(6) == 0) {
        mask |= PSW_EXT;
    }
    poke_new_psw(shared ? 0 : AREA(cpu), old, mask, addr);
}

/* Its own prefix area or that at 0, which one of them may have. */
static void set_prefix(unsigned cpu, bool own)
{
    unsigned old;

    own |= !model.cpu[!cpu].prefix;
    model.cpu[cpu].prefix = own ? AREA(cpu) : 0;
    set_dirty(cpu);
    note("cpu %u gets prefix %x", cpu, model.cpu[cpu].prefix);
    for (old = OLD_RESTART; !own && old <= OLD_PROGRAM; old += 16) {
        set_new_psw(cpu, true, old);
    }
}

static void reset(unsigned cpu)
{
    static const unsigned long requests[] = {
        KVM_S390_NORMAL_RESET, KVM_S390_INITIAL_RESET, KVM_S390_CLEAR_RESET,
    };
    unsigned kind = below(3);

    EXPECT(kvm390_vcpu_ioctl(cpus[cpu].vcpu, requests[kind], NULL) == 0, cpu);
    model_reset(&model, &model.cpu[cpu], kind);
    model.cpu[cpu].ilen = 0;
    note("cpu %u: reset %u", cpu, kind);
    if (kind != MODEL_NORMAL) {
        cpus[cpu].run->kvm_dirty_regs = 0;
        check_state(cpu);
    }
    if (kind == MODEL_CLEAR) {
        set_registers(cpu);
    }
    if (kind != MODEL_NORMAL) {
        set_prefix(cpu, below(3));
    }
    if (kind != MODEL_NORMAL && below(3)) {
        move(cpu);              /* or it begins at 0, or by a restart */
    }
}

static void inject_program(unsigned cpu, bool nullifies)
{
    ModelCpu *c = &model.cpu[cpu];
    struct kvm_s390_irq irq = { .type = KVM_S390_PROGRAM_INT };

    c->program = true;
    c->program_code = irq.u.pgm.code = nullifies ? 0x11 : 6;
    c->program_ilen = c->ilen;
    c->rewind = nullifies;
    if (below(3) == 0) {
        c->program_ilen = 2 * below(4);
        irq.u.pgm.flags = KVM_S390_PGM_FLAGS_ILC_VALID | c->program_ilen;
        if (below(2)) {
            irq.u.pgm.flags |= KVM_S390_PGM_FLAGS_NO_REWIND;
            c->rewind = false;
        }
    }
    EXPECT(inject(cpu, &irq) == 0, cpu);
    note("cpu %u: program interruption %x, ilen %u%s", cpu, c->program_code,
         c->program_ilen, c->rewind ? ", nullifying" : "");
}

/* Where a nullifying one puts the PSW, an instruction must begin. */
static void mind_nullification(unsigned cpu)
{
    const ModelCpu *c = &model.cpu[cpu];
    const uint64_t addr = c->addr - c->program_ilen;
    unsigned i;

    if (!c->program || !c->rewind || !c->program_ilen) {
        return;
    }
    for (i = 0; i < cpus[cpu].program.n; i++) {
        if (cpus[cpu].program.places[i] == addr) {
            return;
        }
    }
    inject_program(cpu, false);
}

static void inject_emergency(unsigned cpu)
{
    struct kvm_s390_irq irq = { .type = KVM_S390_INT_EMERGENCY };
    unsigned from = below(MODEL_CPUS);

    irq.u.emerg.code = from;
    EXPECT(inject(cpu, &irq) == 0, cpu);
    model.cpu[cpu].emergency |= 1u << from;
    note("cpu %u: emergency signal of %u", cpu, from);
}

static void inject_call(unsigned cpu)
{
    ModelCpu *c = &model.cpu[cpu];
    struct kvm_s390_irq irq = { .type = KVM_S390_INT_EXTERNAL_CALL };
    unsigned from = below(MODEL_CPUS);
    bool busy = c->call >= 0;

    irq.u.extcall.code = from;
    errno = 0;
    EXPECT(inject(cpu, &irq) == (busy ? -1 : 0), cpu);
    EXPECT(!busy || errno == EBUSY, cpu);
    if (!busy) {
        c->call = from;
        c->step_due = false;
    }
    note("cpu %u: external call of %u%s", cpu, from, busy ? ", busy" : "");
}

static void inject_service(void)
{
    struct kvm_s390_interrupt irq = { .type = KVM_S390_INT_SERVICE,
                                      .parm = 8 * (1 + below(1000)) };

    if (model.service) {
        return;
    }
    EXPECT(kvm390_vm_ioctl(vm, KVM_S390_INTERRUPT, &irq) == 0, 0);
    model.service = true;
    model.service_parm = irq.parm;
    note("service signal");
}

static void inject_something(unsigned cpu)
{
    ModelCpu *c = &model.cpu[cpu];

    switch (below(7)) {
    case 0:
    case 1:
        inject_program(cpu, below(2));
        break;
    case 2:
        EXPECT(inject_type(cpu, KVM_S390_RESTART) == 0, cpu);
        c->restart = true;
        note("cpu %u: restart", cpu);
        break;
    case 3:
        if (inject_type(cpu, KVM_S390_SIGP_STOP)) {
            EXPECT(errno == EBUSY && c->stop, cpu);
            return;
        }
        EXPECT(model_stop(c), cpu);
        note("cpu %u: stop", cpu);
        break;
    case 4:
        inject_emergency(cpu);
        break;
    case 5:
        inject_call(cpu);
        return;
    case 6:
        inject_service();
        return;
    }
    c->step_due = false;        /* user space did the instruction's work */
}

static void set_mp_state(unsigned cpu)
{
    ModelCpu *c = &model.cpu[cpu];
    struct kvm_mp_state s = { below(2) ? KVM_MP_STATE_STOPPED
                                       : KVM_MP_STATE_OPERATING };

    EXPECT(kvm390_vcpu_ioctl(cpus[cpu].vcpu, KVM_SET_MP_STATE, &s) == 0, cpu);
    model.user_state = true;
    if (s.mp_state == KVM_MP_STATE_OPERATING) {
        c->stopped = false;
    } else if (!c->stopped) {
        model_stop_cpu(c);
    }
    note("cpu %u: MP state %u", cpu, s.mp_state);
}

static void set_stepping(unsigned cpu, bool on)
{
    struct kvm_guest_debug debug = {
        .control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0,
    };

    EXPECT(kvm390_vcpu_ioctl(cpus[cpu].vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0,
           cpu);
    model.cpu[cpu].stepping = on;
    model.cpu[cpu].step_due = false;
    note("cpu %u: single steps %s", cpu, on ? "on" : "off");
}

static void exit_at_once(unsigned cpu)
{
    errno = 0;
    cpus[cpu].run->immediate_exit = 1;
    EXPECT(kvm390_vcpu_ioctl(cpus[cpu].vcpu, KVM_RUN, NULL) == -1 &&
           errno == EINTR, cpu);
    cpus[cpu].run->immediate_exit = 0;
    note("cpu %u: KVM_RUN with immediate_exit", cpu);
    if (!cpus[cpu].run->kvm_dirty_regs) {
        check_state(cpu);
    }
}

static void between(unsigned cpu)
{
    switch (below(16)) {
    case 0:
    case 1:
        move(cpu);
        if (below(4) == 0) {
            set_prefix(cpu, below(3));
        }
        break;
    case 2:
        reset(cpu);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        inject_something(cpu);
        break;
    case 7:
        set_cr0(cpu);
        break;
    case 8:
        set_stepping(cpu, below(2));
        break;
    case 9:
        set_new_psw(cpu, !model.cpu[cpu].prefix, OLD_RESTART + 16 * below(4));
        break;
    case 10:
        exit_at_once(cpu);
        break;
    case 11:
        if (model.user_state ? below(2) : below(60) == 0) {
            set_mp_state(cpu);
        }
        break;
    case 12:
        if (below(4) == 0) {
            set_registers(cpu);
        }
        break;
    default:
        break;                  /* goes on */
    }
}

/* --- the runs --- */

static unsigned some_time(void)
{
    return below(4) ? 1 + below(150) : 3000;
}

/* Nothing moves: a wait, or a handler that came to return to its own end. */
static bool stays(unsigned cpu)
{
    const ModelCpu *c = &model.cpu[cpu];
    bool back = model_sleeps(c);
    Snapshot before;
    unsigned i;

    save(cpu, &before);
    for (i = 0; i < 3 && !back && !model.lost; i++) {
        back = model_step(&model, &model.cpu[cpu]).kind == MODEL_NONE &&
               at_same_place(cpu);
    }
    restore(cpu, &before);
    return back;
}

/* A kick before the first instruction is fair, but not for ever. */
static void run_one(unsigned cpu)
{
    const bool patient = below(2);
    Run r = { .cpu = cpu, .usec = some_time() };
    unsigned spent = 0;

    do {
        do_run(&r);
        follow(&r);
        spent += r.usec;
        r.usec = r.usec < 500000 ? 2 * r.usec : 1000000;
        if (spent > PATIENCE) {
            wrong("no instruction is run", cpu);
        }
    } while (test_ok && patient && r.error == EINTR && !r.steps &&
             !stays(cpu));
}

/* Both at once: neither may have to do with the other. */
static void run_both(void)
{
    Run r[MODEL_CPUS] = { { .cpu = 0, .usec = some_time() },
                          { .cpu = 1, .usec = some_time() } };
    pthread_t other;

    pthread_create(&other, NULL, do_run, &r[1]);
    do_run(&r[0]);
    pthread_join(other, NULL);
    follow(&r[0]);
    follow(&r[1]);
}

static bool independent(void)
{
    return !signals && !model.service && model.cpu[0].prefix &&
           model.cpu[1].prefix;
}

/* From where it is, are restarts that come later seen to come only once? */
static bool may_restart(unsigned cpu)
{
    const ModelCpu *c = &model.cpu[cpu];

    return c->addr - PROGRAM(cpu) < 0x1000 &&
           !(model_load(&model, c, OLD_RESTART + TO_NEW, 8) & PSW_EXT);
}

/* Something comes from another thread while the vCPU runs. */
static void run_and_inject(unsigned cpu)
{
    Run r = { .cpu = cpu, .usec = 3000,
              .late = may_restart(cpu) && below(2) ? LATE_RESTART
                                                   : LATE_STOP };
    pthread_t other;
    struct timespec pause = { 0, 1000 * (1 + below(300)) };
    int ret;

    pthread_create(&other, NULL, do_run, &r);
    nanosleep(&pause, NULL);
    ret = inject_type(cpu, r.late == LATE_RESTART ? KVM_S390_RESTART
                                                  : KVM_S390_SIGP_STOP);
    pthread_join(other, NULL);
    EXPECT(ret == 0, cpu);
    note("cpu %u: %s while it runs", cpu, r.late == LATE_RESTART ? "restart"
                                                                 : "stop");
    follow(&r);
}

static void run_some(unsigned cpu)
{
    const ModelCpu *c = &model.cpu[cpu];

    if (independent() && below(3) == 0) {
        run_both();
    } else if (!signals && !c->restart && !c->stop && !c->stopped &&
               !c->stepping && below(3) == 0) {
        run_and_inject(cpu);
    } else {
        run_one(cpu);
    }
}

/* --- VMs and programs --- */

static void new_programs(void)
{
    unsigned i;

    signals = below(2);
    for (i = 0; i < MODEL_CPUS; i++) {
        const ProgramKind kind = { i, 2 + below(30), signals };

        make_program(memory, &kind, &state, &cpus[i].program);
        memcpy(model.memory + AREA(i) + 0x2000, memory + AREA(i) + 0x2000,
               0xe000);
        set_registers(i);
        move(i);
    }
    note("new programs%s", signals ? " with SIGP" : "");
}

static void new_vm(void)
{
    unsigned i, old;

    if (vm) {
        kvm390_vm_close(vm);
        munmap(memory, MEMORY);
        free(model.memory);
    }
    vm = start();
    memory = map(MEMORY);
    model = (Model) { .memory = calloc(1, MEMORY), .size = MEMORY };
    EXPECT(set_slot(0, 0, 0, MEMORY, memory) == 0, 0);
    make_start(memory);
    make_start(model.memory);
    for (i = 0; i < MODEL_CPUS; i++) {
        cpus[i].vcpu = kvm390_vcpu_create(vm, i);
        cpus[i].run = kvm390_vcpu_run(cpus[i].vcpu);
        model.cpu[i] = (ModelCpu) { .call = -1, .stopped = true,
                                    .cr0 = CR0_RESET, .prefix = AREA(i) };
        make_handlers(memory, i);
        make_start(memory + AREA(i));
        make_start(model.memory + AREA(i));
        for (old = OLD_RESTART; old <= OLD_PROGRAM; old += 16) {
            set_new_psw(i, false, old);
        }
        set_dirty(i);
    }
}

/* A seed for each VM: a failure is found again without those before. */
static void random_sequences(void)
{
    unsigned cpu, n;

    for (sequence = 0; sequence < sequences && test_ok; sequence++) {
        if (sequence % PER_VM == 0) {
            state = seed * 0x9e3779b97f4a7c15ull + sequence + 1;
            logged = 0;
            new_vm();
        }
        if (sequence % PER_PROGRAM == 0) {
            new_programs();
        }
        cpu = below(MODEL_CPUS);
        for (n = below(4); n; n--) {
            between(cpu);
        }
        for (n = 0; n < MODEL_CPUS; n++) {
            mind_nullification(n);
        }
        if (test_ok) {
            run_some(cpu);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        { "random sequences agree with a model", random_sequences, true },
    };
    const struct sigaction action = { .sa_handler = on_alarm };
    int ret;

    sigaction(SIGALRM, &action, NULL);
    if (argc > 2) {
        sequences = strtoul(argv[2], NULL, 0);
    }
    if (argc > 3) {
        seed = strtoull(argv[3], NULL, 0);
    }
    ret = run_tests(argv[1], tests, sizeof(tests) / sizeof(tests[0]));
    free(model.memory);
    return ret;
}
