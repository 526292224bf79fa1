/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 */
/* guest-test: accel=kvm390 smp=4 cpu=max,sigpif=off,cei=off args=off=1 */
/*
 * What a guest's CPUs tell each other, and what its timers tell it, without the
 * host: SIGP external call and sense running status by the system control
 * area, basic and extended, and external interruptions of timers.
 */
#include "sie.h"

#define CODE_EXTERNAL_CALL  0x1202
#define CODE_CLOCK          0x1004
#define CODE_CPU_TIMER      0x1005

#define EXT_CODE(vm)    (*(uint16_t *)((vm)->storage + 0x86))
#define EXT_CPU(vm)     (*(uint16_t *)((vm)->storage + 0x84))
#define EXT_OLD(vm)     (*(struct psw *)((vm)->storage + 0x130))

/* The entry of CPU number n in an area of either form. */
struct area {
    bool extended;
    uint8_t *at;
};

static uint16_t *control_of(struct area *area, unsigned n)
{
    return (uint16_t *)(area->at + (area->extended ? 0x100 + n * 0x40
                                                   : 0x40 + n * 0x20));
}

static uint16_t pending(struct area *area, unsigned source)
{
    return (area->extended ? 0x8000 : 0x80) | source;
}

static void join(struct area *area, struct vm *vm, unsigned n)
{
    area->at[(area->extended ? 0x40 : 0x30) + n / 8] |= 0x80 >> n % 8;
    *(uint64_t *)((uint8_t *)control_of(area, n) + 8) = (uint64_t)vm->block;
    vm->block->scaoh = (uint64_t)area->at >> 32;
    vm->block->scaol = (uint32_t)(uint64_t)area->at;
    vm->block->icpua = n;
    vm->block->eca |= ECA_SIGPI;
    vm->block->ecb |= ECB_SRSI;
    vm->block->ecb2 = area->extended ? ECB2_ESCA : 0;
}

/* Basic areas are not on page boundaries: Linux puts its first at 16. */
static struct area new_area(bool extended)
{
    return (struct area) { extended, (uint8_t *)page_alloc(5) +
                                     (extended ? 0 : 16) };
}

/* SIGP: register 3 has the CPU, 1 the status. */
static unsigned order(struct vm *vm, uint8_t code, unsigned cpu)
{
    const uint8_t sigp[] = { 0xae, 0x13, 0x00, code };

    vm->gr[1] = 0x1111111122222222;
    vm->gr[3] = cpu;
    vm_code(vm, sigp, sizeof(sigp));
    vm->block->gpsw.mask = PSW_64 | 3UL << 44;
    return vm_run_on(vm);
}

static unsigned cc(struct vm *vm)
{
    return (vm->block->gpsw.mask & PSW_CC_MASK) >> 44;
}

static bool left_to_host(struct vm *vm, unsigned icpt)
{
    return icpt == ICPT_INSTRUCTION && vm->block->ipa == 0xae13;
}

static bool executed(struct vm *vm, unsigned icpt)
{
    return icpt == ICPT_INSTRUCTION && vm->block->ipa == 0x8300 &&
           vm->block->gpsw.addr == VM_CODE + 8;
}

static void test_orders(bool extended)
{
    const unsigned far = extended ? 200 : 60;
    struct area area = new_area(extended);
    struct vm *vm = vm_new(), *other = vm_new_cpu(vm);
    unsigned icpt;

    join(&area, vm, 3);
    join(&area, other, far);

    icpt = order(vm, 2, far);
    ok(executed(vm, icpt) && cc(vm) == 0, "external call is executed");
    ok_eq(*control_of(&area, far), pending(&area, 3), "it is pending there");
    ok(other->block->cpuflags & CPUFLAGS_ECALL, "and its block tells");
    ok(left_to_host(vm, order(vm, 2, far)), "a second one is left");
    ok_eq(*control_of(&area, far), pending(&area, 3), "and changes nothing");
    *control_of(&area, far) = 0;
    other->block->cpuflags &= ~CPUFLAGS_ECALL;
    other->block->cpuflags |= CPUFLAGS_WAIT;
    icpt = order(vm, 2, far);
    ok(icpt == ICPT_PARTIAL && vm->block->ipa == 0xae13 &&
       vm->block->ipb == 0x20000 && vm->block->gpsw.addr == VM_CODE + 4 &&
       cc(vm) == 0, "one that sleeps: the host has to wake it");
    ok_eq(*control_of(&area, far), pending(&area, 3), "it is pending");
    ok(left_to_host(vm, order(vm, 2, far + 1)), "a CPU that there is not");
    ok(left_to_host(vm, order(vm, 2, 0x1003)), "nor can be");
    ok(left_to_host(vm, order(vm, 1, far)), "another order");

    other->block->cpuflags |= CPUFLAGS_RUNNING;
    icpt = order(vm, 0x15, far);
    ok(executed(vm, icpt) && cc(vm) == 0, "sense running status: it runs");
    ok_eq(vm->gr[1], 0x1111111122222222, "without a status");
    other->block->cpuflags &= ~CPUFLAGS_RUNNING;
    icpt = order(vm, 0x15, far);
    ok(executed(vm, icpt) && cc(vm) == 1, "it does not");
    ok_eq(vm->gr[1], 0x1111111100000400, "the status says so");
    vm->block->ecb = 0;
    ok(left_to_host(vm, order(vm, 0x15, far)), "without its control bit");
    vm->block->eca = 0;
    *control_of(&area, far) = 0;
    ok(left_to_host(vm, order(vm, 2, far)), "no interpretation at all");
    ok_eq(*control_of(&area, far), 0, "nothing is pending");
}

