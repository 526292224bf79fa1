/*
 * The KVM API on the host: interruptions, how they are made and what a guest
 * sees of them
 *
 *     irq-test QEMU
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

/* Old and new PSWs of the classes (PoP, "Assigned Storage Locations"). */
enum { RESTART = 0x120, EXTERNAL = 0x130, PROGRAM = 0x150, MACHINE = 0x160,
       IO = 0x170, NEW = 0x80 };

#define EXT  0x0100000000000000ull /* PSW bits */
#define MCK  0x0004000000000000ull
#define IOM  0x0200000000000000ull
#define WAIT 0x0002000000000000ull
#define BASE 0x0000000180000000ull

static struct kvm390_vcpu *vcpu;
static struct kvm_run *run;

static uint64_t get(unsigned at, unsigned size)
{
    uint64_t value = 0;
    unsigned i;

    for (i = 0; i < size; i++) {
        value = value << 8 | memory[at + i];
    }
    return value;
}

static unsigned handler(unsigned class)
{
    return CODE + 0x1000 + class;
}

/* A vCPU that counts, and a DIAG 0x501 for each class of interruption. */
static void start_guest(void)
{
    static const unsigned classes[] = {
        RESTART, EXTERNAL, PROGRAM, MACHINE, IO,
    };
    unsigned i;

    vcpu = start_vcpu(counting, sizeof(counting));
    run = kvm390_vcpu_run(vcpu);
    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        put64(memory + classes[i] + NEW, BASE);
        put64(memory + classes[i] + NEW + 8, handler(classes[i]));
        memcpy(memory + handler(classes[i]), "\x83\x00\x05\x01", 4);
    }
}

static void set_cr(unsigned nr, uint64_t value)
{
    run->s.regs.crs[nr] = value;
    run->kvm_dirty_regs |= KVM_SYNC_CRS;
}

/* Run with a PSW; which class's handler, if any, was entered? */
static unsigned enter(uint64_t mask)
{
    run->psw_mask = BASE | mask;
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
    return run->psw_addr == CODE + 8 ? 0 : run->psw_addr - 4 - handler(0);
}

static int inject(const struct kvm_s390_irq *irq)
{
    return kvm390_vcpu_ioctl(vcpu, KVM_S390_IRQ, (void *)irq);
}

static int inject_type(uint64_t type)
{
    struct kvm_s390_irq irq = { .type = type };

    return inject(&irq);
}

static int inject_vm(uint32_t type, uint32_t parm, uint64_t parm64)
{
    struct kvm_s390_interrupt in = { type, parm, parm64 };

    return kvm390_vm_ioctl(vm, KVM_S390_INTERRUPT, &in);
}

static int get_state(struct kvm_s390_irq *irqs, size_t n)
{
    struct kvm_s390_irq_state state = {
        .buf = (uintptr_t)irqs, .len = n * sizeof(*irqs),
    };
    int ret = kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state);

    return ret < 0 ? ret : (int)(ret / sizeof(*irqs));
}

static int set_state(const struct kvm_s390_irq *irqs, size_t n)
{
    struct kvm_s390_irq_state state = {
        .buf = (uintptr_t)irqs, .len = n * sizeof(*irqs),
    };

    return kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_IRQ_STATE, &state);
}

/* --- those of a vCPU --- */

