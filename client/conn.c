/*
 * Messages over a socket
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

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

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

/* One recvmsg(). A descriptor that comes along goes to @recv_fd (or NULL). */
static ssize_t recv_some(int fd, void *buf, size_t len, int flags, int *recv_fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = { buf, len };
    struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct cmsghdr *cmsg;
    ssize_t n;

    if (recv_fd) {
        mh.msg_control = control.bytes;
        mh.msg_controllen = CMSG_LEN(sizeof(int)); /* no room for two */
    }
    do {
        n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC | flags);
    } while (n < 0 && errno == EINTR);
    cmsg = n > 0 && recv_fd ? CMSG_FIRSTHDR(&mh) : NULL;
    if (cmsg && cmsg->cmsg_type == SCM_RIGHTS) {
        memcpy(recv_fd, CMSG_DATA(cmsg), sizeof(int));
    }
    if (n == 0) {
        errno = EIO;
        return -1;
    }
    return n;
}

/*
 * Most replies are there sooner than a sleeping thread is woken: look for one
 * for a moment. After each time that was in vain it is left out about twice as
 * often, so that it costs little where the server is not running meanwhile.
 */
#define SPIN_NS 20000
#define SPIN_BACKOFF_MAX 255

static ssize_t spin_for_reply(struct kvm390_conn *conn, void *buf, size_t len,
                              int *recv_fd)
{
    int64_t end;
    ssize_t n;

    if (conn->skip_spins) {
        conn->skip_spins--;
        errno = EAGAIN;
        return -1;
    }
    end = now_ns() + SPIN_NS;
    do {
        n = recv_some(conn->fd, buf, len, MSG_DONTWAIT, recv_fd);
        if (n > 0 || errno != EAGAIN) {
            conn->spin_backoff = 0;
            return n;
        }
    } while (now_ns() < end);
    conn->spin_backoff = conn->spin_backoff < SPIN_BACKOFF_MAX / 2 ?
                         conn->spin_backoff * 2 + 1 : SPIN_BACKOFF_MAX;
    conn->skip_spins = conn->spin_backoff;
    errno = EAGAIN;
    return -1;
}

/* The rest of what is to come, the first @have bytes of which are there. */
static int recv_rest(int fd, void *buf, size_t have, size_t len, int *recv_fd)
{
    while (have < len) {
        ssize_t n = recv_some(fd, (char *)buf + have, len - have, 0, recv_fd);

        if (n < 0) {
            return -1;
        }
        have += n;
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
    kvm390_head_reorder(&head);
    return send_all(conn->fd, iov, 3, send_fd);
}

bool kvm390_poll(struct kvm390_conn *conn)
{
    ssize_t n = spin_for_reply(conn, conn->early, sizeof(conn->early),
                               &conn->early_fd);

    conn->have = n > 0 ? n : 0;
    return n > 0;
}

/* A reply's parts, behind its head: @have bytes of them are at @from. */
static int recv_parts(struct kvm390_conn *conn, struct kvm390_message *msg,
                      const uint8_t *from, size_t have, void **reply)
{
    size_t arg = msg->head.arg_len, n = have < arg ? have : arg;
    uint8_t *buf;

    memcpy(msg->arg, from, n);
    if (recv_rest(conn->fd, msg->arg, n, arg, NULL)) {
        return -1;
    }
    if (!msg->head.buf_len) {
        return have == n ? 0 : -1;
    }
    buf = malloc(msg->head.buf_len);
    if (buf && have - n <= msg->head.buf_len) {
        memcpy(buf, from + n, have - n);
        if (!recv_rest(conn->fd, buf, have - n, msg->head.buf_len, NULL)) {
            *reply = buf;
            return 0;
        }
    }
    free(buf);
    return -1;
}

int kvm390_recv(struct kvm390_conn *conn, struct kvm390_message *msg,
                int *recv_fd, void **reply)
{
    const size_t head = sizeof(msg->head);
    uint8_t *early = conn->early;
    size_t have;
    int fd;

    *reply = NULL;
    if (!conn->have && !kvm390_poll(conn)) {
        ssize_t n = recv_some(conn->fd, early, sizeof(conn->early), 0,
                              &conn->early_fd);

        if (n < 0) {
            return -1;
        }
        conn->have = n;
    }
    have = conn->have;
    fd = conn->early_fd;
    conn->have = 0;
    conn->early_fd = -1;
    if (recv_rest(conn->fd, early, have, head, NULL)) {
        goto broken;
    }
    have = have > head ? have : head;
    memcpy(&msg->head, early, head);
    kvm390_head_reorder(&msg->head);
    if (kvm390_head_check(&msg->head) ||
        recv_parts(conn, msg, early + head, have - head, reply)) {
        goto broken;
    }
    if (recv_fd) {
        *recv_fd = fd;
    } else if (fd >= 0) {
        close(fd);
    }
    return 0;

broken:
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

    pthread_mutex_lock(&conn->lock);
    ret = kvm390_send(conn, msg, buf, send_fd);
    if (!ret) {
        ret = kvm390_recv(conn, msg, recv_fd, reply);
    }
    pthread_mutex_unlock(&conn->lock);
    if (ret && (send_fd < 0 || errno != EBADF)) {
        errno = EIO;
    }
    return ret;
}

int kvm390_command(struct kvm390_conn *conn, uint32_t cmd, int32_t target,
                   uint64_t arg, int send_fd, int *recv_fd)
{
    struct kvm390_message msg = {
        .head = { .cmd = cmd, .target = target, .arg = arg },
    };
    void *reply;

    if (kvm390_call(conn, &msg, NULL, send_fd, recv_fd, &reply)) {
        return -1;
    }
    free(reply);
    if (msg.head.ret < 0) {
        errno = -msg.head.ret;
        return -1;
    }
    return msg.head.ret;
}
