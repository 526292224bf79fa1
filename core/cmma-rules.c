/*
 * The rules of collaborative memory management (CMMA)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include "kvm390/include/cmma-rules.h"

#define PAGE_SHIFT      12
#define PAGE_MASK       0xfffull
#define SEGMENT_MASK    0xfffffull

static uint8_t with_usage(uint8_t value, uint8_t usage)
{
    return (value & KVM390_CMMA_NODAT) | usage;
}

Kvm390EssaStep kvm390_essa_step(unsigned order, uint8_t value,
                                Kvm390Content content, bool changed)
{
    Kvm390EssaStep step = { .value = value & KVM390_CMMA_VALUE };

    switch (order) {
    case KVM390_ESSA_STABLE:
        step.value = KVM390_CMMA_STABLE;
        break;
    case KVM390_ESSA_UNUSED:
        step.value = with_usage(value, KVM390_CMMA_UNUSED);
        step.release = content != KVM390_CONTENT_ZERO;
        break;
    case KVM390_ESSA_VOLATILE:
        step.value = with_usage(value, KVM390_CMMA_VOLATILE);
        step.release = content == KVM390_CONTENT_PRESERVED;
        break;
    case KVM390_ESSA_POT_VOLATILE:
        if (content == KVM390_CONTENT_RESIDENT) {
            step.value = with_usage(value, KVM390_CMMA_POT_VOLATILE);
        } else if (content == KVM390_CONTENT_ZERO) {
            step.value = with_usage(value, KVM390_CMMA_VOLATILE);
        } else if (!changed) {
            step.value = with_usage(value, KVM390_CMMA_VOLATILE);
            step.release = true;
        }
        break;
    case KVM390_ESSA_STABLE_RESIDENT:
        step.value = with_usage(value, KVM390_CMMA_STABLE);
        step.make_resident = content != KVM390_CONTENT_RESIDENT;
        break;
    case KVM390_ESSA_STABLE_IF_RESIDENT:
        if (content == KVM390_CONTENT_RESIDENT) {
            step.value = with_usage(value, KVM390_CMMA_STABLE);
        }
        break;
    case KVM390_ESSA_STABLE_NODAT:
        step.value = KVM390_CMMA_STABLE | KVM390_CMMA_NODAT;
        break;
    default:
        break;
    }
    return step;
}

uint64_t kvm390_essa_result(uint8_t value, Kvm390Content content)
{
    return (value & KVM390_CMMA_NODAT ? 0x20 : 0) |
           (value & KVM390_CMMA_USAGE) << 2 | content;
}

unsigned kvm390_essa_last_order(bool nodat)
{
    return nodat ? KVM390_ESSA_STABLE_NODAT : KVM390_ESSA_STABLE_IF_RESIDENT;
}

uint8_t kvm390_cmma_masked_value(uint8_t byte, uint64_t mask)
{
    return ((uint64_t)byte << 24 & mask) >> 24 & KVM390_CMMA_VALUE;
}

int kvm390_cmma_get_check(bool enabled, bool migration, bool used,
                          uint64_t dirty, uint32_t flags, uint32_t count)
{
    bool peek = flags & KVM390_CMMA_PEEK;

    if (!enabled) {
        return -ENXIO;
    }
    if (flags & ~KVM390_CMMA_PEEK || (!peek && !migration)) {
        return -EINVAL;
    }
    return count && used && (peek || dirty);
}

int kvm390_cmma_set_check(bool enabled, uint32_t flags, uint32_t count)
{
    if (!enabled) {
        return -ENXIO;
    }
    if (flags || count > KVM390_CMMA_SIZE_MAX) {
        return -EINVAL;
    }
    return count != 0;
}

int kvm390_cmma_enable_check(unsigned vcpus)
{
    return vcpus ? -EBUSY : 0;
}

int kvm390_migration_start_check(bool on, bool cmma, unsigned slots,
                                 unsigned unlogged)
{
    if (on) {
        return 0;
    }
    if (!slots || (cmma && unlogged)) {
        return -EINVAL;
    }
    return 1;
}

int kvm390_mem_limit_check(uint64_t *limit, uint64_t present, unsigned vcpus,
                           uint64_t slots_end)
{
    *limit = (*limit + SEGMENT_MASK) & ~SEGMENT_MASK;
    if (present != KVM390_NO_MEM_LIMIT && *limit > present) {
        return -E2BIG;
    }
    if (!*limit) {
        return -EINVAL;
    }
    if (vcpus || *limit < slots_end) {
        return -EBUSY;
    }
    return 0;
}

/* Append a stretch of pages unless it is empty; returns the new number. */
static int add_range(Kvm390GfnRange *ranges, int n, uint64_t first,
                     uint64_t end)
{
    if (first >= end) {
        return n;
    }
    ranges[n] = (Kvm390GfnRange){ .first = first, .end = end };
    return n + 1;
}

int kvm390_diag10_ranges(uint64_t start, uint64_t last, uint64_t prefix,
                         Kvm390GfnRange ranges[KVM390_DIAG10_RANGES])
{
    uint64_t first = start >> PAGE_SHIFT;
    uint64_t end = (last >> PAGE_SHIFT) + 1;
    uint64_t low = prefix >> PAGE_SHIFT;    /* the prefix area: two pages */
    int n = 0;

    if ((start | last) & PAGE_MASK || start > last || first < 2 ||
        last > UINT64_MAX - PAGE_MASK - 1) {
        return -1;
    }
    if (end <= low || first >= low + 2) {
        return add_range(ranges, 0, first, end);
    }
    n = add_range(ranges, n, first, low);
    if (first <= low) {
        n = add_range(ranges, n, 0, 1);
    }
    if (end > low + 1) {
        n = add_range(ranges, n, 1, 2);
    }
    return add_range(ranges, n, low + 2, end);
}
