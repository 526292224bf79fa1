/*
 * The client's own protection of its memory: mprotect(), munmap()
 *
 * KVM finds a guest's page through the client's page tables, so what the client
 * may not do there the guest may not either: KVM_RUN and memory operations
 * answer -EFAULT, and a KVM_RUN after the client has changed its mind goes on
 * at the same instruction. Here QEMU maps the memory apart. The client tells
 * what it protects, by its own addresses. This file keeps that and which memory
 * of the client the guest has (memory slots and ucas mappings), and makes from
 * both what is protected by guest address. Under the VM's lock and the BQL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "server.h"
#include "vm-state.h"
#include "exec/cputlb.h"
#include "exec/memory.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "kvm390/include/host-fault.h"

static Kvm390ClientMemory *const memory = &kvm390_vm.client_memory;

/* A stretch of the client's memory that the guest has. */
typedef struct Stretch {
    uint64_t gpa, size, hva;
} Stretch;

void kvm390_client_memory_add(uint64_t gpa, uint64_t size, uint64_t hva)
{
    Stretch stretch = { gpa, size, hva };

    if (!memory->stretches) {
        memory->stretches = g_array_new(false, false, sizeof(Stretch));
    }
    g_array_append_val(memory->stretches, stretch);
}

void kvm390_client_memory_remove(uint64_t gpa, uint64_t size)
{
    guint i;

    for (i = 0; i < memory->stretches->len; i++) {
        const Stretch *s = &g_array_index(memory->stretches, Stretch, i);

        if (s->gpa == gpa && s->size == size) {
            g_array_remove_index_fast(memory->stretches, i);
            return;
        }
    }
    g_assert_not_reached();
}

/* QEMU would make a file that is too short longer. */
static bool covers(int fd, uint64_t offset, uint64_t size)
{
    struct stat st;
    uint64_t end;

    return !fstat(fd, &st) && S_ISREG(st.st_mode) &&
           offset % TARGET_PAGE_SIZE == 0 &&
           !uadd64_overflow(offset, size, &end) && end <= st.st_size;
}

int kvm390_client_memory_map(MemoryRegion *mr, Object *owner, const char *name,
                             uint64_t size, Kvm390Call *call)
{
    Error *err = NULL;
    uint64_t offset;

    if (!call->in[0] || call->in_fd < 0) {
        return -EFAULT;
    }
    offset = ldq_he_p(call->in[0]);
    if (!covers(call->in_fd, offset, size)) {
        return -EFAULT;
    }
    if (!memory_region_init_ram_from_fd(mr, owner, name, size, RAM_SHARED,
                                        call->in_fd, offset, &err)) {
        kvm390_server_complain(call->session->server, error_get_pretty(err));
        error_free(err);
        return -EFAULT;
    }
    call->in_fd = -1; /* the RAM block's own now */
    return 0;
}

/* What the client protects of a stretch, by guest address. */
static int add_protection(Kvm390ProtMap *by_gpa, const Stretch *s)
{
    const Kvm390ProtRange *r = kvm390_protmap_from(&memory->by_hva, s->hva);
    const Kvm390ProtRange *end = memory->by_hva.ranges + memory->by_hva.n;
    int ret = 0;

    for (; r && r < end && r->start < s->hva + s->size; r++) {
        uint64_t from = MAX(r->start, s->hva);
        uint64_t to = MIN(r->end, s->hva + s->size);

        ret |= kvm390_protmap_set(by_gpa, s->gpa + (from - s->hva),
                                  s->gpa + (to - s->hva), r->permit);
    }
    return ret;
}

static void flush_tlb(CPUState *cs, run_on_cpu_data data)
{
    tlb_flush(cs);
}

int kvm390_client_memory_apply(void)
{
    Kvm390ProtMap by_gpa = { };
    CPUState *cs;
    int ret = 0;
    guint i;

    g_assert(kvm390_vm_locked());
    if (!memory->by_hva.n && !memory->any) {
        return 0;
    }
    for (i = 0; memory->stretches && i < memory->stretches->len; i++) {
        ret |= add_protection(&by_gpa, &g_array_index(memory->stretches,
                                                      Stretch, i));
    }
    if (ret) {
        kvm390_protmap_clear(&by_gpa);
        return -ENOMEM;
    }
    memory->any = by_gpa.n;
    kvm390_host_set_protection(&by_gpa);
    CPU_FOREACH(cs) {
        run_on_cpu(cs, flush_tlb, RUN_ON_CPU_NULL);
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
    ret = kvm390_protmap_set(&memory->by_hva, p->addr, p->addr + p->len,
                             p->permit);
    return ret ? ret : kvm390_client_memory_apply();
}
