/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 accelprops=sie=on smp=1,4 */
/*
 * A guest's storage under SIE: what the host's tables refuse is the host's
 * program interruption and leaves the guest's instruction undone; and no TLB
 * entry outlives what it depends on.
 */
#include "sie.h"

/* A page of the guest that tests take away, and one behind it. */
#define PAGE    0x8000UL
#define NEXT    0x9000UL

static uint64_t frame(const struct vm *vm, uint64_t addr)
{
    return (uint64_t)vm->storage + addr;
}

static void give(struct vm *vm, uint64_t addr, uint64_t flags)
{
    dat_map(vm->space, addr, frame(vm, addr), 4096, flags);
    ptlb();
}

/* By a plain store: the block's host CPU says that nothing is kept. */
static void take(struct vm *vm, uint64_t addr)
{
    dat_unmap(vm->space, addr, 4096);
    ptlb();
}

/*
 * Runs code at VM_CODE that meets the host's exception @pgm for the page
 * @addr; mends it, and sees the code come to its end. @access: TEID_FETCH or
 * TEID_STORE, or 0 where it may be either.
 */
static void fault(struct vm *vm, const char *name, const void *code,
                  unsigned len, uint64_t gpsw, unsigned pgm, uint64_t addr,
                  uint64_t access)
{
    uint64_t r1 = vm->gr[1];

    vm_code(vm, code, len);
    pgm_expect();
    ok_eq(vm_run(vm), ICPT_NONE, "%s: no interception", name);
    ok_eq(pgm_end(), pgm, "%s: the host's exception", name);
    ok_eq(pgm_last()->ilc, 4, "%s: SIE's length", name);
    ok_eq(pgm_last()->teid & TEID_ADDR, addr, "%s: its address", name);
    ok(!access || (pgm_last()->teid & TEID_FSI) == access, "%s: the access",
       name);
    ok_eq(pgm_last()->teid & TEID_AS, 0, "%s: the primary space", name);
    ok(vm->block->gpsw.addr == gpsw && vm->gr[1] == r1,
       "%s: the instruction has not happened: %lx", name,
       vm->block->gpsw.addr);
    give(vm, addr, 0);
    ok(vm_run_on(vm) == ICPT_INSTRUCTION &&
       vm->block->gpsw.addr == VM_CODE + len + 4,
       "%s: it does once it can: %lx", name, vm->block->gpsw.addr);
}

static void test_faults(void)
{
    static const uint8_t load[] = { 0xe3, 0x10, 0x40, 0x00, 0x00, 0x04 };
    static const uint8_t store[] = { 0xe3, 0x10, 0x40, 0x00, 0x00, 0x24 };
    static const uint8_t csg[] = { 0xeb, 0x12, 0x40, 0x00, 0x00, 0x30 };
    static const uint8_t mvc[] = { 0xd2, 0xff, 0x40, 0x00, 0x50, 0x00 };
    static const uint8_t ex[] = { 0x44, 0x00, 0x40, 0x00 };
    static const uint8_t jump[] = { 0x07, 0xf4 };
    static const uint8_t lra[] = { 0xe3, 0x10, 0x40, 0x00, 0x00, 0x03 };
    struct vm *vm = vm_new();

    vm->gr[4] = PAGE;
    vm->gr[5] = VM_DATA;
    take(vm, PAGE);
    fault(vm, "load", load, sizeof(load), VM_CODE, PGM_PAGE_TRANSLATION, PAGE,
          TEID_FETCH);
    take(vm, PAGE);
    fault(vm, "store", store, sizeof(store), VM_CODE, PGM_PAGE_TRANSLATION,
          PAGE, TEID_STORE);
    give(vm, PAGE, DAT_PROTECT);
    fault(vm, "store, protected", store, sizeof(store), VM_CODE,
          PGM_PROTECTION, PAGE, TEID_STORE);
    take(vm, PAGE);
    fault(vm, "compare and swap", csg, sizeof(csg), VM_CODE,
          PGM_PAGE_TRANSLATION, PAGE, 0);

    /* Neither page of a store across two is changed. */
    vm->gr[4] = NEXT - 128;
    memset(vm->storage + VM_DATA, 0x77, 256);
    memset(vm->storage + PAGE, 0, 0x2000);
    take(vm, NEXT);
    vm_code(vm, mvc, sizeof(mvc));
    pgm_expect();
    vm_run(vm);
    ok_eq(pgm_end(), PGM_PAGE_TRANSLATION, "MVC across pages");
    ok_eq(vm->storage[NEXT - 128], 0, "its first page is as it was");
    give(vm, NEXT, 0);
    vm_run_on(vm);
    ok(vm->storage[NEXT - 128] == 0x77 && vm->storage[NEXT + 127] == 0x77,
       "and done once it can be");

    vm->gr[4] = PAGE;
    memcpy(vm->storage + PAGE, "\x07\x00", 2);
    take(vm, PAGE);
    fault(vm, "EXECUTE's target", ex, sizeof(ex), VM_CODE,
          PGM_PAGE_TRANSLATION, PAGE, TEID_FETCH);

    /* Instruction fetch: the code there is a DIAGNOSE. */
    memcpy(vm->storage + PAGE, "\x83\x00\x00\x44", 4);
    take(vm, PAGE);
    vm_code(vm, jump, sizeof(jump));
    pgm_expect();
    vm_run(vm);
    ok_eq(pgm_end(), PGM_PAGE_TRANSLATION, "instruction fetch");
    ok_eq(vm->block->gpsw.addr, PAGE, "the PSW is where it is missing");
    give(vm, PAGE, 0);
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "goes on");
    ok_eq(vm->block->gpsw.addr, PAGE + 4, "there");

    /* A table of the guest's own translation is in the page. */
    vm->block->gpsw.mask = PSW_64;
    take(vm, PAGE);
    vm_code(vm, lra, sizeof(lra));
    vm->block->gcr[1] = PAGE | ASCE_TYPE_SEGMENT;
    vm->gr[4] = 0;
    pgm_expect();
    vm_run(vm);
    ok_eq(pgm_end(), PGM_PAGE_TRANSLATION, "a table of the guest");
    ok_eq(pgm_last()->teid & TEID_ADDR, PAGE, "its address");
    give(vm, PAGE, 0);
}

