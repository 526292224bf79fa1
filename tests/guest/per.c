/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1,2 hercules=1 */
/*
 * Program-event recording: each event once, with its code and address, and the
 * instruction executed once (Principles of Operation, chapter 4).
 */
#include "guest.h"

#define PSW_PER             (1UL << 62)
#define PER_BRANCHING       0x80000000UL
#define PER_FETCHING        0x40000000UL
#define PER_STORING         0x20000000UL
#define PER_STORING_REAL    0x08000000UL
#define PGM_PER             0x80

struct psw_pair {
    uint64_t mask, addr;
};

/*
 * Run @code with @argument in register 2 under events @cr9 of the addresses
 * from @first to @last. It ends by LPSWE of the PSW that register 3 is at,
 * which goes on here with PER off.
 */
static void record(char *code, uint64_t argument, uint64_t cr9, void *first,
                   void *last, uint64_t key)
{
    static struct psw_pair on, off;
    register uint64_t r2 asm("2") = argument;
    register void *r3 asm("3") = &off;

    on = (struct psw_pair) { psw_mask() | PSW_PER | key, (uint64_t)code };
    off.mask = psw_mask();
    cr_set(9, cr9);
    cr_set(10, (uint64_t)first);
    cr_set(11, (uint64_t)last);
    pgm_expect();
    asm volatile("larl 1,1f\n"
                 "    stg 1,8(3)\n"
                 "    lpswe %[on]\n"
                 "1:\n"
                 : "+d" (r2), "+d" (r3) : [on] "Q" (on)
                 : "0", "1", "4", "5", "cc", "memory");
    pgm_end();
    cr_set(9, 0);
}

static uint16_t event_code(void)
{
    return *(volatile uint16_t *)((char *)lowcore() + 0x96) & 0xff00;
}

static void expect_event(uint16_t pgm, uint16_t code, void *address,
                         unsigned count, const char *what)
{
    tap_push("%s", what);
    ok_eq(pgm_last()->count, count, "interruptions");
    ok_eq(lowcore()->pgm_code, pgm, "interruption code");
    ok_eq(event_code(), code, "PER code");
    ok_eq(*(volatile uint64_t *)((char *)lowcore() + 0x98), (uint64_t)address,
          "PER address");
    tap_pop();
}

extern char invalid[], store[], store_behind[], sequence[], sequence_last[];
extern char branches[], branches_last[], real[], real_behind[], mvc[];
extern char mvc_behind[];

asm("invalid:        .short 0\n"
    "                lpswe 0(3)\n"
    "store:          mvi 0(2),1\n"
    "store_behind:   lpswe 0(3)\n"
    "sequence:       lghi 4,0\n"
    "                aghi 4,1\n"
    "                larl 5,1f\n"
    "                ex 0,0(5)\n"
    "                exrl 0,1f\n"
    "sequence_last:  exrl 0,2f\n"
    "                stg 4,0(2)\n"
    "                lpswe 0(3)\n"
    "1:              aghi 4,10\n"
    "2:              xc 8(8,2),8(2)\n"
    "branches:       lghi 4,3\n"
    "1:              brctg 4,1b\n"
    "branches_last:  j 2f\n"
    "                nop\n"
    "2:              stg 4,0(2)\n"
    "                lpswe 0(3)\n"
    "real:           stura 4,2\n"
    "real_behind:    lpswe 0(3)\n"
    "mvc:            mvc 0(16,2),64(2)\n"
    "mvc_behind:     lpswe 0(3)\n");

static void test_fetching(uint64_t *page)
{
    record(invalid, 0, PER_FETCHING, invalid, invalid + 1, 0);
    expect_event(PGM_PER | PGM_OPERATION, 0x4000, invalid, 1,
                 "no instruction there");
    page[0] = 0;
    page[1] = 1;
    record(sequence, (uint64_t)page, PER_FETCHING, sequence, sequence_last, 0);
    expect_event(PGM_PER, 0x4000, sequence_last, 6, "with EX and EXRL");
    ok_eq(page[0], 21, "each was executed once");
    ok_eq(page[1], 0, "the target at the end, too");
    record(branches, (uint64_t)page, PER_FETCHING, branches, branches_last, 0);
    expect_event(PGM_PER, 0x4000, branches_last, 5, "branches");
    ok_eq(page[0], 0, "the loop has ended");
}

static void test_branching(uint64_t *page)
{
    record(branches, (uint64_t)page, PER_BRANCHING, branches, branches_last,
           0);
    expect_event(PGM_PER, 0x8000, branches_last, 3, "taken branches");
    record(branches, (uint64_t)page, PER_BRANCHING | PER_FETCHING,
           branches_last, branches_last, 0);
    ok_eq(event_code(), 0xc000, "fetched and branched: both events");
}

static void test_storing(uint64_t *page)
{
    char *byte = (char *)page;

    page[0] = 0;
    record(store, (uint64_t)page, PER_STORING, byte, byte, 0);
    expect_event(PGM_PER, 0x2000, store, 1, "MVI");
    ok_eq(pgm_last()->psw.addr, (uint64_t)store_behind, "old PSW");
    ok_eq(byte[0], 1, "it is stored");
    record(store, (uint64_t)page, PER_STORING, byte + 1, byte + 8, 0);
    ok_eq(pgm_last()->count, 0, "beside the area: no event");
    page[8] = 7;
    record(mvc, (uint64_t)page, PER_STORING, byte + 15, byte + 20, 0);
    expect_event(PGM_PER, 0x2000, mvc, 1, "the last byte of MVC");
    ok_eq(page[0], 7, "it is moved");
    record(store, (uint64_t)page, PER_STORING | PER_FETCHING, byte, byte, 0);
    ok_eq(event_code(), 0x2000, "a fetch beside the area is no event");
}

static void test_storing_real(uint64_t *page)
{
    record(real, (uint64_t)page, PER_STORING | PER_STORING_REAL, (void *)-8UL,
           (void *)-1UL, 0);
    expect_event(PGM_PER, 0x2800, real, 1, "STURA");
    ok_eq(pgm_last()->psw.addr, (uint64_t)real_behind, "old PSW");
}

/* A store that is refused is no event, now or later. */
static void test_refused(uint64_t *page)
{
    char *byte = (char *)page;

    sske((uint64_t)page, 0x30);
    pgm_expect();
    record(store, (uint64_t)page, PER_STORING, byte, byte, PSW_KEY(4));
    ok_eq(lowcore()->pgm_code, PGM_PROTECTION, "refused");
    sske((uint64_t)page, 0);
    record(store, (uint64_t)page, PER_STORING, byte, byte, 0);
    expect_event(PGM_PER, 0x2000, store, 1, "the next one");
}

void main(void)
{
    uint64_t *page = page_alloc(1);

    test_fetching(page);
    test_branching(page);
    test_storing(page);
    test_storing_real(page);
    if (!strcmp(machine_name(), "tcg")) {
        tap_note("TCG enforces no keys");
    } else {
        test_refused(page);
    }
}
