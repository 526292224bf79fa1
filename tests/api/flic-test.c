/*
 * The KVM API on the host: the floating interrupt controller as a device,
 * routes, irqfds and ioeventfds
 *
 *     flic-test QEMU
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <poll.h>
#include <sys/eventfd.h>

#define GPA 0x30000 /* of indicators */

static struct kvm390_vcpu *vcpu;
static struct kvm_run *run;

static void start_guest(void)
{
    vcpu = start_vcpu(counting, sizeof(counting));
    run = kvm390_vcpu_run(vcpu);
}

static int create_flic(unsigned flags)
{
    struct kvm_create_device device = {
        .type = KVM_DEV_TYPE_FLIC, .flags = flags,
    };
    int ret = kvm390_vm_ioctl(vm, KVM_CREATE_DEVICE, &device);

    if (!ret && !flags) {
        CHECK(device.fd > 2 && close(device.fd) == 0);
    }
    return ret;
}

static int flic(unsigned long request, unsigned group, uint64_t number,
                void *addr)
{
    struct kvm_device_attr attr = {
        .group = group, .attr = number, .addr = (uintptr_t)addr,
    };

    return kvm390_device_ioctl(vm, request, &attr);
}

#define SET(group, number, addr) \
    flic(KVM_SET_DEVICE_ATTR, KVM_DEV_FLIC_##group, number, addr)
#define GET(group, number, addr) \
    flic(KVM_GET_DEVICE_ATTR, KVM_DEV_FLIC_##group, number, addr)

static int register_adapter(uint32_t id, uint8_t isc, bool maskable, bool swap,
                            uint8_t flags)
{
    struct kvm_s390_io_adapter adapter = {
        .id = id, .isc = isc, .maskable = maskable, .swap = swap,
        .flags = flags,
    };

    return SET(ADAPTER_REGISTER, 0, &adapter);
}

static int modify_adapter(uint32_t id, uint8_t type, uint8_t mask,
                          uint64_t addr)
{
    struct kvm_s390_io_adapter_req req = {
        .id = id, .type = type, .mask = mask, .addr = addr,
    };

    return SET(ADAPTER_MODIFY, 0, &req);
}

static int pending(void)
{
    static struct kvm_s390_irq irqs[100];

    return GET(GET_ALL_IRQS, sizeof(irqs), irqs);
}

/* --- the device --- */

static void test_create(void)
{
    struct kvm_create_device other = { .type = KVM_DEV_TYPE_VFIO };
    struct kvm_enable_cap irqchip = { .cap = KVM_CAP_S390_IRQCHIP };
    int i;

    FAILS(kvm390_vm_ioctl(vm, KVM_CREATE_IRQCHIP, NULL), EINVAL);
    CHECK(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &irqchip) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_CREATE_IRQCHIP, NULL) == 0);
    FAILS(kvm390_vm_ioctl(vm, KVM_CREATE_DEVICE, &other), ENODEV);
    other.type = 0x7fff;
    FAILS(kvm390_vm_ioctl(vm, KVM_CREATE_DEVICE, &other), ENODEV);
    FAILS(kvm390_vm_ioctl(vm, KVM_CREATE_DEVICE, (void *)8), EFAULT);
    CHECK(create_flic(KVM_CREATE_DEVICE_TEST) == 0);
    CHECK(create_flic(0) == 0);
    FAILS(create_flic(0), EINVAL);
    for (i = 0; i < 20; i++) {
        bool known = i >= KVM_DEV_FLIC_GET_ALL_IRQS &&
                     i <= KVM_DEV_FLIC_AISM_ALL;

        errno = 0;
        CHECK(flic(KVM_HAS_DEVICE_ATTR, i, 0, NULL) == (known ? 0 : -1));
        CHECK(errno == (known ? 0 : ENXIO));
    }
    FAILS(kvm390_device_ioctl(vm, KVM_RUN, NULL), ENOTTY);
    FAILS(flic(KVM_GET_DEVICE_ATTR, KVM_DEV_FLIC_ENQUEUE, 0, NULL), EINVAL);
    FAILS(flic(KVM_SET_DEVICE_ATTR, KVM_DEV_FLIC_GET_ALL_IRQS, 0, NULL),
          EINVAL);
    CHECK(SET(APF_ENABLE, 0, NULL) == 0);
    CHECK(SET(APF_DISABLE_WAIT, 0, NULL) == 0);
}

