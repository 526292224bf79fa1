/*
 * Memory operations: validation and dispatch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stddef.h>
#include "kvm390/include/memop.h"

#define COMMON_FLAGS (KVM390_MEMOP_F_CHECK_ONLY | \
                      KVM390_MEMOP_F_SKEY_PROTECTION)

/* Flags that @op takes through @scope; false if it is not to be had there. */
static bool flags_of(enum Kvm390MemopScope scope, uint32_t op,
                     uint64_t *flags)
{
    switch (op) {
    case KVM390_MEMOP_LOGICAL_READ:
    case KVM390_MEMOP_LOGICAL_WRITE:
        *flags = COMMON_FLAGS | KVM390_MEMOP_F_INJECT_EXCEPTION;
        return scope == KVM390_MEMOP_VCPU;
    case KVM390_MEMOP_SIDA_READ:
    case KVM390_MEMOP_SIDA_WRITE:
        *flags = 0;
        return scope == KVM390_MEMOP_VCPU;
    case KVM390_MEMOP_ABSOLUTE_READ:
    case KVM390_MEMOP_ABSOLUTE_WRITE:
        *flags = COMMON_FLAGS;
        return scope == KVM390_MEMOP_VM;
    case KVM390_MEMOP_ABSOLUTE_CMPXCHG:
        *flags = KVM390_MEMOP_F_SKEY_PROTECTION;
        return scope == KVM390_MEMOP_VM;
    default:
        return false;
    }
}

/*
 * The SIDA of a vCPU that is not protected is one page long, as it is before
 * KVM asks whether the vCPU is protected.
 */
static int validate_sida(const Kvm390Memop *op)
{
    const uint32_t sida_size = 4096;
    uint32_t end = op->size + op->sida_offset;

    if (end < op->size) {
        return -EINVAL;
    }
    return end > sida_size ? -E2BIG : -EINVAL;
}

int kvm390_memop_validate(enum Kvm390MemopScope scope, Kvm390Memop *op)
{
    uint64_t flags;

    if (!flags_of(scope, op->op, &flags)) {
        return -EINVAL;
    }
    if ((op->flags & ~flags) || !op->size) {
        return -EINVAL;
    }
    if (op->op == KVM390_MEMOP_SIDA_READ ||
        op->op == KVM390_MEMOP_SIDA_WRITE) {
        return validate_sida(op);
    }
    if (op->size > KVM390_MEMOP_MAX_SIZE) {
        return -E2BIG;
    }
    if (!(op->flags & KVM390_MEMOP_F_SKEY_PROTECTION)) {
        op->key = 0;
    } else if (op->key > 15) {
        return -EINVAL;
    }
    if (scope == KVM390_MEMOP_VCPU && op->ar > 15) {
        return -EINVAL;
    }
    if (op->op == KVM390_MEMOP_ABSOLUTE_CMPXCHG && op->size > 16) {
        return -EINVAL;
    }
    return 0;
}

/* An operation but CMPXCHG: logical if there is a @view, else absolute. */
static int read_or_write(Kvm390Mem *mem, const Kvm390View *view,
                         const Kvm390Memop *op, Kvm390Pgm *pgm)
{
    Kvm390AccessReq req = {
        .addr = op->gaddr,
        .len = op->size,
        .ar = op->ar,
        .key = op->key,
        .store = op->op == KVM390_MEMOP_LOGICAL_WRITE ||
                 op->op == KVM390_MEMOP_ABSOLUTE_WRITE,
        .check_only = op->flags & KVM390_MEMOP_F_CHECK_ONLY,
    };
    int rc;

    if (!op->buf && req.store && !req.check_only) {
        return -EFAULT;
    }
    rc = view ? kvm390_access_logical(mem, view, &req, op->buf, pgm)
              : kvm390_access_absolute(mem, &req, op->buf);
    if (!op->buf && !req.check_only && rc == 0) {
        rc = -EFAULT;
    }
    return rc;
}

int kvm390_memop_on_vcpu(Kvm390Mem *mem, const Kvm390View *view,
                         Kvm390Memop *op, Kvm390Pgm *pgm)
{
    int rc = kvm390_memop_validate(KVM390_MEMOP_VCPU, op);

    return rc ? rc : read_or_write(mem, view, op, pgm);
}

int kvm390_memop_on_vm(Kvm390Mem *mem, Kvm390Memop *op, bool *exchanged)
{
    bool dummy;
    int rc = kvm390_memop_validate(KVM390_MEMOP_VM, op);

    if (rc) {
        return rc;
    }
    if (op->op != KVM390_MEMOP_ABSOLUTE_CMPXCHG) {
        return read_or_write(mem, NULL, op, NULL);
    }
    if (!op->buf || !op->old) {
        return -EFAULT;
    }
    return kvm390_cmpxchg_absolute(mem, op->gaddr, op->size, op->key, op->old,
                                   op->buf, exchanged ? exchanged : &dummy);
}