static void test_program(void)
{
    struct kvm_s390_irq irq = {
        .type = KVM_S390_PROGRAM_INT,
        .u.pgm = {
            .code = 0x11, .trans_exc_code = 0x1122334455667004,
            .exc_access_id = 5, .op_access_id = 6,
            .flags = KVM_S390_PGM_FLAGS_ILC_VALID | KVM_S390_PGM_FLAGS_ILC_1,
        },
    };
    struct kvm_s390_irq per = {
        .type = KVM_S390_PROGRAM_INT,
        .u.pgm = { .code = 0x80, .per_code = 0x40, .per_atmid = 3,
                   .per_address = 0x123456, .flags = 0x0d },
    };

    start_guest();
    CHECK(inject(&irq) == 0);
    CHECK(enter(0) == PROGRAM);
    CHECK(get(0x8c, 2) == 4 && get(0x8e, 2) == 0x11);
    CHECK(get(0xa8, 8) == 0x1122334455667004);
    CHECK(get(0xa0, 1) == 5 && get(0xa2, 1) == 6);
    CHECK(get(PROGRAM + 8, 8) == CODE - 4); /* it nullifies */
    irq.u.pgm.flags |= KVM_S390_PGM_FLAGS_NO_REWIND;
    CHECK(inject(&irq) == 0);
    CHECK(inject(&per) == 0); /* joins it, with its own flags */
    CHECK(enter(0) == PROGRAM);
    CHECK(get(0x8e, 2) == 0x91 && get(PROGRAM + 8, 8) == CODE);
    CHECK(get(0x96, 2) == 0x4003 && get(0x98, 8) == 0x123456);
    irq.u.pgm.code = 7;
    irq.u.pgm.data_exc_code = 0xfe;
    CHECK(inject(&irq) == 0);
    CHECK(enter(0) == PROGRAM && get(0x90, 4) == 0xfe);
    CHECK(enter(0) == 0);
}

static void test_machine_check(void)
{
    struct kvm_s390_irq irq = {
        .type = KVM_S390_MCHK,
        .u.mchk = {
            .mcic = 0x4000004000000000, /* processing damage; VRs valid */
            .failing_storage_address = 0x123000, .ext_damage_code = 0x77,
            .fixed_logout = { 1, 2, 3, [15] = 0xee },
        },
    };

    start_guest();
    run->s.regs.gprs[5] = 0x5555666677778888;
    run->s.regs.vrs[31][1] = 0x1234;
    run->s.regs.acrs[9] = 0x99;
    set_cr(3, 0x3333);
    put64(memory + 0x11b0, 0x20000); /* the extended save area */
    CHECK(inject(&irq) == 0);
    CHECK(enter(EXT | IOM) == 0);    /* not enabled for it */
    CHECK(enter(MCK) == MACHINE);
    CHECK(get(0xe8, 8) == 0x4000004000000000);
    CHECK(get(0xf4, 4) == 0x77 && get(0xf8, 8) == 0x123000);
    CHECK(get(MACHINE, 8) == (BASE | MCK) && get(MACHINE + 8, 8) == CODE);
    CHECK(get(163, 1) == 1);
    CHECK(get(0x1280 + 5 * 8, 8) == 0x5555666677778888);
    CHECK(get(0x1340 + 9 * 4, 4) == 0x99);
    CHECK(get(0x1380 + 3 * 8, 8) == 0x3333);
    CHECK(get(0x1300, 4) == 0x01020300 && get(0x130f, 1) == 0xee);
    CHECK(get(0x20000 + 31 * 16 + 8, 8) == 0x1234);
    CHECK(enter(MCK) == 0);
    put64(memory + 0x11b0, 0);
    CHECK(inject(&irq) == 0);
    CHECK(enter(MCK) == MACHINE);
    CHECK(get(0xe8, 8) == 0x4000000000000000); /* nowhere to store the VRs */
}

static void test_repressible(void)
{
    struct kvm_s390_irq irqs[3], irq = {
        .type = KVM_S390_MCHK,
        .u.mchk = { .mcic = 0x0080000000000000, .cr14 = 0x01000000 },
    };

    start_guest();
    set_cr(14, 0);
    CHECK(inject(&irq) == 0);
    CHECK(enter(MCK) == 0);
    CHECK(get_state(irqs, 3) == 1 && irqs[0].type == KVM_S390_MCHK);
    irq.u.mchk.mcic = 0x0100000000000000; /* adds up */
    CHECK(inject(&irq) == 0);
    CHECK(get_state(irqs, 3) == 1);
    CHECK(irqs[0].u.mchk.mcic == 0x0180000000000000);
    set_cr(14, 0x01000000);
    CHECK(enter(0) == 0);
    CHECK(enter(MCK) == MACHINE && get(0xe8, 8) == 0x0180000000000000);
    CHECK(get_state(irqs, 3) == 0);
    /* an exigent one takes the repressible one along */
    set_cr(14, 0);
    CHECK(inject(&irq) == 0);
    irq.u.mchk.mcic = 0x8000000000000000;
    CHECK(inject(&irq) == 0);
    CHECK(get_state(irqs, 3) == 2);
    CHECK(enter(MCK) == MACHINE && get(0xe8, 8) == 0x8100000000000000);
    CHECK(get_state(irqs, 3) == 0);
}

