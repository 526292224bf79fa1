/*
 * One client's connection
 *
 * Messages are read and answered by one thread: the vCPU's own for a
 * connection that a client opened for a vCPU it runs, else a thread of the
 * connection. What does not follow wire.h closes the connection and is logged;
 * nothing else happens.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "session.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "kvm390/trace.h"

#define SESSION_BUF (sizeof(struct kvm390_head) + KVM390_MAX_ARG + 65536)

/* A request as it came in. */
typedef struct Request {
    struct kvm390_head head;
    uint8_t *arg, *buf;
    uint8_t *large;     /* allocated for a large one, or NULL */
    int fd;
} Request;

static void bad(Kvm390Session *s, const char *why)
{
    warn_report("kvm390-api: closing a connection: %s", why);
}

/* Reads at least @need bytes to @at, at most @room. Returns how many, or -1. */
static ssize_t read_some(Kvm390Session *s, uint8_t *at, size_t need,
                         size_t room, int *fd)
{
    size_t done = 0;

    while (done < need) {
        struct iovec iov = { at + done, room - done };
        g_autofree int *fds = NULL;
        size_t nfds = 0, i;
        ssize_t n;

        n = qio_channel_readv_full(QIO_CHANNEL(s->ioc), &iov, 1, &fds, &nfds,
                                   0, NULL);
        if (n == QIO_CHANNEL_ERR_BLOCK) {
            qio_channel_wait(QIO_CHANNEL(s->ioc), G_IO_IN);
            continue;
        }
        for (i = 0; i < nfds; i++) {
            if (*fd < 0) {
                *fd = fds[i];
            } else {
                close(fds[i]);
            }
        }
        if (n <= 0) {
            return -1;
        }
        done += n;
    }
    return done;
}

/* Returns 0, or -1 if the connection is over. */
static int read_request(Kvm390Session *s, Request *r)
{
    size_t total;
    ssize_t have;
    const char *why;

    memset(r, 0, sizeof(*r));
    r->fd = -1;
    have = read_some(s, s->buf, sizeof(r->head), SESSION_BUF, &r->fd);
    if (have < 0) {
        return -1;
    }
    memcpy(&r->head, s->buf, sizeof(r->head));
    kvm390_head_to_wire(&r->head);
    why = kvm390_head_check(&r->head);
    total = sizeof(r->head) + r->head.arg_len + r->head.buf_len;
    if (!why && have > total) {
        why = "a second request before the reply";
    }
    if (why) {
        bad(s, why);
        return -1;
    }
    r->arg = s->buf + sizeof(r->head);
    if (total > SESSION_BUF) {
        r->large = g_malloc(total);
        memcpy(r->large, s->buf, have);
        r->arg = r->large + sizeof(r->head);
    }
    r->buf = r->arg + r->head.arg_len;
    if (have < total &&
        read_some(s, r->arg - sizeof(r->head) + have, total - have,
                  total - have, &r->fd) < 0) {
        bad(s, "it ended in the middle of a request");
        return -1;
    }
    return 0;
}

static int send_reply(Kvm390Session *s, struct kvm390_head *head,
                      void *arg, void *buf, int fd)
{
    struct kvm390_head wire = *head;
    struct iovec iov[3] = {
        { &wire, sizeof(wire) },
        { arg, head->arg_len },
        { buf, head->buf_len },
    };

    wire.magic = KVM390_WIRE_MAGIC;
    wire.flags = wire.reserved = 0;
    kvm390_head_to_wire(&wire);
    return qio_channel_writev_full_all(QIO_CHANNEL(s->ioc), iov, 3,
                                       fd >= 0 ? &fd : NULL, fd >= 0,
                                       0, NULL);
}

static int hello(Kvm390Session *s, const Request *r)
{
    if ((r->head.arg & UINT32_MAX) != KVM390_WIRE_VERSION) {
        return -EPROTONOSUPPORT;
    }
    s->greeted = true;
    s->little_endian = r->head.arg & KVM390_HELLO_LITTLE_ENDIAN;
    return 0;
}

