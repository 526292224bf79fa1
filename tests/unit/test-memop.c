/*
 * Memory operations: what is refused, in which order, before anything happens
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>

#include "fake-guest.h"
#include "kvm390/include/memop.h"

#define LR KVM390_MEMOP_LOGICAL_READ
#define LW KVM390_MEMOP_LOGICAL_WRITE
#define SR KVM390_MEMOP_SIDA_READ
#define SW KVM390_MEMOP_SIDA_WRITE
#define AR KVM390_MEMOP_ABSOLUTE_READ
#define AW KVM390_MEMOP_ABSOLUTE_WRITE
#define AX KVM390_MEMOP_ABSOLUTE_CMPXCHG
#define CHECK KVM390_MEMOP_F_CHECK_ONLY
#define INJECT KVM390_MEMOP_F_INJECT_EXCEPTION
#define SKEY KVM390_MEMOP_F_SKEY_PROTECTION
#define VCPU KVM390_MEMOP_VCPU
#define VM KVM390_MEMOP_VM

static const struct {
    enum Kvm390MemopScope scope;
    Kvm390Memop op;
    int rc;
} rows[] = {
    /* which operation on which descriptor: before any other fault */
    { VCPU, { .op = LR, .size = 1 }, 0 },
    { VCPU, { .op = LW, .size = 1 }, 0 },
    { VM, { .op = AR, .size = 1 }, 0 },
    { VM, { .op = AW, .size = 1 }, 0 },
    { VM, { .op = AX, .size = 1 }, 0 },
    { VM, { .op = LR, .size = -1u }, -EINVAL },
    { VM, { .op = LW, .size = -1u }, -EINVAL },
    { VM, { .op = SR, .size = -1u }, -EINVAL },
    { VM, { .op = SW, .size = -1u }, -EINVAL },
    { VCPU, { .op = AR, .size = -1u }, -EINVAL },
    { VCPU, { .op = AW, .size = -1u }, -EINVAL },
    { VCPU, { .op = AX, .size = -1u }, -EINVAL },
    { VCPU, { .op = 7, .size = -1u }, -EINVAL },
    { VM, { .op = 7, .size = -1u }, -EINVAL },
    { VM, { .op = -1u, .size = -1u }, -EINVAL },
    /* flags: each operation's own, and no others */
    { VCPU, { .op = LR, .size = 1, .flags = 7 }, 0 },
    { VCPU, { .op = LW, .size = 1, .flags = 7 }, 0 },
    { VCPU, { .op = LW, .size = 1, .flags = 8 }, -EINVAL },
    { VCPU, { .op = LW, .size = 1, .flags = 1ULL << 32 }, -EINVAL },
    { VCPU, { .op = LW, .size = 1, .flags = -1ULL }, -EINVAL },
    { VM, { .op = AR, .size = 1, .flags = CHECK | SKEY }, 0 },
    { VM, { .op = AW, .size = 1, .flags = CHECK | SKEY }, 0 },
    { VM, { .op = AR, .size = 1, .flags = INJECT }, -EINVAL },
    { VM, { .op = AW, .size = 1, .flags = INJECT }, -EINVAL },
    { VM, { .op = AX, .size = 1, .flags = SKEY }, 0 },
    { VM, { .op = AX, .size = 1, .flags = CHECK }, -EINVAL },
    { VM, { .op = AX, .size = 1, .flags = INJECT }, -EINVAL },
    /* size; a bad flag comes first */
    { VCPU, { .op = LR, .size = 0 }, -EINVAL },
    { VCPU, { .op = LR, .size = 65536 }, 0 },
    { VCPU, { .op = LR, .size = 65537 }, -E2BIG },
    { VCPU, { .op = LR, .size = 65537, .flags = 8 }, -EINVAL },
    { VM, { .op = AW, .size = 65537 }, -E2BIG },
    { VM, { .op = AX, .size = 0 }, -EINVAL },
    { VM, { .op = AX, .size = 65537 }, -E2BIG },
    { VM, { .op = AX, .size = 16 }, 0 },
    { VM, { .op = AX, .size = 17 }, -EINVAL },
    /* key; size comes first */
    { VCPU, { .op = LR, .size = 1, .key = 15, .flags = SKEY }, 0 },
    { VCPU, { .op = LR, .size = 1, .key = 16, .flags = SKEY }, -EINVAL },
    { VCPU, { .op = LR, .size = 1, .key = 255 }, 0 },
    { VCPU, { .op = LR, .size = 1u << 30, .key = 16, .flags = SKEY }, -E2BIG },
    { VM, { .op = AX, .size = 1, .key = 16, .flags = SKEY }, -EINVAL },
    /* access register: judged in any mode; the VM's operations have none */
    { VCPU, { .op = LR, .size = 1, .ar = 15 }, 0 },
    { VCPU, { .op = LR, .size = 1, .ar = 16 }, -EINVAL },
    { VCPU, { .op = LW, .size = 65537, .ar = 16 }, -E2BIG },
    { VM, { .op = AR, .size = 1, .ar = 16 }, 0 },
    /* SIDA */
    { VCPU, { .op = SR, .size = 8, .sida_offset = 0x1c0 }, -EINVAL },
    { VCPU, { .op = SW, .size = 8, .sida_offset = 0x1c0 }, -EINVAL },
    { VCPU, { .op = SW, .size = 4096 }, -EINVAL },
    { VCPU, { .op = SR, .size = 4097 }, -E2BIG },
    { VCPU, { .op = SR, .size = 1, .sida_offset = 4096 }, -E2BIG },
    { VCPU, { .op = SR, .size = 65537, .flags = CHECK }, -EINVAL },
    { VCPU, { .op = SR, .size = 0, .sida_offset = 4097 }, -EINVAL },
    { VCPU, { .op = SR, .size = 2, .sida_offset = -1u }, -EINVAL },
};

