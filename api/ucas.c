/*
 * The address space of a user-controlled VM: segments the client maps
 *
 * A mapping is a piece of a file. Mapping or unmapping over a part of one
 * leaves the rest. All of it is under the VM's lock and the BQL.
 *
 * Each vCPU of such a VM has an address space of its own (own-space.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "kvm390/include/slot-memory.h"

#define SEGMENT    (1ull << 20)

#define SPACE_SIZE (1ull << KVM390_OWN_SPACE_BITS)

static bool segment_aligned(uint64_t bits)
{
    return !(bits & (SEGMENT - 1));
}

/* In the machine's memory map. */
static uint64_t address_of(const Kvm390Call *call)
{
    const struct kvm_s390_ucas_mapping *ucas = call->arg;

    return kvm390_machine_address(&call->vcpu->cpu->env, ucas->vcpu_addr);
}

static int map_segments(const Kvm390Call *call, Kvm390SlotFile *file,
                        uint64_t offset)
{
    const struct kvm_s390_ucas_mapping *ucas = call->arg;
    const uint64_t at = address_of(call), len = ucas->length;
    int ret = kvm390_client_memory_reserve(at, len);

    if (ret) {
        return ret;
    }
    kvm390_client_memory_remove(at, len);
    return kvm390_slot_memory_add(at, len, ucas->user_addr, file, offset);
}

int kvm390_ucas_map(Kvm390Call *call)
{
    const struct kvm_s390_ucas_mapping *ucas = call->arg;
    Kvm390SlotFile *file;
    uint64_t offset;
    int ret;

    if (!kvm390_intercepts.ucontrol ||
        !segment_aligned(ucas->user_addr | ucas->vcpu_addr | ucas->length) ||
        ucas->vcpu_addr > SPACE_SIZE ||
        ucas->length > SPACE_SIZE - ucas->vcpu_addr) {
        return -EINVAL;
    }
    if (!ucas->length) {
        return 0;
    }
    file = kvm390_client_file(call, ucas->length, &offset);
    if (!file) {
        return -EFAULT;
    }
    ret = map_segments(call, file, offset);
    kvm390_slot_file_unref(file);
    return ret;
}

int kvm390_ucas_unmap(Kvm390Call *call)
{
    const struct kvm_s390_ucas_mapping *ucas = call->arg;
    uint64_t len;

    if (!kvm390_intercepts.ucontrol ||
        !segment_aligned(ucas->vcpu_addr | ucas->length)) {
        return -EINVAL;
    }
    if (ucas->vcpu_addr < SPACE_SIZE) {
        len = MIN(ucas->length, SPACE_SIZE - ucas->vcpu_addr);
        kvm390_client_memory_remove(address_of(call), len);
    }
    return 0;
}
