/*
 * Which memory of the client an ioctl's struct points to
 *
 * SPDX-License-Identifier: MIT
 */
#include "kvm390/include/uapi.h"
#include "kvm390/include/limits.h"
#include "buffers.h"
#include "layouts.h"

#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define IRQS_BYTES (KVM390_MAX_LOCAL_IRQS * sizeof(struct kvm_s390_irq))
#define U64 (&kvm390_layout_u64)

void kvm390_buffers_memop(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_s390_mem_op *op = arg;

    if (op->size > KVM390_MEMOP_MAX_SIZE ||
        op->flags & KVM_S390_MEMOP_F_CHECK_ONLY) {
        return;
    }
    buffer[0].addr = op->buf;
    switch (op->op) {
    case KVM_S390_MEMOP_LOGICAL_READ:
    case KVM_S390_MEMOP_ABSOLUTE_READ:
        buffer[0].out_len = op->size;
        break;
    case KVM_S390_MEMOP_LOGICAL_WRITE:
    case KVM_S390_MEMOP_ABSOLUTE_WRITE:
        buffer[0].in_len = op->size;
        break;
    case KVM_S390_MEMOP_ABSOLUTE_CMPXCHG:
        if (op->size <= KVM390_MEMOP_MAX_CMPXCHG) {
            buffer[0].in_len = op->size;
            buffer[1].addr = op->old_addr;
            buffer[1].in_len = op->size;
            buffer[1].out_len = op->size;
        }
        break;
    }
}

void kvm390_buffers_get_skeys(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_s390_skeys *keys = arg;

    if (keys->count <= KVM390_SKEYS_MAX) {
        buffer[0].addr = keys->skeydata_addr;
        buffer[0].out_len = keys->count;
    }
}

void kvm390_buffers_set_skeys(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_s390_skeys *keys = arg;

    if (keys->count <= KVM390_SKEYS_MAX) {
        buffer[0].addr = keys->skeydata_addr;
        buffer[0].in_len = keys->count;
    }
}

void kvm390_buffers_get_cmma(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_s390_cmma_log *log = arg;

    buffer[0].addr = log->values;
    buffer[0].out_len = log->count < KVM390_CMMA_SIZE_MAX ?
                        log->count : KVM390_CMMA_SIZE_MAX;
}

void kvm390_buffers_set_cmma(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_s390_cmma_log *log = arg;

    if (log->count <= KVM390_CMMA_SIZE_MAX) {
        buffer[0].addr = log->values;
        buffer[0].in_len = log->count;
    }
}

void kvm390_buffers_dirty_log(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_dirty_log *log = arg;

    /* How long the slot is, both ends look up. */
    memcpy(&buffer[0].addr, &log->padding2, sizeof(buffer[0].addr));
    buffer[0].out_len = KVM390_MAX_BUF;
}

void kvm390_buffers_set_irqs(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_s390_irq_state *state = arg;

    if (state->len <= IRQS_BYTES) {
        buffer[0].addr = state->buf;
        buffer[0].in_len = state->len;
        buffer[0].layout = &kvm390_layout_kvm_s390_irq;
    }
}

void kvm390_buffers_get_irqs(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_s390_irq_state *state = arg;

    buffer[0].addr = state->buf;
    buffer[0].out_len = state->len < IRQS_BYTES ? state->len : IRQS_BYTES;
    buffer[0].layout = &kvm390_layout_kvm_s390_irq;
}

static uint32_t find_register(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_one_reg *reg = arg;

    buffer[0].addr = reg->addr;
    switch (reg->id & KVM_REG_SIZE_MASK) {
    case KVM_REG_SIZE_U32:
        buffer[0].layout = &kvm390_layout_u32;
        return 4;
    case KVM_REG_SIZE_U64:
        buffer[0].layout = &kvm390_layout_u64;
        return 8;
    default:
        return 0;
    }
}

void kvm390_buffers_get_reg(const void *arg, struct kvm390_buffer *buffer)
{
    buffer[0].out_len = find_register(arg, buffer);
}

void kvm390_buffers_set_reg(const void *arg, struct kvm390_buffer *buffer)
{
    buffer[0].in_len = find_register(arg, buffer);
}

void kvm390_buffers_debug(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_guest_debug *debug = arg;

    if (debug->control & KVM_GUESTDBG_USE_HW_BP &&
        debug->arch.nr_hw_bp <= KVM390_MAX_POINTS) {
        memcpy(&buffer[0].addr, (const char *)arg +
               offsetof(struct kvm_guest_debug, arch.hw_bp), 8);
        buffer[0].in_len = debug->arch.nr_hw_bp *
                           sizeof(struct kvm_hw_breakpoint);
        buffer[0].layout = &kvm390_layout_kvm_hw_breakpoint;
    }
}

/* The offset of the memory in the file whose descriptor rides along. */
void kvm390_buffers_memory(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_userspace_memory_region *region = arg;

    if (region->memory_size) {
        buffer[0].addr = region->userspace_addr;
        buffer[0].in_len = 8;
        buffer[0].layout = &kvm390_layout_u64;
    }
}

/* The same for segments; the server refuses what is not aligned to them. */
void kvm390_buffers_ucas(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_s390_ucas_mapping *ucas = arg;

    if (ucas->length && !((ucas->user_addr | ucas->vcpu_addr | ucas->length) &
                          (KVM390_UCAS_SEGMENT - 1))) {
        buffer[0].addr = ucas->user_addr;
        buffer[0].in_len = 8;
        buffer[0].layout = &kvm390_layout_u64;
    }
}

