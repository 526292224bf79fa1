/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1,4 */
/* guest-test: accel=kvm390 cpu=max,cmm=off,cmmnt=off args=cmm=off */
/* guest-test: accel=kvm390 accelprops=cmma=off args=cmm=off */
/* guest-test: accel=kvm390 cpu=max,cmmnt=off */
/* guest-test: accel=kvm390 accelprops=discard=off args=discard=off */
/* ESSA: every order and exception, and what a page holds afterwards. */
#include "guest.h"

#define PAGES           512
#define CONTENT_ZERO    3

static uint8_t *pages;
static bool discards;

static uint8_t *page(unsigned n)
{
    return pages + n * PAGE_SIZE;
}

static void fill(unsigned n)
{
    memset(page(n), 0xa0 + n % 16, PAGE_SIZE);
}

static bool holds(unsigned n, uint8_t value)
{
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        if (page(n)[i] != value) {
            return false;
        }
    }
    return true;
}

static bool still_filled(unsigned n)
{
    return holds(n, 0xa0 + n % 16);
}

/* Waits up to five seconds for the host to take the page's content. */
static bool is_taken(unsigned n)
{
    uint64_t end = tod() + TOD_SECOND * 5;

    while ((essa(page(n), ESSA_GET) & ESSA_CONTENT) != CONTENT_ZERO) {
        if (tod() > end) {
            return false;
        }
        cpu_relax();
    }
    return true;
}

static void essa_get(uint64_t addr)
{
    essa(addr, ESSA_GET);
}

static void essa_order_8(uint64_t addr)
{
    essa(addr, 8);
}

static void test_not_there(void)
{
    pgm_expect();
    essa(page(0), ESSA_GET);
    pgm_ok(PGM_OPERATION, "without the facility");
    pgm_expect();
    essa(page(0), 9);
    pgm_ok(PGM_OPERATION, "without the facility, and a bad order");
    ok_eq(call_under(PSW_LIBRARY | PSW_PROBLEM, essa_get, (uint64_t)page(0)),
          PGM_OPERATION, "without the facility, in the problem state");
    ok(!facility(147), "facility 147 is not there either");
}

#define BAD_ORDER(n) do {                               \
        pgm_expect();                                   \
        essa(page(0), n);                               \
        pgm_ok(PGM_SPECIFICATION, "order %d", n);       \
    } while (0)

static void test_exceptions(void)
{
    uint64_t problem = PSW_LIBRARY | PSW_PROBLEM;
    uint64_t before;

    tap_push("exceptions");
    ok_eq(call_under(problem, essa_get, (uint64_t)page(0)), PGM_PRIVILEGED,
          "in the problem state");
    ok_eq(call_under(problem, essa_order_8, (uint64_t)page(0)),
          PGM_PRIVILEGED, "in the problem state, and a bad order");
    before = essa(page(0), ESSA_GET);
    if (!facility(147)) {
        BAD_ORDER(7);
    }
    BAD_ORDER(8);
    BAD_ORDER(9);
    BAD_ORDER(10);
    BAD_ORDER(11);
    BAD_ORDER(12);
    BAD_ORDER(13);
    BAD_ORDER(14);
    BAD_ORDER(15);
    ok_eq(essa(page(0), ESSA_GET), before, "nothing changed");
    ok_eq(essa(memory_size(), ESSA_UNUSED), ESSA_EXCEPTION,
          "behind the end of memory");
    ok_eq(essa(-4096UL, ESSA_GET), ESSA_EXCEPTION, "at the last address");
    tap_pop();
}

static void test_condition_code(void)
{
    uint64_t state = -1, cc;

    tap_push("result");
    asm volatile("   cr      %[one],%[zero]\n"      /* cc 2 */
                 "   .insn   rrf,0xb9ab0000,%[state],%[addr],0,0\n"
                 CC_GET
                 : [cc] "=&d" (cc), [state] "+&d" (state)
                 : [addr] "a" (page(0)), [one] "d" (1), [zero] "d" (0)
                 : "cc", "memory");
    ok_eq(cc, 2, "the condition code stays");
    ok_eq(state, 0, "all of the register is replaced");
    essa(page(1), ESSA_STABLE);
    ok_eq(essa(page(1) + 0x123, ESSA_VOLATILE), 0, "an address in the page");
    ok_eq(essa(page(1), ESSA_STABLE), 0x0c, "stands for the page");
    tap_pop();
}

static uint64_t apply(unsigned n, unsigned order)
{
    switch (order) {
    case 0: return essa(page(n), 0);
    case 1: return essa(page(n), 1);
    case 2: return essa(page(n), 2);
    case 3: return essa(page(n), 3);
    case 4: return essa(page(n), 4);
    case 5: return essa(page(n), 5);
    case 6: return essa(page(n), 6);
    default: return essa(page(n), 7);
    }
}

