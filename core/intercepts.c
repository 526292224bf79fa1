/*
 * Which instructions of a guest the hardware intercepts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include "kvm390/include/intercepts.h"
#include "kvm390/include/sie.h"

enum {
    BY_ICTL = 1,        /* intercepted if a bit of @ictl is on, else always */
    BY_LCTL = 2,        /* if it loads a control register that @lctl names */
    USES_KEYS = 4,      /* left by the keyless subset, whatever else is on */
    NOT_ELSE = 8,       /* only by the keyless subset */
    HANDED_ON = 16,     /* KVM may hand it on to user space */
    BY_REAL = 32,       /* names the key by a real address */
    TABLES = 64,        /* intercepted while the host has the tables */
};

typedef struct Row {
    uint16_t first, last;   /* operation codes */
    uint8_t flags;
    uint8_t interpret;      /* unless the control block leaves it to the CPU */
    uint32_t ictl;
} Row;

/* In order of the codes. */
static const Row rows[] = {
    { 0x0104, 0x0104 },                                     /* PTFF */
    { 0x0107, 0x0107 },                                     /* SCKPF */
    { 0x8200, 0x8200, BY_ICTL, 0, SIE_ICTL_LPSW },          /* LPSW */
    { 0x8300, 0x8300, HANDED_ON },                          /* DIAG */
    { 0xae00, 0xae00, HANDED_ON },                          /* SIGP */
    { 0xb202, 0xb202 },                                     /* STIDP */
    { 0xb204, 0xb204 },                                     /* SCK */
    { 0xb210, 0xb212 },                                     /* SPX STPX STAP */
    { 0xb214, 0xb214 },                                     /* SIE */
    { 0xb220, 0xb220, HANDED_ON },                          /* SERVC */
    { 0xb221, 0xb221, TABLES },                             /* IPTE */
    { 0xb223, 0xb223, USES_KEYS | NOT_ELSE },               /* IVSK */
    { 0xb229, 0xb229, USES_KEYS | BY_REAL | BY_ICTL, 0, SIE_ICTL_ISKE },
    { 0xb22a, 0xb22a, USES_KEYS | BY_REAL | BY_ICTL, 0, SIE_ICTL_RRBE },
    { 0xb22b, 0xb22b, USES_KEYS | BY_REAL | BY_ICTL, 0, SIE_ICTL_SSKE },
    { 0xb22c, 0xb22c },                                     /* TB */
    { 0xb230, 0xb23c, HANDED_ON },                          /* channel I/O */
    { 0xb250, 0xb250, TABLES },                             /* CSP */
    { 0xb25f, 0xb25f, HANDED_ON },                          /* CHSC */
    { 0xb274, 0xb274, HANDED_ON },                          /* SIGA */
    { 0xb276, 0xb276, HANDED_ON },                          /* XSCH */
    { 0xb27d, 0xb27d, HANDED_ON },                          /* STSI */
    { 0xb2af, 0xb2af },                                     /* PQAP */
    { 0xb2b0, 0xb2b0, 0, KVM390_INTERPRET_STFLE },          /* STFLE */
    { 0xb2b1, 0xb2b1 },                                     /* STFL */
    { 0xb2b2, 0xb2b2, BY_ICTL, 0, SIE_ICTL_LPSW },          /* LPSWE */
    { 0xb600, 0xb600, BY_ICTL, 0, SIE_ICTL_STCTL },         /* STCTL */
    { 0xb700, 0xb700, BY_LCTL },                            /* LCTL */
    { 0xb98a, 0xb98a, TABLES },                             /* CSPG */
    { 0xb98e, 0xb98f, TABLES },                             /* IDTE CRDTE */
    { 0xb9a0, 0xb9a0, HANDED_ON },                          /* CLP */
    { 0xb9a2, 0xb9a2, 0, KVM390_INTERPRET_PTF },            /* PTF */
    { 0xb9ab, 0xb9ab, 0, KVM390_INTERPRET_ESSA },           /* ESSA */
    { 0xb9ac, 0xb9ac, USES_KEYS | BY_REAL | NOT_ELSE },     /* IRBM */
    { 0xb9ae, 0xb9ae, USES_KEYS | BY_REAL | NOT_ELSE },     /* RRBM */
    { 0xb9af, 0xb9af, USES_KEYS, KVM390_INTERPRET_PFMF },   /* PFMF */
    { 0xb9d0, 0xb9d3, HANDED_ON },                          /* PCI */
    { 0xe3d0, 0xe3d0, HANDED_ON },                          /* MPCIFC */
    { 0xe3d4, 0xe3d4, HANDED_ON },                          /* STPCIFC */
    { 0xe501, 0xe501, BY_ICTL, 0, SIE_ICTL_TPROT },         /* TPROT */
    { 0xeb25, 0xeb25, BY_ICTL, 0, SIE_ICTL_STCTL },         /* STCTG */
    { 0xeb2f, 0xeb2f, BY_LCTL },                            /* LCTLG */
    { 0xeb71, 0xeb71, BY_ICTL, 0, SIE_ICTL_LPSW },          /* LPSWEY */
    { 0xebd0, 0xebd1, HANDED_ON },                          /* PCISTB SIC */
};

