/*
 * The address space of a user-controlled VM: segments the client maps
 *
 * A mapping is a piece of client memory, a RAM block of its own, seen through
 * aliases; unmapping or mapping over a part of it leaves the other parts as
 * smaller aliases. All of it is under the VM's lock and the BQL.
 *
 * With KVM each vCPU of such a VM has an address space of its own; here the VM
 * has one, and one vCPU (kvm390_create_vcpu()).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "kvm390/include/client-code.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/keys.h"

#define TYPE_UCAS_MEMORY "kvm390-ucas-memory"
OBJECT_DECLARE_SIMPLE_TYPE(UcasMemory, UCAS_MEMORY)
#define TYPE_UCAS_PIECE "kvm390-ucas-piece"
OBJECT_DECLARE_SIMPLE_TYPE(UcasPiece, UCAS_PIECE)

#define SEGMENT    (1ull << 20)
#define MAX_PIECES 1024 /* QEMU's memory map holds 4096 sections */

/* Above this no storage keys are kept. */
#define LAST_ADDRESS (1ull << 47)

static Kvm390Vm *const vm = &kvm390_vm;

struct UcasMemory {
    Object parent_obj;
    MemoryRegion mr;
    uint64_t hva;
};

struct UcasPiece {
    Object parent_obj;
    MemoryRegion mr;    /* an alias into memory->mr */
    UcasMemory *memory;
    uint64_t addr, size, offset;
};

static UcasPiece *piece_add(UcasMemory *memory, uint64_t addr, uint64_t size,
                            uint64_t offset)
{
    UcasPiece *p = UCAS_PIECE(object_new(TYPE_UCAS_PIECE));

    p->memory = memory;
    object_ref(memory);
    p->addr = addr;
    p->size = size;
    p->offset = offset;
    memory_region_init_alias(&p->mr, OBJECT(p), "piece", &memory->mr, offset,
                             size);
    memory_region_add_subregion(get_system_memory(), addr, &p->mr);
    kvm390_client_memory_add(addr, size, memory->hva + offset);
    g_ptr_array_add(vm->ucas_pieces, p);
    return p;
}

static void piece_drop(UcasPiece *p, uint64_t from, uint64_t to)
{
    kvm390_forget_client_code(memory_region_get_ram_addr(&p->memory->mr) +
                              p->offset + (from - p->addr), to - from);
}

/* Leave of @p what lies outside of [addr, end). */
static void piece_cut(UcasPiece *p, uint64_t addr, uint64_t end)
{
    uint64_t p_end = p->addr + p->size;

    piece_drop(p, MAX(addr, p->addr), MIN(end, p_end));
    memory_region_del_subregion(get_system_memory(), &p->mr);
    kvm390_client_memory_remove(p->addr, p->size);
    if (p->addr < addr) {
        piece_add(p->memory, p->addr, addr - p->addr, p->offset);
    }
    if (end < p_end) {
        piece_add(p->memory, end, p_end - end, p->offset + (end - p->addr));
    }
    g_ptr_array_remove_fast(vm->ucas_pieces, p);
    object_unref(p);
}

static void unmap(uint64_t addr, uint64_t end)
{
    guint i = 0;

    while (vm->ucas_pieces && i < vm->ucas_pieces->len) {
        UcasPiece *p = g_ptr_array_index(vm->ucas_pieces, i);

        if (p->addr < end && addr < p->addr + p->size) {
            piece_cut(p, addr, end);
            i = 0; /* others took its place */
        } else {
            i++;
        }
    }
}

static void map(UcasMemory *memory, const struct kvm_s390_ucas_mapping *ucas)
{
    memory_region_transaction_begin();
    unmap(ucas->vcpu_addr, ucas->vcpu_addr + ucas->length);
    piece_add(memory, ucas->vcpu_addr, ucas->length, 0);
    memory_region_transaction_commit();
}

static bool aligned(uint64_t bits)
{
    return !(bits & (SEGMENT - 1));
}

int kvm390_ucas_map(Kvm390Call *call)
{
    const struct kvm_s390_ucas_mapping *ucas = call->arg;
    UcasMemory *memory;
    int ret;

    if (!kvm390_intercepts.ucontrol ||
        !aligned(ucas->user_addr | ucas->vcpu_addr | ucas->length) ||
        ucas->vcpu_addr > LAST_ADDRESS ||
        ucas->length > LAST_ADDRESS - ucas->vcpu_addr) {
        return -EINVAL;
    }
    if (!ucas->length) {
        return 0;
    }
    if (!vm->ucas_pieces) {
        vm->ucas_pieces = g_ptr_array_new();
    }
    if (vm->ucas_pieces->len + 2 > MAX_PIECES) {
        return -ENOMEM;
    }
    memory = UCAS_MEMORY(object_new(TYPE_UCAS_MEMORY));
    ret = kvm390_client_memory_map(&memory->mr, OBJECT(memory), "ucas",
                                   ucas->length, call);
    if (!ret) {
        ret = kvm390_keys_reserve(ucas->vcpu_addr >> TARGET_PAGE_BITS,
                                  ucas->length >> TARGET_PAGE_BITS);
    }
    if (ret) {
        object_unref(memory);
        return ret;
    }
    memory->hva = ucas->user_addr;
    map(memory, ucas);
    object_unref(memory); /* its pieces keep it */
    kvm390_client_memory_apply();
    return 0;
}

int kvm390_ucas_unmap(Kvm390Call *call)
{
    const struct kvm_s390_ucas_mapping *ucas = call->arg;

    if (!kvm390_intercepts.ucontrol ||
        !aligned(ucas->vcpu_addr | ucas->length)) {
        return -EINVAL;
    }
    if (vm->ucas_pieces && vm->ucas_pieces->len + 1 > MAX_PIECES) {
        return -ENOMEM;
    }
    memory_region_transaction_begin();
    unmap(ucas->vcpu_addr,
          ucas->vcpu_addr + MIN(ucas->length, -ucas->vcpu_addr - 1));
    memory_region_transaction_commit();
    kvm390_client_memory_apply();
    return 0;
}

static void piece_finalize(Object *obj)
{
    object_unref(UCAS_PIECE(obj)->memory);
}

static const TypeInfo types[] = {
    {
        .name = TYPE_UCAS_MEMORY,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(UcasMemory),
    }, {
        .name = TYPE_UCAS_PIECE,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(UcasPiece),
        .instance_finalize = piece_finalize,
    },
};

DEFINE_TYPES(types)