static void test_validate(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Kvm390Memop op = rows[i].op;

        g_test_message("row %u", i);
        g_assert_cmpint(kvm390_memop_validate(rows[i].scope, &op), ==,
                        rows[i].rc);
        if (rows[i].rc == 0) {
            g_assert_cmpint(op.key, ==,
                            op.flags & SKEY ? rows[i].op.key : 0);
        }
    }
}

static FakeGuest g;

/* A buffer that is not there, against a guest address that is not there. */
static void test_buffers(void)
{
    const uint64_t nowhere = FAKE_SIZE;
    static const struct {
        uint32_t op;
        uint64_t flags;
        int present, absent;
    } cases[] = {
        { LR, 0, -EFAULT, KVM390_PGM_ADDRESSING },
        { LW, 0, -EFAULT, -EFAULT },
        { LR, CHECK, 0, KVM390_PGM_ADDRESSING },
        { LW, CHECK, 0, KVM390_PGM_ADDRESSING },
        { AR, 0, -EFAULT, KVM390_PGM_ADDRESSING },
        { AW, 0, -EFAULT, -EFAULT },
        { AR, CHECK, 0, KVM390_PGM_ADDRESSING },
        { AW, CHECK, 0, KVM390_PGM_ADDRESSING },
    };
    Kvm390Pgm pgm;

    fake_init(&g);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (int absent = 0; absent < 2; absent++) {
            Kvm390Memop op = {
                .op = cases[i].op, .flags = cases[i].flags, .size = 8,
                .gaddr = absent ? nowhere : 0x1000,
            };
            int rc = op.op <= LW
                     ? kvm390_memop_on_vcpu(&g.access, &g.view, &op, &pgm)
                     : kvm390_memop_on_vm(&g.access, &op, NULL);

            g_test_message("case %u, absent %d", i, absent);
            g_assert_cmpint(rc, ==,
                            absent ? cases[i].absent : cases[i].present);
        }
    }
}

static void test_cmpxchg_order(void)
{
    uint8_t old[16] = { 1 }, new[16] = { 2 };
    bool exchanged = true;
    Kvm390Memop op = { .op = AX, .size = 3, .gaddr = 0x1002, .buf = NULL,
                       .old = old };

    fake_init(&g);
    /* buffers before alignment */
    g_assert_cmpint(kvm390_memop_on_vm(&g.access, &op, &exchanged), ==,
                    -EFAULT);
    op.buf = new;
    op.old = NULL;
    g_assert_cmpint(kvm390_memop_on_vm(&g.access, &op, &exchanged), ==,
                    -EFAULT);
    op.old = old;
    g_assert_cmpint(kvm390_memop_on_vm(&g.access, &op, &exchanged), ==,
                    -EINVAL);
    g_assert_false(exchanged);
    /* alignment before addressing, that before a size like 3 */
    op.gaddr = FAKE_SIZE + 2;
    g_assert_cmpint(kvm390_memop_on_vm(&g.access, &op, &exchanged), ==,
                    -EINVAL);
    op.gaddr = FAKE_SIZE;
    g_assert_cmpint(kvm390_memop_on_vm(&g.access, &op, &exchanged), ==,
                    KVM390_PGM_ADDRESSING);
    /* size before key */
    op.gaddr = 0x1000;
    op.flags = SKEY;
    op.key = 2;
    g.key[1] = 0x10;
    g_assert_cmpint(kvm390_memop_on_vm(&g.access, &op, &exchanged), ==,
                    -EINVAL);
    g_assert_cmpint(old[0], ==, 1);
    op.size = 4;
    g_assert_cmpint(kvm390_memop_on_vm(&g.access, &op, &exchanged), ==,
                    KVM390_PGM_PROTECTION);
    g_assert_cmpint(old[0], ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/memop/validate", test_validate);
    g_test_add_func("/kvm390/memop/buffers", test_buffers);
    g_test_add_func("/kvm390/memop/cmpxchg-order", test_cmpxchg_order);
    return g_test_run();
}
