/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=2 timeout=120 args=seed=1 */
/* guest-test: accel=kvm390 smp=2 timeout=120 args=seed=2 cpu=qemu */
/*
 * No state that a control program sets up may end the emulator. fuzz.c leaves
 * out the instructions that would take it out of its own reach; they are
 * here: odd PSWs, control registers and tables, PER, DIAGNOSE, SIGNAL
 * PROCESSOR, SERVICE CALL and the instructions that change storage by real
 * addresses. What may be stored to is the arena, the last MiBs of storage.
 *
 * Arguments: seed=N; count=N, rounds of each group; only=GROUP; show=1 prints
 * each round first (the last line then is the one QEMU died of).
 *
 * Not under tcg: QEMU 10.0 aborts there.
 */
#include "guest.h"
#include "random.h"

#define ARENA_SIZE      (4UL << 20)
#define SVC             0x0a00          /* ends a run */
#define PSW_PER         (1UL << 62)
#define SIGP_STORE_ADDITIONAL_STATUS    23

/* What a run has to find again, whatever it did; offsets as in the asm. */
static struct {
    uint64_t gprs[16];
    uint64_t crs[16];           /* 128 */
    uint32_t ars[16];           /* 256 */
    uint32_t prefix, pad;       /* 320 */
    struct psw psw;             /* 328 */
    uint64_t pgm_code;          /* 344: of the program interruption, or 0 */
    struct psw pgm_old;         /* 352 */
} saved __attribute__((used));

/*
 * survive_run - go on at another PSW; any interruption comes back
 *
 * All new PSWs have to designate survive_entry in this prefix area and in
 * each one that the run may set.
 */
void survive_run(uint64_t mask, uint64_t addr);
extern char survive_entry[];
asm(".text\n"
    "survive_run:\n"
    "   larl    %r1,saved\n"
    "   stmg    %r0,%r15,0(%r1)\n"
    "   stctg   0,15,128(%r1)\n"
    "   stam    0,15,256(%r1)\n"
    "   stpx    320(%r1)\n"
    "   stmg    %r2,%r3,328(%r1)\n"
    "   lpswe   328(%r1)\n"
    "survive_entry:\n"
    "   larl    %r1,saved\n"
    "   llgh    %r2,142\n"
    "   stg     %r2,344(%r1)\n"
    "   mvc     352(16,%r1),336\n"
    "   lctlg   0,15,128(%r1)\n"
    "   spx     320(%r1)\n"
    "   lam     0,15,256(%r1)\n"
    "   lmg     %r6,%r15,48(%r1)\n"
    "   br      %r14\n");

static uint64_t arena, space, storage_end;
static uint8_t *code, *prefix_area;
static bool show;
static uint32_t endings[256];   /* runs, by the program-interruption code */

/*
 * An address in the arena or one that designates no storage; with any
 * displacement, and in any addressing mode, it does not reach other storage.
 */
static uint64_t random_address(void)
{
    uint64_t a = arena + below(ARENA_SIZE);

    switch (below(8)) {
    case 0:
        return storage_end + 0xc00000 + below(0x10000);
    case 1:
        return -0x200000UL - below(0x10000);
    case 2:
        return random() << 32 | a;
    case 3:
        return a;
    case 4:
        return a & ~7UL;
    default:
        return a & ~0xfffUL;
    }
}

/* An entry of a DAT table, or an ASCE: leads nowhere but into the arena. */
static uint64_t random_entry(void)
{
    return (random_address() & ~0xfffUL) | below(0x1000);
}

static void fill_arena(void)
{
    for (uint64_t *p = (void *)arena; p < (uint64_t *)storage_end; p++) {
        *p = random_entry();
    }
}

/* The SVC new PSW, where it is to be another. */
static struct psw svc_new = { PSW_LIBRARY, (uint64_t)survive_entry };

static void set_new_psws(struct lowcore *lc)
{
    struct psw *psw = &lc->restart_new;

    for (unsigned i = 0; i < 6; i++) {
        psw[i] = (struct psw) { PSW_LIBRARY, (uint64_t)survive_entry };
    }
    lc->svc_new = svc_new;
    lc->pgm_code = 0;
}

static void copy_page(void *to, const void *from)
{
    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        ((uint64_t *)to)[i] = ((const uint64_t *)from)[i];
    }
}

