/*
 * One client's connection
 *
 * Messages are read and answered by one thread: the vCPU's own for a
 * connection that a client opened for a vCPU it runs, else a thread of the
 * connection. The first never waits for a client. What does not follow wire.h
 * closes the connection and is logged; nothing else happens.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "mode.h"
#include "room.h"
#include "server.h"
#include "session.h"
#include "threads.h"
#include "vm-state.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "kvm390/trace.h"

/*
 * A client that sends one request after the other has its next one there
 * within microseconds, sooner than a sleeping thread is woken. So a connection
 * is looked at for a moment before its thread sleeps; each time that was in
 * vain, it is left out about twice as often.
 */
#define SPIN_NS 20000
#define SPIN_BACKOFF_MAX 255

/* Bytes of a request's or a reply's buffers that the memory may lack for. */
#define LONG 4096

/* A reply's array doubles, and is there twice while it moves. */
#define GROWING 3

static void session_complain(Kvm390Session *s, const char *why)
{
    g_autofree char *what = g_strdup_printf("closing a connection: %s", why);

    kvm390_server_complain(s->server, what);
}

/*
 * A client that leaves its replies unread keeps the thread of its connection
 * waiting, but not a vCPU: there is room for the one reply that it may have
 * outstanding.
 */
static int send_reply(Kvm390Session *s, struct kvm390_head *head,
                      void *arg, void *buf, int fd)
{
    struct kvm390_head wire = *head;
    struct iovec iov[3] = {
        { &wire, sizeof(wire) },
        { arg, head->arg_len },
        { buf, head->buf_len },
    };
    int ret;

    wire.magic = KVM390_WIRE_MAGIC;
    wire.flags = wire.reserved = 0;
    kvm390_head_reorder(&wire);
    ret = kvm390_stream_write(&s->stream, iov, 3, fd, !s->vcpu);
    if (ret == -EAGAIN) {
        session_complain(s, "it does not read its replies");
    }
    return ret;
}

static int answer_hello(Kvm390Session *s, const Kvm390Request *r)
{
    if ((r->head.arg & UINT32_MAX) != KVM390_WIRE_VERSION) {
        return -EPROTONOSUPPORT;
    }
    s->greeted = true;
    s->little_endian = r->head.arg & KVM390_HELLO_LITTLE_ENDIAN;
    return 0;
}

/* One more connection; one for a vCPU is served by the vCPU's thread. */
static int add_channel(Kvm390Session *s, Kvm390Request *r)
{
    bool to_vcpu = r->head.target >= 0 && kvm390_mode->client_runs;
    Kvm390Vcpu *vcpu = kvm390_vcpu_find(r->head.target);
    Kvm390Session *other;
    int ret = 0;

    if (r->fd < 0) {
        return -EBADF;
    }
    if (r->head.target >= 0 && !vcpu) {
        return -ENOENT;
    }
    if (kvm390_server_full(s->server)) {
        return -EMFILE;
    }
    if (!kvm390_room_for_more(0)) {
        return -ENOMEM;
    }
    other = kvm390_session_new(s->server, r->fd);
    if (!other) {
        return -EINVAL;
    }
    other->greeted = true;
    other->little_endian = s->little_endian;
    if (to_vcpu) {
        bql_lock();
        ret = kvm390_vcpu_serve(vcpu, other);
        bql_unlock();
    } else {
        ret = kvm390_session_start(other);
    }
    if (ret) {
        kvm390_session_free(other);
    }
    r->fd = -1;
    return ret;
}

static int attach_vcpu(Kvm390Session *s, const Kvm390Request *r, int *fd)
{
    S390CPU *cpu;
    Kvm390Vcpu *vcpu;

    bql_lock();
    kvm390_vm_lock();
    cpu = r->head.target >= 0 ? s390_cpu_addr2state(r->head.target) : NULL;
    vcpu = cpu ? kvm390_vcpu_get(cpu, s->little_endian) : NULL;
    kvm390_vm_unlock();
    bql_unlock();
    if (!vcpu) {
        return cpu ? -ENOMEM : -ENOENT;
    }
    *fd = dup(vcpu->run_fd);
    return *fd < 0 ? -errno : 0;
}

