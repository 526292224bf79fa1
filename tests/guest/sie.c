/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 accelprops=sie=on smp=1,4 */
/*
 * What ends a guest's execution under SIE: instructions by the control block's
 * bits, program interruptions, waits, requests of other CPUs, timers; and what
 * each leaves in the control block.
 */
#include "sie.h"

enum { RUN = 0, STOP = ICPT_INSTRUCTION, KSS = ICPT_KSS };

static const struct {
    const char *name;
    uint8_t insn[6];
    uint8_t ilen;
    uint32_t ictl;              /* the bit that decides, 0: none does */
    uint8_t off, on, keyless;   /* without any bit, with that, with KSS */
} rows[] = {
    { "DIAG", { 0x83, 0x24, 0x05, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "SIGP", { 0xae, 0x12, 0x00, 0x05 }, 4, 0, STOP, STOP, STOP },
    { "SERVC", { 0xb2, 0x20, 0x00, 0x12 }, 4, 0, STOP, STOP, STOP },
    { "STIDP", { 0xb2, 0x02, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "SCK", { 0xb2, 0x04, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "SPX", { 0xb2, 0x10, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "STPX", { 0xb2, 0x11, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "STAP", { 0xb2, 0x12, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "SIE", { 0xb2, 0x14, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "TB", { 0xb2, 0x2c, 0x00, 0x12 }, 4, 0, STOP, STOP, STOP },
    { "SSCH", { 0xb2, 0x33, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "TPI", { 0xb2, 0x36, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "STSI", { 0xb2, 0x7d, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "STFL", { 0xb2, 0xb1, 0x00, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "STFLE", { 0xb2, 0xb0, 0x40, 0x00 }, 4, 0, STOP, STOP, STOP },
    { "ESSA", { 0xb9, 0xab, 0x00, 0x12 }, 4, 0, STOP, STOP, STOP },
    { "ISKE", { 0xb2, 0x29, 0x00, 0x13 }, 4, ICTL_ISKE, STOP, STOP, KSS },
    { "SSKE", { 0xb2, 0x2b, 0x00, 0x13 }, 4, ICTL_SSKE, STOP, STOP, KSS },
    { "RRBE", { 0xb2, 0x2a, 0x00, 0x13 }, 4, ICTL_RRBE, STOP, STOP, KSS },
    { "PFMF", { 0xb9, 0xaf, 0x00, 0x13 }, 4, 0, STOP, STOP, KSS },
    { "TPROT", { 0xe5, 0x01, 0x40, 0x00, 0x00, 0x00 }, 6, ICTL_TPROT,
      RUN, STOP, RUN },
    { "STCTL", { 0xb6, 0x00, 0x40, 0x00 }, 4, ICTL_STCTL, RUN, STOP, RUN },
    { "STCTG", { 0xeb, 0x00, 0x40, 0x00, 0x00, 0x25 }, 6, ICTL_STCTL,
      RUN, STOP, RUN },
    { "LR", { 0x18, 0x12 }, 2, 0, RUN, RUN, RUN },
    { "LG", { 0xe3, 0x10, 0x40, 0x00, 0x00, 0x04 }, 6, 0, RUN, RUN, RUN },
    { "STCK", { 0xb2, 0x05, 0x40, 0x00 }, 4, 0, RUN, RUN, RUN },
    { "LRA", { 0xb1, 0x10, 0x40, 0x00 }, 4, 0, RUN, RUN, RUN },
    { "PTLB", { 0xb2, 0x0d, 0x00, 0x00 }, 4, 0, RUN, RUN, RUN },
};

/* Left-aligned. */
static uint64_t text(const uint8_t *insn, unsigned ilen)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < ilen; i++) {
        value |= (uint64_t)insn[i] << (56 - 8 * i);
    }
    return value;
}

static void instruction(struct vm *vm, unsigned i, uint32_t cpuflags,
                        uint32_t ictl, unsigned want, const char *with)
{
    unsigned ilen = rows[i].ilen;
    uint64_t insn = text(rows[i].insn, ilen);
    unsigned got;

    vm->block->cpuflags = CPUFLAGS_ZARCH | CPUFLAGS_SM | cpuflags;
    vm->block->ictl = ictl;
    vm->gr[4] = VM_DATA;
    vm->gr[2] = vm->gr[3] = VM_DATA;
    vm_code(vm, rows[i].insn, ilen);
    got = vm_run_on(vm);
    if (want == RUN) {
        ok(got == STOP && vm->block->ipa == 0x8300 &&
           vm->block->gpsw.addr == VM_CODE + ilen + 4,
           "%s %s is executed", rows[i].name, with);
        return;
    }
    ok(got == want && vm->block->ipa == insn >> 48 &&
       vm->block->ipb == (uint32_t)(insn >> 16) &&
       vm->block->icptstatus == 0 &&
       vm->block->gpsw.addr == VM_CODE + (want == KSS ? 0 : ilen),
       "%s %s is left: %x %x %x %lx", rows[i].name, with, got,
       vm->block->ipa, vm->block->ipb, vm->block->gpsw.addr);
}

static void test_instructions(void)
{
    struct vm *vm = vm_new();

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        instruction(vm, i, 0, 0, rows[i].off, "without a bit");
        instruction(vm, i, 0, rows[i].ictl, rows[i].on, "with its bit");
        instruction(vm, i, CPUFLAGS_KSS, 0, rows[i].keyless, "with KSS");
    }
}

static void test_registers(void)
{
    static const uint8_t code[] = {
        0xa7, 0x0b, 0x00, 0x01,             /* aghi 0,1 */
        0xa7, 0xdb, 0x00, 0x02,             /* aghi 13,2 */
        0xa7, 0xeb, 0x00, 0x03,             /* aghi 14,3 */
        0xa7, 0xfb, 0x00, 0x04,             /* aghi 15,4 */
        0xb9, 0x04, 0x00, 0x1f,             /* lgr 1,15 */
        0xeb, 0xaa, 0x40, 0x00, 0x00, 0x2f, /* lctlg 10,10,0(4) */
    };
    struct vm *vm = vm_new();
    uint64_t cr10 = cr_get(10), host_cr0 = cr_get(0);

    vm->gr[0] = 10;
    vm->gr[13] = 20;
    vm->block->gr14 = 30;
    vm->block->gr15 = 40;
    vm->gr[4] = VM_DATA;
    *(uint64_t *)(vm->storage + VM_DATA) = 0x1122334455667788;
    vm_code(vm, code, sizeof(code));
    vm->block->gpsw.mask = PSW_64 | 2UL << 44;
    ok_eq(vm_run_on(vm), STOP, "left by DIAG");
    ok_eq(vm->gr[0], 11, "register 0");
    ok_eq(vm->gr[13], 22, "register 13");
    ok_eq(vm->block->gr14, 33, "register 14, in the block");
    ok_eq(vm->block->gr15, 44, "register 15, in the block");
    ok_eq(vm->gr[1], 44, "register 15, as the guest had it");
    ok_eq(vm->block->gpsw.mask & PSW_CC_MASK, 2UL << 44,
          "the condition code is the guest's");
    ok_eq(vm->block->gcr[10], 0x1122334455667788, "control register 10");
    ok_eq(cr_get(10), cr10, "the host's is as it was");
    ok_eq(cr_get(0), host_cr0, "and its control register 0");
}

static void test_lctl(void)
{
    static const uint8_t lctlg[] = { 0xeb, 0x9b, 0x40, 0x00, 0x00, 0x2f };
    struct vm *vm = vm_new();

    vm->gr[4] = VM_DATA;
    vm->block->lctl = 0x8000 >> 11;
    vm_code(vm, lctlg, sizeof(lctlg));
    ok_eq(vm_run_on(vm), STOP, "LCTLG of a register in the mask");
    ok_eq(vm->block->ipa, 0xeb9b, "is left");
    vm->block->lctl = 0x8000 >> 12;
    vm_code(vm, lctlg, sizeof(lctlg));
    vm_run_on(vm);
    ok_eq(vm->block->ipa, 0x8300, "LCTLG of others is executed");
}

static void test_execute(void)
{
    static const uint8_t code[] = {
        0x44, 0x10, 0x40, 0x00,             /* ex 1,0(4) */
    };
    struct vm *vm = vm_new();

    vm->gr[4] = VM_DATA;
    vm->gr[1] = 0x55;
    memcpy(vm->storage + VM_DATA, "\x83\x20\x05\x00", 4);
    vm_code(vm, code, sizeof(code));
    ok_eq(vm_run_on(vm), STOP, "the target of an EXECUTE is left");
    ok_eq(vm->block->ipa, 0x8375, "with what it became");
    ok_eq(vm->block->icptstatus, 0x41, "status: EXECUTE, 4 bytes");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 4, "the PSW is behind EXECUTE");
    ok_eq(vm_run_on(vm), STOP, "it goes on");
    ok_eq(vm->block->ipa, 0x8300, "behind it");
}

static void program(struct vm *vm, const char *name, const void *code,
                    unsigned len, uint32_t ictl, uint8_t ecb, unsigned icpt,
                    unsigned iprcc)
{
    unsigned got;

    vm->block->ictl = ictl;
    vm->block->ecb = ecb;
    vm->gr[4] = VM_DATA;
    vm->gr[5] = VM_SIZE;
    vm_code(vm, code, len);
    got = vm_run_on(vm);
    if (icpt == RUN) {
        ok(got == STOP && vm->block->gpsw.addr == VM_HANDLER + 4 &&
           *(uint16_t *)(vm->storage + 0x8e) == iprcc &&
           *(uint64_t *)(vm->storage + 0x158) == VM_CODE + len,
           "%s is the guest's own: %x %lx", name, got,
           vm->block->gpsw.addr);
    } else {
        ok(got == icpt && (icpt == ICPT_OPEREXC ||
                           (vm->block->iprcc == iprcc &&
                            vm->block->pgmilc == len)) &&
           vm->block->gpsw.addr == VM_CODE + len,
           "%s is left: %x %x %lx", name, got, vm->block->iprcc,
           vm->block->gpsw.addr);
    }
}

/* A guest that takes this one would take it for ever. */
static void test_invalid_new_psw(struct vm *vm)
{
    static const uint8_t operation[] = { 0x00, 0x00 };
    struct psw *new = (struct psw *)(vm->storage + 0x1d0), old = *new;

    *new = (struct psw) { 1UL << 51, 0xdeadbeee };
    vm->block->ictl = 0;
    for (unsigned i = 0; i < 2; i++) {
        vm->block->ecb = i ? 8 : 0;
        vm_code(vm, operation, sizeof(operation));
        ok_eq(vm_run_on(vm), ICPT_PROGRAM, "an invalid new PSW is left%s",
              i ? ", SPECI" : "");
        ok_eq(vm->block->iprcc, PGM_SPECIFICATION, "with its code");
        ok_eq(vm->block->pgmilc, 0, "no instruction");
        ok_eq(vm->block->gpsw.addr, 0xdeadbeee, "the PSW is that one");
        ok_eq(*(uint64_t *)(vm->storage + 0x158), VM_CODE + 2,
              "after the interruption that loaded it");
    }
    vm->block->ecb = 0;
    *new = old;
}

static void test_program(void)
{
    static const uint8_t operation[] = { 0x00, 0x00 };
    static const uint8_t divide[] = { 0xb9, 0x87, 0x00, 0x26 };
    static const uint8_t odd[] = { 0xb9, 0x87, 0x00, 0x16 };
    static const uint8_t far[] = { 0xe3, 0x10, 0x50, 0x00, 0x00, 0x04 };
    struct vm *vm = vm_new();

    program(vm, "operation", operation, 2, 0, 0, RUN, PGM_OPERATION);
    program(vm, "operation, OPEREXC", operation, 2, ICTL_OPEREXC, 0,
            ICPT_OPEREXC, 0);
    ok_eq(vm->block->ipa, 0, "with its text");
    program(vm, "operation, PINT", operation, 2, ICTL_PINT, 0, ICPT_PROGRAM,
            PGM_OPERATION);
    program(vm, "divide", divide, 4, 0, 0, RUN, PGM_FIXED_DIVIDE);
    program(vm, "divide, PINT", divide, 4, ICTL_PINT, 0, ICPT_PROGRAM,
            PGM_FIXED_DIVIDE);
    program(vm, "specification", odd, 4, 0, 0, ICPT_PROGRAM,
            PGM_SPECIFICATION);
    program(vm, "specification, SPECI", odd, 4, 0, 8, RUN,
            PGM_SPECIFICATION);
    test_invalid_new_psw(vm);
    /* Beyond its storage by origin and limit. */
    vm->block->cpuflags = CPUFLAGS_ZARCH;
    vm->block->mso = 0;
    vm->block->msl = 0;
    vm->gr[5] = 0x100000;
    vm_code(vm, far, sizeof(far));
    vm->block->ictl = 0;
    ok_eq(vm_run_on(vm), ICPT_PROGRAM, "addressing is left");
    ok_eq(vm->block->iprcc, PGM_ADDRESSING, "with its code");
}

#define PER_IFETCH  0x40000000UL
#define PER_STORE   0x20000000UL

/* PER that the host wants: by its control registers, whatever the PSW has. */
static void test_per(void)
{
    static const uint8_t code[] = {
        0xa7, 0x1b, 0x00, 0x01,                 /* aghi 1,1 */
        0xe3, 0x10, 0x40, 0x00, 0x00, 0x24,     /* stg 1,0(4) */
        0xb2, 0x10, 0x40, 0x00,                 /* spx 0(4) */
        0x44, 0x00, 0x40, 0x10,                 /* ex 0,16(4) */
        0x00, 0x00,
    };
    struct vm *vm = vm_new();
    uint32_t plain = vm->block->cpuflags;

    vm->gr[1] = 0;
    vm->gr[4] = VM_DATA;
    memcpy(vm->storage + VM_DATA + 16, "\x1a\x11", 2);    /* ar 1,1 */
    vm_code(vm, code, sizeof(code));
    vm->block->cpuflags = plain | CPUFLAGS_P;
    vm->block->gcr[9] = PER_IFETCH;
    vm->block->gcr[10] = 0;
    vm->block->gcr[11] = -1UL;
    ok_eq(vm_run_on(vm), ICPT_PROGRAM, "PER: an instruction fetch");
    ok_eq(vm->block->iprcc, 0x80, "its code");
    ok_eq(vm->block->perc_atmid >> 8, 0x40, "the event");
    ok_eq(vm->block->peraddr, VM_CODE, "its address");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 4, "the instruction is done");
    ok_eq(vm->gr[1], 1, "once");
    ok_eq(vm_run_on(vm), ICPT_PROGRAM, "the next one");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 10, "is done");
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "an instruction that is left");
    ok_eq(vm->block->icptstatus, ICPTSTATUS_IFETCH, "tells of the event");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 14, "and is behind it");
    ok_eq(vm_run_on(vm), ICPT_PROGRAM, "EXECUTE");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 18, "with its target, once");
    ok_eq(vm->gr[1], 2, "which is done");
    ok_eq(vm_run_on(vm), ICPT_PROGRAM, "an event with an exception");
    ok_eq(vm->block->iprcc, 0x81, "both in the code");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 20, "behind it");

    vm_code(vm, code, sizeof(code));
    vm->block->gcr[9] = PER_STORE;
    vm->block->gcr[10] = VM_DATA;
    vm->block->gcr[11] = VM_DATA + 7;
    ok_eq(vm_run_on(vm), ICPT_PROGRAM, "PER: a store");
    ok_eq(vm->block->perc_atmid >> 8, 0x20, "the event");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 10, "the store is done");
    ok_eq(*(uint64_t *)(vm->storage + VM_DATA), 3, "and in storage");
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "no event is left over");
    ok_eq(vm->block->icptstatus, 0, "nor told of");

    vm->block->cpuflags = plain;
    vm_code(vm, code, sizeof(code));
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "without PER");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 14, "both are done");

    /* The guest's own is its own. */
    vm_code(vm, code, sizeof(code));
    vm->block->gcr[9] = PER_IFETCH;
    vm->block->gcr[10] = VM_CODE;
    vm->block->gcr[11] = VM_CODE;
    vm->block->gpsw.mask = PSW_64 | 1UL << 62;
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "PER of the guest's own");
    ok_eq(vm->block->gpsw.addr, VM_HANDLER + 4, "is the guest's interruption");
    ok_eq(*(uint16_t *)(vm->storage + 0x8e), 0x80, "with its code");
}