static void test_pfault_init(void)
{
    struct kvm_s390_irq irq = {
        .type = KVM_S390_INT_PFAULT_INIT,
        .u.ext = { .ext_params2 = 0xabcdef0123456789 },
    };

    start_guest();
    CHECK(inject(&irq) == 0);
    CHECK(enter(IOM | MCK) == 0);
    CHECK(enter(EXT) == EXTERNAL);
    CHECK(get(0x86, 2) == 0x2603 && get(0x84, 2) == 0x600);
    CHECK(get(0x11b8, 8) == 0xabcdef0123456789);
    CHECK(enter(EXT) == 0);
}

static void test_sigp_external(void)
{
    struct kvm_s390_irq emergency = { .type = KVM_S390_INT_EMERGENCY };
    struct kvm_s390_irq call = { .type = KVM_S390_INT_EXTERNAL_CALL };

    start_guest();
    CHECK(kvm390_vcpu_create(vm, 3) != NULL);
    CHECK(inject(&emergency) == 0);
    emergency.u.emerg.code = 3;
    CHECK(inject(&emergency) == 0);
    call.u.extcall.code = 3;
    CHECK(inject(&call) == 0);
    FAILS(inject(&call), EBUSY);
    set_cr(0, 0xe0 | 0x2000);
    CHECK(enter(EXT) == EXTERNAL);
    CHECK(get(0x86, 2) == 0x1202 && get(0x84, 2) == 3);
    CHECK(inject(&call) == 0);
    set_cr(0, 0xe0 | 0x6000);
    CHECK(enter(EXT) == EXTERNAL);
    CHECK(get(0x86, 2) == 0x1201 && get(0x84, 2) == 0);
    CHECK(enter(EXT) == EXTERNAL);
    CHECK(get(0x86, 2) == 0x1201 && get(0x84, 2) == 3);
    CHECK(enter(EXT) == EXTERNAL);
    CHECK(get(0x86, 2) == 0x1202);
    CHECK(enter(EXT) == 0);
    emergency.u.emerg.code = 9; /* no such CPU */
    FAILS(inject(&emergency), EINVAL);
}

/* They stand only while the clock says so. */
static void test_timers(void)
{
    struct kvm_s390_irq irqs[3];

    start_guest();
    run->s.regs.ckc = -1ull;
    run->s.regs.cputm = 0x1000000000000;
    run->kvm_dirty_regs = KVM_SYNC_ARCH0;
    CHECK(inject_type(KVM_S390_INT_CLOCK_COMP) == 0);
    CHECK(inject_type(KVM_S390_INT_CPU_TIMER) == 0);
    CHECK(get_state(irqs, 3) == 2);
    FAILS(set_state(irqs, 1), EBUSY);
    CHECK(irqs[0].type == KVM_S390_INT_CPU_TIMER);
    CHECK(irqs[1].type == KVM_S390_INT_CLOCK_COMP);
    set_cr(0, 0xe0 | 0xc00);
    CHECK(enter(EXT) == 0);
    CHECK(get_state(irqs, 3) == 0);
    run->s.regs.ckc = 0;
    run->s.regs.cputm = -1ull;
    run->kvm_dirty_regs = KVM_SYNC_ARCH0;
    CHECK(enter(EXT) == EXTERNAL && get(0x86, 2) == 0x1004);
    run->s.regs.ckc = -1ull;
    run->kvm_dirty_regs = KVM_SYNC_ARCH0;
    CHECK(enter(EXT) == EXTERNAL && get(0x86, 2) == 0x1005);
}