/* Under @mask at @addr, with the clock comparator as a way out. */
static void go(uint64_t mask, uint64_t addr)
{
    static uint8_t lowcore_copy[PAGE_SIZE] aligned(8);

    if (show) {
        tap_note("PSW %016lx %016lx: %016lx %016lx %016lx", mask, addr,
                 *(uint64_t *)(code + 12), *(uint64_t *)(code + 20),
                 *(uint64_t *)(code + 28));
    }
    copy_page(lowcore_copy, lowcore());
    set_new_psws(lowcore());
    set_new_psws((void *)prefix_area);
    set_clock_comparator(tod() + TOD_MS / 2);
    survive_run(mask, addr);
    set_clock_comparator(-1UL);
    copy_page(lowcore(), lowcore_copy);
    endings[saved.pgm_code % ARRAY_SIZE(endings)]++;
}

/*
 * The code page: registers, then what the caller puts at the result. Register
 * 0 is a number, the others are addresses.
 */
static uint8_t *begin_code(void)
{
    uint64_t *gprs = (void *)(code + 0x800);

    for (unsigned i = 0; i < 0x100; i += 2) {
        *(uint16_t *)(code + i) = SVC;
    }
    for (unsigned i = 0; i < 16; i++) {
        gprs[i] = random_address();
    }
    gprs[0] = below(2) ? below(300) : random();
    memcpy(code, "\xc0\x10\x00\x00\x04\x00", 6);        /* larl r1 */
    memcpy(code + 6, "\xeb\x0f\x10\x00\x00\x04", 6);    /* lmg r0,r15,0(r1) */
    return code + 12;
}

static void set_gpr(unsigned n, uint64_t value)
{
    ((uint64_t *)(code + 0x800))[n] = value;
}

static uint64_t random_amode(void)
{
    static const uint64_t amodes[] = { PSW_64, PSW_64, 0x80000000, 0 };

    return amodes[below(4)];
}

/* Half of the masks are valid, others are so but for one bit; no wait. */
static uint64_t random_mask(void)
{
    const uint64_t valid = PSW_PER | PSW_DAT | PSW_IO | PSW_EXT | PSW_KEY_MASK
                           | PSW_MCHECK | PSW_PROBLEM | PSW_AS_MASK
                           | PSW_CC_MASK | 0xfUL << 40;
    uint64_t mask = (random() & valid) | random_amode();

    switch (below(4)) {
    case 0:
        mask ^= 1UL << below(64);
        break;
    case 1:
        mask = random();
        break;
    }
    return mask & ~PSW_WAIT;
}

/* PSWs that instructions and interruptions load. */
static void psw_round(void)
{
    uint64_t mask = random_mask(), addr = (uint64_t)code + 0x40;
    struct psw *operand = (void *)(code + 0x880);
    uint8_t *p = begin_code();

    *(uint64_t *)addr = 0;      /* no SVC, which could be endless */
    switch (below(8)) {
    case 0:
        addr += 1;
        break;
    case 1:
        addr |= random() << 31;
        break;
    case 2:
        addr = storage_end - 2;
        *(uint16_t *)addr = below(2) ? 0x0700 : 0xc0f4;
        break;
    case 3:
        addr = -2UL;
        break;
    case 4:
        addr = 0x7ffffffe;
        break;
    }
    switch (below(4)) {
    case 0:
        svc_new = (struct psw) { mask, addr };
        go(PSW_LIBRARY, (uint64_t)code);
        svc_new = (struct psw) { PSW_LIBRARY, (uint64_t)survive_entry };
        return;
    case 1:
        go(mask, addr);
        return;
    }
    operand->mask = mask;
    operand->addr = addr;
    if (below(2)) {             /* LPSW: a short PSW */
        operand->mask = (mask & ~0x80000000UL) | below(2) << 31
                        | (addr & 0x7fffffff);
        memcpy(p, "\x82\x00\x10\x80", 4);
    } else {
        memcpy(p, "\xb2\xb2\x10\x80", 4);
    }
    set_gpr(1, (uint64_t)code + 0x800);
    go(PSW_LIBRARY, (uint64_t)code);
}

