/*
 * Requests for the fuzzers of the server
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "fuzz-requests.h"
#include "raw.h"
#include "../random.h"

#define SEGMENT (1ull << 20)

uint64_t fuzz_rnd(Fuzz *f)
{
    return random_next(&f->state);
}

bool fuzz_one_in(Fuzz *f, unsigned n)
{
    return fuzz_rnd(f) % n == 0;
}

/* --- values --- */

uint64_t fuzz_value(Fuzz *f)
{
    static const uint64_t some[] = {
        0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 63, 64, 100, 255, 256, 4095, 4096,
        0x2000, 65535, 65536, 65537, FUZZ_MEMORY - 8,
        FUZZ_MEMORY - 1, FUZZ_MEMORY,
        FUZZ_MEMORY + 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
        1ull << 43, 1ull << 47, 1ull << 52, 1ull << 63, ~0ull, ~0ull - 4095,
        -2ull, -8ull, 0x180000000, 1048576, 1048577, 0xfffe0000, 0xffff0000,
    };

    switch (fuzz_rnd(f) % 8) {
    case 0:
        return fuzz_rnd(f);
    case 1:
        return fuzz_rnd(f) % FUZZ_MEMORY;
    case 2:
        return fuzz_rnd(f) % 256;
    case 3:
        return 1ull << fuzz_rnd(f) % 64;
    default:
        return some[fuzz_rnd(f) % (sizeof(some) / sizeof(some[0]))];
    }
}

static void put(uint8_t *p, size_t size, uint64_t v)
{
    memcpy(p, &v, size); /* little-endian hosts; else still a value */
}

/* Fill a struct, field by field. */
static void fill(Fuzz *f, const struct kvm390_ioctl *io, uint8_t *arg)
{
    size_t i, n;

    for (i = 0; i < io->layout->nr_fields; i++) {
        const struct kvm390_field *at = &io->layout->fields[i];

        for (n = 0; n < at->count; n++) {
            put(arg + at->offset + n * at->size, at->size,
                fuzz_one_in(f, 3) ? 0 : fuzz_value(f));
        }
    }
}