/* On a page in memory: each order from each state. */
static void test_orders(void)
{
    static const uint8_t to[8] = { 0, 1, 2, 3, 4 };     /* orders to a state */
    static const uint8_t usage[8] = {
        0xff, 0x00, 0x04, 0x0c, 0x08, 0x00, 0x00, 0x00,
    };
    static const uint8_t usage_of[5] = { 0, 0x00, 0x04, 0x0c, 0x08 };
    unsigned nodat = facility(147);

    tap_push("orders");
    for (unsigned from = 1; from < 5; from++) {
        for (unsigned no = 0; no < 1 + nodat; no++) {
            for (unsigned order = 0; order < 7 + nodat; order++) {
                uint64_t old = usage_of[from] | no * ESSA_NODAT, new = old;

                apply(2, no ? 7 : 1);
                page(2)[0] = 1;
                if (from > 1 || !no) {
                    apply(2, from == 1 ? 1 : to[from]);
                }
                ok_eq(apply(2, order), old, "order %u finds 0x%lx", order, old);
                if (usage[order] != 0xff) {
                    new = usage[order] | (old & ESSA_NODAT);
                }
                if (order == 1) {
                    new &= ~ESSA_NODAT;
                } else if (order == 7) {
                    new |= ESSA_NODAT;
                }
                ok_eq(apply(2, 0), new, "order %u makes it 0x%lx", order, new);
            }
        }
    }
    apply(2, 1);
    tap_pop();
}

static void test_content(void)
{
    unsigned bad = 0;

    tap_push("content");
    for (unsigned i = 0; i < PAGES; i++) {
        fill(i);
    }
    for (unsigned i = 64; i < 448; i++) {
        if (i % 64) {
            essa(page(i), ESSA_UNUSED);
        }
    }
    if (!discards) {
        ok(!is_taken(100), "discard=off: the host takes nothing");
        ok(still_filled(100), "and the content stays");
        essa(page(100), ESSA_STABLE);
        tap_pop();
        return;
    }
    ok(is_taken(447) && is_taken(65), "the host takes unused pages");
    for (unsigned i = 0; i < PAGES; i++) {
        if (i < 64 || i >= 448 || i % 64 == 0) {
            bad += !still_filled(i);
            bad += essa(page(i), ESSA_GET) != 0;
        }
    }
    ok_eq(bad, 0, "stable pages in between are as they were");

    ok_eq(essa(page(65), ESSA_STABLE_IF_RESIDENT), 0x07,
          "stable if resident: finds unused, zero");
    ok_eq(essa(page(65), ESSA_GET), 0x07, "and leaves it");
    ok_eq(essa(page(65), ESSA_POTENTIALLY_VOLATILE), 0x07,
          "potentially volatile: finds unused, zero");
    ok_eq(essa(page(65), ESSA_GET), 0x0f, "and makes it volatile");
    ok_eq(essa(page(65), ESSA_STABLE_RESIDENT), 0x0f,
          "stable and resident: finds volatile, zero");
    ok_eq(essa(page(65), ESSA_GET), 0x00, "and brings it in");
    ok(holds(65, 0), "with zeros");

    ok_eq(essa(page(66), ESSA_STABLE), 0x07, "stable: finds unused, zero");
    ok_eq(essa(page(66), ESSA_GET), 0x03, "stable and still not there");
    page(66)[7] = 1;
    ok_eq(essa(page(66), ESSA_GET), 0x00, "a store brings it in");
    ok(page(66)[7] == 1 && page(66)[6] == 0, "to zeros");

    for (unsigned i = 64; i < 448; i++) {
        if (i % 64 && i > 66) {
            essa(page(i), ESSA_STABLE);
            bad += !holds(i, 0);
            fill(i);
        }
    }
    ok_eq(bad, 0, "all the others read as zeros");

    /* the same again: a page can be taken more than once */
    essa(page(70), ESSA_UNUSED);
    ok(is_taken(70), "a page is taken a second time");
    essa(page(70), ESSA_STABLE);
    ok(holds(70, 0), "and reads as zeros again");
    ok(still_filled(71), "its neighbour does not");
    tap_pop();
}

