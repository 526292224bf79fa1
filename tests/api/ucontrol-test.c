/*
 * User-controlled VMs: segments, the SIE control block, interceptions
 *
 *     ucontrol-test QEMU
 *
 * Expectations are KVM's (Linux, api.rst 4.38 to 4.40, and what arch/s390/kvm
 * observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "ucontrol.h"

static struct kvm390_vcpu *vcpu;
static struct kvm_run *run;
static uint8_t *sie;

static uint64_t sie_get(size_t at, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, sie + at, size); /* x86 and its kind: little-endian */
    return value;
}

static void sie_put(size_t at, size_t size, uint64_t value)
{
    memcpy(sie + at, &value, size);
}

static int ucas(unsigned long request, void *user, uint64_t addr, uint64_t len)
{
    return ucas_of(vcpu, request, user, addr, len);
}

/* A user-controlled VM with a vCPU and nothing mapped. */
static bool start_bare(void)
{
    CHECK(kvm390_system_ioctl(vm, KVM_CREATE_VM,
                              (void *)KVM_VM_S390_UCONTROL) == 0);
    vcpu = kvm390_vcpu_create(vm, 0);
    CHECK(vcpu);
    if (!vcpu) {
        return false;
    }
    run = kvm390_vcpu_run(vcpu);
    sie = map_block(vcpu);
    run->psw_mask = 0x180000000;
    run->psw_addr = CODE;
    return sie != MAP_FAILED;
}

/* One with 4 MiB at 0 and code. */
static bool start_ucontrol(const void *code, size_t len)
{
    if (!start_bare()) {
        return false;
    }
    memory = segments(4 * MIB);
    memcpy(memory + CODE, code, len);
    CHECK(ucas(KVM_S390_UCAS_MAP, memory, 0, 4 * MIB) == 0);
    return true;
}

static int run_it(void)
{
    return kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL);
}

static bool is_unmapped(uint64_t page)
{
    return ended_unmapped(run, page) && sie[SIE_ICPTCODE] == 0;
}

static bool is_intercept(unsigned code)
{
    return run->exit_reason == KVM_EXIT_S390_SIEIC &&
           run->s390_sieic.icptcode == code && sie[SIE_ICPTCODE] == code &&
           run->s390_sieic.ipa == sie_get(SIE_IPA, 2) &&
           run->s390_sieic.ipb == sie_get(SIE_IPB, 4);
}

static void finish(void)
{
    munmap(sie, 4096);
    memory = NULL; /* more than the harness unmaps */
}

static void test_vm(void)
{
    struct kvm_s390_interrupt irq = { .type = KVM_S390_INT_SERVICE };
    struct kvm_s390_interrupt emergency = { .type = KVM_S390_INT_EMERGENCY };
    struct kvm_pre_fault_memory range = { .gpa = 0, .size = 4096 };
    struct kvm_enable_cap cap = { .cap = KVM_CAP_S390_HPAGE_1M };
    struct kvm_dirty_log log = { };
    uint64_t limit = 0;
    struct kvm_device_attr attr = {
        .group = KVM_S390_VM_MEM_CTRL, .attr = KVM_S390_VM_MEM_LIMIT_SIZE,
        .addr = (uintptr_t)&limit,
    };
    void *mem = map(MIB);

    FAILS(kvm390_system_ioctl(vm, KVM_CREATE_VM, (void *)2), EINVAL);
    CHECK(kvm390_system_ioctl(vm, KVM_CREATE_VM, (void *)1) == 0);
    FAILS(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &cap), EINVAL);
    vcpu = kvm390_vcpu_create(vm, 0);
    CHECK(vcpu);
    CHECK(kvm390_vcpu_create(vm, 0) == NULL && errno == EEXIST);
    CHECK(kvm390_vcpu_create(vm, 1));
    FAILS(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &cap), EBUSY);
    FAILS(set_slot(0, 0, 0, MIB, mem), EEXIST);
    FAILS(set_slot(0, 0, 1, MIB, mem), EINVAL);
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), EINVAL);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_INTERRUPT, &irq) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_INTERRUPT, &emergency) == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), EINVAL);
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DEVICE_ATTR, &attr) == 0);
    CHECK(limit == UINT64_MAX);
    FAILS(kvm390_vm_ioctl(vm, KVM_SET_DEVICE_ATTR, &attr), EINVAL);
    munmap(mem, MIB);
}