/* Structs that get past the first checks, to be mutated or not. */
static void plausible(Fuzz *f, const struct kvm390_ioctl *io, uint8_t *arg,
                      bool vcpu)
{
    union {
        struct kvm_s390_mem_op op;
        struct kvm_s390_skeys keys;
        struct kvm_s390_cmma_log log;
        struct kvm_userspace_memory_region slot;
        struct kvm_device_attr attr;
        struct kvm_s390_irq irq;
        struct kvm_s390_interrupt interrupt;
        struct kvm_s390_irq_state irqs;
        struct kvm_one_reg reg;
        struct kvm_guest_debug debug;
        struct kvm_enable_cap cap;
        struct kvm_dirty_log dirty;
        struct kvm_create_device device;
        struct kvm_irqfd irqfd;
        struct kvm_ioeventfd ioeventfd;
        struct kvm390_protect protect;
        struct kvm_s390_ucas_mapping ucas;
        uint8_t bytes[KVM390_MAX_ARG];
    } u = { };
    static const uint64_t types[] = {
        KVM_S390_PROGRAM_INT, KVM_S390_SIGP_STOP, KVM_S390_SIGP_SET_PREFIX,
        KVM_S390_RESTART, KVM_S390_INT_EMERGENCY, KVM_S390_INT_EXTERNAL_CALL,
        KVM_S390_MCHK, KVM_S390_INT_CLOCK_COMP, KVM_S390_INT_CPU_TIMER,
        KVM_S390_INT_VIRTIO, KVM_S390_INT_SERVICE, KVM_S390_INT_PFAULT_INIT,
        KVM_S390_INT_PFAULT_DONE, KVM_S390_INT_IO(0, 0, 0, 1),
    };
    uint64_t type = types[fuzz_rnd(f) % (sizeof(types) / sizeof(types[0]))];

    switch (io->nr) {
    case KVM_S390_MEM_OP:
        u.op = (struct kvm_s390_mem_op) {
            .gaddr = fuzz_rnd(f) % (FUZZ_MEMORY + 8192),
            .size = 1 + fuzz_rnd(f) % 70000,
            .op = vcpu ? fuzz_rnd(f) % 4 : 4 + fuzz_rnd(f) % 3,
            .buf = 1, .old_addr = 1,
            .flags = fuzz_one_in(f, 2) ? 0 : fuzz_rnd(f) % 8,
            .ar = fuzz_rnd(f) % 17,
            .key = fuzz_rnd(f) % 17,
        };
        if (u.op.op == KVM_S390_MEMOP_ABSOLUTE_CMPXCHG) {
            u.op.size = 1 << fuzz_rnd(f) % 5;
            u.op.gaddr &= -16;
        }
        break;
    case KVM_S390_GET_SKEYS:
    case KVM_S390_SET_SKEYS:
        u.keys = (struct kvm_s390_skeys) {
            .start_gfn = fuzz_rnd(f) % 300, .count = 1 + fuzz_rnd(f) % 300,
            .skeydata_addr = 1,
        };
        break;
    case KVM_S390_GET_CMMA_BITS:
    case KVM_S390_SET_CMMA_BITS:
        u.log = (struct kvm_s390_cmma_log) {
            .start_gfn = fuzz_rnd(f) % 300, .count = 1 + fuzz_rnd(f) % 300,
            .flags = fuzz_rnd(f) % 2, .mask = fuzz_rnd(f), .values = 1,
        };
        break;
    case KVM_SET_USER_MEMORY_REGION:
    case KVM_SET_USER_MEMORY_REGION2:
        u.slot = (struct kvm_userspace_memory_region) {
            .slot = fuzz_rnd(f) % 6, .flags = fuzz_rnd(f) % 2,
            .guest_phys_addr = (fuzz_rnd(f) % 512) << 12,
            .memory_size = fuzz_one_in(f, 3) ? 0 :
                           (1 + fuzz_rnd(f) % 256) << 12,
            .userspace_addr = (uintptr_t)f->memory,
        };
        break;
    case KVM_SET_DEVICE_ATTR:
    case KVM_GET_DEVICE_ATTR:
    case KVM_HAS_DEVICE_ATTR:
        u.attr = (struct kvm_device_attr) {
            .group = fuzz_rnd(f) % 16, .attr = fuzz_rnd(f) % 10, .addr = 1,
        };
        break;
    case KVM_S390_IRQ:
        u.irq.type = type;
        memset(u.bytes + 8, fuzz_rnd(f), 16);
        break;
    case KVM_S390_INTERRUPT:
        u.interrupt = (struct kvm_s390_interrupt) {
            .type = type, .parm = fuzz_value(f), .parm64 = fuzz_value(f),
        };
        break;
    case KVM_S390_SET_IRQ_STATE:
    case KVM_S390_GET_IRQ_STATE:
        u.irqs = (struct kvm_s390_irq_state) {
            .buf = 1, .len = 72 * (fuzz_rnd(f) % 290),
        };
        break;
    case KVM_GET_ONE_REG:
    case KVM_SET_ONE_REG:
        u.reg = (struct kvm_one_reg) {
            .id = KVM_REG_S390 | (fuzz_one_in(f, 2) ? KVM_REG_SIZE_U64 :
                                  KVM_REG_SIZE_U32) | fuzz_rnd(f) % 12,
            .addr = 1,
        };
        break;
    case KVM_SET_GUEST_DEBUG:
        u.debug.control = fuzz_rnd(f) & (KVM_GUESTDBG_ENABLE |
                                   KVM_GUESTDBG_SINGLESTEP |
                                   KVM_GUESTDBG_USE_HW_BP);
        u.debug.arch.nr_hw_bp = fuzz_rnd(f) % 5;
        break;
    case KVM_ENABLE_CAP:
        u.cap.cap = 60 + fuzz_rnd(f) % 200;
        break;
    case KVM_GET_DIRTY_LOG:
        u.dirty.slot = fuzz_rnd(f) % 6;
        break;
    case KVM_CREATE_DEVICE:
        u.device.type = KVM_DEV_TYPE_FLIC;
        u.device.flags = fuzz_one_in(f, 4);
        break;
    case KVM_IRQFD:
        u.irqfd = (struct kvm_irqfd) {
            .fd = 1, .gsi = fuzz_rnd(f) % 8, .flags = fuzz_rnd(f) % 4,
            .resamplefd = 1,
        };
        break;
    case KVM_IOEVENTFD:
        u.ioeventfd = (struct kvm_ioeventfd) {
            .datamatch = fuzz_rnd(f) % 8, .addr = 0x10000 + fuzz_rnd(f) % 8,
            .fd = 1,
            .len = 1 << fuzz_rnd(f) % 4, .flags = fuzz_rnd(f) % 16,
        };
        break;
    case KVM_S390_UCAS_MAP:
    case KVM_S390_UCAS_UNMAP:
        u.ucas = (struct kvm_s390_ucas_mapping) {
            .user_addr = (uintptr_t)f->memory & -SEGMENT,
            .vcpu_addr = fuzz_rnd(f) % 8 * SEGMENT,
            .length = fuzz_rnd(f) % 4 * SEGMENT,
        };
        break;
    case KVM390_PROTECT:
        u.protect = (struct kvm390_protect) {
            .addr = (uintptr_t)f->memory + (fuzz_rnd(f) % 256 << 12),
            .len = (fuzz_rnd(f) % 64) << 12, .permit = fuzz_rnd(f) % 4,
        };
        break;
    default:
        fill(f, io, arg);
        return;
    }
    memcpy(arg, u.bytes, io->size);
}

