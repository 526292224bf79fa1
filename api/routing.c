/*
 * GSI kvm390_vm.routes: what an interrupt line does
 *
 * On s390x a line leads to an I/O adapter: it sets an indicator bit and a
 * summary bit in guest memory, and the adapter's interruption is made pending
 * if the summary bit was not set before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "qemu/atomic.h"
#include "qemu/rcu.h"
#include "kvm390/include/compat.h"

/* The bits that an offset counts from an address must lie in its page. */
static bool within_page(uint64_t addr, uint64_t offset)
{
    return (addr & ~TARGET_PAGE_MASK) + offset / 8 < TARGET_PAGE_SIZE;
}

static bool is_memory(uint64_t addr)
{
    return address_space_access_valid(&address_space_memory, addr, 1, true,
                                      MEMTXATTRS_UNSPECIFIED);
}

static int check_route(const struct kvm_irq_routing_entry *entry,
                       const struct kvm_irq_routing_entry *table)
{
    const struct kvm_irq_routing_s390_adapter *to = &entry->u.adapter;

    if (entry->flags || entry->type != KVM_IRQ_ROUTING_S390_ADAPTER ||
        table[entry->gsi].type || kvm390_intercepts.ucontrol ||
        !within_page(to->summary_addr, to->summary_offset) ||
        !within_page(to->ind_addr, to->ind_offset)) {
        return -EINVAL;
    }
    return is_memory(to->summary_addr) && is_memory(to->ind_addr) ?
           0 : -EFAULT;
}

int kvm390_set_routing(Kvm390Call *call)
{
    const struct kvm_irq_routing *routing = call->arg;
    g_autofree struct kvm_irq_routing_entry *table = NULL;
    g_autofree struct kvm_irq_routing_entry *in = NULL;
    size_t size = routing->nr * sizeof(*in), i;

    if (routing->flags || routing->nr > KVM390_MAX_ROUTES) {
        return -EINVAL;
    }
    if (routing->nr && !call->in[0]) {
        return -EFAULT;
    }
    in = g_memdup2(call->in[0], size);
    for (i = 0; i < routing->nr; i++) {
        if (in[i].gsi >= KVM390_MAX_ROUTES) {
            return -EINVAL;
        }
    }
    table = g_new0(struct kvm_irq_routing_entry, KVM390_MAX_ROUTES);
    for (i = 0; i < routing->nr; i++) {
        int ret = check_route(&in[i], table);

        if (ret) {
            return ret;
        }
        table[in[i].gsi] = in[i];
    }
    g_free(kvm390_vm.routes);
    kvm390_vm.routes = g_steal_pointer(&table);
    return 0;
}

/* --- indicators --- */

/*
 * Bits count within doublewords: from the left if the adapter swaps, else from
 * the right. Returns whether the bit was set, or -EFAULT.
 */
static int set_indicator(uint64_t addr, uint64_t offset, bool swap)
{
    uint64_t bit = (addr & ~TARGET_PAGE_MASK) * 8 + offset;
    uint64_t byte = swap ? bit / 8 : (bit / 8) ^ 7;
    uint8_t mask = swap ? 0x80 >> bit % 8 : 1 << bit % 8, before;
    hwaddr xlat, len = 1;
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(&address_space_memory,
                                 (addr & TARGET_PAGE_MASK) + byte, &xlat,
                                 &len, true, MEMTXATTRS_UNSPECIFIED);
    if (!memory_region_is_ram(mr)) {
        return -EFAULT;
    }
    before = qatomic_fetch_or((uint8_t *)memory_region_get_ram_ptr(mr) + xlat,
                              mask);
    memory_region_set_dirty(mr, xlat, 1);
    return !!(before & mask);
}

void kvm390_gsi_raise(unsigned gsi)
{
    const struct kvm_irq_routing_entry *routes = kvm390_vm.routes;
    const struct kvm_irq_routing_s390_adapter *to;
    int swap;

    if (!routes || gsi >= KVM390_MAX_ROUTES || !routes[gsi].type) {
        return;
    }
    to = &routes[gsi].u.adapter;
    swap = kvm390_adapter_swaps(to->adapter_id);
    if (swap >= 0 && set_indicator(to->ind_addr, to->ind_offset, swap) >= 0 &&
        set_indicator(to->summary_addr, to->summary_offset, swap) == 0) {
        kvm390_adapter_interrupt(to->adapter_id);
    }
}
