/*
 * Memory slots: the client's memory as the guest's
 *
 * A slot is a piece of a file, whose descriptor comes with the ioctl. All of it
 * is under the VM's lock and the BQL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "qemu/main-loop.h"
#include "kvm390/include/cmma-rules.h"
#include "kvm390/include/essa.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/slot-memory.h"

#define PAGE       4096ull
#define MAX_PAGES  ((1ull << 31) - 1)

typedef struct Kvm390Slot {
    uint64_t gpa, size, hva;    /* bytes */
    uint32_t flags;             /* KVM_MEM_LOG_DIRTY_PAGES or 0 */
    Kvm390SlotFile *file;
    uint64_t offset;            /* in it, in bytes */
} Kvm390Slot;

static Kvm390Vm *const vm = &kvm390_vm;

void kvm390_slots_count(unsigned *n, unsigned *unlogged)
{
    *n = vm->nr_slots;
    *unlogged = vm->nr_unlogged;
}

uint64_t kvm390_slots_limit(void)
{
    return vm->slots_limit;
}

int kvm390_slots_set_limit(uint64_t new_limit)
{
    int ret = kvm390_mem_limit_check(&new_limit, vm->slots_limit,
                                     kvm390_vcpus(), kvm390_slot_memory_end());

    if (!ret) {
        vm->slots_limit = new_limit;
    }
    return ret;
}

static bool is_logged(const Kvm390Slot *slot)
{
    return slot->flags & KVM_MEM_LOG_DIRTY_PAGES;
}

/* The guest can get at the slot's memory from here on. */
static int show_slot(Kvm390Slot *slot)
{
    int ret = kvm390_client_memory_reserve(slot->gpa, slot->size);

    if (ret) {
        return ret;
    }
    if (is_logged(slot)) {
        kvm390_slot_memory_get_dirty(slot->gpa, slot->size, NULL);
    }
    return kvm390_slot_memory_add(slot->gpa, slot->size, slot->hva, slot->file,
                                  slot->offset);
}

/* And no more; what comes in its place has keys of zero. */
static void hide_slot(Kvm390Slot *slot)
{
    kvm390_client_memory_remove(slot->gpa, slot->size);
    kvm390_keys_forget_pages(slot->gpa / PAGE, slot->size / PAGE);
}

static void free_slot(Kvm390Slot *slot)
{
    kvm390_slot_file_unref(slot->file);
    g_free(slot);
}

/*
 * While a slot's stores are logged a page that leaves the unused state is as
 * well: what the guest then finds there has to be the same on the other side
 * of a migration, whether or not the host took the page's content meanwhile.
 */
static void log_contents(void)
{
    unsigned n, unlogged;

    kvm390_slots_count(&n, &unlogged);
    kvm390_cmma_set_content_logged(&kvm390_guest_cmma, unlogged < n);
}

static int create_slot(unsigned id, const struct kvm_userspace_memory_region *r,
                       Kvm390Call *call)
{
    Kvm390Slot *slot;
    uint64_t offset;
    Kvm390SlotFile *file = kvm390_client_file(call, r->memory_size, &offset);
    int ret;

    if (!file) {
        return -EFAULT;
    }
    slot = g_new(Kvm390Slot, 1);
    *slot = (Kvm390Slot) {
        .gpa = r->guest_phys_addr, .size = r->memory_size,
        .hva = r->userspace_addr, .flags = r->flags,
        .file = file, .offset = offset,
    };
    ret = show_slot(slot);
    if (ret) {
        free_slot(slot);
        return ret;
    }
    vm->slots[id] = slot;
    vm->nr_slots++;
    vm->nr_unlogged += !is_logged(slot);
    return 0;
}

static int delete_slot(unsigned id)
{
    Kvm390Slot *slot = vm->slots[id];

    if (!slot) {
        return -EINVAL;
    }
    vm->slots[id] = NULL;
    vm->nr_slots--;
    vm->nr_unlogged -= !is_logged(slot);
    hide_slot(slot);
    free_slot(slot);
    return 0;
}

static int move_slot(Kvm390Slot *slot, uint64_t gpa)
{
    uint64_t old = slot->gpa;
    int ret = kvm390_client_memory_reserve(gpa, slot->size);

    if (ret) {
        return ret;
    }
    hide_slot(slot);
    slot->gpa = gpa;
    ret = show_slot(slot);
    if (ret) {
        /* No room for one more mapping; there was, where it comes from. */
        slot->gpa = old;
        show_slot(slot);
    }
    return ret;
}