static void test_lists(void)
{
    struct kvm_s390_irq irqs[4] = {
        { .type = KVM_S390_INT_VIRTIO, .u.ext = { .ext_params2 = 7 } },
        { .type = KVM_S390_INT_IO(0, 0, 0, 5),
          .u.io = { .subchannel_id = 1, .subchannel_nr = 5,
                    .io_int_parm = 55, .io_int_word = 3 << 27 } },
        { .type = KVM_S390_MCHK, .u.mchk = { .cr14 = 1 << 28, .mcic = 9 } },
    }, out[4];
    uint32_t schid = 0x10005;

    start_guest();
    CHECK(create_flic(0) == 0);
    CHECK(pending() == 0);
    FAILS(SET(ENQUEUE, 71, irqs), EINVAL);
    FAILS(SET(ENQUEUE, 0x2000000 + 72, irqs), EINVAL);
    FAILS(SET(ENQUEUE, 72, (void *)8), EFAULT);
    CHECK(SET(ENQUEUE, 0, NULL) == 0);
    CHECK(SET(ENQUEUE, 3 * sizeof(irqs[0]), irqs) == 0);
    FAILS(GET(GET_ALL_IRQS, 0, out), EINVAL);
    FAILS(GET(GET_ALL_IRQS, 0x2000001, out), EINVAL);
    FAILS(GET(GET_ALL_IRQS, 2 * sizeof(irqs[0]), out), ENOMEM);
    FAILS(GET(GET_ALL_IRQS, sizeof(out), (void *)8), EFAULT);
    CHECK(GET(GET_ALL_IRQS, sizeof(out), out) == 3); /* and they stay */
    CHECK(GET(GET_ALL_IRQS, sizeof(out), out) == 3);
    CHECK(out[0].type == KVM_S390_INT_IO(0, 0, 0, 5));
    CHECK(out[0].u.io.io_int_parm == 55);
    CHECK(out[1].type == KVM_S390_INT_VIRTIO);
    CHECK(out[1].u.ext.ext_params2 == 7);
    CHECK(out[2].type == KVM_S390_MCHK && out[2].u.mchk.mcic == 9);
    FAILS(SET(CLEAR_IO_IRQ, 8, &schid), EINVAL);
    FAILS(SET(CLEAR_IO_IRQ, 4, (void *)8), EFAULT);
    CHECK(SET(CLEAR_IO_IRQ, 4, &schid) == 0);
    CHECK(pending() == 2);
    CHECK(SET(CLEAR_IO_IRQ, 4, &schid) == 0);
    schid = 0;
    FAILS(SET(CLEAR_IO_IRQ, 4, &schid), EINVAL);
    CHECK(SET(CLEAR_IRQS, 0, NULL) == 0);
    CHECK(pending() == 0);
    irqs[1].type = KVM_S390_PROGRAM_INT;
    FAILS(SET(ENQUEUE, 3 * sizeof(irqs[0]), irqs), EINVAL);
    CHECK(pending() == 1); /* what came before it is in */
    irqs[0].type = KVM_S390_INT_PFAULT_INIT;
    FAILS(SET(ENQUEUE, sizeof(irqs[0]), irqs), EINVAL);
}

