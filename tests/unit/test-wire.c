/*
 * Tests of the wire: tables, byte order, and what a hostile client sends
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/uapi.h"
#include "kvm390/include/wire.h"

#include <glib.h>
#include <string.h>

static size_t layout_size(const char *layout)
{
    size_t sum = 0;

    while (*layout) {
        char letter = *layout++;
        size_t n = strtoul(layout, (char **)&layout, 10);

        sum += n * (letter == 'd' ? 8 : letter == 'w' ? 4 :
                    letter == 'h' ? 2 : 1);
    }
    return sum;
}

/* A layout that is too short would leave fields in the wrong byte order. */
static void test_layouts_cover_structs(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_ioctl *io = &kvm390_ioctls[i];

        g_assert_cmpuint(io->size, <=, KVM390_MAX_ARG);
        if (io->layout) {
            g_assert_cmpuint(layout_size(io->layout), ==, io->size);
        }
    }
    g_assert_cmpuint(layout_size(kvm390_run_layout), ==,
                     G_STRUCT_OFFSET(struct kvm_run, s) +
                     sizeof(struct kvm_sync_regs));
    g_assert_cmpuint(sizeof(struct kvm390_head), ==, 40);
}

static size_t layout_fields(const char *layout)
{
    size_t sum = 0;

    while (*layout) {
        layout++;
        sum += strtoul(layout, (char **)&layout, 10);
    }
    return sum;
}

