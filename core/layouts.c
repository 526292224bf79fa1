/*
 * The structs that travel: where their integers lie
 *
 * Fields are found by their names in the struct, so that a layout cannot
 * differ from the compiler's. Bytes need no listing, but what is listed has a
 * name in a trace. A struct with a union has the fields that are always there;
 * its "rest" says what else there is, by what those say.
 *
 * SPDX-License-Identifier: MIT
 */
#include "kvm390/include/uapi.h"
#include "layouts.h"

#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The size of an integer, or of an array's elements; arrays decay. */
#define ELEMENT(x) _Generic((x), \
    char *: 1, unsigned char *: 1, unsigned short *: 2, unsigned int *: 4, \
    unsigned long *: sizeof(long), unsigned long long *: 8, \
    default: sizeof(x))

#define MEMBER(s, f) (((struct s *)0)->f)
#define FIELD(s, f) { \
    .name = #f, .offset = offsetof(struct s, f), \
    .size = ELEMENT(MEMBER(s, f)), \
    .count = sizeof(MEMBER(s, f)) / ELEMENT(MEMBER(s, f)), \
}

/* FIELD(s, f) for each of up to 9 names */
#define EACH1(s, f)      FIELD(s, f)
#define EACH2(s, f, ...) FIELD(s, f), EACH1(s, __VA_ARGS__)
#define EACH3(s, f, ...) FIELD(s, f), EACH2(s, __VA_ARGS__)
#define EACH4(s, f, ...) FIELD(s, f), EACH3(s, __VA_ARGS__)
#define EACH5(s, f, ...) FIELD(s, f), EACH4(s, __VA_ARGS__)
#define EACH6(s, f, ...) FIELD(s, f), EACH5(s, __VA_ARGS__)
#define EACH7(s, f, ...) FIELD(s, f), EACH6(s, __VA_ARGS__)
#define EACH8(s, f, ...) FIELD(s, f), EACH7(s, __VA_ARGS__)
#define EACH9(s, f, ...) FIELD(s, f), EACH8(s, __VA_ARGS__)
#define PICK(a1, a2, a3, a4, a5, a6, a7, a8, a9, each, ...) each
#define FIELDS(s, ...) \
    PICK(__VA_ARGS__, EACH9, EACH8, EACH7, EACH6, EACH5, EACH4, EACH3, EACH2, \
         EACH1, none)(s, __VA_ARGS__)

#define LAYOUT(linkage, variable, s, also, ...) \
static const struct kvm390_field variable##_fields[] = { \
    FIELDS(s, __VA_ARGS__) \
}; \
linkage const struct kvm390_layout variable = { \
    .size = sizeof(struct s), .nr_fields = ARRAY_LEN(variable##_fields), \
    .fields = variable##_fields, .rest = also, \
}

/* A struct, with the names of its fields. */
#define STRUCT(s, ...) LAYOUT(, kvm390_layout_##s, s, NULL, __VA_ARGS__)
/* The same, and what "rest" adds. */
#define UNION(s, rest, ...) LAYOUT(, kvm390_layout_##s, s, rest, __VA_ARGS__)
/* What is added for one kind of it. */
#define KIND(name, s, ...) LAYOUT(static, name, s, NULL, __VA_ARGS__)

/* Numbers, one after the other. */
#define NUMBERS(type, bytes) \
static const struct kvm390_field type##_field = { \
    .name = #type, .size = bytes, .count = 1, \
}; \
const struct kvm390_layout kvm390_layout_##type = { \
    .size = bytes, .nr_fields = 1, .fields = &type##_field, \
}

NUMBERS(u32, 4);
NUMBERS(u64, 8);

const struct kvm390_layout kvm390_layout_nothing = { };

STRUCT(kvm390_head, magic, cmd, target, ret, arg, arg_len, buf_len, flags,
       reserved);

/* --- the structs of the ioctls --- */

STRUCT(kvm_userspace_memory_region, slot, flags, guest_phys_addr, memory_size,
       userspace_addr);
STRUCT(kvm_userspace_memory_region2, slot, flags, guest_phys_addr, memory_size,
       userspace_addr, guest_memfd_offset, guest_memfd, pad1, pad2);
STRUCT(kvm_dirty_log, slot, padding1, dirty_bitmap);
STRUCT(kvm_enable_cap, cap, flags, args, pad);
STRUCT(kvm_device_attr, flags, group, attr, addr);
STRUCT(kvm_create_device, type, fd, flags);
STRUCT(reg_mask_range, addr, range, reserved);
STRUCT(kvm_irq_routing, nr, flags);
STRUCT(kvm390_protect, addr, len, permit, reserved);
STRUCT(kvm_irqfd, fd, gsi, flags, resamplefd, pad);
STRUCT(kvm_ioeventfd, datamatch, addr, len, fd, flags, pad);
STRUCT(kvm_s390_interrupt, type, parm, parm64);
STRUCT(kvm_s390_skeys, start_gfn, count, skeydata_addr, flags, reserved);
STRUCT(kvm_s390_keyop, guest_addr, key, operation, pad);
STRUCT(kvm_s390_cmma_log, start_gfn, count, flags, mask, values);
STRUCT(kvm_regs, gprs);
STRUCT(kvm_sregs, acrs, crs);
STRUCT(kvm_fpu, fpc, fprs);
STRUCT(kvm_translation, linear_address, physical_address, valid, writeable,
       usermode, pad);
