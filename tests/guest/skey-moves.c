/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 hercules=1 */
/*
 * Moves that name an access key, and operands of privileged instructions,
 * which have the PSW's.
 */
#include "guest.h"

#define WINDOW  0x40000000UL

static uint8_t *from, *to;

/* Both operands protected from all keys but 0 and their own. */
static void protect(unsigned from_acc, unsigned to_acc)
{
    memset(from, 0x5a, 16);
    memset(to, 0, 16);
    sske((uint64_t)from, SKEY_ACC(from_acc) | SKEY_F);
    sske((uint64_t)to, SKEY_ACC(to_acc) | SKEY_F);
}

static bool moved(void)
{
    return to[0] == 0x5a && to[7] == 0x5a && to[8] == 0;
}

/* One move under PSW key 3: the code, and whether the bytes arrived. */
#define MOVE_ROWS(name, insn, key_first)                                    \
static void test_##name(void)                                              \
{                                                                           \
    static const struct { uint8_t from, to, key; uint16_t code; } rows[] = {\
        { 3, 3, 3, PGM_NONE },                                              \
        { (key_first) ? 3 : 4, (key_first) ? 4 : 3, 4, PGM_NONE },          \
        { (key_first) ? 4 : 3, (key_first) ? 3 : 4, 4, PGM_PROTECTION },    \
        { (key_first) ? 3 : 4, (key_first) ? 4 : 3, 5, PGM_PROTECTION },    \
        { (key_first) ? 3 : 4, (key_first) ? 4 : 3, 0, PGM_NONE },          \
        { (key_first) ? 5 : 4, (key_first) ? 4 : 5, 4, PGM_PROTECTION },    \
    };                                                                      \
                                                                            \
    tap_push(#name);                                                        \
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {         \
        uint16_t code;                                                      \
                                                                            \
        protect(rows[i].from, rows[i].to);                                  \
        pgm_expect();                                                       \
        asm volatile(                                                       \
            "   lgr     1,%[key]\n"                                         \
            "   lghi    0,7\n"                                              \
            "   lghi    2,8\n"                                              \
            "   spka    0x30\n"                                             \
            "   " insn "\n"                                                 \
            "   spka    0\n"                                                \
            : : [key] "a" ((uint64_t)rows[i].key << 4), [to] "a" (to),      \
                [from] "a" (from) : "0", "1", "2", "cc", "memory");         \
        code = pgm_end();                                                   \
        ok_eq(code, rows[i].code, "row %u: source ACC %u, destination ACC " \
              "%u, key %u", i, rows[i].from, rows[i].to, rows[i].key);      \
        ok_eq(moved(), rows[i].code == PGM_NONE, "row %u: data", i);        \
    }                                                                       \
    sske((uint64_t)from, 0);                                                \
    sske((uint64_t)to, 0);                                                  \
    tap_pop();                                                              \
}

MOVE_ROWS(mvck, "mvck 0(2,%[to]),0(%[from]),1", false)
MOVE_ROWS(mvcsk, "mvcsk 0(%[to]),0(%[from])", false)
MOVE_ROWS(mvcdk, "mvcdk 0(%[to]),0(%[from])", true)

static void test_mvck_length(void)
{
    static uint8_t a[600], b[600];
    int cc;

    tap_push("mvck length");
    for (unsigned i = 0; i < sizeof(a); i++) {
        a[i] = i;
    }
    asm volatile(
        "   lghi    2,0\n   lghi 1,0\n"
        "   mvck    0(2,%[b]),0(%[a]),1\n" CC_GET
        : [cc] "=d" (cc) : [a] "a" (a), [b] "a" (b)
        : "1", "2", "cc", "memory");
    ok(cc == 0 && b[0] == 0 && b[1] == 0, "0: nothing, condition code 0");
    asm volatile(
        "   lghi    2,500\n   lghi 1,0\n"
        "   mvck    0(2,%[b]),0(%[a]),1\n" CC_GET
        : [cc] "=d" (cc) : [a] "a" (a), [b] "a" (b)
        : "1", "2", "cc", "memory");
    ok(cc == 3 && b[255] == 255 && b[257] == 0,
       "500: 256 bytes, condition code 3");
    tap_pop();
}

/* MVCP and MVCS: one operand in the secondary space, with the key in R3. */
static void test_mvcp_mvcs(void)
{
    uint64_t space = dat_identity();
    unsigned wrong = 0;

    tap_push("mvcp and mvcs");
    cr_set(1, space);
    cr_set(7, space);
    cr_or(0, CR0_SECONDARY_SPACE);
    for (unsigned acc = 3; acc < 7; acc++) {
        for (unsigned key = 0; key < 7; key++) {
            uint16_t want = key && key != acc ? PGM_PROTECTION : PGM_NONE;

            protect(acc, 3);
            psw_set_as(PSW_PRIMARY);
            pgm_expect();
            asm volatile("lghi 2,8\n   lgr 1,%0\n   spka 0x30\n"
                         "   mvcp 0(2,%1),0(%2),1\n   spka 0"
                         : : "a" ((uint64_t)key << 4), "a" (to), "a" (from)
                         : "1", "2", "cc", "memory");
            wrong += pgm_end() != want;
            wrong += moved() != !want;
            dat_off();
            protect(3, acc);
            psw_set_as(PSW_PRIMARY);
            pgm_expect();
            asm volatile("lghi 2,8\n   lgr 1,%0\n   spka 0x30\n"
                         "   mvcs 0(2,%1),0(%2),1\n   spka 0"
                         : : "a" ((uint64_t)key << 4), "a" (to), "a" (from)
                         : "1", "2", "cc", "memory");
            wrong += pgm_end() != want;
            wrong += moved() != !want;
            dat_off();
        }
    }
    ok_eq(wrong, 0, "the key in R3 is the secondary operand's");
    protect(3, 5);
    psw_set_as(PSW_PRIMARY);
    pgm_expect();
    asm volatile("lghi 2,8\n   lghi 1,0x30\n   spka 0x30\n"
                 "   mvcp 0(2,%0),0(%1),1\n   spka 0"
                 : : "a" (to), "a" (from) : "1", "2", "cc", "memory");
    ok_eq(pgm_end(), PGM_PROTECTION, "MVCP: the primary operand has the PSW's");
    ok(!moved(), "and is left alone");
    dat_off();
    cr_clear(0, CR0_SECONDARY_SPACE);
    sske((uint64_t)from, 0);
    sske((uint64_t)to, 0);
    tap_pop();
}

/* MVCOS: an operand-access control for each operand, K bit 0x0002. */
static uint16_t mvcos(unsigned psw_key, uint32_t oac)
{
    register uint64_t r0 asm("0") = oac;

    asm volatile("spka 0(%[k])\n"
                 ".insn ssf,0xc80000000000,0(%[to]),0(%[from]),%[len]\n"
                 "   spka 0"
                 : : [k] "a" ((uint64_t)psw_key << 4), [to] "a" (to),
                     [from] "a" (from), [len] "d" (8UL), "d" (r0)
                 : "cc", "memory");
    return 0;
}

static void test_mvcos(void)
{
    uint64_t space = dat_identity();
    unsigned wrong = 0;

    if (!facility(27)) {
        tap_skip("mvcos", "no facility 27");
        return;
    }
    tap_push("mvcos");
    cr_set(1, space);
    for (unsigned acc = 3; acc < 6; acc++) {
        for (unsigned key = 0; key < 6; key++) {
            for (unsigned operand = 0; operand < 2; operand++) {
                uint32_t oac = ((key << 12) | 2) << (operand ? 16 : 0);
                uint16_t want = key && key != acc ? PGM_PROTECTION : PGM_NONE;

                /* The other operand has the PSW's key, 3. */
                protect(operand ? 3 : acc, operand ? acc : 3);
                psw_set_as(PSW_PRIMARY);
                pgm_expect();
                mvcos(3, oac);
                wrong += pgm_end() != want;
                wrong += moved() != !want;
                dat_off();
            }
        }
    }
    ok_eq(wrong, 0, "each operand's own key");
    protect(3, 5);
    psw_set_as(PSW_PRIMARY);
    pgm_expect();
    mvcos(3, 0);
    ok_eq(pgm_end(), PGM_PROTECTION, "without K it is the PSW's");
    dat_off();

    /* In the problem state CR3 says which keys there are. */
    protect(4, 0);
    sske((uint64_t)to, 0);
    cr_set(3, 0x80000000UL >> 4);
    psw_set_mask((psw_mask() & ~PSW_AS_MASK) | PSW_DAT);
    pgm_expect();
    enter_problem_state();
    asm volatile("lghi 0,%[oac]\n"
                 ".insn ssf,0xc80000000000,0(%[to]),0(%[from]),%[len]\n"
                 : : [oac] "i" (0x4002), [to] "a" (to), [from] "a" (from),
                     [len] "d" (8UL) : "0", "cc", "memory");
    leave_problem_state();
    ok_eq(pgm_end(), PGM_PRIVILEGED, "problem state: PSW key 0 is not in CR3");
    dat_off();
    cr_set(3, 0x80000000UL | 0x80000000UL >> 4);
    psw_set_mask((psw_mask() & ~PSW_AS_MASK) | PSW_DAT);
    pgm_expect();
    enter_problem_state();
    asm volatile("lghi 0,%[oac]\n"
                 ".insn ssf,0xc80000000000,0(%[to]),0(%[from]),%[len]\n"
                 : : [oac] "i" (0x4002), [to] "a" (to), [from] "a" (from),
                     [len] "d" (8UL) : "0", "cc", "memory");
    leave_problem_state();
    ok_eq(pgm_end(), PGM_NONE, "problem state: both keys are");
    dat_off();
    ok(moved(), "and the bytes move");
    cr_set(3, 0);
    sske((uint64_t)from, 0);
    sske((uint64_t)to, 0);
    tap_pop();
}

static uint16_t mvpg(unsigned psw_key, uint32_t control)
{
    register uint64_t r0 asm("0") = control;
    uint16_t code;

    pgm_expect();
    asm volatile("spka 0(%[k])\n   mvpg %[to],%[from]\n   spka 0"
                 : : [k] "a" ((uint64_t)psw_key << 4), [to] "a" (to),
                     [from] "a" (from), "d" (r0) : "cc", "memory");
    code = pgm_end();
    return code;
}

static void test_mvpg(void)
{
    /* Key-function control: bit 52 (0x800) first, 53 (0x400) second operand. */
    static const struct {
        uint8_t from, to; uint16_t control, code;
    } rows[] = {
        { 3, 3, 0, PGM_NONE }, { 4, 3, 0, PGM_PROTECTION },
        { 3, 4, 0, PGM_PROTECTION }, { 4, 3, 0x440, PGM_NONE },
        { 3, 4, 0x440, PGM_PROTECTION }, { 3, 4, 0x840, PGM_NONE },
        { 4, 3, 0x840, PGM_PROTECTION }, { 5, 3, 0x440, PGM_PROTECTION },
        { 4, 5, 0x440, PGM_PROTECTION },
    };

    tap_push("mvpg");
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        protect(rows[i].from, rows[i].to);
        ok_eq(mvpg(3, rows[i].control), rows[i].code, "row %u", i);
        ok_eq(to[0] == 0x5a, rows[i].code == PGM_NONE, "row %u: data", i);
    }
    sske((uint64_t)from, 0);
    sske((uint64_t)to, 0);
    tap_pop();
}

