/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#define MAX_CPUS        256
#define STACK_SIZE      16384
#define FRAME           160     /* the ABI's register save area */

extern char ext_entry[], svc_entry[], pgm_entry[], mck_entry[], io_entry[],
            restart_entry[];

_Static_assert(offsetof(struct lowcore, pgm_gprs) == LC_PGM_GPRS, "start.S");
_Static_assert(offsetof(struct lowcore, int_gprs) == LC_INT_GPRS, "start.S");
_Static_assert(offsetof(struct lowcore, int_stack) == LC_INT_STACK, "start.S");
_Static_assert(offsetof(struct lowcore, call_gprs) == LC_CALL_GPRS, "start.S");
_Static_assert(offsetof(struct lowcore, call_return) == LC_CALL_RETURN,
               "start.S");
_Static_assert(offsetof(struct lowcore, call_result) == LC_CALL_RESULT,
               "start.S");
_Static_assert(offsetof(struct lowcore, stack) == LC_STACK, "start.S");
_Static_assert(offsetof(struct lowcore, pgm_old) == LC_PGM_OLD, "PoP");
_Static_assert(offsetof(struct lowcore, io_new) == 0x1f0, "PoP");
_Static_assert(offsetof(struct lowcore, end) < 0x1000, "one page");

static struct lowcore *cpu[MAX_CPUS];
static unsigned cpus;

static void lowcore_init(struct lowcore *lc, unsigned n)
{
    struct { struct psw *psw; char *entry; } entries[] = {
        { &lc->restart_new, restart_entry }, { &lc->ext_new, ext_entry },
        { &lc->svc_new, svc_entry }, { &lc->pgm_new, pgm_entry },
        { &lc->mck_new, mck_entry }, { &lc->io_new, io_entry },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(entries); i++) {
        entries[i].psw->mask = PSW_LIBRARY;
        entries[i].psw->addr = (uint64_t)entries[i].entry;
    }
    memset(&lc->pgm, 0, sizeof(lc->pgm));
    lc->call_active = 0;
    lc->console_window = 0;
    lc->cpu_addr = n;
}

/* The first C code: everything else needs this CPU's prefix area. */
void lowcore_start(void)
{
    static uint8_t stack[STACK_SIZE] aligned(16);

    lowcore_init(lowcore(), get_cpu_address());
    lowcore()->int_stack = (uint64_t)stack + sizeof(stack) - FRAME;
}

unsigned smp_count(void)
{
    while (cpus < MAX_CPUS
           && (cpus == get_cpu_address()
               || sigp_retry(cpus, SIGP_SENSE, 0, NULL) != 3)) {
        cpus++;
    }
    return cpus;
}

unsigned smp_number(void)
{
    return lowcore()->cpu_addr;
}

uint32_t smp_prefix(unsigned n)
{
    return (uint64_t)cpu[n];
}

static bool stopped(unsigned n)
{
    uint32_t status;

    return sigp_retry(n, SIGP_SENSE, 0, &status) == 1
           && (status & SIGP_STATUS_STOPPED);
}

static void prepare(unsigned n)
{
    struct lowcore *lc = memory_alloc(2 * PAGE_SIZE, 2 * PAGE_SIZE);

    lowcore_init(lc, n);
    lc->stack = (uint64_t)memory_alloc(STACK_SIZE, 16) + STACK_SIZE - FRAME;
    lc->int_stack = (uint64_t)memory_alloc(STACK_SIZE, 16) + STACK_SIZE - FRAME;
    cpu[n] = lc;
}

void smp_start(unsigned n, void (*fn)(void *), void *arg)
{
    if (n >= smp_count() || n == smp_number()) {
        bail_out("smp_start: no CPU %u to start", n);
    }
    if (!cpu[n]) {
        prepare(n);
    }
    if (!stopped(n)) {
        bail_out("smp_start: CPU %u is running", n);
    }
    sigp_retry(n, SIGP_INITIAL_CPU_RESET, 0, NULL);
    sigp_retry(n, SIGP_SET_PREFIX, (uint64_t)cpu[n], NULL);
    lowcore_init(cpu[n], n);
    cpu[n]->smp_fn = fn;
    cpu[n]->smp_arg = arg;
    cpu[n]->smp_done = 0;
    barrier();
    sigp_retry(n, SIGP_RESTART, 0, NULL);
}

void smp_wait(unsigned n)
{
    while (!READ_ONCE(cpu[n]->smp_done) || !stopped(n)) {
        cpu_relax();
    }
}

void smp_call(unsigned n, void (*fn)(void *), void *arg)
{
    smp_start(n, fn, arg);
    smp_wait(n);
}

void smp_call_all(unsigned count, void (*fn)(void *), void *arg)
{
    for (unsigned n = 1; n < count; n++) {
        smp_start(n, fn, arg);
    }
    fn(arg);
    for (unsigned n = 1; n < count; n++) {
        smp_wait(n);
    }
}

/* Entered from start.S on the CPU's own stack. */
void smp_restarted(void)
{
    struct lowcore *lc = lowcore();

    lc->smp_fn(lc->smp_arg);
    psw_set_mask(PSW_LIBRARY);
    barrier();
    WRITE_ONCE(lc->smp_done, 1);
    for (;;) {
        sigp(lc->cpu_addr, SIGP_STOP, 0, NULL);
    }
}

void smp_stop(unsigned n)
{
    sigp_retry(n, SIGP_STOP, 0, NULL);
    while (!stopped(n)) {
        cpu_relax();
    }
}

/* Called at the end, so a CPU that does not stop must not keep it waiting. */
void smp_stop_others(void)
{
    unsigned self = get_cpu_address(), count = smp_count();

    for (unsigned n = 0; n < count; n++) {
        uint64_t limit = tod() + TOD_SECOND;

        if (n == self || stopped(n)) {
            continue;
        }
        while (sigp(n, SIGP_STOP, 0, NULL) == 2 && tod() < limit) {
            cpu_relax();
        }
        while (!stopped(n) && tod() < limit) {
            cpu_relax();
        }
    }
}

void smp_barrier_wait(struct smp_barrier *b)
{
    uint32_t round = READ_ONCE(b->round);

    if (fetch_add32(&b->arrived, 1) + 1 == b->count) {
        WRITE_ONCE(b->arrived, 0);
        barrier();
        WRITE_ONCE(b->round, round + 1);
        return;
    }
    while (READ_ONCE(b->round) == round) {
        cpu_relax();
    }
}
