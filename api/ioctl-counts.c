/*
 * How often each ioctl was called
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "kvm390/include/vm.h"

static uint64_t counts[KVM390_NR_IOCTLS]; /* atomic; by row of ioctls.h */

void kvm390_ioctl_count(const struct kvm390_ioctl *io)
{
    qatomic_inc(&counts[io - kvm390_ioctls]);
}

const char *kvm390_ioctl_counter(size_t i, uint64_t *value)
{
    if (i >= KVM390_NR_IOCTLS) {
        return NULL;
    }
    *value = qatomic_read(&counts[i]);
    return kvm390_ioctls[i].name;
}