/* One instruction with its operand at @p, under key 3. */
#define OPERAND(name, insn, store) do {                                     \
    uint64_t *p_ = (uint64_t *)to;                                          \
                                                                            \
    memset(to, 0x77, 256);                                                  \
    sske((uint64_t)to, SKEY_ACC(5) | SKEY_F);                               \
    pgm_expect();                                                           \
    asm volatile("spka 0x30\n   " insn "\n   spka 0"                        \
                 : : [p] "a" (to) : "0", "cc", "memory");                   \
    pgm_ok(PGM_PROTECTION, name);                                           \
    if (store) {                                                            \
        ok_eq(p_[0], 0x7777777777777777, name ": nothing is stored");       \
        sske((uint64_t)to, SKEY_ACC(5));                                    \
        pgm_expect();                                                       \
        asm volatile("spka 0x30\n   " insn "\n   spka 0"                    \
                     : : [p] "a" (to) : "0", "cc", "memory");               \
        pgm_ok(PGM_PROTECTION, name ", without fetch protection");          \
        sske((uint64_t)to, SKEY_ACC(3) | SKEY_F);                           \
        pgm_expect();                                                       \
        asm volatile("spka 0x30\n   " insn "\n   spka 0"                    \
                     : : [p] "a" (to) : "0", "cc", "memory");               \
        pgm_ok(PGM_NONE, name ", the key matches");                         \
        ok(p_[0] != 0x7777777777777777, name ": it is stored");             \
    }                                                                       \
    sske((uint64_t)to, 0);                                                  \
} while (0)