static int cancel_run(const Kvm390Request *r)
{
    Kvm390Vcpu *vcpu;

    bql_lock();
    vcpu = kvm390_vcpu_find(r->head.target);
    if (vcpu) {
        kvm390_vcpu_cancel(vcpu, r->head.arg);
    }
    bql_unlock();
    return vcpu ? 0 : -ENOENT;
}

static int answer_control(Kvm390Session *s, Kvm390Request *r, int *fd)
{
    switch (r->head.cmd) {
    case KVM390_CMD_CHANNEL:
        return add_channel(s, r);
    case KVM390_CMD_ATTACH:
        return attach_vcpu(s, r, fd);
    case KVM390_CMD_CANCEL:
        return cancel_run(r);
    default:
        return -ENOTTY;
    }
}

/* Finds what the request addresses; false if it is not there. */
static bool find_target(Kvm390Session *s, Kvm390Call *call, int32_t target)
{
    if (target < 0) {
        return target >= KVM390_FLIC;
    }
    call->vcpu = kvm390_vcpu_find(target);
    return call->vcpu;
}

static bool belongs_here(Kvm390Session *s, const Kvm390Call *call)
{
    /* What user space runs, it runs on the vCPU's own connection. */
    return !call->vcpu || !kvm390_mode->client_runs || call->vcpu == s->vcpu ||
           (call->io && call->io->flags & KVM390_ANYTIME);
}

static const char *prepare_call(Kvm390Session *s, Kvm390Request *r,
                                Kvm390Call *call)
{
    int32_t target = r->head.target;
    unsigned kind = kvm390_kind(target);
    uint8_t *at = r->buf;
    const char *why;
    int i;

    if (!find_target(s, call, target)) {
        return "no such object";
    }
    call->io = kvm390_ioctl_find(r->head.cmd, kind);
    if (!belongs_here(s, call)) {
        return "a vCPU's ioctl on another connection";
    }
    if (!call->io) {
        return r->head.arg_len || r->head.buf_len ? "unknown ioctl with data" :
               NULL;
    }
    call->number = r->head.arg;
    if (r->head.arg_len == call->io->size &&
        !(r->head.flags & KVM390_BAD_ARG)) {
        kvm390_arg_reorder(call->io, r->arg, KVM390_WIRE_ORDER,
                           KVM390_HOST_ORDER);
        call->arg = r->arg;
    }
    why = kvm390_request_check(&r->head, call->io, r->arg, call->buffer);
    for (i = 0; !why && i < KVM390_BUFFERS; i++) {
        if (call->buffer[i].in_len &&
            !(r->head.flags & (KVM390_BAD_BUF0 << i))) {
            kvm390_buffer_reorder(&call->buffer[i], at, call->buffer[i].in_len,
                                  KVM390_WIRE_ORDER, KVM390_HOST_ORDER);
            call->in[i] = at;
            at += call->buffer[i].in_len;
        }
    }
    return why;
}

/* What a handler left for the client's buffers, into the wire's order. */
static void finish_reply(Kvm390Call *call, struct kvm390_head *head)
{
    size_t left = call->out ? call->out->len : 0, at = 0;
    int i;

    head->buf_len = left;
    for (i = 0; i < KVM390_BUFFERS && left; i++) {
        size_t n = MIN(left, call->buffer[i].out_len);

        kvm390_buffer_reorder(&call->buffer[i], call->out->data + at, n,
                              KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
        at += n;
        left -= n;
    }
}

/* What a reply may take, which a client may leave unread. */
static size_t reply_room(const Kvm390Call *call)
{
    size_t len = 0;
    int i;

    for (i = 0; i < KVM390_BUFFERS; i++) {
        len += call->buffer[i].out_len;
    }
    return len;
}

/* Long ones, and those with a descriptor, which make something. */
static bool takes_memory(const Kvm390Call *call, const Kvm390Request *r,
                         size_t room)
{
    return (call->io && call->io->fd.kind != KVM390_FD_NONE) ||
           r->head.buf_len > LONG || room > LONG;
}

static int serve_ioctl(Kvm390Session *s, Kvm390Request *r)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    Kvm390Call call = { .session = s, .in_fd = r->fd, .out_fd = -1,
                        .out = out };
    struct kvm390_head head = r->head;
    const char *why = prepare_call(s, r, &call);
    size_t room;
    int ret;

    if (why) {
        session_complain(s, why);
        return -1;
    }
    room = reply_room(&call);
    if ((takes_memory(&call, r, room) &&
         !kvm390_room_for_more(GROWING * room)) ||
        !kvm390_budget_take(&s->server->replies, room)) {
        call.ret = -ENOMEM;
        room = 0;
    } else {
        kvm390_api_call(head.cmd, head.target, &call);
    }
    head.ret = call.ret;
    head.arg_len = 0;
    if (call.arg && call.io->pass >= KVM390_PASS_OUT && call.ret >= 0) {
        head.arg_len = call.io->size;
        kvm390_arg_reorder(call.io, r->arg, KVM390_HOST_ORDER,
                           KVM390_WIRE_ORDER);
    }
    finish_reply(&call, &head);
    r->fd = call.in_fd;
    ret = send_reply(s, &head, r->arg, out->data, call.out_fd);
    kvm390_budget_give(&s->server->replies, room);
    if (call.out_fd >= 0) {
        close(call.out_fd);
    }
    return ret;
}