/* The most that may be pending goes in and out in one piece each. */
static void test_full(void)
{
    const size_t n = KVM_S390_MAX_FLOAT_IRQS, size = n * 72;
    struct kvm_s390_irq *irqs = calloc(n + 1, 72), *out = calloc(n + 1, 72);
    struct kvm_s390_interrupt one = {
        .type = KVM_S390_INT_IO(0, 0, 0, 1), .parm = 0x10001,
    };
    size_t i;

    CHECK(create_flic(0) == 0);
    for (i = 0; i < n; i++) {
        irqs[i].type = KVM_S390_INT_IO(0, 0, 0, i & 0xffff);
        irqs[i].u.io.subchannel_id = 1;
        irqs[i].u.io.subchannel_nr = i;
        irqs[i].u.io.io_int_parm = i;
    }
    CHECK(SET(ENQUEUE, size, irqs) == 0);
    FAILS(SET(ENQUEUE, 72, irqs), EBUSY);
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_INTERRUPT, &one), EBUSY);
    CHECK(GET(GET_ALL_IRQS, size, out) == (int)n);
    CHECK(!memcmp(irqs, out, size));
    CHECK(SET(CLEAR_IRQS, 0, NULL) == 0);
    CHECK(kvm390_vm_ioctl(vm, KVM_S390_INTERRUPT, &one) == 0);
    free(irqs);
    free(out);
}

static void test_adapters(void)
{
    start_guest();
    CHECK(create_flic(0) == 0);
    FAILS(SET(AIRQ_INJECT, 3, NULL), EINVAL);
    FAILS(modify_adapter(3, KVM_S390_IO_ADAPTER_MASK, 1, 0), EINVAL);
    CHECK(register_adapter(3, 5, true, true, 0) == 0);
    FAILS(register_adapter(3, 5, true, true, 0), EINVAL);
    FAILS(register_adapter(64, 5, true, true, 0), EINVAL);
    CHECK(register_adapter(63, 5, false, true, 0) == 0);
    FAILS(SET(ADAPTER_REGISTER, 0, (void *)8), EFAULT);
    FAILS(SET(ADAPTER_MODIFY, 0, (void *)8), EFAULT);
    CHECK(modify_adapter(3, KVM_S390_IO_ADAPTER_MASK, 1, 0) == 0);
    FAILS(modify_adapter(63, KVM_S390_IO_ADAPTER_MASK, 1, 0), EINVAL);
    FAILS(modify_adapter(3, 9, 0, 0), EINVAL);
    /* these two do nothing */
    CHECK(modify_adapter(3, KVM_S390_IO_ADAPTER_MAP, 0, 0) == 0);
    CHECK(modify_adapter(3, KVM_S390_IO_ADAPTER_MAP, 0, MEMORY) == 0);
    CHECK(modify_adapter(3, KVM_S390_IO_ADAPTER_UNMAP, 0, GPA) == 0);
    FAILS(modify_adapter(9, KVM_S390_IO_ADAPTER_UNMAP, 0, GPA), EINVAL);
}

static void test_inject_airq(void)
{
    struct kvm_s390_irq irq;

    start_guest();
    CHECK(create_flic(0) == 0);
    CHECK(register_adapter(1, 6, true, true, 1) == 0);
    CHECK(SET(AIRQ_INJECT, 1, NULL) == 0);
    CHECK(GET(GET_ALL_IRQS, sizeof(irq), &irq) == 1);
    CHECK(irq.type == KVM_S390_INT_IO(1, 0, 0, 0));
    CHECK(irq.u.io.io_int_word == (0x80000000 | 6 << 27));
    CHECK(!irq.u.io.subchannel_id && !irq.u.io.subchannel_nr);
}