static uint64_t value_at(struct vm *vm, uint64_t addr)
{
    static const uint8_t load[] = { 0xe3, 0x10, 0x40, 0x00, 0x00, 0x04 };

    vm->gr[4] = addr;
    vm->gr[1] = -1UL;
    vm_code(vm, load, sizeof(load));
    vm_run_on(vm);
    return vm->gr[1];
}

/*
 * A guest whose storage begins at ORIGIN: the host's addresses of its pages,
 * which IPTE purges by, are not the guest's.
 */
#define ORIGIN  0x300000UL

static struct vm *vm_at_origin(void)
{
    struct vm *vm = vm_new();

    dat_map(vm->space, ORIGIN, (uint64_t)vm->storage, VM_SIZE, 0);
    vm->block->cpuflags = CPUFLAGS_ZARCH;
    vm->block->mso = ORIGIN;
    vm->block->msl = ORIGIN;
    return vm;
}

/* Another frame for a page, told to the machine in different ways. */
/*
 * TPROT stores nothing: what the host protects it leaves to the host, and what
 * is missing it asks for as a fetch.
 */
static void test_tprot(void)
{
    static const uint8_t tprot[] = { 0xe5, 0x01, 0x40, 0x00, 0x00, 0x00 };
    static const uint8_t ex[] = { 0x44, 0x00, 0x50, 0x00 };
    struct vm *vm = vm_new();

    vm->gr[4] = PAGE;
    vm->gr[5] = VM_DATA;
    memcpy(vm->storage + VM_DATA, tprot, sizeof(tprot));
    take(vm, PAGE);
    fault(vm, "TPROT", tprot, sizeof(tprot), VM_CODE, PGM_PAGE_TRANSLATION,
          PAGE, TEID_FETCH);
    ok_eq(vm->block->gpsw.mask & PSW_CC_MASK, 0, "TPROT: condition code 0");
    give(vm, PAGE, DAT_PROTECT);
    vm_code(vm, tprot, sizeof(tprot));
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "TPROT of what the host protects");
    ok_eq(vm->block->ipa, 0xe501, "is left to the host");
    ok_eq(vm->block->ipb, 0x40000000, "with its operands");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 6, "the PSW is behind it");
    vm_code(vm, ex, sizeof(ex));
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "the same by EXECUTE");
    ok_eq(vm->block->icptstatus, 0x41, "tells of EXECUTE, 4 bytes");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 4, "the PSW is behind that");
    give(vm, PAGE, 0);
}

static void test_invalidation(void)
{
    struct vm *vm = vm_at_origin();
    uint64_t *other = page_alloc(1), *pte = dat_pte(vm->space, ORIGIN + PAGE);

    *(uint64_t *)(vm->storage + PAGE) = 1;
    other[0] = 2;
    ok_eq(value_at(vm, PAGE), 1, "the page");
    ipte(vm->space, ORIGIN + PAGE);
    *pte = (uint64_t)other;
    ok_eq(value_at(vm, PAGE), 2, "another one after IPTE");
    *pte = frame(vm, PAGE);
    vm->block->ihcpu = 0xffff;
    ok_eq(value_at(vm, PAGE), 1, "the first one, by the block's host CPU");
    ok_eq(vm->block->ihcpu, get_cpu_address(), "which is this CPU now");
    *pte = (uint64_t)other;
    ptlb();
    ok_eq(value_at(vm, PAGE), 2, "the other one after PTLB");
}

