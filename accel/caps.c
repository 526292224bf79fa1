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
#include "kvm390/include/kvm390/memop.h"

/* What the machine can hold; KVM recommends no smaller number on s390x. */
static int max_vcpus(void)
{
    return MACHINE_GET_CLASS(current_machine)->max_cpus;
}

static int mem_op_size(void)
{
    return KVM390_MEMOP_MAX_SIZE;
}

static int mem_op_extension(void)
{
    return KVM390_MEMOP_EXTENSION;
}

#define CAP(cap, function) { .name = #cap, .number = cap, .value = function }

const Kvm390Cap kvm390_caps[] = {
    CAP(KVM_CAP_NR_VCPUS, max_vcpus),
    CAP(KVM_CAP_MAX_VCPUS, max_vcpus),
    CAP(KVM_CAP_MAX_VCPU_ID, max_vcpus),
    CAP(KVM_CAP_S390_MEM_OP, mem_op_size),
    CAP(KVM_CAP_S390_MEM_OP_EXTENSION, mem_op_extension),
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
