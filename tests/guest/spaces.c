/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 mem=128 */
/*
 * Address spaces that a CPU leaves and comes back to. Hardware keeps TLB
 * entries of many; whatever purges an entry, or changes what it depends on,
 * has to reach those of the spaces left, too. All CPUs do each test at once,
 * each with spaces of its own; the last is about purges by another CPU.
 */
#include "guest.h"

/* More than any cache of address spaces is likely to hold. */
#define SPACES  9
#define MOST    4               /* CPUs */
#define WINDOW  0x40000000UL    /* what differs from space to space */

typedef uint64_t function(void);

static struct cpu {
    uint64_t space[SPACES];
    uint64_t *frame[SPACES];    /* at WINDOW */
    uint64_t *spare;
} cpus[MOST];

static struct smp_barrier barrier_all;

static volatile uint64_t *const window = (uint64_t *)WINDOW;

static void enter(struct cpu *c, unsigned n)
{
    cr_set(1, c->space[n]);
}

static void prepare(struct cpu *c)
{
    for (unsigned n = 0; n < SPACES; n++) {
        c->space[n] = dat_identity();
        c->frame[n] = memory_alloc(PAGE_SIZE, PAGE_SIZE);
        c->frame[n][0] = n;
        dat_map(c->space[n], WINDOW, (uint64_t)c->frame[n], PAGE_SIZE, 0);
    }
    c->spare = memory_alloc(2 * PAGE_SIZE, PAGE_SIZE);
    c->spare[0] = 99;
}

/* Another frame for the window, in any space's tables. */
static void remap(struct cpu *c, unsigned n, uint64_t *frame, uint64_t flags)
{
    *dat_pte(c->space[n], WINDOW) = (uint64_t)frame | flags;
}

/* A test: what went wrong in it, as a number. CPU @c's own tables. */

static uint64_t own_storage(struct cpu *c)
{
    uint64_t wrong = 0;

    for (unsigned round = 0; round < 200; round++) {
        unsigned n = (round * round + round / 7) % SPACES;

        enter(c, n);
        wrong += window[0] != n;
        window[1] = n + round;
        wrong += c->frame[n][1] != n + round;
        enter(c, (n + 1) % SPACES);
        wrong += window[0] != (n + 1) % SPACES;
    }
    return wrong;
}

/* The same address holds another function in each space. */
static uint64_t own_code(struct cpu *c)
{
    uint64_t wrong = 0;

    for (unsigned n = 0; n < SPACES; n++) {
        uint16_t *code = (uint16_t *)c->frame[n] + 64;

        code[0] = 0xa729;           /* lghi %r2,n */
        code[1] = n;
        code[2] = 0x07fe;           /* br %r14 */
    }
    for (unsigned round = 0; round < 100; round++) {
        unsigned n = round % 2 ? round % SPACES : 0;

        enter(c, n);
        wrong += ((function *)(WINDOW + 128))() != n;
    }
    return wrong;
}

enum purge { IPTE, IDTE, PTLB, PURGES };

static void purge(struct cpu *c, unsigned n, enum purge how)
{
    switch (how) {
    case IPTE:
        ipte(c->space[n], WINDOW);
        break;
    case IDTE:      /* the clearing operation, by ASCE */
        asm volatile("idte %0,%2,%1"
                     : : "a" ((c->space[n] & ~0xfffUL) | ASCE_TYPE_R3),
                         "a" (0x800UL), "a" (0UL)
                     : "memory");
        break;
    default:
        ptlb();
    }
}

/* A space loses its page, then gets another, while the CPU is elsewhere. */
static uint64_t purged(struct cpu *c, enum purge how)
{
    uint64_t wrong = 0;

    for (unsigned n = 1; n < SPACES; n++) {
        enter(c, n);
        wrong += window[0] != n;
        enter(c, 0);
        if (how != IPTE) {
            *dat_pte(c->space[n], WINDOW) |= PTE_INVALID;
        }
        purge(c, n, how);
        enter(c, n);
        pgm_expect();
        (void)window[0];
        wrong += pgm_end() != PGM_PAGE_TRANSLATION;
        enter(c, 0);
        remap(c, n, c->spare, 0);
        enter(c, n);
        wrong += window[0] != 99;
        enter(c, 0);
        remap(c, n, c->frame[n], 0);
        purge(c, n, how);
        remap(c, n, c->frame[n], 0);
        enter(c, n);
        wrong += window[0] != n;
    }
    return wrong;
}

static uint64_t purged_by_ipte(struct cpu *c)
{
    return purged(c, IPTE);
}

static uint64_t purged_by_idte(struct cpu *c)
{
    return purged(c, IDTE);
}

static uint64_t purged_by_ptlb(struct cpu *c)
{
    return purged(c, PTLB);
}

