/*
 * Guest memory that the host has not, or not for this access
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/rcu.h"
#include "kvm390/include/exits.h"
#include "kvm390/include/host-fault.h"

typedef struct Protection {
    struct rcu_head rcu;
    Kvm390ProtMap map;
} Protection;

/* Replaced under the BQL, read under RCU; NULL: nothing is protected. */
static Protection *protection;

unsigned kvm390_host_permit(uint64_t absolute)
{
    Protection *p;

    if (likely(!qatomic_read(&protection))) {
        return KVM390_PERMIT_ALL;
    }
    RCU_READ_LOCK_GUARD();
    p = qatomic_rcu_read(&protection);
    return p ? kvm390_protmap_get(&p->map, absolute) : KVM390_PERMIT_ALL;
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

static void protection_free(Protection *p)
{
    kvm390_protmap_clear(&p->map);
    g_free(p);
}

void kvm390_host_set_protection(Kvm390ProtMap *map)
{
    Protection *old = protection, *new = NULL;

    if (map->n) {
        new = g_new(Protection, 1);
        new->map = *map;
        *map = (Kvm390ProtMap) { };
    } else {
        kvm390_protmap_clear(map);
    }
    qatomic_rcu_set(&protection, new);
    if (old) {
        call_rcu(old, protection_free, rcu);
    }
}
