/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1,2 hercules=1,2 */
/*
 * The clock comparator and the CPU timer request an interruption for as long
 * as their condition holds (PoP, "Clock Comparator", "CPU Timer"): it is still
 * pending when it was taken, and comes at the next instruction when the
 * register is set so that it holds, or a mask bit opens for it.
 */
#include "guest.h"

#define EVER        0x7fffffffffffffffL
#define BOTH        (CR0_CLOCK_COMPARATOR | CR0_CPU_TIMER)
#define CKC_CODE    0x1004
#define TIMER_CODE  0x1005

static void set_cpu_timer(int64_t value)
{
    asm volatile("spt %0" : : "Q" (value));
}

static int64_t cpu_timer(void)
{
    int64_t value;

    asm volatile("stpt %0" : "=Q" (value));
    return value;
}

static void wait_for(uint64_t until)
{
    while (tod() <= until) {
        cpu_relax();
    }
}

/* Opens for external interruptions; the fact that it is @code (0: none). */
static void interrupted(uint16_t code, const char *what)
{
    ext_clear();
    ext_window();
    ok_eq(lowcore()->ext.count ? lowcore()->ext.code : 0, code, "%s", what);
}

static void test_cpu_timer(void)
{
    static const int64_t due[] = { -1, -2, -(1L << 40), -(1L << 62) };

    tap_push("CPU timer");
    set_cpu_timer(EVER);
    cr_or(0, CR0_CPU_TIMER);
    interrupted(0, "not due");
    for (unsigned i = 0; i < ARRAY_SIZE(due); i++) {
        set_cpu_timer(due[i]);
        interrupted(TIMER_CODE, "set to a negative value");
        interrupted(TIMER_CODE, "still pending");
        ok(cpu_timer() <= due[i], "is stored as a negative value");
        set_cpu_timer(EVER);
        interrupted(0, "set to a positive value");
    }
    set_cpu_timer(TOD_MS);
    ok(cpu_timer() <= (int64_t)TOD_MS, "counts down");
    while (cpu_timer() >= 0) {
        cpu_relax();
    }
    cr_clear(0, CR0_CPU_TIMER);
    interrupted(0, "masked");
    cr_or(0, CR0_CPU_TIMER);
    interrupted(TIMER_CODE, "counted down, and the mask opened");
    cr_clear(0, CR0_CPU_TIMER);
    set_cpu_timer(EVER);
    tap_pop();
}

static void test_clock_comparator(void)
{
    uint64_t time;

    tap_push("clock comparator");
    set_clock_comparator(-1UL);
    cr_or(0, CR0_CLOCK_COMPARATOR);
    interrupted(0, "not due");
    set_clock_comparator(tod() - 1000);
    interrupted(CKC_CODE, "set into the past");
    interrupted(CKC_CODE, "still pending");
    set_clock_comparator(tod() + 10 * TOD_SECOND);
    interrupted(0, "set ahead");
    cr_clear(0, CR0_CLOCK_COMPARATOR);
    for (unsigned i = 0; i < 20; i++) {
        time = tod();
        set_clock_comparator(time);
        wait_for(time + (i & 1 ? TOD_MS : 0));
        cr_or(0, CR0_CLOCK_COMPARATOR);
        interrupted(CKC_CODE, "passed, and the mask opened");
        cr_clear(0, CR0_CLOCK_COMPARATOR);
    }
    time = tod() + 5 * TOD_MS;
    set_clock_comparator(time);
    cr_or(0, CR0_CLOCK_COMPARATOR);
    ext_clear();
    psw_set_mask(psw_mask() | PSW_WAIT | PSW_EXT);
    psw_set_mask(psw_mask() & ~(PSW_EXT | PSW_WAIT));
    ok(tod() > time && lowcore()->ext.code == CKC_CODE, "ends a wait");
    cr_clear(0, CR0_CLOCK_COMPARATOR);
    set_clock_comparator(-1UL);
    tap_pop();
}

static void test_both(void)
{
    tap_push("both");
    set_cpu_timer(-1);
    set_clock_comparator(0);
    cr_or(0, BOTH);
    interrupted(CKC_CODE, "the clock comparator comes first");
    cr_clear(0, CR0_CLOCK_COMPARATOR);
    interrupted(TIMER_CODE, "then the CPU timer");
    cr_clear(0, CR0_CPU_TIMER);
    set_cpu_timer(EVER);
    set_clock_comparator(-1UL);
    tap_pop();
}

static void test_set_clock(void)
{
    const uint64_t early = TOD_MS;
    uint64_t old = tod();
    int cc;

    tap_push("a clock that was set to less than the machine's age");
    asm volatile("sck %[early]\n" CC_GET
                 : [cc] "=d" (cc) : [early] "Q" (early) : "cc");
    ok_eq(cc, 0, "SET CLOCK");
    set_clock_comparator(tod() + 100 * TOD_SECOND);
    cr_or(0, CR0_CLOCK_COMPARATOR);
    interrupted(0, "not due");
    set_clock_comparator(0);
    interrupted(CKC_CODE, "due");
    cr_clear(0, CR0_CLOCK_COMPARATOR);
    set_clock_comparator(-1UL);
    asm volatile("sck %[old]" : : [old] "Q" (old) : "cc");
    tap_pop();
}

static void test_all(void *unused)
{
    (void)unused;
    cr_clear(0, BOTH | CR0_SERVICE_SIGNAL);
    test_cpu_timer();
    test_clock_comparator();
    test_both();
}

void main(void)
{
    test_all(NULL);
    if (smp_count() > 1) {
        smp_call(1, test_all, NULL);
    }
    test_set_clock();
}
