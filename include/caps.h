/*
 * The KVM capabilities that kvm390 offers: one table for the monitor and for
 * KVM_CHECK_EXTENSION.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CAPS_H
#define KVM390_CAPS_H

#include <stdint.h>

typedef struct Kvm390Cap {
    const char *name;           /* as in linux/kvm.h, "KVM_CAP_..." */
    uint32_t number;            /* its value there */
    int (*value)(void);         /* what KVM_CHECK_EXTENSION answers, >= 0 */
} Kvm390Cap;

/**
 * kvm390_caps: the table, ended by an entry without a name.
 *
 * A capability that is not in it has the value 0, as KVM answers for one it
 * does not know (Linux, Documentation/virt/kvm/api.rst, 4.4). Any context,
 * after the accelerator is initialised.
 */
extern const Kvm390Cap kvm390_caps[];

/**
 * kvm390_check_extension: the answer of KVM_CHECK_EXTENSION.
 * @number: a KVM_CAP_* number; an unknown one is allowed
 *
 * Returns: the capability's value, 0 for one that is not offered. Any
 * context, after the accelerator is initialised.
 */
int kvm390_check_extension(uint32_t number);

#endif /* KVM390_CAPS_H */
