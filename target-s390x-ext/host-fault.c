/*
 * Guest memory that the host has not
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "kvm390/include/kvm390/exits.h"
#include "kvm390/include/kvm390/host-fault.h"

static __thread uint64_t last_page;

bool kvm390_host_permits(uint64_t absolute, bool write)
{
    if (kvm390_intercepts.vm) {
        last_page = absolute & TARGET_PAGE_MASK;
    }
    return true;
}

uint64_t kvm390_host_fault(void)
{
    return last_page;
}