static void test_ais(void)
{
    struct kvm_s390_ais_req req = { .isc = 6, .mode = 1 };
    struct kvm_s390_ais_all all = { 0 };
    struct kvm_enable_cap cap = { .cap = KVM_CAP_S390_AIS };

    CHECK(create_flic(0) == 0);
    FAILS(SET(AISM, 0, &req), EOPNOTSUPP);
    FAILS(SET(AISM_ALL, 0, &all), EOPNOTSUPP);
    FAILS(GET(AISM_ALL, sizeof(all), &all), EOPNOTSUPP);
    FAILS(GET(AISM_ALL, 1, &all), EINVAL);
    CHECK(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &cap) == 0);
    start_guest();
    FAILS(kvm390_vm_ioctl(vm, KVM_ENABLE_CAP, &cap), EBUSY);
    FAILS(SET(AISM, 0, (void *)8), EFAULT);
    CHECK(register_adapter(1, 6, true, true, 1) == 0);
    CHECK(register_adapter(2, 6, true, true, 0) == 0);
    CHECK(SET(AISM, 0, &req) == 0);
    CHECK(GET(AISM_ALL, sizeof(all), &all) == 0);
    CHECK(all.simm == 2 && all.nimm == 0);
    CHECK(SET(AIRQ_INJECT, 1, NULL) == 0);
    CHECK(SET(AIRQ_INJECT, 1, NULL) == 0); /* suppressed */
    CHECK(pending() == 1);
    CHECK(SET(AIRQ_INJECT, 2, NULL) == 0); /* this one can't be */
    CHECK(pending() == 2);
    CHECK(GET(AISM_ALL, sizeof(all), &all) == 0);
    CHECK(all.simm == 2 && all.nimm == 2);
    req.mode = 0;
    CHECK(SET(AISM, 0, &req) == 0);
    CHECK(SET(AIRQ_INJECT, 1, NULL) == 0);
    CHECK(pending() == 3);
    req.mode = 2;
    FAILS(SET(AISM, 0, &req), EINVAL);
    req = (struct kvm_s390_ais_req) { .isc = 8 };
    FAILS(SET(AISM, 0, &req), EINVAL);
    all = (struct kvm_s390_ais_all) { .simm = 0x80, .nimm = 0x40 };
    CHECK(SET(AISM_ALL, 0, &all) == 0);
    memset(&all, 0, sizeof(all));
    CHECK(GET(AISM_ALL, sizeof(all), &all) == 0);
    CHECK(all.simm == 0x80 && all.nimm == 0x40);
}

/* --- routes --- */

static int set_routes(unsigned n, const struct kvm_irq_routing_entry *entries,
                      unsigned flags)
{
    struct kvm_irq_routing *r = calloc(1, sizeof(*r) + n * sizeof(*entries));
    int ret, saved;

    r->nr = n;
    r->flags = flags;
    memcpy(r->entries, entries, n * sizeof(*entries));
    ret = kvm390_vm_ioctl(vm, KVM_SET_GSI_ROUTING, r);
    saved = errno;
    free(r);
    errno = saved;
    return ret;
}

static struct kvm_irq_routing_entry route(unsigned gsi, uint64_t summary,
                                          uint32_t summary_bit,
                                          uint64_t indicator,
                                          uint32_t indicator_bit)
{
    struct kvm_irq_routing_entry e = {
        .gsi = gsi, .type = KVM_IRQ_ROUTING_S390_ADAPTER,
        .u.adapter = {
            .summary_addr = summary, .summary_offset = summary_bit,
            .ind_addr = indicator, .ind_offset = indicator_bit,
            .adapter_id = 1,
        },
    };

    return e;
}

static void test_routing(void)
{
    static struct kvm_irq_routing_entry many[4097];
    struct kvm_irq_routing_entry e[2];
    int i;

    start_guest();
    e[0] = route(1, GPA, 0, GPA, 0);
    e[1] = route(2, GPA, 0, GPA, 1);
    CHECK(set_routes(2, e, 0) == 0);
    FAILS(set_routes(2, e, 1), EINVAL);
    e[1].gsi = 1; /* a line leads to one place */
    FAILS(set_routes(2, e, 0), EINVAL);
    e[1].gsi = 4096;
    FAILS(set_routes(2, e, 0), EINVAL);
    e[0] = route(1, GPA + 4095, 8, GPA, 0); /* leaves the page */
    FAILS(set_routes(1, e, 0), EINVAL);
    e[0] = route(1, GPA + 4095, 7, GPA, 0);
    CHECK(set_routes(1, e, 0) == 0);
    e[0] = route(1, GPA, 0, GPA, 32768);
    FAILS(set_routes(1, e, 0), EINVAL);
    e[0] = route(1, GPA, 0, MEMORY, 0);
    FAILS(set_routes(1, e, 0), EFAULT);
    e[0] = route(1, GPA, 0, GPA, 0);
    e[0].type = KVM_IRQ_ROUTING_MSI;
    FAILS(set_routes(1, e, 0), EINVAL);
    e[0] = route(1, GPA, 0, GPA, 0);
    e[0].flags = 1;
    FAILS(set_routes(1, e, 0), EINVAL);
    for (i = 0; i < 4097; i++) {
        many[i] = route(i, GPA, 0, GPA, 0);
    }
    CHECK(set_routes(4096, many, 0) == 0);
    FAILS(set_routes(4097, many, 0), EINVAL);
    CHECK(set_routes(0, many, 0) == 0);
}

