/*
 * The interlock of a guest's translation tables (interpret.h)
 *
 * A host that walks a guest's tables keeps the guest from changing them
 * meanwhile, by a bit in the system control area, which all CPUs of the guest
 * share. While it is on, IPTE and its like are intercepted; while one of them
 * is executed it is counted there, and the host waits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/sie-sca.h"
#include "kvm390/include/sie.h"
#include "sie-map.h"

/* The doubleword, which the host changes at any time; or NULL. */
static uint64_t *map_interlock(const uint8_t *block)
{
    const uint64_t area = kvm390_sca_origin(
        ldl_be_p(block + SIE_SCAOH), ldl_be_p(block + SIE_SCAOL),
        ldub_p(block + SIE_ECB2) & SIE_ECB2_ESCA);

    return area ? kvm390_sie_map(area, sizeof(uint64_t)) : NULL;
}

bool kvm390_sie_lock_tables(CPUS390XState *env)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    const bool counted = ldl_be_p(sie->block + SIE_ECA) & SIE_ECA_SII;
    uint64_t *at, old, new;
    bool free;

    if (sie->interlocked) {
        return true; /* it begins again */
    }
    at = map_interlock(sie->block);
    if (!at) {
        return true;
    }
    do {
        old = be64_to_cpu(qatomic_read(at));
        free = kvm390_sie_interlock(old, counted, &new);
    } while (free && counted &&
             qatomic_cmpxchg(at, cpu_to_be64(old), cpu_to_be64(new)) !=
             cpu_to_be64(old));
    kvm390_sie_unmap(at, sizeof(*at));
    sie->interlocked = free && counted;
    return free;
}

void kvm390_sie_unlock_tables(CPUS390XState *env)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    uint64_t *at, old;

    if (!sie->interlocked) {
        return;
    }
    sie->interlocked = false;
    at = map_interlock(sie->block);
    if (!at) {
        return;
    }
    do {
        old = be64_to_cpu(qatomic_read(at));
    } while (qatomic_cmpxchg(at, cpu_to_be64(old),
                             cpu_to_be64(old - SIE_INTERLOCK_GUEST)) !=
             cpu_to_be64(old));
    kvm390_sie_unmap(at, sizeof(*at));
}

void HELPER(kvm390_sie_unlock)(CPUS390XState *env)
{
    kvm390_sie_unlock_tables(env);
}
