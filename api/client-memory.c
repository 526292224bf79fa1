/*
 * The client's own protection of its memory: mprotect(), munmap()
 *
 * KVM finds a guest's page through the client's page tables, so what the client
 * may not do there the guest may not either: KVM_RUN and memory operations
 * answer -EFAULT, and a KVM_RUN after the client has changed its mind goes on
 * at the same instruction. Here QEMU maps the memory apart. The client tells
 * what it protects, by its own addresses; this file keeps that, and makes from
 * it and the slots what is protected by guest address. Under the BQL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "exec/cputlb.h"
#include "kvm390/include/host-fault.h"

static Kvm390ProtMap by_hva;
static bool any; /* something is protected by guest address, too */

typedef struct Build {
    Kvm390ProtMap by_gpa;
    int ret;
} Build;

/* What is protected of the memory at [hva, hva + size), which is at @gpa. */
static void add_memory(uint64_t gpa, uint64_t size, uint64_t hva, void *opaque)
{
    Build *build = opaque;
    const Kvm390ProtRange *r = kvm390_protmap_from(&by_hva, hva);
    const Kvm390ProtRange *end = by_hva.ranges + by_hva.n;

    for (; r && r < end && r->start < hva + size; r++) {
        uint64_t from = MAX(r->start, hva), to = MIN(r->end, hva + size);

        build->ret |= kvm390_protmap_set(&build->by_gpa, gpa + (from - hva),
                                         gpa + (to - hva), r->permit);
    }
}

static void flush(CPUState *cs, run_on_cpu_data data)
{
    tlb_flush(cs);
}

int kvm390_protection_update(void)
{
    Build build = { };
    CPUState *cs;

    if (!by_hva.n && !any) {
        return 0;
    }
    kvm390_slots_each(add_memory, &build);
    kvm390_ucas_each(add_memory, &build);
    if (build.ret) {
        kvm390_protmap_clear(&build.by_gpa);
        return -ENOMEM;
    }
    any = build.by_gpa.n;
    kvm390_host_set_protection(&build.by_gpa);
    CPU_FOREACH(cs) {
        run_on_cpu(cs, flush, RUN_ON_CPU_NULL);
    }
    return 0;
}

int kvm390_protect(Kvm390Call *call)
{
    const struct kvm390_protect *p = call->arg;
    int ret;

    if (p->permit & ~KVM390_PERMIT_ALL || p->addr + p->len < p->addr ||
        (p->addr | p->len) & ~TARGET_PAGE_MASK) {
        return -EINVAL;
    }
    if (!p->len) {
        return 0;
    }
    ret = kvm390_protmap_set(&by_hva, p->addr, p->addr + p->len, p->permit);
    return ret ? ret : kvm390_protection_update();
}