/* --- irqfds --- */

static int irqfd_of(struct kvm390_vm *v, int fd, unsigned gsi, unsigned flags)
{
    struct kvm_irqfd irqfd = { .fd = fd, .gsi = gsi, .flags = flags };

    return kvm390_vm_ioctl(v, KVM_IRQFD, &irqfd);
}

static int irqfd(int fd, unsigned gsi, unsigned flags)
{
    return irqfd_of(vm, fd, gsi, flags);
}

static void test_irqfd_errors(void)
{
    struct kvm390_vm *other = start();
    struct kvm_irqfd resample = { .gsi = 9, .flags = KVM_IRQFD_FLAG_RESAMPLE };
    int fd = eventfd(0, 0), fd2 = eventfd(0, 0), copy = dup(fd);

    FAILS(irqfd(fd, 1, 4), EINVAL);
    FAILS(irqfd(999, 1, 4), EINVAL);
    FAILS(irqfd(999, 1, 0), EBADF);
    FAILS(irqfd(999, 1, KVM_IRQFD_FLAG_DEASSIGN), EBADF);
    FAILS(irqfd(0, 1, 0), EINVAL);
    CHECK(irqfd(fd, 1, 0) == 0);
    FAILS(irqfd(fd, 1, 0), EBUSY);
    FAILS(irqfd(fd, 2, 0), EBUSY);
    FAILS(irqfd(copy, 2, 0), EBUSY);
    FAILS(irqfd_of(other, fd, 1, 0), EBUSY);
    CHECK(irqfd(fd2, 1, 0) == 0);
    CHECK(irqfd(fd, 2, KVM_IRQFD_FLAG_DEASSIGN) == 0); /* nothing to do */
    FAILS(irqfd(fd, 2, 0), EBUSY);
    CHECK(irqfd(copy, 1, KVM_IRQFD_FLAG_DEASSIGN) == 0);
    CHECK(irqfd_of(other, fd, 1, 0) == 0);
    FAILS(irqfd(fd, 1, 0), EBUSY);
    kvm390_vm_close(other); /* it lets go of it */
    CHECK(irqfd(fd, 1, 0) == 0);
    CHECK(irqfd(fd2, 1, KVM_IRQFD_FLAG_DEASSIGN) == 0);
    resample.fd = fd2;
    resample.resamplefd = 999;
    FAILS(kvm390_vm_ioctl(vm, KVM_IRQFD, &resample), EBADF);
    resample.resamplefd = 0;
    FAILS(kvm390_vm_ioctl(vm, KVM_IRQFD, &resample), EINVAL);
    resample.resamplefd = copy;
    CHECK(kvm390_vm_ioctl(vm, KVM_IRQFD, &resample) == 0);
    close(fd);
    close(fd2);
    close(copy);
}

static void signal_fd(int fd)
{
    uint64_t one = 1;

    CHECK(write(fd, &one, 8) == 8);
}

/* The VM's process sees it in its own time. */
static bool soon(int want)
{
    int i;

    for (i = 0; i < 500 && pending() != want; i++) {
        usleep(1000);
    }
    return pending() == want;
}

