/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1,4 hercules=1,4 */
/* The guest library itself, by what every s390x machine does. */
#include "guest.h"

#define ALIAS       0x40000000UL        /* 1 GiB: beyond main storage */

static uint8_t *page;
static uint64_t space;

static void test_strings(void)
{
    char s[64];

    tap_push("printf");
    snprintf(s, sizeof(s), "%d %u %x %05d %-4s| %c%%", -12, 34u, 0xabu, -42,
             "ab", 'z');
    ok(!strcmp(s, "-12 34 ab -0042 ab  | z%"), "formats: %s", s);
    snprintf(s, sizeof(s), "%016lx %ld %3d", 0x123456789abcdefUL,
             -5000000000L, 7);
    ok(!strcmp(s, "0123456789abcdef -5000000000   7"), "long: %s", s);
    snprintf(s, sizeof(s), "%#x %#lx !\"#$&'()+,/:;<=>?@[]^_{}~`", 0,
             0xffUL);
    ok(!strcmp(s, "0x0 0xff !\"#$&'()+,/:;<=>?@[]^_{}~`"), "others: %s", s);
    snprintf(s, 5, "abcdefgh");
    ok(!strcmp(s, "abcd"), "cut");
    memcpy(s, "abcdef", 7);
    memmove(s + 1, s, 7);
    ok(!strcmp(s, "aabcdef"), "memmove upwards");
    tap_pop();
}

static void test_machine(void)
{
    tap_push("machine");
    ok_eq(argument_number("smp", 0), smp_count(), "as many CPUs as asked for");
    ok(facility(1), "z/Architecture is installed");
    ok(memory_size() >= 64UL << 20, "main storage: %lu MiB",
       memory_size() >> 20);
    page[7] = 0x5a;
    sske((uint64_t)page, SKEY_ACC(9) | SKEY_F);
    ok_eq(iske((uint64_t)page) & ~(SKEY_R | SKEY_C), SKEY_ACC(9) | SKEY_F,
          "storage key set and inserted");
    ok_eq(key_load8(0, page + 7), 0x5a, "key 0 passes any storage key");
    sske((uint64_t)page, 0);
    tap_pop();
}

static void test_pgm(void)
{
    uint64_t end = memory_size(), after;
    struct lowcore *lc = lowcore();

    tap_push("pgm");
    pgm_expect();
    asm volatile(".word 0x0000\n   lghi %0,17" : "=d" (after));
    pgm_ok(PGM_OPERATION, "operation exception");
    ok_eq(pgm_last()->ilc, 2, "its instruction length");
    ok_eq(after, 17, "goes on behind the instruction");

    pgm_expect();
    *(volatile uint8_t *)end = 1;
    pgm_ok(PGM_ADDRESSING, "store beyond main storage");

    pgm_expect();
    cr_or(0, CR0_LOW_ADDRESS_PROTECTION);
    asm volatile("mvi 16(%0),0" : : "a" (lc) : "memory");
    cr_clear(0, CR0_LOW_ADDRESS_PROTECTION);
    pgm_ok(PGM_PROTECTION, "low-address protection");
    ok(!(pgm_last()->teid & TEID_ADDR), "its TEID holds page 0");

    pgm_expect();
    asm volatile(".word 0x0000\n   .word 0x0000");
    pgm_end();
    ok_eq(pgm_last()->count, 2, "interruptions are counted");

    pgm_expect();
    asm volatile("nopr");
    pgm_ok(PGM_NONE, "no interruption");
    tap_pop();
}

static void stap_in_problem_state(uint64_t addr)
{
    asm volatile("stap 0(%0)" : : "a" (addr) : "memory");
}

static void store_argument(uint64_t addr)
{
    *(volatile uint64_t *)addr = addr;
}

static void end_by_svc(uint64_t arg)
{
    asm volatile("svc 7");
}

static void test_call_under(void)
{
    uint64_t problem = PSW_LIBRARY | PSW_PROBLEM, mask = psw_mask();

    tap_push("call_under");
    ok_eq(call_under(problem, stap_in_problem_state, (uint64_t)page),
          PGM_PRIVILEGED, "privileged instruction in the problem state");
    ok_eq(call_under(problem, store_argument, (uint64_t)page), 0,
          "a function that returns");
    ok_eq(*(uint64_t *)page, (uint64_t)page, "ran, with its argument");
    ok_eq(call_under(problem, end_by_svc, 0), 0, "a function ended by svc");
    ok_eq(psw_mask() & ~PSW_CC_MASK, mask & ~PSW_CC_MASK,
          "the PSW is what it was");
    enter_problem_state();
    pgm_expect();
    asm volatile("stap 0(%0)" : : "a" (page) : "memory");
    leave_problem_state();
    pgm_ok(PGM_PRIVILEGED, "enter_problem_state");
    tap_pop();
}

