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
                         const struct kvm390_buffer *buffer,
                         const uint8_t *data, size_t size)
{
    size_t at = 0;
    int i;

    for (i = 0; i < KVM390_BUFFERS; i++) {
        uint8_t *buf;

        require(buffer[i].out_len <= KVM390_MAX_BUF);
        if (!buffer[i].in_len || head->flags & (KVM390_BAD_BUF0 << i)) {
            continue;
        }
        require(at + buffer[i].in_len <= head->buf_len);
        if (at + buffer[i].in_len > size) {
            return; /* the server would still be waiting for it */
        }
        buf = copy_of(data + at, buffer[i].in_len);
        kvm390_buffer_reorder(&buffer[i], buf, buffer[i].in_len,
                              KVM390_WIRE_ORDER, KVM390_HOST_ORDER);
        kvm390_buffer_reorder(&buffer[i], buf, buffer[i].in_len,
                              KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
        require(!memcmp(buf, data + at, buffer[i].in_len));
        free(buf);
        at += buffer[i].in_len;
    }
}

static void take_request(const struct kvm390_head *head,
                         const uint8_t *data, size_t size)
{
    const struct kvm390_ioctl *io =
        kvm390_ioctl_find(head->cmd, kvm390_kind(head->target));
    struct kvm390_buffer buffer[KVM390_BUFFERS];
    uint8_t *arg;

    if (!io || head->arg_len > size) {
        return;
    }
    arg = copy_of(data, head->arg_len);
    if (head->arg_len == io->size && io->size) {
        kvm390_arg_reorder(io, arg, KVM390_WIRE_ORDER, KVM390_HOST_ORDER);
        kvm390_arg_reorder(io, arg, KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
        require(!memcmp(arg, data, head->arg_len));
        kvm390_arg_reorder(io, arg, KVM390_WIRE_ORDER, KVM390_HOST_ORDER);
    }
    if (!kvm390_request_check(head, io, arg, buffer)) {
        take_buffers(head, buffer, data + head->arg_len, size - head->arg_len);
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
    kvm390_head_reorder(&head);
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