/* The end of the 24-bit and the 31-bit address space, by all ways there. */
static void wrap_round(void)
{
    static const uint8_t ways[][6] = {
        { 0x07, 0x00 },                                 /* nopr */
        { 0x18, 0x22 },                                 /* lr */
        { 0x47, 0x00, 0x00, 0x00 },                     /* nop */
        { 0xa7, 0xf4, 0x7f, 0xff },                     /* j */
        { 0xc0, 0xf4, 0x00, 0x80, 0x00, 0x00 },         /* jg */
        { 0xc0, 0xf4, 0x7f, 0xff, 0xff, 0xff },
        { 0xc0, 0xe5, 0x00, 0x80, 0x00, 0x00 },         /* brasl */
        { 0xc6, 0x20, 0x00, 0x80, 0x00, 0x00 },         /* exrl */
        { 0x44, 0x00, 0x20, 0x00 },                     /* ex */
        { 0x07, 0xf2 },                                 /* br r2 */
        { 0x0d, 0xe2 },                                 /* basr */
        { 0x05, 0xe2 },                                 /* balr */
        { 0x0c, 0xe2 },                                 /* bassm */
        { 0x0b, 0xe2 },                                 /* bsm */
        { 0x45, 0xe0, 0x20, 0x00 },                     /* bal */
        { 0x0a, 0x07 },                                 /* svc */
        { 0x01, 0x0d },                                 /* sam31 */
        { 0x01, 0x0c },                                 /* sam24 */
        { 0xec, 0x22, 0x7f, 0xff, 0x00, 0x64 },         /* cgrj */
        { 0xa7, 0x27, 0x7f, 0xff },                     /* brctg */
        { 0x00, 0x00 },
    };
    bool bits31 = below(2), dat = bits31;
    uint64_t edge = bits31 ? 0x80000000 : 0x1000000;
    uint64_t addr = edge - 2 * (1 + below(4));
    /* the page below the edge is @tail in the 31-bit mode, itself in 24-bit */
    uint8_t *tail = bits31 ? prefix_area + 3 * PAGE_SIZE
                           : (void *)(edge - PAGE_SIZE);
    uint64_t mask = PSW_LIBRARY & ~PSW_64;

    begin_code();
    for (unsigned i = 0; i < 8; i++) {
        memcpy(tail + PAGE_SIZE - 8 + i, "\x07", 1);
    }
    for (unsigned i = PAGE_SIZE - 16; i < PAGE_SIZE; i += 2) {
        *(uint16_t *)(tail + i) = 0x0700;
    }
    memcpy(tail + (addr & 0xfff), ways[below(ARRAY_SIZE(ways))],
           edge - addr < 6 ? edge - addr : 6);
    mask |= bits31 ? 0x80000000 : 0;
    go(mask | (dat ? PSW_DAT : 0) | PSW_EXT, addr);
}

