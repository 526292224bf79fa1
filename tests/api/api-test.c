/*
 * The KVM API on the host, ioctl by ioctl, with its errors
 *
 *     api-test QEMU
 *
 * Each test starts a VM of its own. Expectations are KVM's (Linux,
 * Documentation/virt/kvm/api.rst and what arch/s390/kvm observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- the system --- */

static void test_system(void)
{
    int i;

    CHECK(kvm390_system_ioctl(vm, KVM_GET_API_VERSION, NULL) == 12);
    CHECK(kvm390_system_ioctl(vm, KVM_GET_VCPU_MMAP_SIZE, NULL) == 4096);
    FAILS(kvm390_system_ioctl(vm, KVM_GET_API_VERSION, (void *)1), EINVAL);
    FAILS(kvm390_system_ioctl(vm, KVM_GET_VCPU_MMAP_SIZE, (void *)1), EINVAL);
    errno = ENFILE; /* is left alone by what succeeds, as ioctl(2) leaves it */
    for (i = 0; i < 100; i++) {
        CHECK(kvm390_system_ioctl(vm, KVM_GET_API_VERSION, NULL) == 12);
        CHECK(errno == ENFILE);
    }
    CHECK(kvm390_system_ioctl(vm, KVM_S390_ENABLE_SIE, NULL) == 0);
    CHECK(kvm390_system_ioctl(vm, KVM_S390_ENABLE_SIE, NULL) == 0);
    FAILS(kvm390_system_ioctl(vm, KVM_CREATE_VM, (void *)2), EINVAL);
    CHECK(kvm390_system_ioctl(vm, KVM_CREATE_VM, NULL) == 0);
    FAILS(kvm390_system_ioctl(vm, KVM_RUN, NULL), EINVAL);
    FAILS(kvm390_system_ioctl(vm, 0x1234, NULL), EINVAL);
    FAILS(kvm390_vm_ioctl(vm, KVM_RUN, NULL), ENOTTY);
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_API_VERSION, NULL), ENOTTY);
}

static int extension(long cap)
{
    int ret = kvm390_system_ioctl(vm, KVM_CHECK_EXTENSION, (void *)cap);

    CHECK(ret == kvm390_vm_ioctl(vm, KVM_CHECK_EXTENSION, (void *)cap));
    return ret;
}

static void test_extensions(void)
{
    CHECK(extension(KVM_CAP_MAX_VCPUS) == 248);
    CHECK(extension(KVM_CAP_MAX_VCPU_ID) == 248);
    CHECK(extension(KVM_CAP_NR_MEMSLOTS) >= 32);
    CHECK(extension(KVM_CAP_SYNC_REGS) == 1);
    CHECK(extension(KVM_CAP_S390_MEM_OP) == 65536);
    CHECK(extension(KVM_CAP_S390_MEM_OP_EXTENSION) == 3);
    CHECK(extension(KVM_CAP_S390_SKEYS) == 1);
    CHECK(extension(KVM_CAP_S390_KEYOP) == 1);
    CHECK(extension(KVM_CAP_S390_REG_MASK_RANGES) == 7);
    CHECK(extension(KVM_CAP_S390_UCONTROL) == 1);
    CHECK(extension(0x7fffffff) == 0);
    CHECK(extension(-1) == 0);
}

/* --- slots --- */

static void test_slots(void)
{
    const uint64_t MiB = 1 << 20;
    char *mem = map(8 * MiB);
    int n = extension(KVM_CAP_NR_MEMSLOTS);

    FAILS(set_slot(0, 2, 0, MiB, mem), EINVAL);         /* read-only */
    FAILS(set_slot(0, 0, 1, MiB, mem), EINVAL);
    FAILS(set_slot(0, 0, 0, MiB + 1, mem), EINVAL);
    FAILS(set_slot(0, 0, 0, MiB, mem + 1), EINVAL);
    FAILS(set_slot(n, 0, 0, MiB, mem), EINVAL);
    FAILS(set_slot(0x10000, 0, 0, MiB, mem), EINVAL);
    FAILS(set_slot(0, 0, -MiB, 2 * MiB, mem), EINVAL);
    FAILS(set_slot(0, 0, 0, 0, mem), EINVAL);           /* nothing to delete */
    FAILS(set_slot(0, 0, 1ull << 60, MiB, mem), EINVAL); /* above the limit */
    CHECK(set_slot(0, 0, 0, MiB, mem) == 0);
    CHECK(set_slot(0, 0, 0, MiB, mem) == 0);            /* no change */
    CHECK(set_slot(1, 0, MiB, MiB, mem + MiB) == 0);
    FAILS(set_slot(2, 0, MiB / 2, MiB, mem + 2 * MiB), EEXIST);
    FAILS(set_slot(1, 0, 0, MiB, mem + MiB), EEXIST);
    FAILS(set_slot(1, 0, MiB, 2 * MiB, mem + MiB), EINVAL);
    FAILS(set_slot(1, 0, MiB, MiB, mem + 2 * MiB), EINVAL);
    CHECK(set_slot(1, 0, 4 * MiB, MiB, mem + MiB) == 0); /* move */
    CHECK(set_slot(2, 0, MiB, MiB, mem + 2 * MiB) == 0);
    CHECK(set_slot(1, KVM_MEM_LOG_DIRTY_PAGES, 4 * MiB, MiB, mem + MiB) == 0);
    CHECK(set_slot(1, 0, 0, 0, NULL) == 0);
    FAILS(set_slot(1, 0, 0, 0, NULL), EINVAL);
    munmap(mem, 8 * MiB);
}

