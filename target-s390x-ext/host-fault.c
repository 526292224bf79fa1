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
#include "kvm390/include/stretches.h"

/* Innermost. Where nothing is protected nobody takes it to look. */
static QemuMutex lock;
static Kvm390ProtMap by_hva;    /* what is protected, by client's address */
static Kvm390Stretches guest;   /* the client's memory that the guest has */
static bool any;                /* by_hva lists something; atomic */

static void __attribute__((constructor)) init(void)
{
    qemu_mutex_init(&lock);
}

unsigned kvm390_host_permit(uint64_t absolute)
{
    uint64_t hva;

    if (likely(!qatomic_read(&any))) {
        return KVM390_PERMIT_ALL;
    }
    QEMU_LOCK_GUARD(&lock);
    return kvm390_stretches_find(&guest, absolute, &hva) ?
           kvm390_protmap_get(&by_hva, hva) : KVM390_PERMIT_ALL;
}

bool kvm390_host_permits(uint64_t absolute, bool write)
{
    return kvm390_host_permit(absolute) &
           (write ? KVM390_PERMIT_WRITE : KVM390_PERMIT_READ);
}

void kvm390_host_note(CPUS390XState *env, uint64_t absolute, bool refused)
{
    env->kvm390.memory.page = absolute & TARGET_PAGE_MASK;
    env->kvm390.memory.refused = refused;
}

bool kvm390_host_permits_noted(uint64_t absolute, bool write)
{
    bool permits = kvm390_host_permits(absolute, write);

    if (kvm390_intercepts.client_runs && current_cpu) {
        kvm390_host_note(cpu_env(current_cpu), absolute, !permits);
    }
    return permits;
}

void kvm390_host_memory_add(uint64_t gpa, uint64_t size, uint64_t hva)
{
    QEMU_LOCK_GUARD(&lock);
    kvm390_stretches_add(&guest, gpa, size, hva);
}

void kvm390_host_memory_remove(uint64_t gpa, uint64_t size)
{
    QEMU_LOCK_GUARD(&lock);
    kvm390_stretches_remove(&guest, gpa, size);
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
