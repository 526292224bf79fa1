/*
 * The client's own protection of its memory: mprotect(), munmap()
 *
 * KVM finds a guest's page through the client's page tables, so what the client
 * may not do there the guest may not either: KVM_RUN and memory operations
 * answer -EFAULT, and a KVM_RUN after the client has changed its mind goes on
 * at the same instruction. Here QEMU maps the memory apart. The client tells
 * what it protects, by its own addresses; host-fault.c keeps that, and which
 * memory of the client the guest has (memory slots and ucas mappings), and
 * finds by both what is permitted. Under the VM's lock and the BQL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "server.h"
#include "vm-state.h"
#include "exec/cputlb.h"
#include "qemu/host-utils.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/slot-memory.h"

/* A file that is too short is refused, and stays as it is. */
static bool file_covers(int fd, uint64_t offset, uint64_t size)
{
    struct stat st;
    uint64_t end;

    return !fstat(fd, &st) && S_ISREG(st.st_mode) &&
           offset % TARGET_PAGE_SIZE == 0 &&
           !uadd64_overflow(offset, size, &end) && end <= st.st_size;
}

Kvm390SlotFile *kvm390_client_file(Kvm390Call *call, uint64_t size,
                                   uint64_t *offset)
{
    Kvm390SlotFile *file;

    if (!call->in[0] || call->in_fd < 0) {
        return NULL;
    }
    *offset = ldq_he_p(call->in[0]);
    if (!file_covers(call->in_fd, *offset, size)) {
        return NULL;
    }
    file = kvm390_slot_file_open(call->in_fd);
    if (file) {
        call->in_fd = -1; /* the file's own now */
    }
    return file;
}

static void flush_tlb(CPUState *cs, run_on_cpu_data data)
{
    tlb_flush(cs);
}

static void flush_tlbs(void)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        run_on_cpu(cs, flush_tlb, RUN_ON_CPU_NULL);
    }
}

int kvm390_client_memory_reserve(uint64_t gpa, uint64_t size)
{
    int ret = kvm390_slot_memory_reserve(gpa, size);

    return ret ? ret : kvm390_keys_reserve(gpa >> TARGET_PAGE_BITS,
                                           size >> TARGET_PAGE_BITS);
}

void kvm390_client_memory_remove(uint64_t gpa, uint64_t size)
{
    g_assert(kvm390_vm_locked());
    if (!kvm390_slot_memory_overlaps(gpa, size)) {
        return; /* no vCPU need be asked */
    }
    kvm390_slot_memory_remove(gpa, size);
    flush_tlbs();
    kvm390_slot_memory_release(gpa, size);
}

int kvm390_protect(Kvm390Call *call)
{
    const struct kvm390_protect *p = call->arg;
    bool before;
    int ret;

    if (p->permit & ~KVM390_PERMIT_ALL || p->addr + p->len < p->addr ||
        (p->addr | p->len) & ~TARGET_PAGE_MASK) {
        return -EINVAL;
    }
    if (!p->len) {
        return 0;
    }
    g_assert(kvm390_vm_locked());
    before = kvm390_host_protects();
    ret = kvm390_host_protect(p->addr, p->len, p->permit);
    if (before || kvm390_host_protects()) {
        flush_tlbs();
    }
    return ret;
}
