/*
 * User-controlled VMs with several vCPUs: each has an address space of its own
 *
 *     ucontrol-vcpus-test QEMU
 *
 * As with Linux, where each vCPU of such a VM has a guest mapping (gmap) of its
 * own (api.rst 4.38 to 4.40: "the vcpu's address space").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "ucontrol.h"

#include <pthread.h>

#define GIB     (1ull << 30)
#define SPACE   (512 * GIB)
#define DATA    0x20000
#define VCPUS   3

typedef struct {
    struct kvm390_vcpu *vcpu;
    struct kvm_run *run;
    uint8_t *sie;
    unsigned char *mem;     /* 2 MiB at its address 0 */
} Own;

static Own own[VCPUS];

static int ucas(Own *o, unsigned long request, void *user, uint64_t addr,
                uint64_t len)
{
    return ucas_of(o->vcpu, request, user, addr, len);
}

static void add_vcpu(unsigned id)
{
    uint32_t cpuflags;
    Own *o = &own[id];

    o->vcpu = kvm390_vcpu_create(vm, id);
    CHECK(o->vcpu);
    o->run = kvm390_vcpu_run(o->vcpu);
    o->sie = map_block(o->vcpu);
    memcpy(&cpuflags, o->sie + SIE_CPUFLAGS, 4);
    cpuflags &= ~SIE_CPUFLAG_KSS; /* key instructions are interpreted */
    memcpy(o->sie + SIE_CPUFLAGS, &cpuflags, 4);
    o->mem = segments(2 * MIB);
    memset(o->mem + DATA, 0x10 + id, 16);
    CHECK(ucas(o, KVM_S390_UCAS_MAP, o->mem, 0, 2 * MIB) == 0);
}

static void start_vcpus(void)
{
    unsigned id;

    CHECK(kvm390_system_ioctl(vm, KVM_CREATE_VM,
                              (void *)KVM_VM_S390_UCONTROL) == 0);
    for (id = 0; id < VCPUS; id++) {
        add_vcpu(id);
    }
}

static int run_own(Own *o)
{
    return kvm390_vcpu_ioctl(o->vcpu, KVM_RUN, NULL);
}

static int run_insn(Own *o, const void *insn, size_t len, uint64_t gpr5)
{
    put_insn(o->mem, o->run, insn, len);
    o->run->s.regs.gprs[5] = gpr5;
    return run_own(o);
}

static bool is_done(const Own *o)
{
    return is_diag_501(o->run);
}

static bool is_unmapped(const Own *o, uint64_t page)
{
    return ended_unmapped(o->run, page);
}

static void finish(void)
{
    unsigned id;

    for (id = 0; id < VCPUS; id++) {
        munmap(own[id].sie, 4096);
    }
    memory = NULL; /* more than the harness unmaps */
}

#define ST_1_5      "\x50\x10\x50\x00", 4
#define L_2_5       "\x58\x20\x50\x00", 4
#define SSKE_1_5    "\xb2\x2b\x00\x15", 4
#define ISKE_2_5    "\xb2\x29\x00\x25", 4
#define RRBE_1_5    "\xb2\x2a\x00\x15", 4
#define IRBM_2_5    "\xb9\xac\x00\x25", 4
#define PFMF_1_5    "\xb9\xaf\x00\x15", 4
#define CRT_1_1     "\xb9\x72\x80\x11", 4
#define TPROT_5     "\xe5\x01\x50\x00\x00\x20", 6

static void test_memory(void)
{
    unsigned id;

    start_vcpus();
    for (id = 0; id < VCPUS; id++) {
        own[id].run->s.regs.gprs[1] = 0xa0 + id;
        CHECK(run_insn(&own[id], L_2_5, DATA) == 0 && is_done(&own[id]));
        CHECK(own[id].run->s.regs.gprs[2] == 0x10101010 + 0x01010101 * id);
        CHECK(run_insn(&own[id], ST_1_5, DATA + 64) == 0 && is_done(&own[id]));
    }
    for (id = 0; id < VCPUS; id++) {
        CHECK(own[id].mem[DATA + 67] == 0xa0 + id);
    }
    /* One's segments go; the others' stay. */
    CHECK(ucas(&own[1], KVM_S390_UCAS_UNMAP, NULL, 0, -MIB) == 0);
    CHECK(run_own(&own[1]) == 0 && is_unmapped(&own[1], 0));
    for (id = 0; id < VCPUS; id += 2) {
        CHECK(run_insn(&own[id], L_2_5, DATA) == 0 && is_done(&own[id]));
    }
    CHECK(ucas(&own[1], KVM_S390_UCAS_MAP, own[0].mem, 0, 2 * MIB) == 0);
    own[1].run->psw_addr = CODE; /* what vCPU 0 has there: L */
    own[1].run->s.regs.gprs[5] = DATA;
    CHECK(run_own(&own[1]) == 0 && is_done(&own[1]));
    CHECK(own[1].run->s.regs.gprs[2] == 0x10101010);
    finish();
}

