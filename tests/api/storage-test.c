/*
 * The KVM API on the host: memory operations, keys and page states, as far as
 * the wire is concerned
 *
 *     storage-test QEMU
 *
 * Each test starts a VM of its own. Expectations are KVM's (Linux,
 * Documentation/virt/kvm/api.rst and what arch/s390/kvm observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <string.h>

static void test_memop(void)
{
    static unsigned char buf[65536], expect[65536];
    struct kvm_s390_mem_op op = {
        .gaddr = 0x2000, .size = sizeof(buf), .buf = (uintptr_t)buf,
        .op = KVM_S390_MEMOP_ABSOLUTE_WRITE,
    };
    uint64_t old = 5, new = 7;
    size_t i;

    start_vcpu(counting, sizeof(counting));
    for (i = 0; i < sizeof(buf); i++) {
        expect[i] = buf[i] = i * 7;
    }
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    CHECK(!memcmp(memory + 0x2000, expect, sizeof(buf)));
    memset(buf, 0, sizeof(buf));
    op.op = KVM_S390_MEMOP_ABSOLUTE_READ;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    CHECK(!memcmp(buf, expect, sizeof(buf)));
    op.size++;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op), E2BIG);
    op.size = 0;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op), EINVAL);
    op.size = 8;
    op.buf = 8;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op), EFAULT);
    op.gaddr = 1ull << 40; /* an exception of the guest's comes first */
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 5);
    op.op = KVM_S390_MEMOP_ABSOLUTE_WRITE;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op), EFAULT);
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, NULL), EFAULT);

    op = (struct kvm_s390_mem_op) {
        .gaddr = 0x3000, .size = 8, .op = KVM_S390_MEMOP_ABSOLUTE_CMPXCHG,
        .buf = (uintptr_t)&new, .old_addr = (uintptr_t)&old,
    };
    memset(memory + 0x3000, 0, 8);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    CHECK(old == 0); /* no exchange: what was found */
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    CHECK(!memcmp(memory + 0x3000, &new, 8));
    op.old_addr = 8;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op), EFAULT);
}

static void test_skeys(void)
{
    unsigned char keys[4] = { 0x10, 0x20, 0x38, 0x40 }, back[4];
    struct kvm_s390_skeys args = {
        .start_gfn = 2, .count = 4, .skeydata_addr = (uintptr_t)back,
    };
    struct kvm_s390_keyop op = { .guest_addr = 0x3000, .operation = 1 };

    start_vcpu(counting, sizeof(counting));
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &args) == 1);
    args.skeydata_addr = (uintptr_t)keys;
    args.flags = 1;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_SET_SKEYS, &args), EINVAL);
    args.flags = 0;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_SET_SKEYS, &args) == 0);
    args.skeydata_addr = (uintptr_t)back;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &args) == 0);
    CHECK(!memcmp(keys, back, 4));
    args.count = 1048577;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &args), EINVAL);
    args.count = 4;
    args.skeydata_addr = 8;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_SET_SKEYS, &args), EFAULT);
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &args), EFAULT);
    args.start_gfn = 1 << 30;
    args.skeydata_addr = (uintptr_t)back;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &args), EFAULT);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_KEYOP, &op) == 0 && op.key == 0x20);
    op.operation = 3;
    op.key = 0x90;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_KEYOP, &op) == 0 && op.key == 0x20);
    op.operation = 4;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_KEYOP, &op), EINVAL);
}

#define MIGRATION   4           /* KVM_S390_VM_MIGRATION */
#define PAGES       (MEMORY / 4096)

static unsigned char states[PAGES + 16];

static int cmma(unsigned long request, uint64_t gfn, uint32_t count,
                uint32_t flags, struct kvm_s390_cmma_log *log)
{
    *log = (struct kvm_s390_cmma_log) {
        .start_gfn = gfn, .count = count, .flags = flags,
        .values = (uintptr_t)states,
    };
    if (request == KVM_S390_SET_CMMA_BITS) {
        log->mask = ~0ull;
    }
    return kvm390_vm_ioctl(vm, request, log);
}

#define GET(...) cmma(KVM_S390_GET_CMMA_BITS, __VA_ARGS__, &log)
#define SET(...) cmma(KVM_S390_SET_CMMA_BITS, __VA_ARGS__, &log)
#define PEEK KVM_S390_CMMA_PEEK

static uint64_t migration_mode(void)
{
    uint64_t mode = 99;

    CHECK(attr(KVM_GET_DEVICE_ATTR, MIGRATION, 2, &mode) == 0);
    return mode;
}