/* What is due but masked is not pending: SET_IRQ_STATE is not busy. */
static void test_masked_timers(void)
{
    struct kvm_s390_irq irqs[3] = { { .type = KVM_S390_INT_EXTERNAL_CALL } };

    start_guest();
    run->s.regs.ckc = 0;
    run->s.regs.cputm = -1ull;
    run->kvm_dirty_regs = KVM_SYNC_ARCH0;
    CHECK(enter(0) == 0);
    usleep(2000);
    CHECK(get_state(irqs + 1, 2) == 0);
    CHECK(set_state(irqs, 1) == 0);
    CHECK(get_state(irqs + 1, 2) == 1);
    irqs[0].type = KVM_S390_RESTART; /* a call alone is no obstacle */
    CHECK(set_state(irqs, 1) == 0);
    FAILS(set_state(irqs, 1), EBUSY);
}

static void test_restart(void)
{
    start_guest();
    CHECK(inject_type(KVM_S390_RESTART) == 0);
    CHECK(enter(0) == RESTART);
    CHECK(get(RESTART + 8, 8) == CODE);
    CHECK(enter(0) == 0);
}

static void test_prefix(void)
{
    struct kvm_s390_irq irq = {
        .type = KVM_S390_SIGP_SET_PREFIX, .u.prefix.address = 0x4000,
    };

    start_guest();
    CHECK(inject(&irq) == 0);
    CHECK(enter(0) == 0);
    CHECK(run->s.regs.prefix == 0x4000);
    FAILS(inject(&irq), EBUSY); /* it runs */
}

static void test_stop(void)
{
    struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_OPERATING };
    struct kvm_s390_irq irqs[2], irq = {
        .type = KVM_S390_SIGP_STOP,
        .u.stop.flags = KVM_S390_STOP_FLAG_STORE_STATUS,
    };

    start_guest();
    /* of a stopped vCPU: at once */
    run->s.regs.gprs[7] = 0x7777;
    CHECK(inject(&irq) == 0);
    CHECK(get(163, 1) == 1 && get(0x1280 + 7 * 8, 8) == 0x7777);
    CHECK(get_state(irqs, 2) == 0);
    irq.u.stop.flags = 2;
    FAILS(inject(&irq), EINVAL);
    irq.u.stop.flags = KVM_S390_STOP_FLAG_STORE_STATUS;
    CHECK(enter(0) == 0);
    memset(memory + 0x1200, 0, 0x200);
    run->s.regs.gprs[7] = 0x8888;
    CHECK(inject(&irq) == 0);
    FAILS(inject(&irq), EBUSY);
    CHECK(get_state(irqs, 2) == 1 && irqs[0].u.stop.flags == 1);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_SIEIC);
    CHECK(run->s390_sieic.icptcode == 0x28);
    CHECK(get(0x1280 + 7 * 8, 8) == 0x8888);
    CHECK(get(0x1308, 8) == run->psw_addr);
    CHECK(get_state(irqs, 2) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state) == 0);
    CHECK(state.mp_state == KVM_MP_STATE_STOPPED);
    /* whoever sets states says when the stop is done */
    state.mp_state = KVM_MP_STATE_OPERATING;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    CHECK(inject_type(KVM_S390_SIGP_STOP) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->s390_sieic.icptcode == 0x28);
    CHECK(get_state(irqs, 2) == 1);
    state.mp_state = KVM_MP_STATE_STOPPED;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    CHECK(get_state(irqs, 2) == 0);
}

/* A stop waits until nothing else can be taken. */
static void test_stop_is_last(void)
{
    start_guest();
    CHECK(enter(0) == 0);
    CHECK(inject_type(KVM_S390_SIGP_STOP) == 0);
    CHECK(inject_vm(KVM_S390_INT_VIRTIO, 1, 2) == 0);
    put64(memory + EXTERNAL + NEW, BASE | WAIT);
    run->psw_mask = BASE | EXT;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->s390_sieic.icptcode == 0x28 || /* stopped in the wait, or */
          run->s390_sieic.icptcode == 0x1c);  /* told of the wait first */
    CHECK(get(0x86, 2) == 0x2603);
}