static int modify_slot(Kvm390Slot *slot,
                       const struct kvm_userspace_memory_region *r)
{
    int ret = 0;

    if (slot->gpa != r->guest_phys_addr) {
        ret = move_slot(slot, r->guest_phys_addr);
    }
    if (!ret && slot->flags != r->flags) {
        slot->flags = r->flags;
        if (is_logged(slot)) {
            kvm390_slot_memory_get_dirty(slot->gpa, slot->size, NULL);
            vm->nr_unlogged--;
        } else {
            vm->nr_unlogged++;
        }
        kvm390_vm_drain();
    }
    return ret;
}

/* Of other slots than @slot. */
static bool overlaps_other(const Kvm390Slot *slot, uint64_t gpa, uint64_t size)
{
    uint64_t end = gpa + size, slot_end;

    if (!slot || gpa >= slot->gpa + slot->size || slot->gpa >= end) {
        return kvm390_slot_memory_overlaps(gpa, size);
    }
    slot_end = slot->gpa + slot->size;
    return (gpa < slot->gpa &&
            kvm390_slot_memory_overlaps(gpa, slot->gpa - gpa)) ||
           (slot_end < end &&
            kvm390_slot_memory_overlaps(slot_end, end - slot_end));
}

/* KVM's checks, in its order (KVM api.rst 4.35, 4.140). */
static int set_memory(Kvm390Call *call,
                      const struct kvm_userspace_memory_region *r)
{
    unsigned id = r->slot;
    Kvm390Slot *slot;
    int ret;

    if (r->flags & ~KVM_MEM_LOG_DIRTY_PAGES ||
        (r->memory_size | r->guest_phys_addr | r->userspace_addr) % PAGE ||
        id >= KVM390_NR_SLOTS ||
        r->guest_phys_addr + r->memory_size < r->guest_phys_addr ||
        r->memory_size / PAGE > MAX_PAGES) {
        return -EINVAL;
    }
    if (!r->memory_size) {
        return delete_slot(id);
    }
    if (kvm390_intercepts.ucontrol) {
        return -EEXIST; /* one slot of KVM's own covers everything */
    }
    slot = vm->slots[id];
    if (slot && (slot->size != r->memory_size ||
                 slot->hva != r->userspace_addr)) {
        return -EINVAL;
    }
    if (slot && slot->gpa == r->guest_phys_addr && slot->flags == r->flags) {
        return 0;
    }
    if (!slot || slot->gpa != r->guest_phys_addr) {
        if (overlaps_other(slot, r->guest_phys_addr, r->memory_size)) {
            return -EEXIST;
        }
        if (r->guest_phys_addr + r->memory_size > vm->slots_limit) {
            return -EINVAL;
        }
    }
    ret = slot ? modify_slot(slot, r) : create_slot(id, r, call);
    if (!ret && !(r->flags & KVM_MEM_LOG_DIRTY_PAGES) &&
        kvm390_cmma_migration(&kvm390_guest_cmma)) {
        /* Migration mode needs every slot to be logged. */
        kvm390_cmma_stop_migration(&kvm390_guest_cmma);
    }
    return ret;
}

int kvm390_set_memory(Kvm390Call *call)
{
    int ret = set_memory(call, call->arg);

    log_contents();
    return ret;
}

int kvm390_set_memory2(Kvm390Call *call)
{
    /* The first fields are those of the older struct. */
    return kvm390_set_memory(call);
}

int kvm390_get_dirty_log(Kvm390Call *call)
{
    const struct kvm_dirty_log *log = call->arg;
    Kvm390Slot *slot;
    uint64_t pages;

    if (log->slot >= KVM390_NR_SLOTS || kvm390_intercepts.ucontrol) {
        return -EINVAL;
    }
    slot = vm->slots[log->slot];
    if (!slot || !is_logged(slot)) {
        return -ENOENT;
    }
    pages = slot->size / PAGE;
    if (ROUND_UP(pages, 64) / 8 > KVM390_MAX_BUF) {
        return -ENOMEM;
    }
    kvm390_slot_memory_get_dirty(slot->gpa, slot->size,
                                 kvm390_api_out(call, ROUND_UP(pages, 64) / 8));
    /* A store that was under way is in memory before the client looks. */
    kvm390_vm_drain();
    return 0;
}