static void test_cmma_errors(void)
{
    struct kvm_s390_cmma_log log;
    uint64_t mode;

    FAILS(GET(0, 1, 0), ENXIO);
    FAILS(SET(0, 1, 0), ENXIO);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 0, 1, NULL), EINVAL); /* CLR_CMMA */
    CHECK(attr(KVM_HAS_DEVICE_ATTR, 0, 0, NULL) == 0);
    CHECK(attr(KVM_HAS_DEVICE_ATTR, 0, 1, NULL) == 0);
    CHECK(attr(KVM_HAS_DEVICE_ATTR, MIGRATION, 1, NULL) == 0);
    FAILS(attr(KVM_SET_DEVICE_ATTR, MIGRATION, 1, NULL), EINVAL); /* no slot */
    FAILS(attr(KVM_SET_DEVICE_ATTR, MIGRATION, 3, NULL), ENXIO);
    FAILS(attr(KVM_GET_DEVICE_ATTR, MIGRATION, 1, &mode), ENXIO);
    CHECK(attr(KVM_SET_DEVICE_ATTR, MIGRATION, 0, NULL) == 0);

    CHECK(attr(KVM_SET_DEVICE_ATTR, 0, 0, NULL) == 0); /* ENABLE_CMMA */
    start_vcpu(counting, sizeof(counting));
    FAILS(attr(KVM_SET_DEVICE_ATTR, 0, 0, NULL), EBUSY);
    FAILS(GET(0, 1, 0), EINVAL);
    FAILS(GET(0, 1, 2 | PEEK), EINVAL);
    CHECK(GET(5, 1, PEEK) == 0 && !log.count && !log.start_gfn &&
          !log.values); /* not used yet */
    FAILS(SET(0, 1, 1), EINVAL);
    FAILS(SET(0, 1048577, 0), EINVAL);
    CHECK(SET(0, 0, 0) == 0);
    log.count = 1;
    log.values = 8;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_SET_CMMA_BITS, &log), EFAULT);
    FAILS(SET(PAGES, 1, 0), EFAULT);
    FAILS(SET(PAGES - 1, 2, 0), EFAULT);
    states[0] = 0xff;
    CHECK(SET(7, 1, 0) == 0);
    CHECK(GET(6, 2, PEEK) == 0 && log.count == 2 && log.start_gfn == 6 &&
          states[0] == 0 && states[1] == 0x43);
    CHECK(GET(PAGES - 1, 9, PEEK) == 0 && log.count == 1);
    FAILS(GET(PAGES, 1, PEEK), EFAULT);
    log.start_gfn = 0;
    log.count = 1;
    log.values = 8;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_GET_CMMA_BITS, &log), EFAULT);
    CHECK(attr(KVM_SET_DEVICE_ATTR, 0, 1, NULL) == 0);
    CHECK(GET(7, 1, PEEK) == 0 && log.count == 1 && states[0] == 0);
}

/* essa %r2,%r3,ORDER; diag 0,0,0x501; again */
static unsigned char essa_code[] = {
    0xb9, 0xab, 0x20, 0x23, 0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfc,
};

static void test_cmma_log(void)
{
    struct kvm_s390_cmma_log log;
    struct kvm390_vcpu *vcpu;
    struct kvm_run *run;
    uint64_t gfn;

    CHECK(attr(KVM_SET_DEVICE_ATTR, 0, 0, NULL) == 0);
    vcpu = start_vcpu(essa_code, sizeof(essa_code));
    run = kvm390_vcpu_run(vcpu);
    run->s.regs.gprs[3] = 0x300000;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.gprs[2] == 0);
    CHECK(GET(0x300, 1, PEEK) == 0 && states[0] == 1);

    FAILS(attr(KVM_SET_DEVICE_ATTR, MIGRATION, 1, NULL), EINVAL);
    CHECK(set_slot(0, KVM_MEM_LOG_DIRTY_PAGES, 0, MEMORY, memory) == 0);
    CHECK(attr(KVM_SET_DEVICE_ATTR, MIGRATION, 1, NULL) == 0);
    CHECK(attr(KVM_SET_DEVICE_ATTR, MIGRATION, 1, NULL) == 0);
    CHECK(migration_mode() == 1);
    CHECK(GET(0, PAGES, 0) == 0 && log.count == PAGES && !log.remaining &&
          states[0x300] == 1);
    CHECK(GET(0, PAGES, 0) == 0 && !log.count && !log.start_gfn);

    /* Two pages, a gap of 16 between; then one more page than fits. */
    for (gfn = 0x310; gfn <= 0x333; gfn += 17 + (gfn == 0x321)) {
        run->s.regs.gprs[3] = gfn << 12;
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    }
    memset(states, 0xee, sizeof(states));
    CHECK(GET(0x311, PAGES, 0) == 0 && log.start_gfn == 0x321 &&
          log.count == 1 && log.remaining == 2);
    CHECK(states[0] == 1 && states[1] == 0xee);
    CHECK(GET(0x334, 8, 0) == 0 && log.start_gfn == 0x310 && log.count == 1 &&
          log.remaining == 1);
    run->s.regs.gprs[3] = 0x322000;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(GET(0, PAGES, 0) == 0 && log.start_gfn == 0x322 &&
          log.count == 18 && !log.remaining);
    CHECK(states[0] == 1 && states[1] == 0 && states[17] == 1);

    CHECK(set_slot(0, 0, 0, MEMORY, memory) == 0); /* logging off */
    CHECK(migration_mode() == 0);
    FAILS(GET(0, 1, 0), EINVAL);
}

