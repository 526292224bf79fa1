/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=2 timeout=120 args=seed=1 */
/*
 * No guest instruction may end the emulator: the services of the machine
 * with random operands, which fuzz.c leaves out because they reach beyond an
 * address space. Addresses are in a few pages of ours, or nowhere.
 *
 * Arguments: seed=N, count=N calls of each service, show=1 prints each one,
 * only=NAME.
 */
#include "guest.h"
#include "random.h"

#define WINDOW_PAGES    8

static uint8_t *window;
static uint64_t show;

/* Real storage of the window, or none at all. */
static uint64_t random_address(void)
{
    uint64_t in = (uint64_t)window + below(WINDOW_PAGES) * PAGE_SIZE;

    switch (below(8)) {
    case 0:
        return memory_size() + (random() & 0xfffffff8);
    case 1:
        return -below(4096);
    case 2:
        return in + below(PAGE_SIZE);
    case 3:
        return in + below(512) * 8;
    default:
        return in;
    }
}

static uint64_t random_operand(void)
{
    switch (below(4)) {
    case 0:
        return below(16);
    case 1:
        return random() & 0xffffffff;
    default:
        return random_address();
    }
}

static void fill_window(void)
{
    uint64_t *p = (uint64_t *)window;

    for (unsigned i = 0; i < WINDOW_PAGES * PAGE_SIZE / 8; i++) {
        p[i] = below(2) ? 0 : random() >> below(64);
    }
}

/* SIGNAL PROCESSOR, all orders but those that start a CPU. */
static void do_sigp(void)
{
    static const uint8_t starts[] = { SIGP_START, SIGP_RESTART, SIGP_STOP,
                                      SIGP_STOP_STORE_STATUS };
    uint8_t order = below(4) ? below(0x1f) : random();
    uint16_t cpu = below(4) ? 1 : 2 + below(65534);
    /* only 31 bits count: the window, or no storage */
    uint64_t param = below(2) ? (uint64_t)window + (random() & 0x7fff)
                              : 0x40000000 | (random() & 0x3fffffff);

    for (unsigned i = 0; i < sizeof(starts); i++) {
        if (order == starts[i]) {
            return;
        }
    }
    if (show) {
        tap_note("sigp cpu %u order %#x param %#lx", cpu, order, param);
    }
    sigp(cpu, order, param, NULL);
}

/* SERVICE CALL with a random control block. */
static void do_servc(void)
{
    static const uint32_t commands[] = {
        0x00020001, 0x00120001, 0x00010001, 0x00040001, 0x00080001,
        0x000c0001, 0x000d0001, 0x00770005, 0x00760005, 0x001a0001,
        0x001b0001, 0x00100001, 0x00110001, 0x00280001,
    };
    uint64_t sccb = random_address();
    uint32_t command = below(8) ? commands[below(ARRAY_SIZE(commands))]
                                : random();
    uint8_t *b = window + (sccb - (uint64_t)window);
    int cc;

    command ^= below(4) ? 0 : below(256) << 8;
    if (command == 0x00780005) {
        return;         /* takes our own console's events */
    }
    if (sccb < (uint64_t)window + WINDOW_PAGES * PAGE_SIZE - 64) {
        uint16_t length = below(2) ? 8 + below(600) : random();

        memcpy(b, &length, 2);
        b[6] = b[7] = 0;
        if (below(2)) {         /* an event buffer; not a message (2) */
            length = below(2) ? length - 8U : random() & 0xffff;
            memcpy(b + 8, &length, 2);
            b[10] = below(2) ? 1 + below(32) : random();
            b[10] += b[10] == 2;
        }
    }
    if (show) {
        tap_note("servc %#x at %#lx", command, sccb);
    }
    asm volatile(".insn rre,0xb2200000,%[cmd],%[sccb]\n" CC_GET
                 : [cc] "=d" (cc)
                 : [cmd] "d" (command), [sccb] "a" (sccb) : "cc", "memory");
    cr_or(0, CR0_SERVICE_SIGNAL);
    ext_window();
    cr_clear(0, CR0_SERVICE_SIGNAL);
}

/* DIAGNOSE; not the IPL functions that end or reset the machine. */
#define DIAG(code)                                                      \
    asm volatile("diag %[a],%[b]," #code                                \
                 : [a] "+d" (r2), [b] "+d" (r4) : "d" (r1), "d" (r3),   \
                   "d" (r5) : "cc", "memory")

static void do_diag(void)
{
    unsigned which = below(13);
    uint64_t v[6];

    for (unsigned i = 0; i < 6; i++) {
        v[i] = random_operand();
    }
    if (which == 12) {
        v[2] = random_address();    /* not 0: subcode 6 stores */
        v[4] = 5 + below(8);        /* subcodes 5 to 12 of 0x308 */
    }
    if (show) {
        tap_note("diag %u: %#lx %#lx %#lx %#lx", which, v[1], v[2], v[3], v[4]);
    }

    register uint64_t r1 asm("1") = v[1];
    register uint64_t r2 asm("2") = v[2];
    register uint64_t r3 asm("3") = v[3];
    register uint64_t r4 asm("4") = v[4];
    register uint64_t r5 asm("5") = v[5];

    switch (which) {
    case 0: DIAG(0x010); break;
    case 1: DIAG(0x044); break;
    case 2: DIAG(0x09c); break;
    case 3: DIAG(0x204); break;
    case 4: DIAG(0x224); break;
    case 5: DIAG(0x258); break;
    case 6: DIAG(0x288); break;
    case 7: DIAG(0x318); break;
    case 8: DIAG(0x320); break;
    case 9: DIAG(0x500); break;
    case 10: DIAG(0x501); break;
    case 11: DIAG(0x999); break;
    default:
        DIAG(0x308);
        break;
    }
}