static void test_delivery(bool extended)
{
    static const uint8_t stosm[] = { 0xad, 0x01, 0x40, 0x00, 0x07, 0x00 };
    struct area area = new_area(extended);
    struct vm *vm = vm_new();

    join(&area, vm, 7);
    vm->gr[4] = VM_DATA;
    vm->block->gcr[0] = 0xe0 | CR0_EXTERNAL_CALL;
    *control_of(&area, 7) = pending(&area, 9);
    vm->block->cpuflags |= CPUFLAGS_ECALL;
    vm_code(vm, "\x07\x00", 2);
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "a PSW that admits no call");
    ok_eq(vm->block->gpsw.addr, VM_CODE + 6, "goes on");
    ok_eq(*control_of(&area, 7), pending(&area, 9), "it stays pending");
    vm_code(vm, stosm, sizeof(stosm));
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "it admits one");
    ok_eq(vm->block->gpsw.addr, VM_HANDLER + 4, "which is taken");
    ok_eq(EXT_CODE(vm), CODE_EXTERNAL_CALL, "its code");
    ok_eq(EXT_CPU(vm), 9, "its source");
    ok_eq(EXT_OLD(vm).addr, VM_CODE + 4, "behind the instruction");
    ok_eq(*control_of(&area, 7), 0, "it is pending no more");
    ok(!(vm->block->cpuflags & CPUFLAGS_ECALL), "nor does the block tell");

    /* A PSW that waits, from the start. */
    *control_of(&area, 7) = pending(&area, 2);
    vm->block->cpuflags |= CPUFLAGS_ECALL;
    vm->block->gpsw = (struct psw) { PSW_64 | PSW_WAIT | PSW_EXT, 0x1234 };
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "one that waits takes it, too");
    ok_eq(vm->block->gpsw.addr, VM_HANDLER + 4, "and goes on there");
    ok_eq(EXT_OLD(vm).addr, 0x1234, "with the old PSW");
    ok_eq(EXT_CPU(vm), 2, "and the source");

    vm->block->gcr[0] = 0xe0;
    *control_of(&area, 7) = pending(&area, 2);
    vm->block->cpuflags |= CPUFLAGS_ECALL;
    vm->block->gpsw = (struct psw) { PSW_64 | PSW_WAIT | PSW_EXT, 0x1234 };
    ok_eq(vm_run_on(vm), ICPT_WAIT, "control register 0 does not admit it");
}

static void test_timers(void)
{
    static const uint8_t loop[] = { 0xa7, 0xf4, 0x00, 0x00 }; /* j . */
    static const uint8_t stosm[] = { 0xad, 0x01, 0x40, 0x00, 0x07, 0x00 };
    struct vm *vm = vm_new();

    vm->gr[4] = VM_DATA;
    vm->block->eca = ECA_CEI;
    vm->block->ckc = tod() + 2 * TOD_MS;
    vm->block->gcr[0] = 0xe0 | CR0_CLOCK_COMPARATOR;
    vm_code(vm, loop, sizeof(loop));
    vm->block->gpsw.mask = PSW_64 | PSW_EXT;
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "the clock comparator ends a loop");
    ok_eq(vm->block->gpsw.addr, VM_HANDLER + 4, "by the guest's interruption");
    ok_eq(EXT_CODE(vm), CODE_CLOCK, "its code");
    ok_eq(EXT_OLD(vm).addr, VM_CODE, "its old PSW");
    vm_code(vm, stosm, sizeof(stosm));
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "due before the PSW admits it");
    ok_eq(EXT_OLD(vm).addr, VM_CODE + 4, "taken when it does");
    vm->block->gpsw = (struct psw) { PSW_64 | PSW_WAIT | PSW_EXT, 0x1234 };
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "a PSW that waits takes it");
    ok_eq(EXT_OLD(vm).addr, 0x1234, "with the old PSW");
    vm->block->ckc = -1UL;
    vm->block->cputm = 2 * TOD_MS;
    vm->block->gcr[0] = 0xe0 | CR0_CPU_TIMER;
    vm_code(vm, loop, sizeof(loop));
    vm->block->gpsw.mask = PSW_64 | PSW_EXT;
    ok_eq(vm_run_on(vm), ICPT_INSTRUCTION, "the CPU timer ends a loop");
    ok_eq(EXT_CODE(vm), CODE_CPU_TIMER, "by the guest's interruption");
}