/* --trace shows what an ioctl is given: each one of them has names for it. */
static void test_fields_have_names(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_ioctl *io = &kvm390_ioctls[i];
        g_auto(GStrv) names = g_strsplit(io->fields ? io->fields : "", " ", 0);
        size_t n = g_strv_length(names);

        g_test_message("%s", io->name);
        if (io->pass == KVM390_PASS_NONE) {
            g_assert_cmpuint(n, ==, 0);
            continue;
        }
        g_assert_cmpuint(n, >, 0);
        g_assert_cmpuint(strlen(io->fields), <, 256);
        if (io->layout) {
            g_assert_cmpuint(n, <=, layout_fields(io->layout));
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

static void test_swab(void)
{
    uint8_t a[15] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    const uint8_t b[15] = { 8, 7, 6, 5, 4, 3, 2, 1, 9, 11, 10, 15, 14, 13, 12 };
    uint8_t c[6] = { 1, 2, 3, 4, 5, 6 };
    const uint8_t d[6] = { 4, 3, 2, 1, 5, 6 };

    kvm390_swab("d1b1h1w1", a, sizeof(a));
    g_assert_cmpmem(a, 15, b, 15);
    kvm390_swab("w", c, sizeof(c)); /* the second one is cut off */
    g_assert_cmpmem(c, 6, d, 6);
    kvm390_swab(NULL, c, sizeof(c));
    g_assert_cmpmem(c, 6, d, 6);
}

static void test_both_ways(void)
{
    for (size_t i = 0; i < kvm390_nr_ioctls; i++) {
        const struct kvm390_ioctl *io = &kvm390_ioctls[i];
        uint8_t arg[KVM390_MAX_ARG], before[KVM390_MAX_ARG];

        for (size_t n = 0; n < sizeof(arg); n++) {
            arg[n] = g_test_rand_int();
        }
        memcpy(before, arg, sizeof(arg));
        if (io->size) {
            kvm390_arg_to_wire(io, arg, true);
            kvm390_arg_to_wire(io, arg, false);
        }
        g_assert_cmpmem(arg, sizeof(arg), before, sizeof(before));
    }
}

static void test_irq_types(void)
{
    struct kvm_s390_irq irq = { .type = KVM_S390_PROGRAM_INT };
    uint8_t raw[sizeof(irq)];

    irq.u.pgm.code = 0x1234;
    irq.u.pgm.trans_exc_code = 0x0102030405060708;
    kvm390_irq_to_wire(&irq, 1, true);
    memcpy(raw, &irq, sizeof(raw));
    g_assert_cmpuint(raw[8], ==, 1);
    g_assert_cmpuint(raw[8 + 28], ==, 0x12);
    kvm390_irq_to_wire(&irq, 1, false);
    g_assert_cmpuint(irq.u.pgm.code, ==, 0x1234);
}

static void memop_segments(uint32_t op, uint32_t size, uint64_t flags,
                           uint32_t in0, uint32_t out0, uint32_t in1)
{
    struct kvm_s390_mem_op arg = { .op = op, .size = size, .flags = flags };
    struct kvm390_segment seg[KVM390_SEGMENTS];

    kvm390_segments(kvm390_ioctl_find(KVM_S390_MEM_OP, KVM390_ON_VM), &arg,
                    seg);
    g_assert_cmpuint(seg[0].in_len, ==, in0);
    g_assert_cmpuint(seg[0].out_len, ==, out0);
    g_assert_cmpuint(seg[1].in_len, ==, in1);
}

static void test_memop_segments(void)
{
    memop_segments(KVM_S390_MEMOP_LOGICAL_READ, 8, 0, 0, 8, 0);
    memop_segments(KVM_S390_MEMOP_ABSOLUTE_WRITE, 8, 0, 8, 0, 0);
    memop_segments(KVM_S390_MEMOP_ABSOLUTE_WRITE, 65536, 0, 65536, 0, 0);
    memop_segments(KVM_S390_MEMOP_ABSOLUTE_WRITE, 65537, 0, 0, 0, 0);
    memop_segments(KVM_S390_MEMOP_LOGICAL_READ, 8,
                   KVM_S390_MEMOP_F_CHECK_ONLY, 0, 0, 0);
    memop_segments(KVM_S390_MEMOP_ABSOLUTE_CMPXCHG, 16, 0, 16, 0, 16);
    memop_segments(KVM_S390_MEMOP_ABSOLUTE_CMPXCHG, 17, 0, 0, 0, 0);
    memop_segments(99, 8, 0, 0, 0, 0);
}

/* No struct makes a server take or give more than the wire allows. */
static void test_segments_are_bounded(void)
{
    for (int round = 0; round < 20000; round++) {
        const struct kvm390_ioctl *io =
            &kvm390_ioctls[g_test_rand_int_range(0, kvm390_nr_ioctls)];
        struct kvm390_segment seg[KVM390_SEGMENTS];
        uint64_t arg[KVM390_MAX_ARG / 8], in = 0;

        for (size_t n = 0; n < G_N_ELEMENTS(arg); n++) {
            arg[n] = (uint64_t)g_test_rand_int() << 32 | g_test_rand_int();
            arg[n] >>= g_test_rand_int_range(0, 64);
        }
        kvm390_segments(io, arg, seg);
        for (int i = 0; i < KVM390_SEGMENTS; i++) {
            in += seg[i].in_len;
            g_assert_cmpuint(seg[i].out_len, <=, KVM390_MAX_BUF);
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
    struct kvm390_segment seg[KVM390_SEGMENTS];
    struct kvm390_head h = { .arg_len = sizeof(op), .buf_len = 8 };

    g_assert_null(kvm390_request_check(&h, io, &op, seg));
    h.buf_len = 7;
    g_assert_nonnull(kvm390_request_check(&h, io, &op, seg));
    h.buf_len = 9;
    g_assert_nonnull(kvm390_request_check(&h, io, &op, seg));
    h.buf_len = 0;
    h.flags = KVM390_BAD_BUF0;
    g_assert_null(kvm390_request_check(&h, io, &op, seg));
    h.flags = 0;
    h.buf_len = 8;
    h.arg_len--;
    g_assert_nonnull(kvm390_request_check(&h, io, &op, seg));
    h.flags = KVM390_BAD_ARG;
    g_assert_nonnull(kvm390_request_check(&h, io, &op, seg));
    h.arg_len = h.buf_len = 0;
    g_assert_null(kvm390_request_check(&h, io, &op, seg));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wire/layouts", test_layouts_cover_structs);
    g_test_add_func("/wire/names", test_fields_have_names);
    g_test_add_func("/wire/sizes", test_sizes_are_the_numbers);
    g_test_add_func("/wire/find", test_find);
    g_test_add_func("/wire/swab", test_swab);
    g_test_add_func("/wire/both-ways", test_both_ways);
    g_test_add_func("/wire/irq", test_irq_types);
    g_test_add_func("/wire/memop", test_memop_segments);
    g_test_add_func("/wire/bounds", test_segments_are_bounded);
    g_test_add_func("/wire/hostile/head", test_hostile_heads);
    g_test_add_func("/wire/hostile/request", test_hostile_requests);
    return g_test_run();
}