/* While the host has the guest's tables, the guest does not change them. */
static void test_interlock(void)
{
    static const uint8_t code[] = {
        0xb2, 0x50, 0x00, 0x24,                 /* csp 2,4 */
        0xe3, 0x10, 0x50, 0x00, 0x00, 0x04,     /* lg 1,0(5) */
    };
    struct vm *vm = vm_new();
    /* Basic areas need not be on a boundary of 64 bytes. */
    uint64_t *area = (uint64_t *)page_alloc(1) + 2;

    for (unsigned counted = 0; counted < 2; counted++) {
        vm->block->eca = counted ? ECA_SII : 0;
        vm->block->scaoh = (uint64_t)area >> 32;
        vm->block->scaol = (uint32_t)(uint64_t)area;
        vm->gr[2] = 1;
        vm->gr[3] = 2;
        vm->gr[4] = VM_DATA;
        *(uint32_t *)(vm->storage + VM_DATA) = 1;
        *area = counted ? 1UL << 63 | 1UL << 32 : 1UL << 63;
        vm_code(vm, code, sizeof(code));
        ok_eq(vm_run_on(vm), STOP, "CSP while the host has the tables");
        ok_eq(vm->block->ipa, 0xb250, "is left");
        ok_eq(*(uint32_t *)(vm->storage + VM_DATA), 1, "and does nothing");
        *area = 5;
        vm->gr[5] = VM_DATA;
        vm_code(vm, code, sizeof(code));
        ok_eq(vm_run_on(vm), STOP, "when it has them no more");
        ok_eq(vm->block->ipa, 0x8300, "it is executed");
        ok_eq(*(uint32_t *)(vm->storage + VM_DATA), 2, "and stores");
        ok_eq(*area, 5, "nobody is counted any more");
        /* An access exception of the instruction ends its count. */
        vm->gr[4] = VM_SIZE;
        vm_code(vm, code, sizeof(code));
        pgm_expect();
        vm_run(vm);
        ok_eq(pgm_end(), PGM_PAGE_TRANSLATION,
              "an access that the host refuses");
        ok_eq(*area, 5, "is counted no more, either");
    }
}

