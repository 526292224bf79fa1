/*
 * The ioctls: one row each
 *
 * KVM390_IOCTLS(ROW) expands ROW once for each ioctl. core/wire.c makes of it
 * the table that the library, its trace and the server look ioctls up in, the
 * server the list of handlers and counters, api/caps.c a check that the
 * capability is offered. docs/adding-an-ioctl.rst shows how a row is added.
 *
 *   ROW(number, on, pass, type, buffers, descriptor, flags, handler,
 *       capability)
 *
 * number:     as in linux/kvm.h; with "on" it picks the row
 * on:         the objects that take it: SYSTEM, VM, VCPU, FLIC
 * pass:       enum kvm390_pass: NONE, NUMBER, or which way the struct travels
 * type:       the struct, whose fields core/layouts.c lists; or nothing
 * buffers:    the function of core/buffers.c that says which memory the struct
 *             points to; or none
 * descriptor: which one rides along: NO_FD, MEMORY(type, its length),
 *             EVENTFD(type, field), RETURNS_FD, STORES_FD(type, field)
 * flags:      enum kvm390_flags, for the server; ANYTIME for both ends
 * handler:    the server's function: a Kvm390Handler
 * capability: by which KVM_CHECK_EXTENSION says that it is there; or BASIC
 *
 * A handler that has several rows finds the ioctl's number in the call.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_IOCTLS_H
#define KVM390_IOCTLS_H

#define KVM390_IOCTLS(ROW) \
/* --- the system --- */ \
ROW(KVM_GET_API_VERSION, SYSTEM, NUMBER, nothing, none, \
    NO_FD, NO_BQL, kvm390_get_api_version, BASIC) \
ROW(KVM_CREATE_VM, SYSTEM, NUMBER, nothing, none, \
    NO_FD, 0, kvm390_create_vm, BASIC) \
ROW(KVM_CHECK_EXTENSION, SYSTEM | VM, NUMBER, nothing, none, \
    NO_FD, 0, kvm390_extension, BASIC) \
ROW(KVM_GET_VCPU_MMAP_SIZE, SYSTEM, NUMBER, nothing, none, \
    NO_FD, NO_BQL, kvm390_get_mmap_size, BASIC) \
ROW(KVM_S390_ENABLE_SIE, SYSTEM, NONE, nothing, none, \
    NO_FD, NO_BQL, kvm390_enable_sie, BASIC) \
\
/* --- a VM --- */ \
ROW(KVM_CREATE_VCPU, VM, NUMBER, nothing, none, \
    RETURNS_FD, VM_MODE, kvm390_create_vcpu, BASIC) \
ROW(KVM_SET_USER_MEMORY_REGION, VM, IN, kvm_userspace_memory_region, memory, \
    MEMORY(kvm_userspace_memory_region, memory_size), VM_MODE, \
    kvm390_set_memory, KVM_CAP_USER_MEMORY) \
ROW(KVM_SET_USER_MEMORY_REGION2, VM, IN, kvm_userspace_memory_region2, memory, \
    MEMORY(kvm_userspace_memory_region2, memory_size), VM_MODE, \
    kvm390_set_memory2, KVM_CAP_USER_MEMORY2) \
ROW(KVM_GET_DIRTY_LOG, VM, IN, kvm_dirty_log, dirty_log, \
    NO_FD, VM_MODE, kvm390_get_dirty_log, BASIC) \
ROW(KVM_ENABLE_CAP, VM, IN, kvm_enable_cap, none, \
    NO_FD, VM_MODE, kvm390_enable_cap, KVM_CAP_ENABLE_CAP_VM) \
ROW(KVM_SET_DEVICE_ATTR, VM, IN, kvm_device_attr, set_attr, \
    NO_FD, 0, kvm390_set_attr, KVM_CAP_VM_ATTRIBUTES) \
ROW(KVM_GET_DEVICE_ATTR, VM, IN, kvm_device_attr, get_attr, \
    NO_FD, 0, kvm390_get_attr, KVM_CAP_VM_ATTRIBUTES) \
ROW(KVM_HAS_DEVICE_ATTR, VM, IN, kvm_device_attr, none, \
    NO_FD, 0, kvm390_has_attr, KVM_CAP_VM_ATTRIBUTES) \
ROW(KVM_S390_GET_REG_WRITABLE_MASKS, VM, IN, reg_mask_range, masks, \
    NO_FD, 0, kvm390_get_masks, KVM_CAP_S390_REG_MASK_RANGES) \
ROW(KVM_CREATE_IRQCHIP, VM, NONE, nothing, none, \
    NO_FD, VM_MODE, kvm390_create_irqchip, KVM_CAP_S390_IRQCHIP) \
ROW(KVM_SET_GSI_ROUTING, VM, IN, kvm_irq_routing, routing, \
    NO_FD, VM_MODE, kvm390_set_routing, KVM_CAP_IRQ_ROUTING) \