/* One memory, seen by the caller, by the guest, and through two slots. */
static void test_memory_is_shared(void)
{
    const uint64_t MiB = 1 << 20;
    unsigned char *mem = map(MiB), byte = 0;
    struct kvm_s390_mem_op op = {
        .gaddr = 0x1000, .size = 1, .buf = (uintptr_t)&byte,
        .op = KVM_S390_MEMOP_ABSOLUTE_READ,
    };

    mem[0x1000] = 0x11;
    CHECK(set_slot(0, 0, 0, MiB, mem) == 0);
    CHECK(set_slot(1, 0, MiB, MiB, mem) == 0);
    CHECK(mem[0x1000] == 0x11);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0 && byte == 0x11);
    mem[0x1000] = 0x22;
    op.gaddr = MiB + 0x1000;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0 && byte == 0x22);
    byte = 0x33;
    op.op = KVM_S390_MEMOP_ABSOLUTE_WRITE;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op) == 0);
    CHECK(mem[0x1000] == 0x33);
    munmap(mem, MiB);
}

/* Linux has these on other machines, and not on s390x. */
static void test_not_offered(void)
{
    struct kvm_clear_dirty_log clear = { 0 };
    struct kvm_enable_cap manual = {
        .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, .args = { 1 },
    };

    CHECK(extension(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) == 0);
    CHECK(extension(KVM_CAP_DIRTY_LOG_RING) == 0);
    CHECK(extension(KVM_CAP_DIRTY_LOG_RING_ACQ_REL) == 0);
    CHECK(extension(KVM_CAP_READONLY_MEM) == 0);
    FAILS(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &manual), EINVAL);
    FAILS(kvm390_vm_ioctl(vm, KVM_CLEAR_DIRTY_LOG, &clear), ENOTTY);
}

static void test_dirty_log(void)
{
    /* stg %r0,0(%r1); diag 0,0,0x501; j to the start */
    static const unsigned char store[] = {
        0xe3, 0x00, 0x10, 0x00, 0x00, 0x24, 0x83, 0x00, 0x05, 0x01,
        0xa7, 0xf4, 0xff, 0xfb,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(store, sizeof(store));
    uint64_t map1[MEMORY / 4096 / 64];
    struct kvm_dirty_log log = { .slot = 0, .dirty_bitmap = map1 };
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), ENOENT);
    log.slot = 9999;
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), EINVAL);
    log.slot = 0;
    CHECK(set_slot(0, KVM_MEM_LOG_DIRTY_PAGES, 0, MEMORY, memory) == 0);
    run->s.regs.gprs[1] = 0x123000;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    memset(map1, 0xff, sizeof(map1));
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
    CHECK(map1[0x123 / 64] == 1ull << (0x123 % 64));
    CHECK(map1[0] == 0 && map1[1] == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
    CHECK(map1[0x123 / 64] == 0);
    run->s.regs.gprs[1] = 0x200000;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log) == 0);
    CHECK(map1[0x200 / 64] == 1 && map1[0x123 / 64] == 0);
    log.dirty_bitmap = (void *)8;
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), EFAULT);
}

/* --- attributes --- */

static int attr(unsigned long request, unsigned group, uint64_t number,
                const void *addr)
{
    struct kvm_device_attr a = {
        .group = group, .attr = number, .addr = (uintptr_t)addr,
    };

    return kvm390_vm_ioctl(vm, request, &a);
}

static void test_attributes(void)
{
    struct kvm_s390_vm_tod_clock clock = { 0 };
    uint64_t limit = 0, tod = 0, tod2 = 0;
    uint8_t high = 9;

    CHECK(attr(KVM_HAS_DEVICE_ATTR, 0, 2, NULL) == 0);
    FAILS(attr(KVM_HAS_DEVICE_ATTR, 0, 77, NULL), ENXIO);
    FAILS(attr(KVM_HAS_DEVICE_ATTR, 99, 0, NULL), ENXIO);
    FAILS(attr(KVM_GET_DEVICE_ATTR, 99, 0, &limit), ENXIO);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 0, 2, &limit) == 0 && limit > 1 << 30);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 0, 2, (void *)8), EFAULT);
    limit++;
    FAILS(attr(KVM_SET_DEVICE_ATTR, 0, 2, &limit), E2BIG);
    limit = 0;
    FAILS(attr(KVM_SET_DEVICE_ATTR, 0, 2, &limit), EINVAL);
    limit = 2 << 20;
    CHECK(attr(KVM_SET_DEVICE_ATTR, 0, 2, &limit) == 0);
    memory = map(MEMORY);
    FAILS(set_slot(0, 0, 0, MEMORY, memory), EINVAL);
    CHECK(set_slot(0, 0, 0, 2 << 20, memory) == 0);
    limit = 1 << 20;
    FAILS(attr(KVM_SET_DEVICE_ATTR, 0, 2, &limit), EBUSY);

    CHECK(attr(KVM_GET_DEVICE_ATTR, 1, 0, &tod) == 0 && tod);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 1, 1, &high) == 0 && high == 0);
    tod = 0x100000000000;
    CHECK(attr(KVM_SET_DEVICE_ATTR, 1, 0, &tod) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 1, 0, &tod2) == 0);
    CHECK(tod2 >= tod && tod2 - tod < 10ull * 4096000000);
    high = 1;
    FAILS(attr(KVM_SET_DEVICE_ATTR, 1, 1, &high), EINVAL);

    CHECK(attr(KVM_HAS_DEVICE_ATTR, 1, 0, NULL) == 0);
    CHECK(attr(KVM_HAS_DEVICE_ATTR, 1, 1, NULL) == 0);
    FAILS(attr(KVM_HAS_DEVICE_ATTR, 1, 3, NULL), ENXIO);
    FAILS(attr(KVM_GET_DEVICE_ATTR, 1, 3, &tod), ENXIO);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 1, 0, (void *)8), EFAULT);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 1, 2, &clock) == 0);
    CHECK(clock.epoch_idx == 0 && clock.tod >= tod2);
    clock.epoch_idx = 1; /* there is no such facility */
    FAILS(attr(KVM_SET_DEVICE_ATTR, 1, 2, &clock), EINVAL);
    clock.epoch_idx = 0;
    clock.tod = 0x200000000000;
    CHECK(attr(KVM_SET_DEVICE_ATTR, 1, 2, &clock) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 1, 0, &tod2) == 0 && tod2 >= clock.tod);
    /* a machine without wrapping keys and adjunct processors */
    CHECK(attr(KVM_HAS_DEVICE_ATTR, 2, 3, NULL) == 0);
    FAILS(attr(KVM_HAS_DEVICE_ATTR, 2, 4, NULL), ENXIO);
    FAILS(attr(KVM_GET_DEVICE_ATTR, 2, 0, NULL), ENXIO);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 2, 9, NULL), ENXIO);
    FAILS(attr(KVM_HAS_DEVICE_ATTR, 5, 0, NULL), ENXIO); /* no topology */
    FAILS(attr(KVM_SET_DEVICE_ATTR, 2, 0, NULL), EINVAL);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 2, 4, NULL), EOPNOTSUPP);
}

