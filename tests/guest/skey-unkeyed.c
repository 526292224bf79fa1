/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 */
/*
 * What the machine reads and writes without an access key: the blocks of
 * SERVICE CALL and DIAGNOSE, the status areas of SIGP, the prefix area,
 * translation tables. Every page here has another key than the PSW and fetch
 * protection; all of it has to work.
 */
#include "guest.h"

#define WINDOW              0x40000000UL
#define PROTECTED           (SKEY_ACC(5) | SKEY_F)
#define SAVE_GPRS           0x80
#define SAVE_PSW            0x100
#define SIGP_STORE_ADDITIONAL   23

static uint8_t *page;

/* The page's content may be looked at, too: it must not be readable before. */
static void protect(void)
{
    sske((uint64_t)page, PROTECTED);
    pgm_expect();
    key_load8(3, page);
    pgm_ok(PGM_PROTECTION, "key 3 may not fetch from the page");
}

static void ok_key(uint8_t rc, const char *what)
{
    ok_eq(iske((uint64_t)page), PROTECTED | rc, "%s", what);
}

/* READ SCP INFO into @page under PSW key 3. */
static void test_servc(void)
{
    const volatile uint16_t *response = (uint16_t *)(page + 6);
    int cc, n = 0;

    tap_push("servc");
    do {
        memset(page, 0, PAGE_SIZE);
        *(uint16_t *)page = PAGE_SIZE;
        protect();
        asm volatile(
            "   spka    0x30\n"
            "   .insn   rre,0xb2200000,%[cmd],%[sccb]\n"
            "   spka    0\n"
            CC_GET
            : [cc] "=d" (cc)
            : [cmd] "d" (0x00020001UL), [sccb] "a" (page) : "cc", "memory");
    } while (cc == 2 && n++ < 100);
    ok_eq(cc, 0, "accepted");
    ok_key(SKEY_R | SKEY_C, "the SCCB was fetched and stored: R and C");
    /* The service signal this call has made pending. */
    cr_or(0, CR0_SERVICE_SIGNAL);
    ext_window();
    cr_clear(0, CR0_SERVICE_SIGNAL);
    ok_eq(*response, 0x10, "the response");
    tap_pop();
}

/* DIAGNOSE 0x308 with @subcode; the return code in R1 + 1. */
static uint64_t diag308(uint64_t subcode)
{
    register uint64_t r2 asm("2") = (uint64_t)page;
    register uint64_t r3 asm("3") = 0;
    register uint64_t r4 asm("4") = subcode;

    asm volatile(
        "   spka    0x30\n"
        "   diag    2,4,0x308\n"
        "   spka    0\n"
        : "+d" (r2), "+d" (r3) : "d" (r4) : "cc", "memory");
    return r3;
}

/* An IPL parameter block of the CCW type: set it, and read it back. */
static void test_diag308(void)
{
    static const uint8_t head[] = {
        0, 0, 1, 0,  1, 0, 0, 0,        /* 256 bytes, version 1 */
        0, 0, 0, 0xc0,  2, 0, 0, 0,     /* 192 bytes, CCW */
    };

    tap_push("diag 308");
    memset(page, 0, PAGE_SIZE);
    memcpy(page, head, sizeof(head));
    protect();
    ok_eq(diag308(5), 1, "set");
    memset(page, 0xee, PAGE_SIZE);
    protect();
    ok_eq(diag308(6), 1, "store");
    ok_key(SKEY_R | SKEY_C, "the block was stored");
    ok(!memcmp(page, head, sizeof(head)) && page[256] == 0xee,
       "as it was set, and no more");
    tap_pop();
}

/* SIGP to CPU 1 under PSW key 3. */
static int keyed_sigp(uint8_t order, uint64_t param)
{
    register uint64_t r0 asm("0") = 0;
    register uint64_t r1 asm("1") = param;
    int cc;

    do {
        asm volatile(
            "   spka    0x30\n"
            "   sigp    %[r0],%[cpu],0(%[order])\n"
            "   spka    0\n"
            CC_GET
            : [cc] "=d" (cc), [r0] "+d" (r0)
            : "d" (r1), [cpu] "d" (1UL), [order] "a" ((uint64_t)order)
            : "cc", "memory");
    } while (cc == 2);
    return cc;
}