/* The client and the guest see the vCPU's own addresses. */
static void test_unmapped(void)
{
    static const uint64_t beyond[] = {
        SPACE, SPACE + DATA, 2 * SPACE + DATA, 1ull << 47, 1ull << 62,
        -4096ull,
    };
    unsigned id, i;

    start_vcpus();
    for (id = 0; id < VCPUS; id++) {
        Own *o = &own[id];

        CHECK(run_insn(o, L_2_5, 64 * MIB + 8) == 0);
        CHECK(is_unmapped(o, 64 * MIB));
        CHECK(run_insn(o, ISKE_2_5, 65 * MIB + 8) == 0);
        CHECK(is_unmapped(o, 65 * MIB));
        CHECK(run_insn(o, IRBM_2_5, 66 * MIB) == 0);
        CHECK(is_unmapped(o, 66 * MIB));
        for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
            CHECK(run_insn(o, L_2_5, beyond[i]) == 0);
            CHECK(is_unmapped(o, beyond[i]));
            CHECK(run_insn(o, ISKE_2_5, beyond[i]) == 0);
            CHECK(is_unmapped(o, beyond[i]));
        }
        FAILS(kvm390_vcpu_ioctl(o->vcpu, KVM_S390_VCPU_FAULT,
                                (void *)(2 * MIB)), EREMOTE);
        CHECK(is_unmapped(o, 2 * MIB));
        FAILS(kvm390_vcpu_ioctl(o->vcpu, KVM_S390_VCPU_FAULT,
                                (void *)(SPACE + DATA)), EREMOTE);
        CHECK(kvm390_vcpu_ioctl(o->vcpu, KVM_S390_VCPU_FAULT,
                                (void *)MIB) == 0);
        FAILS(ucas(o, KVM_S390_UCAS_MAP, o->mem, SPACE, MIB), EINVAL);
        FAILS(ucas(o, KVM_S390_UCAS_MAP, o->mem, SPACE - MIB, 2 * MIB),
              EINVAL);
        CHECK(ucas(o, KVM_S390_UCAS_UNMAP, NULL, SPACE, SPACE) == 0);
        /* The last segment that there can be. */
        CHECK(ucas(o, KVM_S390_UCAS_MAP, o->mem + MIB, SPACE - MIB, MIB) == 0);
        o->mem[2 * MIB - 1] = 0x40 + id;
        CHECK(run_insn(o, L_2_5, SPACE - 4) == 0 && is_done(o));
        CHECK((uint8_t)o->run->s.regs.gprs[2] == 0x40 + id);
        CHECK(ucas(o, KVM_S390_UCAS_UNMAP, NULL, 2 * MIB, -MIB) == 0);
        CHECK(run_insn(o, L_2_5, SPACE - 4) == 0);
        CHECK(is_unmapped(o, SPACE - 4096));
    }
    finish();
}