static void test_cpu_model(void)
{
    static struct kvm_s390_vm_cpu_machine machine;
    static struct kvm_s390_vm_cpu_processor p, q;
    static uint64_t mask[256];
    struct reg_mask_range range = { .addr = (uintptr_t)mask };
    unsigned bit, tried = 0, lowest, unblocked;

    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 1, &machine) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &p) == 0);
    CHECK(machine.fac_list[0] >> 63); /* N3 */
    CHECK(!memcmp(p.fac_list, machine.fac_list, sizeof(p.fac_list)));
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, 1, &machine), ENXIO);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, 0, (void *)8), EFAULT);

    range.range = 99;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_GET_REG_WRITABLE_MASKS, &range),
          EINVAL);
    range.range = 0;
    range.reserved[12] = 1;
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_GET_REG_WRITABLE_MASKS, &range),
          EINVAL);
    range.reserved[12] = 0;
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_GET_REG_WRITABLE_MASKS, &range) == 0);

    /* A bit in the mask can be cleared and set, one outside can't be set. */
    for (bit = 0; bit < 2048 * 8 && test_ok; bit++) {
        uint64_t b = 1ull << (63 - bit % 64);

        if (bit > 512 && bit % 13) {
            continue; /* enough of the empty end */
        }
        q = p;
        q.fac_list[bit / 64] &= ~b;
        CHECK(attr(KVM_SET_DEVICE_ATTR, 3, 0, &q) == 0);
        q.fac_list[bit / 64] |= b;
        if (mask[bit / 64] & b) {
            CHECK(attr(KVM_SET_DEVICE_ATTR, 3, 0, &q) == 0);
            CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &q) == 0);
            CHECK(q.fac_list[bit / 64] & b);
            tried++;
        } else {
            FAILS(attr(KVM_SET_DEVICE_ATTR, 3, 0, &q), EINVAL);
        }
    }
    /* KVM limits nothing here (devices/vm.rst 2.2). */
    CHECK(tried > 1700);

    /* Without a lowest value the IBC can't be set. */
    lowest = machine.ibc >> 16 & 0xfff;
    unblocked = machine.ibc & 0xfff;
    CHECK(p.ibc == unblocked);
    q = p;
    q.ibc = 1;
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, 0, &q) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &q) == 0);
    CHECK(q.ibc == (lowest ? lowest : unblocked));
    q.ibc = 0xffff;
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, 0, &q) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &q) == 0);
    CHECK(q.ibc == unblocked);
    q.ibc = 0;
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, 0, &q) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &q) == 0);
    CHECK(q.ibc == unblocked);
}

static void set_all_bits(unsigned number, unsigned range_number, size_t len)
{
    static uint8_t mask[2048], value[2048], back[2048];
    struct reg_mask_range range = {
        .addr = (uintptr_t)mask, .range = range_number,
    };
    unsigned bit;

    memset(mask, 0, sizeof(mask));
    memset(value, 0, sizeof(value));
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_GET_REG_WRITABLE_MASKS, &range) == 0);
    for (bit = 0; bit < len * 8 && test_ok; bit++) {
        if (bit > 4096 && bit % 13) {
            continue;
        }
        value[bit / 8] ^= 1 << bit % 8;
        if (mask[bit / 8] & (1 << bit % 8)) {
            CHECK(attr(KVM_SET_DEVICE_ATTR, 3, number, value) == 0);
            CHECK(attr(KVM_GET_DEVICE_ATTR, 3, number, back) == 0);
            CHECK(!memcmp(value, back, len));
        } else {
            FAILS(attr(KVM_SET_DEVICE_ATTR, 3, number, value), EINVAL);
        }
        value[bit / 8] ^= 1 << bit % 8;
    }
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, number, mask) == 0);
    memset(value, 0, len);
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, number, value) == 0);
}

static void test_cpu_model_masks(void)
{
    enum {
        FEAT = KVM_S390_VM_CPU_PROCESSOR_FEAT,
        SUBFUNC = KVM_S390_VM_CPU_PROCESSOR_SUBFUNC,
        UV_FEAT_GUEST = KVM_S390_VM_CPU_PROCESSOR_UV_FEAT_GUEST,
    };
    static uint64_t value[512];

    set_all_bits(KVM_S390_VM_CPU_PROCESSOR_FEAT, 1, 128);
    set_all_bits(KVM_S390_VM_CPU_PROCESSOR_SUBFUNC, 2, 2048);
    value[0] = 0;
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, UV_FEAT_GUEST, value) == 0);
    value[0] = 1;
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, UV_FEAT_GUEST, value), EINVAL);
    CHECK(kvm390_vcpu_create(vm, 0));
    /* What comes first differs: the time, or the value. */
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, 0, value), EBUSY);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, 0, (void *)8), EBUSY);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, SUBFUNC, (void *)8), EBUSY);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, FEAT, (void *)8), EFAULT);
    value[0] = -1;
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, FEAT, value), EINVAL);
    value[0] = 0;
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, FEAT, value), EBUSY);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 3, UV_FEAT_GUEST, value), EBUSY);
}