static void wait_stopped(void)
{
    uint32_t status;

    while (sigp_retry(1, SIGP_SENSE, 0, &status) != 1 ||
           !(status & SIGP_STATUS_STOPPED)) {
        cpu_relax();
    }
}

/* On CPU 1: as unmistakable a register as a status area could show. */
static uint32_t spinning;

static void spin(void *unused)
{
    asm volatile(
        "   llihf   9,0x12345678\n"
        "   mvhi    0(%[flag]),1\n"
        "0: diag    0,0,0x44\n"
        "   j       0b\n"
        : : [flag] "a" (&spinning) : "9", "memory");
}

static void test_sigp(void)
{
    uint64_t marker = 0x1234567800000000, *absolute = (uint64_t *)0x1000;
    uint8_t old = iske(0x1000);

    tap_push("sigp");
    WRITE_ONCE(spinning, 0);
    smp_start(1, spin, NULL);
    while (!READ_ONCE(spinning)) {
        cpu_relax();
    }

    tap_push("stop and store status");
    /* Its area is absolute 0x1200; this CPU's prefix is 0. */
    memset(absolute + 0x200 / 8, 0, 0x200);
    sske(0x1000, PROTECTED);
    ok_eq(keyed_sigp(SIGP_STOP_STORE_STATUS, 0), 0, "accepted");
    wait_stopped();
    ok_eq(iske(0x1000), PROTECTED | SKEY_R | SKEY_C, "R and C");
    ok_eq(absolute[(0x200 + SAVE_GPRS) / 8 + 9], marker, "a register is there");
    sske(0x1000, old);
    tap_pop();

    tap_push("store status at address");
    memset(page, 0, PAGE_SIZE);
    protect();
    ok_eq(keyed_sigp(SIGP_STORE_STATUS, (uint64_t)page), 0, "accepted");
    ok_key(SKEY_R | SKEY_C, "R and C");
    ok_eq(((uint64_t *)(page + SAVE_GPRS))[9], marker, "a register is there");
    ok_eq(((uint64_t *)(page + SAVE_PSW))[0] & PSW_64, PSW_64, "and the PSW");
    tap_pop();

    tap_push("store additional status");
    if (facility(129)) {
        memset(page, 0xee, PAGE_SIZE);
        protect();
        ok_eq(keyed_sigp(SIGP_STORE_ADDITIONAL, (uint64_t)page), 0, "accepted");
        ok_key(SKEY_R | SKEY_C, "R and C");
        ok(page[0] != 0xee || page[511] != 0xee, "vector registers are there");
    } else {
        tap_skip("vector registers", "no facility 129");
    }
    tap_pop();

    /* A new prefix area may have any key. */
    tap_push("set prefix");
    sske(smp_prefix(1), PROTECTED);
    ok_eq(keyed_sigp(SIGP_SET_PREFIX, smp_prefix(1)), 0, "accepted");
    sske(smp_prefix(1), 0);
    tap_pop();
    tap_pop();
}

static void do_svc(uint64_t unused)
{
    asm volatile("svc 2");
}

static void do_data_exception(uint64_t unused)
{
    asm volatile(".insn e,0x0000");
}

