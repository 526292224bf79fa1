/*
 * Fuzz target: memory operations on a small VM with arbitrary DAT tables
 *
 * An input describes the vCPU's registers, doublewords of storage (made so
 * that table entries that fit together are likely), storage keys and a list
 * of memory operations. Besides what the sanitizers see, each operation is
 * held against properties that the rules promise:
 *
 *  - results are 0, a known errno, or a known program interruption code
 *  - a check changes nothing, and fails if and only if the access fails
 *  - an access fails with the exception of one of its fragments taken alone
 *  - a read that fails leaves the buffer alone
 *  - storage changes only where it is reported as changed
 *
 * The memory ends at a guard: AddressSanitizer sees a step beyond it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm390/include/access.h"
#include "kvm390/include/memop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGE    4096u
#define PAGES   16u
#define HOLE    13u                 /* the one page that is not there */
#define SIZE    (PAGES * PAGE)

typedef struct Vm {
    uint8_t *mem;                   /* allocated, so that its end is guarded */
    uint8_t *before;
    uint8_t key[PAGES];
    bool touched[PAGES];
    bool changed[PAGES];
    uint64_t cr[16];
    uint32_t ar[16];
    Kvm390View view;
    Kvm390Mem access;
    uint8_t buf[KVM390_MEMOP_MAX_SIZE];
    uint8_t copy[KVM390_MEMOP_MAX_SIZE];
} Vm;

/* Reads the input; zeros behind its end. */
typedef struct Input {
    const uint8_t *data;
    size_t left;
} Input;

static uint64_t take(Input *in, unsigned bytes)
{
    uint64_t v = 0;

    for (; bytes; bytes--) {
        v <<= 8;
        if (in->left) {
            v |= *in->data++;
            in->left--;
        }
    }
    return v;
}

#define REQUIRE(x) do {                                                     \
        if (!(x)) {                                                         \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);         \
            abort();                                                        \
        }                                                                   \
    } while (0)

static bool vm_find(void *opaque, uint64_t abs, Kvm390Window *w)
{
    Vm *vm = opaque;
    uint64_t page = abs / PAGE;

    if (page >= PAGES || page == HOLE) {
        return false;
    }
    *w = (Kvm390Window) {
        .base = page < HOLE ? 0 : (HOLE + 1) * PAGE,
        .size = page < HOLE ? HOLE * PAGE : (PAGES - HOLE - 1) * PAGE,
        .host = vm->mem + (page < HOLE ? 0 : (HOLE + 1) * PAGE),
    };
    return true;
}

static uint8_t vm_key(void *opaque, uint64_t abs)
{
    Vm *vm = opaque;

    REQUIRE(abs / PAGE < PAGES && abs / PAGE != HOLE);
    return vm->key[abs / PAGE];
}

static void vm_touched(void *opaque, uint64_t abs, uint64_t len, bool store)
{
    Vm *vm = opaque;

    REQUIRE(len && abs + len <= SIZE && abs + len > abs);
    for (uint64_t p = abs / PAGE; p <= (abs + len - 1) / PAGE; p++) {
        REQUIRE(p != HOLE);
        vm->touched[p] = true;
        vm->changed[p] |= store;
    }
}

static bool vm_cmpxchg16(void *opaque, void *host, void *old, const void *new)
{
    bool same = !memcmp(host, old, 16);

    (void)opaque;
    memcpy(same ? host : old, same ? new : host, 16);
    return same;
}

static const Kvm390MemOps vm_ops = {
    .find = vm_find,
    .key = vm_key,
    .touched = vm_touched,
    .cmpxchg16 = vm_cmpxchg16,
};

static void put8(Vm *vm, uint32_t addr, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        vm->mem[addr + i] = value >> (56 - 8 * i);
    }
}