/* A facility that user space takes away is gone for the guest. */
static void test_cpu_model_reaches_guest(void)
{
    /* stfle 0x2000 with r0 = 3; diag 0x501 */
    static const unsigned char stfle[] = {
        0xa7, 0x09, 0x00, 0x03, 0x41, 0x10, 0x08, 0x00,
        0xeb, 0x11, 0x00, 0x02, 0x00, 0x0d, 0xb2, 0xb0, 0x10, 0x00,
        0x83, 0x00, 0x05, 0x01,
    };
    static struct kvm_s390_vm_cpu_processor p;
    struct kvm390_vcpu *vcpu;
    unsigned char without[32];

    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &p) == 0);
    p.fac_list[0] &= ~(1ull << (63 - 25)); /* store clock fast */
    p.fac_list[1] &= ~(1ull << (63 - 2)); /* reset reference bits multiple */
    p.fac_list[3] |= 1; /* the machine has no facility 255 */
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, 0, &p) == 0);
    vcpu = start_vcpu(stfle, sizeof(stfle));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(kvm390_vcpu_run(vcpu)));
    memcpy(without, memory + 0x2000, 32);
    CHECK(without[0] & 0x80);
    CHECK(!(without[25 / 8] & (0x80 >> 25 % 8)));
    CHECK(!(without[66 / 8] & (0x80 >> 66 % 8)));
    CHECK(without[31] & 1);
}

/* --- vCPUs --- */

static void test_create_vcpu(void)
{
    CHECK(kvm390_vcpu_create(vm, 5));
    CHECK(!kvm390_vcpu_create(vm, 5) && errno == EEXIST);
    CHECK(!kvm390_vcpu_create(vm, 248) && errno == EINVAL);
    CHECK(kvm390_vcpu_create(vm, 247));
}

static void test_run(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    uint64_t i;

    FAILS(kvm390_vcpu_ioctl(vcpu, 0x1234, NULL), EINVAL);
    FAILS(kvm390_vcpu_ioctl(vcpu, _IO(KVMIO, 0xff), NULL), ENOTTY);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_CREATE_VCPU, NULL), ENOTTY);
    for (i = 1; i < 100; i++) {
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
        CHECK(is_diag_501(run) && run->s.regs.gprs[2] == i);
        CHECK(run->psw_addr == CODE + 8);
    }
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, (void *)1), EINVAL);
    run->immediate_exit = 1;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
    run->immediate_exit = 0;
    run->kvm_valid_regs |= 1ull << 40;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINVAL);
    run->kvm_valid_regs = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->s.regs.gprs[2] == i);
}

static void test_run_without_memory(void)
{
    struct kvm390_vcpu *vcpu = kvm390_vcpu_create(vm, 0);

    CHECK(vcpu);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EFAULT);
}

/* New code at an old address must be what runs. */
static void test_changed_code(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    int i;

    for (i = 1; i < 50; i++) {
        memory[CODE + 3] = i; /* aghi %r2,i */
        run->psw_addr = CODE;
        run->s.regs.gprs[2] = 0;
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
        CHECK(run->s.regs.gprs[2] == (uint64_t)i);
    }
}

static volatile int signals;

static void on_signal(int sig)
{
    (void)sig;
    signals++;
}

static void test_signal(void)
{
    struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct kvm390_vcpu *vcpu = start_vcpu(looping, sizeof(looping));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct itimerspec once = { .it_value.tv_nsec = 30000000 };
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
    };
    timer_t timer;
    int i;

    sigaction(SIGUSR1, &act, NULL);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    for (i = 0; i < 5; i++) {
        timer_settime(timer, 0, &once, NULL);
        FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
        CHECK(run->exit_reason == KVM_EXIT_INTR);
        CHECK(signals == i + 1);
    }
    timer_delete(timer);
}

/* Without USER_SIGP it stays inside. Sense: a stopped CPU, one that is not. */
static void test_sigp(void)
{
    /* sigp %r2,%r4,1; ipm %r6; sigp %r2,%r5,1; ipm %r7; diag 0,0,0x501 */
    static const unsigned char sense[] = {
        0xae, 0x24, 0x00, 0x01, 0xb2, 0x22, 0x00, 0x60,
        0xae, 0x25, 0x00, 0x01, 0xb2, 0x22, 0x00, 0x70,
        0x83, 0x00, 0x05, 0x01,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(sense, sizeof(sense));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    CHECK(kvm390_vcpu_create(vm, 1) != NULL);
    run->s.regs.gprs[4] = 1;
    run->s.regs.gprs[5] = 7;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    CHECK((run->s.regs.gprs[6] >> 28 & 3) == 1);
    CHECK((run->s.regs.gprs[2] & 0x40) == 0x40);
    CHECK((run->s.regs.gprs[7] >> 28 & 3) == 3); /* not operational */
}

static void *send_usr1(void *to)
{
    usleep(20000);
    pthread_kill(*(pthread_t *)to, SIGUSR1);
    return NULL;
}

/* A signal that is blocked, but not in KVM_RUN, ends it and stays pending. */
static void test_signal_mask(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(looping, sizeof(looping));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct {
        struct kvm_signal_mask head;
        unsigned char bits[8];
    } mask = { .head.len = 4 };
    pthread_t thread, self = pthread_self();
    sigset_t usr1, pending;
    int sig;

    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, &mask), EINVAL);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, (void *)8), EFAULT);
    mask.head.len = 8;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, &mask) == 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    pthread_kill(pthread_self(), SIGUSR1);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
    CHECK(run->exit_reason == KVM_EXIT_INTR);
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGUSR1));
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
    sigwait(&usr1, &sig);
    /* One that comes while it runs. */
    pthread_create(&thread, NULL, send_usr1, &self);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINTR);
    pthread_join(thread, NULL);
    sigwait(&usr1, &sig);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, NULL) == 0);
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
}

