/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 accelprops=sie=on smp=1,4 mem=128 */
/*
 * A CPU that executes SIE also goes round among address spaces of its own,
 * access keys and spaces of an access list, and so do its guests, two of them
 * with the same ASCEs. An emulator may keep translations of all these; each
 * has to find its own, in any order.
 */
#include "sie.h"

#define MOST        4               /* CPUs */
#define SPACES      6               /* of the host */
#define KEYS        4               /* 1 to 4 */
#define ROUNDS      3000
#define WINDOW      0x40000000UL    /* what differs from space to space */

/* In a guest: tables of two spaces, and what is at VM_WINDOW in each. */
#define VM_TABLES   0x6000UL        /* a segment table and a page table each */
#define VM_FRAMES   0xa000UL
#define VM_WINDOW   0xc000UL

struct ale {
    uint8_t flags, alesn;
    uint16_t aleax;
    uint32_t zero, aste, astesn;
} aligned(16);

struct aste {
    uint32_t ato, atl;
    uint64_t asce;
    uint32_t ald, astesn, rest[10];
} aligned(64);

static struct cpu {
    uint64_t space[SPACES];
    uint64_t *frame[SPACES];    /* at WINDOW; its number is in it */
    uint64_t *other[SPACES];    /* to take its place */
    uint8_t *keyed[KEYS + 1];   /* a page for each key */
    struct vm *vm[2];
    uint64_t wrong_space, wrong_key, wrong_list, wrong_guest;
} cpus[MOST];

static volatile uint64_t *const window = (uint64_t *)WINDOW;

/* Entries 2 and up of the access list (0 and 1 mean others) are the spaces. */
static void make_list(struct cpu *c)
{
    struct ale *list = memory_alloc(16 * sizeof(*list), 128);
    struct aste *aste = memory_alloc(16 * sizeof(*aste), 64);
    uint32_t *duct = memory_alloc(64, 64);

    for (unsigned n = 0; n < 16; n++) {
        list[n].flags = 0x80;
    }
    for (unsigned n = 0; n < SPACES; n++) {
        aste[n + 2].asce = c->space[n];
        list[n + 2] = (struct ale) { .aste = (uint64_t)&aste[n + 2] };
    }
    duct[4] = (uint64_t)list | 1;       /* 16 entries */
    cr_set(2, (uint64_t)duct);
}

/* An ASCE of segment-table type; guest absolute is virtual but for one page. */
static uint64_t vm_space(struct vm *vm, unsigned n)
{
    uint64_t segments = VM_TABLES + n * 0x2000, pages = segments + 0x1000;
    uint64_t *st = (uint64_t *)(vm->storage + segments);
    uint64_t *pt = (uint64_t *)(vm->storage + pages);

    for (unsigned i = 0; i < 512; i++) {
        st[i] = 0x20;                   /* invalid */
    }
    st[0] = pages;
    for (unsigned i = 0; i < 256; i++) {
        pt[i] = i * PAGE_SIZE < VM_SIZE ? i * PAGE_SIZE : PTE_INVALID;
    }
    pt[VM_WINDOW / PAGE_SIZE] = VM_FRAMES + n * PAGE_SIZE;
    return segments;
}

/* Loads the window's word in its second space into 2, in its first into 3. */
static struct vm *guest_of_two_spaces(uint64_t value)
{
    static const uint8_t code[] = {
        0xeb, 0x11, 0x40, 0x08, 0x00, 0x2f,     /* lctlg 1,1,8(4) */
        0xe3, 0x20, 0x60, 0x00, 0x00, 0x04,     /* lg 2,0(6) */
        0xeb, 0x11, 0x40, 0x00, 0x00, 0x2f,     /* lctlg 1,1,0(4) */
        0xe3, 0x30, 0x60, 0x00, 0x00, 0x04,     /* lg 3,0(6) */
    };
    struct vm *vm = vm_new();

    for (unsigned n = 0; n < 2; n++) {
        *(uint64_t *)(vm->storage + VM_DATA + 8 * n) = vm_space(vm, n);
        *(uint64_t *)(vm->storage + VM_FRAMES + n * PAGE_SIZE) = value + n;
    }
    vm_code(vm, code, sizeof(code));
    vm->block->gpsw.mask |= PSW_DAT;
    vm->block->gcr[1] = VM_TABLES;
    vm->gr[4] = VM_DATA;
    vm->gr[6] = VM_WINDOW;
    return vm;
}

