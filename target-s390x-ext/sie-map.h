/*
 * A field of storage that SIE works on in place
 *
 * Other CPUs, and the host, change it at any time: it is accessed with atomic
 * operations.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SIE_MAP_H
#define KVM390_SIE_MAP_H

#include "exec/cpu-common.h"

/**
 * kvm390_sie_unmap: done with a field; it may have been stored to
 */
static inline void kvm390_sie_unmap(void *at, hwaddr size)
{
    cpu_physical_memory_unmap(at, size, true, size);
}

/**
 * kvm390_sie_map: the field of @size bytes at an absolute address
 *
 * Returns it, or NULL where there is no such storage. A vCPU's own thread.
 */
static inline void *kvm390_sie_map(uint64_t addr, hwaddr size)
{
    hwaddr len = size;
    void *at = cpu_physical_memory_map(addr, &len, true);

    if (at && len < size) {
        cpu_physical_memory_unmap(at, len, true, 0);
        return NULL;
    }
    return at;
}

#endif