static void test_wait(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(looping, sizeof(looping));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    run->psw_mask = 0x2000180000000; /* wait, nothing enabled */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_SIEIC);
    CHECK(run->s390_sieic.icptcode == 0x1c);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->s390_sieic.icptcode == 0x1c);
}

static void *inject_later(void *opaque)
{
    struct kvm_s390_irq irq = { .type = KVM_S390_INT_EMERGENCY };

    usleep(30000);
    return (void *)(long)kvm390_vcpu_ioctl(opaque, KVM_S390_IRQ, &irq);
}

/* An interruption from another thread ends an enabled wait. */
static void test_wait_ends(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_sregs sregs;
    pthread_t thread;
    void *ret;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    sregs.crs[0] |= 0x4000; /* emergency signal */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    put64(memory + 0x1b0, 0x180000000); /* external new PSW */
    put64(memory + 0x1b8, CODE);
    run->psw_mask = 0x102000180000000; /* wait, external enabled */
    pthread_create(&thread, NULL, inject_later, vcpu);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
    pthread_join(thread, &ret);
    CHECK(ret == NULL);
    CHECK(memory[0x86] == 0x12 && memory[0x87] == 0x01);
}

static void test_registers(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_regs regs = { .gprs = { [3] = 0x123456789 } }, regs2;
    struct kvm_sregs sregs, sregs2;
    struct kvm_fpu fpu = { .fpc = 0x800000, .fprs = { [15] = 99 } }, fpu2;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_REGS, &regs) == 0);
    CHECK(run->s.regs.gprs[3] == 0x123456789);
    CHECK(run->psw_addr == CODE); /* not touched */
    run->s.regs.gprs[4] = 77;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_REGS, &regs2) == 0);
    CHECK(regs2.gprs[3] == 0x123456789 && regs2.gprs[4] == 77);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    CHECK(sregs.crs[0] == 0xe0 && sregs.crs[14] == 0xc2000000);
    sregs.acrs[7] = 1234;
    sregs.crs[3] = 5678;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs2) == 0);
    CHECK(!memcmp(&sregs, &sregs2, sizeof(sregs)));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_FPU, &fpu) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_FPU, &fpu2) == 0);
    CHECK(fpu2.fpc == fpu.fpc && fpu2.fprs[15] == 99);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_TRANSLATE, regs.gprs), EINVAL);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_TRANSLATE, NULL), EFAULT);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_GET_REGS, (void *)8), EFAULT);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_REGS, NULL), EFAULT);
}

static int one_reg(struct kvm390_vcpu *vcpu, unsigned long request,
                   uint64_t id, void *addr)
{
    struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)addr };

    return kvm390_vcpu_ioctl(vcpu, request, &reg);
}

/* fiebr %f1,0,%f2; diag 0,0,0x501; j to the start */
static void test_fpc(void)
{
    static const unsigned char round[] = {
        0xb3, 0x57, 0x00, 0x12, 0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfc,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(round, sizeof(round));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_fpu fpu = { .fprs = { [2] = 0x3fa0000000000000 } }; /* 1.25 */
    struct kvm_sregs sregs;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    sregs.crs[0] |= 1ull << 18; /* AFP registers */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_FPU, &fpu) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.vrs[1][0] >> 32 == 0x3f800000);
    /* The rounding mode that user space sets is the one that counts. */
    fpu.fpc = 2;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_FPU, &fpu) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.vrs[1][0] >> 32 == 0x40000000);
    CHECK((run->s.regs.fpc & 7) == 2);
    run->s.regs.fpc = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.vrs[1][0] >> 32 == 0x3f800000);
    /* An FPC that can't be is 0. */
    run->s.regs.fpc = 0x03000001;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && !(run->s.regs.fpc & 0x03000007));
}

/* What resets leave alone. */
static void test_resets(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    uint64_t token = 5;

    run->kvm_dirty_regs = KVM_SYNC_DIAG318 | KVM_SYNC_ARCH0 | KVM_SYNC_CRS;
    run->s.regs.diag318 = 0x1234;
    run->s.regs.pp = 9;
    run->s.regs.crs[4] = 44;
    run->s.regs.acrs[3] = 33;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(one_reg(vcpu, KVM_SET_ONE_REG, KVM_REG_S390_PFTOKEN, &token) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_NORMAL_RESET, NULL) == 0);
    CHECK(one_reg(vcpu, KVM_GET_ONE_REG, KVM_REG_S390_PFTOKEN, &token) == 0);
    CHECK(token == UINT64_MAX);
    CHECK(run->s.regs.crs[4] == 44 && run->s.regs.gprs[2] == 1);
    CHECK(run->s.regs.pp == 9 && run->psw_addr == CODE + 8);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_INITIAL_RESET, NULL) == 0);
    CHECK(run->s.regs.crs[4] == 0 && run->s.regs.pp == 0);
    CHECK(run->s.regs.gprs[2] == 1 && run->s.regs.acrs[3] == 33);
    CHECK(run->psw_addr == 0 && run->s.regs.gbea == 1);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_CLEAR_RESET, NULL) == 0);
    CHECK(run->s.regs.gprs[2] == 0 && run->s.regs.acrs[3] == 0);
    /* DIAG 318's value belongs to no CPU reset of KVM's. */
    run->psw_mask = 0x180000000;
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    CHECK(run->s.regs.diag318 == 0x1234);
}