static void store_and_check(uint64_t addr, uint16_t code, const char *what)
{
    pgm_expect();
    *(volatile uint8_t *)addr = 1;
    pgm_ok(code, "store: %s", what);
    if (code) {
        ok_eq(pgm_last()->teid & TEID_ADDR, addr & TEID_ADDR,
              "its TEID holds the page");
        ok_eq(pgm_last()->teid & TEID_AS, 0, "and the primary space");
    }
}

static void test_dat(void)
{
    uint64_t other = dat_space();
    int cc;

    tap_push("dat");
    space = dat_identity();
    dat_map(space, ALIAS, (uint64_t)page, PAGE_SIZE, 0);
    dat_map(space, ALIAS + PAGE_SIZE, (uint64_t)page, PAGE_SIZE, DAT_PROTECT);
    cr_set(1, space);
    psw_set_as(PSW_PRIMARY);
    page[0] = 0x11;
    ok_eq(*(volatile uint8_t *)ALIAS, 0x11, "load by a second address");
    store_and_check(ALIAS + 0x123, PGM_NONE, "mapped page");
    ok_eq(page[0x123], 1, "is seen by the first address");
    ok_eq(lra(ALIAS + 5, &cc), (uint64_t)page + 5, "load real address");
    ok_eq(cc, 0, "its condition code");
    ok_eq(*(volatile uint8_t *)(ALIAS + PAGE_SIZE), 0x11,
          "load from a protected page");
    store_and_check(ALIAS + PAGE_SIZE, PGM_PROTECTION, "protected page");
    ok(pgm_last()->teid & TEID_BIT(61), "TEID: DAT protection");
    store_and_check(ALIAS + 2 * PAGE_SIZE, PGM_PAGE_TRANSLATION,
                    "invalid page");
    store_and_check(ALIAS + SEGMENT_SIZE, PGM_SEGMENT_TRANSLATION,
                    "invalid segment");
    store_and_check(1UL << 40, PGM_REGION_THIRD, "invalid region");
    store_and_check(1UL << 42, PGM_ASCE_TYPE, "beyond the ASCE");
    lra(ALIAS + 2 * PAGE_SIZE, &cc);
    ok_eq(cc, 2, "load real address of an invalid page");
    dat_unmap(space, ALIAS, PAGE_SIZE);
    ptlb();
    store_and_check(ALIAS, PGM_PAGE_TRANSLATION, "unmapped page");
    ok(ALIAS >> 31 == 0 && dat_pte(space, ALIAS), "has an entry");
    dat_map(space, ALIAS, (uint64_t)page, PAGE_SIZE, 0);
    ok_eq(*(volatile uint8_t *)ALIAS, 0x11, "mapped again");
    ipte(space, ALIAS);
    store_and_check(ALIAS, PGM_PAGE_TRANSLATION, "invalidated by IPTE");
    pgm_expect();
    pgm_resume_at(&&behind);
    asm goto("   basr %%r14,%0" : : "a" (ALIAS) : "r14", "memory" : behind);
behind:
    pgm_ok(PGM_PAGE_TRANSLATION, "instruction fetch");
    ok_eq(pgm_last()->psw.addr, ALIAS, "old PSW is at the instruction");
    dat_off();

    /* the image is mapped in the primary and the home space */
    dat_map(other, ALIAS, (uint64_t)page + PAGE_SIZE, PAGE_SIZE, 0);
    dat_map(space, ALIAS, (uint64_t)page, PAGE_SIZE, 0);
    dat_map(other, 0, 0, memory_size(), 0);
    page[PAGE_SIZE] = 0x22;
    cr_set(7, other);
    cr_set(13, other);
    cr_or(0, CR0_SECONDARY_SPACE);
    psw_set_as(PSW_SECONDARY);
    ok_eq(*(volatile uint8_t *)ALIAS, 0x22, "secondary space");
    psw_set_as(PSW_HOME);
    ok_eq(*(volatile uint8_t *)ALIAS, 0x22, "home space");
    pgm_expect();
    *(volatile uint8_t *)(ALIAS + PAGE_SIZE) = 1;
    pgm_ok(PGM_PAGE_TRANSLATION, "home space: invalid page");
    ok_eq(pgm_last()->teid & TEID_AS, 3, "its TEID holds the home space");
    psw_set_as(PSW_PRIMARY);
    ok_eq(*(volatile uint8_t *)ALIAS, 0x11, "primary space");
    dat_off();

    if (facility(8)) {
        uint8_t *frame = memory_alloc(SEGMENT_SIZE, SEGMENT_SIZE);

        frame[0x12345] = 0x33;
        dat_map(space, ALIAS + SEGMENT_SIZE, (uint64_t)frame, SEGMENT_SIZE,
                DAT_LARGE);
        cr_or(0, CR0_EDAT);
        ptlb();
        psw_set_as(PSW_PRIMARY);
        ok_eq(*(volatile uint8_t *)(ALIAS + SEGMENT_SIZE + 0x12345), 0x33,
              "1-MiB frame");
        dat_off();
        cr_clear(0, CR0_EDAT);
    } else {
        tap_skip("1-MiB frame", "no EDAT-1");
    }
    tap_pop();
}

