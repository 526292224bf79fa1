/*
 * KVM_RUN, and the signals that end it
 *
 * SPDX-License-Identifier: MIT
 */
#include "vm.h"
#include "kvm390/core/layouts.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>

/* The kernel's signal set has 8 bytes, which libc's begins with. */
#define KERNEL_SIGSET 8

int kvm390_vcpu_set_signal_mask(struct kvm390_vcpu *vcpu, uint64_t arg)
{
    uint8_t bytes[KERNEL_SIGSET];
    uint32_t len;

    if (!arg) {
        vcpu->has_sigmask = false;
        return 0;
    }
    if (kvm390_copy_in(&len, arg, sizeof(len))) {
        return -EFAULT;
    }
    kvm390_reorder(&kvm390_layout_u32, &len, sizeof(len), kvm390_caller.order,
                   KVM390_HOST_ORDER);
    if (len != KERNEL_SIGSET) {
        return -EINVAL;
    }
    if (kvm390_copy_in(bytes, arg + offsetof(struct kvm_signal_mask, sigset),
                       sizeof(bytes))) {
        return -EFAULT;
    }
    if (kvm390_caller.signals) {
        kvm390_caller.signals(&vcpu->sigmask, bytes);
    } else {
        sigfillset(&vcpu->sigmask);
        memcpy(&vcpu->sigmask, bytes, sizeof(bytes));
    }
    vcpu->has_sigmask = true;
    return 0;
}

/*
 * Which signals end the wait: those that KVM_SET_SIGNAL_MASK leaves, or else
 * the program. What the program blocks stays pending, so those come through a
 * descriptor; returns it, or -1. @wait becomes the mask to wait with.
 */
static int signals_to_wait_for(struct kvm390_vcpu *vcpu,
                               const sigset_t *before, sigset_t *wait)
{
    sigset_t held;
    int sig, fd = -1;

    *wait = *before;
    if (!vcpu->has_sigmask) {
        return -1;
    }
    sigemptyset(&held);
    for (sig = 1; sig <= 8 * KERNEL_SIGSET; sig++) {
        if (sigismember(&vcpu->sigmask, sig) == 1) {
            sigaddset(wait, sig);
        } else if (sigismember(before, sig) == 1) {
            sigaddset(&held, sig);
            fd = 0;
        }
    }
    return fd < 0 ? -1 : signalfd(-1, &held, SFD_CLOEXEC);
}

/* Wait for the reply; true if a signal came first. */
static bool wait_is_interrupted(struct kvm390_vcpu *vcpu,
                                const sigset_t *before)
{
    sigset_t wait;
    struct pollfd pfd[2] = {
        { .fd = vcpu->conn.fd, .events = POLLIN },
        { .fd = signals_to_wait_for(vcpu, before, &wait), .events = POLLIN },
    };
    bool signal = ppoll(pfd, 2, NULL, &wait) < 0 ? errno == EINTR :
                  pfd[1].revents & POLLIN;

    if (pfd[1].fd >= 0) {
        close(pfd[1].fd);
    }
    return signal;
}

int kvm390_vcpu_wait_run(struct kvm390_vcpu *vcpu, struct kvm390_message *msg,
                         void **reply)
{
    static uint32_t runs; /* atomic; with the process, a number of its own */
    uint64_t token;
    sigset_t all, before, blocked;
    int ret;

    token = (uint64_t)getpid() << 32 |
            __atomic_fetch_add(&runs, 1, __ATOMIC_RELAXED);
    msg->head.arg = token;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    blocked = before;
    if (kvm390_caller.blocked) {
        kvm390_caller.blocked(&blocked);
    }
    pthread_mutex_lock(&vcpu->conn.lock);
    ret = kvm390_send(&vcpu->conn, msg, NULL, -1);
    if (!ret && !kvm390_poll(&vcpu->conn) &&
        wait_is_interrupted(vcpu, &blocked)) {
        /* It may be over by itself already; either way there is one reply. */
        kvm390_command(&vcpu->vm->conn, KVM390_CMD_CANCEL, vcpu->id, token,
                       -1, NULL);
    }
    if (!ret) {
        ret = kvm390_recv(&vcpu->conn, msg, NULL, reply);
    }
    pthread_mutex_unlock(&vcpu->conn.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ret) {
        errno = EIO; /* what KVM says of a VM that is dead */
    }
    return ret;
}