/* Also where the prefix area is another. */
static void test_lowcore(void)
{
    struct kvm_s390_irq irq = { .type = KVM_S390_RESTART };
    uint32_t prefix = 0x8000;
    unsigned id;

    start_vcpus();
    for (id = 0; id < VCPUS; id++) {
        Own *o = &own[id];
        unsigned char *lowcore = o->mem + (id ? 0x8000 : 0);

        if (id) {
            memcpy(o->sie + SIE_PREFIX, &prefix, 4);
        }
        /* A fixed-point divide exception: the new PSW is a wait. */
        put64(lowcore + 0x1d0, 0x0002000180000000);
        put64(lowcore + 0x1d8, 0x1230 + id);
        o->run->s.regs.gprs[4] = 0;
        o->run->s.regs.gprs[2] = o->run->s.regs.gprs[3] = 0;
        CHECK(run_insn(o, "\x1d\x24", 2, 0) == 0);
        CHECK(o->run->s390_sieic.icptcode == 0x1c);
        CHECK(o->run->psw_addr == 0x1230 + id && lowcore[0x8f] == 9);
        CHECK(get64(lowcore + 0x158) == CODE + 2);
        /* Compare and trap: a data exception, and its code */
        CHECK(run_insn(o, CRT_1_1, 0) == 0);
        CHECK(o->run->psw_addr == 0x1230 + id && lowcore[0x8f] == 7);
        CHECK(lowcore[0x93] == 0xff);
        /* A restart interruption */
        put64(lowcore + 0x1a0, 0x0002000180000000);
        put64(lowcore + 0x1a8, 0x2230 + id);
        CHECK(kvm390_vcpu_ioctl(o->vcpu, KVM_S390_IRQ, &irq) == 0);
        CHECK(run_own(o) == 0 && o->run->psw_addr == 0x2230 + id);
        CHECK(get64(lowcore + 0x128) == 0x1230 + id);
        /* Register 5 of the status: 8 bytes each, from 0x1280 on */
        o->run->s.regs.gprs[5] = 0x5555 + id;
        o->run->kvm_dirty_regs = KVM_SYNC_GPRS;
        CHECK(run_insn(o, L_2_5, DATA + id) == 0 && is_done(o));
        CHECK(kvm390_vcpu_ioctl(o->vcpu, KVM_S390_STORE_STATUS,
                                (void *)KVM_S390_STORE_STATUS_PREFIXED) == 0);
        CHECK(get64(lowcore + 0x1280 + 8 * 5) == DATA + id);
        FAILS(kvm390_vcpu_ioctl(o->vcpu, KVM_S390_STORE_STATUS,
                                (void *)(SPACE + DATA)), EFAULT);
    }
    for (id = 0; id < VCPUS; id++) {
        CHECK(own[id].mem[(id ? 0x8000 : 0) + 0x93] == 0xff);
    }
    finish();
}

static void test_keys(void)
{
    unsigned id;

    start_vcpus();
    for (id = 0; id < VCPUS; id++) {
        own[id].run->s.regs.gprs[1] = 0x10 * (id + 1);
        CHECK(run_insn(&own[id], SSKE_1_5, DATA) == 0 && is_done(&own[id]));
    }
    for (id = 0; id < VCPUS; id++) {
        Own *o = &own[id];

        o->run->s.regs.gprs[2] = 0;
        CHECK(run_insn(o, ISKE_2_5, DATA) == 0 && is_done(o));
        CHECK(o->run->s.regs.gprs[2] == 0x10 * (id + 1));
        /* A load sets R of the vCPU's own page. */
        CHECK(run_insn(o, L_2_5, DATA) == 0 && is_done(o));
        CHECK(run_insn(o, ISKE_2_5, DATA) == 0 && is_done(o));
        CHECK((uint8_t)o->run->s.regs.gprs[2] == 0x10 * (id + 1) + 4);
        o->run->s.regs.gprs[1] = 0;
        CHECK(run_insn(o, RRBE_1_5, DATA) == 0 && is_done(o));
        CHECK(run_insn(o, ISKE_2_5, DATA) == 0 && is_done(o));
        CHECK((uint8_t)o->run->s.regs.gprs[2] == 0x10 * (id + 1));
        /* PFMF: clear a page and set its key; R2 tells the own address. */
        memset(o->mem + DATA + 0x1000, 0xff, 4096);
        o->run->s.regs.gprs[1] = 0x30000 | (0x90 + 2 * id);
        CHECK(run_insn(o, PFMF_1_5, DATA + 0x1000) == 0 && is_done(o));
        CHECK(o->mem[DATA + 0x1000] == 0 && o->mem[DATA + 0x1fff] == 0);
        o->run->s.regs.gprs[1] = 0x31000 | 0xa0; /* 1 MiB */
        CHECK(run_insn(o, PFMF_1_5, MIB) == 0 && is_done(o));
        CHECK(o->run->s.regs.gprs[5] == 2 * MIB);
        CHECK(run_insn(o, ISKE_2_5, 2 * MIB - 4096) == 0 && is_done(o));
        CHECK((uint8_t)o->run->s.regs.gprs[2] == 0xa0);
    }
    finish();
}

static int memop(Own *o, unsigned op, unsigned flags, uint64_t at, void *buf,
                 unsigned size, unsigned key)
{
    struct kvm_s390_mem_op mop = {
        .gaddr = at, .op = op, .flags = flags, .size = size,
        .buf = (uintptr_t)buf, .key = key,
    };

    return kvm390_vcpu_ioctl(o->vcpu, KVM_S390_MEM_OP, &mop);
}

