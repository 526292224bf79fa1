/*
 * Floating interruptions: order, limits, what joins and what is dropped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>
#include "kvm390/include/uapi.h"
#include "kvm390/include/floatirq.h"

static struct kvm_s390_irq io(unsigned subclass, uint32_t schid, uint32_t parm)
{
    return (struct kvm_s390_irq) {
        .type = schid, /* as KVM_S390_INT_IO() makes it, near enough */
        .u.io = { .subchannel_id = schid >> 16, .subchannel_nr = schid,
                  .io_int_parm = parm, .io_int_word = subclass << 27 },
    };
}

static void inject_io(Kvm390FloatIrqs *f, unsigned subclass, uint32_t schid,
                      uint32_t parm)
{
    struct kvm_s390_irq irq = io(subclass, schid, parm);

    g_assert_cmpint(kvm390_float_inject(f, &irq), ==, 0);
}

static int inject(Kvm390FloatIrqs *f, uint64_t type, uint32_t parm,
                  uint64_t parm2)
{
    struct kvm_s390_irq irq = { .type = type };

    irq.u.ext.ext_params = parm;
    irq.u.ext.ext_params2 = parm2;
    return kvm390_float_inject(f, &irq);
}

static void test_io_order(void)
{
    Kvm390FloatIrqs f = { };
    struct kvm_s390_io_info got;

    g_assert_false(kvm390_float_take_io(&f, 0xff, 0, &got));
    inject_io(&f, 3, 0x10001, 1);
    inject_io(&f, 3, 0x10002, 2);
    inject_io(&f, 1, 0x10003, 3);
    g_assert_cmphex(kvm390_float_pending(&f), ==, 0x40 | 0x10);
    g_assert_false(kvm390_float_take_io(&f, 0x80 | 0x20, 0, &got));
    /* the subclass of higher priority first, then in order of arrival */
    g_assert_true(kvm390_float_take_io(&f, 0xff, 0, &got));
    g_assert_cmpuint(got.io_int_parm, ==, 3);
    g_assert_true(kvm390_float_take_io(&f, 0xff, 0, &got));
    g_assert_cmpuint(got.io_int_parm, ==, 1);
    g_assert_cmphex(kvm390_float_pending(&f), ==, 0x10);
    g_assert_true(kvm390_float_take_io(&f, 0xff, 0, &got));
    g_assert_cmpuint(got.io_int_parm, ==, 2);
    g_assert_cmphex(kvm390_float_pending(&f), ==, 0);
}

static void test_io_subchannel(void)
{
    Kvm390FloatIrqs f = { };
    struct kvm_s390_io_info got;

    inject_io(&f, 2, 0x10001, 1);
    inject_io(&f, 2, 0x10002, 2);
    inject_io(&f, 2, 0x10003, 3);
    g_assert_false(kvm390_float_take_io(&f, 0xff, 0x10004, &got));
    g_assert_true(kvm390_float_take_io(&f, 0xff, 0x10003, &got));
    g_assert_cmpuint(got.subchannel_nr, ==, 3);
    inject_io(&f, 2, 0x10004, 4); /* the queue's end moved with it */
    g_assert_true(kvm390_float_take_io(&f, 0xff, 0x10001, &got));
    g_assert_true(kvm390_float_take_io(&f, 0xff, 0, &got));
    g_assert_cmpuint(got.io_int_parm, ==, 2);
    g_assert_true(kvm390_float_take_io(&f, 0xff, 0, &got));
    g_assert_cmpuint(got.io_int_parm, ==, 4);
    g_assert_cmphex(kvm390_float_pending(&f), ==, 0);
}

static void test_limits(void)
{
    Kvm390FloatIrqs f = { };
    struct kvm_s390_ext_info ext;
    struct kvm_s390_irq irq = io(7, 0x10001, 0);
    unsigned i;

    for (i = 0; i < KVM_S390_MAX_FLOAT_IRQS; i++) {
        g_assert_cmpint(kvm390_float_inject(&f, &irq), ==, 0);
    }
    irq = io(0, 0x10001, 0); /* one count for all subclasses */
    g_assert_cmpint(kvm390_float_inject(&f, &irq), ==, -EBUSY);
    for (i = 0; i < KVM390_MAX_VIRTIO_IRQS; i++) {
        g_assert_cmpint(inject(&f, KVM_S390_INT_VIRTIO, 0, i), ==, 0);
    }
    g_assert_cmpint(inject(&f, KVM_S390_INT_VIRTIO, 0, 0), ==, -EBUSY);
    for (i = 0; i < KVM390_MAX_PFAULT_IRQS; i++) {
        g_assert_cmpint(inject(&f, KVM_S390_INT_PFAULT_DONE, 0, i), ==, 0);
    }
    g_assert_cmpint(inject(&f, KVM_S390_INT_PFAULT_DONE, 0, 0), ==, -EBUSY);
    g_assert_true(kvm390_float_take_virtio(&f, &ext));
    g_assert_cmpuint(ext.ext_params2, ==, 0);
    g_assert_cmpint(inject(&f, KVM_S390_INT_VIRTIO, 0, 0), ==, 0);
    kvm390_float_clear(&f);
    g_assert_cmphex(kvm390_float_pending(&f), ==, 0);
    g_assert_false(kvm390_float_take_pfault(&f, &ext));
    g_assert_cmpint(kvm390_float_inject(&f, &irq), ==, 0);
    kvm390_float_clear(&f);
}

