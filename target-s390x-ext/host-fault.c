/*
 * Guest memory that the host has not, or not for this access
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/lockable.h"
#include "qemu/thread.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/exits.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/slot-memory.h"

/* Innermost. Where nothing is protected nobody takes it to look. */
static QemuMutex lock;
static Kvm390ProtMap by_hva;    /* what is protected, by client's address */
static bool any;                /* by_hva lists something; atomic */

static void __attribute__((constructor)) init(void)
{
    qemu_mutex_init(&lock);
}

unsigned kvm390_host_permit(uint64_t absolute)
{
    Kvm390Stretch s;

    if (likely(!qatomic_read(&any))) {
        return KVM390_PERMIT_ALL;
    }
    if (!kvm390_slot_memory_find(absolute, &s)) {
        return KVM390_PERMIT_ALL;
    }
    QEMU_LOCK_GUARD(&lock);
    return kvm390_protmap_get(&by_hva, s.hva + (absolute - s.gpa));
}

bool kvm390_host_permits(uint64_t absolute, bool write)
{
    return kvm390_host_permit(absolute) &
           (write ? KVM390_PERMIT_WRITE : KVM390_PERMIT_READ);
}

bool kvm390_host_permits_noted(uint64_t absolute, bool write)
{
    bool permits = kvm390_host_permits(absolute, write);

    if (kvm390_intercepts.client_runs && current_cpu) {
        kvm390_host_note(cpu_env(current_cpu), absolute, !permits);
    }
    return permits;
}

int kvm390_host_protect(uint64_t hva, uint64_t len, unsigned permit)
{
    int ret;

    QEMU_LOCK_GUARD(&lock);
    ret = kvm390_protmap_set(&by_hva, hva, hva + len, permit);
    qatomic_set(&any, by_hva.n);
    return ret;
}

bool kvm390_host_protects(void)
{
    return qatomic_read(&any);
}
