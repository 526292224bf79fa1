/*
 * The KVM API on the host: device attributes and the CPU model
 *
 *     model-test QEMU
 *
 * Each test starts a VM of its own. Expectations are KVM's (Linux,
 * Documentation/virt/kvm/api.rst and what arch/s390/kvm observably does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <string.h>

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
    /* a machine without adjunct processors */
    CHECK(attr(KVM_HAS_DEVICE_ATTR, 2, 3, NULL) == 0);
    FAILS(attr(KVM_HAS_DEVICE_ATTR, 2, 4, NULL), ENXIO);
    FAILS(attr(KVM_GET_DEVICE_ATTR, 2, 0, NULL), ENXIO);
    FAILS(attr(KVM_SET_DEVICE_ATTR, 2, 9, NULL), ENXIO);
    FAILS(attr(KVM_HAS_DEVICE_ATTR, 5, 0, NULL), ENXIO); /* no topology */
    FAILS(attr(KVM_SET_DEVICE_ATTR, 2, 4, NULL), EOPNOTSUPP);
}

/* Wrapping keys belong to facility 76 (message-security assist 3). */
static void test_wrapping_keys(void)
{
    static struct kvm_s390_vm_cpu_processor p;
    unsigned i;

    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &p) == 0);
    CHECK(p.fac_list[1] >> (63 - 76 % 64) & 1);
    for (i = 0; i < 4; i++) { /* AES and DEA, on and off */
        CHECK(attr(KVM_SET_DEVICE_ATTR, 2, i, NULL) == 0);
    }
    p.fac_list[1] &= ~(1ull << (63 - 76 % 64));
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, 0, &p) == 0);
    for (i = 0; i < 4; i++) {
        FAILS(attr(KVM_SET_DEVICE_ATTR, 2, i, NULL), EINVAL);
    }
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
    CHECK(!memcmp(p.fac_list, machine.fac_mask, sizeof(p.fac_list)));
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

static bool facility(const __u64 *list, unsigned nr)
{
    return list[nr / 64] >> (63 - nr % 64) & 1;
}

/* stidp 0x800(0); diag 0,0,0x501 */
static const unsigned char store_id[] = { 0xb2, 0x02, 0x08, 0x00,
                                          0x83, 0x00, 0x05, 0x01 };

/* Some facilities come with a capability; the version says "a guest". */
static void test_granted(void)
{
    static struct kvm_s390_vm_cpu_machine machine;
    static struct kvm_s390_vm_cpu_processor p;
    struct kvm_enable_cap cap = { .cap = KVM_CAP_S390_VECTOR_REGISTERS };
    struct kvm390_vcpu *vcpu;

    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 1, &machine) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &p) == 0);
    CHECK(facility(machine.fac_list, 129));
    CHECK(!facility(machine.fac_mask, 129) && !facility(p.fac_list, 129));
    CHECK(!facility(machine.fac_mask, 72) && !facility(p.fac_list, 72));
    CHECK(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &cap) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 1, &machine) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &p) == 0);
    CHECK(facility(machine.fac_mask, 129) && facility(p.fac_list, 129));
    CHECK(!facility(p.fac_list, 72));
    cap.cap = KVM_CAP_S390_AIS;
    CHECK(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &cap) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &p) == 0);
    CHECK(facility(p.fac_list, 72));
    CHECK(p.cpuid >> 56 == 0xff && machine.cpuid >> 56 == 0);

    vcpu = start_vcpu(store_id, sizeof(store_id));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(kvm390_vcpu_run(vcpu)));
    p.cpuid = __builtin_bswap64(p.cpuid);
    CHECK(!memcmp(memory + 0x800, &p.cpuid, 8));
    FAILS(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &cap), EBUSY);
}

/* A VM has facility 74, which KVM provides; without it there is no STHYI. */
static const unsigned char store_information[] = {
    0xa7, 0x29, 0x00, 0x00, /* lghi %r2,0 */
    0xa7, 0x49, 0x30, 0x00, /* lghi %r4,0x3000 */
    0xb2, 0x56, 0x00, 0x24, /* sthyi %r2,%r4 */
    0x83, 0x00, 0x05, 0x01, /* diag 0x501 */
};

static void test_hypervisor_information(void)
{
    static struct kvm_s390_vm_cpu_machine machine;
    static struct kvm_s390_vm_cpu_processor p;
    struct kvm390_vcpu *vcpu;

    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 1, &machine) == 0);
    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &p) == 0);
    CHECK(facility(machine.fac_mask, 74) && facility(p.fac_list, 74));
    vcpu = start_vcpu(store_information, sizeof(store_information));
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(kvm390_vcpu_run(vcpu)));
    CHECK(memory[0x3000 + 9] == 168);
}

static void test_no_hypervisor_information(void)
{
    static struct kvm_s390_vm_cpu_processor p;
    struct kvm390_vcpu *vcpu;

    CHECK(attr(KVM_GET_DEVICE_ATTR, 3, 0, &p) == 0);
    p.fac_list[1] &= ~(1ull << (63 - (74 - 64)));
    CHECK(attr(KVM_SET_DEVICE_ATTR, 3, 0, &p) == 0);
    vcpu = start_vcpu(store_information, sizeof(store_information));
    put64(memory + 0x1d0, 0x0002000180000000);
    put64(memory + 0x1d8, 0x74);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(kvm390_vcpu_run(vcpu)->psw_addr == 0x74);
    CHECK(memory[0x8f] == 1); /* operation exception */
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

static const struct test tests[] = {
    { "device attributes", test_attributes, false },
    { "attributes of wrapping keys", test_wrapping_keys, false },
    { "CPU model: facilities and their mask", test_cpu_model, false },
    { "CPU model: what capabilities grant", test_granted, false },
    { "STHYI with facility 74", test_hypervisor_information, false },
    { "no STHYI without it", test_no_hypervisor_information, false },
    { "CPU model: features, subfunctions", test_cpu_model_masks, false },
    { "CPU model: the guest sees it", test_cpu_model_reaches_guest, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