static void test_types(void)
{
    Kvm390FloatIrqs f = { };
    struct kvm_s390_interrupt in = { .type = KVM_S390_INT_EMERGENCY };
    struct kvm_s390_irq irq;

    g_assert_cmpint(inject(&f, KVM_S390_PROGRAM_INT, 1, 0), ==, -EINVAL);
    g_assert_cmpint(inject(&f, KVM_S390_INT_PFAULT_INIT, 1, 0), ==, -EINVAL);
    g_assert_cmpint(kvm390_float_from_interrupt(&in, &irq), ==, -EINVAL);
    in = (struct kvm_s390_interrupt) {
        .type = KVM_S390_INT_IO(1, 0, 0, 5), .parm = 0x10005,
        .parm64 = 0x1122334428000000,
    };
    g_assert_cmpint(kvm390_float_from_interrupt(&in, &irq), ==, 0);
    g_assert_cmpuint(irq.u.io.subchannel_id, ==, 1);
    g_assert_cmpuint(irq.u.io.subchannel_nr, ==, 5);
    g_assert_cmphex(irq.u.io.io_int_parm, ==, 0x11223344);
    g_assert_cmphex(irq.u.io.io_int_word, ==, 0x28000000);
}

static void test_service(void)
{
    Kvm390FloatIrqs f = { };

    g_assert_cmpint(inject(&f, KVM_S390_INT_SERVICE, 0x1000, 0), ==, 0);
    g_assert_cmphex(kvm390_float_pending(&f), ==, KVM390_FLOAT_SERVICE);
    g_assert_cmpint(inject(&f, KVM_S390_INT_SERVICE, 0x2001, 0), ==, 0);
    g_assert_cmphex(kvm390_float_pending(&f), ==, KVM390_FLOAT_SERVICE |
                    KVM390_FLOAT_SERVICE_EVENT);
    /* the event stays, the second address was dropped */
    g_assert_cmphex(kvm390_float_take_event(&f), ==, 1);
    g_assert_cmphex(kvm390_float_take_service(&f), ==, 0x1000);
    g_assert_cmphex(kvm390_float_pending(&f), ==, 0);
}

static void test_mchk(void)
{
    Kvm390FloatIrqs f = { };
    struct kvm_s390_irq irq = {
        .type = KVM_S390_MCHK,
        .u.mchk = { .cr14 = ~0ull, .mcic = 0x40000000000000 },
    };
    struct kvm_s390_mchk_info got = { .mcic = 1, .cr14 = 2 };

    g_assert_false(kvm390_float_take_mchk(&f, &got));
    g_assert_cmpint(kvm390_float_inject(&f, &irq), ==, 0);
    g_assert_true(kvm390_float_take_mchk(&f, &got));
    g_assert_cmphex(got.mcic, ==, 0x40000000000001);
    g_assert_cmphex(got.cr14, ==, 0x10000002); /* of the VM's: bit 35 only */
    g_assert_false(kvm390_float_take_mchk(&f, &got));
}

static void test_get_all(void)
{
    Kvm390FloatIrqs f = { };
    struct kvm_s390_irq all[6], irq = { .type = KVM_S390_MCHK };

    g_assert_cmpint(kvm390_float_get_all(&f, all, 0), ==, 0);
    inject(&f, KVM_S390_INT_VIRTIO, 7, 8);
    inject(&f, KVM_S390_INT_PFAULT_DONE, 0, 9);
    inject(&f, KVM_S390_INT_SERVICE, 0x1002, 0);
    inject_io(&f, 5, 0x10005, 5);
    inject_io(&f, 4, 0x10004, 4);
    kvm390_float_inject(&f, &irq);
    g_assert_cmpint(kvm390_float_get_all(&f, all, 5), ==, -ENOMEM);
    g_assert_cmpint(kvm390_float_get_all(&f, all, 6), ==, 6);
    g_assert_cmpuint(all[0].u.io.io_int_parm, ==, 4);
    g_assert_cmpuint(all[1].u.io.io_int_parm, ==, 5);
    g_assert_cmphex(all[2].type, ==, KVM_S390_INT_PFAULT_DONE);
    g_assert_cmphex(all[3].type, ==, KVM_S390_INT_VIRTIO);
    g_assert_cmpuint(all[3].u.ext.ext_params2, ==, 8);
    g_assert_cmphex(all[4].type, ==, KVM_S390_INT_SERVICE);
    g_assert_cmphex(all[4].u.ext.ext_params, ==, 0x1002);
    g_assert_cmphex(all[5].type, ==, KVM_S390_MCHK);
    g_assert_cmpint(kvm390_float_get_all(&f, all, 6), ==, 6);
    kvm390_float_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/floatirq/io/order", test_io_order);
    g_test_add_func("/floatirq/io/subchannel", test_io_subchannel);
    g_test_add_func("/floatirq/limits", test_limits);
    g_test_add_func("/floatirq/types", test_types);
    g_test_add_func("/floatirq/service", test_service);
    g_test_add_func("/floatirq/mchk", test_mchk);
    g_test_add_func("/floatirq/get-all", test_get_all);
    return g_test_run();
}