/* Any control registers, then instructions that look at them. */
static void control_round(void)
{
    static const uint8_t lookers[][6] = {
        { 0xb1, 0x20, 0x30, 0x00 },                     /* lra */
        { 0xe3, 0x20, 0x30, 0x00, 0x00, 0x03 },         /* lrag */
        { 0xe3, 0x20, 0x30, 0x00, 0x00, 0x13 },         /* lray */
        { 0xe5, 0x01, 0x30, 0x00, 0x40, 0x00 },         /* tprot */
        { 0xe5, 0x02, 0x30, 0x00, 0x40, 0x00 },         /* strag */
        { 0xe3, 0x20, 0x30, 0x00, 0x00, 0x04 },         /* lg */
        { 0xe3, 0x20, 0x30, 0x00, 0x00, 0x24 },         /* stg */
        { 0xd2, 0xff, 0x30, 0x00, 0x40, 0x00 },         /* mvc */
        { 0xc8, 0x30, 0x30, 0x00, 0x40, 0x00 },         /* mvcos */
        { 0xda, 0x23, 0x30, 0x00, 0x40, 0x00 },         /* mvcp */
        { 0xdb, 0x23, 0x30, 0x00, 0x40, 0x00 },         /* mvcs */
        { 0xd9, 0x23, 0x30, 0x00, 0x40, 0x00 },         /* mvck */
        { 0xe5, 0x0e, 0x30, 0x00, 0x40, 0x00 },         /* mvcsk */
        { 0xe5, 0x0f, 0x30, 0x00, 0x40, 0x00 },         /* mvcdk */
        { 0xb2, 0x54, 0x00, 0x34 },                     /* mvpg */
        { 0xb2, 0x46, 0x00, 0x23 },                     /* stura */
        { 0xb2, 0x4b, 0x00, 0x23 },                     /* lura */
        { 0xb2, 0x19, 0x00, 0x00 },                     /* sac 0 */
        { 0xb2, 0x79, 0x01, 0x00 },                     /* sacf 100 */
        { 0xb2, 0x79, 0x02, 0x00 },                     /* sacf 200 */
        { 0xb2, 0x79, 0x03, 0x00 },                     /* sacf 300 */
        { 0xb2, 0x18, 0x30, 0x00 },                     /* pc */
        { 0x01, 0x01 },                                 /* pr */
        { 0xb2, 0x28, 0x00, 0x23 },                     /* pt */
        { 0xb9, 0x9e, 0x00, 0x23 },                     /* pti */
        { 0xb2, 0x25, 0x00, 0x20 },                     /* ssar */
        { 0xb2, 0x4c, 0x00, 0x23 },                     /* tar */
        { 0xb2, 0x2c, 0x00, 0x23 },                     /* tb */
        { 0xb9, 0x8d, 0x00, 0x23 },                     /* epsw */
        { 0xaf, 0x05, 0x30, 0x00 },                     /* mc */
        { 0xb2, 0x99, 0x30, 0x00 },                     /* srnm */
        { 0x6a, 0x00, 0x30, 0x00 },                     /* ad */
        { 0xe7, 0x20, 0x30, 0x00, 0x00, 0x06 },         /* vl */
        { 0xb2, 0x05, 0x30, 0x00 },                     /* stck */
        { 0xb2, 0xb0, 0x30, 0x00 },                     /* stfle */
        { 0xb2, 0x36, 0x30, 0x00 },                     /* tpi */
    };
    static const uint8_t lctlg[] = { 0xeb, 0x00, 0x10, 0x80, 0x00, 0x2f };
    uint64_t *crs = (void *)(code + 0x880);
    uint64_t mask = PSW_LIBRARY | PSW_EXT, as = (uint64_t)below(4) << 46;
    unsigned first = below(16), last = below(2) ? first : below(16);
    uint8_t *p;

    set_gpr(1, (uint64_t)code + 0x800);
    p = begin_code();
    set_gpr(1, (uint64_t)code + 0x800);
    memcpy(p, lctlg, 6);
    p[1] = first << 4 | last;
    p += 6;
    for (unsigned i = 0; i < 16; i++) {
        crs[i] = below(2) ? random_entry() : random();
    }
    if (below(2)) {
        /* an address space of random tables, any type and length */
        p[-5] = 0x1d;           /* 1 to 13 */
        crs[12] = random_entry();
    }
    if (below(2)) {
        /* DAT on here, or not to be on at all */
        memcpy(p, "\xb2\xb2\x11\x80", 4);               /* lpswe 180(r1) */
        p += 4;
        *(struct psw *)(code + 0x980) = (struct psw) {
            mask | as | (below(2) ? PSW_DAT : 0), (uint64_t)p };
    }
    memcpy(p, lookers[below(ARRAY_SIZE(lookers))], 6);
    if (p[0] >= 0xc0) {
        p += 6;
    } else {
        p += p[0] < 0x40 ? 2 : 4;
    }
    *(uint16_t *)p = SVC;
    go(mask, (uint64_t)code);
}

