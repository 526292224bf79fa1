/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1 timeout=120 args=seed=1 */
/* guest-test: accel=kvm390 smp=1 timeout=120 args=seed=2 cpu=qemu */
/*
 * No guest instruction may end the emulator or reach storage its address
 * space does not map. Random instructions run in every address-space control,
 * addressing mode, state and key; what is left of QEMU prints the result.
 *
 * Arguments: seed=N; count=N runs per mode; show=1 prints each one
 * first (the last line then is the one QEMU died of); mode=N only that mode.
 *
 * Not under tcg: QEMU 10.0 aborts in access-register mode.
 */
#include "guest.h"
#include "random.h"

/* Everything is below 16 MiB, for the 24-bit mode. */
#define CODE            0x700000UL      /* load registers, then the fuzz */
#define WINDOW          0x600000UL      /* the data instructions may use */
#define WINDOW_PAGES    4
#define SLOTS           3               /* instructions in problem state */

#define SVC             0x0a00          /* ends a run */

struct registers {
    uint64_t gpr[16];
    uint32_t ar[16];
};

static uint8_t *code, *window;
static uint64_t space, secondary, duct;

/* What would leave the test's reach in the supervisor state. */
static bool excluded(const uint8_t *insn)
{
    static const uint8_t one[] = {
        0x44,                           /* EX: of any of these */
        0x80, 0x82, 0x83, 0xac, 0xad,   /* SSM, LPSW, DIAG, STNSM, STOSM */
        0xae, 0xb7,                     /* SIGP, LCTL */
    };
    static const uint16_t two[] = {
        0xb204, 0xb206, 0xb207, 0xb208, /* SCK, SCKC, SCKPF, SPT */
        0xb210, 0xb220, 0xb221, 0xb22f, /* SPX, SERVC, IPTE, PGOUT */
        0xb22e, 0xb246, 0xb2b2, 0xb925, /* PGIN, STURA, LPSWE, STURG */
        0xb98a, 0xb98e, 0xb98f, 0xb9ab, /* CSPG, IDTE, CRDTE, ESSA */
        0xb9af, 0xeb2f, 0xeb71, 0xb250, /* PFMF, LCTLG, LPSWEY, CSP */
        0xb22b, 0xb22c, 0xb23c,         /* SSKE, TB, SCHM */
    };
    uint16_t op = insn[0] << 8 | (insn[0] >= 0xe3 ? insn[5] : insn[1]);

    for (unsigned i = 0; i < ARRAY_SIZE(one); i++) {
        if (insn[0] == one[i]) {
            return true;
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(two); i++) {
        if (op == two[i]) {
            return true;
        }
    }
    return insn[0] == 0xc6 && (insn[1] & 15) == 0;      /* EXRL */
}

/* Puts a random instruction at @p; its length. */
static unsigned random_instruction(uint8_t *p)
{
    static const uint8_t families[] = {
        0xb2, 0xb3, 0xb9, 0xc0, 0xc2, 0xc4, 0xc6, 0xc8, 0xcc,
        0xe3, 0xe5, 0xe7, 0xeb, 0xec, 0xed,
    };

    for (unsigned i = 0; i < 6; i++) {
        p[i] = random() >> 24;
    }
    if (below(2)) {
        p[0] = families[below(sizeof(families))];
    }
    if (below(4)) {
        /* base registers point into the window: stay near them */
        p[2] &= 0xf1;
        if (p[0] == 0xe3 || p[0] == 0xeb) {
            p[4] = 0;
        }
        if (below(2)) {
            p[1] &= 0xf0;
        }
    }
    return p[0] < 0x40 ? 2 : p[0] < 0xc0 ? 4 : 6;
}

static uint64_t random_value(void)
{
    switch (below(8)) {
    case 0:
        return random();
    case 1:
        return below(600);
    case 2:
        return -below(600);
    case 3:
        return below(0x200000);
    default:
        return WINDOW + below(WINDOW_PAGES * PAGE_SIZE / 8) * 8
               + (below(4) ? 0 : below(8));
    }
}

/* The code page: registers from its second half, @slots instructions, SVCs. */
static void make_run(unsigned slots, bool supervisor, bool show)
{
    struct registers *r = (void *)(code + 0x800);
    uint16_t *end;
    uint8_t *p = code;

    for (unsigned i = 0; i < 16; i++) {
        r->gpr[i] = random_value();
        r->ar[i] = below(16) ? 0 : below(2) ? below(4) : random();
    }
    r->ar[1] = 0;               /* the base of the lmg */
    asm volatile("lam 0,15,%0" : : "Q" (r->ar));
    /* larl r1; lmg from 0(r1) */
    memcpy(p, "\xc0\x10\x00\x00\x04\x00", 6);
    memcpy(p + 6, "\xeb\x0f\x10\x00\x00\x04", 6);
    p += 12;
    while (slots--) {
        unsigned n;

        do {
            n = random_instruction(p);
        } while (supervisor && excluded(p));
        if (show) {
            tap_note("%02x%02x %02x%02x %02x%02x", p[0], p[1], p[2], p[3],
                     p[4], p[5]);
        }
        p += n;
    }
    for (end = (uint16_t *)p; end < (uint16_t *)(code + 0x100); end++) {
        *end = SVC;
    }
}

/*
 * The window: SVCs for the supervisor state, so that a branch ends there.
 * Its storage keys, and now and then the code's, are random.
 */
static void fill_window(uint8_t *w, bool supervisor)
{
    for (unsigned i = 0; i < WINDOW_PAGES; i++) {
        sske((uint64_t)w + i * PAGE_SIZE, below(2) ? 0 : random());
    }
    sske((uint64_t)code, below(4) ? 0 : random() & ~SKEY_F);
    for (unsigned i = 0; i < WINDOW_PAGES * PAGE_SIZE; i += 8) {
        *(uint64_t *)(w + i) = supervisor ? 0x0a000a000a000a00 : random();
    }
}

static uint64_t checksum(void)
{
    extern char command_line[], sum_end[];
    uint64_t sum = 0;

    /* text and read-only data, the space nothing may reach in */
    for (uint64_t *p = (void *)command_line; p < (uint64_t *)sum_end; p++) {
        sum = sum * 31 + *p;
    }
    return sum;
}

static const struct mode {
    const char *name;
    uint64_t mask;
    bool supervisor;
} modes[] = {
    { "problem, primary", PSW_PROBLEM | PSW_PRIMARY, false },
    { "problem, access registers", PSW_PROBLEM | PSW_AR, false },
    { "problem, secondary", PSW_PROBLEM | PSW_SECONDARY, false },
    { "problem, home", PSW_PROBLEM | PSW_HOME, false },
    { "supervisor, primary", PSW_PRIMARY, true },
    { "supervisor, access registers", PSW_AR, true },
    { "supervisor, secondary", PSW_SECONDARY, true },
    { "supervisor, home", PSW_HOME, true },
};

static void load_control_registers(uint64_t cr0)
{
    cr_set(0, cr0 | CR0_CLOCK_COMPARATOR | CR0_SECONDARY_SPACE | CR0_AFP
              | CR0_VECTOR | CR0_EXTRACTION_AUTHORITY);
    cr_set(1, space);
    cr_set(2, duct);
    cr_set(5, duct);
    cr_set(3, 0xffffffff00000000);
    cr_set(7, secondary);
    cr_set(13, space);
}

static void test_mode(const struct mode *m, uint64_t count, bool show)
{
    uint64_t cr0 = cr_get(0), sum = checksum(), looped = 0, refused = 0;
    uint64_t amode[] = { PSW_64, PSW_64, 0x80000000, 0 };

    for (uint64_t i = 0; i < count; i++) {
        uint64_t mask = m->mask | PSW_DAT | PSW_EXT | amode[below(4)];
        uint32_t code_;

        if (!below(4)) {
            mask |= PSW_KEY(below(16));
        }
        if (!(i % 256)) {
            fill_window(window, m->supervisor);
        }
        make_run(m->supervisor ? 1 : SLOTS, m->supervisor, show);
        load_control_registers(cr0);
        set_clock_comparator(tod() + TOD_MS / 2);
        code_ = call_under(mask, (void (*)(uint64_t))CODE, 0);
        set_clock_comparator(-1UL);
        looped += code_ == CALL_EXTERNAL;
        refused += code_ && code_ != CALL_EXTERNAL;
        cr_set(0, cr0);
    }
    ok(checksum() == sum, "%s: %lu runs stay where they belong",
       m->name, count);
    tap_note("%lu ended by an exception, %lu by the clock", refused, looped);
}

static uint64_t make_space(void)
{
    uint64_t s = dat_space();

    dat_map(s, CODE, (uint64_t)code, PAGE_SIZE, DAT_PROTECT);
    dat_map(s, WINDOW, (uint64_t)window, WINDOW_PAGES * PAGE_SIZE, 0);
    return s;
}

/*
 * For both access lists: ALET 2 is the secondary space, the rest invalid. A
 * table of zeros would be a valid one, and lead to storage at 0.
 */
static void make_access_lists(void)
{
    uint32_t *list = memory_alloc(128, 128), *aste = memory_alloc(64, 64);
    uint32_t *table = memory_alloc(64, 64);

    for (unsigned i = 0; i < 8; i++) {
        list[4 * i] = i == 2 ? 0 : 0x80000000;
        list[4 * i + 2] = (uint64_t)aste;
    }
    memcpy(aste + 2, &secondary, sizeof(secondary));
    table[4] = (uint64_t)list;
    duct = (uint64_t)table;
}

void main(void)
{
    uint64_t count = argument_number("count", 4000);
    uint64_t only = argument_number("mode", -1UL);

    code = page_alloc(1);
    window = page_alloc(WINDOW_PAGES);
    space = make_space();
    secondary = make_space();
    make_access_lists();
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        random_seed(argument_number("seed", 1), i);
        if (only == -1UL || only == i) {
            test_mode(&modes[i], count, argument_number("show", 0));
        }
    }
}
