/*
 * Eventfds of the client: KVM_IRQFD and KVM_IOEVENTFD
 *
 * The client's descriptors come with the ioctl. An irqfd raises the line of
 * its GSI when it is written to; an ioeventfd is written to when the guest
 * notifies a virtio-ccw device (DIAG 0x500, subcode 3). Changed under the VM's
 * lock and the BQL, read under the BQL.
 *
 * An eventfd that belongs to an irqfd of any VM is busy. As each VM is a
 * process, the eventfd says so itself.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/uio.h>
#include "eventfd-signal.h"
#include "vm-state.h"
#include "qemu/cutils.h"
#include "qemu/main-loop.h"
#include "kvm390/include/client-code.h"
#include "kvm390/include/exits.h"

#define VALID_FLAGS (KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_PIO | \
                     KVM_IOEVENTFD_FLAG_DEASSIGN | \
                     KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY)
#define NOTIFY_LEN 8 /* of what a guest's notification writes */

typedef struct Kvm390Irqfd {
    QLIST_ENTRY(Kvm390Irqfd) next;
    int fd;
    uint64_t id;    /* the eventfd's number */
    uint32_t gsi;
} Kvm390Irqfd;

typedef struct Kvm390Ioeventfd {
    int fd;
    uint64_t id, addr, datamatch;
    uint32_t len, bus;
    bool wildcard;
} Kvm390Ioeventfd;

static Kvm390Vm *const vm = &kvm390_vm;

/* Returns 0 and the eventfd's number, or -errno. */
static int identify_eventfd(int fd, uint64_t *id)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d", fd);
    g_autofree char *info = NULL;
    const char *at, *end;

    if (fd < 0) {
        return -EBADF;
    }
    at = g_file_get_contents(path, &info, NULL, NULL) ?
         strstr(info, "eventfd-id:") : NULL;
    if (!at || qemu_strtou64(at + strlen("eventfd-id:"), &end, 10, id)) {
        return -EINVAL;
    }
    return 0;
}

/* --- irqfd --- */

/*
 * The owner of an open eventfd is the process whose irqfd it is. Only who has
 * the eventfd can set it, and it is nobody's when that process ends.
 */
static int claim_eventfd(int fd, uint64_t id)
{
    struct f_owner_ex owner = { };
    Kvm390Irqfd *irqfd;

    if (fcntl(fd, F_GETOWN_EX, &owner)) {
        return -errno;
    }
    if (owner.pid && owner.pid != getpid()) {
        return -EBUSY;
    }
    QLIST_FOREACH(irqfd, &vm->irqfds, next) {
        if (irqfd->id == id) {
            return -EBUSY;
        }
    }
    owner = (struct f_owner_ex) { .type = F_OWNER_PID, .pid = getpid() };
    return fcntl(fd, F_SETOWN_EX, &owner) ? -errno : 0;
}

static void release_eventfd(int fd)
{
    fcntl(fd, F_SETOWN, 0);
}

/* Takes what was written; false if someone else did. */
static bool consume_event(int fd)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    uint64_t value;
    struct iovec iov = { &value, sizeof(value) };
    ssize_t n = preadv2(fd, &iov, 1, -1, RWF_NOWAIT);

    if (n < 0 && errno == EOPNOTSUPP && poll(&pfd, 1, 0) == 1) {
        n = read(fd, &value, sizeof(value));
    }
    return n == sizeof(value);
}

static void irqfd_written(void *opaque)
{
    Kvm390Irqfd *irqfd = opaque;

    if (consume_event(irqfd->fd)) {
        kvm390_client_stored();
        kvm390_gsi_raise(irqfd->gsi);
    }
}

static int irqfd_assign(Kvm390Call *call, uint64_t id)
{
    const struct kvm_irqfd *args = call->arg;
    int ret = claim_eventfd(call->in_fd, id);
    Kvm390Irqfd *irqfd;

    if (ret) {
        return ret;
    }
    irqfd = g_new0(Kvm390Irqfd, 1);
    irqfd->fd = call->in_fd;
    irqfd->id = id;
    irqfd->gsi = args->gsi;
    call->in_fd = -1;
    QLIST_INSERT_HEAD(&vm->irqfds, irqfd, next);
    qemu_set_fd_handler(irqfd->fd, irqfd_written, NULL, irqfd);
    return 0;
}

/* One that was never assigned is no error. */
static void irqfd_deassign(uint64_t id, uint32_t gsi)
{
    Kvm390Irqfd *irqfd, *next;

    QLIST_FOREACH_SAFE(irqfd, &vm->irqfds, next, next) {
        if (irqfd->id == id && irqfd->gsi == gsi) {
            qemu_set_fd_handler(irqfd->fd, NULL, NULL, NULL);
            QLIST_REMOVE(irqfd, next);
            release_eventfd(irqfd->fd);
            close(irqfd->fd);
            g_free(irqfd);
        }
    }
}