static void test_wait(void)
{
    static const uint8_t lpswe[] = { 0xb2, 0xb2, 0x40, 0x00 };
    struct vm *vm = vm_new();
    struct psw *psw = (struct psw *)(vm->storage + VM_DATA);

    *psw = (struct psw) { PSW_64 | PSW_WAIT | PSW_EXT, 0x1234 };
    vm->gr[4] = VM_DATA;
    vm_code(vm, lpswe, sizeof(lpswe));
    ok_eq(vm_run_on(vm), ICPT_WAIT, "LPSWE of a wait");
    ok_eq(vm->block->gpsw.addr, 0x1234, "the PSW is the new one");
    ok(vm->block->gpsw.mask == psw->mask, "with its mask");
    ok_eq(vm_run_on(vm), ICPT_WAIT, "a PSW that waits from the start");
    ok_eq(vm->block->gpsw.addr, 0x1234, "stays");
}

static void test_requests(void)
{
    static const uint8_t loop[] = { 0xa7, 0xf4, 0x00, 0x00 }; /* j . */
    static const uint8_t nothing[] = { 0x07, 0x00 };
    struct vm *vm = vm_new();
    uint32_t plain = vm->block->cpuflags;

    vm_code(vm, loop, sizeof(loop));
    vm->block->cpuflags = plain | CPUFLAGS_STOP;
    ok_eq(vm_run_on(vm), ICPT_STOP, "a stop request");
    ok_eq(vm->block->gpsw.addr, VM_CODE, "before the next instruction");
    vm->block->cpuflags = plain | CPUFLAGS_EXT | CPUFLAGS_IO;
    vm->block->gpsw.mask = PSW_64 | PSW_EXT | PSW_IO;
    ok_eq(vm_run_on(vm), ICPT_EXT_REQUEST, "an external request");
    vm->block->cpuflags = plain | CPUFLAGS_IO;
    ok_eq(vm_run_on(vm), ICPT_IO_REQUEST, "an I/O request");
    vm_code(vm, nothing, sizeof(nothing));
    vm->block->cpuflags = plain | CPUFLAGS_EXT | CPUFLAGS_IO;
    ok_eq(vm_run_on(vm), STOP, "a PSW that takes none is not asked");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 6, "it goes on");
}