/* Interruptions store old PSWs and codes, and fetch new PSWs. */
static void test_prefix_area(void)
{
    uint8_t key0 = iske(0);
    uint32_t list;

    tap_push("prefix area");
    sske(0, PROTECTED);
    pgm_expect();
    key_load8(3, (void *)0x100);
    pgm_ok(PGM_PROTECTION, "key 3 may not fetch from it");
    ok_eq(call_under(PSW_LIBRARY | PSW_KEY(3), do_svc, 0), 0,
          "SUPERVISOR CALL under key 3");
    ok_eq(call_under(PSW_LIBRARY | PSW_KEY(3), do_data_exception, 0),
          PGM_OPERATION, "a program interruption under key 3");
    sske(0, PROTECTED);
    call_under(PSW_LIBRARY | PSW_KEY(3), do_svc, 0);
    ok_eq(iske(0) & (SKEY_R | SKEY_C), SKEY_R | SKEY_C,
          "an interruption sets R and C");

    /* An external one, due under key 3 soon. */
    sske((uint64_t)page, SKEY_ACC(3) | SKEY_F);
    set_clock_comparator(0);
    cr_or(0, CR0_CLOCK_COMPARATOR);
    ext_clear();
    for (uint64_t end = tod() + TOD_SECOND;
         !READ_ONCE(lowcore()->ext.count) && tod() < end; ) {
        asm volatile("   spka 0x30\n   stosm 0(%0),0x01\n"
                     "   stnsm 0(%0),0xfe\n   spka 0"
                     : : "a" (page) : "memory");
    }
    cr_clear(0, CR0_CLOCK_COMPARATOR);
    set_clock_comparator(-1UL);
    ok_eq(lowcore()->ext.code, 0x1004, "an external interruption under key 3");

    asm volatile("   xc 200(4,0),200(0)\n   spka 0x30\n   stfl 0\n"
                 "   spka 0\n   l %[list],200"
                 : [list] "=d" (list) : : "memory");
    ok(list & 0x20000000, "STFL under key 3 stores the list");
    sske(0, key0 & ~(SKEY_R | SKEY_C));
    tap_pop();
}

/*
 * Every table of a space protected; a load and a store through it, key 3.
 * (IPTE and its kin name an entry as their operand, which is another matter:
 * skey-moves.)
 */
static void test_tables(void)
{
    uint64_t space = dat_identity(), *pte, *ste, *rte;

    tap_push("translation tables");
    dat_map(space, WINDOW, (uint64_t)page, PAGE_SIZE, 0);
    pte = dat_pte(space, WINDOW);
    ste = dat_ste(space, WINDOW);
    rte = dat_rte(space, WINDOW);
    sske((uint64_t)page, SKEY_ACC(3) | SKEY_F);
    page[0] = 0x77;
    cr_set(1, space);
    sske((uint64_t)pte, PROTECTED);
    sske((uint64_t)ste, PROTECTED);
    sske((uint64_t)rte, PROTECTED);
    psw_set_as(PSW_PRIMARY);
    pgm_expect();
    ok_eq(key_load8(3, (void *)WINDOW), 0x77, "a fetch under key 3");
    pgm_ok(PGM_NONE, "no interruption");
    pgm_expect();
    key_store8(3, (void *)(WINDOW + 8), 1);
    pgm_ok(PGM_NONE, "nor by a store");
    dat_off();

    sske((uint64_t)pte, 0);
    sske((uint64_t)ste, 0);
    sske((uint64_t)rte, 0);
    tap_pop();
}

/* TEST BLOCK and PFMF clear a page of any key. */
static void test_block(void)
{
    register uint64_t r0 asm("0") = 0;
    int cc;

    tap_push("test block");
    memset(page, 0xee, PAGE_SIZE);
    protect();
    asm volatile("   spka 0x30\n   tb 0,%[p]\n   spka 0\n" CC_GET
                 : [cc] "=d" (cc), "+d" (r0) : [p] "a" (page)
                 : "cc", "memory");
    ok_eq(cc, 0, "usable");
    ok_key(SKEY_R | SKEY_C, "the key stays");
    ok(page[0] == 0 && page[4095] == 0, "cleared");
    tap_pop();

    tap_push("pfmf");
    memset(page, 0xee, PAGE_SIZE);
    protect();
    asm volatile("   spka 0x30\n   .insn rre,0xb9af0000,%[c],%[p]\n   spka 0"
                 : : [c] "d" (PFMF_CF), [p] "a" (page) : "cc", "memory");
    ok(page[0] == 0 && page[4095] == 0, "cleared");
    tap_pop();
}

void main(void)
{
    page = page_alloc(1);
    test_servc();
    test_diag308();
    if (smp_count() > 1) {
        test_sigp();
    } else {
        tap_skip("sigp", "one CPU");
    }
    test_prefix_area();
    test_tables();
    test_block();
}