static void test_state(void)
{
    struct kvm_s390_irq irqs[10], again[10], set[] = {
        { .type = KVM_S390_RESTART },
        { .type = KVM_S390_INT_PFAULT_INIT, .u.ext.ext_params2 = 5 },
        { .type = KVM_S390_MCHK, .u.mchk.mcic = 1ull << 63 },
        { .type = KVM_S390_PROGRAM_INT,
          .u.pgm = { .code = 9, .flags = 0x05 } },
        { .type = KVM_S390_INT_EMERGENCY },
    };

    start_guest();
    FAILS(set_state(set, 0), EINVAL);
    FAILS(set_state((void *)8, 1), EFAULT);
    CHECK(set_state(set, 5) == 0);
    FAILS(set_state(set, 5), EBUSY);
    FAILS(get_state(irqs, 4), ENOBUFS);
    CHECK(get_state(irqs, 10) == 5);
    CHECK(irqs[0].type == KVM_S390_RESTART);
    CHECK(irqs[1].type == KVM_S390_INT_PFAULT_INIT);
    CHECK(irqs[1].u.ext.ext_params2 == 5);
    CHECK(irqs[2].type == KVM_S390_PROGRAM_INT && irqs[2].u.pgm.code == 9);
    CHECK(irqs[3].type == KVM_S390_MCHK && irqs[3].u.mchk.mcic >> 63);
    CHECK(irqs[4].type == KVM_S390_INT_EMERGENCY);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_INITIAL_RESET, NULL) == 0);
    CHECK(get_state(again, 10) == 0);
    CHECK(set_state(irqs, 5) == 0);
    CHECK(get_state(again, 10) == 5);
    CHECK(!memcmp(irqs, again, 5 * sizeof(irqs[0])));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_NORMAL_RESET, NULL) == 0);
    irqs[1].type = KVM_S390_INT_VIRTIO; /* no vCPU's */
    FAILS(set_state(irqs, 5), EINVAL);
    CHECK(get_state(again, 10) == 1);   /* the ones before it are set */
}

/* --- those of the VM --- */

static void test_vm_types(void)
{
    start_guest();
    FAILS(inject_vm(KVM_S390_PROGRAM_INT, 1, 0), EINVAL);
    FAILS(inject_vm(KVM_S390_INT_PFAULT_INIT, 1, 0), EINVAL);
    FAILS(inject_vm(KVM_S390_INT_EXTERNAL_CALL, 0, 0), EINVAL);
    FAILS(inject_vm(KVM_S390_INT_CPU_TIMER, 0, 0), EINVAL);
    FAILS(inject_type(KVM_S390_INT_PFAULT_DONE), EINVAL);
    FAILS(inject_type(KVM_S390_INT_IO(0, 0, 0, 1)), EINVAL);
}

static void test_virtio(void)
{
    start_guest();
    CHECK(inject_vm(KVM_S390_INT_VIRTIO, 0x11223344, 0x55667788) == 0);
    CHECK(inject_vm(KVM_S390_INT_VIRTIO, 2, 3) == 0);
    CHECK(enter(0) == 0);
    CHECK(enter(EXT) == EXTERNAL);
    CHECK(get(0x86, 2) == 0x2603 && get(0x84, 2) == 0xd00);
    CHECK(get(0x80, 4) == 0x11223344 && get(0x11b8, 8) == 0x55667788);
    CHECK(enter(EXT) == EXTERNAL && get(0x80, 4) == 2);
    CHECK(enter(EXT) == 0);
}

static void test_pfault_done(void)
{
    unsigned i;

    start_guest();
    for (i = 0; i < 64 * 255; i++) {
        CHECK(inject_vm(KVM_S390_INT_PFAULT_DONE, 0, i + 5) == 0);
    }
    FAILS(inject_vm(KVM_S390_INT_PFAULT_DONE, 0, 0), EBUSY);
    CHECK(enter(EXT) == EXTERNAL);
    CHECK(get(0x86, 2) == 0x2603 && get(0x84, 2) == 0x680);
    CHECK(get(0x11b8, 8) == 5);
    CHECK(inject_vm(KVM_S390_INT_PFAULT_DONE, 0, 0) == 0);
}

