/*
 * Fuzz target: what a hostile client sends, up to the ioctl's handler
 *
 * An input is a message. It is taken apart as the server does, each part in
 * memory of exactly its length, so that AddressSanitizer sees a step beyond.
 * What is accepted must also keep the promises of wire.h:
 *
 *  - lengths are within the wire's limits and add up
 *  - changing the byte order back gives what was sent
 *  - no ioctl gives more to the client than the wire carries
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/uapi.h"
#include "kvm390/include/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void *copy_of(const void *data, size_t size)
{
    void *p = malloc(size);

    require(p || !size);
    return size ? memcpy(p, data, size) : p;
}

static void take_buffers(const struct kvm390_head *head,
                         const struct kvm390_segment *seg,
                         const uint8_t *data, size_t size)
{
    size_t at = 0;
    int i;

    for (i = 0; i < KVM390_SEGMENTS; i++) {
        uint8_t *buf;

        require(seg[i].out_len <= KVM390_MAX_BUF);
        if (!seg[i].in_len || head->flags & (KVM390_BAD_BUF0 << i)) {
            continue;
        }
        require(at + seg[i].in_len <= head->buf_len);
        if (at + seg[i].in_len > size) {
            return; /* the server would still be waiting for it */
        }
        buf = copy_of(data + at, seg[i].in_len);
        kvm390_buf_to_wire(&seg[i], buf, seg[i].in_len, false);
        kvm390_buf_to_wire(&seg[i], buf, seg[i].in_len, true);
        require(!memcmp(buf, data + at, seg[i].in_len));
        free(buf);
        at += seg[i].in_len;
    }
}

static void take_request(const struct kvm390_head *head,
                         const uint8_t *data, size_t size)
{
    const struct kvm390_ioctl *io =
        kvm390_ioctl_find(head->cmd, kvm390_kind(head->target));
    struct kvm390_segment seg[KVM390_SEGMENTS];
    uint8_t *arg;

    if (!io || head->arg_len > size) {
        return;
    }
    arg = copy_of(data, head->arg_len);
    if (head->arg_len == io->size && io->size) {
        kvm390_arg_to_wire(io, arg, false);
        kvm390_arg_to_wire(io, arg, true);
        require(!memcmp(arg, data, head->arg_len));
        kvm390_arg_to_wire(io, arg, false);
    }
    if (!kvm390_request_check(head, io, arg, seg)) {
        take_buffers(head, seg, data + head->arg_len, size - head->arg_len);
    }
    free(arg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kvm390_head head;

    if (size < sizeof(head)) {
        return 0;
    }
    memcpy(&head, data, sizeof(head));
    kvm390_head_to_wire(&head);
    /* The magic says nothing that is worth finding by chance. */
    head.magic = KVM390_WIRE_MAGIC;
    if (head.cmd < kvm390_nr_ioctls) {
        head.cmd = kvm390_ioctls[head.cmd].nr;
    }
    if (kvm390_head_check(&head)) {
        return 0;
    }
    require(head.arg_len <= KVM390_MAX_ARG && head.buf_len <= KVM390_MAX_BUF);
    take_request(&head, data + sizeof(head), size - sizeof(head));
    return 0;
}
