/*
 * The KVM API on the host: the process of a VM, which ends with its client
 *
 *     process-test QEMU
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
#include <sys/wait.h>
#include <unistd.h>

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
    { "a client is killed", test_client_killed, true },
    { "a VM is killed", test_server_killed, true },
    { "a VM is closed", test_vm_ends, true },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
