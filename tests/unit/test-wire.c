/*
 * Tests of the wire: tables, byte order, and what a hostile client sends
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/uapi.h"
#include "kvm390/include/limits.h"
#include "kvm390/include/wire.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

#define ROUND_UP(n, unit) (((n) + (unit) - 1) / (unit) * (unit))

/* Where nothing needs listing: bytes of unions, by what else is there. */
static bool may_end_at(const struct kvm390_ioctl *io, size_t at)
{
    return io->nr == KVM_S390_IRQ ||
           (io->nr == KVM_S390_MEM_OP &&
            at == offsetof(struct kvm_s390_mem_op, old_addr) + 8);
}

/* A field that is missing would keep the wrong byte order. */
static void test_layouts_cover_structs(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_ioctl *io = &kvm390_ioctls[i];
        size_t at = 0;

        g_test_message("%s", io->name);
        g_assert_cmpuint(io->size, <=, KVM390_MAX_ARG);
        g_assert_cmpuint(io->layout->size, ==, io->size);
        for (size_t n = 0; n < io->layout->nr_fields; n++) {
            const struct kvm390_field *f = &io->layout->fields[n];

            /* Only the compiler's own padding is between two fields. */
            g_assert_cmpuint(f->offset, ==, ROUND_UP(at, f->size));
            at = f->offset + f->size * f->count;
        }
        if (!may_end_at(io, at)) {
            g_assert_cmpuint(at, ==, io->size);
        }
    }
    g_assert_cmpuint(sizeof(struct kvm390_head), ==, 40);
}

static void test_fields_are_integers(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_layout *layout = kvm390_ioctls[i].layout;

        for (size_t n = 0; n < layout->nr_fields; n++) {
            size_t size = layout->fields[n].size;

            g_test_message("%s: %s", kvm390_ioctls[i].name,
                           layout->fields[n].name);
            g_assert_true(size == 1 || size == 2 || size == 4 || size == 8);
            g_assert_cmpuint(layout->fields[n].count, >, 0);
        }
    }
}

/* A struct goes with a direction, and the other way round. */
static void test_structs_have_directions(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_ioctl *io = &kvm390_ioctls[i];

        g_test_message("%s", io->name);
        g_assert_true(!io->size == (io->pass <= KVM390_PASS_NUMBER));
        if (io->fd.at) {
            g_assert_cmpuint(io->fd.at, <, io->size);
        }
    }
}

/* The kernel's number of an ioctl holds its struct's size, where it has one. */
static void test_sizes_are_the_numbers(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_ioctl *io = &kvm390_ioctls[i];

        if (_IOC_SIZE(io->nr) && io->size) {
            g_assert_cmpuint(_IOC_SIZE(io->nr), ==, io->size);
        }
    }
}

static void test_find(void)
{
    g_assert_nonnull(kvm390_ioctl_find(KVM_RUN, KVM390_ON_VCPU));
    g_assert_null(kvm390_ioctl_find(KVM_RUN, KVM390_ON_VM));
    g_assert_nonnull(kvm390_ioctl_find(KVM_CHECK_EXTENSION, KVM390_ON_VM));
    g_assert_nonnull(kvm390_ioctl_find(KVM_CHECK_EXTENSION, KVM390_ON_SYSTEM));
    g_assert_null(kvm390_ioctl_find(0, KVM390_ON_SYSTEM));
}

#define FOREIGN_ORDER (KVM390_LITTLE_ENDIAN + KVM390_BIG_ENDIAN - \
                       KVM390_HOST_ORDER)

static void test_reorder(void)
{
    struct kvm_s390_ais_req ais = { .isc = 7, .mode = 0x0102 };
    uint8_t a[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    const uint8_t b[12] = { 8, 7, 6, 5, 4, 3, 2, 1, 9, 10, 11, 12 };
    struct kvm390_buffer buffer[KVM390_BUFFERS];
    struct kvm_device_attr attr = { .group = KVM_DEV_FLIC_AISM };

    /* The second one is cut off. */
    kvm390_reorder(&kvm390_layout_u64, a, sizeof(a), KVM390_HOST_ORDER,
                   FOREIGN_ORDER);
    g_assert_cmpmem(a, 12, b, 12);
    kvm390_reorder(&kvm390_layout_u64, a, sizeof(a), FOREIGN_ORDER,
                   FOREIGN_ORDER);
    kvm390_reorder(NULL, a, sizeof(a), KVM390_HOST_ORDER, FOREIGN_ORDER);
    g_assert_cmpmem(a, 12, b, 12);

    kvm390_buffers(kvm390_ioctl_find(KVM_SET_DEVICE_ATTR, KVM390_ON_FLIC),
                   &attr, buffer);
    kvm390_buffer_reorder(&buffer[0], &ais, sizeof(ais), KVM390_HOST_ORDER,
                          FOREIGN_ORDER);
    g_assert_cmpuint(ais.isc, ==, 7);
    g_assert_cmpuint(ais.mode, ==, 0x0201);
}

static void test_head(void)
{
    struct kvm390_head head = { .magic = KVM390_WIRE_MAGIC };

    kvm390_head_reorder(&head);
    g_assert_cmpmem(&head.magic, 4, "K390", 4);
    kvm390_head_reorder(&head);
    g_assert_cmpuint(head.magic, ==, KVM390_WIRE_MAGIC);
}

static void fill_random(uint8_t *arg, size_t len)
{
    for (size_t n = 0; n < len; n++) {
        arg[n] = g_test_rand_int();
    }
}

static void test_both_ways(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_ioctl *io = &kvm390_ioctls[i];
        uint8_t arg[KVM390_MAX_ARG], before[KVM390_MAX_ARG];

        fill_random(arg, sizeof(arg));
        memcpy(before, arg, sizeof(arg));
        kvm390_arg_reorder(io, arg, KVM390_HOST_ORDER, FOREIGN_ORDER);
        kvm390_arg_reorder(io, arg, FOREIGN_ORDER, KVM390_HOST_ORDER);
        g_assert_cmpmem(arg, sizeof(arg), before, sizeof(before));
    }
}

