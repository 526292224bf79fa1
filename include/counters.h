/*
 * Counters that query-kvm390 and `info kvm390` show.
 *
 * One atomic word each, counted with relaxed order from any thread. They are
 * for people: nothing decides by them. An event on a hot path is counted by
 * whoever owns that path, in batches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_COUNTERS_H
#define KVM390_COUNTERS_H

#include <stdint.h>

/* X(enumerator, name on the monitor) */
#define KVM390_COUNTERS(X)                              \
    X(ACCESS_REGISTER_FAULTS, "access-register-faults") \
    X(PAGES_DISCARDED, "cmma-pages-discarded")          \
    X(DISCARD_CALLS, "cmma-discard-host-calls")         \
    X(CODE_COMPARED, "client-code-compared")            \
    X(SIE_ENTRIES, "sie-entries")                       \
    X(SIE_INTERCEPTIONS, "sie-interceptions")           \
    X(SIE_HOST_FAULTS, "sie-host-faults")

typedef enum {
#define KVM390_COUNTER_ENUM(id, name) KVM390_COUNTER_##id,
    KVM390_COUNTERS(KVM390_COUNTER_ENUM)
#undef KVM390_COUNTER_ENUM
    KVM390_COUNTER__MAX
} Kvm390Counter;

/**
 * kvm390_count_add: add to a counter.
 * @counter: which one
 * @n: how much
 *
 * Any context.
 */
void kvm390_count_add(Kvm390Counter counter, uint64_t n);

/**
 * kvm390_counter_value: what a counter has reached since QEMU started.
 *
 * Any context.
 */
uint64_t kvm390_counter_value(Kvm390Counter counter);

/**
 * kvm390_counter_name: the counter's name on the monitor, a static string.
 *
 * Any context.
 */
const char *kvm390_counter_name(Kvm390Counter counter);

#endif /* KVM390_COUNTERS_H */