static void test_other_vm(void)
{
    unsigned char *mem = segments(MIB);

    vcpu = start_vcpu(counting, sizeof(counting));
    FAILS(ucas(KVM_S390_UCAS_MAP, mem, 8 * MIB, MIB), EINVAL);
    FAILS(ucas(KVM_S390_UCAS_UNMAP, mem, 8 * MIB, MIB), EINVAL);
}

static void test_mapping(void)
{
    unsigned char *mem;

    if (!start_bare()) {
        return;
    }
    mem = segments(2 * MIB);
    FAILS(ucas(KVM_S390_UCAS_MAP, mem + 4096, 0, MIB), EINVAL);
    FAILS(ucas(KVM_S390_UCAS_MAP, mem, 4096, MIB), EINVAL);
    FAILS(ucas(KVM_S390_UCAS_MAP, mem, 0, 4096), EINVAL);
    FAILS(ucas(KVM_S390_UCAS_MAP, mem, -MIB, 2 * MIB), EINVAL);
    FAILS(ucas(KVM_S390_UCAS_UNMAP, mem, 1, MIB), EINVAL);
    FAILS(ucas(KVM_S390_UCAS_UNMAP, mem, 0, 1), EINVAL);
    CHECK(ucas(KVM_S390_UCAS_MAP, mem, 0, 0) == 0);
    CHECK(ucas(KVM_S390_UCAS_UNMAP, NULL, 0, MIB) == 0);

    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, (void *)0x1234),
          EREMOTE);
    CHECK(run->exit_reason == KVM_EXIT_S390_UCONTROL);
    CHECK(run->s390_ucontrol.trans_exc_code == 0x1234);
    CHECK(run->s390_ucontrol.pgm_code == 0x10);
    CHECK(ucas(KVM_S390_UCAS_MAP, mem, 0, MIB) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, (void *)0x1234) == 0);
    CHECK(ucas(KVM_S390_UCAS_UNMAP, NULL, 0, 0) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, (void *)0x1234) == 0);
    CHECK(ucas(KVM_S390_UCAS_UNMAP, NULL, 0, -MIB) == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, NULL), EREMOTE);
    finish();
}

/* st %r1,0(%r5); diag 0,0,0x44; j to the start */
static const unsigned char storing[] = {
    0x50, 0x10, 0x50, 0x00, 0x83, 0x00, 0x00, 0x44, 0xa7, 0xf4, 0xff, 0xfc,
};