static void spin(void *vm)
{
    vm_run_on(vm);
}

/* Another CPU asks by a plain store while the guest spins. */
static void test_request_from_outside(void)
{
    static const uint8_t loop[] = {
        0xe3, 0x10, 0x40, 0x00, 0x00, 0x24,     /* stg 1,0(4) */
        0xa7, 0x1b, 0x00, 0x01,                 /* aghi 1,1 */
        0xa7, 0xf4, 0xff, 0xfb,                 /* j loop */
    };
    struct vm *vm = vm_new();
    volatile uint64_t *count = (uint64_t *)(vm->storage + VM_DATA);

    if (smp_count() < 2) {
        tap_skip("request", "one CPU");
        return;
    }
    vm->gr[4] = VM_DATA;
    for (unsigned turn = 0; turn < 50; turn++) {
        vm_code(vm, loop, sizeof(loop));
        *count = 0;
        vm->gr[1] = 1;
        smp_start(1, spin, vm);
        while (*count < 1000) {
            cpu_relax();
        }
        __atomic_or_fetch(&vm->block->cpuflags, CPUFLAGS_STOP,
                          __ATOMIC_SEQ_CST);
        smp_wait(1);
        __atomic_and_fetch(&vm->block->cpuflags, ~CPUFLAGS_STOP,
                           __ATOMIC_SEQ_CST);
        if (vm->block->icptcode != ICPT_STOP) {
            break;
        }
    }
    ok_eq(vm->block->icptcode, ICPT_STOP, "a guest that spins ends each time");
}