/* Code that was run from a page must not outlive the page's content. */
static void test_code(void)
{
    static const uint8_t return_1[] = { 0xa7, 0x29, 0, 1, 0x07, 0xfe };
    static const uint8_t return_2[] = { 0xa7, 0x29, 0, 2, 0x07, 0xfe };
    uint64_t (*code)(void) = (void *)page(80);

    tap_push("code");
    memcpy(page(80), return_1, sizeof(return_1));
    ok_eq(code(), 1, "code in a page runs");
    essa(page(80), ESSA_UNUSED);
    if (discards) {
        ok(is_taken(80), "the page is taken");
        essa(page(80), ESSA_STABLE);
        pgm_expect();
        pgm_resume_at(&&behind);
        asm goto("   basr %%r14,%0" : : "a" (code) : "r2", "r14", "memory"
                 : behind);
behind:
        pgm_ok(PGM_OPERATION, "its code is gone");
    }
    essa(page(80), ESSA_STABLE);
    memcpy(page(80), return_2, sizeof(return_2));
    ok_eq(code(), 2, "new code in it runs");
    tap_pop();
}

static void diag10(uint64_t first, uint64_t last)
{
    register uint64_t r2 asm("2") = first;
    register uint64_t r3 asm("3") = last;

    asm volatile("diag %%r2,%%r3,0x10" : : "d" (r2), "d" (r3) : "memory");
}

static void diag10_self(uint64_t addr)
{
    diag10(addr, addr);
}

#define DIAG10_BAD(first, last, what) do {      \
        pgm_expect();                           \
        diag10(first, last);                    \
        pgm_ok(PGM_SPECIFICATION, what);        \
    } while (0)

static void test_diag10(void)
{
    uint64_t base = (uint64_t)page(0);
    unsigned bad = 0;

    tap_push("diag10");
    for (unsigned i = 0; i < 16; i++) {
        fill(i);
    }
    ok_eq(call_under(PSW_LIBRARY | PSW_PROBLEM, diag10_self, base),
          PGM_PRIVILEGED, "in the problem state");
    if (!on_kvm390()) {
        DIAG10_BAD(base, base, "is unknown");
        tap_pop();
        return;
    }
    DIAG10_BAD(base + 1, base + PAGE_SIZE, "first page not aligned");
    DIAG10_BAD(base, base + 1, "last page not aligned");
    DIAG10_BAD(base + PAGE_SIZE, base, "out of order");
    DIAG10_BAD(0x1000, base, "first page below 0x2000");
    DIAG10_BAD(0, 0, "first page 0");
    DIAG10_BAD(base, -4096UL, "last page the last of all");
    for (unsigned i = 0; i < 16; i++) {
        bad += !still_filled(i);
    }
    ok_eq(bad, 0, "none of these did anything");

    diag10(base + 3 * PAGE_SIZE, base + 5 * PAGE_SIZE);
    ok(holds(3, 0) && holds(4, 0) && holds(5, 0), "three pages read as zeros");
    ok(still_filled(2) && still_filled(6), "their neighbours do not");
    pgm_expect();
    diag10(memory_size(), memory_size() + (1UL << 40));
    diag10(memory_size() - PAGE_SIZE, -8192UL);
    pgm_ok(PGM_NONE, "pages that are not there are passed over");
    tap_pop();
}

/* The prefix area stays; absolute pages 0 and 1, its other half, go. */
static void test_diag10_prefix(void)
{
    uint8_t *area = memory_alloc(4 * PAGE_SIZE, 8192), *abs0 = area + 8192;
    uint8_t *save = page_alloc(2);
    uint32_t old = get_prefix();
    bool gone = true, stays = true;

    tap_push("diag10 prefix");
    memcpy(save, (void *)0, 8192);
    memcpy(abs0, (void *)0, 8192);
    set_prefix((uint64_t)abs0);
    /* real abs0 is absolute 0 now, and real 0 is absolute abs0 */
    memset(abs0, 0x77, 8192);
    memset(area, 0x66, 8192);
    diag10((uint64_t)area + PAGE_SIZE, (uint64_t)abs0 + PAGE_SIZE);
    for (unsigned i = 0; i < 8192; i++) {
        gone = gone && abs0[i] == 0;
    }
    stays = !memcmp((void *)512, save + 512, 8192 - 512);
    memcpy(abs0, (void *)0, 8192);
    set_prefix(old);
    ok(gone, "absolute pages 0 and 1 read as zeros");
    ok(stays, "the prefix area is as it was");
    ok_eq(area[PAGE_SIZE], 0, "the page before it went");
    ok_eq(area[0], 0x66, "the page before that stayed");
    tap_pop();
}

void main(void)
{
    discards = strcmp(argument("discard", "on"), "off");
    pages = page_alloc(PAGES);
    tap_push("essa");
    if (!on_kvm390() || !strcmp(argument("cmm", "on"), "off")) {
        test_not_there();
    } else {
        test_exceptions();
        test_condition_code();
        test_orders();
        test_content();
        test_code();
    }
    tap_pop();
    test_diag10();
    if (on_kvm390() && smp_count() == 1) {
        test_diag10_prefix();
    }
}