/* PER events of all kinds, on all kinds of instructions. */
static void per_round(void)
{
    static const uint8_t ways[][6] = {
        { 0xe3, 0x20, 0x30, 0x00, 0x00, 0x24 },         /* stg */
        { 0xd2, 0xff, 0x30, 0x00, 0x40, 0x00 },         /* mvc */
        { 0xeb, 0x26, 0x30, 0x00, 0x00, 0x24 },         /* stmg */
        { 0xb9, 0x25, 0x00, 0x23 },                     /* sturg */
        { 0x44, 0x00, 0x30, 0x00 },                     /* ex */
        { 0xa7, 0xf4, 0x00, 0x04 },                     /* j */
        { 0x0d, 0xe3 },                                 /* basr */
        { 0xb2, 0xb2, 0x30, 0x00 },                     /* lpswe */
        { 0x00, 0x00 },
        { 0x0a, 0x01 },
        { 0x18, 0x22 },
        { 0xa7, 0x24, 0x00, 0x00 },
    };
    static const uint8_t lctlg[] = { 0xeb, 0x9b, 0x10, 0x80, 0x00, 0x2f };
    uint64_t *crs = (void *)(code + 0x880);
    uint8_t *p = begin_code();
    unsigned way = below(ARRAY_SIZE(ways));

    set_gpr(1, (uint64_t)code + 0x800);
    set_gpr(3, (random_address() & ~7UL) | (below(4) ? 0 : below(8)));
    memcpy(p, lctlg, 6);
    crs[0] = random() & random();
    crs[1] = below(2) ? random_address() : below(2) ? 0 : (uint64_t)code;
    crs[2] = below(2) ? random_address() : below(2) ? -1UL : crs[1];
    memcpy(p + 6, "\xb2\xb2\x11\x80", 4);
    *(struct psw *)(code + 0x980) = (struct psw) {
        PSW_LIBRARY | PSW_PER | PSW_EXT | (below(2) ? PSW_DAT : 0),
        (uint64_t)p + 10 };
    memcpy(p + 10, ways[way], 6);
    if (ways[way][0] == 0xb2) {
        *(struct psw *)arena = (struct psw) { PSW_LIBRARY | PSW_PER,
                                              (uint64_t)p + 14 };
        set_gpr(3, arena);
    }
    go(PSW_LIBRARY, (uint64_t)code);
}

/* DIAGNOSE with every code but those that reset or load the machine. */
static void diagnose_round(void)
{
    static const uint16_t codes[] = {
        0x308, 0x308, 0x308, 0x288, 0x500, 0x501, 0x10, 0x44, 0x9c, 0x318,
        0x258, 0x260, 0x204, 0x320, 0x508, 0x0, 0x8, 0x24, 0x64, 0x2fc,
    };
    unsigned diag = below(2) ? codes[below(ARRAY_SIZE(codes))]
                             : below(0x1000);
    uint8_t *p = begin_code();

    p[0] = 0x83;
    p[1] = (2 + below(12)) << 4 | (2 + below(12));
    p[2] = diag >> 8;
    p[3] = diag;
    if (below(4) == 0) {
        p[2] |= 0x10;           /* a base register: any code at all */
        set_gpr(1, random() << 16);
    }
    for (unsigned i = 0; i < 14; i++) {
        if (!below(3)) {
            set_gpr(i, below(2) ? below(16) : random());
        }
    }
    set_gpr(2, below(600));
    if ((p[2] & 15) == 3 && p[3] == 8) {
        unsigned r3 = p[1] & 15;

        /* not the subcodes that reset (0, 1), load (3, 4) or unpack (8-10) */
        set_gpr(r3, below(4) ? 5 + below(3) : below(0x10000) + 11);
        if (below(4)) {
            uint64_t block = random_address() & ~0xfffUL;

            p[1] &= 0xef;
            if (block >= arena && block < storage_end) {
                ((uint32_t *)block)[0] = below(6000);       /* length */
                ((uint32_t *)block)[3] = below(300) << 24;  /* type */
            }
            set_gpr(p[1] >> 4, block);
        }
    }
    go((below(8) ? PSW_LIBRARY : PSW_LIBRARY | PSW_PROBLEM) | PSW_EXT,
       (uint64_t)code);
}

/*
 * Every SIGP order with every parameter, but none that stops this CPU or
 * starts the other.
 */
static void sigp_round(void)
{
    unsigned order = below(2) ? below(32) : below(256), target = below(4);
    bool self = target == get_cpu_address();
    uint8_t *p = begin_code();

    if (order == SIGP_START || order == SIGP_RESTART
        || (self && (order == SIGP_STOP || order == SIGP_STOP_STORE_STATUS
                     || order == SIGP_INITIAL_CPU_RESET
                     || order == SIGP_CPU_RESET))) {
        order = SIGP_SENSE;
    }
    memcpy(p, "\xae\x24\x00\x00", 4);                   /* sigp r2,r4,d(0) */
    p[3] = order;
    /* a status is stored where the parameter says */
    set_gpr(3, below(3) || order == SIGP_STORE_STATUS
               || order == SIGP_STORE_ADDITIONAL_STATUS
               ? random_address() : below(64));
    set_gpr(4, below(8) ? target : random());
    go(PSW_LIBRARY | (below(2) ? PSW_EXT : 0), (uint64_t)code);
}

