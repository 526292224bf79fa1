/*
 * The KVM API on the host: the system, capabilities, statistics
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
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

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

static void test_extensions(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);

    CHECK(extension(KVM_CAP_MAX_VCPUS) == 248);
    CHECK(extension(KVM_CAP_NR_VCPUS) ==
          (online < 248 ? online : 248));
    CHECK(extension(KVM_CAP_S390_VSIE_ESAMODE) == 1);
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

/* What QEMU's own KVM accelerator, 7.2 to 11, does not start without. */
static void test_qemus_extensions(void)
{
    static const int needed[] = {
        KVM_CAP_USER_MEMORY, KVM_CAP_DESTROY_MEMORY_REGION_WORKS,
        KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, KVM_CAP_SYNC_MMU,
        KVM_CAP_INTERNAL_ERROR_DATA, KVM_CAP_IOEVENTFD, KVM_CAP_DEVICE_CTRL,
        KVM_CAP_S390_COW, KVM_CAP_S390_MEM_OP, KVM_CAP_S390_INJECT_IRQ,
        KVM_CAP_S390_IRQ_STATE, KVM_CAP_S390_USER_SIGP, KVM_CAP_S390_USER_STSI,
        KVM_CAP_S390_VCPU_RESETS,
    };
    size_t i;

    for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        CHECK(extension(needed[i]) > 0);
    }
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

/* Linux knows them, and has no ultravisor or PCI function for this VM. */
static void test_nothing_there(void)
{
    struct kvm_enable_cap esa = { .cap = KVM_CAP_S390_VSIE_ESAMODE };
    struct kvm_s390_zpci_op zpci = { };
    struct kvm_pv_cmd pv = { };

    FAILS(kvm390_vm_ioctl(vm, KVM_S390_PV_COMMAND, &pv), EINVAL);
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_ZPCI_OP, &zpci), EINVAL);
    CHECK(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &esa) == 0);
}

/* A statistic of one value by its name; -1 if there is none. */
static int64_t stat_of(int fd, const char *name)
{
    struct kvm_stats_header h;
    struct kvm_stats_desc d;
    char text[64] = "";
    uint64_t value;
    unsigned i;

    CHECK(pread(fd, &h, sizeof(h), 0) == sizeof(h));
    CHECK(h.name_size <= sizeof(text));
    for (i = 0; i < h.num_desc; i++) {
        off_t at = h.desc_offset + i * (sizeof(d) + h.name_size);

        CHECK(pread(fd, &d, sizeof(d), at) == sizeof(d));
        CHECK(pread(fd, text, h.name_size, at + sizeof(d)) == h.name_size);
        if (!strcmp(text, name)) {
            CHECK(pread(fd, &value, 8, h.data_offset + d.offset) == 8);
            return value;
        }
    }
    return -1;
}

static void test_stats(void)
{
    static const char *const still[] = {
        "halt_poll_success_hist", "halt_wait_hist", "blocking", "exit_null",
        "instruction_lpswey", "instruction_sigp_unknown", "diag_9c_forward",
    };
    struct kvm390_vcpu *vcpu = start_vcpu(counting, sizeof(counting));
    struct kvm_s390_irq irq = { .type = KVM_S390_PROGRAM_INT,
                                .u.pgm.code = 1 };
    int fd = kvm390_vcpu_ioctl(vcpu, KVM_GET_STATS_FD, NULL);
    int vm_fd = kvm390_vm_ioctl(vm, KVM_GET_STATS_FD, NULL);
    unsigned i;

    CHECK(fd >= 0 && vm_fd >= 0);
    for (i = 0; i < 3; i++) {
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    }
    put64(memory + 0x1d0, 0x180000000);
    put64(memory + 0x1d8, CODE);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_IRQ, &irq) == 0);
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(stat_of(fd, "exit_userspace") == 4);
    CHECK(stat_of(fd, "exit_instruction") == 4);
    CHECK(stat_of(fd, "instruction_diagnose_other") == 4);
    CHECK(stat_of(fd, "inject_program") == 1);
    CHECK(stat_of(fd, "deliver_program") == 1);
    for (i = 0; i < sizeof(still) / sizeof(still[0]); i++) {
        CHECK(stat_of(fd, still[i]) == 0);
    }
    CHECK(stat_of(vm_fd, "inject_io") == 0);
    CHECK(stat_of(vm_fd, "remote_tlb_flush") == 0);
    CHECK(stat_of(fd, "instruction_diagnose") == -1); /* not Linux's */
    CHECK(stat_of(vm_fd, "ioctls") == -1);
    close(fd);
    close(vm_fd);
}

static const struct test tests[] = {
    { "system", test_system, false },
    { "CHECK_EXTENSION", test_extensions, false },
    { "CHECK_EXTENSION of what QEMU needs", test_qemus_extensions, false },
    { "what s390x Linux does not have", test_not_offered, false },
    { "ENABLE_CAP", test_enable_cap, false },
    { "PV_COMMAND, ZPCI_OP, VSIE_ESAMODE", test_nothing_there, false },
    { "GET_STATS_FD", test_stats, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
