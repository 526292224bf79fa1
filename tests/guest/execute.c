/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1,2 hercules=1 */
/*
 * EXECUTE and EXECUTE RELATIVE LONG are one instruction with their target: an
 * exception of fetching the target, or of the target, has the length of the
 * EXECUTE, and an old PSW at it (nullified) or behind it (Principles of
 * Operation, chapters 6 and 7).
 */
#include "guest.h"

/* Each executes an instruction at or with address a; NAME_end is behind it. */
void ex_at(uint64_t a), ex_mvc(uint64_t a), exrl_xc(uint64_t a);
void ex_st(uint64_t a), exrl_mvc(uint64_t a), ex_ex(uint64_t a);
void exrl_invalid(uint64_t a);
extern char ex_at_end[], ex_mvc_end[], exrl_xc_end[], ex_st_end[];
extern char exrl_mvc_end[], ex_ex_end[], exrl_invalid_end[];

asm("    .macro one name, insn, target\n"
    "    .globl \\name, \\name\\()_end\n"
    "    .balign 2\n"
    "1:  \\target\n"
    "\\name:\n"
    "    larl 1,1b\n"
    "    \\insn\n"
    "\\name\\()_end:\n"
    "    br 14\n"
    "    .endm\n"
    "    one ex_at, \"ex 0,0(2)\", \"nopr\"\n"
    "    one ex_mvc, \"ex 0,0(1)\", \"mvc 0(8,2),0(2)\"\n"
    "    one exrl_xc, \"exrl 0,1b\", \"xc 0(8,2),0(2)\"\n"
    "    one ex_st, \"ex 0,0(1)\", \"st 0,0(2)\"\n"
    "    one exrl_mvc, \"exrl 0,1b\", \"mvc 0(8,2),0(2)\"\n"
    "    one ex_ex, \"ex 0,0(1)\", \"ex 0,0(2)\"\n"
    "    one exrl_invalid, \"exrl 0,1b\", \".short 0\"\n");

/* What f(a) is interrupted by; it goes on at its end. */
static uint16_t interrupted(void (*f)(uint64_t), char *end, uint64_t a)
{
    pgm_expect();
    pgm_resume_at(end);
    f(a);
    return pgm_end();
}

static void expect(uint16_t code, uint16_t want, unsigned ilc, uint64_t psw,
                   const char *what)
{
    tap_push("%s", what);
    ok_eq(code, want, "interruption");
    ok_eq(pgm_last()->ilc, ilc, "instruction length");
    ok_eq(pgm_last()->psw.addr, psw, "old PSW");
    tap_pop();
}

static void test_invalid_targets(void)
{
    expect(interrupted(ex_at, ex_at_end, 1), PGM_SPECIFICATION, 4,
           (uint64_t)ex_at_end, "EX of an odd address");
    expect(interrupted(ex_ex, ex_ex_end, 0), PGM_EXECUTE, 4,
           (uint64_t)ex_ex_end, "EX of EX");
    expect(interrupted(exrl_invalid, exrl_invalid_end, 0), PGM_OPERATION, 6,
           (uint64_t)exrl_invalid_end, "EXRL of no instruction");
}

/* By DAT: read-only for the suppressed ones, not there for the nullified. */
static void test_dat(void)
{
    uint64_t asce = dat_identity();
    uint64_t page = (uint64_t)page_alloc(2);
    static const struct {
        void (*f)(uint64_t);
        char *end;
        unsigned ilc;
        const char *name;
    } each[] = {
        { ex_mvc, ex_mvc_end, 4, "EX of MVC" },
        { exrl_xc, exrl_xc_end, 6, "EXRL of XC" },
        { ex_st, ex_st_end, 4, "EX of ST" },
        { exrl_mvc, exrl_mvc_end, 6, "EXRL of MVC" },
    };

    cr_set(1, asce);
    for (unsigned i = 0; i < sizeof(each) / sizeof(*each); i++) {
        uint16_t code;

        tap_push("%s", each[i].name);
        dat_map(asce, page, page, PAGE_SIZE, DAT_PROTECT);
        ptlb();
        psw_set_as(PSW_PRIMARY);
        code = interrupted(each[i].f, each[i].end, page);
        dat_off();
        expect(code, PGM_PROTECTION, each[i].ilc, (uint64_t)each[i].end,
               "read-only");
        dat_unmap(asce, page, PAGE_SIZE);
        ptlb();
        psw_set_as(PSW_PRIMARY);
        code = interrupted(each[i].f, each[i].end, page);
        dat_off();
        expect(code, PGM_PAGE_TRANSLATION, each[i].ilc,
               (uint64_t)each[i].end - each[i].ilc, "invalid");
        tap_pop();
    }
}

/* A target that begins at the end of a page: LHI 0,7, or LR 0,0. */
static void test_split_target(void)
{
    uint64_t asce = dat_identity();
    uint8_t *pages = page_alloc(2);
    uint64_t at = (uint64_t)pages + PAGE_SIZE - 2;
    uint16_t code;

    memcpy((void *)at, "\xa7\x08\x00\x07", 4);
    ok_eq(interrupted(ex_at, ex_at_end, at), PGM_NONE, "a target in two pages");
    cr_set(1, asce);
    dat_unmap(asce, (uint64_t)pages + PAGE_SIZE, PAGE_SIZE);
    psw_set_as(PSW_PRIMARY);
    code = interrupted(ex_at, ex_at_end, at);
    dat_off();
    expect(code, PGM_PAGE_TRANSLATION, 4, (uint64_t)ex_at_end - 4,
           "a target whose second page is invalid");
    memcpy((void *)at, "\x18\x00", 2);
    psw_set_as(PSW_PRIMARY);
    code = interrupted(ex_at, ex_at_end, at);
    dat_off();
    ok_eq(code, PGM_NONE, "a target that ends with its page");
}

static void test_keys(void)
{
    uint64_t page = (uint64_t)page_alloc(1);

    sske(page, 0x38);
    ok_eq(call_under(PSW_LIBRARY | PSW_KEY(5), ex_at, page), PGM_PROTECTION,
          "a target that is fetch-protected");
    ok_eq(pgm_last()->ilc, 4, "instruction length");
    ok_eq(call_under(PSW_LIBRARY | PSW_KEY(5), ex_mvc, page), PGM_PROTECTION,
          "EX of MVC there");
    ok_eq(pgm_last()->ilc, 4, "instruction length");
    ok_eq(pgm_last()->psw.addr, (uint64_t)ex_mvc_end, "old PSW");
    sske(page, 0);
}

void main(void)
{
    test_invalid_targets();
    test_dat();
    test_split_target();
    if (!strcmp(machine_name(), "tcg")) {
        tap_note("TCG enforces no keys");
    } else {
        test_keys();
    }
}