/* An ASCE or table entry that designates a page of this VM, or any number. */
static uint64_t make_entry(Input *in)
{
    uint8_t kind = take(in, 1);
    uint8_t page = take(in, 1);
    uint64_t origin = (uint64_t)(page % PAGES) * PAGE;

    if (kind & 0x80) {
        return take(in, 8);
    }
    switch ((kind >> 4) & 7) {
    case 0:         /* page-table entry, page table, or frame */
        return origin | (uint64_t)(kind & 0xf) << 8;
    case 1:         /* segment-table entry, page table in the upper half */
        return origin | 0x800 | (uint64_t)(kind & 0xf) << 5;
    case 2:         /* large frames start at 0 or nowhere */
        return (uint64_t)(page & 0x80) << 24 | 0x400 |
               (uint64_t)(kind & 3) << 8 | (kind & 0xc);
    case 3:         /* access-list designation, entry, ASTE: tables at real 0 */
        return origin << 32 | (uint64_t)(kind & 1) << 57 |
               (uint64_t)(kind & 2) << 55 | (uint64_t)(kind & 0xc) << 30;
    default:        /* region entry of type and length, perhaps protected */
        return origin | (kind & 0xf) | (kind & 0x10 ? 0x200 : 0);
    }
}

static void vm_make(Vm *vm, Input *in)
{
    unsigned n;

    memset(vm->mem, 0, SIZE);
    vm->view = (Kvm390View) {
        .psw_mask = take(in, 1) << 56 | take(in, 1) << 40,
        .cr = vm->cr,
        .ar = vm->ar,
    };
    n = take(in, 1);
    vm->view.psw_mask |= (uint64_t)(n & 3) << 31;
    vm->view.edat1 = n & 4;
    vm->view.edat2 = n & 8;
    vm->view.prefix = (uint64_t)(n >> 4) * 2 * PAGE;
    memset(vm->cr, 0, sizeof(vm->cr));
    vm->cr[0] = take(in, 4);
    vm->cr[8] = take(in, 2) << 16;
    vm->cr[1] = make_entry(in);
    vm->cr[2] = (take(in, 1) % PAGES) * PAGE;
    vm->cr[5] = (take(in, 1) % PAGES) * PAGE;
    vm->cr[7] = make_entry(in);
    vm->cr[13] = make_entry(in);
    for (int i = 0; i < 16; i++) {
        vm->ar[i] = i < 3 ? take(in, 4) : i;
    }
    for (n = take(in, 1); n; n--) {
        uint32_t addr = (take(in, 2) * 8) % SIZE;

        put8(vm, addr, make_entry(in));
    }
    for (unsigned i = 0; i < PAGES; i++) {
        vm->key[i] = i < 8 ? take(in, 1) & 0xfe : vm->key[i % 8];
    }
    vm->access = (Kvm390Mem) { .ops = &vm_ops, .opaque = vm };
}

static bool known_code(int rc)
{
    return rc == 4 || rc == 5 || (rc >= 0x10 && rc <= 0x12) ||
           (rc >= 0x28 && rc <= 0x2d) || (rc >= 0x38 && rc <= 0x3b);
}

static int run(Vm *vm, bool vcpu, Kvm390Memop *op, Kvm390Pgm *pgm)
{
    return vcpu ? kvm390_memop_on_vcpu(&vm->access, &vm->view, op, pgm)
                : kvm390_memop_on_vm(&vm->access, op, NULL);
}

/* Does one fragment of the access, checked alone, meet @rc? */
static bool some_fragment_meets(Vm *vm, bool vcpu, const Kvm390Memop *op,
                                int rc)
{
    uint64_t addr = op->gaddr;
    uint32_t left = op->size, len;
    Kvm390Pgm pgm;

    for (; left; left -= len, addr += len) {
        Kvm390Memop one = *op;

        len = PAGE - addr % PAGE < left ? PAGE - addr % PAGE : left;
        one.gaddr = addr;
        one.size = len;
        one.flags |= KVM390_MEMOP_F_CHECK_ONLY;
        if (run(vm, vcpu, &one, &pgm) == rc) {
            return true;
        }
    }
    return false;
}