static void test_timers(void)
{
    static const uint8_t loop[] = { 0xa7, 0xf4, 0x00, 0x00 }; /* j . */
    static const uint8_t clocks[] = {
        0xb2, 0x05, 0x40, 0x00,     /* stck 0(4) */
        0xb2, 0x07, 0x40, 0x08,     /* stckc 8(4) */
        0xb2, 0x06, 0x40, 0x10,     /* sckc 16(4) */
        0xb2, 0x09, 0x40, 0x18,     /* stpt 24(4) */
    };
    const uint64_t epoch = 0x123456789abc0000;
    struct vm *vm = vm_new();
    uint64_t *data = (uint64_t *)(vm->storage + VM_DATA), before, after;

    vm->gr[4] = VM_DATA;
    vm->block->epoch = epoch;
    vm->block->ckc = 0x1111;
    vm->block->cputm = 1UL << 50;
    data[2] = 0x2222;
    vm_code(vm, clocks, sizeof(clocks));
    before = tod();
    ok_eq(vm_run_on(vm), STOP, "clocks are the guest's own");
    after = tod();
    ok(data[0] - epoch >= before && data[0] - epoch <= after,
       "TOD clock with the epoch");
    ok_eq(data[1], 0x1111, "STCKC");
    ok_eq(vm->block->ckc, 0x2222, "SCKC, in the block");
    ok(data[3] < 1UL << 50 && data[3] > (1UL << 50) - 10 * TOD_SECOND,
       "STPT");
    ok(vm->block->cputm <= data[3], "the CPU timer runs, in the block");

    vm->block->epoch = 0;
    vm->block->ckc = tod() + 2 * TOD_MS;
    vm->block->cputm = INT64_MAX;
    vm_code(vm, loop, sizeof(loop));
    vm->block->gpsw.mask = PSW_64 | PSW_EXT;
    vm->block->gcr[0] = 0xe0 | CR0_CLOCK_COMPARATOR;
    ok_eq(vm_run_on(vm), ICPT_EXTERNAL, "the clock comparator ends a loop");
    ok_eq(vm->block->eic, 0x1004, "with its code");
    ok_eq(vm->block->gpsw.addr, VM_CODE, "the PSW is the guest's");
    vm->block->ckc = -1UL;
    vm->block->cputm = 2 * TOD_MS;
    vm->block->gcr[0] = 0xe0 | CR0_CPU_TIMER;
    ok_eq(vm_run_on(vm), ICPT_EXTERNAL, "the CPU timer ends a loop");
    ok_eq(vm->block->eic, 0x1005, "with its code");
    ok_eq(vm_run_on(vm), ICPT_EXTERNAL, "again, as it is negative");
    vm->block->gpsw.mask = PSW_64;
    vm_code(vm, clocks, 4);
    ok_eq(vm_run_on(vm), STOP, "a PSW that takes none goes on");
}