/* One more connection; one for a vCPU is served by the vCPU's thread. */
static int channel(Kvm390Session *s, Request *r)
{
    Kvm390Session *other;
    Kvm390Vcpu *vcpu;

    if (r->fd < 0) {
        return -EBADF;
    }
    bql_lock();
    vcpu = r->head.target >= 0 ? kvm390_vcpu_find(r->head.target) : NULL;
    if (r->head.target >= 0 && !vcpu) {
        bql_unlock();
        return -ENOENT;
    }
    other = kvm390_session_new(s->api, r->fd, NULL);
    if (!other) {
        bql_unlock();
        return -EINVAL;
    }
    r->fd = -1;
    other->greeted = true;
    other->little_endian = s->little_endian;
    if (vcpu && kvm390_intercepts.vm) {
        kvm390_vcpu_serve(vcpu, other);
    } else {
        kvm390_session_start(other);
    }
    bql_unlock();
    return 0;
}

static int attach(Kvm390Session *s, const Request *r, int *fd)
{
    S390CPU *cpu;
    Kvm390Vcpu *vcpu;

    bql_lock();
    cpu = r->head.target >= 0 ? s390_cpu_addr2state(r->head.target) : NULL;
    vcpu = cpu ? kvm390_vcpu_get(cpu, s->little_endian, NULL) : NULL;
    if (vcpu) {
        *fd = dup(vcpu->run_fd);
    }
    bql_unlock();
    return !vcpu ? -ENOENT : *fd < 0 ? -errno : 0;
}

static int cancel(const Request *r)
{
    Kvm390Vcpu *vcpu;

    bql_lock();
    vcpu = r->head.target >= 0 ? kvm390_vcpu_find(r->head.target) : NULL;
    if (vcpu) {
        kvm390_vcpu_cancel(vcpu);
    }
    bql_unlock();
    return vcpu ? 0 : -ENOENT;
}

static int control(Kvm390Session *s, Request *r, int *fd)
{
    switch (r->head.cmd) {
    case KVM390_CMD_CHANNEL:
        return channel(s, r);
    case KVM390_CMD_ATTACH:
        return attach(s, r, fd);
    case KVM390_CMD_CANCEL:
        return cancel(r);
    default:
        return -ENOTTY;
    }
}

/* Finds what the request addresses; false if it is not there. */
static bool address(Kvm390Session *s, Kvm390Call *call, int32_t target)
{
    if (target < 0) {
        return target == KVM390_SYSTEM || target == KVM390_VM;
    }
    bql_lock();
    call->vcpu = kvm390_vcpu_find(target);
    bql_unlock();
    return call->vcpu;
}

static bool belongs_here(Kvm390Session *s, const Kvm390Call *call,
                         const struct kvm390_head *head)
{
    const Kvm390ApiEntry *entry = kvm390_api_find(head->cmd, KVM390_ON_VCPU);

    /* What user space runs, it runs on the vCPU's own connection. */
    return !call->vcpu || !kvm390_intercepts.vm || call->vcpu == s->vcpu ||
           (entry && entry->flags & KVM390_ANY_THREAD);
}

static const char *prepare(Kvm390Session *s, Request *r, Kvm390Call *call)
{
    int32_t target = r->head.target;
    unsigned kind = target >= 0 ? KVM390_ON_VCPU : target == KVM390_VM ?
                    KVM390_ON_VM : KVM390_ON_SYSTEM;
    uint8_t *at = r->buf;
    const char *why;
    int i;

    if (!address(s, call, target)) {
        return "no such object";
    }
    if (!belongs_here(s, call, &r->head)) {
        return "a vCPU's ioctl on another connection";
    }
    call->io = kvm390_ioctl_find(r->head.cmd, kind);
    if (!call->io) {
        return r->head.arg_len || r->head.buf_len ? "unknown ioctl with data" :
               NULL;
    }
    call->number = r->head.arg;
    if (r->head.arg_len == call->io->size &&
        !(r->head.flags & KVM390_BAD_ARG)) {
        kvm390_arg_to_wire(call->io, r->arg, false);
        call->arg = r->arg;
    }
    why = kvm390_request_check(&r->head, call->io, r->arg, call->seg);
    for (i = 0; !why && i < KVM390_SEGMENTS; i++) {
        if (call->seg[i].in_len &&
            !(r->head.flags & (KVM390_BAD_BUF0 << i))) {
            kvm390_buf_to_wire(&call->seg[i], at, call->seg[i].in_len, false);
            call->in[i] = at;
            at += call->seg[i].in_len;
        }
    }
    return why;
}