/* A page that was stored to becomes read-only. */
static uint64_t made_read_only(struct cpu *c)
{
    uint64_t wrong = 0;

    for (unsigned n = 1; n < SPACES; n++) {
        enter(c, n);
        window[1] = 1;
        enter(c, 0);
        ipte(c->space[n], WINDOW);
        remap(c, n, c->frame[n], PTE_PROTECT);
        enter(c, n);
        pgm_expect();
        window[1] = 2;
        wrong += pgm_end() != PGM_PROTECTION;
        wrong += c->frame[n][1] != 1;
        enter(c, 0);
        ipte(c->space[n], WINDOW);
        remap(c, n, c->frame[n], 0);
    }
    return wrong;
}

/* R and C are set again by a space that was elsewhere when they were reset. */
static uint64_t reference_and_change(struct cpu *c)
{
    uint64_t wrong = 0;

    for (unsigned n = 1; n < SPACES; n++) {
        uint64_t frame = (uint64_t)c->frame[n];

        enter(c, n);
        window[1] = 1;
        enter(c, 0);
        sske(frame, 0);
        wrong += iske(frame) != 0;
        enter(c, n);
        (void)window[0];
        wrong += iske(frame) != SKEY_R;
        enter(c, 0);
        rrbe(frame);
        wrong += iske(frame) != 0;
        enter(c, n);
        window[1] = 2;
        wrong += iske(frame) != (SKEY_R | SKEY_C);
    }
    return wrong;
}

/* Low-address protection begins while the CPU is elsewhere. */
static uint64_t low_address_protection(struct cpu *c)
{
    volatile uint8_t *low = (uint8_t *)lowcore() + 0x190;   /* nobody else's */
    uint64_t wrong = 0;
    uint8_t was = *low;

    for (unsigned n = 1; n < SPACES; n++) {
        enter(c, n);
        *low = n;
        enter(c, 0);
        cr_or(0, CR0_LOW_ADDRESS_PROTECTION);
        enter(c, n);
        pgm_expect();
        *low = 0;
        wrong += pgm_end() != PGM_PROTECTION;
        wrong += *low != n;
        enter(c, 0);
        cr_clear(0, CR0_LOW_ADDRESS_PROTECTION);
        enter(c, n);
        *low = n;
    }
    *low = was;
    return wrong;
}

/* One LCTLG that loads all registers, from an operand in two pages. */
static uint64_t all_registers(struct cpu *c)
{
    uint64_t *cr = (uint64_t *)((uint64_t)c->spare + PAGE_SIZE - 64);
    uint64_t wrong = 0;

    asm volatile("stctg 0,15,%0" : "=S" (*(uint64_t (*)[16])cr));
    for (unsigned n = 0; n < 3 * SPACES; n++) {
        cr[1] = c->space[n % SPACES];
        asm volatile("lctlg 0,15,%0"
                     : : "S" (*(uint64_t (*)[16])cr) : "memory");
        wrong += window[0] != n % SPACES;
    }
    return wrong;
}

/* The other CPUs' pages go away while they are elsewhere. */
static uint64_t purged_by_another(struct cpu *c)
{
    unsigned count = smp_count() < MOST ? smp_count() : MOST;
    struct cpu *other = &cpus[(c - cpus + 1) % count];
    uint64_t wrong = 0;

    for (unsigned n = 1; n < SPACES; n++) {
        enter(c, n);
        wrong += window[0] != n;
        enter(c, 0);
        smp_barrier_wait(&barrier_all);
        ipte(other->space[n], WINDOW);
        smp_barrier_wait(&barrier_all);
        enter(c, n);
        pgm_expect();
        (void)window[0];
        wrong += pgm_end() != PGM_PAGE_TRANSLATION;
        enter(c, 0);
        remap(c, n, c->frame[n], 0);
    }
    return wrong;
}

struct test {
    uint64_t (*run)(struct cpu *c);
    const char *what;
};

static uint64_t wrong_of[MOST];

static void run_test(void *arg)
{
    const struct test *t = arg;
    struct cpu *c = &cpus[smp_number()];

    enter(c, 0);
    psw_set_as(PSW_PRIMARY);
    smp_barrier_wait(&barrier_all);
    wrong_of[smp_number()] = t->run(c);
    dat_off();
}

void main(void)
{
    static struct test tests[] = {
        { own_storage, "each space has its own storage" },
        { own_code, "each space has its own code" },
        { purged_by_ipte, "IPTE reaches a space that was left" },
        { purged_by_idte, "IDTE reaches a space that was left" },
        { purged_by_ptlb, "PTLB reaches a space that was left" },
        { made_read_only, "a page that became read-only is refused" },
        { reference_and_change, "R and C are set again after a reset" },
        { low_address_protection, "low-address protection reaches it" },
        { all_registers, "LCTLG of all registers, across two pages" },
        { purged_by_another, "another CPU's IPTE reaches it" },
    };
    unsigned count = smp_count() < MOST ? smp_count() : MOST;

    for (unsigned n = 0; n < count; n++) {
        prepare(&cpus[n]);
    }
    barrier_all.count = count;
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        uint64_t wrong = 0;

        smp_call_all(count, run_test, &tests[i]);
        for (unsigned n = 0; n < count; n++) {
            wrong += wrong_of[n];
        }
        ok_eq(wrong, 0, "%s", tests[i].what);
    }
}