static void test_faults(void)
{
    struct kvm_sync_regs *regs;
    unsigned char *other;

    if (!start_bare()) {
        return;
    }
    regs = &run->s.regs;
    memory = segments(4 * MIB);
    other = segments(MIB);
    memcpy(memory + CODE, storing, sizeof(storing));

    /* The prefix area, then code and data come when they are asked for. */
    CHECK(run_it() == 0 && is_unmapped(0));
    CHECK(ucas(KVM_S390_UCAS_MAP, memory, 0, 4 * MIB) == 0);
    regs->gprs[1] = 0x11223344;
    regs->gprs[5] = 5 * MIB + 0x1238;
    CHECK(run_it() == 0 && is_unmapped(5 * MIB + 0x1000));
    CHECK(run->psw_addr == CODE);
    CHECK(ucas(KVM_S390_UCAS_MAP, other, 5 * MIB, MIB) == 0);
    CHECK(run_it() == 0 && is_intercept(4));
    CHECK(run->s390_sieic.ipa == 0x8300 && run->s390_sieic.ipb == 0x440000);
    CHECK(!memcmp(other + 0x1238, "\x11\x22\x33\x44", 4));

    /* A hole in a mapping; what lies around it stays. */
    CHECK(ucas(KVM_S390_UCAS_UNMAP, NULL, 2 * MIB, MIB) == 0);
    regs->gprs[5] = 2 * MIB + 8;
    CHECK(run_it() == 0 && is_unmapped(2 * MIB));
    regs->gprs[5] = 3 * MIB + 8;
    CHECK(run_it() == 0 && is_intercept(4));
    CHECK(!memcmp(memory + 3 * MIB + 8, "\x11\x22\x33\x44", 4));

    /* The same memory twice; and mapped over. */
    CHECK(ucas(KVM_S390_UCAS_MAP, other, 2 * MIB, MIB) == 0);
    regs->gprs[5] = 2 * MIB + 8;
    CHECK(run_it() == 0 && is_intercept(4));
    CHECK(!memcmp(other + 8, "\x11\x22\x33\x44", 4));
    CHECK(ucas(KVM_S390_UCAS_MAP, other, MIB, MIB) == 0);
    regs->gprs[5] = MIB + 16;
    CHECK(run_it() == 0 && is_intercept(4));
    CHECK(!memcmp(other + 16, "\x11\x22\x33\x44", 4));
    CHECK(!memcmp(memory + MIB + 16, "\0\0\0\0", 4));

    /* Another program where the first one was. */
    memcpy(other + CODE, counting, sizeof(counting));
    CHECK(ucas(KVM_S390_UCAS_MAP, other, 0, MIB) == 0);
    run->psw_addr = CODE;
    regs->gprs[2] = 1;
    CHECK(run_it() == 0 && is_diag_501(run) && regs->gprs[2] == 2);
    run->psw_addr = 7 * MIB + 0x10;
    CHECK(run_it() == 0 && is_unmapped(7 * MIB));
    CHECK(run->psw_addr == 7 * MIB + 0x10);
    munmap(other, MIB);
    finish();
}

/* What DAT looks at has to be mapped, too. */
static void test_dat_fault(void)
{
    if (!start_ucontrol(storing, sizeof(storing))) {
        return;
    }
    sie_put(SIE_GCR + 8, 8, 9 * MIB); /* a segment table that is not there */
    run->psw_mask |= 1ull << 58;
    CHECK(run_it() == 0 && is_unmapped(9 * MIB));
    finish();
}

static void test_block(void)
{
    struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_STOPPED };
    uint64_t value = 0;
    struct kvm_one_reg reg = {
        .id = KVM_REG_S390_PP, .addr = (uintptr_t)&value,
    };
    struct kvm_sregs sregs;

    if (!start_ucontrol(counting, sizeof(counting))) {
        return;
    }
    CHECK(sie_get(SIE_CPUFLAGS, 4) & SIE_CPUFLAG_STOPPED);
    CHECK(sie_get(SIE_CPUFLAGS, 4) & SIE_CPUFLAG_KSS);
    CHECK(sie_get(SIE_ICTL, 4) == SIE_ICTL_OPEREXC);
    CHECK(sie_get(SIE_HPID, 1) == SIE_HPID_KVM);
    CHECK(!(sie_get(SIE_ECB, 1) & 8));

    /* State that lives in the block, seen by the ioctls and set by them. */
    sie_put(SIE_GCR + 8 * 5, 8, 0x1234567890);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    CHECK(sregs.crs[5] == 0x1234567890);
    sregs.crs[6] = 0x42;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    CHECK(sie_get(SIE_GCR + 8 * 6, 8) == 0x42);
    sie_put(SIE_PP, 8, 0x0123456789abcdef);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_ONE_REG, &reg) == 0);
    CHECK(value == 0x0123456789abcdef);
    value = 77;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_ONE_REG, &reg) == 0);
    CHECK(sie_get(SIE_PP, 8) == 77);
    sie_put(SIE_PREFIX, 4, 0x6000);

    run->kvm_dirty_regs = KVM_SYNC_CRS;
    run->s.regs.crs[5] = 55;
    CHECK(run_it() == 0 && is_diag_501(run));
    CHECK(sie_get(SIE_GCR + 8 * 5, 8) == 55 && run->s.regs.crs[5] == 55);
    CHECK(run->s.regs.prefix == 0x6000 && run->s.regs.pp == 77);
    CHECK(sie_get(SIE_GPSW + 8, 8) == run->psw_addr);
    CHECK(!(sie_get(SIE_CPUFLAGS, 4) & SIE_CPUFLAG_STOPPED));

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    CHECK(sie_get(SIE_CPUFLAGS, 4) & SIE_CPUFLAG_STOPPED);
    FAILS(run_it(), EINVAL);
    sie_put(SIE_CPUFLAGS, 4, sie_get(SIE_CPUFLAGS, 4) & ~SIE_CPUFLAG_STOPPED);
    CHECK(run_it() == 0 && is_diag_501(run));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_INITIAL_RESET, NULL) == 0);
    CHECK(sie_get(SIE_GCR, 8) == 0xe0 && sie_get(SIE_PREFIX, 4) == 0);
    finish();
}