/* Instructions that leave the vCPU's usual path, among random ones. */
void fuzz_code(Fuzz *f, uint8_t *at, size_t len)
{
    static const uint8_t code[][6] = {
        { 0x83, 0x00, 0x05, 0x01 }, { 0x83, 0x12, 0x00, 0x10 },
        { 0x83, 0x00, 0x00, 0x44 }, { 0xb2, 0x29, 0x00, 0x12 },
        { 0xb2, 0x2b, 0x00, 0x12 }, { 0xb2, 0x2a, 0x00, 0x12 },
        { 0xb9, 0xab, 0x10, 0x12 }, { 0xb9, 0xaf, 0x00, 0x12 },
        { 0xae, 0x12, 0x00, 0x05 }, { 0xb2, 0x10, 0x00, 0x00 },
        { 0x82, 0x00, 0x00, 0x00 }, { 0xa7, 0xf4, 0x00, 0x00 },
        { 0xb2, 0x32, 0x10, 0x00 }, { 0xb2, 0x20, 0x00, 0x12 },
        { 0xb2, 0x7d, 0x00, 0x00 }, { 0x0a, 0x01 }, { 0x00, 0x00 },
    };

    while (len >= 8) {
        size_t n = 4, i;

        if (fuzz_one_in(f, 3)) {
            for (i = 0; i < n; i++) {
                at[i] = fuzz_rnd(f);
            }
        } else {
            i = fuzz_rnd(f) % (sizeof(code) / sizeof(code[0]));
            memcpy(at, code[i], 6);
            n = code[i][0] == 0x0a || !code[i][0] ? 2 : 4;
        }
        at += n;
        len -= n;
    }
}

/* --- messages --- */

/* The buffers that a request brings; returns their length. */
static size_t fill_buffers(Fuzz *f, const struct kvm390_ioctl *io,
                           const uint8_t *arg, uint32_t *flags)
{
    struct kvm390_buffer buffer[KVM390_BUFFERS];
    size_t at = 0;
    int i;

    kvm390_buffers(io, arg, buffer);
    for (i = 0; i < KVM390_BUFFERS; i++) {
        if (buffer[i].in_len && fuzz_one_in(f, 16)) {
            *flags |= KVM390_BAD_BUF0 << i;
            continue;
        }
        memset(f->buf + at, fuzz_one_in(f, 2) ? 0 : fuzz_rnd(f),
               buffer[i].in_len);
        if (buffer[i].in_len > 8) {
            uint64_t v64 = fuzz_rnd(f);

            memcpy(f->buf + at + fuzz_rnd(f) % (buffer[i].in_len - 7), &v64,
                   8);
        }
        at += buffer[i].in_len;
    }
    return at;
}

uint8_t *fuzz_request(Fuzz *f, const struct kvm390_ioctl *io, int32_t target,
                      size_t *len)
{
    struct kvm390_head head = {
        .cmd = io->nr, .target = target, .arg_len = io->size,
        .arg = fuzz_value(f),
    };
    uint8_t arg[KVM390_MAX_ARG] = { };

    if (io->nr == KVM_CREATE_VCPU) {
        head.arg = fuzz_one_in(f, 20) ? fuzz_rnd(f) % 250 : 0;
    }
    if (io->size) {
        if (fuzz_one_in(f, 4)) {
            fill(f, io, arg);
        } else {
            plausible(f, io, arg, target >= 0);
            if (fuzz_one_in(f, 3)) {
                arg[fuzz_rnd(f) % io->size] = fuzz_value(f);
            }
        }
        head.buf_len = fill_buffers(f, io, arg, &head.flags);
        if (fuzz_one_in(f, 64)) {
            head.flags = KVM390_BAD_ARG;
            head.arg_len = head.buf_len = 0;
        }
        raw_arg(io, arg);
    }
    return raw_message(head, arg, f->buf, len);
}
