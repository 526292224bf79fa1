/*
 * The wire by hand: for tests that say what libkvm390 never would
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_RAW_H
#define KVM390_API_RAW_H

#include "kvm390/include/uapi.h"
#include "kvm390/include/wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RAW_TIMEOUT 20000 /* ms, for an answer */

/* Names of before, for programs outside of the tree: for one release. */
static inline void kvm390_head_to_wire(struct kvm390_head *head)
{
    kvm390_head_reorder(head);
}

static inline void kvm390_arg_to_wire(const struct kvm390_ioctl *io, void *arg,
                                      bool native)
{
    kvm390_arg_reorder(io, arg, native ? KVM390_HOST_ORDER : KVM390_WIRE_ORDER,
                       native ? KVM390_WIRE_ORDER : KVM390_HOST_ORDER);
}

/* A struct of this program's, for the wire. */
static inline void raw_arg(const struct kvm390_ioctl *io, void *arg)
{
    kvm390_arg_reorder(io, arg, KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
}

static inline int64_t raw_now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

/* A VM's server on one end of a socket pair; returns the other, or -1. */
static inline int raw_start(const char *qemu, pid_t *pid)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        return -1;
    }
    *pid = fork();
    if (*pid == 0) {
        char object[64];
        int fd = dup(pair[1]);

        snprintf(object, sizeof(object), "kvm390-api,id=api0,fd=%d", fd);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the test */
        execlp(qemu, qemu, "-accel", "kvm390", "-machine", "kvm390-vm",
               "-nodefaults", "-display", "none", "-monitor", "none",
               "-serial", "none", "-object", object, NULL);
        _exit(127);
    }
    close(pair[1]);
    return pair[0];
}

