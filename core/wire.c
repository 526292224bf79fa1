/*
 * The wire: which ioctls there are, and in which order their bytes travel
 *
 * SPDX-License-Identifier: MIT
 */
#include "kvm390/include/uapi.h"
#include "kvm390/include/ioctls.h"
#include "buffers.h"
#include "layouts.h"

#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- the table --- */

/* The words of a row. */
enum {
    SYSTEM = KVM390_ON_SYSTEM, VM = KVM390_ON_VM, VCPU = KVM390_ON_VCPU,
    FLIC = KVM390_ON_FLIC,
};
enum {
    NO_BQL = KVM390_NO_BQL, ANYTIME = KVM390_ANYTIME, REGS_IN = KVM390_REGS_IN,
    REGS_OUT = KVM390_REGS_OUT, VM_MODE = KVM390_VM_MODE,
    VM_LOCK = KVM390_VM_LOCK,
};
#define NO_FD                { KVM390_FD_NONE, 0 }
#define RETURNS_FD           { KVM390_FD_RETURNED, 0 }
#define MEMORY(type, len)    { KVM390_FD_MEMORY, offsetof(struct type, len) }
#define EVENTFD(type, field) { KVM390_FD_EVENT, offsetof(struct type, field) }
#define STORES_FD(type, field) \
    { KVM390_FD_STORED, offsetof(struct type, field) }

struct nothing { };

#define IOCTL(number, on, way, type, points_to, descriptor, how, ...) { \
    .nr = number, .kinds = on, .pass = KVM390_PASS_##way, .flags = how, \
    .size = sizeof(struct type), .name = #number, .fd = descriptor, \
    .layout = &kvm390_layout_##type, .buffers = kvm390_buffers_##points_to, \
},

const struct kvm390_ioctl kvm390_ioctls[] = {
    KVM390_IOCTLS(IOCTL)
};

const size_t kvm390_nr_ioctls = ARRAY_LEN(kvm390_ioctls);

_Static_assert(ARRAY_LEN(kvm390_ioctls) == KVM390_NR_IOCTLS, "rows");

const struct kvm390_ioctl *kvm390_ioctl_find(uint32_t nr, unsigned kind)
{
    size_t i;

    for (i = 0; i < kvm390_nr_ioctls; i++) {
        if (kvm390_ioctls[i].nr == nr && kvm390_ioctls[i].kinds & kind) {
            return &kvm390_ioctls[i];
        }
    }
    return NULL;
}

void kvm390_buffers(const struct kvm390_ioctl *io, const void *arg,
                    struct kvm390_buffer buffer[KVM390_BUFFERS])
{
    memset(buffer, 0, KVM390_BUFFERS * sizeof(*buffer));
    if (io->buffers) {
        io->buffers(arg, buffer);
    }
}

/* --- byte order --- */

static void swap_integer(uint8_t *p, size_t size)
{
    uint16_t h;
    uint32_t w;
    uint64_t d;

    switch (size) {
    case 2:
        memcpy(&h, p, 2);
        h = __builtin_bswap16(h);
        memcpy(p, &h, 2);
        break;
    case 4:
        memcpy(&w, p, 4);
        w = __builtin_bswap32(w);
        memcpy(p, &w, 4);
        break;
    case 8:
        memcpy(&d, p, 8);
        d = __builtin_bswap64(d);
        memcpy(p, &d, 8);
        break;
    }
}

/* The fields of one item that lie within @len. */
static void swap_fields(const struct kvm390_layout *layout, uint8_t *item,
                        size_t len)
{
    size_t i, n;

    for (i = 0; i < layout->nr_fields; i++) {
        const struct kvm390_field *f = &layout->fields[i];

        for (n = 0; f->size > 1 && n < f->count &&
                    f->offset + (n + 1) * f->size <= len; n++) {
            swap_integer(item + f->offset + n * f->size, f->size);
        }
    }
}

void kvm390_reorder(const struct kvm390_layout *layout, void *data, size_t len,
                    enum kvm390_order from, enum kvm390_order to)
{
    uint8_t *p = data;

    if (!layout || !layout->size || from == to) {
        return;
    }
    while (len) {
        size_t n = len < layout->size ? len : layout->size;
        const struct kvm390_layout *rest = NULL;

        if (layout->rest && n < layout->size) {
            return;
        }
        /* What "rest" looks at has to be in this machine's order. */
        if (layout->rest && from == KVM390_HOST_ORDER) {
            rest = layout->rest(p);
        }
        swap_fields(layout, p, n);
        if (layout->rest && to == KVM390_HOST_ORDER) {
            rest = layout->rest(p);
        }
        if (rest) {
            swap_fields(rest, p, n);
        }
        p += n;
        len -= n;
    }
}

void kvm390_arg_reorder(const struct kvm390_ioctl *io, void *arg,
                        enum kvm390_order from, enum kvm390_order to)
{
    kvm390_reorder(io->layout, arg, io->size, from, to);
}

void kvm390_buffer_reorder(const struct kvm390_buffer *buffer, void *data,
                           size_t len, enum kvm390_order from,
                           enum kvm390_order to)
{
    kvm390_reorder(buffer->layout, data, len, from, to);
}

void kvm390_head_reorder(struct kvm390_head *head)
{
    kvm390_reorder(&kvm390_layout_kvm390_head, head, sizeof(*head),
                   KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
}

/* --- what a hostile client sends --- */

const char *kvm390_head_check(const struct kvm390_head *head)
{
    if (head->magic != KVM390_WIRE_MAGIC) {
        return "not a kvm390 message";
    }
    if (head->flags & ~KVM390_FLAGS || head->reserved) {
        return "reserved fields are not 0";
    }
    if (head->arg_len > KVM390_MAX_ARG || head->buf_len > KVM390_MAX_BUF) {
        return "message too long";
    }
    return NULL;
}

const char *kvm390_request_check(const struct kvm390_head *head,
                                 const struct kvm390_ioctl *io,
                                 const void *arg,
                                 struct kvm390_buffer buffer[KVM390_BUFFERS])
{
    uint64_t expected = 0;
    int i;

    memset(buffer, 0, KVM390_BUFFERS * sizeof(*buffer));
    if (head->flags & KVM390_BAD_ARG) {
        return head->arg_len || head->buf_len ? "unreadable, but sent" : NULL;
    }
    if (head->arg_len != io->size) {
        return "wrong length of the struct";
    }
    kvm390_buffers(io, arg, buffer);
    for (i = 0; i < KVM390_BUFFERS; i++) {
        if (!(head->flags & (KVM390_BAD_BUF0 << i))) {
            expected += buffer[i].in_len;
        }
    }
    return head->buf_len == expected ? NULL : "wrong length of the buffers";
}