static void test_memops(void)
{
    uint8_t byte;
    unsigned id, turn;

    start_vcpus();
    for (turn = 0; turn < 2; turn++) {
        for (id = 0; id < VCPUS; id++) {
            Own *o = &own[id];

            byte = 0;
            CHECK(run_insn(o, L_2_5, DATA) == 0); /* 64-bit addresses */
            CHECK(memop(o, KVM_S390_MEMOP_LOGICAL_READ, 0, DATA + 1, &byte, 1,
                        0) == 0);
            CHECK(byte == 0x10 + id + 0x20 * turn);
            byte += 0x20;
            CHECK(memop(o, KVM_S390_MEMOP_LOGICAL_WRITE, 0, DATA + 1, &byte, 1,
                        0) == 0);
            CHECK(o->mem[DATA + 1] == byte);
            CHECK(memop(o, KVM_S390_MEMOP_LOGICAL_READ, 0, 5 * MIB, &byte, 1,
                        0) == 5);
            CHECK(memop(o, KVM_S390_MEMOP_LOGICAL_READ, 0, SPACE + DATA, &byte,
                        1, 0) == 5);
        }
    }
    /* The key is that of the vCPU's own page. */
    own[1].run->s.regs.gprs[1] = 0x38;
    CHECK(run_insn(&own[1], SSKE_1_5, DATA) == 0 && is_done(&own[1]));
    for (id = 0; id < VCPUS; id++) {
        CHECK(memop(&own[id], KVM_S390_MEMOP_LOGICAL_READ,
                    KVM_S390_MEMOP_F_SKEY_PROTECTION, DATA, &byte, 1, 2) ==
              (id == 1 ? 4 : 0));
        CHECK(run_insn(&own[id], TPROT_5, DATA) == 0 && is_done(&own[id]));
        CHECK((own[id].run->psw_mask >> 44 & 3) == (id == 1 ? 2 : 1));
        /* So is the reference bit that it sets. */
        own[id].run->s.regs.gprs[1] = 0;
        CHECK(run_insn(&own[id], RRBE_1_5, DATA) == 0 && is_done(&own[id]));
        CHECK(memop(&own[id], KVM_S390_MEMOP_LOGICAL_READ, 0, DATA, &byte, 1,
                    0) == 0);
        CHECK(run_insn(&own[id], ISKE_2_5, DATA) == 0 && is_done(&own[id]));
        CHECK(own[id].run->s.regs.gprs[2] & 4);
    }
    /* And what the client itself may not access. */
    CHECK(!mprotect(own[1].mem + DATA, 4096, PROT_NONE));
    kvm390_memory_protect(own[1].mem + DATA, 4096, PROT_NONE);
    for (id = 0; id < VCPUS; id++) {
        errno = 0;
        CHECK(memop(&own[id], KVM_S390_MEMOP_LOGICAL_READ, 0, DATA, &byte, 1,
                    0) == (id == 1 ? -1 : 0));
        CHECK(errno == (id == 1 ? EFAULT : 0));
    }
    finish();
}

/* A table entry is fetched from the vCPU's own memory. */
static void test_dat(void)
{
    const uint64_t segment_table = 0x100000, page_table = 0x104000;
    unsigned id, i;

    start_vcpus();
    for (id = 0; id < VCPUS; id++) {
        Own *o = &own[id];
        uint64_t asce = segment_table; /* a segment table of 2048 entries */

        asce |= 3;
        put64(o->mem + segment_table, page_table);
        for (i = 0; i < 256; i++) {
            put64(o->mem + page_table + 8 * i, 0x1000ull * i);
        }
        /* One page leads to another frame in each. */
        put64(o->mem + page_table + 8 * 0x50, DATA + 0x1000 * id);
        memset(o->mem + DATA + 0x1000 * id, 0x70 + id, 4);
        memcpy(o->sie + SIE_GCR + 8, &asce, 8);
        CHECK(run_insn(o, L_2_5, 0) == 0);
        o->run->psw_mask |= 1ull << 58;
        o->run->psw_addr = CODE;
        o->run->s.regs.gprs[5] = 0x50000;
        CHECK(run_own(o) == 0 && is_done(o));
        CHECK((uint32_t)o->run->s.regs.gprs[2] ==
              0x70707070 + 0x01010101 * id);
    }
    finish();
}