ROW(KVM390_PROTECT, VM, IN, kvm390_protect, none, \
    NO_FD, VM_MODE, kvm390_protect, BASIC) \
ROW(KVM_IRQFD, VM, IN, kvm_irqfd, none, \
    EVENTFD(kvm_irqfd, fd), VM_MODE, kvm390_irqfd, KVM_CAP_IRQFD) \
ROW(KVM_IOEVENTFD, VM, IN, kvm_ioeventfd, none, \
    EVENTFD(kvm_ioeventfd, fd), VM_MODE, kvm390_ioeventfd, KVM_CAP_IOEVENTFD) \
ROW(KVM_CREATE_DEVICE, VM, INOUT, kvm_create_device, none, \
    STORES_FD(kvm_create_device, fd), VM_MODE, kvm390_create_device, \
    KVM_CAP_DEVICE_CTRL) \
ROW(KVM_S390_INTERRUPT, VM, IN, kvm_s390_interrupt, none, \
    NO_FD, 0, kvm390_vm_interrupt, BASIC) \
ROW(KVM_S390_GET_SKEYS, VM, IN, kvm_s390_skeys, get_skeys, \
    NO_FD, 0, kvm390_api_get_skeys, KVM_CAP_S390_SKEYS) \
ROW(KVM_S390_SET_SKEYS, VM, IN, kvm_s390_skeys, set_skeys, \
    NO_FD, 0, kvm390_api_set_skeys, KVM_CAP_S390_SKEYS) \
ROW(KVM_S390_KEYOP, VM, INOUT, kvm_s390_keyop, none, \
    NO_FD, 0, kvm390_api_keyop, KVM_CAP_S390_KEYOP) \
ROW(KVM_S390_GET_CMMA_BITS, VM, INOUT, kvm_s390_cmma_log, get_cmma, \
    NO_FD, 0, kvm390_api_get_cmma, KVM_CAP_S390_CMMA_MIGRATION) \
ROW(KVM_S390_SET_CMMA_BITS, VM, IN, kvm_s390_cmma_log, set_cmma, \
    NO_FD, 0, kvm390_api_set_cmma, KVM_CAP_S390_CMMA_MIGRATION) \
ROW(KVM_S390_PV_COMMAND, VM, NUMBER, nothing, none, \
    NO_FD, VM_MODE, kvm390_pv_command, BASIC) \
ROW(KVM_S390_ZPCI_OP, VM, NUMBER, nothing, none, \
    NO_FD, VM_MODE, kvm390_zpci_op, BASIC) \
ROW(KVM_S390_MEM_OP, VM, IN, kvm_s390_mem_op, memop, \
    NO_FD, NO_BQL, kvm390_vm_memop, KVM_CAP_S390_MEM_OP_EXTENSION) \
ROW(KVM_GET_STATS_FD, VM | VCPU, NONE, nothing, none, \
    RETURNS_FD, 0, kvm390_get_stats_fd, KVM_CAP_BINARY_STATS_FD) \
\
/* --- the floating interrupt controller --- */ \
ROW(KVM_SET_DEVICE_ATTR, FLIC, IN, kvm_device_attr, flic_set, \
    NO_FD, VM_MODE, kvm390_flic_set, KVM_CAP_DEVICE_CTRL) \
ROW(KVM_GET_DEVICE_ATTR, FLIC, IN, kvm_device_attr, flic_get, \
    NO_FD, VM_MODE, kvm390_flic_get, KVM_CAP_DEVICE_CTRL) \
ROW(KVM_HAS_DEVICE_ATTR, FLIC, IN, kvm_device_attr, none, \
    NO_FD, VM_MODE, kvm390_flic_has, KVM_CAP_DEVICE_CTRL) \
\
/* --- a vCPU --- */ \
ROW(KVM_RUN, VCPU, NONE, nothing, none, \
    NO_FD, VM_MODE | NO_BQL, kvm390_run, BASIC) \
ROW(KVM_S390_MEM_OP, VCPU, IN, kvm_s390_mem_op, memop, \
    NO_FD, REGS_IN, kvm390_vcpu_memop, KVM_CAP_S390_MEM_OP) \
ROW(KVM_GET_REGS, VCPU, OUT, kvm_regs, none, \
    NO_FD, REGS_IN, kvm390_get_regs, BASIC) \
ROW(KVM_SET_REGS, VCPU, IN, kvm_regs, none, \
    NO_FD, REGS_IN | REGS_OUT, kvm390_set_regs, BASIC) \
ROW(KVM_GET_SREGS, VCPU, OUT, kvm_sregs, none, \
    NO_FD, REGS_IN, kvm390_get_sregs, BASIC) \
ROW(KVM_SET_SREGS, VCPU, IN, kvm_sregs, none, \
    NO_FD, REGS_IN | REGS_OUT, kvm390_set_sregs, BASIC) \