static void test_irqfd(void)
{
    struct kvm_irq_routing_entry e[2] = {
        route(5, GPA, 3, GPA + 4096, 9), route(6, GPA, 3, GPA + 4096, 10),
    };
    int fd = eventfd(0, EFD_NONBLOCK), fd2 = eventfd(0, 0);
    struct kvm_s390_irq irq;
    uint64_t value;

    start_guest();
    CHECK(create_flic(0) == 0);
    CHECK(register_adapter(1, 3, true, true, 0) == 0);
    CHECK(set_routes(2, e, 0) == 0);
    CHECK(irqfd(fd, 5, 0) == 0 && irqfd(fd2, 6, 0) == 0);
    signal_fd(fd);
    CHECK(soon(1));
    CHECK(memory[GPA] == 0x10 && memory[GPA + 4096 + 1] == 0x40);
    CHECK(read(fd, &value, 8) == -1 && errno == EAGAIN); /* taken */
    CHECK(GET(GET_ALL_IRQS, sizeof(irq), &irq) == 1);
    CHECK(irq.u.io.io_int_word == (0x80000000 | 3 << 27));
    /* with the summary bit set, none is due */
    signal_fd(fd2);
    usleep(50000);
    CHECK(pending() == 1 && memory[GPA + 4096 + 1] == 0x60);
    /* a masked adapter has its bits set, and no interruption */
    CHECK(SET(CLEAR_IRQS, 0, NULL) == 0);
    CHECK(modify_adapter(1, KVM_S390_IO_ADAPTER_MASK, 1, 0) == 0);
    memory[GPA] = 0;
    signal_fd(fd);
    usleep(50000);
    CHECK(pending() == 0 && memory[GPA] == 0x10);
    CHECK(modify_adapter(1, KVM_S390_IO_ADAPTER_MASK, 0, 0) == 0);
    /* deassigned, it is nobody's; what was written before counts */
    CHECK(irqfd(fd, 5, KVM_IRQFD_FLAG_DEASSIGN) == 0);
    memory[GPA] = 0;
    signal_fd(fd);
    usleep(50000);
    CHECK(pending() == 0);
    CHECK(irqfd(fd, 5, 0) == 0);
    CHECK(soon(1));
    close(fd);
    close(fd2);
}

/* An adapter that does not swap counts its bits from the right. */
static void test_irqfd_order(void)
{
    struct kvm_irq_routing_entry e = route(5, GPA, 3, GPA + 4096 + 8, 9);
    int fd = eventfd(0, 0);

    start_guest();
    CHECK(create_flic(0) == 0);
    CHECK(register_adapter(1, 3, true, false, 0) == 0);
    CHECK(set_routes(1, &e, 0) == 0);
    CHECK(irqfd(fd, 5, 0) == 0);
    signal_fd(fd);
    CHECK(soon(1));
    CHECK(memory[GPA + 7] == 0x08 && memory[GPA + 4096 + 8 + 6] == 0x02);
    close(fd);
}

/* --- ioeventfds --- */

static int ioeventfd(int fd, uint64_t addr, unsigned len, uint64_t match,
                     unsigned flags)
{
    struct kvm_ioeventfd e = {
        .fd = fd, .addr = addr, .len = len, .datamatch = match, .flags = flags,
    };

    return kvm390_vm_ioctl(vm, KVM_IOEVENTFD, &e);
}

#define CCW   KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY
#define MATCH KVM_IOEVENTFD_FLAG_DATAMATCH
#define OFF   KVM_IOEVENTFD_FLAG_DEASSIGN

