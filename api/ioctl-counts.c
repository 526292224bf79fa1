/*
 * How often each ioctl was called
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "kvm390/include/vm.h"

void kvm390_ioctl_count(const struct kvm390_ioctl *io)
{
    qatomic_inc(&kvm390_vm.ioctls[io - kvm390_ioctls]);
}

const char *kvm390_ioctl_counter(size_t i, uint64_t *value)
{
    if (i >= KVM390_NR_IOCTLS) {
        return NULL;
    }
    *value = qatomic_read(&kvm390_vm.ioctls[i]);
    return kvm390_ioctls[i].name;
}
