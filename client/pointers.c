/*
 * What an ioctl's struct points to, on its way to the VM and back
 *
 * SPDX-License-Identifier: MIT
 */
#include "pointers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t read_field(const void *arg, size_t at, size_t size)
{
    uint64_t d;
    uint32_t w;

    if (size == 8) {
        memcpy(&d, (const char *)arg + at, sizeof(d));
        return d;
    }
    memcpy(&w, (const char *)arg + at, sizeof(w));
    return w;
}

/*
 * The memory of a slot, as the file that the VM is to map; the buffer holds
 * the offset there. True if there is such a file.
 */
static bool share_memory(struct kvm390_vm *vm, uint64_t addr, uint64_t len,
                         uint8_t *buf, int *send_fd)
{
    void *memory = (void *)(kvm390_caller.base + addr);
    uint64_t offset;

    *send_fd = kvm390_memory_share(memory, len, &offset);
    kvm390_memory_tell(vm, memory, len);
    if (*send_fd >= 0) {
        memcpy(buf, &offset, sizeof(offset));
    }
    return *send_fd >= 0;
}

uint8_t *kvm390_pointers_gather(struct kvm390_vm *vm,
                                const struct kvm390_ioctl *io, uint64_t at,
                                const void *arg, struct kvm390_buffer *buffer,
                                struct kvm390_head *head, int *send_fd)
{
    size_t len = buffer[0].in_len + (size_t)buffer[1].in_len, n = 0;
    bool memory = io->fd.kind == KVM390_FD_MEMORY;
    uint8_t *buf = len ? malloc(len) : NULL;
    int i;

    for (i = 0; buf && i < KVM390_BUFFERS; i++) {
        uint64_t from = buffer[i].addr == UINT64_MAX ? at + io->size :
                        buffer[i].addr;

        if (!buffer[i].in_len) {
            continue;
        }
        if (memory ? !share_memory(vm, from, read_field(arg, io->fd.at, 8),
                                   buf + n, send_fd) :
                     kvm390_copy_in(buf + n, from, buffer[i].in_len) != 0) {
            head->flags |= KVM390_BAD_BUF0 << i;
            continue;
        }
        kvm390_buffer_reorder(&buffer[i], buf + n, buffer[i].in_len,
                              memory ? KVM390_HOST_ORDER : kvm390_caller.order,
                              KVM390_WIRE_ORDER);
        n += buffer[i].in_len;
    }
    head->buf_len = n;
    return buf;
}

void kvm390_pointers_limit_dirty_log(struct kvm390_vm *vm,
                                     const struct kvm_dirty_log *log,
                                     struct kvm390_buffer *buffer)
{
    size_t pages = kvm390_slots_size(vm, log->slot) >> 12;
    size_t bytes = (pages + 63) / 64 * 8;

    if (bytes < buffer[0].out_len) {
        buffer[0].out_len = bytes;
    }
}

int kvm390_pointers_scatter(struct kvm390_buffer *buffer, uint8_t *buf,
                            size_t len)
{
    int i;

    for (i = 0; i < KVM390_BUFFERS && len; i++) {
        size_t n = buffer[i].out_len < len ? buffer[i].out_len : len;

        kvm390_buffer_reorder(&buffer[i], buf, n, KVM390_WIRE_ORDER,
                              kvm390_caller.order);
        if (kvm390_copy_out(buffer[i].addr, buf, n)) {
            return -EFAULT;
        }
        buf += n;
        len -= n;
    }
    return len ? -EIO : 0;
}

static bool is_eventfd(int fd)
{
    char path[40], target[40];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    n = readlink(path, target, sizeof(target) - 1);
    target[n > 0 ? n : 0] = '\0';
    return !strcmp(target, "anon_inode:[eventfd]");
}

int kvm390_pointers_eventfd(const struct kvm390_ioctl *io, const void *arg,
                            int *send_fd)
{
    const struct kvm_irqfd *irqfd = arg;
    int fd;

    if (io->fd.kind != KVM390_FD_EVENT) {
        return 0;
    }
    fd = read_field(arg, io->fd.at, 4);
    if (io->nr == KVM_IRQFD && irqfd->flags == KVM_IRQFD_FLAG_RESAMPLE &&
        fcntl(fd, F_GETFD, 0l) >= 0 && !is_eventfd(irqfd->resamplefd)) {
        if (fcntl(irqfd->resamplefd, F_GETFD, 0l) >= 0) {
            errno = EINVAL;
        }
        return -1;
    }
    *send_fd = fcntl(fd, F_GETFD, 0l) >= 0 ? fd : -1;
    return 0;
}
