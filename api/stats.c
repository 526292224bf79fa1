/*
 * KVM_GET_STATS_FD: a file with a VM's or a vCPU's statistics
 *
 * The file is a memfd in the client's byte order, laid out as KVM's
 * (KVM api.rst 4.133), so that it can be read without the server and outlives
 * the VM. The counters are brought up to date at each ioctl that asks for the
 * file and, for a vCPU, at the end of each KVM_RUN.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vm-state.h"
#include "qemu/cutils.h"
#include "qemu/memfd.h"
#include "kvm390/include/vm.h"

#define NAME_SIZE 48
#define HISTOGRAM 32            /* values, as with KVM */

typedef struct Stat {
    const char *name;
    uint32_t flags;             /* KVM_STATS_TYPE_*, _UNIT_*, _BASE_* */
    int16_t exponent;
    uint16_t size;              /* values */
    int16_t index;              /* of the counter, or -1: it stays 0 */
} Stat;

#define FLAGS(type, unit) \
    (KVM_STATS_TYPE_##type | KVM_STATS_UNIT_##unit | KVM_STATS_BASE_POW10)
#define VCPU_COUNTER(name) \
    { #name, FLAGS(CUMULATIVE, NONE), 0, 1, KVM390_STAT_##name },
#define VM_COUNTER(name) \
    { #name, FLAGS(CUMULATIVE, NONE), 0, 1, KVM390_VM_STAT_##name },
#define COUNTER(name)    { #name, FLAGS(CUMULATIVE, NONE), 0, 1, -1 }
#define NANOSECONDS(name) { #name, FLAGS(CUMULATIVE, SECONDS), -9, 1, -1 }
#define TIMES(name)      { #name, FLAGS(LOG_HIST, SECONDS), -9, HISTOGRAM, -1 }

/* KVM's of all architectures, then s390x's own. */
static const Stat vm_stats[] = {
    COUNTER(remote_tlb_flush), COUNTER(remote_tlb_flush_requests),
    KVM390_VM_STATS(VM_COUNTER)
};

static const Stat vcpu_stats[] = {
    COUNTER(halt_successful_poll), COUNTER(halt_attempted_poll),
    COUNTER(halt_poll_invalid), COUNTER(halt_wakeup),
    NANOSECONDS(halt_poll_success_ns), NANOSECONDS(halt_poll_fail_ns),
    NANOSECONDS(halt_wait_ns), TIMES(halt_poll_success_hist),
    TIMES(halt_poll_fail_hist), TIMES(halt_wait_hist),
    { "blocking", FLAGS(INSTANT, BOOLEAN), 0, 1, -1 },
    KVM390_VCPU_STATS(VCPU_COUNTER)
};

/* The file's layout: header, name, descriptors, values. */
static size_t desc_size(void)
{
    return sizeof(struct kvm_stats_desc) + NAME_SIZE;
}

static size_t data_offset(size_t n)
{
    return sizeof(struct kvm_stats_header) + NAME_SIZE + n * desc_size();
}

static GByteArray *values_of(const Stat *stats, size_t n,
                             const uint64_t *counters)
{
    GByteArray *values = g_byte_array_new();
    size_t i, j;

    for (i = 0; i < n; i++) {
        uint64_t value = stats[i].index < 0 ? 0 : counters[stats[i].index];

        for (j = 0; j < stats[i].size; j++) {
            g_byte_array_append(values, (uint8_t *)&value, sizeof(value));
        }
    }
    return values;
}

static void reorder_values(GByteArray *values, enum kvm390_order order)
{
    guint i;

    for (i = 0; i < values->len; i += 8) {
        kvm390_reorder(&kvm390_layout_u64, values->data + i, 8,
                       KVM390_HOST_ORDER, order);
    }
}

static GByteArray *build_stats_file(const Stat *stats, size_t n,
                                    Kvm390Vcpu *vcpu, enum kvm390_order order)
{
    GByteArray *file = g_byte_array_new();
    struct kvm_stats_header header = {
        .name_size = NAME_SIZE,
        .num_desc = n,
        .id_offset = sizeof(header),
        .desc_offset = sizeof(header) + NAME_SIZE,
        .data_offset = data_offset(n),
    };
    const uint64_t *counters = vcpu ? vcpu->exit.stats
                                    : kvm390_vm.stat_values;
    g_autoptr(GByteArray) values = values_of(stats, n, counters);
    char name[NAME_SIZE] = "";
    size_t i, offset = 0;

    kvm390_reorder(&kvm390_layout_kvm_stats_header, &header, sizeof(header),
                   KVM390_HOST_ORDER, order);
    g_byte_array_append(file, (uint8_t *)&header, sizeof(header));
    if (vcpu) {
        snprintf(name, sizeof(name), "kvm-%d/vcpu-%u", getpid(), vcpu->id);
    } else {
        snprintf(name, sizeof(name), "kvm-%d", getpid());
    }
    g_byte_array_append(file, (uint8_t *)name, sizeof(name));
    for (i = 0; i < n; i++) {
        struct kvm_stats_desc desc = {
            .flags = stats[i].flags,
            .exponent = stats[i].exponent,
            .size = stats[i].size,
            .offset = offset,
        };
        char text[NAME_SIZE] = "";

        pstrcpy(text, sizeof(text), stats[i].name);
        kvm390_reorder(&kvm390_layout_kvm_stats_desc, &desc, sizeof(desc),
                       KVM390_HOST_ORDER, order);
        g_byte_array_append(file, (uint8_t *)&desc, sizeof(desc));
        g_byte_array_append(file, (uint8_t *)text, sizeof(text));
        offset += 8 * stats[i].size;
    }
    reorder_values(values, order);
    g_byte_array_append(file, values->data, values->len);
    return file;
}

int kvm390_get_stats_fd(Kvm390Call *call)
{
    Kvm390Vcpu *vcpu = call->vcpu;
    Kvm390StatsFile *f = vcpu ? &kvm390_vm.vcpu_stats[vcpu->id] :
                                &kvm390_vm.stats;
    const Stat *stats = vcpu ? vcpu_stats : vm_stats;
    size_t n = vcpu ? ARRAY_SIZE(vcpu_stats) : ARRAY_SIZE(vm_stats);
    g_autoptr(GByteArray) file = NULL;

    if (!f->open) {
        f->fd = qemu_memfd_create("kvm390-stats", 0, false, 0, 0, NULL);
        if (f->fd < 0) {
            return -ENOMEM;
        }
        f->order = call->session->little_endian ? KVM390_LITTLE_ENDIAN :
                   KVM390_BIG_ENDIAN;
        qatomic_store_release(&f->open, true);
    }
    file = build_stats_file(stats, n, vcpu, f->order);
    if (pwrite(f->fd, file->data, file->len, 0) != file->len) {
        return -ENOMEM;
    }
    call->out_fd = dup(f->fd);
    return call->out_fd < 0 ? -errno : 0;
}

void kvm390_stats_update(Kvm390Vcpu *vcpu)
{
    Kvm390StatsFile *f = &kvm390_vm.vcpu_stats[vcpu->id];
    g_autoptr(GByteArray) values = NULL;

    if (!qatomic_load_acquire(&f->open)) {
        return;
    }
    values = values_of(vcpu_stats, ARRAY_SIZE(vcpu_stats), vcpu->exit.stats);
    reorder_values(values, f->order);
    /* A reader sees old or new values; the file stays well-formed. */
    if (pwrite(f->fd, values->data, values->len,
               data_offset(ARRAY_SIZE(vcpu_stats))) < 0) {
        return;
    }
}
