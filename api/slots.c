/*
 * Memory slots: the client's memory as the guest's
 *
 * A slot is an object that owns a region of RAM, mapped from the descriptor
 * that came with the ioctl. All of it is under the VM's lock and the BQL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "exec/cpu-common.h"
#include "qemu/main-loop.h"
#include "kvm390/include/client-code.h"
#include "kvm390/include/cmma-rules.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/essa.h"
#include "kvm390/include/keys.h"
#include "kvm390/trace.h"

#define TYPE_KVM390_SLOT "kvm390-slot"
OBJECT_DECLARE_SIMPLE_TYPE(Kvm390Slot, KVM390_SLOT)

#define PAGE       4096ull
#define MAX_PAGES  ((1ull << 31) - 1)

struct Kvm390Slot {
    Object parent_obj;
    MemoryRegion mr;    /* keeps this object alive while the guest may use it */
    uint64_t gpa, size, hva;
    uint32_t flags;
};

static Kvm390Vm *const vm = &kvm390_vm;

void kvm390_slots_count(unsigned *n, unsigned *unlogged)
{
    unsigned i;

    *n = *unlogged = 0;
    for (i = 0; i < KVM390_NR_SLOTS; i++) {
        if (vm->slots[i]) {
            (*n)++;
            *unlogged += !(vm->slots[i]->flags & KVM_MEM_LOG_DIRTY_PAGES);
        }
    }
}

uint64_t kvm390_slots_limit(void)
{
    return vm->slots_limit;
}

int kvm390_slots_set_limit(uint64_t new_limit)
{
    uint64_t end = 0;
    unsigned i;
    int ret;

    for (i = 0; i < KVM390_NR_SLOTS; i++) {
        if (vm->slots[i]) {
            end = MAX(end, vm->slots[i]->gpa + vm->slots[i]->size);
        }
    }
    ret = kvm390_mem_limit_check(&new_limit, vm->slots_limit, kvm390_vcpus(),
                                 end);
    if (!ret) {
        vm->slots_limit = new_limit;
    }
    return ret;
}

static void set_log(Kvm390Slot *slot, bool on)
{
    if (on) {
        memory_region_reset_dirty(&slot->mr, 0, slot->size, DIRTY_MEMORY_VGA);
    }
    memory_region_set_log(&slot->mr, on, DIRTY_MEMORY_VGA);
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

static int create(unsigned id, const struct kvm_userspace_memory_region *r,
                  Kvm390Call *call)
{
    g_autofree char *name = g_strdup_printf("kvm390-slot%u", id);
    Kvm390Slot *slot = KVM390_SLOT(object_new(TYPE_KVM390_SLOT));
    int ret = kvm390_client_memory_map(&slot->mr, OBJECT(slot), name,
                                       r->memory_size, call);

    if (!ret) {
        ret = kvm390_keys_reserve(r->guest_phys_addr / PAGE,
                                  r->memory_size / PAGE);
    }
    if (ret) {
        object_unref(slot);
        return ret;
    }
    slot->gpa = r->guest_phys_addr;
    slot->size = r->memory_size;
    slot->hva = r->userspace_addr;
    slot->flags = r->flags;
    if (r->flags & KVM_MEM_LOG_DIRTY_PAGES) {
        set_log(slot, true);
    }
    vm->slots[id] = slot;
    kvm390_client_memory_add(slot->gpa, slot->size, slot->hva);
    /* Protected before the guest can get at it. */
    kvm390_client_memory_apply();
    memory_region_add_subregion(get_system_memory(), slot->gpa, &slot->mr);
    kvm390_vm_drain();
    return 0;
}

static int delete(unsigned id)
{
    Kvm390Slot *slot = vm->slots[id];

    if (!slot) {
        return -EINVAL;
    }
    vm->slots[id] = NULL;
    memory_region_del_subregion(get_system_memory(), &slot->mr);
    kvm390_vm_drain();
    kvm390_keys_forget_pages(slot->gpa / PAGE, slot->size / PAGE);
    kvm390_forget_client_code(memory_region_get_ram_addr(&slot->mr),
                              slot->size);
    kvm390_client_memory_remove(slot->gpa, slot->size);
    object_unref(slot);
    kvm390_client_memory_apply();
    return 0;
}

static int modify(Kvm390Slot *slot,
                  const struct kvm_userspace_memory_region *r)
{
    if (slot->gpa != r->guest_phys_addr) {
        if (kvm390_keys_reserve(r->guest_phys_addr / PAGE,
                                r->memory_size / PAGE)) {
            return -ENOMEM;
        }
        kvm390_client_memory_remove(slot->gpa, slot->size);
        kvm390_keys_forget_pages(slot->gpa / PAGE, slot->size / PAGE);
        slot->gpa = r->guest_phys_addr;
        kvm390_client_memory_add(slot->gpa, slot->size, slot->hva);
        memory_region_set_address(&slot->mr, slot->gpa);
        kvm390_vm_drain();
        kvm390_client_memory_apply();
    }
    if (slot->flags != r->flags) {
        slot->flags = r->flags;
        set_log(slot, r->flags & KVM_MEM_LOG_DIRTY_PAGES);
        kvm390_vm_drain();
    }
    return 0;
}

static bool overlaps(unsigned id, uint64_t gpa, uint64_t size)
{
    unsigned i;

    for (i = 0; i < KVM390_NR_SLOTS; i++) {
        if (vm->slots[i] && i != id && vm->slots[i]->gpa < gpa + size &&
            gpa < vm->slots[i]->gpa + vm->slots[i]->size) {
            return true;
        }
    }
    return false;
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
        return delete(id);
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
        if (overlaps(id, r->guest_phys_addr, r->memory_size)) {
            return -EEXIST;
        }
        if (r->guest_phys_addr + r->memory_size > vm->slots_limit) {
            return -EINVAL;
        }
    }
    ret = slot ? modify(slot, r) : create(id, r, call);
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
    g_autofree DirtyBitmapSnapshot *snap = NULL;
    Kvm390Slot *slot;
    uint64_t pages, i;
    uint8_t *map;

    if (log->slot >= KVM390_NR_SLOTS || kvm390_intercepts.ucontrol) {
        return -EINVAL;
    }
    slot = vm->slots[log->slot];
    if (!slot || !(slot->flags & KVM_MEM_LOG_DIRTY_PAGES)) {
        return -ENOENT;
    }
    pages = slot->size / PAGE;
    if (ROUND_UP(pages, 64) / 8 > KVM390_MAX_BUF) {
        return -ENOMEM;
    }
    snap = memory_region_snapshot_and_clear_dirty(&slot->mr, 0, slot->size,
                                                  DIRTY_MEMORY_VGA);
    map = kvm390_api_out(call, ROUND_UP(pages, 64) / 8);
    for (i = 0; i < pages; i++) {
        if (memory_region_snapshot_get_dirty(&slot->mr, snap, i * PAGE,
                                             PAGE)) {
            map[i / 8] |= 1 << i % 8;
        }
    }
    /* A store that was under way is in memory before the client looks. */
    kvm390_vm_drain();
    return 0;
}

static const TypeInfo slot_type = {
    .name = TYPE_KVM390_SLOT,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Kvm390Slot),
};

static void register_types(void)
{
    type_register_static(&slot_type);
}

type_init(register_types)