static void test_operands(void)
{
    uint32_t prefix = get_prefix();

    tap_push("operands");
    OPERAND("SPX", "spx 0(%[p])", false);
    ok_eq(get_prefix(), prefix, "SPX: the prefix stays");
    OPERAND("STPX", "stpx 0(%[p])", true);
    OPERAND("STAP", "stap 0(%[p])", true);
    OPERAND("STIDP", "stidp 0(%[p])", true);
    OPERAND("STCTG", "stctg 0,3,0(%[p])", true);
    OPERAND("STCTL", "stctl 0,3,0(%[p])", true);
    OPERAND("STCK", "stck 0(%[p])", true);
    OPERAND("STCKE", "stcke 0(%[p])", true);
    OPERAND("STCKC", "stckc 0(%[p])", true);
    OPERAND("STPT", "stpt 0(%[p])", true);
    OPERAND("STNSM", "stnsm 0(%[p]),0xff", true);
    OPERAND("STFLE", "lghi 0,0\n   stfle 0(%[p])", true);
    OPERAND("LCTLG", "lctlg 4,4,0(%[p])", false);
    OPERAND("LPSWE", "lpswe 0(%[p])", false);
    OPERAND("LPSW", "lpsw 0(%[p])", false);
    OPERAND("SSM", "ssm 0(%[p])", false);
    OPERAND("SPT", "spt 0(%[p])", false);
    OPERAND("SCKC", "sckc 0(%[p])", false);
    OPERAND("LURAG", "lurag 0,%[p]", false);
    OPERAND("STURG", "sturg 0,%[p]", true);
    OPERAND("CS", "cs 0,0,0(%[p])", false);
    OPERAND("TS", "ts 0(%[p])", true);
    OPERAND("XC", "xc 0(8,%[p]),0(%[p])", true);
    OPERAND("CLC", "clc 0(8,%[p]),0(%[p])", false);
    tap_pop();
}