/*
 * The host's own interruption ends it, and it can go on. On a busy machine the
 * interruption may come before the guest does: then the guest counts down.
 */
static void test_host_interruption(void)
{
    static const uint8_t count[] = {
        0xa7, 0x1b, 0x00, 0x01,                 /* aghi 1,1 */
        0xa7, 0x27, 0xff, 0xfe,                 /* brctg 2,.-4 */
    };
    struct vm *vm = vm_new();
    unsigned tries, ended = 0, wrong = 0;

    cr_or(0, CR0_CLOCK_COMPARATOR);
    for (tries = 0; tries < 1000 && ended < 20; tries++) {
        uint64_t last = vm->gr[1];
        uint8_t old;

        vm_code(vm, count, sizeof(count));
        vm->gr[2] = 100000000;
        ext_clear();
        set_clock_comparator(tod() + 2 * TOD_MS);
        asm volatile("stosm %0,0x01" : "=Q" (old) : : "memory");
        vm_run(vm);
        asm volatile("stnsm %0,0xfe" : "=Q" (old) : : "memory");
        if (vm->block->icptcode != ICPT_NONE) {
            continue;
        }
        ended++;
        wrong += !lowcore()->ext.count || lowcore()->ext.code != 0x1004 ||
                 vm->gr[1] < last || (vm->block->gpsw.addr != VM_CODE &&
                                      vm->block->gpsw.addr != VM_CODE + 4);
    }
    set_clock_comparator(-1UL);
    cr_clear(0, CR0_CLOCK_COMPARATOR);
    ok_eq(ended, 20, "the host's interruption ends the guest without a code");
    ok_eq(wrong, 0, "it is taken, and the guest goes on after it");
}