static void test_service(void)
{
    start_guest();
    CHECK(inject_vm(KVM_S390_INT_SERVICE, 0x10001, 0) == 0);
    CHECK(inject_vm(KVM_S390_INT_SERVICE, 0x20000, 0) == 0); /* dropped */
    CHECK(enter(EXT) == 0);
    set_cr(0, 0xe0 | 0x200);
    CHECK(enter(EXT) == EXTERNAL); /* events first */
    CHECK(get(0x86, 2) == 0x2401 && get(0x84, 2) == 0 && get(0x80, 4) == 1);
    CHECK(enter(EXT) == EXTERNAL && get(0x80, 4) == 0x10000);
    CHECK(enter(EXT) == 0);
}

static int inject_io(unsigned subclass, uint32_t schid, uint32_t parm)
{
    return inject_vm(KVM_S390_INT_IO(0, schid >> 24, schid >> 17 & 3,
                                     schid & 0xffff), schid,
                     (uint64_t)parm << 32 | subclass << 27);
}

static void test_io(void)
{
    start_guest();
    CHECK(inject_io(3, 0x10002, 0xaabbccdd) == 0);
    CHECK(inject_io(3, 0x10003, 3) == 0);
    CHECK(inject_io(1, 0x10004, 4) == 0);
    CHECK(inject_vm(KVM_S390_INT_IO(1, 0, 0, 0), 0, 0xb8000000) == 0);
    CHECK(enter(IOM) == 0);
    set_cr(6, 0x10000000);
    CHECK(enter(IOM) == IO);
    CHECK(get(0xb8, 4) == 0x10002 && get(0xbc, 4) == 0xaabbccdd);
    CHECK(get(0xc0, 4) == 0x18000000);
    set_cr(6, 0xff000000);
    CHECK(enter(IOM) == IO && get(0xb8, 4) == 0x10004);
    CHECK(enter(IOM) == IO && get(0xb8, 4) == 0x10003);
    CHECK(enter(IOM) == IO && get(0xb8, 4) == 0);
    CHECK(get(0xc0, 4) == 0xb8000000);
    CHECK(enter(IOM) == 0);
}

static void test_float_machine_check(void)
{
    start_guest();
    CHECK(inject_vm(KVM_S390_MCHK, 0x1fffffff, 0x0040000000000000) == 0);
    set_cr(14, 0x0fffffff);
    CHECK(enter(MCK) == 0);
    set_cr(14, 0x10000000);
    CHECK(enter(MCK) == MACHINE && get(0xe8, 8) == 0x0040000000000000);
    CHECK(enter(MCK) == 0);
}

/* One PSW lets through all classes; they come in the order of priority. */
static void test_priority(void)
{
    struct kvm_s390_irq mchk = { .type = KVM_S390_MCHK,
                                 .u.mchk.mcic = 1ull << 63 };
    struct kvm_s390_irq pgm = { .type = KVM_S390_PROGRAM_INT,
                                .u.pgm.code = 6 };
    const uint64_t all = EXT | IOM | MCK;

    start_guest();
    set_cr(0, 0xe0 | 0x4200);
    set_cr(6, 0xff000000);
    CHECK(inject_io(0, 0x10001, 0) == 0);
    CHECK(inject_vm(KVM_S390_INT_VIRTIO, 0, 0) == 0);
    CHECK(inject_vm(KVM_S390_INT_PFAULT_DONE, 0, 0) == 0);
    CHECK(inject_type(KVM_S390_INT_PFAULT_INIT) == 0);
    CHECK(inject_vm(KVM_S390_INT_SERVICE, 0x1000, 0) == 0);
    CHECK(inject_type(KVM_S390_INT_EMERGENCY) == 0);
    CHECK(inject(&pgm) == 0);
    CHECK(inject(&mchk) == 0);
    put64(memory + PROGRAM + NEW, BASE | all);
    put64(memory + MACHINE + NEW, BASE | all);
    CHECK(enter(all) == EXTERNAL);
    CHECK(get(MACHINE + 8, 8) == CODE);
    CHECK(get(PROGRAM + 8, 8) == handler(MACHINE));
    CHECK(get(EXTERNAL + 8, 8) == handler(PROGRAM));
    CHECK(get(0x86, 2) == 0x1201);
    CHECK(enter(all) == EXTERNAL && get(0x86, 2) == 0x2401);
    CHECK(enter(all) == EXTERNAL && get(0x84, 2) == 0x600);
    CHECK(enter(all) == EXTERNAL && get(0x84, 2) == 0x680);
    CHECK(enter(all) == EXTERNAL && get(0x84, 2) == 0xd00);
    CHECK(enter(all) == IO);
}