static void loop_for_ever(uint64_t arg)
{
    for (;;) {
        asm volatile("");
    }
}

static void test_ext(void)
{
    uint64_t start = tod();

    tap_push("external");
    ext_clear();
    sigp_retry(get_cpu_address(), SIGP_EMERGENCY_SIGNAL, 0, NULL);
    ext_window();
    ok_eq(lowcore()->ext.count, 0, "masked in CR0: none");
    cr_or(0, CR0_EMERGENCY_SIGNAL);
    ext_window();
    ok_eq(lowcore()->ext.count, 1, "emergency signal");
    ok_eq(lowcore()->ext.code, 0x1201, "its code");
    ok_eq(lowcore()->ext.cpu_addr, get_cpu_address(), "from this CPU");
    cr_clear(0, CR0_EMERGENCY_SIGNAL);
    ext_window();
    ok_eq(lowcore()->ext.count, 1, "comes once");
    cr_or(0, CR0_CLOCK_COMPARATOR);
    set_clock_comparator(start + 20 * TOD_MS);
    ok_eq(call_under(PSW_LIBRARY | PSW_PROBLEM | PSW_EXT, loop_for_ever, 0),
          CALL_EXTERNAL, "the clock comparator ends call_under");
    ok_eq(lowcore()->ext.code, 0x1004, "its code");
    ok(tod() - start >= 20 * TOD_MS, "not too early");
    set_clock_comparator(-1UL);
    cr_clear(0, CR0_CLOCK_COMPARATOR);
    tap_pop();
}

static uint32_t met, seen[8], shared;
static struct smp_barrier meeting;

static void count_me(void *arg)
{
    uint32_t rounds = (uint64_t)arg;

    seen[smp_number() % 8]++;
    while (rounds--) {
        fetch_add32(&met, 1);
        smp_barrier_wait(&meeting);
        if (READ_ONCE(met) % meeting.count) {
            fetch_add32(&shared, 1);    /* someone is not here */
        }
        smp_barrier_wait(&meeting);
    }
}

static void fault_there(void *arg)
{
    pgm_expect();
    asm volatile(".word 0x0000");
    *(uint32_t *)arg = pgm_end();
}

static void for_ever(void *arg)
{
    WRITE_ONCE(*(uint32_t *)arg, 1);
    for (;;) {
        cpu_relax();
    }
}

static void test_smp(void)
{
    unsigned n = smp_count();
    uint32_t code = 0, flag = 0, status;

    tap_push("smp");
    meeting.count = n;
    smp_call_all(n, count_me, (void *)20);
    for (unsigned i = 0; i < n; i++) {
        ok_eq(seen[i], 1, "CPU %u ran the function", i);
    }
    ok_eq(met, 20 * n, "every CPU came to each barrier");
    ok_eq(shared, 0, "and none left one early");
    if (n > 1) {
        smp_call(1, fault_there, &code);
        ok_eq(code, PGM_OPERATION, "a program interruption on another CPU");
        ok_eq(lowcore()->pgm.count, 1, "does not touch this one's record");
        smp_start(1, for_ever, &flag);
        while (!READ_ONCE(flag)) {
            cpu_relax();
        }
        ok_eq(sigp_retry(1, SIGP_SENSE, 0, &status), 0, "CPU 1 is running");
        smp_stop(1);
        ok_eq(sigp_retry(1, SIGP_SENSE, 0, &status), 1, "and is stopped");
        ok_eq(status, SIGP_STATUS_STOPPED, "its status");
        smp_call(1, count_me, 0);
        ok_eq(seen[1], 2, "and runs again");
        ok(smp_prefix(1) && smp_prefix(1) != get_prefix(), "own prefix area");
    }
    tap_pop();
}

void main(void)
{
    page = page_alloc(2);
    test_strings();
    test_machine();
    test_pgm();
    test_call_under();
    test_dat();
    test_ext();
    pgm_expect();
    asm volatile(".word 0x0000");
    pgm_end();
    test_smp();
}