static void prepare(struct cpu *c)
{
    for (unsigned n = 0; n < SPACES; n++) {
        c->space[n] = dat_identity();
        c->frame[n] = page_alloc(1);
        c->other[n] = page_alloc(1);
        c->frame[n][0] = n;
        dat_map(c->space[n], WINDOW, (uint64_t)c->frame[n], PAGE_SIZE, 0);
    }
    for (unsigned key = 1; key <= KEYS; key++) {
        c->keyed[key] = page_alloc(1);
        sske((uint64_t)c->keyed[key], SKEY_ACC(key) | SKEY_F);
    }
    c->vm[0] = guest_of_two_spaces(10);
    c->vm[1] = guest_of_two_spaces(20);
}

static void use_space(struct cpu *c, unsigned n)
{
    cr_set(1, c->space[n]);
    psw_set_mask(PSW_LIBRARY | PSW_DAT);
    c->wrong_space += window[0] != n;
    window[1] = n + 100;
    dat_off();
    c->wrong_space += c->frame[n][1] != n + 100;
    c->frame[n][1] = 0;
}

/* A purge reaches a space that was left, too. */
static void move_frame(struct cpu *c, unsigned n)
{
    uint64_t *old = c->frame[n];

    c->frame[n] = c->other[n];
    c->other[n] = old;
    c->frame[n][0] = n;
    ipte(c->space[n], WINDOW);
    *dat_pte(c->space[n], WINDOW) = (uint64_t)c->frame[n];
    old[0] = 99;
}

static unsigned below(uint32_t *seed, unsigned n)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % n;
}

static void use_key(struct cpu *c, unsigned key, bool with_dat)
{
    unsigned other = key % KEYS + 1;

    if (with_dat) {
        psw_set_mask(PSW_LIBRARY | PSW_DAT);
    }
    pgm_expect();
    key_load8(key, c->keyed[key]);
    c->wrong_key += pgm_end() != PGM_NONE;
    pgm_expect();
    key_load8(key, c->keyed[other]);
    c->wrong_key += pgm_end() != PGM_PROTECTION;
    dat_off();
}

static void use_list(struct cpu *c, unsigned n)
{
    uint64_t v;

    psw_set_mask(PSW_LIBRARY | PSW_DAT | PSW_AR);
    asm volatile(
        "   lgr     %%r4,%[p4]\n"
        "   sar     %%a4,%[l4]\n"
        "   lg      %[v],0(%%r4)\n"
        "   spka    0\n"
        "   sar     %%a4,%[zero]\n"
        : [v] "=&d" (v)
        : [p4] "d" (WINDOW), [l4] "d" (n + 2), [zero] "d" (0)
        : "r0", "r4", "cc", "memory");
    dat_off();
    c->wrong_list += v != n;
}

static void use_guest(struct cpu *c, unsigned n)
{
    struct vm *vm = c->vm[n];

    vm->gr[2] = vm->gr[3] = 0;
    vm->block->gpsw.addr = VM_CODE;
    c->wrong_guest += vm_run_on(vm) != ICPT_INSTRUCTION;
    c->wrong_guest += vm->gr[2] != 10 * n + 11 || vm->gr[3] != 10 * n + 10;
}

static void run(void *unused)
{
    struct cpu *c = &cpus[smp_number()];
    uint32_t seed = smp_number() + 1;

    make_list(c);
    cr_set(1, c->space[0]);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned what = below(&seed, 16);
        unsigned n = below(&seed, SPACES);

        if (what < 6) {
            use_space(c, n);
        } else if (what < 9) {
            use_key(c, n % KEYS + 1, what & 1);
        } else if (what < 11) {
            use_list(c, n);
        } else if (what < 12) {
            move_frame(c, n);
        } else {
            use_guest(c, n % 2);
        }
    }
}

void main(void)
{
    unsigned count = smp_count() < MOST ? smp_count() : MOST;
    struct cpu all = { };

    for (unsigned n = 0; n < count; n++) {
        prepare(&cpus[n]);
    }
    smp_call_all(count, run, NULL);
    for (unsigned n = 0; n < count; n++) {
        all.wrong_space += cpus[n].wrong_space;
        all.wrong_key += cpus[n].wrong_key;
        all.wrong_list += cpus[n].wrong_list;
        all.wrong_guest += cpus[n].wrong_guest;
    }
    ok_eq(all.wrong_space, 0, "each space has its own storage");
    ok_eq(all.wrong_key, 0, "each key has its own pages");
    ok_eq(all.wrong_list, 0, "each access register has its own space");
    ok_eq(all.wrong_guest, 0, "each guest's space has its own storage");
}
