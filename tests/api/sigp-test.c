/*
 * The KVM API on the host: SIGNAL PROCESSOR between vCPUs that come and go
 *
 *     sigp-test QEMU
 *
 * One vCPU stops another all the time, which its client starts again by
 * KVM_RUN. Whatever moment the order comes at, that KVM_RUN ends with the exit
 * of a stop: KVM keeps an order for a vCPU that is not stopped until KVM_RUN
 * has told it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include <pthread.h>
#include <unistd.h>

#define BASE    0x0000000180000000ull
#define EXT     0x0100000000000000ull
#define WAIT    0x0002000000000000ull
#define STOPPED 0x28
#define SIGP_STOP           5
#define SIGP_STOP_AND_STORE 9

#define LOOP    (CODE + 0x100)  /* of the vCPU that is stopped */
#define ROUNDS  2000
#define ORDERS  100             /* between two exits */
#define LOST    1000            /* exits without a word of the other */

static struct kvm390_vcpu *sender, *target;
static pthread_t target_thread;
static unsigned rounds;         /* of the target; atomic */
static bool over, lost;         /* atomic */

static void on_signal(int nr_of_signal __attribute__((unused)))
{
}

/* A target that is silent while it is told to stop so often is never told. */
static void *send_orders(void *opaque)
{
    unsigned seen = 0, silent = 0;

    (void)opaque;
    while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
        unsigned now = __atomic_load_n(&rounds, __ATOMIC_ACQUIRE);

        silent = now == seen ? silent + 1 : 0;
        seen = now;
        if (silent >= LOST) {
            __atomic_store_n(&lost, true, __ATOMIC_RELEASE);
            pthread_kill(target_thread, SIGUSR1);
            usleep(1000);
        }
        if (kvm390_vcpu_ioctl(sender, KVM_RUN, NULL) ||
            !is_diag_501(kvm390_vcpu_run(sender))) {
            break;
        }
    }
    return NULL;
}

/* r2 orders, then diag 0,0,0x501, and all over */
static void write_sender(unsigned char order)
{
    const unsigned char code[] = {
        0xa7, 0x29, 0x00, ORDERS,               /* lghi %r2,ORDERS */
        0xae, 0x67, 0x00, order,                /* sigp %r6,%r7,order */
        0xa7, 0x27, 0xff, 0xfe,                 /* brctg %r2,.-4 */
        0x83, 0x00, 0x05, 0x01,
        0xa7, 0xf4, 0xff, 0xf8,                 /* j .-16 */
    };

    memcpy(memory + CODE, code, sizeof(code));
    memcpy(memory + LOOP, looping, sizeof(looping));
}

static void stop_again_and_again(unsigned char order, uint64_t mask)
{
    struct kvm_regs regs = { .gprs = { [7] = 1 } };
    struct kvm_run *run;
    pthread_t thread;
    int ret = 0;

    sigaction(SIGUSR1, &(struct sigaction) { .sa_handler = on_signal }, NULL);
    target_thread = pthread_self();
    over = lost = false;
    rounds = 0;
    sender = start_vcpu(counting, sizeof(counting));
    target = kvm390_vcpu_create(vm, 1);
    write_sender(order);
    CHECK(kvm390_vcpu_ioctl(sender, KVM_SET_REGS, &regs) == 0);
    run = kvm390_vcpu_run(target);
    run->psw_mask = mask;
    run->psw_addr = LOOP;
    pthread_create(&thread, NULL, send_orders, NULL);
    while (rounds < ROUNDS && !ret) {
        ret = kvm390_vcpu_ioctl(target, KVM_RUN, NULL);
        ret = ret || run->exit_reason != KVM_EXIT_S390_SIEIC ||
              run->s390_sieic.icptcode != STOPPED;
        __atomic_fetch_add(&rounds, 1, __ATOMIC_RELEASE);
    }
    CHECK(!ret && !__atomic_load_n(&lost, __ATOMIC_ACQUIRE));
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

static void test_waiting(void)
{
    stop_again_and_again(SIGP_STOP, BASE | EXT | WAIT);
}

static void test_waiting_store(void)
{
    stop_again_and_again(SIGP_STOP_AND_STORE, BASE | EXT | WAIT);
}

static void test_looping(void)
{
    stop_again_and_again(SIGP_STOP, BASE);
}

static const struct test tests[] = {
    { "SIGP stops a vCPU that begins to wait", test_waiting, false },
    { "SIGP stops it and stores its status", test_waiting_store, false },
    { "SIGP stops a vCPU that begins to run", test_looping, false },
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_tests(argv[1], tests,
                                 sizeof(tests) / sizeof(*tests)) : 2;
}