/* A caller of the other byte order says the same as one of this machine's. */
static void test_foreign_caller(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_ioctl *io = &kvm390_ioctls[i];
        uint8_t ours[KVM390_MAX_ARG], theirs[KVM390_MAX_ARG];

        fill_random(ours, sizeof(ours));
        memcpy(theirs, ours, sizeof(ours));
        kvm390_arg_reorder(io, theirs, KVM390_HOST_ORDER, FOREIGN_ORDER);
        kvm390_arg_reorder(io, theirs, FOREIGN_ORDER, KVM390_WIRE_ORDER);
        kvm390_arg_reorder(io, ours, KVM390_HOST_ORDER, KVM390_WIRE_ORDER);
        g_assert_cmpmem(ours, sizeof(ours), theirs, sizeof(theirs));
    }
}

static void test_irq_types(void)
{
    struct kvm_s390_irq irq[2] = {
        { .type = KVM_S390_PROGRAM_INT }, { .type = KVM_S390_INT_EMERGENCY },
    };
    uint8_t raw[sizeof(irq)];

    irq[0].u.pgm.code = 0x1234;
    irq[0].u.pgm.trans_exc_code = 0x0102030405060708;
    irq[1].u.emerg.code = 0x5678;
    kvm390_reorder(&kvm390_layout_kvm_s390_irq, irq, sizeof(irq),
                   KVM390_HOST_ORDER, KVM390_BIG_ENDIAN);
    memcpy(raw, irq, sizeof(raw));
    g_assert_cmpuint(raw[8], ==, 1);
    g_assert_cmpuint(raw[8 + 28], ==, 0x12);
    g_assert_cmpuint(raw[sizeof(irq[0]) + 8], ==, 0x56);
    kvm390_reorder(&kvm390_layout_kvm_s390_irq, irq, sizeof(irq),
                   KVM390_BIG_ENDIAN, KVM390_HOST_ORDER);
    g_assert_cmpuint(irq[0].u.pgm.code, ==, 0x1234);
    g_assert_cmpuint(irq[1].u.emerg.code, ==, 0x5678);
}

static void memop_buffers(uint32_t op, uint32_t size, uint64_t flags,
                          uint32_t in0, uint32_t out0, uint32_t in1)
{
    struct kvm_s390_mem_op arg = { .op = op, .size = size, .flags = flags };
    struct kvm390_buffer buffer[KVM390_BUFFERS];

    kvm390_buffers(kvm390_ioctl_find(KVM_S390_MEM_OP, KVM390_ON_VM), &arg,
                   buffer);
    g_assert_cmpuint(buffer[0].in_len, ==, in0);
    g_assert_cmpuint(buffer[0].out_len, ==, out0);
    g_assert_cmpuint(buffer[1].in_len, ==, in1);
}

static void test_memop_buffers(void)
{
    memop_buffers(KVM_S390_MEMOP_LOGICAL_READ, 8, 0, 0, 8, 0);
    memop_buffers(KVM_S390_MEMOP_ABSOLUTE_WRITE, 8, 0, 8, 0, 0);
    memop_buffers(KVM_S390_MEMOP_ABSOLUTE_WRITE, 65536, 0, 65536, 0, 0);
    memop_buffers(KVM_S390_MEMOP_ABSOLUTE_WRITE, 65537, 0, 0, 0, 0);
    memop_buffers(KVM_S390_MEMOP_LOGICAL_READ, 8,
                   KVM_S390_MEMOP_F_CHECK_ONLY, 0, 0, 0);
    memop_buffers(KVM_S390_MEMOP_ABSOLUTE_CMPXCHG, 16, 0, 16, 0, 16);
    memop_buffers(KVM_S390_MEMOP_ABSOLUTE_CMPXCHG, 17, 0, 0, 0, 0);
    memop_buffers(99, 8, 0, 0, 0, 0);
}