/* Two guests in turn, with the same addresses and other storage. */
static void test_two(void)
{
    struct vm *vm[2] = { vm_new(), vm_new() };
    unsigned right = 0;

    for (unsigned i = 0; i < 2; i++) {
        *(uint64_t *)(vm[i]->storage + PAGE) = 100 + i;
    }
    for (unsigned turn = 0; turn < 200; turn++) {
        right += value_at(vm[turn & 1], PAGE) == 100 + (turn & 1);
    }
    ok_eq(right, 200, "each has its own storage in each turn");
}

/* The prefix: real page 0 is another frame. */
static void test_prefix(void)
{
    struct vm *vm = vm_new();

    *(uint64_t *)(vm->storage + 0x1100) = 5;
    *(uint64_t *)(vm->storage + 0x6000 + 0x1100) = 6;
    ok_eq(value_at(vm, 0x1100), 5, "without a prefix");
    vm->block->prefix = 0x6000;
    ok_eq(value_at(vm, 0x1100), 6, "with one");
    ok_eq(value_at(vm, 0x7100), 5, "and the other way");
    vm->block->prefix = 0;
    ok_eq(value_at(vm, 0x1100), 5, "without it again");
}

/* Origin and limit instead of the whole space. */
static void test_origin(void)
{
    struct vm *vm = vm_at_origin();

    *(uint64_t *)(vm->storage + PAGE) = 7;
    ok_eq(value_at(vm, PAGE), 7, "storage from the origin on");
    dat_unmap(vm->space, 0, VM_SIZE);
    ptlb();
    ok_eq(value_at(vm, PAGE), 7, "and from nowhere else");
}

/* Code that the host writes, and code that the guest writes itself. */
static void test_code(void)
{
    static const uint8_t lghi[] = { 0xa7, 0x19, 0x00, 0x01 };
    static const uint8_t writes[] = {
        0x92, 0x05, 0x30, 0x07,             /* mvi 7(3),5 */
        0xa7, 0x19, 0x00, 0x01,             /* lghi 1,1: becomes 5 */
    };
    struct vm *vm = vm_new();
    uint8_t code[4];
    unsigned right = 0;

    memcpy(code, lghi, sizeof(code));
    for (unsigned i = 1; i <= 100; i++) {
        code[3] = i;
        vm_code(vm, code, sizeof(code));
        vm_run_on(vm);
        right += vm->gr[1] == i;
    }
    ok_eq(right, 100, "code that the host has changed is what runs");
    vm->gr[3] = VM_CODE;
    vm_code(vm, writes, sizeof(writes));
    vm_run_on(vm);
    ok_eq(vm->gr[1], 5, "and code that the guest has changed");
}

static struct {
    struct vm *vm;
    uint32_t stop;
    uint64_t rounds, wrong;
} shared;

/* The guest loads a page again and again; a value goes only up. */
static void reader(void *unused)
{
    uint64_t last = 0;

    while (!READ_ONCE(shared.stop)) {
        uint64_t value;

        pgm_expect();
        value = value_at(shared.vm, PAGE);
        if (!pgm_end()) {
            shared.wrong += value < last || value == -1UL;
            last = value;
        }
        shared.rounds++;
    }
}

/*
 * The host moves the page to another frame while a guest runs on another CPU:
 * invalid by IPTE, copied and counted up, valid again. A guest that still saw
 * the frame before would see an old value, for that frame is overwritten.
 */
static void test_moves(void)
{
    uint64_t *frames[2] = { page_alloc(1), page_alloc(1) }, *pte;
    uint64_t rounds;

    if (smp_count() < 2) {
        tap_skip("moves", "one CPU");
        return;
    }
    shared.vm = vm_at_origin();
    pte = dat_pte(shared.vm->space, ORIGIN + PAGE);
    shared.stop = shared.rounds = shared.wrong = 0;
    frames[0][0] = 1;
    *pte = (uint64_t)frames[0];
    smp_start(1, reader, NULL);
    for (unsigned move = 1; move <= 300; move++) {
        rounds = READ_ONCE(shared.rounds);
        ipte(shared.vm->space, ORIGIN + PAGE);
        frames[move & 1][0] = move + 1;
        frames[~move & 1][0] = 0;
        *pte = (uint64_t)frames[move & 1];
        while (READ_ONCE(shared.rounds) < rounds + 3) {
            cpu_relax();
        }
    }
    WRITE_ONCE(shared.stop, 1);
    smp_wait(1);
    ok_eq(shared.wrong, 0, "no entry outlives an IPTE of another CPU");
    ok(shared.rounds >= 900, "the guest ran meanwhile: %lu", shared.rounds);
}

void main(void)
{
    tap_push("faults");
    test_faults();
    tap_pop();
    tap_push("tprot");
    test_tprot();
    tap_pop();
    tap_push("invalidation");
    test_invalidation();
    tap_pop();
    tap_push("two guests");
    test_two();
    tap_pop();
    tap_push("prefix");
    test_prefix();
    tap_pop();
    tap_push("origin");
    test_origin();
    tap_pop();
    tap_push("code");
    test_code();
    tap_pop();
    tap_push("moves");
    test_moves();
    tap_pop();
}
