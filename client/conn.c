/*
 * Messages over a socket
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PROBE_STEP 4096

/*
 * The kernel reads a signal set before it looks at the operation: EFAULT if it
 * can't, EINVAL for the operation. That tells without a signal handler, a
 * pipe, or a limit on what kind of memory it is.
 */
static bool readable_at(uintptr_t addr)
{
    uintptr_t p = addr & ~(uintptr_t)7;
    int saved = errno;
    bool ok;

    if (!p) {
        return false; /* the kernel would take it for "no set" */
    }
    ok = syscall(SYS_rt_sigprocmask, ~0, (void *)p, NULL, 8) != -1 ||
         errno != EFAULT;
    errno = saved;
    return ok;
}

bool kvm390_readable(const void *addr, size_t len)
{
    uintptr_t p = (uintptr_t)addr, last = p + len - 1;

    if (!len) {
        return true;
    }
    if (last < p) {
        return false;
    }
    for (; p <= last; p = (p | (PROBE_STEP - 1)) + 1) {
        if (!readable_at(p)) {
            return false;
        }
        if ((p | (PROBE_STEP - 1)) == UINTPTR_MAX) {
            break;
        }
    }
    return true;
}

int kvm390_copy_out(void *to, const void *from, size_t len)
{
    uintptr_t p = (uintptr_t)to, last = p + len - 1;

    if (!len) {
        return 0;
    }
    /* Let the kernel store a byte into each page first: it says EFAULT. */
    for (; last >= (uintptr_t)to && p <= last; p = (p | (PROBE_STEP - 1)) + 1) {
        if (syscall(SYS_getrandom, (void *)p, 1, 0) != 1) {
            errno = EFAULT;
            return -1;
        }
    }
    memcpy(to, from, len);
    return 0;
}

static int send_all(int fd, struct iovec *iov, int n, int send_fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr mh = { .msg_iov = iov, .msg_iovlen = n };

    if (send_fd >= 0) {
        struct cmsghdr *cmsg;

        memset(&control, 0, sizeof(control));
        mh.msg_control = control.bytes;
        mh.msg_controllen = sizeof(control.bytes);
        cmsg = CMSG_FIRSTHDR(&mh);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(cmsg), &send_fd, sizeof(int));
    }
    while (mh.msg_iovlen) {
        ssize_t done = sendmsg(fd, &mh, MSG_NOSIGNAL);

        if (done < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        mh.msg_control = NULL;
        mh.msg_controllen = 0;
        while (mh.msg_iovlen && (size_t)done >= mh.msg_iov->iov_len) {
            done -= mh.msg_iov->iov_len;
            mh.msg_iov++;
            mh.msg_iovlen--;
        }
        if (mh.msg_iovlen) {
            mh.msg_iov->iov_base = (char *)mh.msg_iov->iov_base + done;
            mh.msg_iov->iov_len -= done;
        }
    }
    return 0;
}

/* Receives all of it; @recv_fd gets a descriptor, should one come along. */
static int recv_all(int fd, void *buf, size_t len, int *recv_fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    size_t done = 0;

    while (done < len) {
        struct iovec iov = { (char *)buf + done, len - done };
        struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
        struct cmsghdr *cmsg;
        ssize_t n;

        if (recv_fd) {
            mh.msg_control = control.bytes;
            mh.msg_controllen = sizeof(control.bytes);
        }
        n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n ? errno : EIO;
            return -1;
        }
        cmsg = recv_fd ? CMSG_FIRSTHDR(&mh) : NULL;
        if (cmsg && cmsg->cmsg_type == SCM_RIGHTS) {
            memcpy(recv_fd, CMSG_DATA(cmsg), sizeof(int));
        }
        done += n;
    }
    return 0;
}

int kvm390_send(struct kvm390_conn *conn, const struct kvm390_message *msg,
                const void *buf, int send_fd)
{
    struct kvm390_head head = msg->head;
    struct iovec iov[3] = {
        { &head, sizeof(head) },
        { (void *)msg->arg, msg->head.arg_len },
        { (void *)buf, msg->head.buf_len },
    };

    head.magic = KVM390_WIRE_MAGIC;
    kvm390_head_to_wire(&head);
    return send_all(conn->fd, iov, 3, send_fd);
}

int kvm390_recv(struct kvm390_conn *conn, struct kvm390_message *msg,
                int *recv_fd, void **reply)
{
    int fd = -1;
    void *buf = NULL;

    *reply = NULL;
    if (recv_all(conn->fd, &msg->head, sizeof(msg->head), &fd)) {
        return -1;
    }
    kvm390_head_to_wire(&msg->head);
    if (kvm390_head_check(&msg->head)) {
        goto broken;
    }
    if (msg->head.arg_len &&
        recv_all(conn->fd, msg->arg, msg->head.arg_len, NULL)) {
        goto broken;
    }
    if (msg->head.buf_len) {
        buf = malloc(msg->head.buf_len);
        if (!buf || recv_all(conn->fd, buf, msg->head.buf_len, NULL)) {
            goto broken;
        }
    }
    if (recv_fd) {
        *recv_fd = fd;
    } else if (fd >= 0) {
        close(fd);
    }
    *reply = buf;
    return 0;

broken:
    free(buf);
    if (fd >= 0) {
        close(fd);
    }
    shutdown(conn->fd, SHUT_RDWR);
    errno = EIO;
    return -1;
}

int kvm390_call(struct kvm390_conn *conn, struct kvm390_message *msg,
                const void *buf, int send_fd, int *recv_fd, void **reply)
{
    int ret;

    pthread_mutex_lock(conn->lock);
    ret = kvm390_send(conn, msg, buf, send_fd);
    if (!ret) {
        ret = kvm390_recv(conn, msg, recv_fd, reply);
    }
    pthread_mutex_unlock(conn->lock);
    if (ret) {
        errno = EIO; /* what KVM says of a VM that is dead */
    }
    return ret;
}