/* --- instructions that ask for interruptions --- */

static void test_tsch(void)
{
    /* tsch 0(0); diag 0x501 */
    static const unsigned char code[] = {
        0xb2, 0x35, 0x00, 0x00, 0x83, 0x00, 0x05, 0x01,
    };
    struct kvm_enable_cap css = { .cap = KVM_CAP_S390_CSS_SUPPORT };

    start_guest();
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_ENABLE_CAP, &css) == 0);
    memcpy(memory + CODE, code, sizeof(code));
    CHECK(inject_io(3, 0x10002, 0xaabbccdd) == 0);
    CHECK(inject_io(3, 0x10003, 3) == 0);
    run->s.regs.gprs[1] = 0x10003;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_TSCH);
    CHECK(run->s390_tsch.dequeued == 1);
    CHECK(run->s390_tsch.subchannel_id == 1);
    CHECK(run->s390_tsch.subchannel_nr == 3);
    CHECK(run->s390_tsch.io_int_parm == 3);
    CHECK(run->s390_tsch.io_int_word == 0x18000000);
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_TSCH);
    CHECK(run->s390_tsch.dequeued == 0);
}

static void test_tpi(void)
{
    /* tpi 0x300(0); ipm 2; tpi 0; ipm 3; tpi 0; ipm 4; diag 0x501 */
    static const unsigned char code[] = {
        0xb2, 0x36, 0x03, 0x00, 0xb2, 0x22, 0x00, 0x20,
        0xb2, 0x36, 0x00, 0x00, 0xb2, 0x22, 0x00, 0x30,
        0xb2, 0x36, 0x00, 0x00, 0xb2, 0x22, 0x00, 0x40,
        0x83, 0x00, 0x05, 0x01,
    };
    struct kvm_enable_cap css = { .cap = KVM_CAP_S390_CSS_SUPPORT };

    start_guest();
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_ENABLE_CAP, &css) == 0);
    memcpy(memory + CODE, code, sizeof(code));
    set_cr(6, 0x10000000);
    CHECK(inject_io(2, 0x10009, 9) == 0); /* of a masked subclass */
    CHECK(inject_io(3, 0x10002, 0xaabbccdd) == 0);
    CHECK(inject_io(3, 0x10003, 3) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
    CHECK(run->s.regs.gprs[2] >> 28 == 1 && run->s.regs.gprs[3] >> 28 == 1);
    CHECK(run->s.regs.gprs[4] >> 28 == 0);
    CHECK(get(0x300, 8) == 0x00010002aabbccdd);
    CHECK(get(0xb8, 4) == 0x10003 && get(0xbc, 4) == 3);
    CHECK(get(0xc0, 4) == 0x18000000);
}

static const struct test tests[] = {
    { "program interruption, with all that is stored", test_program, false },
    { "machine check with its logout", test_machine_check, false },
    { "repressible and exigent machine checks", test_repressible, false },
    { "pfault init", test_pfault_init, false },
    { "emergency signal, external call", test_sigp_external, false },
    { "clock comparator, CPU timer", test_timers, false },
    { "masked clock comparator, CPU timer", test_masked_timers, false },
    { "restart", test_restart, false },
    { "set prefix", test_prefix, false },
    { "stop, with the status stored", test_stop, false },
    { "stop comes last", test_stop_is_last, false },
    { "GET_IRQ_STATE, SET_IRQ_STATE", test_state, false },
    { "which types float", test_vm_types, false },
    { "virtio", test_virtio, false },
    { "pfault done, and too many of it", test_pfault_done, false },
    { "service signal", test_service, false },
    { "I/O", test_io, false },
    { "floating machine check", test_float_machine_check, false },
    { "priorities", test_priority, false },
    { "TSCH", test_tsch, false },
    { "TPI", test_tpi, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