static void set_insn(const void *insn, size_t len)
{
    put_insn(memory, run, insn, len);
    run->s.regs.gprs[5] = 0x20000;
}

static void test_instructions(void)
{
    static const struct {
        const char *name, *insn;
        uint32_t ictl;
        unsigned len, always;
    } insns[] = {
        { "STIDP", "\xb2\x02\x50\x00", 0, 4, 1 },
        { "SPX", "\xb2\x10\x50\x00", 0, 4, 1 },
        { "STPX", "\xb2\x11\x50\x00", 0, 4, 1 },
        { "STAP", "\xb2\x12\x50\x00", 0, 4, 1 },
        { "TB", "\xb2\x2c\x00\x05", 0, 4, 1 },
        { "STSI", "\xb2\x7d\x50\x00", 0, 4, 1 },
        { "STFL", "\xb2\xb1\x00\x00", 0, 4, 1 },
        { "SIGP", "\xae\x02\x50\x01", 0, 4, 1 },
        { "TSCH", "\xb2\x35\x50\x00", 0, 4, 1 },
        { "ESSA", "\xb9\xab\x00\x25", 0, 4, 1 },
        { "STPT", "\xb2\x09\x50\x00", 0, 4, 0 },
        { "STCTG", "\xeb\x00\x50\x00\x00\x25", SIE_ICTL_STCTL, 6, 0 },
        { "TPROT", "\xe5\x01\x50\x00\x00\x00", SIE_ICTL_TPROT, 6, 0 },
        { "ISKE", "\xb2\x29\x00\x15", SIE_ICTL_ISKE, 4, 0 },
        { "SSKE", "\xb2\x2b\x00\x15", SIE_ICTL_SSKE, 4, 0 },
        { "RRBE", "\xb2\x2a\x00\x15", SIE_ICTL_RRBE, 4, 0 },
    };
    size_t i;

    if (!start_ucontrol(counting, sizeof(counting))) {
        return;
    }
    sie_put(SIE_CPUFLAGS, 4, sie_get(SIE_CPUFLAGS, 4) & ~SIE_CPUFLAG_KSS);
    for (i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
        bool before = test_ok;

        sie_put(SIE_ICTL, 4, insns[i].ictl);
        set_insn(insns[i].insn, insns[i].len);
        CHECK(run_it() == 0 && is_intercept(4));
        CHECK(run->psw_addr == CODE + insns[i].len ||
              !(insns[i].always || insns[i].ictl));
        CHECK(is_diag_501(run) == !(insns[i].always || insns[i].ictl));
        sie_put(SIE_ICTL, 4, ~insns[i].ictl & ~SIE_ICTL_PINT);
        set_insn(insns[i].insn, insns[i].len);
        CHECK(run_it() == 0);
        CHECK(is_diag_501(run) == !insns[i].always);
        if (before && !test_ok) {
            printf("# %s\n", insns[i].name);
        }
    }
    /* lctlg %c5,%c7,0(%r5) */
    sie_put(SIE_ICTL, 4, 0);
    sie_put(SIE_LCTL, 2, 0x8000 >> 6);
    set_insn("\xeb\x57\x50\x00\x00\x2f", 6);
    CHECK(run_it() == 0 && is_intercept(4) && run->s390_sieic.ipa == 0xeb57);
    sie_put(SIE_LCTL, 2, 0x8000 >> 8);
    set_insn("\xeb\x57\x50\x00\x00\x2f", 6);
    CHECK(run_it() == 0 && is_diag_501(run));
    finish();
}