static void test_one_reg(void)
{
    static const uint64_t ids[] = {
        KVM_REG_S390_EPOCHDIFF, KVM_REG_S390_CPU_TIMER,
        KVM_REG_S390_CLOCK_COMP, KVM_REG_S390_PFTOKEN, KVM_REG_S390_PFCOMPARE,
        KVM_REG_S390_PFSELECT, KVM_REG_S390_PP, KVM_REG_S390_GBEA,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    uint64_t value, back;
    uint32_t todpr = 0xabcd, todpr2;
    size_t i;

    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        value = 0x123456780ull + i;
        CHECK(one_reg(vcpu, KVM_SET_ONE_REG, ids[i], &value) == 0);
        CHECK(one_reg(vcpu, KVM_GET_ONE_REG, ids[i], &back) == 0);
        CHECK(back == value);
    }
    CHECK(one_reg(vcpu, KVM_SET_ONE_REG, KVM_REG_S390_TODPR, &todpr) == 0);
    CHECK(one_reg(vcpu, KVM_GET_ONE_REG, KVM_REG_S390_TODPR, &todpr2) == 0);
    CHECK(todpr == todpr2);
    FAILS(one_reg(vcpu, KVM_GET_ONE_REG, 0x1234, &value), EINVAL);
    FAILS(one_reg(vcpu, KVM_SET_ONE_REG, ids[0], (void *)8), EFAULT);
    FAILS(one_reg(vcpu, KVM_GET_ONE_REG, ids[0], (void *)8), EFAULT);
}

static void test_mp_state(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_mp_state state;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state) == 0);
    CHECK(state.mp_state == KVM_MP_STATE_STOPPED);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state) == 0);
    CHECK(state.mp_state == KVM_MP_STATE_OPERATING);
    state.mp_state = KVM_MP_STATE_LOAD;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state), ENXIO);
    state.mp_state = KVM_MP_STATE_STOPPED;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL), EINVAL);
    state.mp_state = KVM_MP_STATE_OPERATING;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
}

static void test_initial_psw(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_s390_psw psw = { 0x180000000, CODE + 4 };

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_INITIAL_PSW, &psw) == 0);
    CHECK(run->psw_addr == CODE + 4);
    /* KVM_RUN takes it; until then the vCPU's PSW is another. */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS,
                            (void *)0x2000) == 0);
    CHECK(!memcmp(memory + 0x2000 + 256 + 8, "\0\0\0\0\0\0\0\0", 8));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.gprs[2] == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_INITIAL_PSW, &psw), EBUSY);
}

static void test_store_status(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    run->s.regs.gprs[15] = 0x1122334455667788;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    memset(memory + 0x4000, 0xff, 0x200);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS,
                            (void *)0x4000) == 0);
    CHECK(memory[0x4000 + 0x80 + 15 * 8] == 0x11);
    CHECK(memory[0x4000 + 0x100 + 15] == 0x08); /* the PSW's last byte */
    CHECK(memory[0x4000 + 0x110] == 0xff);      /* not part of it */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS, (void *)-1) == 0);
    CHECK(memory[163] == 1 && memory[0x1280 + 15 * 8] == 0x11);
    memory[163] = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS, (void *)-2) == 0);
    CHECK(memory[163] == 1);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_STORE_STATUS, (void *)(1l << 40)),
          EFAULT);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, (void *)0x1000) == 0);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_VCPU_FAULT, (void *)(1l << 40)),
          EFAULT);
}

static void test_pre_fault(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_pre_fault_memory range = { .gpa = MEMORY - 8192, .size = 16384 };

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range) == 0);
    CHECK(range.gpa == MEMORY && range.size == 8192);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), ENOENT);
    range.gpa = 4096;
    range.flags = 1;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), EINVAL);
    range.flags = 0;
    range.size = 0;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), EINVAL);
    range.size = 100;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range), EINVAL);
}

/* --- interruptions --- */

static int interrupt(struct kvm390_vcpu *vcpu, uint32_t type, uint32_t parm)
{
    struct kvm_s390_interrupt i = { .type = type, .parm = parm };

    return vcpu ? kvm390_vcpu_ioctl(vcpu, KVM_S390_INTERRUPT, &i) :
                  kvm390_vm_ioctl(vm, KVM_S390_INTERRUPT, &i);
}

static void test_interrupts(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    static struct kvm_s390_irq irqs[300];
    struct kvm_s390_irq_state state = {
        .buf = (uintptr_t)irqs, .len = sizeof(irqs),
    };

    FAILS(interrupt(vcpu, KVM_S390_INT_SERVICE, 0), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_INT_VIRTIO, 0), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_INT_EMERGENCY, 0x10000), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_INT_EMERGENCY, 9), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_INT_EXTERNAL_CALL, 9), EINVAL);
    FAILS(interrupt(vcpu, KVM_S390_PROGRAM_INT, 0x10000), EINVAL);
    FAILS(interrupt(NULL, KVM_S390_PROGRAM_INT, 1), EINVAL);
    FAILS(interrupt(NULL, KVM_S390_INT_EMERGENCY, 0), EINVAL);
    CHECK(interrupt(vcpu, KVM_S390_INT_EMERGENCY, 0) == 0);
    CHECK(interrupt(vcpu, KVM_S390_INT_EXTERNAL_CALL, 0) == 0);
    FAILS(interrupt(vcpu, KVM_S390_INT_EXTERNAL_CALL, 0), EBUSY);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state) ==
          2 * sizeof(irqs[0]));
    CHECK(irqs[0].type == KVM_S390_INT_EMERGENCY);
    CHECK(irqs[1].type == KVM_S390_INT_EXTERNAL_CALL);
    state.len = sizeof(irqs[0]);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state), ENOBUFS);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_IRQ_STATE, &state), EBUSY);
    state.len = 0;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state), EINVAL);
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_IRQ_STATE, &state), EINVAL);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_NORMAL_RESET, NULL) == 0);
    state.len = sizeof(irqs);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state) == 0);
    state.len = 2 * sizeof(irqs[0]);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_SET_IRQ_STATE, &state) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_GET_IRQ_STATE, &state) ==
          2 * sizeof(irqs[0]));
}

