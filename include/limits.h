/*
 * How much one ioctl takes or gives
 *
 * A request beyond these is refused by its handler before it looks at a
 * buffer; the wire carries no buffer for it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_LIMITS_H
#define KVM390_LIMITS_H

/* Bytes of a memory operation; KVM_CAP_S390_MEM_OP answers it. */
#define KVM390_MEMOP_MAX_SIZE       65536
#define KVM390_MEMOP_MAX_CMPXCHG    16
/* The most keys one call takes (KVM_S390_SKEYS_MAX). */
#define KVM390_SKEYS_MAX            1048576
/* Page states, a byte each (KVM_S390_CMMA_SIZE_MAX). */
#define KVM390_CMMA_SIZE_MAX        (1u << 20)
/* Interruptions that can be pending on one vCPU, as KVM counts them. */
#define KVM390_MAX_LOCAL_IRQS       287
/* Breakpoints and watchpoints of KVM_SET_GUEST_DEBUG. */
#define KVM390_MAX_POINTS           50
/* KVM_CAP_IRQ_ROUTING answers it. */
#define KVM390_MAX_ROUTES           4096
/* KVM_CAP_NR_MEMSLOTS answers it. */
#define KVM390_NR_SLOTS             32766
/* The unit of a user-controlled VM's address space. */
#define KVM390_UCAS_SEGMENT         (1ull << 20)

#endif