static void test_keys(void)
{
    if (!start_ucontrol(counting, sizeof(counting))) {
        return;
    }
    /* The keyless subset: the instruction is met again. */
    set_insn("\xb2\x2b\x00\x15", 4); /* sske %r1,%r5 */
    run->s.regs.gprs[1] = 0x34;
    CHECK(run_it() == 0 && is_intercept(0x5c));
    CHECK(run->psw_addr == CODE);
    sie_put(SIE_CPUFLAGS, 4, sie_get(SIE_CPUFLAGS, 4) & ~SIE_CPUFLAG_KSS);
    CHECK(run_it() == 0 && is_diag_501(run));
    set_insn("\xb2\x29\x00\x25", 4); /* iske %r2,%r5 */
    run->s.regs.gprs[2] = 0;
    CHECK(run_it() == 0 && is_diag_501(run));
    CHECK(run->s.regs.gprs[2] == 0x34);
    set_insn("\xb2\x29\x00\x25", 4); /* of a page that is not mapped */
    run->s.regs.gprs[5] = 64 * MIB + 0x123;
    CHECK(run_it() == 0 && is_unmapped(64 * MIB) && run->psw_addr == CODE);
    finish();
}

static void test_other_interceptions(void)
{
    if (!start_ucontrol(counting, sizeof(counting))) {
        return;
    }
    /* An operation exception, asked for and not. */
    set_insn("\x00\x00", 2);
    CHECK(run_it() == 0 && is_intercept(0x2c) && run->psw_addr == CODE + 2);
    sie_put(SIE_ICTL, 4, 0);
    put64(memory + 0x1d0, 0x0002000180000000); /* program new PSW: a wait */
    put64(memory + 0x1d8, 0x1234);
    set_insn("\x00\x00", 2);
    CHECK(run_it() == 0 && is_intercept(0x1c) && run->psw_addr == 0x1234);
    CHECK(memory[0x8f] == 1);
    /* Any wait, not a disabled one only. */
    run->psw_mask = 0x0102000180000000;
    CHECK(run_it() == 0 && is_intercept(0x1c));
    /* A specification exception: lpr of a wrong pair, dr %r1,%r4 */
    set_insn("\x1d\x14", 2);
    CHECK(run_it() == 0 && is_intercept(8));
    CHECK(sie_get(SIE_IPRCC, 2) == 6 && sie_get(SIE_PGMILC, 2) == 2);
    CHECK(run->psw_addr == CODE + 2);
    /* All others, if asked for: a fixed-point divide. */
    sie_put(SIE_ICTL, 4, SIE_ICTL_PINT);
    set_insn("\x1d\x24", 2);
    run->s.regs.gprs[4] = 0;
    CHECK(run_it() == 0 && is_intercept(8));
    CHECK(sie_get(SIE_IPRCC, 2) == 9 && run->psw_addr == CODE + 2);
    /* A stop request. */
    set_insn("\x07\x00", 2);
    sie_put(SIE_CPUFLAGS, 4, sie_get(SIE_CPUFLAGS, 4) | SIE_CPUFLAG_STOP_INT);
    CHECK(run_it() == 0 && is_intercept(0x28) && run->psw_addr == CODE);
    sie_put(SIE_CPUFLAGS, 4, sie_get(SIE_CPUFLAGS, 4) & ~SIE_CPUFLAG_STOP_INT);
    CHECK(run_it() == 0 && is_diag_501(run));
    finish();
}

static const struct test tests[] = {
    { "a user-controlled VM", test_vm, false },
    { "UCAS ioctls of another VM", test_other_vm, false },
    { "UCAS_MAP, UCAS_UNMAP, VCPU_FAULT", test_mapping, false },
    { "memory that is not mapped", test_faults, false },
    { "DAT tables that are not mapped", test_dat_fault, false },
    { "the control block", test_block, false },
    { "intercepted instructions", test_instructions, false },
    { "storage keys", test_keys, false },
    { "other interceptions", test_other_interceptions, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
