/*
 * Several connections that change one VM at the same time
 *
 *     concurrent-test QEMU
 *
 * Every request has its answer, whatever the others ask for; nobody waits for
 * another one that waits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include "raw.h"

#include <fcntl.h>
#include <pthread.h>

#define CONNECTIONS 3
#define ROUNDS      300
#define SLOT_SIZE   (1 << 20)

/* A VM of a test's own, and what its threads work on. */
static int main_fd, memory_fd, others[CONNECTIONS];
static pid_t server;
static int failed_rounds; /* atomic */

static int call_vm(int fd, uint32_t cmd, void *arg, size_t len, void *buf,
                   size_t buf_len, int file)
{
    raw_arg(kvm390_ioctl_find(cmd, KVM390_ON_VM), arg);
    return raw_call(fd, (struct kvm390_head) {
        .cmd = cmd, .target = KVM390_VM, .arg_len = len, .buf_len = buf_len },
        arg, buf, file, NULL);
}

static int set_slot_on(int fd, unsigned slot, unsigned flags, uint64_t gpa,
                       uint64_t size)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot, .flags = flags, .guest_phys_addr = gpa,
        .memory_size = size, .userspace_addr = size ? SLOT_SIZE : 0,
    };
    uint64_t offset = 0;

    return call_vm(fd, KVM_SET_USER_MEMORY_REGION, &region, sizeof(region),
                   &offset, size ? 8 : 0, size ? memory_fd : -1);
}

/* @vcpus vCPUs; connections for them, or more for the VM */
static void begin(int vcpus)
{
    int i;

    failed_rounds = 0;
    main_fd = raw_start(qemu, &server);
    CHECK(raw_hello(main_fd) == 0);
    memory_fd = memfd_create("memory", MFD_CLOEXEC);
    CHECK(ftruncate(memory_fd, SLOT_SIZE) == 0);
    for (i = 0; i < CONNECTIONS; i++) {
        if (i < vcpus) {
            CHECK(raw_plain(main_fd, KVM_CREATE_VCPU, KVM390_VM, i) >= 0);
        }
        others[i] = raw_channel(main_fd, i < vcpus ? i : KVM390_VM);
        CHECK(others[i] >= 0);
    }
}

/* The server answers, and ends with its client. */
static void end(void)
{
    int status = 0, i;

    CHECK(__atomic_load_n(&failed_rounds, __ATOMIC_RELAXED) == 0);
    CHECK(raw_plain(main_fd, KVM_GET_API_VERSION, KVM390_SYSTEM, 0) == 12);
    close(main_fd);
    CHECK(raw_reap(server, &status));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (i = 0; i < CONNECTIONS; i++) {
        close(others[i]);
    }
    close(memory_fd);
}

/* One of two errno, or success. */
static void expect(int ret, int or_this, int or_that)
{
    if (ret && ret != -or_this && ret != -or_that) {
        printf("# an answer of %d\n", ret);
        __atomic_fetch_add(&failed_rounds, 1, __ATOMIC_RELAXED);
    }
}

static bool gone_wrong(void)
{
    return __atomic_load_n(&failed_rounds, __ATOMIC_RELAXED);
}