static const Row *find_row(unsigned opcode)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (opcode >= rows[i].first && opcode <= rows[i].last) {
            return &rows[i];
        }
    }
    return NULL;
}

unsigned kvm390_opcode(uint64_t insn)
{
    unsigned first = insn >> 56;

    switch (first) {
    case 0x01:
    case 0xb2:
    case 0xb3:
    case 0xb9:
    case 0xe5:
        return insn >> 48;
    case 0xe3:
    case 0xe6:
    case 0xe7:
    case 0xeb ... 0xed:
        return first << 8 | ((insn >> 16) & 0xff);
    default:
        return first << 8;
    }
}

bool kvm390_may_intercept(unsigned opcode)
{
    return find_row(opcode) != NULL;
}

bool kvm390_interlocks(unsigned opcode)
{
    const Row *row = find_row(opcode);

    return row && (row->flags & TABLES);
}

bool kvm390_user_may_see(unsigned opcode)
{
    const Row *row = find_row(opcode);

    return row && (row->flags & HANDED_ON);
}

/* Does the range of control registers of an LCTL or LCTLG hold one of these? */
static bool loads_control(uint64_t insn, uint16_t lctl)
{
    unsigned r1 = (insn >> 52) & 0xf, r3 = (insn >> 48) & 0xf, r = r1;

    for (;; r = (r + 1) & 0xf) {
        if (lctl & 0x8000 >> r) {
            return true;
        }
        if (r == r3) {
            return false;
        }
    }
}

static bool row_applies(const Row *row, const Kvm390SieControls *controls,
                        uint64_t insn)
{
    if ((row->flags & NOT_ELSE) || (row->interpret & controls->interpret)) {
        return false;
    }
    if (row->flags & TABLES) {
        return controls->interlocked;
    }
    if (row->flags & BY_ICTL) {
        return row->ictl & controls->ictl;
    }
    return !(row->flags & BY_LCTL) || loads_control(insn, controls->lctl);
}

enum Kvm390Interception kvm390_intercepted(const Kvm390SieControls *controls,
                                           uint64_t insn)
{
    const Row *row = find_row(kvm390_opcode(insn));

    if (!row) {
        return KVM390_INTERPRETED;
    }
    if (controls->kss && (row->flags & USES_KEYS)) {
        return KVM390_INTERCEPTED_KSS;
    }
    if (controls->no_skf && (row->flags & BY_REAL)) {
        return KVM390_INTERCEPTED;
    }
    return row_applies(row, controls, insn) ? KVM390_INTERCEPTED
                                            : KVM390_INTERPRETED;
}