static void check_storage(const Vm *vm)
{
    for (unsigned p = 0; p < PAGES; p++) {
        REQUIRE(vm->changed[p] ||
                !memcmp(vm->mem + p * PAGE, vm->before + p * PAGE, PAGE));
    }
}

static bool nothing_touched(const Vm *vm)
{
    for (unsigned p = 0; p < PAGES; p++) {
        if (vm->touched[p]) {
            return false;
        }
    }
    return true;
}

static void one_memop(Vm *vm, Input *in)
{
    uint8_t what = take(in, 1), more = take(in, 1);
    bool vcpu = what & 0x80, check;
    Kvm390Memop op = {
        .op = what & 7,
        .flags = more & 7,
        .gaddr = take(in, more & 0x80 ? 8 : 3),
        .size = take(in, more & 0x40 ? 4 : 2),
        .ar = take(in, 1) & 0x1f,
        .key = take(in, 1) & 0x1f,
        .buf = what & 0x40 ? NULL : vm->buf,
        .old = what & 0x20 ? NULL : vm->copy,
    };
    Kvm390Memop checking = op;
    bool write = op.op == KVM390_MEMOP_LOGICAL_WRITE ||
                 op.op == KVM390_MEMOP_ABSOLUTE_WRITE;
    uint32_t used;
    Kvm390Pgm pgm;
    int rc, check_rc;

    if (!(more & 0x20)) {
        op.size = checking.size &= 0xff;
    }
    if (op.op == KVM390_MEMOP_ABSOLUTE_CMPXCHG && (more & 0x10)) {
        op.size = 1 << op.size % 5;
    }
    used = op.size < sizeof(vm->buf) ? op.size : sizeof(vm->buf);
    memset(vm->touched, 0, sizeof(vm->touched));
    memset(vm->changed, 0, sizeof(vm->changed));
    memcpy(vm->before, vm->mem, SIZE);
    memset(vm->buf, more, used);
    memset(vm->copy, more, used);

    checking.flags |= KVM390_MEMOP_F_CHECK_ONLY;
    check_rc = run(vm, vcpu, &checking, &pgm);
    REQUIRE(nothing_touched(vm) && !memcmp(vm->before, vm->mem, SIZE));

    if (op.op != KVM390_MEMOP_ABSOLUTE_CMPXCHG &&
        check_rc > 0 && known_code(check_rc)) {
        REQUIRE(some_fragment_meets(vm, vcpu, &op, check_rc));
    }
    rc = run(vm, vcpu, &op, &pgm);
    check_storage(vm);
    REQUIRE(rc == 0 || rc == -EINVAL || rc == -E2BIG || rc == -EFAULT ||
            known_code(rc));
    if (op.op == KVM390_MEMOP_ABSOLUTE_CMPXCHG) {
        return;
    }
    check = op.flags & KVM390_MEMOP_F_CHECK_ONLY;
    if (check) {
        REQUIRE(rc == check_rc && nothing_touched(vm));
    } else if (rc != -EFAULT) {
        REQUIRE((rc == 0) == (check_rc == 0));
    }
    if (rc != 0 && !write) {
        REQUIRE(nothing_touched(vm));
        REQUIRE(!memcmp(vm->buf, vm->copy, used));
    }
    if (rc > 0 && vcpu) {
        REQUIRE(pgm.code == rc && pgm.access_id < 16 && pgm.ilc == 0);
        REQUIRE(!(pgm.teid & 0x330));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Vm *vm;
    Input in = { .data = data, .left = size };

    if (!vm) {
        vm = calloc(1, sizeof(*vm));
        vm->mem = aligned_alloc(PAGE, SIZE);
        vm->before = malloc(SIZE);
    }
    vm_make(vm, &in);
    for (int i = 0; i < 16 && in.left; i++) {
        one_memop(vm, &in);
    }
    return 0;
}