/* One more than the handler takes does not travel. */
static void test_limits(void)
{
    struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_USE_HW_BP };
    const struct kvm390_ioctl *io = kvm390_ioctl_find(KVM_SET_GUEST_DEBUG,
                                                      KVM390_ON_VCPU);
    struct kvm390_buffer buffer[KVM390_BUFFERS];

    debug.arch.nr_hw_bp = KVM390_MAX_POINTS;
    kvm390_buffers(io, &debug, buffer);
    g_assert_cmpuint(buffer[0].in_len, ==,
                     KVM390_MAX_POINTS * sizeof(struct kvm_hw_breakpoint));
    debug.arch.nr_hw_bp++;
    kvm390_buffers(io, &debug, buffer);
    g_assert_cmpuint(buffer[0].in_len, ==, 0);
}

/* No struct makes a server take or give more than the wire allows. */
static void test_buffers_are_bounded(void)
{
    for (int round = 0; round < 20000; round++) {
        const struct kvm390_ioctl *io =
            &kvm390_ioctls[g_test_rand_int_range(0, kvm390_nr_ioctls)];
        struct kvm390_buffer buffer[KVM390_BUFFERS];
        uint64_t arg[KVM390_MAX_ARG / 8], in = 0;

        for (size_t n = 0; n < G_N_ELEMENTS(arg); n++) {
            arg[n] = (uint64_t)g_test_rand_int() << 32 | g_test_rand_int();
            arg[n] >>= g_test_rand_int_range(0, 64);
        }
        kvm390_buffers(io, arg, buffer);
        for (int i = 0; i < KVM390_BUFFERS; i++) {
            in += buffer[i].in_len;
            g_assert_cmpuint(buffer[i].out_len, <=, KVM390_MAX_BUF);
        }
        g_assert_cmpuint(in, <=, KVM390_MAX_BUF);
    }
}

static void test_hostile_heads(void)
{
    struct kvm390_head good = { .magic = KVM390_WIRE_MAGIC }, h;

    g_assert_null(kvm390_head_check(&good));
    h = good;
    h.magic++;
    g_assert_nonnull(kvm390_head_check(&h));
    h = good;
    h.flags = KVM390_FLAGS + 1;
    g_assert_nonnull(kvm390_head_check(&h));
    h = good;
    h.reserved = 1;
    g_assert_nonnull(kvm390_head_check(&h));
    h = good;
    h.arg_len = KVM390_MAX_ARG + 1;
    g_assert_nonnull(kvm390_head_check(&h));
    h = good;
    h.buf_len = UINT32_MAX;
    g_assert_nonnull(kvm390_head_check(&h));
}

static void test_hostile_requests(void)
{
    const struct kvm390_ioctl *io = kvm390_ioctl_find(KVM_S390_MEM_OP,
                                                      KVM390_ON_VM);
    struct kvm_s390_mem_op op = {
        .op = KVM_S390_MEMOP_ABSOLUTE_WRITE, .size = 8,
    };
    struct kvm390_buffer buffer[KVM390_BUFFERS];
    struct kvm390_head h = { .arg_len = sizeof(op), .buf_len = 8 };

    g_assert_null(kvm390_request_check(&h, io, &op, buffer));
    h.buf_len = 7;
    g_assert_nonnull(kvm390_request_check(&h, io, &op, buffer));
    h.buf_len = 9;
    g_assert_nonnull(kvm390_request_check(&h, io, &op, buffer));
    h.buf_len = 0;
    h.flags = KVM390_BAD_BUF0;
    g_assert_null(kvm390_request_check(&h, io, &op, buffer));
    h.flags = 0;
    h.buf_len = 8;
    h.arg_len--;
    g_assert_nonnull(kvm390_request_check(&h, io, &op, buffer));
    h.flags = KVM390_BAD_ARG;
    g_assert_nonnull(kvm390_request_check(&h, io, &op, buffer));
    h.arg_len = h.buf_len = 0;
    g_assert_null(kvm390_request_check(&h, io, &op, buffer));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wire/layouts", test_layouts_cover_structs);
    g_test_add_func("/wire/fields", test_fields_are_integers);
    g_test_add_func("/wire/directions", test_structs_have_directions);
    g_test_add_func("/wire/sizes", test_sizes_are_the_numbers);
    g_test_add_func("/wire/find", test_find);
    g_test_add_func("/wire/reorder", test_reorder);
    g_test_add_func("/wire/head", test_head);
    g_test_add_func("/wire/both-ways", test_both_ways);
    g_test_add_func("/wire/foreign-caller", test_foreign_caller);
    g_test_add_func("/wire/irq", test_irq_types);
    g_test_add_func("/wire/memop", test_memop_buffers);
    g_test_add_func("/wire/limits", test_limits);
    g_test_add_func("/wire/bounds", test_buffers_are_bounded);
    g_test_add_func("/wire/hostile/head", test_hostile_heads);
    g_test_add_func("/wire/hostile/request", test_hostile_requests);
    return g_test_run();
}