/* What a guest finds where it left the unused state is logged as a store. */
static void test_content_log(void)
{
    uint64_t map[MEMORY / 4096 / 64];
    struct kvm_dirty_log log = { .dirty_bitmap = map };
    struct kvm390_vcpu *vcpu;

    CHECK(attr(KVM_SET_DEVICE_ATTR, 0, 0, NULL) == 0);
    vcpu = start_vcpu(essa_code, sizeof(essa_code));
    kvm390_vcpu_run(vcpu)->s.regs.gprs[3] = 0x300000;
    CHECK(set_slot(0, KVM_MEM_LOG_DIRTY_PAGES, 0, MEMORY, memory) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
    CHECK(map[0x300 / 64] == 0);
    memory[CODE + 2] = 0x10; /* ESSA's order: stable */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
    CHECK(map[0x300 / 64] == 1);
}

/* A slot's keys go with it, wherever memory comes again. */
static void test_keys_go(void)
{
    uint8_t keys[2] = { 0x30, 0x40 };
    struct kvm_s390_skeys k = { .start_gfn = 0x10, .count = 2,
                                .skeydata_addr = (uintptr_t)keys };

    memory = map(MEMORY);
    CHECK(set_slot(0, 0, 0, MEMORY, memory) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_SET_SKEYS, &k) == 0);
    CHECK(set_slot(0, 0, 0, 0, NULL) == 0);
    CHECK(set_slot(0, 0, 0, MEMORY, memory) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &k) == 0);
    CHECK(keys[0] == 0 && keys[1] == 0);
    keys[0] = 0x50;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_SET_SKEYS, &k) == 0);
    CHECK(set_slot(0, 0, MEMORY, MEMORY, memory) == 0);
    CHECK(set_slot(0, 0, 0, MEMORY, memory) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &k) == 0 && keys[0] == 0);
}

/* A slot's page states go with it, too. */
static void test_states_go(void)
{
    struct kvm_s390_cmma_log log;

    CHECK(attr(KVM_SET_DEVICE_ATTR, 0, 0, NULL) == 0);
    memory = map(MEMORY);
    CHECK(set_slot(0, 0, 0, MEMORY, memory) == 0);
    states[0] = 3;
    CHECK(SET(7, 1, 0) == 0);
    states[0] = 0;
    CHECK(GET(7, 1, KVM_S390_CMMA_PEEK) == 0 && states[0] == 3);
    CHECK(set_slot(0, 0, 0, 0, NULL) == 0);
    CHECK(set_slot(0, 0, 0, MEMORY, memory) == 0);
    CHECK(GET(7, 1, KVM_S390_CMMA_PEEK) == 0 && states[0] == 0);
}

/* CLR_CMMA leaves nothing to be migrated. */
static void test_clear_cleans(void)
{
    struct kvm_s390_cmma_log log;

    CHECK(attr(KVM_SET_DEVICE_ATTR, 0, 0, NULL) == 0);
    memory = map(MEMORY);
    CHECK(set_slot(0, KVM_MEM_LOG_DIRTY_PAGES, 0, MEMORY, memory) == 0);
    states[0] = 3;
    CHECK(SET(7, 1, 0) == 0);
    CHECK(attr(KVM_SET_DEVICE_ATTR, MIGRATION, 1, NULL) == 0);
    CHECK(attr(KVM_SET_DEVICE_ATTR, 0, 1, NULL) == 0);
    CHECK(GET(0, PAGES, 0) == 0 && !log.count && !log.remaining);
    CHECK(migration_mode() == 1);
}

static const struct test tests[] = {
    { "MEM_OP", test_memop, false },
    { "SKEYS, KEYOP", test_skeys, false },
    { "keys go with their slot", test_keys_go, false },
    { "page states go with their slot", test_states_go, false },
    { "CLR_CMMA cleans the log", test_clear_cleans, false },
    { "CMMA: errors", test_cmma_errors, false },
    { "CMMA: the log", test_cmma_log, false },
    { "CMMA: contents are logged", test_content_log, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
