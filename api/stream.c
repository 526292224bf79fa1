/*
 * Messages on a socket, put together without waiting
 *
 * MSG_DONTWAIT, not O_NONBLOCK: that is a property of the open file, which a
 * client that passed the socket may still hold, and change. For the same
 * reason descriptors are received here and not by QIOChannelSocket, which
 * makes them blocking for the client, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "stream.h"
#include "qemu/atomic.h"
#include "qemu/iov.h"
#include "qemu/units.h"

/* For the requests, and again for the replies, of all clients together. */
#define BUDGET (256 * MiB)

#define STREAM_BUF (sizeof(struct kvm390_head) + KVM390_MAX_ARG + 65536)

typedef union Control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
} Control;

bool kvm390_budget_take(Kvm390Budget *budget, size_t len)
{
    size_t before = qatomic_fetch_add(&budget->taken, len);

    if (before + len > BUDGET) {
        qatomic_sub(&budget->taken, len);
        return false;
    }
    return true;
}

void kvm390_budget_give(Kvm390Budget *budget, size_t len)
{
    qatomic_sub(&budget->taken, len);
}

bool kvm390_stream_open(Kvm390Stream *s, int fd, Kvm390Budget *budget)
{
    int domain = 0, type = 0;
    socklen_t len = sizeof(int);

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) ||
        domain != AF_UNIX || type != SOCK_STREAM) {
        return false;
    }
    *s = (Kvm390Stream) {
        .fd = fd, .passed = -1, .buf = g_try_malloc(STREAM_BUF),
        .budget = budget,
    };
    return s->buf;
}

static void free_large(Kvm390Stream *s)
{
    if (s->large) {
        kvm390_budget_give(s->budget, s->total);
        g_clear_pointer(&s->large, g_free);
    }
}

void kvm390_stream_close(Kvm390Stream *s)
{
    shutdown(s->fd, SHUT_RDWR); /* whoever else has it sees the end, too */
    close(s->fd);
    if (s->passed >= 0) {
        close(s->passed);
    }
    free_large(s);
    g_free(s->buf);
}

/* One is kept. The kernel closes those for which @mh has no room. */
static void keep_passed(Kvm390Stream *s, struct msghdr *mh)
{
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(mh);
    size_t i, n;
    int fd;

    if (!cmsg || cmsg->cmsg_level != SOL_SOCKET ||
        cmsg->cmsg_type != SCM_RIGHTS) {
        return;
    }
    n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
    for (i = 0; i < n; i++) {
        memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
        if (s->passed < 0) {
            s->passed = fd;
        } else {
            close(fd);
        }
    }
}

/* Returns 0 if there is nothing, -1 at the end. */
static ssize_t read_some(Kvm390Stream *s, uint8_t *at, size_t room)
{
    Control control;
    struct iovec iov = { at, room };
    struct msghdr mh = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
    };
    ssize_t n = RETRY_ON_EINTR(recvmsg(s->fd, &mh,
                                       MSG_DONTWAIT | MSG_CMSG_CLOEXEC));

    if (n < 0) {
        return errno == EAGAIN ? 0 : -1;
    }
    keep_passed(s, &mh);
    return n ? n : -1;
}

/* No memory is taken for what its ioctl would not take. */
static const char *begin_large(Kvm390Stream *s, const struct kvm390_head *head,
                               size_t total)
{
    unsigned kind = kvm390_kind(head->target);
    const struct kvm390_ioctl *io = kvm390_ioctl_find(head->cmd, kind);
    struct kvm390_buffer buffer[KVM390_BUFFERS];
    uint8_t arg[KVM390_MAX_ARG];
    const char *why;

    if (!io) {
        return "unknown ioctl with data";
    }
    memcpy(arg, s->buf + sizeof(*head), head->arg_len);
    if (head->arg_len == io->size) {
        kvm390_arg_reorder(io, arg, KVM390_WIRE_ORDER, KVM390_HOST_ORDER);
    }
    why = kvm390_request_check(head, io, arg, buffer);
    if (why) {
        return why;
    }
    if (!kvm390_budget_take(s->budget, total)) {
        return "too many long requests at a time";
    }
    s->total = total;
    s->large = g_try_malloc(total);
    if (!s->large) {
        kvm390_budget_give(s->budget, total);
        return "no memory for a long request";
    }
    memcpy(s->large, s->buf, s->have);
    return NULL;
}

/*
 * The head is there: how much is to come, and where to? Not known as long as
 * s->total is 0.
 */
static const char *begin_body(Kvm390Stream *s)
{
    struct kvm390_head head;
    const char *why;
    size_t total;

    memcpy(&head, s->buf, sizeof(head));
    kvm390_head_reorder(&head);
    why = kvm390_head_check(&head);
    if (why) {
        return why;
    }
    total = sizeof(head) + head.arg_len + head.buf_len;
    if (s->have > total) {
        return "a second request before the reply";
    }
    if (total <= STREAM_BUF) {
        s->total = total;
        return NULL;
    }
    /* Its struct says how long it has to be. */
    return s->have < sizeof(head) + head.arg_len ? NULL :
           begin_large(s, &head, total);
}

int kvm390_stream_read(Kvm390Stream *s, Kvm390Request *r, const char **why)
{
    uint8_t *at;

    *why = NULL;
    do {
        size_t room = s->total ? s->total : STREAM_BUF;
        ssize_t n;

        at = s->large ? s->large : s->buf;
        n = read_some(s, at + s->have, room - s->have);
        if (n <= 0) {
            *why = n && s->have ? "it ended in the middle of a request" : NULL;
            return n;
        }
        s->have += n;
        if (!s->total && s->have >= sizeof(r->head)) {
            *why = begin_body(s);
            if (*why) {
                return -1;
            }
            at = s->large ? s->large : s->buf;
        }
    } while (!s->total || s->have < s->total);

    memcpy(&r->head, at, sizeof(r->head));
    kvm390_head_reorder(&r->head);
    r->arg = at + sizeof(r->head);
    r->buf = r->arg + r->head.arg_len;
    r->fd = s->passed;
    s->passed = -1;
    return 1;
}

void kvm390_stream_done(Kvm390Stream *s, Kvm390Request *r)
{
    if (r->fd >= 0) {
        close(r->fd);
    }
    free_large(s);
    s->have = s->total = 0;
}

static void add_fd(struct msghdr *mh, Control *control, int fd)
{
    struct cmsghdr *cmsg;

    memset(control, 0, sizeof(*control));
    mh->msg_control = control->bytes;
    mh->msg_controllen = sizeof(control->bytes);
    cmsg = CMSG_FIRSTHDR(mh);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
}

int kvm390_stream_write(Kvm390Stream *s, struct iovec *iov, unsigned n,
                        int fd, bool wait)
{
    Control control;
    struct msghdr mh = { .msg_iov = iov, .msg_iovlen = n };
    struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

    if (fd >= 0) {
        add_fd(&mh, &control, fd);
    }
    while (iov_size(mh.msg_iov, mh.msg_iovlen)) {
        unsigned left = mh.msg_iovlen;
        ssize_t done = RETRY_ON_EINTR(sendmsg(s->fd, &mh, MSG_NOSIGNAL |
                                              MSG_DONTWAIT));

        if (done >= 0) {
            mh.msg_control = NULL;
            mh.msg_controllen = 0;
            iov_discard_front(&mh.msg_iov, &left, done);
            mh.msg_iovlen = left;
        } else if (errno != EAGAIN || !wait) {
            return -errno;
        } else {
            poll(&pfd, 1, -1);
        }
    }
    return 0;
}
