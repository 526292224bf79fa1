/*
 * Which instructions are intercepted, by control block
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "kvm390/include/intercepts.h"
#include "kvm390/include/sie.h"

#define INSN4(x)    ((uint64_t)(x) << 32)
#define INSN6(x)    ((uint64_t)(x) << 16)

enum {
    RUN = KVM390_INTERPRETED, STOP = KVM390_INTERCEPTED,
    KSS = KVM390_INTERCEPTED_KSS,
};

static const struct {
    const char *name;
    uint64_t insn;
    unsigned opcode;
    uint32_t ictl;          /* the bit that decides, 0: none does */
    int off, on, keyless;   /* with no bit, with that one, with KSS */
    bool user;
} rows[] = {
    { "DIAG", INSN4(0x83240500), 0x8300, 0, STOP, STOP, STOP, true },
    { "SIGP", INSN4(0xae120005), 0xae00, 0, STOP, STOP, STOP, true },
    { "SERVC", INSN4(0xb2200012), 0xb220, 0, STOP, STOP, STOP, true },
    { "SSCH", INSN4(0xb2331000), 0xb233, 0, STOP, STOP, STOP, true },
    { "STSI", INSN4(0xb27d1000), 0xb27d, 0, STOP, STOP, STOP, true },
    { "CLP", INSN4(0xb9a00012), 0xb9a0, 0, STOP, STOP, STOP, true },
    { "PCISTG", INSN4(0xb9d00012), 0xb9d0, 0, STOP, STOP, STOP, true },
    { "MPCIFC", INSN6(0xe310200000d0), 0xe3d0, 0, STOP, STOP, STOP,
      true },
    { "PCISTB", INSN6(0xeb13200000d0), 0xebd0, 0, STOP, STOP, STOP, true },
    { "SPX", INSN4(0xb2101000), 0xb210, 0, STOP, STOP, STOP },
    { "PTFF", INSN4(0x01040000), 0x0104, 0, STOP, STOP, STOP },
    { "SIE", INSN4(0xb2141000), 0xb214, 0, STOP, STOP, STOP },
    { "PQAP", INSN4(0xb2af0000), 0xb2af, 0, STOP, STOP, STOP },
    { "STFLE", INSN4(0xb2b01000), 0xb2b0, 0, STOP, STOP, STOP },
    { "PTF", INSN4(0xb9a20010), 0xb9a2, 0, STOP, STOP, STOP },
    { "TB", INSN4(0xb22c0012), 0xb22c, 0, STOP, STOP, STOP },
    { "ESSA", INSN4(0xb9ab0012), 0xb9ab, 0, STOP, STOP, STOP },
    { "LPSW", INSN4(0x82001000), 0x8200, SIE_ICTL_LPSW, RUN, STOP, RUN },
    { "LPSWE", INSN4(0xb2b21000), 0xb2b2, SIE_ICTL_LPSW, RUN, STOP, RUN },
    { "LPSWEY", INSN6(0xeb0010000071), 0xeb71, SIE_ICTL_LPSW, RUN, STOP, RUN },
    { "STCTL", INSN4(0xb6001000), 0xb600, SIE_ICTL_STCTL, RUN, STOP, RUN },
    { "STCTG", INSN6(0xeb0010000025), 0xeb25, SIE_ICTL_STCTL, RUN, STOP, RUN },
    { "TPROT", INSN6(0xe50110002000), 0xe501, SIE_ICTL_TPROT, RUN, STOP, RUN },
    { "ISKE", INSN4(0xb2290012), 0xb229, SIE_ICTL_ISKE, RUN, STOP, KSS },
    { "SSKE", INSN4(0xb22b0012), 0xb22b, SIE_ICTL_SSKE, RUN, STOP, KSS },
    { "RRBE", INSN4(0xb22a0012), 0xb22a, SIE_ICTL_RRBE, RUN, STOP, KSS },
    { "IVSK", INSN4(0xb2230012), 0xb223, 0, RUN, RUN, KSS },
    { "IRBM", INSN4(0xb9ac0012), 0xb9ac, 0, RUN, RUN, KSS },
    { "RRBM", INSN4(0xb9ae0012), 0xb9ae, 0, RUN, RUN, KSS },
    { "PFMF", INSN4(0xb9af0012), 0xb9af, 0, STOP, STOP, KSS },
    /* what no control block intercepts */
    { "LR", INSN4(0x18120000), 0x1800, 0, RUN, RUN, RUN },
    { "LRA", INSN4(0xb1001000), 0xb100, 0, RUN, RUN, RUN },
    { "STCK", INSN4(0xb2051000), 0xb205, 0, RUN, RUN, RUN },
    { "LG", INSN6(0xe31020000004), 0xe304, 0, RUN, RUN, RUN },
    { "LMG", INSN6(0xeb1320000004), 0xeb04, 0, RUN, RUN, RUN },
};