/* A timer that came due while it was masked off is not forgotten. */
static void test_masked(uint32_t eca)
{
    static const uint8_t code[] = {
        0xe3, 0x10, 0x40, 0x00, 0x00, 0x24,     /* stg 1,0(4) */
        0x0a, 0x00,                             /* svc 0 */
        0xa7, 0x26, 0xff, 0xfc,                 /* brct 2,.-8 */
        0xad, 0x01, 0x40, 0x08,                 /* stosm 8(4),1 */
        0xa7, 0xf4, 0x00, 0x00,                 /* j . */
    };
    struct vm *vm = vm_new();
    uint8_t *handler = vm->storage + 0x2800;

    memcpy(handler, "\xb2\xb2\x01\x40", 4);    /* lpswe 0x140 */
    *(struct psw *)(vm->storage + 0x1c0) = (struct psw) { PSW_64, 0x2800 };
    vm->gr[4] = VM_DATA;
    vm->gr[2] = 200000;
    vm->block->eca = eca;
    vm->block->ckc = tod();
    vm->block->gcr[0] = 0xe0 | CR0_CLOCK_COMPARATOR;
    vm_code(vm, code, sizeof(code));
    ok_eq(vm_run_on(vm), eca ? ICPT_INSTRUCTION : ICPT_EXTERNAL,
          "after supervisor calls, eca %x", eca);
    ok_eq(vm->gr[2], 0, "not before the PSW admits it");
}

struct ring {
    struct vm *vm[2];
    struct area area;
};

static void run_other(void *opaque)
{
    struct ring *ring = opaque;

    vm_run_on(ring->vm[1]);
}

/* Two CPUs call each other, each from its handler, many times. */
static void test_ping_pong(bool extended)
{
    /* r5: count; r3: the other CPU; the interruption comes in the loop */
    static const uint8_t handler[] = {
        0xa7, 0x57, 0x00, 0x06,                 /* brctg 5,.+12 */
        0x83, 0x00, 0x00, 0x44,                 /* diag: done */
        0xa7, 0xf4, 0x00, 0x00,                 /* j . */
        0xae, 0x13, 0x00, 0x02,                 /* sigp 1,3,2 */
        0xa7, 0x74, 0xff, 0xfe,                 /* jnz .-4 */
        0xb2, 0xb2, 0x01, 0x30,                 /* lpswe 0x130 */
    };
    static const uint8_t loop[] = { 0xa7, 0xf4, 0x00, 0x00 };
    struct ring ring = { .area = new_area(extended) };

    if (smp_count() < 2) {
        tap_skip("ping-pong", "one CPU");
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct vm *vm = ring.vm[i] = vm_new();

        join(&ring.area, vm, i);
        *(struct psw *)(vm->storage + 0x1b0) = (struct psw) { PSW_64, 0x2800 };
        memcpy(vm->storage + 0x2800, handler, sizeof(handler));
        vm->gr[3] = !i;
        vm->gr[5] = 10000 + i;
        vm->block->gcr[0] = 0xe0 | CR0_EXTERNAL_CALL;
        vm->block->cpuflags |= CPUFLAGS_RUNNING;
        vm_code(vm, loop, sizeof(loop));
        vm->block->gpsw.mask = PSW_64 | PSW_EXT;
    }
    *control_of(&ring.area, 0) = pending(&ring.area, 1);
    ring.vm[0]->block->cpuflags |= CPUFLAGS_ECALL;
    smp_start(1, run_other, &ring);
    ok_eq(vm_run_on(ring.vm[0]), ICPT_INSTRUCTION, "10000 calls, to and fro");
    ok_eq(ring.vm[0]->gr[5], 0, "each was taken");
    ok_eq(ring.vm[0]->block->ipa, 0x8300, "no order was left");
    __atomic_or_fetch(&ring.vm[1]->block->cpuflags, CPUFLAGS_STOP,
                      __ATOMIC_SEQ_CST);
    smp_wait(1);
    ok_eq(ring.vm[1]->block->icptcode, ICPT_STOP, "nor there");
    ok_eq(ring.vm[1]->gr[5], 2, "and as many were taken");
}

/* Without the features the control bits mean nothing. */
static void test_off(void)
{
    struct area area = new_area(false);
    struct vm *vm = vm_new();

    join(&area, vm, 0);
    ok(left_to_host(vm, order(vm, 2, 0)), "external call is left");
    ok(left_to_host(vm, order(vm, 0x15, 0)), "sense running status is left");
    vm->block->eca |= ECA_CEI;
    vm->block->ckc = tod();
    vm->block->gcr[0] = 0xe0 | CR0_CLOCK_COMPARATOR;
    vm_code(vm, "", 0);
    vm->block->gpsw.mask = PSW_64 | PSW_EXT;
    ok_eq(vm_run_on(vm), ICPT_EXTERNAL, "the clock comparator is the host's");
}

void main(void)
{
    if (argument("off", NULL)) {
        test_off();
        test_masked(0);
        return;
    }
    for (unsigned extended = 0; extended < 2; extended++) {
        tap_push(extended ? "extended" : "basic");
        test_orders(extended);
        test_delivery(extended);
        test_ping_pong(extended);
        tap_pop();
    }
    tap_push("timers");
    test_timers();
    test_masked(ECA_CEI);
    tap_pop();
}
