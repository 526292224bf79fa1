/*
 * The address space of a user-controlled VM: segments the client maps
 *
 * A mapping is a piece of a file. Mapping or unmapping over a part of one
 * leaves the rest. All of it is under the VM's lock and the BQL.
 *
 * With KVM each vCPU of such a VM has an address space of its own; here the VM
 * has one, and one vCPU (kvm390_create_vcpu()).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/slot-memory.h"

#define SEGMENT    (1ull << 20)

/* Above this no storage keys are kept. */
#define LAST_ADDRESS (1ull << 47)

static bool aligned(uint64_t bits)
{
    return !(bits & (SEGMENT - 1));
}

static int map(const struct kvm_s390_ucas_mapping *ucas, Kvm390SlotFile *file,
               uint64_t offset)
{
    int ret = kvm390_slot_memory_reserve(ucas->vcpu_addr, ucas->length);

    if (!ret) {
        ret = kvm390_keys_reserve(ucas->vcpu_addr >> TARGET_PAGE_BITS,
                                  ucas->length >> TARGET_PAGE_BITS);
    }
    if (ret) {
        return ret;
    }
    kvm390_client_memory_remove(ucas->vcpu_addr, ucas->length);
    return kvm390_slot_memory_add(ucas->vcpu_addr, ucas->length,
                                  ucas->user_addr, file, offset);
}

int kvm390_ucas_map(Kvm390Call *call)
{
    const struct kvm_s390_ucas_mapping *ucas = call->arg;
    Kvm390SlotFile *file;
    uint64_t offset;
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
    file = kvm390_client_file(call, ucas->length, &offset);
    if (!file) {
        return -EFAULT;
    }
    ret = map(ucas, file, offset);
    kvm390_slot_file_unref(file);
    return ret;
}

int kvm390_ucas_unmap(Kvm390Call *call)
{
    const struct kvm_s390_ucas_mapping *ucas = call->arg;
    uint64_t end;

    if (!kvm390_intercepts.ucontrol ||
        !aligned(ucas->vcpu_addr | ucas->length)) {
        return -EINVAL;
    }
    end = ucas->vcpu_addr + MIN(ucas->length, LAST_ADDRESS);
    end = MIN(end, LAST_ADDRESS);
    if (ucas->vcpu_addr < end) {
        kvm390_client_memory_remove(ucas->vcpu_addr, end - ucas->vcpu_addr);
    }
    return 0;
}
