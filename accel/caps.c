/*
 * The KVM capabilities that kvm390 offers.
 *
 * A capability enters this table with the code that honours it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/kvm.h>
#include "hw/boards.h"
#include "kvm390/include/kvm390/caps.h"

/* What the machine can hold; KVM recommends no smaller number on s390x. */
static int max_vcpus(void)
{
    return MACHINE_GET_CLASS(current_machine)->max_cpus;
}

#define CAP(cap, function) { .name = #cap, .number = cap, .value = function }

const Kvm390Cap kvm390_caps[] = {
    CAP(KVM_CAP_NR_VCPUS, max_vcpus),
    CAP(KVM_CAP_MAX_VCPUS, max_vcpus),
    CAP(KVM_CAP_MAX_VCPU_ID, max_vcpus),
    { }
};

int kvm390_check_extension(uint32_t number)
{
    for (const Kvm390Cap *cap = kvm390_caps; cap->name; cap++) {
        if (cap->number == number) {
            return cap->value();
        }
    }
    return 0;
}