static void test_facilities(void)
{
    static const uint8_t stfle[] = { 0xb2, 0xb0, 0x40, 0x00 };
    struct vm *vm = vm_new();
    uint64_t *list = page_alloc(1);

    list[0] = 0xc123456789abcdef;
    list[1] = 0x0fedcba987654321;
    vm->block->fac = (uint32_t)(uint64_t)list;
    vm->gr[0] = 1;
    vm->gr[4] = VM_DATA;
    vm_code(vm, stfle, sizeof(stfle));
    ok_eq(vm_run_on(vm), STOP, "STFLE is executed with a list");
    ok_eq(vm->block->ipa, 0x8300, "up to the DIAG");
    ok_eq(*(uint64_t *)(vm->storage + VM_DATA), list[0], "first doubleword");
    ok_eq(*(uint64_t *)(vm->storage + VM_DATA + 8), list[1], "second");
}

static void refused(struct vm *vm, uint16_t why, const char *name)
{
    vm_code(vm, "", 0);
    ok_eq(vm_run_on(vm), ICPT_VALIDITY, "validity: %s", name);
    ok_eq(vm->block->ipb >> 16, why, "its code");
    ok_eq(vm->block->gpsw.addr, VM_CODE, "nothing was executed");
}

static void test_validity(void)
{
    struct vm *vm = vm_new();
    uint32_t plain = vm->block->cpuflags;

    vm->block->cpuflags = CPUFLAGS_SM;
    refused(vm, 0x0001, "not z/Architecture");
    vm->block->cpuflags = plain;
    vm->block->prefix = VM_SIZE;
    refused(vm, 0x0037, "the prefix area is not mapped");
    vm->block->prefix = 0;
    vm->block->cpuflags = CPUFLAGS_ZARCH;
    vm->block->mso = 0x200000;
    vm->block->msl = 0x100000;
    refused(vm, 0x0043, "origin behind limit");
    vm->block->cpuflags = plain;
    vm_code(vm, "", 0);
    ok_eq(vm_run_on(vm), STOP, "right again");
}

