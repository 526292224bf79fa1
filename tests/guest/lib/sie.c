/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sie.h"

/* The guest's registers 0 to 13 are in the CPU, 14 and 15 in the block. */
asm("   .text\n"
    "   .globl  sie_enter\n"
    "sie_enter:\n"                      /* r2: block, r3: registers */
    "   stmg    %r6,%r15,48(%r15)\n"
    "   aghi    %r15,-168\n"
    "   stg     %r3,160(%r15)\n"
    "   lgr     %r14,%r2\n"
    "   lmg     %r0,%r13,0(%r3)\n"
    "   .insn   s,0xb2140000,0(%r14)\n"
    "   lg      %r14,160(%r15)\n"
    "   stmg    %r0,%r13,0(%r14)\n"
    "   lmg     %r6,%r15,216(%r15)\n"
    "   br      %r14\n");

static const uint8_t diag44[] = { 0x83, 0x00, 0x00, 0x44 };

static void set_lowcore(struct vm *vm)
{
    static const uint16_t new_psws[] = { 0x1b0, 0x1c0, 0x1d0, 0x1e0, 0x1f0 };
    unsigned i;

    for (i = 0; i < sizeof(new_psws) / sizeof(new_psws[0]); i++) {
        *(struct psw *)(vm->storage + new_psws[i]) =
            (struct psw) { PSW_64, VM_HANDLER };
    }
    memcpy(vm->storage + VM_HANDLER, diag44, sizeof(diag44));
}

static struct vm *new_cpu(void)
{
    struct vm *vm = memory_alloc(sizeof(*vm), 8);

    memset(vm, 0, sizeof(*vm));
    vm->block = page_alloc(1);
    memset(vm->block, 0, 4096);
    vm->block->cpuflags = CPUFLAGS_ZARCH | CPUFLAGS_SM;
    vm->block->ckc = -1UL;
    vm->block->cputm = INT64_MAX;
    vm->block->gpsw = (struct psw) { PSW_64, VM_CODE };
    vm->block->gcr[0] = 0xe0;
    vm->block->ihcpu = 0xffff;
    return vm;
}

struct vm *vm_new(void)
{
    struct vm *vm = new_cpu();

    vm->storage = page_alloc(VM_SIZE / 4096);
    memset(vm->storage, 0, VM_SIZE);
    vm->space = dat_space();
    dat_map(vm->space, 0, (uint64_t)vm->storage, VM_SIZE, 0);
    set_lowcore(vm);
    return vm;
}

struct vm *vm_new_cpu(struct vm *first)
{
    struct vm *vm = new_cpu();

    vm->storage = first->storage;
    vm->space = first->space;
    return vm;
}

void vm_code(struct vm *vm, const void *code, unsigned len)
{
    memcpy(vm->storage + VM_CODE, code, len);
    memcpy(vm->storage + VM_CODE + len, diag44, sizeof(diag44));
    vm->block->gpsw = (struct psw) { PSW_64, VM_CODE };
}

unsigned vm_run(struct vm *vm)
{
    uint64_t primary = cr_get(1);

    vm->block->icptcode = 0;
    cr_set(1, vm->space);
    sie_enter(vm->block, vm->gr);
    cr_set(1, primary);
    return vm->block->icptcode;
}

unsigned vm_run_on(struct vm *vm)
{
    unsigned code;

    do {
        code = vm_run(vm);
    } while (!code);
    return code;
}