static void test_program_interrupt(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    put64(memory + 0x1d0, 0x180000000);
    put64(memory + 0x1d8, CODE + 4);
    CHECK(interrupt(vcpu, KVM_S390_PROGRAM_INT, 6) == 0);
    run->s.regs.gprs[2] = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.gprs[2] == 0);
    CHECK(memory[0x8f] == 6 && memory[0x8d] == 4); /* code, ILC */
    CHECK(memory[0x15f] == 0x08);                  /* old PSW: suppressed */
}

static void test_stop(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(looping, sizeof(looping));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_mp_state state;

    state.mp_state = KVM_MP_STATE_OPERATING;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state) == 0);
    CHECK(interrupt(vcpu, KVM_S390_SIGP_STOP, 0) == 0);
    FAILS(interrupt(vcpu, KVM_S390_SIGP_STOP, 0), EBUSY);
    FAILS(interrupt(vcpu, KVM_S390_SIGP_STOP, 0x80), EINVAL);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_SIEIC);
    CHECK(run->s390_sieic.icptcode == 0x28);
    FAILS(interrupt(vcpu, KVM_S390_SIGP_SET_PREFIX, 0x2000), EBUSY);
}

/* --- debugging --- */

static void test_debug(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_hw_breakpoint bp = {
        .addr = CODE + 8, .len = 2, .type = KVM_HW_BP,
    };
    struct kvm_guest_debug debug = { .control = 0x40000000 };

    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EINVAL);

    /* Limits, and what is passed over. */
    debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
    debug.arch.hw_bp = (void *)8;
    debug.arch.nr_hw_bp = 51;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EINVAL);
    debug.arch.nr_hw_bp = 50;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EFAULT);
    debug.arch.hw_bp = NULL;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    debug.arch.hw_bp = &bp;
    debug.arch.nr_hw_bp = 1;
    bp.type = KVM_HW_WP_WRITE;
    bp.len = 101;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EINVAL);
    bp.len = -1;
    FAILS(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug), EINVAL);
    bp.type = 99;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    bp.type = KVM_HW_BP;
    bp.len = 2;
    debug.arch.nr_hw_bp = 0;
    debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_DEBUG && run->psw_addr == CODE + 4);
    debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
    debug.arch.nr_hw_bp = 1;
    debug.arch.hw_bp = &bp;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_DEBUG && run->psw_addr == CODE + 8);
    debug.control = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run));
}

/* --- memory operations and keys, as far as the wire is concerned --- */

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

/* --- page states --- */

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

/* --- capabilities that are switched on --- */

static int enable(struct kvm390_vcpu *vcpu, unsigned cap, unsigned flags)
{
    struct kvm_enable_cap e = { .cap = cap, .flags = flags };

    return vcpu ? kvm390_vcpu_ioctl(vcpu, KVM_ENABLE_CAP, &e) :
                  kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &e);
}

static void test_enable_cap(void)
{
    /* stsch 0; ipm 2; diag 0x501; j to the start */
    static const unsigned char io[] = {
        0xb2, 0x34, 0x00, 0x00, 0xb2, 0x22, 0x00, 0x20,
        0x83, 0x00, 0x05, 0x01, 0xa7, 0xf4, 0xff, 0xfa,
    };
    struct kvm390_vcpu *vcpu = start_vcpu(io, sizeof(io));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    FAILS(enable(NULL, KVM_CAP_S390_USER_SIGP, 1), EINVAL);
    FAILS(enable(NULL, 0x7fff, 0), EINVAL);
    CHECK(enable(NULL, KVM_CAP_S390_USER_SIGP, 0) == 0);
    FAILS(enable(NULL, KVM_CAP_S390_VECTOR_REGISTERS, 0), EBUSY);
    FAILS(enable(NULL, KVM_CAP_S390_RI, 0), EBUSY);
    FAILS(enable(NULL, KVM_CAP_S390_CPU_TOPOLOGY, 0), EBUSY);
    FAILS(enable(NULL, KVM_CAP_S390_CSS_SUPPORT, 0), EINVAL);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.gprs[2] >> 28 == 3); /* cc 3 */
    FAILS(enable(vcpu, KVM_CAP_S390_USER_SIGP, 0), EINVAL);
    CHECK(enable(vcpu, KVM_CAP_S390_CSS_SUPPORT, 0) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_SIEIC);
    CHECK(run->s390_sieic.icptcode == 4 && run->s390_sieic.ipa == 0xb234);
    CHECK(run->psw_addr == CODE + 4);
    CHECK(enable(NULL, KVM_CAP_S390_USER_STSI, 0) == 0);
    CHECK(extension(KVM_CAP_S390_USER_STSI) == 1);
    memory[CODE + 1] = 0x35; /* tsch 0 */
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->exit_reason == KVM_EXIT_S390_TSCH);
    CHECK(!run->s390_tsch.dequeued && run->s390_tsch.ipb == 0);
}