static void test_rows(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Kvm390SieControls off = { .ictl = ~rows[i].ictl };
        const Kvm390SieControls on = { .ictl = rows[i].ictl };
        const Kvm390SieControls keyless = { .kss = true };
        bool ever = rows[i].on != RUN || rows[i].keyless != RUN;

        g_test_message("%s", rows[i].name);
        g_assert_cmphex(kvm390_opcode(rows[i].insn), ==, rows[i].opcode);
        g_assert_cmpint(kvm390_intercepted(&off, rows[i].insn), ==,
                        rows[i].off);
        g_assert_cmpint(kvm390_intercepted(&on, rows[i].insn), ==, rows[i].on);
        g_assert_cmpint(kvm390_intercepted(&keyless, rows[i].insn), ==,
                        rows[i].keyless);
        g_assert_cmpint(kvm390_may_intercept(rows[i].opcode), ==, ever);
        g_assert_cmpint(kvm390_user_may_see(rows[i].opcode), ==, rows[i].user);
    }
}

/* LCTL and LCTLG are intercepted by the registers that they load. */
static void test_lctl(void)
{
    static const struct {
        unsigned r1, r3;
        uint16_t lctl;
        int want;
    } ranges[] = {
        { 0, 0, 0x8000, STOP },
        { 1, 1, 0x8000, RUN },
        { 0, 15, 0x0001, STOP },
        { 4, 9, 0x0020, RUN },
        { 4, 10, 0x0020, STOP },
        { 14, 1, 0x4000, STOP },    /* wraps */
        { 14, 0, 0x4000, RUN },
        { 0, 15, 0, RUN },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(ranges); i++) {
        const Kvm390SieControls c = { .lctl = ranges[i].lctl };
        uint64_t regs = ranges[i].r1 << 4 | ranges[i].r3;

        g_assert_cmpint(kvm390_intercepted(&c, 0xb7ull << 56 | regs << 48), ==,
                        ranges[i].want);
        g_assert_cmpint(kvm390_intercepted(&c, 0xebull << 56 | regs << 48 |
                                           0x2full << 16), ==, ranges[i].want);
    }
}

/* What changes translation tables is left while the host has them. */
static void test_interlocked(void)
{
    static const struct {
        uint64_t insn;
        bool tables;
    } insns[] = {
        { INSN4(0xb2210012), true },    /* IPTE */
        { INSN4(0xb2500012), true },    /* CSP */
        { INSN4(0xb98a0012), true },    /* CSPG */
        { INSN4(0xb98e3012), true },    /* IDTE */
        { INSN4(0xb98f3012), true },    /* CRDTE */
        { INSN4(0xb20d0000), false },   /* PTLB */
        { INSN4(0xb2050000), false },   /* STCK */
    };
    const Kvm390SieControls with = { .interlocked = true }, without = { 0 };

    for (unsigned i = 0; i < G_N_ELEMENTS(insns); i++) {
        g_assert_cmpint(kvm390_interlocks(kvm390_opcode(insns[i].insn)), ==,
                        insns[i].tables);
        g_assert_cmpint(kvm390_intercepted(&with, insns[i].insn), ==,
                        insns[i].tables ? STOP : RUN);
        g_assert_cmpint(kvm390_intercepted(&without, insns[i].insn), ==, RUN);
    }
}

static void test_interpreted(void)
{
    const Kvm390SieControls c = {
        .interpret = KVM390_INTERPRET_PFMF | KVM390_INTERPRET_ESSA,
    };
    const Kvm390SieControls keyless = {
        .interpret = KVM390_INTERPRET_PFMF, .kss = true,
    };

    g_assert_cmpint(kvm390_intercepted(&c, INSN4(0xb9af0012)), ==, RUN);
    g_assert_cmpint(kvm390_intercepted(&c, INSN4(0xb9ab0012)), ==, RUN);
    g_assert_cmpint(kvm390_intercepted(&keyless, INSN4(0xb9af0012)), ==, KSS);
    g_assert_cmpint(kvm390_intercepted(&keyless, INSN4(0xb9ab0012)), ==, STOP);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/intercepts/rows", test_rows);
    g_test_add_func("/kvm390/intercepts/lctl", test_lctl);
    g_test_add_func("/kvm390/intercepts/interlocked", test_interlocked);
    g_test_add_func("/kvm390/intercepts/interpreted", test_interpreted);
    return g_test_run();
}