/* So is an access list's; the number of the register goes to its lowcore. */
static void test_access_registers(void)
{
    const uint64_t duct = 0x110000, list = 0x111000;
    unsigned id;

    start_vcpus();
    for (id = 0; id < VCPUS; id++) {
        Own *o = &own[id];
        uint64_t asce = 0x20; /* CR1: a real space */
        uint64_t cr2 = duct;

        put64(o->mem + 0x1d0, 0x0002000180000000);
        put64(o->mem + duct + 16, list << 32);
        /* The entry is invalid in all but the first; there its table is. */
        put64(o->mem + list + 2 * 16, (uint64_t)!!id << 63);
        put64(o->mem + list + 2 * 16 + 8, 0x112000ull << 32);
        put64(o->mem + 0x112000, 1ull << 63);
        memcpy(o->sie + SIE_GCR + 8, &asce, 8);
        memcpy(o->sie + SIE_GCR + 16, &cr2, 8);
        memcpy(o->mem + CODE, L_2_5);
        o->mem[0xa0] = 0;
        o->run->psw_mask = 0x0400400180000000; /* access registers */
        o->run->psw_addr = CODE;
        o->run->s.regs.gprs[5] = DATA;
        o->run->s.regs.acrs[5] = 2;
        o->run->kvm_dirty_regs = KVM_SYNC_ACRS;
        CHECK(run_own(o) == 0 && o->run->s390_sieic.icptcode == 0x1c);
        CHECK(o->mem[0x8f] == (id ? 0x29 : 0x2b));
        CHECK(o->mem[0xa0] == 5);
        /* MVCOS, by access register 5 as its controls say */
        memcpy(o->mem + CODE, "\xc8\x30\x60\x00\x50\x00", 6);
        o->mem[0xa0] = o->mem[0x8f] = 0;
        o->run->psw_mask = 0x0400000180000000; /* primary space */
        o->run->psw_addr = CODE;
        o->run->s.regs.gprs[0] = 0x41; /* of the second operand */
        o->run->s.regs.gprs[3] = 4;
        o->run->s.regs.gprs[6] = DATA + 256;
        CHECK(run_own(o) == 0 && o->run->s390_sieic.icptcode == 0x1c);
        CHECK(o->mem[0x8f] == (id ? 0x29 : 0x2b));
        CHECK(o->mem[0xa0] == 5);
    }
    finish();
}

/* A watchpoint's bytes are the vCPU's own. */
static void test_watchpoint(void)
{
    struct kvm_hw_breakpoint point = {
        .type = KVM_HW_WP_WRITE, .addr = DATA, .phys_addr = DATA, .len = 4,
    };
    struct kvm_guest_debug debug = {
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
        .arch = { .nr_hw_bp = 1, .hw_bp = &point },
    };
    unsigned id;

    start_vcpus();
    for (id = 0; id < VCPUS; id++) {
        Own *o = &own[id];

        CHECK(kvm390_vcpu_ioctl(o->vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
        o->run->s.regs.gprs[1] = 0x12345678;
        CHECK(run_insn(o, ST_1_5, DATA) == 0);
        CHECK(o->run->exit_reason == KVM_EXIT_DEBUG);
        CHECK(o->run->debug.arch.type == KVM_HW_WP_WRITE);
    }
    finish();
}

/* All at once: each counts in its own memory, which comes and goes. */
static void *count(void *opaque)
{
    Own *o = opaque;
    int i;

    for (i = 0; i < 300; i++) {
        if (run_insn(o, ST_1_5, i % 3 ? DATA : 5 * MIB) ||
            !(i % 3 ? is_done(o) : is_unmapped(o, 5 * MIB))) {
            return (void *)1;
        }
        if (i % 10 == 0 && (ucas(o, KVM_S390_UCAS_UNMAP, NULL, MIB, MIB) ||
                            ucas(o, KVM_S390_UCAS_MAP, o->mem + MIB, MIB,
                                 MIB))) {
            return (void *)2;
        }
    }
    return NULL;
}

static void test_together(void)
{
    pthread_t thread[VCPUS];
    unsigned id;
    void *ret;

    start_vcpus();
    for (id = 0; id < VCPUS; id++) {
        own[id].run->s.regs.gprs[1] = 0xb0 + id;
        CHECK(!pthread_create(&thread[id], NULL, count, &own[id]));
    }
    for (id = 0; id < VCPUS; id++) {
        pthread_join(thread[id], &ret);
        CHECK(!ret);
        CHECK(own[id].mem[DATA + 3] == 0xb0 + id);
    }
    finish();
}

static const struct test tests[] = {
    { "memory of each", test_memory, false },
    { "what is not mapped, and the end of the space", test_unmapped, false },
    { "prefix areas and status", test_lowcore, false },
    { "storage keys", test_keys, false },
    { "memory operations", test_memops, false },
    { "translation tables", test_dat, false },
    { "access registers", test_access_registers, false },
    { "watchpoints", test_watchpoint, false },
    { "all at once", test_together, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