/* What a handler left for the client's buffers, into the wire's order. */
static void finish(Kvm390Call *call, struct kvm390_head *head)
{
    size_t left = call->out ? call->out->len : 0, at = 0;
    int i;

    head->buf_len = left;
    for (i = 0; i < KVM390_SEGMENTS && left; i++) {
        size_t n = MIN(left, call->seg[i].out_len);

        kvm390_buf_to_wire(&call->seg[i], call->out->data + at, n, true);
        at += n;
        left -= n;
    }
}

static int serve_ioctl(Kvm390Session *s, Request *r)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    Kvm390Call call = { .session = s, .in_fd = r->fd, .out_fd = -1,
                        .out = out };
    struct kvm390_head head = r->head;
    const char *why = prepare(s, r, &call);
    int ret;

    if (why) {
        bad(s, why);
        return -1;
    }
    kvm390_api_call(head.cmd, head.target, &call);
    head.ret = call.ret;
    head.arg_len = 0;
    if (call.arg && call.io->pass >= KVM390_PASS_OUT && call.ret >= 0) {
        head.arg_len = call.io->size;
        kvm390_arg_to_wire(call.io, r->arg, true);
    }
    finish(&call, &head);
    r->fd = call.in_fd;
    ret = send_reply(s, &head, r->arg, out->data, call.out_fd);
    if (call.out_fd >= 0) {
        close(call.out_fd);
    }
    return ret;
}

int kvm390_session_serve(Kvm390Session *s)
{
    Request r;
    int ret = -1;

    if (!read_request(s, &r)) {
        if (r.head.cmd == KVM390_CMD_HELLO || !s->greeted ||
            (r.head.cmd >= KVM390_CMD_HELLO &&
             r.head.cmd <= KVM390_CMD_CLOSE_VM)) {
            int fd = -1;
            struct kvm390_head head = r.head;

            if (r.head.cmd == KVM390_CMD_HELLO) {
                head.ret = hello(s, &r);
            } else if (!s->greeted) {
                bad(s, "no hello");
                goto out;
            } else {
                head.ret = control(s, &r, &fd);
            }
            head.arg_len = head.buf_len = 0;
            ret = send_reply(s, &head, NULL, NULL, fd);
            if (fd >= 0) {
                close(fd);
            }
        } else {
            ret = serve_ioctl(s, &r);
        }
    }
out:
    if (r.fd >= 0) {
        close(r.fd);
    }
    g_free(r.large);
    return ret;
}

static void *session_thread(void *opaque)
{
    Kvm390Session *s = opaque;

    rcu_register_thread();
    while (!kvm390_session_serve(s)) {
    }
    kvm390_session_free(s);
    rcu_unregister_thread();
    return NULL;
}

void kvm390_session_start(Kvm390Session *s)
{
    QemuThread thread;

    qemu_thread_create(&thread, "kvm390-api", session_thread, s,
                       QEMU_THREAD_DETACHED);
}

Kvm390Session *kvm390_session_new(struct Kvm390Api *api, int fd, Error **errp)
{
    QIOChannelSocket *ioc = qio_channel_socket_new_fd(fd, errp);
    Kvm390Session *s;

    if (!ioc) {
        return NULL;
    }
    qio_channel_set_blocking(QIO_CHANNEL(ioc), true, NULL);
    s = g_new0(Kvm390Session, 1);
    s->api = api;
    s->ioc = ioc;
    s->buf = g_malloc(SESSION_BUF);
    kvm390_api_session_opened(api, s);
    return s;
}

void kvm390_session_free(Kvm390Session *s)
{
    trace_kvm390_session_closed(s->first);
    if (s->first && kvm390_intercepts.vm) {
        /* The client is gone, and so is the only one who could see the VM. */
        _exit(0);
    }
    qio_channel_close(QIO_CHANNEL(s->ioc), NULL);
    kvm390_api_session_closed(s->api, s);
    object_unref(OBJECT(s->ioc));
    g_free(s->buf);
    g_free(s);
}