static inline int raw_attach(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Sends what fits at once, with descriptors; returns the bytes sent or -1. */
static inline ssize_t raw_write(int fd, const void *data, size_t len,
                                const int *fds, size_t nfds, int flags)
{
    union {
        char bytes[CMSG_SPACE(16 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = { (void *)data, len };
    struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

    if (nfds) {
        struct cmsghdr *cmsg;

        memset(&control, 0, sizeof(control));
        mh.msg_control = control.bytes;
        mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
        cmsg = CMSG_FIRSTHDR(&mh);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
        memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
    }
    return sendmsg(fd, &mh, MSG_NOSIGNAL | flags);
}

/* A whole message in one piece of memory; the caller frees it. */
static inline uint8_t *raw_message(struct kvm390_head head, const void *arg,
                                   const void *buf, size_t *len)
{
    uint8_t *all = malloc(sizeof(head) + head.arg_len + head.buf_len);

    *len = sizeof(head) + head.arg_len + head.buf_len;
    if (buf) {
        memcpy(all + sizeof(head) + head.arg_len, buf, head.buf_len);
    }
    if (arg) {
        memcpy(all + sizeof(head), arg, head.arg_len);
    }
    head.magic = KVM390_WIRE_MAGIC;
    kvm390_head_reorder(&head);
    memcpy(all, &head, sizeof(head));
    return all;
}

/* Returns false if the server hung up, or does not take it. */
static inline bool raw_send(int fd, struct kvm390_head head, const void *arg,
                            const void *buf, int passed)
{
    size_t len, done = 0;
    uint8_t *all = raw_message(head, arg, buf, &len);

    while (done < len) {
        struct pollfd pfd = { .fd = fd, .events = POLLOUT };
        ssize_t n;

        if (poll(&pfd, 1, RAW_TIMEOUT) <= 0) {
            break;
        }
        n = raw_write(fd, all + done, len - done, &passed,
                      passed >= 0 && !done, MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN) {
            break;
        }
        done += n > 0 ? n : 0;
    }
    free(all);
    return done == len;
}

enum { RAW_OK, RAW_CLOSED, RAW_SILENT };

static inline int raw_read(int fd, void *to, size_t len, int timeout,
                           int *passed)
{
    int64_t end = raw_now_ms() + timeout;
    size_t done = 0;

    while (done < len) {
        union {
            char bytes[CMSG_SPACE(sizeof(int))];
            struct cmsghdr align;
        } control;
        struct iovec iov = { (char *)to + done, len - done };
        struct msghdr mh = {
            .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
            .msg_controllen = sizeof(control.bytes),
        };
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        int64_t left = end - raw_now_ms();
        struct cmsghdr *cmsg;
        ssize_t n;

        if (left < 0 || poll(&pfd, 1, left) <= 0) {
            return RAW_SILENT;
        }
        n = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            return RAW_CLOSED;
        }
        cmsg = n > 0 ? CMSG_FIRSTHDR(&mh) : NULL;
        if (cmsg) {
            int got;

            memcpy(&got, CMSG_DATA(cmsg), sizeof(got));
            if (passed) {
                *passed = got;
            } else {
                close(got);
            }
        }
        done += n > 0 ? n : 0;
    }
    return RAW_OK;
}

/* A reply. Its buffers go to @buf, which has room for KVM390_MAX_BUF. */
static inline int raw_recv(int fd, struct kvm390_head *head, void *arg,
                           void *buf, int timeout, int *passed)
{
    static uint8_t nowhere[KVM390_MAX_BUF];
    uint8_t some[KVM390_MAX_ARG];
    int ret = raw_read(fd, head, sizeof(*head), timeout, passed);

    if (ret) {
        return ret;
    }
    kvm390_head_reorder(head);
    if (kvm390_head_check(head)) {
        printf("# a reply that is none: %s\n", kvm390_head_check(head));
        return RAW_CLOSED;
    }
    ret = raw_read(fd, arg ? arg : some, head->arg_len, timeout, NULL);
    return ret ? ret : raw_read(fd, buf ? buf : nowhere, head->buf_len,
                                timeout, NULL);
}

/* A request and its reply's result; -EPIPE if closed, -ETIMEDOUT if silent. */
static inline int raw_call(int fd, struct kvm390_head head, const void *arg,
                           const void *buf, int passed, int *received)
{
    int ret;

    if (!raw_send(fd, head, arg, buf, passed)) {
        return -EPIPE;
    }
    ret = raw_recv(fd, &head, NULL, NULL, RAW_TIMEOUT, received);
    return ret == RAW_SILENT ? -ETIMEDOUT : ret ? -EPIPE : head.ret;
}

static inline int raw_plain(int fd, uint32_t cmd, int32_t target, uint64_t arg)
{
    return raw_call(fd, (struct kvm390_head) {
        .cmd = cmd, .target = target, .arg = arg }, NULL, NULL, -1, NULL);
}

static inline int raw_hello(int fd)
{
    return raw_plain(fd, KVM390_CMD_HELLO, KVM390_SYSTEM,
                     KVM390_WIRE_VERSION | KVM390_HELLO_LITTLE_ENDIAN);
}

/* One more connection, for a vCPU or (KVM390_VM) for none; -errno. */
static inline int raw_channel(int fd, int32_t target)
{
    int pair[2], ret;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        return -errno;
    }
    ret = raw_call(fd, (struct kvm390_head) {
        .cmd = KVM390_CMD_CHANNEL, .target = target }, NULL, NULL, pair[1],
        NULL);
    close(pair[1]);
    if (ret < 0) {
        close(pair[0]);
        return ret;
    }
    return pair[0];
}

/* Does the server hang up? What it still says is dropped. Closes @fd. */
static inline bool raw_closed(int fd)
{
    char some[256];
    int ret;

    do {
        ret = raw_read(fd, some, 1, RAW_TIMEOUT, NULL);
    } while (ret == RAW_OK);
    close(fd);
    return ret == RAW_CLOSED;
}

/* Does a child end within the timeout? Its status goes to @status. */
static inline bool raw_reap(pid_t pid, int *status)
{
    int64_t end = raw_now_ms() + RAW_TIMEOUT;

    while (waitpid(pid, status, WNOHANG) == 0) {
        if (raw_now_ms() > end) {
            kill(pid, SIGKILL);
            waitpid(pid, status, 0);
            return false;
        }
        usleep(2000);
    }
    return true;
}

#endif
