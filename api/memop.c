/*
 * KVM_S390_MEM_OP: memory operations
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "kvm390/include/guest-access.h"

/* Checks that come before a buffer is looked at make this one the last. */
static bool is_read(const struct kvm_s390_mem_op *op)
{
    return op->op == KVM_S390_MEMOP_LOGICAL_READ ||
           op->op == KVM_S390_MEMOP_ABSOLUTE_READ;
}

/* What a read is read into: nothing yet, or room for all of it. */
static void *read_buffer(Kvm390Call *call)
{
    size_t len = call->buffer[0].out_len;

    return len ? kvm390_api_out(call, len) : NULL;
}

static Kvm390Memop make_op(Kvm390Call *call)
{
    const struct kvm_s390_mem_op *op = call->arg;

    return (Kvm390Memop) {
        .gaddr = op->gaddr,
        .flags = op->flags,
        .size = op->size,
        .op = op->op,
        .ar = op->ar,
        .key = op->key,
        .sida_offset = op->sida_offset,
        .buf = is_read(op) ? read_buffer(call) : call->in[0],
        .old = call->in[1],
    };
}

/* A read that failed copies nothing out. */
static int finish_memop(Kvm390Call *call, int ret)
{
    if (ret && is_read(call->arg)) {
        g_byte_array_set_size(call->out, 0);
    }
    return ret;
}

static void inject_fault(Kvm390Vcpu *vcpu, const Kvm390Pgm *pgm)
{
    struct kvm_s390_irq irq = {
        .type = KVM_S390_PROGRAM_INT,
        .u.pgm = {
            .code = pgm->code,
            .trans_exc_code = pgm->teid,
            .exc_access_id = pgm->access_id,
        },
    };

    kvm390_irq_inject(vcpu, &irq);
}

int kvm390_vcpu_memop(Kvm390Call *call)
{
    Kvm390Memop op = make_op(call);
    Kvm390Pgm pgm = { };
    int ret = kvm390_memop_vcpu(call->vcpu->cpu, &op, &pgm);

    if (ret > 0 && op.flags & KVM_S390_MEMOP_F_INJECT_EXCEPTION) {
        inject_fault(call->vcpu, &pgm);
    }
    return finish_memop(call, ret);
}

int kvm390_vm_memop(Kvm390Call *call)
{
    Kvm390Memop op = make_op(call);
    bool exchanged = true;
    int ret = kvm390_memop_vm(&op, &exchanged);

    if (op.op == KVM_S390_MEMOP_ABSOLUTE_CMPXCHG && !exchanged && ret >= 0 &&
        op.old) {
        memcpy(kvm390_api_out(call, op.size), op.old, op.size);
    }
    return finish_memop(call, ret);
}