STRUCT(kvm_one_reg, id, addr);
STRUCT(kvm_mp_state, mp_state);
STRUCT(kvm_s390_irq_state, buf, flags, len, reserved);
STRUCT(kvm_s390_psw, mask, addr);
STRUCT(kvm_guest_debug, control, pad, arch.nr_hw_bp, arch.pad, arch.hw_bp);
STRUCT(kvm_s390_ucas_mapping, user_addr, vcpu_addr, length);
STRUCT(kvm_pre_fault_memory, gpa, size, flags, padding);

KIND(sida, kvm_s390_mem_op, sida_offset);

/* The access register and the key share their bytes with a number. */
static const struct kvm390_layout *memop_rest(const void *item)
{
    struct kvm_s390_mem_op op;

    memcpy(&op, item, sizeof(op)); /* it may lie anywhere */
    return op.op == KVM_S390_MEMOP_SIDA_READ ||
           op.op == KVM_S390_MEMOP_SIDA_WRITE ? &sida : NULL;
}

UNION(kvm_s390_mem_op, memop_rest, gaddr, flags, size, op, buf, ar, key, pad1,
      old_addr);

/* --- interruptions --- */

KIND(irq_pgm, kvm_s390_irq, u.pgm.trans_exc_code, u.pgm.mon_code,
     u.pgm.per_address, u.pgm.data_exc_code, u.pgm.code, u.pgm.mon_class_nr);
KIND(irq_prefix, kvm_s390_irq, u.prefix.address);
KIND(irq_stop, kvm_s390_irq, u.stop.flags);
KIND(irq_emerg, kvm_s390_irq, u.emerg.code);
KIND(irq_extcall, kvm_s390_irq, u.extcall.code);
KIND(irq_mchk, kvm_s390_irq, u.mchk.cr14, u.mchk.mcic,
     u.mchk.failing_storage_address, u.mchk.ext_damage_code, u.mchk.pad);
KIND(irq_ext, kvm_s390_irq, u.ext.ext_params, u.ext.pad, u.ext.ext_params2);
KIND(irq_io, kvm_s390_irq, u.io.subchannel_id, u.io.subchannel_nr,
     u.io.io_int_parm, u.io.io_int_word);

static const struct kvm390_layout *irq_rest(const void *item)
{
    struct kvm_s390_irq irq;

    memcpy(&irq, item, sizeof(irq));
    switch (irq.type) {
    case KVM_S390_PROGRAM_INT:
        return &irq_pgm;
    case KVM_S390_SIGP_SET_PREFIX:
        return &irq_prefix;
    case KVM_S390_SIGP_STOP:
        return &irq_stop;
    case KVM_S390_INT_EMERGENCY:
        return &irq_emerg;
    case KVM_S390_INT_EXTERNAL_CALL:
        return &irq_extcall;
    case KVM_S390_MCHK:
        return &irq_mchk;
    case KVM_S390_RESTART:
    case KVM_S390_INT_CLOCK_COMP:
    case KVM_S390_INT_CPU_TIMER:
        return NULL;
    case KVM_S390_INT_VIRTIO:
    case KVM_S390_INT_SERVICE:
    case KVM_S390_INT_PFAULT_INIT:
    case KVM_S390_INT_PFAULT_DONE:
        return &irq_ext;
    default:
        return &irq_io;
    }
}

UNION(kvm_s390_irq, irq_rest, type);

/* --- what structs point to --- */

STRUCT(kvm_hw_breakpoint, addr, phys_addr, len, type, pad);
STRUCT(kvm_irq_routing_entry, gsi, type, flags, pad, u.adapter.ind_addr,
       u.adapter.summary_addr, u.adapter.ind_offset, u.adapter.summary_offset,
       u.adapter.adapter_id);
STRUCT(kvm_s390_vm_tod_clock, epoch_idx, tod);
STRUCT(kvm_s390_vm_cpu_processor, cpuid, ibc, pad, fac_list);
STRUCT(kvm_s390_vm_cpu_machine, cpuid, ibc, pad, fac_mask, fac_list);
STRUCT(kvm_s390_io_adapter, id, isc, maskable, swap, flags);
STRUCT(kvm_s390_io_adapter_req, id, type, mask, pad0, addr);
STRUCT(kvm_s390_ais_req, isc, mode);

/* --- what the statistics files begin with --- */

STRUCT(kvm_stats_header, flags, name_size, num_desc, id_offset, desc_offset,
       data_offset);
STRUCT(kvm_stats_desc, flags, exponent, size, offset, bucket_size);
