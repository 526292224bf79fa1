/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#define PGM_PER         0x80
#define LOOP_LIMIT      100000

/*
 * Where an exception is nullifying the old PSW designates the instruction
 * itself (PoP, "Types of Instruction Ending").
 */
static bool nullifies(uint16_t code)
{
    switch (code) {
    case PGM_SEGMENT_TRANSLATION:
    case PGM_PAGE_TRANSLATION:
    case 0x20 ... 0x25:         /* AFX, ASX, primary/secondary authority .. */
    case PGM_ALEN_TRANSLATION ... PGM_EXTENDED_AUTHORITY:
    case PGM_ASCE_TYPE ... PGM_REGION_THIRD:
        return true;
    default:
        return false;
    }
}

const char *pgm_name(uint16_t code)
{
    switch (code & ~PGM_PER) {
    case PGM_NONE: return "none";
    case PGM_OPERATION: return "operation";
    case PGM_PRIVILEGED: return "privileged operation";
    case PGM_EXECUTE: return "execute";
    case PGM_PROTECTION: return "protection";
    case PGM_ADDRESSING: return "addressing";
    case PGM_SPECIFICATION: return "specification";
    case PGM_DATA: return "data";
    case PGM_FIXED_OVERFLOW: return "fixed-point overflow";
    case PGM_FIXED_DIVIDE: return "fixed-point divide";
    case PGM_SEGMENT_TRANSLATION: return "segment translation";
    case PGM_PAGE_TRANSLATION: return "page translation";
    case PGM_TRANSLATION_SPEC: return "translation specification";
    case PGM_SPECIAL_OPERATION: return "special operation";
    case PGM_OPERAND: return "operand";
    case PGM_SPACE_SWITCH: return "space-switch event";
    case PGM_ALET_SPECIFICATION: return "ALET specification";
    case PGM_ALEN_TRANSLATION: return "ALEN translation";
    case PGM_ALE_SEQUENCE: return "ALE sequence";
    case PGM_ASTE_VALIDITY: return "ASTE validity";
    case PGM_ASTE_SEQUENCE: return "ASTE sequence";
    case PGM_EXTENDED_AUTHORITY: return "extended authority";
    case PGM_ASCE_TYPE: return "ASCE type";
    case PGM_REGION_FIRST: return "region-first translation";
    case PGM_REGION_SECOND: return "region-second translation";
    case PGM_REGION_THIRD: return "region-third translation";
    case PGM_MONITOR: return "monitor event";
    default: return "unnamed";
    }
}

static noreturn void unexpected_pgm(struct lowcore *lc)
{
    const uint64_t *r = lc->pgm_gprs;

    tap_note("unexpected program interruption %#x (%s) on CPU %u",
             lc->pgm_code, pgm_name(lc->pgm_code), lc->cpu_addr);
    tap_note("PSW %016lx %016lx ilc %u TEID %016lx", lc->pgm_old.mask,
             lc->pgm_old.addr, lc->pgm_ilc, lc->teid);
    for (int i = 0; i < 16; i += 4) {
        tap_note("r%-2d %016lx %016lx %016lx %016lx", i,
                 r[i], r[i + 1], r[i + 2], r[i + 3]);
    }
    bail_out("unexpected program interruption");
}

void pgm_interruption(void)
{
    struct lowcore *lc = lowcore();
    struct pgm *p = &lc->pgm;

    if (p->in_handler) {
        /* the library itself is broken: no more output, just stop */
        machine_stop(WAIT_DOUBLE_FAULT);
    }
    p->in_handler = true;
    if (!p->armed && !lc->call_active) {
        p->in_handler = false;
        unexpected_pgm(lc);
    }
    p->code = lc->pgm_code & ~PGM_PER;
    p->ilc = lc->pgm_ilc & 6;
    p->teid = lc->teid;
    p->access_id = lc->exc_access_id;
    p->operand_id = lc->op_access_id;
    p->dxc = lc->dxc;
    p->psw = lc->pgm_old;
    p->count++;
    if (lc->call_active) {
        lc->call_active = 0;
        lc->call_result = p->code;
        lc->pgm_old = lc->call_return;
    } else if (p->count > LOOP_LIMIT) {
        p->in_handler = false;
        tap_note("%u program interruptions without an end", p->count);
        unexpected_pgm(lc);
    } else if (p->resume) {
        lc->pgm_old.addr = p->resume;
        p->resume = 0;
    } else if (nullifies(p->code)) {
        lc->pgm_old.addr += p->ilc;
    }
    p->in_handler = false;
}

void svc_interruption(void)
{
    struct lowcore *lc = lowcore();

    if (lc->call_active) {
        lc->call_active = 0;
        lc->call_result = 0;
        lc->svc_old = lc->call_return;
    } else {
        lc->svc_old.mask &= ~PSW_PROBLEM;
    }
}

void ext_interruption(void)
{
    struct lowcore *lc = lowcore();

    if (!lc->console_window) {
        lc->ext.count++;
        lc->ext.code = lc->ext_code;
        lc->ext.cpu_addr = lc->ext_cpu_addr;
        lc->ext.param = lc->ext_param;
    }
    if (lc->call_active && !lc->console_window) {
        lc->call_active = 0;
        lc->call_result = CALL_EXTERNAL;
        lc->ext_old = lc->call_return;
    }
    lc->ext_old.mask &= ~(PSW_EXT | PSW_WAIT);
}

void io_interruption(void)
{
    struct lowcore *lc = lowcore();

    lc->io.count++;
    lc->io.subchannel_id = lc->subchannel_id;
    lc->io.param = lc->io_param;
    lc->io.id_word = lc->io_id_word;
    lc->io_old.mask &= ~(PSW_IO | PSW_WAIT);
}

noreturn void mck_interruption(void)
{
    bail_out("machine check on CPU %u", lowcore()->cpu_addr);
}