ROW(KVM_TRANSLATE, VCPU, INOUT, kvm_translation, none, \
    NO_FD, 0, kvm390_translate, BASIC) \
ROW(KVM_GET_FPU, VCPU, OUT, kvm_fpu, none, \
    NO_FD, REGS_IN, kvm390_get_fpu, BASIC) \
ROW(KVM_SET_FPU, VCPU, IN, kvm_fpu, none, \
    NO_FD, REGS_IN | REGS_OUT, kvm390_set_fpu, BASIC) \
ROW(KVM_GET_ONE_REG, VCPU, IN, kvm_one_reg, get_reg, \
    NO_FD, 0, kvm390_get_one_reg, KVM_CAP_ONE_REG) \
ROW(KVM_SET_ONE_REG, VCPU, IN, kvm_one_reg, set_reg, \
    NO_FD, 0, kvm390_set_one_reg, KVM_CAP_ONE_REG) \
ROW(KVM_GET_MP_STATE, VCPU, OUT, kvm_mp_state, none, \
    NO_FD, 0, kvm390_get_mp_state, KVM_CAP_MP_STATE) \
ROW(KVM_SET_MP_STATE, VCPU, IN, kvm_mp_state, none, \
    NO_FD, 0, kvm390_set_mp_state, KVM_CAP_MP_STATE) \
ROW(KVM_S390_INTERRUPT, VCPU, IN, kvm_s390_interrupt, none, \
    NO_FD, ANYTIME | VM_LOCK, kvm390_vcpu_interrupt, BASIC) \
ROW(KVM_S390_IRQ, VCPU, IN, kvm_s390_irq, none, \
    NO_FD, ANYTIME | VM_LOCK, kvm390_vcpu_irq, KVM_CAP_S390_INJECT_IRQ) \
ROW(KVM_S390_SET_IRQ_STATE, VCPU, IN, kvm_s390_irq_state, set_irqs, \
    NO_FD, 0, kvm390_set_irqs, KVM_CAP_S390_IRQ_STATE) \
ROW(KVM_S390_GET_IRQ_STATE, VCPU, IN, kvm_s390_irq_state, get_irqs, \
    NO_FD, 0, kvm390_get_irqs, KVM_CAP_S390_IRQ_STATE) \
ROW(KVM_S390_STORE_STATUS, VCPU, NUMBER, nothing, none, \
    NO_FD, REGS_IN, kvm390_store_status, BASIC) \
ROW(KVM_S390_SET_INITIAL_PSW, VCPU, IN, kvm_s390_psw, none, \
    NO_FD, 0, kvm390_set_initial_psw, KVM_CAP_S390_PSW) \
ROW(KVM_S390_INITIAL_RESET, VCPU, NONE, nothing, none, \
    NO_FD, REGS_IN | REGS_OUT, kvm390_initial_reset, BASIC) \
ROW(KVM_S390_NORMAL_RESET, VCPU, NONE, nothing, none, \
    NO_FD, REGS_IN | REGS_OUT, kvm390_normal_reset, KVM_CAP_S390_VCPU_RESETS) \
ROW(KVM_S390_CLEAR_RESET, VCPU, NONE, nothing, none, \
    NO_FD, REGS_IN | REGS_OUT, kvm390_clear_reset, KVM_CAP_S390_VCPU_RESETS) \
ROW(KVM_SET_GUEST_DEBUG, VCPU, IN, kvm_guest_debug, debug, \
    NO_FD, VM_MODE, kvm390_set_guest_debug, KVM_CAP_SET_GUEST_DEBUG) \
ROW(KVM_ENABLE_CAP, VCPU, IN, kvm_enable_cap, none, \
    NO_FD, VM_MODE, kvm390_vcpu_enable_cap, KVM_CAP_ENABLE_CAP) \
ROW(KVM_S390_UCAS_MAP, VCPU, IN, kvm_s390_ucas_mapping, ucas, \
    MEMORY(kvm_s390_ucas_mapping, length), VM_MODE | VM_LOCK, \
    kvm390_ucas_map, KVM_CAP_S390_UCONTROL) \
ROW(KVM_S390_UCAS_UNMAP, VCPU, IN, kvm_s390_ucas_mapping, none, \
    NO_FD, VM_MODE | VM_LOCK, kvm390_ucas_unmap, KVM_CAP_S390_UCONTROL) \
ROW(KVM_S390_VCPU_FAULT, VCPU, NUMBER, nothing, none, \
    NO_FD, 0, kvm390_vcpu_fault, KVM_CAP_S390_GMAP) \
ROW(KVM_PRE_FAULT_MEMORY, VCPU, INOUT, kvm_pre_fault_memory, none, \
    NO_FD, 0, kvm390_pre_fault, KVM_CAP_PRE_FAULT_MEMORY)

#define KVM390_ONE_MORE(...) + 1
enum { KVM390_NR_IOCTLS = 0 KVM390_IOCTLS(KVM390_ONE_MORE) };

#endif