static void test_stats(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_stats_header header;
    int fd = kvm390_vcpu_ioctl(vcpu, KVM_GET_STATS_FD, NULL), i;
    uint64_t value;

    CHECK(fd >= 0);
    CHECK(pread(fd, &header, sizeof(header), 0) == sizeof(header));
    CHECK(header.num_desc >= 1 && header.name_size >= 16);
    for (i = 0; i < 3; i++) {
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    }
    CHECK(pread(fd, &value, 8, header.data_offset) == 8 && value == 3);
    close(fd);
}

/* --- the VM's process --- */

/* Has it ended, though its new parent may take its time to notice? */
static bool ended(pid_t pid)
{
    char path[32], state = 'Z';
    FILE *stat;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    stat = fopen(path, "re");
    if (stat) {
        if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1) {
            state = 'Z'; /* between the two calls */
        }
        fclose(stat);
    }
    return state == 'Z';
}

static bool gone(pid_t pid)
{
    int i;

    for (i = 0; i < 500; i++) {
        if (ended(pid)) {
            return true;
        }
        usleep(10000);
    }
    return false;
}

/* Whenever a client is killed, its VM ends by itself. */
static void test_client_killed(void)
{
    int round;

    for (round = 0; round < 20; round++) {
        pid_t server = 0, child;
        int pair[2];

        if (pipe(pair)) {
            CHECK(!"pipe");
            return;
        }
        child = fork();
        if (!child) {
            struct kvm390_vcpu *vcpu;

            /* The library's own fork() would leave its child to us. */
            vm = start();
            server = kvm390_vm_pid(vm);
            if (write(pair[1], &server, sizeof(server)) < 0) {
                _exit(1);
            }
            vcpu = start_vcpu(looping, sizeof(looping));
            kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL);
            _exit(1);
        }
        CHECK(read(pair[0], &server, sizeof(server)) == sizeof(server));
        usleep(rand() % 60000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        CHECK(gone(server));
        close(pair[0]);
        close(pair[1]);
    }
}

/* Whenever a VM is killed, its client gets an error, and no more. */
static void *kill_later(void *opaque)
{
    usleep(rand() % 30000);
    kill(*(pid_t *)opaque, SIGKILL);
    return NULL;
}

static void test_server_killed(void)
{
    int round;

    for (round = 0; round < 20; round++) {
        struct kvm390_vm *mine = start();
        pid_t pid = kvm390_vm_pid(mine);
        struct kvm390_vcpu *vcpu;
        pthread_t thread;
        int n = 0;

        vcpu = kvm390_vcpu_create(mine, 0);
        CHECK(set_slot_of(mine, 0, 0, 0, 1 << 20, map(1 << 20)) == 0);
        pthread_create(&thread, NULL, kill_later, &pid);
        while (kvm390_vcpu_ioctl(vcpu, KVM_S390_INITIAL_RESET, NULL) == 0) {
            n++;
        }
        CHECK(errno == EIO);
        FAILS(kvm390_vm_ioctl(mine, KVM_CHECK_EXTENSION, NULL), EIO);
        pthread_join(thread, NULL);
        kvm390_vm_close(mine);
    }
}

static void test_vm_ends(void)
{
    struct kvm390_vm *mine = start();
    pid_t pid = kvm390_vm_pid(mine);

    CHECK(kill(pid, 0) == 0);
    kvm390_vm_close(mine);
    CHECK(kill(pid, 0) == -1 && errno == ESRCH);
}

static const struct test tests[] = {
    { "system", test_system, false },
    { "CHECK_EXTENSION", test_extensions, false },
    { "SET_USER_MEMORY_REGION", test_slots, false },
    { "slots share the caller's memory", test_memory_is_shared, false },
    { "GET_DIRTY_LOG", test_dirty_log, false },
    { "what s390x Linux does not have", test_not_offered, false },
    { "device attributes", test_attributes, false },
    { "CPU model: facilities and their mask", test_cpu_model, false },
    { "CPU model: features, subfunctions", test_cpu_model_masks, false },
    { "CPU model: the guest sees it", test_cpu_model_reaches_guest, false },
    { "CREATE_VCPU", test_create_vcpu, false },
    { "RUN", test_run, false },
    { "RUN without memory", test_run_without_memory, false },
    { "RUN of code that changed", test_changed_code, false },
    { "RUN and signals", test_signal, false },
    { "SIGP", test_sigp, false },
    { "SET_SIGNAL_MASK", test_signal_mask, false },
    { "disabled wait", test_wait, false },
    { "an interruption ends a wait", test_wait_ends, false },
    { "REGS, SREGS, FPU", test_registers, false },
    { "the FPC", test_fpc, false },
    { "resets", test_resets, false },
    { "ONE_REG", test_one_reg, false },
    { "MP_STATE", test_mp_state, false },
    { "SET_INITIAL_PSW", test_initial_psw, false },
    { "STORE_STATUS, VCPU_FAULT", test_store_status, false },
    { "PRE_FAULT_MEMORY", test_pre_fault, false },
    { "INTERRUPT, IRQ_STATE", test_interrupts, false },
    { "program interruption", test_program_interrupt, false },
    { "stop", test_stop, false },
    { "SET_GUEST_DEBUG", test_debug, false },
    { "MEM_OP", test_memop, false },
    { "SKEYS, KEYOP", test_skeys, false },
    { "CMMA: errors", test_cmma_errors, false },
    { "CMMA: the log", test_cmma_log, false },
    { "ENABLE_CAP", test_enable_cap, false },
    { "GET_STATS_FD", test_stats, false },
    { "a client is killed", test_client_killed, true },
    { "a VM is killed", test_server_killed, true },
    { "a VM is closed", test_vm_ends, true },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
