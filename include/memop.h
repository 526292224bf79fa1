/*
 * Memory operations: KVM_S390_MEM_OP without the ioctl around it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_MEMOP_H
#define KVM390_MEMOP_H

#include <stdbool.h>
#include <stdint.h>
#include "kvm390/include/gaccess.h"
#include "kvm390/include/limits.h"

/* Operations, numbered as in the KVM API (KVM_S390_MEMOP_*). */
enum {
    KVM390_MEMOP_LOGICAL_READ = 0,
    KVM390_MEMOP_LOGICAL_WRITE = 1,
    KVM390_MEMOP_SIDA_READ = 2,
    KVM390_MEMOP_SIDA_WRITE = 3,
    KVM390_MEMOP_ABSOLUTE_READ = 4,
    KVM390_MEMOP_ABSOLUTE_WRITE = 5,
    KVM390_MEMOP_ABSOLUTE_CMPXCHG = 6,
};

/* Flags (KVM_S390_MEMOP_F_*). */
#define KVM390_MEMOP_F_CHECK_ONLY           (1ULL << 0)
#define KVM390_MEMOP_F_INJECT_EXCEPTION     (1ULL << 1)
#define KVM390_MEMOP_F_SKEY_PROTECTION      (1ULL << 2)

/* What KVM_CAP_S390_MEM_OP_EXTENSION answers. */
#define KVM390_MEMOP_EXTENSION              3

/*
 * A memory operation: the fields of struct kvm_s390_mem_op, the two buffers
 * as host pointers. A buffer that the client could not read or write is NULL:
 * it is answered with -EFAULT where KVM would find out.
 */
typedef struct Kvm390Memop {
    uint64_t gaddr;
    uint64_t flags;
    uint32_t size;
    uint32_t op;
    uint8_t ar;
    uint8_t key;
    uint32_t sida_offset;
    void *buf;      /* @size bytes, read or written according to @op */
    void *old;      /* CMPXCHG: @size bytes, read, written if not exchanged */
} Kvm390Memop;

/* Kind of file descriptor the operation came through. */
enum Kvm390MemopScope {
    KVM390_MEMOP_VCPU,
    KVM390_MEMOP_VM,
};

/**
 * kvm390_memop_validate:
 * @scope: through what it came
 * @op: the operation; its key is set to 0 if it is not to be used
 *
 * Everything that is checked before a buffer or guest memory is looked at, in
 * KVM's order (KVM api.rst 4.89; semantics checked against Linux 7).
 * The VM is not protected, so no SIDA operation passes.
 *
 * Returns: 0, -EINVAL or -E2BIG.
 */
int kvm390_memop_validate(enum Kvm390MemopScope scope, Kvm390Memop *op);

/**
 * kvm390_memop_on_vcpu:
 * @mem: guest memory
 * @view: the vCPU's state
 * @op: the operation
 * @pgm: the exception, if the result is positive; its ILC is left 0
 *
 * Validate and do a vCPU's operation. INJECT_EXCEPTION is left to the caller.
 *
 * Returns: 0, -EINVAL, -E2BIG, -EFAULT, or the program interruption code.
 */
int kvm390_memop_on_vcpu(Kvm390Mem *mem, const Kvm390View *view,
                         Kvm390Memop *op, Kvm390Pgm *pgm);

/**
 * kvm390_memop_on_vm:
 * @mem: guest memory
 * @op: the operation
 * @exchanged: set by CMPXCHG to whether the exchange took place; may be NULL.
 *             If it is false and the result is not -EFAULT, KVM writes
 *             @op->old back to the client, changed or not, whenever the
 *             operation got as far as reading it
 *
 * Validate and do a VM's operation.
 *
 * Returns: 0, -EINVAL, -E2BIG, -EFAULT, or the program interruption code.
 */
int kvm390_memop_on_vm(Kvm390Mem *mem, Kvm390Memop *op, bool *exchanged);

#endif