static bool is_control(uint32_t cmd)
{
    return cmd >= KVM390_CMD_HELLO && cmd <= KVM390_CMD_LAST;
}

static int serve_control(Kvm390Session *s, Kvm390Request *r)
{
    struct kvm390_head head = r->head;
    int fd = -1, ret;

    head.ret = r->head.cmd == KVM390_CMD_HELLO ? answer_hello(s, r) :
               answer_control(s, r, &fd);
    head.arg_len = head.buf_len = 0;
    ret = send_reply(s, &head, NULL, NULL, fd);
    if (fd >= 0) {
        close(fd);
    }
    return ret;
}

static int serve_request(Kvm390Session *s)
{
    Kvm390Request r;
    const char *why;
    int ret = kvm390_stream_read(&s->stream, &r, &why);

    if (ret > 0) {
        if (!s->greeted && r.head.cmd != KVM390_CMD_HELLO) {
            why = "no hello";
            ret = -1;
        } else if (is_control(r.head.cmd) ? serve_control(s, &r) :
                                            serve_ioctl(s, &r)) {
            ret = -1;
        }
        kvm390_stream_done(&s->stream, &r);
    }
    if (why) {
        session_complain(s, why);
    }
    return ret;
}

int kvm390_session_serve(Kvm390Session *s, const bool *stop)
{
    int64_t end;
    int ret = serve_request(s);

    if (ret) {
        return ret;
    }
    if (s->skip_spins) {
        s->skip_spins--;
        return 0;
    }
    end = get_clock() + SPIN_NS;
    do {
        ret = serve_request(s);
        if (ret) {
            s->spin_backoff = 0;
            return ret;
        }
    } while (!(stop && qatomic_read(stop)) && get_clock() < end);
    s->spin_backoff = MIN(s->spin_backoff * 2 + 1, SPIN_BACKOFF_MAX);
    s->skip_spins = s->spin_backoff;
    return 0;
}

static void *session_thread(void *opaque)
{
    Kvm390Session *s = opaque;
    struct pollfd pfd = { .fd = s->stream.fd, .events = POLLIN };
    int ret;

    rcu_register_thread();
    while ((ret = kvm390_session_serve(s, NULL)) >= 0) {
        if (!ret) {
            poll(&pfd, 1, -1);
        }
    }
    kvm390_session_free(s);
    rcu_unregister_thread();
    return NULL;
}

int kvm390_session_start(Kvm390Session *s)
{
    return kvm390_thread_start("kvm390-api", session_thread, s);
}

Kvm390Session *kvm390_session_new(Kvm390Server *server, int fd)
{
    Kvm390Session *s = g_new0(Kvm390Session, 1);

    s->server = server;
    if (!kvm390_stream_open(&s->stream, fd, &server->requests)) {
        g_free(s);
        return NULL;
    }
    kvm390_server_opened(server, s);
    return s;
}

void kvm390_session_free(Kvm390Session *s)
{
    trace_kvm390_session_closed();
    kvm390_server_closed(s->server, s);
    kvm390_stream_close(&s->stream);
    g_free(s);
}