/* LOAD REAL ADDRESS by random tables. */
static void do_lra(void)
{
    uint64_t as[] = { PSW_PRIMARY, PSW_AR, PSW_SECONDARY, PSW_HOME };
    uint64_t asce = random_operand() & ~0xfffUL, real, addr = random();
    int cc;

    asce |= random() & 0xfff & ~(below(8) ? ASCE_REAL_SPACE : 0);
    if (below(2)) {
        addr >>= below(50);
    }
    cr_set(1, asce);
    cr_set(7, asce);
    cr_set(13, asce);
    if (show) {
        tap_note("lra %#lx asce %#lx", addr, asce);
    }
    psw_set_mask(PSW_LIBRARY | as[below(4)]);
    real = lra(addr, &cc);
    tprot(random_address(), below(16));
    psw_set_mask(PSW_LIBRARY);
    asm volatile("" : : "d" (real));
}

/* Storage-key and page-state instructions, some with real addresses. */
static void do_keys(void)
{
    uint64_t r1 = random() & 0xff, r2 = random_address();

    switch (below(12)) {
    case 0: iske(r2); break;
    case 1: sske(r2, r1); break;
    case 2: sske_m3(&r1, &r2, SSKE_MR | SSKE_MC); break;
    case 3: sske_m3(&r1, &r2, SSKE_NQ | SSKE_MR); break;
    case 4: rrbe(r2); break;
    case 5: rrbm(r2); break;
    case 6: irbm(r2); break;
    case 7: essa(r2, ESSA_GET); break;
    case 8: essa(r2, ESSA_UNUSED); break;
    case 9: essa(r2, ESSA_STABLE); break;
    case 10: essa(r2, ESSA_VOLATILE); break;
    default:
        /* only frames of the window are cleared */
        r1 = random() & (PFMF_SK | PFMF_NQ | PFMF_MR | PFMF_MC | 0xff);
        if (below(2)) {
            r1 |= PFMF_CF;
        }
        pfmf(r1, r2);
        break;
    }
}

/* Channel subsystem, PCI and system information. */
static void do_io(void)
{
    uint64_t v0 = below(4) ? random_operand() : below(4) << 28 | below(4);
    uint64_t v1 = below(2) ? 0x10000 + below(4) : random_operand();
    uint64_t a = random_address();
    unsigned which = below(16);

    if (show) {
        tap_note("io %u: %#lx r0 %#lx r1 %#lx", which, a, v0, v1);
    }

    register uint64_t r0 asm("0") = v0;
    register uint64_t r1 asm("1") = v1;

#define S(op) asm volatile(".insn s," #op ",0(%[a])"                    \
                           : "+d" (r0), "+d" (r1) : [a] "a" (a)         \
                           : "cc", "memory")
    switch (which) {
    case 0: S(0xb2300000); break;       /* CSCH */
    case 1: S(0xb2310000); break;       /* HSCH */
    case 2: S(0xb2320000); break;       /* MSCH */
    case 3: S(0xb2330000); break;       /* SSCH */
    case 4: S(0xb2340000); break;       /* STSCH */
    case 5: S(0xb2350000); break;       /* TSCH */
    case 6: S(0xb2360000); break;       /* TPI */
    case 7: S(0xb2370000); break;       /* SAL */
    case 8: S(0xb2380000); break;       /* RSCH */
    case 9: S(0xb2390000); break;       /* STCRW */
    case 10: S(0xb23a0000); break;      /* STCPS */
    case 11: S(0xb23b0000); break;      /* RCHP */
    case 12: S(0xb2760000); break;      /* XSCH */
    case 13: S(0xb27d0000); break;      /* STSI */
    case 14:
        asm volatile(".insn rre,0xb25f0000,%[a],0" : : [a] "a" (a)
                     : "cc", "memory"); /* CHSC */
        break;
    default:
        asm volatile(".insn rre,0xb9a00000,0,%[a]" : : [a] "a" (a)
                     : "cc", "memory"); /* CLP */
        break;
    }
#undef S
}

static void run(const char *name, void (*fn)(void), uint64_t count)
{
    const char *only = argument("only", name);
    uint64_t cr0 = cr_get(0), refused = 0;

    if (strcmp(only, name)) {
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!(i % 256)) {
            fill_window();
        }
        pgm_expect();
        fn();
        refused += pgm_end() != 0;
    }
    cr_set(0, cr0);
    ok(true, "%s: still here after %lu calls", name, count);
    tap_note("%lu ended by an exception", refused);
}

void main(void)
{
    uint64_t count = argument_number("count", 4000);

    show = argument_number("show", 0);
    random_seed(argument_number("seed", 1), 1);
    window = page_alloc(WINDOW_PAGES);
    run("keys", do_keys, count);
    run("lra", do_lra, count);
    run("io", do_io, count);
    run("servc", do_servc, count);
    run("diag", do_diag, count);
    run("sigp", do_sigp, count);
}