static void in_threads(void *(*work)(void *), int n)
{
    pthread_t threads[CONNECTIONS];
    intptr_t i;

    for (i = 0; i < n; i++) {
        pthread_create(&threads[i], NULL, work, (void *)i);
    }
    for (i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* --- slots on the connections of vCPUs, whose threads answer --- */

static void *own_slot(void *opaque)
{
    intptr_t i = (intptr_t)opaque;
    int round;

    for (round = 0; round < ROUNDS && !gone_wrong(); round++) {
        expect(set_slot_on(others[i], 1 + i, 0, (1 + i) << 30, SLOT_SIZE), 0,
               0);
        expect(set_slot_on(others[i], 1 + i, 0, 0, 0), 0, 0);
    }
    return NULL;
}

static void slots_of_vcpus(void)
{
    begin(2);
    in_threads(own_slot, 3);
    end();
}

/* --- vCPUs that have each other's status stored --- */

static void *store_status_of_other(void *opaque)
{
    intptr_t i = (intptr_t)opaque;
    const struct kvm390_ioctl *io = kvm390_ioctl_find(KVM_S390_IRQ,
                                                      KVM390_ON_VCPU);
    int round;

    for (round = 0; round < ROUNDS && !gone_wrong(); round++) {
        struct kvm_s390_irq irq = {
            .type = KVM_S390_SIGP_STOP,
            .u.stop.flags = KVM_S390_STOP_FLAG_STORE_STATUS,
        };

        raw_arg(io, &irq);
        expect(raw_call(others[i], (struct kvm390_head) {
            .cmd = KVM_S390_IRQ, .target = 1 - i, .arg_len = sizeof(irq) },
            &irq, NULL, -1, NULL), 0, 0);
    }
    return NULL;
}

static void stop_each_other(void)
{
    int i;

    begin(2);
    CHECK(set_slot_on(main_fd, 0, 0, 0, SLOT_SIZE) == 0);
    for (i = 0; i < 2; i++) {
        struct kvm_mp_state state = { KVM_MP_STATE_STOPPED };

        raw_arg(kvm390_ioctl_find(KVM_SET_MP_STATE, KVM390_ON_VCPU), &state);
        CHECK(raw_call(others[i], (struct kvm390_head) {
            .cmd = KVM_SET_MP_STATE, .target = i, .arg_len = sizeof(state) },
            &state, NULL, -1, NULL) == 0);
    }
    in_threads(store_status_of_other, 2);
    end();
}

/* --- one slot that is made, moved, logged and deleted --- */

static void *share_slot(void *opaque)
{
    static uint8_t map[KVM390_MAX_BUF];
    int fd = others[(intptr_t)opaque], round;

    for (round = 0; round < ROUNDS && !gone_wrong(); round++) {
        struct kvm_dirty_log log = { .slot = 1, .padding2 = 1 };

        switch ((intptr_t)opaque) {
        case 0:
            expect(set_slot_on(fd, 1, KVM_MEM_LOG_DIRTY_PAGES, 1ull << 30,
                               SLOT_SIZE), EEXIST, 0);
            break;
        case 1:
            expect(set_slot_on(fd, 1, 0, 0, 0), EINVAL, 0);
            break;
        default:
            expect(set_slot_on(fd, 1, (round & 1) *
                               KVM_MEM_LOG_DIRTY_PAGES,
                               (1ull << 31) + (((uint64_t)round & 1) << 24),
                               SLOT_SIZE), EEXIST, 0);
            expect(call_vm(fd, KVM_GET_DIRTY_LOG, &log, sizeof(log), map, 0,
                           -1), ENOENT, 0);
        }
    }
    return NULL;
}

static void slot_of_all(void)
{
    struct kvm390_protect protect = {
        .addr = SLOT_SIZE, .len = 4096, .permit = 1,
    };

    begin(1);
    CHECK(call_vm(main_fd, KVM390_PROTECT, &protect, sizeof(protect), NULL, 0,
                  -1) == 0);
    in_threads(share_slot, 3);
    end();
}

/* --- vCPUs are made while slots change --- */

static void *make_vcpus(void *opaque)
{
    intptr_t i = (intptr_t)opaque;
    int id;

    if (!i) {
        return own_slot(opaque);
    }
    for (id = 1; id < 12 && !gone_wrong(); id++) {
        int ret = raw_plain(others[i], KVM_CREATE_VCPU, KVM390_VM, id);

        expect(ret < 0 ? ret : 0, EEXIST, 0);
    }
    return NULL;
}

static void vcpus_and_slots(void)
{
    begin(1);
    in_threads(make_vcpus, 3);
    end();
}

static const struct test tests[] = {
    { "slots changed on vCPUs' connections", slots_of_vcpus, true },
    { "vCPUs have each other's status stored", stop_each_other, true },
    { "one slot made, moved, logged and deleted", slot_of_all, true },
    { "vCPUs made while slots change", vcpus_and_slots, true },
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_tests(argv[1], tests,
                                 sizeof(tests) / sizeof(*tests)) : 2;
}