int kvm390_irqfd(Kvm390Call *call)
{
    const struct kvm_irqfd *args = call->arg;
    uint64_t id;
    int ret;

    if (args->flags & ~(KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE)) {
        return -EINVAL;
    }
    ret = identify_eventfd(call->in_fd, &id);
    if (ret) {
        return ret;
    }
    if (args->flags & KVM_IRQFD_FLAG_DEASSIGN) {
        irqfd_deassign(id, args->gsi);
        return 0;
    }
    return irqfd_assign(call, id);
}

/* --- ioeventfd --- */

static Kvm390Ioeventfd *ioeventfd_at(guint i)
{
    return &g_array_index(vm->ioeventfds, Kvm390Ioeventfd, i);
}

/* Kinds of addresses; a guest of s390x writes to the last kind only. */
static uint32_t bus_of(uint32_t flags)
{
    return flags & KVM_IOEVENTFD_FLAG_PIO ? KVM_IOEVENTFD_FLAG_PIO :
           flags & KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY;
}

static bool ioeventfds_collide(const Kvm390Ioeventfd *a,
                               const Kvm390Ioeventfd *b)
{
    return a->bus == b->bus && a->addr == b->addr &&
           (!a->len || !b->len ||
            (a->len == b->len && (a->wildcard || b->wildcard ||
                                  a->datamatch == b->datamatch)));
}

static bool ioeventfd_args_valid(const struct kvm_ioeventfd *args)
{
    return !(args->len & (args->len - 1)) && args->len <= 8 &&
           args->addr + args->len >= args->addr &&
           !(args->flags & ~VALID_FLAGS) &&
           (args->len || !(args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH));
}

static int ioeventfd_assign(Kvm390Call *call, Kvm390Ioeventfd *new)
{
    guint i, at = 0;

    for (i = 0; i < vm->ioeventfds->len; i++) {
        if (ioeventfds_collide(ioeventfd_at(i), new)) {
            return -EEXIST;
        }
        at += ioeventfd_at(i)->addr <= new->addr;
    }
    new->fd = call->in_fd;
    call->in_fd = -1;
    g_array_insert_val(vm->ioeventfds, at, *new);
    return 0;
}

static int ioeventfd_deassign(const Kvm390Ioeventfd *what)
{
    guint i;

    for (i = 0; i < vm->ioeventfds->len; i++) {
        const Kvm390Ioeventfd *e = ioeventfd_at(i);

        if (e->bus == what->bus && e->id == what->id &&
            e->addr == what->addr && e->len == what->len &&
            e->wildcard == what->wildcard &&
            (e->wildcard || e->datamatch == what->datamatch)) {
            close(e->fd);
            g_array_remove_index(vm->ioeventfds, i);
            return 0;
        }
    }
    return -ENOENT;
}

static bool ioeventfd_matches(const Kvm390Ioeventfd *e, uint64_t addr,
                              uint64_t value)
{
    return e->bus == KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY &&
           e->addr == addr && (!e->len || e->len == NOTIFY_LEN) &&
           (e->wildcard || !e->len || e->datamatch == value);
}

/* @cookie may say where it is; returns where it was, or -1. */
static int signal_ioeventfd(uint32_t schid, uint64_t queue, uint64_t cookie)
{
    guint i;

    if (cookie < vm->ioeventfds->len &&
        ioeventfd_matches(ioeventfd_at(cookie), schid, queue)) {
        kvm390_eventfd_signal(ioeventfd_at(cookie)->fd);
        return cookie;
    }
    for (i = 0; i < vm->ioeventfds->len; i++) {
        if (ioeventfd_matches(ioeventfd_at(i), schid, queue)) {
            kvm390_eventfd_signal(ioeventfd_at(i)->fd);
            return i;
        }
    }
    return -1;
}

int kvm390_ioeventfd(Kvm390Call *call)
{
    const struct kvm_ioeventfd *args = call->arg;
    Kvm390Ioeventfd e = {
        .addr = args->addr, .len = args->len, .datamatch = args->datamatch,
        .bus = bus_of(args->flags),
        .wildcard = !(args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH),
    };
    bool deassign = args->flags & KVM_IOEVENTFD_FLAG_DEASSIGN;
    int ret;

    if (!deassign && !ioeventfd_args_valid(args)) {
        return -EINVAL;
    }
    ret = identify_eventfd(call->in_fd, &e.id);
    if (ret) {
        return ret;
    }
    if (!vm->ioeventfds) {
        ret = kvm390_eventfd_signal_init();
        if (ret) {
            return ret;
        }
        vm->ioeventfds = g_array_new(false, false, sizeof(Kvm390Ioeventfd));
        kvm390_notify = signal_ioeventfd;
    }
    return deassign ? ioeventfd_deassign(&e) : ioeventfd_assign(call, &e);
}