void kvm390_buffers_routing(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_irq_routing *routing = arg;

    if (routing->nr <= KVM390_MAX_ROUTES) {
        buffer[0].addr = UINT64_MAX; /* right behind the struct */
        buffer[0].in_len = routing->nr * sizeof(struct kvm_irq_routing_entry);
        buffer[0].layout = &kvm390_layout_kvm_irq_routing_entry;
    }
}

void kvm390_buffers_masks(const void *arg, struct kvm390_buffer *buffer)
{
    const struct reg_mask_range *range = arg;

    buffer[0].addr = range->addr;
    switch (range->range) {
    case KVM_S390_REG_MASK_FACILITIES:
        buffer[0].out_len = 2048;
        buffer[0].layout = &kvm390_layout_u64;
        break;
    case KVM_S390_REG_MASK_FEATURES:
        buffer[0].out_len = 128;
        buffer[0].layout = &kvm390_layout_u64;
        break;
    case KVM_S390_REG_MASK_SUBFUNCS:
        buffer[0].out_len = 2048;
        break;
    }
}

static const struct {
    uint16_t group, attr, get, set;
    const struct kvm390_layout *layout;
} attributes[] = {
    { KVM_S390_VM_MEM_CTRL, KVM_S390_VM_MEM_LIMIT_SIZE, 8, 8, U64 },
    { KVM_S390_VM_TOD, KVM_S390_VM_TOD_LOW, 8, 8, U64 },
    { KVM_S390_VM_TOD, KVM_S390_VM_TOD_HIGH, 1, 1, NULL },
    { KVM_S390_VM_TOD, KVM_S390_VM_TOD_EXT, 16, 16,
      &kvm390_layout_kvm_s390_vm_tod_clock },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_PROCESSOR, 2064, 2064,
      &kvm390_layout_kvm_s390_vm_cpu_processor },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_MACHINE, 4112, 0,
      &kvm390_layout_kvm_s390_vm_cpu_machine },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_PROCESSOR_FEAT, 128, 128, U64 },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_MACHINE_FEAT, 128, 0, U64 },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_PROCESSOR_SUBFUNC, 2048, 2048,
      NULL },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_MACHINE_SUBFUNC, 2048, 0, NULL },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_PROCESSOR_UV_FEAT_GUEST, 8, 8,
      U64 },
    { KVM_S390_VM_CPU_MODEL, KVM_S390_VM_CPU_MACHINE_UV_FEAT_GUEST, 8, 0,
      U64 },
    { KVM_S390_VM_MIGRATION, KVM_S390_VM_MIGRATION_STATUS, 8, 0, U64 },
};

static void find_attribute(const void *arg, struct kvm390_buffer *buffer,
                           bool set)
{
    const struct kvm_device_attr *attr = arg;
    size_t i;

    for (i = 0; i < ARRAY_LEN(attributes); i++) {
        if (attributes[i].group == attr->group &&
            attributes[i].attr == attr->attr) {
            buffer[0].addr = attr->addr;
            buffer[0].layout = attributes[i].layout;
            if (set) {
                buffer[0].in_len = attributes[i].set;
            } else {
                buffer[0].out_len = attributes[i].get;
            }
        }
    }
}

void kvm390_buffers_get_attr(const void *arg, struct kvm390_buffer *buffer)
{
    find_attribute(arg, buffer, false);
}

void kvm390_buffers_set_attr(const void *arg, struct kvm390_buffer *buffer)
{
    find_attribute(arg, buffer, true);
}

/* The floating interrupt controller: a list of interruptions, or a struct. */
static const struct {
    uint16_t group, size;
    const struct kvm390_layout *layout;
} flic_structs[] = {
    { KVM_DEV_FLIC_ADAPTER_REGISTER, 8, &kvm390_layout_kvm_s390_io_adapter },
    { KVM_DEV_FLIC_ADAPTER_MODIFY, 16, &kvm390_layout_kvm_s390_io_adapter_req },
    { KVM_DEV_FLIC_CLEAR_IO_IRQ, 4, &kvm390_layout_u32 },
    { KVM_DEV_FLIC_AISM, 4, &kvm390_layout_kvm_s390_ais_req },
    { KVM_DEV_FLIC_AISM_ALL, 2, NULL },
};

void kvm390_buffers_flic_set(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_device_attr *attr = arg;
    size_t i;

    buffer[0].addr = attr->addr;
    if (attr->group == KVM_DEV_FLIC_ENQUEUE &&
        attr->attr <= KVM_S390_FLIC_MAX_BUFFER &&
        attr->attr % sizeof(struct kvm_s390_irq) == 0) {
        buffer[0].in_len = attr->attr;
        buffer[0].layout = &kvm390_layout_kvm_s390_irq;
    }
    for (i = 0; i < ARRAY_LEN(flic_structs); i++) {
        if (flic_structs[i].group == attr->group) {
            buffer[0].in_len = flic_structs[i].size;
            buffer[0].layout = flic_structs[i].layout;
        }
    }
}

void kvm390_buffers_flic_get(const void *arg, struct kvm390_buffer *buffer)
{
    const struct kvm_device_attr *attr = arg;

    buffer[0].addr = attr->addr;
    if (attr->group == KVM_DEV_FLIC_GET_ALL_IRQS) {
        buffer[0].out_len = attr->attr < KVM390_MAX_BUF ? attr->attr :
                         KVM390_MAX_BUF;
        buffer[0].layout = &kvm390_layout_kvm_s390_irq;
    } else if (attr->group == KVM_DEV_FLIC_AISM_ALL) {
        buffer[0].out_len = sizeof(struct kvm_s390_ais_all);
    }
}