/* SERVICE CALL with any command and any SCCB. */
static void servc_round(void)
{
    static const uint32_t commands[] = {
        0x00020001, 0x00120001, 0x00010001, 0x00040001, 0x00040002,
        0x000d0001, 0x000c0001, 0x00780005, 0x00770005, 0x00760005,
        0x00760005, 0x00760005, 0x001a0001, 0x001b0001, 0x00150001,
        0x00110001, 0x00100001, 0x000f0001, 0x00050001,
    };
    static const uint8_t types[] = { 0x01, 0x02, 0x05, 0x09, 0x0b, 0x1a,
                                     0x1d, 0x18 };
    uint8_t *sccb = (void *)(arena + below(16) * PAGE_SIZE);
    uint8_t *p = begin_code();

    if (!below(4)) {
        sccb += below(512) * 8;
    }
    for (unsigned i = 0; i < 128; i++) {
        sccb[i] = below(3) ? 0 : random() >> 24;
    }
    sccb[0] = below(4) ? 0 : below(0x20);       /* length */
    sccb[1] = below(4) ? below(128) : random();
    sccb[8] = 0;                                /* event buffer */
    sccb[9] = below(4) ? below(sccb[1] + 1u) : random();
    sccb[10] = types[below(ARRAY_SIZE(types))];
    sccb[14] = 0;                               /* message data block */
    sccb[15] = below(2) ? sccb[9] - 6u : (uint8_t)random();
    sccb[16] = below(4) ? 0 : random();
    sccb[17] = below(4) ? 1 : random();
    sccb[26] = 0;                               /* its first object */
    sccb[27] = below(2) ? sccb[15] - 12u : (uint8_t)random();
    sccb[28] = 0;
    sccb[29] = below(4) ? 4 : random();
    memcpy(p, "\xb2\x20\x00\x23", 4);                   /* servc r2,r3 */
    set_gpr(2, below(8) ? commands[below(ARRAY_SIZE(commands))]
                          | (below(4) ? 0 : below(256) << 8) : random());
    set_gpr(3, below(4) ? (uint64_t)sccb : random_address());
    cr_or(0, CR0_SERVICE_SIGNAL);
    go(PSW_LIBRARY, (uint64_t)code);
    begin_code();
    go(PSW_LIBRARY | PSW_EXT, (uint64_t)code);          /* its interruption */
    cr_clear(0, CR0_SERVICE_SIGNAL);
}

/* Instructions of the control program, any operands in the arena. */
static void control_program_round(void)
{
    static const uint16_t opcodes[] = {
        0x8000, 0xac00, 0xad00, 0xb600, 0xb700,         /* SSM ... LCTL */
        0xb209, 0xb20a,                                 /* STPT, SPKA */
        0xb202, 0xb20d, 0xb211, 0xb212, 0xb213, 0xb219,
        0xb220, 0xb221, 0xb229, 0xb22a, 0xb22b, 0xb22c, /* IPTE, keys, TB */
        0xb22e, 0xb22f, 0xb23c, 0xb246, 0xb24b, 0xb250,
        0xb254, 0xb258, 0xb259, 0xb25a, 0xb25f, 0xb276, 0xb27d,
        0xb230, 0xb231, 0xb232, 0xb233, 0xb234, 0xb235, /* I/O */
        0xb236, 0xb237, 0xb238, 0xb239, 0xb23a, 0xb23b,
        0xb2a4, 0xb2a5, 0xb2b0, 0xb2b1, 0xb2e0, 0xb2e1, 0xb2ec, 0xb2ed,
        0xb905, 0xb925, 0xb98a, 0xb98e, 0xb98f, 0xb99e, 0xb9a0, 0xb9a2,
        0xb9aa, 0xb9ab, 0xb9ac, 0xb9ad, 0xb9ae, 0xb9af, 0xb9bd,
        0xb9d0, 0xb9d2, 0xb9d3, 0xb9a1, 0xb93a, 0xb928, 0xb92a, 0xb92b,
        0xb92c, 0xb92d, 0xb92e, 0xb92f, 0xb91e, 0xb93c, 0xb93e, 0xb93f,
        0xb929, 0xe500, 0xe501, 0xe502, 0xe50e, 0xe50f,
        0xd900, 0xda00, 0xdb00, 0xc800, 0xc801, 0xc802, 0xee00,
        0xeb25, 0xeb2f, 0xeb61, 0xeb62, 0xeb17, 0xeb60, 0xeb8a, 0xebd0,
        0xebd1, 0xebd4, 0xe3d0, 0xe3d4, 0xe503, 0xb24d, 0xb2fa, 0xb298,
    };
    uint16_t op = opcodes[below(ARRAY_SIZE(opcodes))];
    uint8_t *p = begin_code();
    uint64_t mask = PSW_LIBRARY & ~PSW_64;

    for (unsigned i = 1; i < 6; i++) {
        p[i] = random() >> 24;
    }
    p[0] = op >> 8;
    if (p[0] == 0xeb || p[0] == 0xe3) {
        p[5] = op;
        p[4] = 0;
    } else if (p[0] == 0xc8) {
        p[1] = (p[1] & 0xf0) | (op & 15);
    } else if (op & 0xff || p[0] == 0xb2 || p[0] == 0xe5) {
        p[1] = op;
    }
    /*
     * no base register 0, whose displacement is in the prefix area; nor
     * register 0, a number, as the address of an RRE instruction
     */
    if (!(p[2] & 0xf0)) {
        p[2] |= 0x30;
    }
    if (!(p[4] & 0xf0) && p[0] >= 0xc0 && p[0] != 0xeb && p[0] != 0xe3) {
        p[4] |= 0x40;
    }
    if (p[0] == 0xb2 || p[0] == 0xb9) {
        p[3] |= 0x22;
    }
    if (op == 0xb220) {
        return;                 /* servc_round() */
    }
    p += p[0] < 0x40 ? 2 : p[0] < 0xc0 ? 4 : 6;
    *(uint16_t *)p = SVC;
    if (!below(4)) {
        mask |= PSW_DAT | (uint64_t)below(4) << 46;
    }
    go(mask | random_amode() | (below(2) ? PSW_EXT : 0), (uint64_t)code);
}

