/*
 * The KVM API's structs and numbers, as s390x Linux has them
 *
 * linux/kvm.h includes the <asm/kvm.h> of the machine it is compiled for. Both
 * ends of the socket speak s390x's API on any host, so s390x's header is taken
 * first and the host's one is kept out by its include guard.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_UAPI_H
#define KVM390_UAPI_H

#ifdef __LINUX_KVM_H
#error "include kvm390/uapi.h before linux/kvm.h"
#endif

#if defined(__x86_64__) || defined(__i386__)
#define _ASM_X86_KVM_H
#elif defined(__aarch64__)
#define __ARM_KVM_H__
#elif defined(__riscv)
#define __LINUX_KVM_RISCV_H
#elif defined(__powerpc__)
#define __LINUX_KVM_POWERPC_H
#elif defined(__loongarch__)
#define __UAPI_ASM_LOONGARCH_KVM_H
#endif

#include <asm-s390/kvm.h>
#include <linux/kvm.h>

/* What Linux added after the headers that QEMU 10.0 carries. */
#ifndef KVM_S390_KEYOP
#define KVM_S390_KEYOP_ISKE 0x01
#define KVM_S390_KEYOP_RRBE 0x02
#define KVM_S390_KEYOP_SSKE 0x03
struct kvm_s390_keyop {
    __u64 guest_addr;
    __u8  key;
    __u8  operation;
    __u8  pad[6];
};
#define KVM_S390_KEYOP _IOWR(KVMIO, 0x53, struct kvm_s390_keyop)
#endif

#ifndef KVM_CAP_S390_USER_OPEREXEC
#define KVM_CAP_S390_USER_OPEREXEC 246
#endif
#ifndef KVM_CAP_S390_KEYOP
#define KVM_CAP_S390_KEYOP 247
#endif
#ifndef KVM_CAP_S390_VSIE_ESAMODE
#define KVM_CAP_S390_VSIE_ESAMODE 248
#endif

/*
 * Which bits of the CPU model may user space change? The ioctl and its struct
 * have the number and the layout that arm64 gave to the same question.
 */
#ifndef KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES
#define KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES 230
#endif
#ifndef KVM_ARM_GET_REG_WRITABLE_MASKS
#define KVM_ARM_GET_REG_WRITABLE_MASKS _IOR(KVMIO, 0xb6, struct reg_mask_range)
#endif
struct reg_mask_range {
    __u64 addr;
    __u32 range;
    __u32 reserved[13];
};
#define KVM_CAP_S390_REG_MASK_RANGES   KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES
#define KVM_S390_GET_REG_WRITABLE_MASKS KVM_ARM_GET_REG_WRITABLE_MASKS

/* Values of reg_mask_range.range; bit n of the capability is for range n. */
#define KVM_S390_REG_MASK_FACILITIES 0 /* fac_list of CPU_PROCESSOR, 2048 B */
#define KVM_S390_REG_MASK_FEATURES   1 /* CPU_PROCESSOR_FEAT, 128 bytes */
#define KVM_S390_REG_MASK_SUBFUNCS   2 /* CPU_PROCESSOR_SUBFUNC, 2048 bytes */

#endif