static void test_operand(void)
{
    uint64_t block = (uint64_t)page_alloc(1);

    pgm_expect();
    asm volatile(".insn s,0xb2140000,8(%0)" : : "a" (block) : "memory");
    pgm_ok(PGM_SPECIFICATION, "a block that is not aligned");
    pgm_expect();
    asm volatile(".insn s,0xb2140000,512(0)" : : : "memory");
    pgm_ok(PGM_SPECIFICATION, "a block in the prefix area");
    pgm_expect();
    enter_problem_state();
    asm volatile(".insn s,0xb2140000,0(%0)" : : "a" (block) : "memory");
    leave_problem_state();
    pgm_ok(PGM_PRIVILEGED, "problem state");
}

void main(void)
{
    tap_push("instructions");
    test_instructions();
    tap_pop();
    tap_push("registers");
    test_registers();
    tap_pop();
    tap_push("lctl");
    test_lctl();
    tap_pop();
    tap_push("execute");
    test_execute();
    tap_pop();
    tap_push("program");
    test_program();
    tap_pop();
    tap_push("per");
    test_per();
    tap_pop();
    tap_push("interlock");
    test_interlock();
    tap_pop();
    tap_push("wait");
    test_wait();
    tap_pop();
    tap_push("requests");
    test_requests();
    test_request_from_outside();
    tap_pop();
    tap_push("timers");
    test_timers();
    tap_pop();
    tap_push("host");
    test_host_interruption();
    tap_pop();
    tap_push("facilities");
    test_facilities();
    tap_pop();
    tap_push("validity");
    test_validity();
    tap_pop();
    tap_push("operand");
    test_operand();
    tap_pop();
}