static void test_ioeventfd_errors(void)
{
    int fd = eventfd(0, 0), fd2 = eventfd(0, 0);

    FAILS(ioeventfd(fd, 0x10000, 3, 0, CCW), EINVAL);
    FAILS(ioeventfd(fd, 0x10000, 16, 0, CCW), EINVAL);
    FAILS(ioeventfd(fd, -4ull, 8, 0, CCW), EINVAL);
    FAILS(ioeventfd(fd, 0x10000, 8, 0, CCW | 0x100), EINVAL);
    FAILS(ioeventfd(fd, 0x10000, 0, 0, CCW | MATCH), EINVAL);
    FAILS(ioeventfd(999, 0x10000, 8, 0, CCW), EBADF);
    FAILS(ioeventfd(0, 0x10000, 8, 0, CCW), EINVAL);
    FAILS(ioeventfd(fd, 0x10000, 8, 0, CCW | MATCH | OFF), ENOENT);
    CHECK(ioeventfd(fd, 0x10000, 8, 1, CCW | MATCH) == 0);
    FAILS(ioeventfd(fd2, 0x10000, 8, 1, CCW | MATCH), EEXIST);
    FAILS(ioeventfd(fd2, 0x10000, 8, 0, CCW), EEXIST);
    CHECK(ioeventfd(fd2, 0x10000, 8, 2, CCW | MATCH) == 0);
    FAILS(ioeventfd(fd2, 0x10000, 8, 1, CCW | MATCH | OFF), ENOENT);
    CHECK(ioeventfd(fd, 0x10000, 8, 1, CCW | MATCH | OFF) == 0);
    FAILS(ioeventfd(fd, 0x10000, 8, 1, CCW | MATCH | OFF), ENOENT);
    close(fd);
    close(fd2);
}

static bool signalled(int fd)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    uint64_t value;

    return poll(&pfd, 1, 0) == 1 && read(fd, &value, 8) == 8;
}

static void test_ioeventfd(void)
{
    /* diag 2,4,0x500; diag 0x501 */
    static const unsigned char code[] = {
        0x83, 0x24, 0x05, 0x00, 0x83, 0x00, 0x05, 0x01,
    };
    struct kvm_enable_cap css = { .cap = KVM_CAP_S390_CSS_SUPPORT };
    int fd = eventfd(0, 0), fd2 = eventfd(0, 0);

    start_guest();
    memcpy(memory + CODE, code, sizeof(code));
    CHECK(ioeventfd(fd, 0x10002, 8, 0, CCW | MATCH) == 0);
    CHECK(ioeventfd(fd2, 0x10002, 8, 1, CCW | MATCH) == 0);
    run->s.regs.gprs[1] = 3;
    run->s.regs.gprs[2] = 0x10002;
    run->s.regs.gprs[3] = 1;
    run->s.regs.gprs[4] = -1ull;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->s390_sieic.ipb == 0x05000000); /* no channel subsystem yet */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_ENABLE_CAP, &css) == 0);
    run->psw_addr = CODE;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.gprs[2] == 1); /* the cookie */
    CHECK(!signalled(fd) && signalled(fd2));
    run->psw_addr = CODE;
    run->s.regs.gprs[2] = 0x10002;
    run->s.regs.gprs[3] = 0;
    run->s.regs.gprs[4] = 1; /* not its cookie */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(is_diag_501(run) && run->s.regs.gprs[2] == 0);
    CHECK(signalled(fd) && !signalled(fd2));
    run->psw_addr = CODE;
    run->s.regs.gprs[2] = 0x10002;
    run->s.regs.gprs[3] = 2; /* a queue nobody asked for */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    CHECK(run->s390_sieic.ipb == 0x05000000);
    CHECK(run->s.regs.gprs[2] == 0x10002);
    close(fd);
    close(fd2);
}

static const struct test tests[] = {
    { "CREATE_DEVICE, HAS_DEVICE_ATTR", test_create, false },
    { "ENQUEUE, GET_ALL_IRQS, CLEAR", test_lists, false },
    { "as many as may be pending", test_full, false },
    { "adapters", test_adapters, false },
    { "AIRQ_INJECT", test_inject_airq, false },
    { "adapter-interruption suppression", test_ais, false },
    { "SET_GSI_ROUTING", test_routing, false },
    { "IRQFD: errors", test_irqfd_errors, false },
    { "IRQFD", test_irqfd, false },
    { "IRQFD: bits from the right", test_irqfd_order, false },
    { "IOEVENTFD: errors", test_ioeventfd_errors, false },
    { "IOEVENTFD", test_ioeventfd, false },
};

int main(int argc, char **argv)
{
    return run_tests(argc > 1 ? argv[1] : NULL, tests,
                     sizeof(tests) / sizeof(tests[0]));
}