/* SET PREFIX to places that can be one, that can't, and that are none. */
static void prefix_round(void)
{
    uint8_t *p = begin_code();
    uint32_t *operand = (void *)(code + 0x880);

    set_gpr(1, (uint64_t)code + 0x800);
    memcpy(p, "\xb2\x10\x10\x80", 4);
    switch (below(4)) {
    case 0:
        *operand = storage_end + (below(3) - 1) * 0x2000 * below(4);
        set_new_psws((void *)(storage_end - 0x2000));
        set_new_psws((void *)(storage_end - 0x4000));
        set_new_psws((void *)(storage_end - 0x6000));
        break;
    case 1:
        *operand = 0x7fffffff - below(0x10000);
        break;
    default:
        *operand = (uint64_t)prefix_area | below(0x2000)
                   | (uint32_t)below(2) << 31;
        break;
    }
    go(PSW_LIBRARY | (below(2) ? PSW_EXT : 0), (uint64_t)code);
}

/* Any times. Interruptions stay masked: they would come at once. */
static void clock_round(void)
{
    static const uint8_t ways[][4] = {
        { 0xb2, 0x04, 0x20, 0x00 },                     /* sck */
        { 0xb2, 0x06, 0x20, 0x00 },                     /* sckc */
        { 0xb2, 0x07, 0x00, 0x00 },                     /* sckpf */
        { 0xb2, 0x08, 0x20, 0x00 },                     /* spt */
        { 0x01, 0x04, 0x00, 0x00 },                     /* ptff */
    };
    uint8_t *p = begin_code();
    uint64_t *operand = (void *)arena;

    *operand = below(2) ? random() : below(2) ? -(random() >> 40) : below(99);
    set_gpr(1, arena + PAGE_SIZE);
    set_gpr(2, arena);
    memcpy(p, ways[below(ARRAY_SIZE(ways))], 4);
    *(uint16_t *)(p + 4) = SVC;
    go(PSW_LIBRARY, (uint64_t)code);
}

