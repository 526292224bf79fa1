/*
 * Counters that query-kvm390 and `info kvm390` show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/counters.h"

static uint64_t counters[KVM390_COUNTER__MAX];

static const char *const names[KVM390_COUNTER__MAX] = {
#define KVM390_COUNTER_NAME(id, name) [KVM390_COUNTER_##id] = name,
    KVM390_COUNTERS(KVM390_COUNTER_NAME)
#undef KVM390_COUNTER_NAME
};

void kvm390_count_add(Kvm390Counter counter, uint64_t n)
{
    __atomic_fetch_add(&counters[counter], n, __ATOMIC_RELAXED);
}

uint64_t kvm390_counter_value(Kvm390Counter counter)
{
    return __atomic_load_n(&counters[counter], __ATOMIC_RELAXED);
}

const char *kvm390_counter_name(Kvm390Counter counter)
{
    return names[counter];
}
