/*
 * The layouts of the structs that travel
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_CORE_LAYOUTS_H
#define KVM390_CORE_LAYOUTS_H

#include "kvm390/include/wire.h"

/* Those that rows of ioctls.h name. */
extern const struct kvm390_layout kvm390_layout_nothing,
    kvm390_layout_kvm_userspace_memory_region,
    kvm390_layout_kvm_userspace_memory_region2, kvm390_layout_kvm_dirty_log,
    kvm390_layout_kvm_enable_cap, kvm390_layout_kvm_device_attr,
    kvm390_layout_reg_mask_range, kvm390_layout_kvm_irq_routing,
    kvm390_layout_kvm390_protect, kvm390_layout_kvm_irqfd,
    kvm390_layout_kvm_ioeventfd, kvm390_layout_kvm_create_device,
    kvm390_layout_kvm_s390_interrupt, kvm390_layout_kvm_s390_skeys,
    kvm390_layout_kvm_s390_keyop, kvm390_layout_kvm_s390_cmma_log,
    kvm390_layout_kvm_s390_mem_op, kvm390_layout_kvm_regs,
    kvm390_layout_kvm_sregs, kvm390_layout_kvm_translation,
    kvm390_layout_kvm_fpu, kvm390_layout_kvm_one_reg,
    kvm390_layout_kvm_mp_state, kvm390_layout_kvm_s390_irq_state,
    kvm390_layout_kvm_s390_psw, kvm390_layout_kvm_guest_debug,
    kvm390_layout_kvm_s390_ucas_mapping, kvm390_layout_kvm_pre_fault_memory;

/* Of the head, and of buffers; these repeat over the length. */
extern const struct kvm390_layout kvm390_layout_kvm390_head,
    kvm390_layout_u32, kvm390_layout_kvm_hw_breakpoint,
    kvm390_layout_kvm_irq_routing_entry,
    kvm390_layout_kvm_s390_vm_tod_clock,
    kvm390_layout_kvm_s390_vm_cpu_processor,
    kvm390_layout_kvm_s390_vm_cpu_machine, kvm390_layout_kvm_s390_io_adapter,
    kvm390_layout_kvm_s390_io_adapter_req, kvm390_layout_kvm_s390_ais_req;

#endif
