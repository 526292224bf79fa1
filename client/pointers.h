/*
 * What an ioctl's struct points to
 *
 * Any thread. SPDX-License-Identifier: MIT
 */
#ifndef KVM390_CLIENT_POINTERS_H
#define KVM390_CLIENT_POINTERS_H

#include "internal.h"

/**
 * kvm390_pointers_gather: what the struct points to, behind each other
 * @at: where the caller has the struct
 * @arg: a copy of it, in this machine's byte order
 * @buffer: where the buffers are, and how long: KVM390_BUFFERS of them
 * @head: gets the length, and a flag for each buffer that cannot be read
 * @send_fd: gets the file of a slot's memory
 *
 * Returns the bytes in the wire's order, from malloc(), or NULL if there are
 * none.
 */
uint8_t *kvm390_pointers_gather(struct kvm390_vm *vm,
                                const struct kvm390_ioctl *io, uint64_t at,
                                const void *arg, struct kvm390_buffer *buffer,
                                struct kvm390_head *head, int *send_fd);

/**
 * kvm390_pointers_scatter: a reply's buffers, to where the struct points
 * @buf: @len bytes in the wire's order; changed
 *
 * Returns 0, -EFAULT, or -EIO for more bytes than the ioctl has room for.
 */
int kvm390_pointers_scatter(struct kvm390_buffer *buffer, uint8_t *buf,
                            size_t len);

/**
 * kvm390_pointers_limit_dirty_log: KVM_GET_DIRTY_LOG's bitmap is as long as
 * the slot
 *
 * That is known here: what a server says is not what the caller has room for.
 */
void kvm390_pointers_limit_dirty_log(struct kvm390_vm *vm,
                                     const struct kvm_dirty_log *log,
                                     struct kvm390_buffer *buffer);

/**
 * kvm390_pointers_eventfd: the eventfd that rides along
 * @arg: the struct, in this machine's byte order
 * @send_fd: gets it, if the ioctl has one
 *
 * A number that is no descriptor is left for the server to complain about,
 * which looks at the rest of the struct first. No s390x interrupt is
 * level-triggered: nobody will signal the resamplefd. Returns 0, or -1 with
 * errno set: EINVAL or EBADF, as kvm_irqfd() does.
 */
int kvm390_pointers_eventfd(const struct kvm390_ioctl *io, const void *arg,
                            int *send_fd);

#endif