#define ENTRY(name, insn, entry, size, invalid) do {                        \
    uint64_t *e_ = (entry), old_ = *e_, t_ = (uint64_t)e_ & -(size);        \
                                                                            \
    for (unsigned f_ = 0; f_ < 2; f_++) {                                   \
        sske((uint64_t)e_, SKEY_ACC(5) | (f_ ? SKEY_F : 0));                \
        pgm_expect();                                                       \
        asm volatile("spka 0x30\n   " insn "\n   spka 0"                    \
                     : : [at] "a" (WINDOW), [table] "a" (t_) : "memory");   \
        pgm_ok(PGM_PROTECTION, name ", another key%s",                      \
               f_ ? ", fetch protection" : "");                             \
        ok_eq(*e_, old_, name ": the entry stays");                         \
    }                                                                       \
    sske((uint64_t)e_, SKEY_ACC(3) | SKEY_F);                               \
    pgm_expect();                                                           \
    asm volatile("spka 0x30\n   " insn "\n   spka 0"                        \
                 : : [at] "a" (WINDOW), [table] "a" (t_) : "memory");       \
    pgm_ok(PGM_NONE, name ", the key matches");                             \
    ok(*e_ & (invalid), name ": the entry is invalid");                       \
    *e_ = old_;                                                             \
    sske((uint64_t)e_, 0);                                                  \
} while (0)

/* A table entry that an instruction changes is an operand as others are. */
static void test_table_entries(void)
{
    uint64_t space = dat_identity();

    tap_push("table entries");
    dat_map(space, WINDOW, (uint64_t)to, PAGE_SIZE, 0);
    if (on_hercules()) {
        tap_skip("table entries", "Hercules checks no key for them");
        tap_pop();
        return;
    }
    ENTRY("IPTE", "ipte %[table],%[at]", dat_pte(space, WINDOW), 0x800UL,
          PTE_INVALID);
    ENTRY("IDTE", ".insn rrf,0xb98e0000,%[table],%[at],0,0",
          dat_ste(space, WINDOW), 0x4000UL, DTE_INVALID);
    tap_pop();
}

void main(void)
{
    from = page_alloc(1);
    to = page_alloc(1);
    test_mvck();
    test_mvcsk();
    test_mvcdk();
    test_mvck_length();
    test_mvcp_mvcs();
    test_mvcos();
    test_mvpg();
    test_operands();
    test_table_entries();
}
