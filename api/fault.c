/*
 * Guest memory that is to be made present: VCPU_FAULT, PRE_FAULT_MEMORY
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "api.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/host-fault.h"
#include "qemu/rcu.h"

/* KVM's fault handler makes the page present; here it always is. */
int kvm390_vcpu_fault(Kvm390Call *call)
{
    const uint64_t at = kvm390_machine_address(&call->vcpu->cpu->env,
                                               call->number);
    Kvm390Exit *exit = &call->vcpu->exit;

    if (!kvm390_host_permits(at, false)) {
        return -EFAULT;
    }
    if (address_space_access_valid(&address_space_memory, at, 1, true,
                                   MEMTXATTRS_UNSPECIFIED)) {
        return 0;
    }
    if (!kvm390_intercepts.ucontrol) {
        return -EFAULT;
    }
    exit->reason = KVM_EXIT_S390_UCONTROL;
    exit->fault_addr = call->number;
    kvm390_run_set_exit(call->vcpu, exit);
    return -EREMOTE;
}

/* Bring guest memory into the host's; the range becomes what is left of it. */
int kvm390_pre_fault(Kvm390Call *call)
{
    struct kvm_pre_fault_memory *range = call->arg;
    uint64_t before = range->size;

    if (kvm390_intercepts.ucontrol ||
        range->flags || (range->gpa | range->size) & ~TARGET_PAGE_MASK ||
        range->gpa + range->size <= range->gpa) {
        return -EINVAL;
    }
    RCU_READ_LOCK_GUARD();
    while (range->size) {
        hwaddr offset, len = range->size;
        MemoryRegion *mr = address_space_translate(&address_space_memory,
                                                   range->gpa, &offset, &len,
                                                   false,
                                                   MEMTXATTRS_UNSPECIFIED);

        if (!memory_region_is_ram(mr)) {
            break;
        }
#ifdef MADV_POPULATE_READ
        /* Not being able to is no error: the page comes when it is needed. */
        madvise((char *)memory_region_get_ram_ptr(mr) + offset, len,
                MADV_POPULATE_READ);
#endif
        range->gpa += len;
        range->size -= len;
    }
    return range->size == before ? -ENOENT : 0;
}