/* What became of the ways to end QEMU 10.0 that this and fuzz have found. */
static void test_found(void)
{
    uint8_t *edge = (void *)0xfffff0;   /* jg lands 16 MiB too far */
    int32_t distance = 0x1000000 + (uint64_t)code + 0x40 - (uint64_t)edge;

    tap_push("found");
    begin_code();
    *(uint64_t *)(code + 0x40) = 0;
    memcpy(edge, "\xc0\xf4", 2);
    distance /= 2;
    memcpy(edge + 2, &distance, 4);
    go(0, (uint64_t)edge);
    ok_eq(saved.pgm_code, PGM_OPERATION, "a branch off the 24-bit space");
    ok_eq(saved.pgm_old.addr, (uint64_t)code + 0x42, "wraps");
    for (unsigned i = 0; i < 2; i++) {
        svc_new = (struct psw) { i ? 1UL << 63 | PSW_LIBRARY : 1UL << 32,
                                 (uint64_t)code + 0x40 };
        go(PSW_LIBRARY, (uint64_t)code);
        ok_eq(saved.pgm_code, PGM_SPECIFICATION, "a new PSW with %s",
              i ? "a reserved bit" : "half an addressing mode");
        ok_eq(saved.pgm_old.addr, (uint64_t)code + 0x40,
              "is not executed by");
    }
    svc_new = (struct psw) { PSW_LIBRARY, (uint64_t)survive_entry };
    /* the length would be in register 16 */
    pgm_expect();
    asm volatile(".long 0xb99300f2" : : : "memory", "cc");
    pgm_ok(PGM_SPECIFICATION, "TROO of an odd register");
    tap_pop();
}

/* SERVICE CALLs may have changed what the console listens to. */
static void restore_console(void)
{
    struct {
        uint16_t length;
        uint8_t function, control[3];
        uint16_t response, reserved, mask_length;
        uint32_t receive, send, sclp_receive, sclp_send;
    } __attribute__((packed)) *sccb = (void *)arena;

    memset(sccb, 0, sizeof(*sccb));
    sccb->length = sizeof(*sccb);
    sccb->mask_length = 4;
    sccb->send = 0x40000000;
    service_call(0x00780005, sccb);
}

static const struct group {
    const char *name;
    void (*round)(void);
    unsigned count;
} groups[] = {
    { "psw", psw_round, 8000 },
    { "wrap", wrap_round, 3000 },
    { "control", control_round, 20000 },
    { "per", per_round, 8000 },
    { "diagnose", diagnose_round, 6000 },
    { "sigp", sigp_round, 4000 },
    { "prefix", prefix_round, 2000 },
    { "service-call", servc_round, 4000 },
    { "instructions", control_program_round, 20000 },
    { "clocks", clock_round, 4000 },    /* last: they are wrong from then on */
};

static void run_group(const struct group *g, uint64_t count)
{
    uint64_t cr0 = cr_get(0);

    if (show) {
        tap_note("%s", g->name);
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!(i % 4096)) {
            fill_arena();
        }
        cr_set(0, cr0 | CR0_CLOCK_COMPARATOR | CR0_SECONDARY_SPACE | CR0_AFP
                  | CR0_VECTOR | CR0_EXTRACTION_AUTHORITY);
        cr_set(1, space);
        cr_set(3, 0xffffffff00000000);
        cr_set(7, space);
        cr_set(13, space);
        g->round();
        cr_set(0, cr0);
    }
    restore_console();
    for (unsigned i = 0; i < ARRAY_SIZE(endings); i++) {
        if (endings[i]) {
            tap_note("%s: %u runs ended by %#x, %s", g->name, endings[i], i,
                     pgm_name(i));
            endings[i] = 0;
        }
    }
    ok(true, "%s: %lu rounds", g->name, count);
}

void main(void)
{
    uint64_t count = argument_number("count", 0);
    const char *only = argument("only", "");

    show = argument_number("show", 0);
    storage_end = memory_size();
    arena = storage_end - ARENA_SIZE;
    code = page_alloc(1);
    prefix_area = memory_alloc(4 * PAGE_SIZE, 2 * PAGE_SIZE);
    space = dat_space();
    dat_map(space, (uint64_t)code, (uint64_t)code, PAGE_SIZE, 0);
    dat_map(space, arena, arena, ARENA_SIZE, 0);
    /* where 31-bit addresses end, and what would come behind */
    dat_map(space, 0x7ffff000, (uint64_t)prefix_area + 3 * PAGE_SIZE,
            PAGE_SIZE, 0);
    if (!only[0]) {
        test_found();
    }
    for (unsigned i = 0; i < ARRAY_SIZE(groups); i++) {
        random_seed(argument_number("seed", 1), i);
        if (!only[0] || !strcmp(only, groups[i].name)) {
            run_group(&groups[i], count ? count : groups[i].count);
        }
    }
}
