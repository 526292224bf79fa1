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

typedef struct Stat {
    const char *name;
    uint64_t (*value)(Kvm390Vcpu *vcpu);
} Stat;

static uint64_t vm_ioctls(Kvm390Vcpu *vcpu)
{
    uint64_t sum = 0, value;
    size_t i;

    for (i = 0; kvm390_ioctl_counter(i, &value); i++) {
        sum += value;
    }
    return sum;
}

static uint64_t vm_vcpus(Kvm390Vcpu *vcpu)
{
    return kvm390_vcpus();
}

static const Stat vm_stats[] = {
    { "vcpus", vm_vcpus },
    { "ioctls", vm_ioctls },
};

static uint64_t exit_userspace(Kvm390Vcpu *vcpu)
{
    return vcpu->stats[KVM390_STAT_EXIT_USERSPACE];
}

#define EXIT_STAT(function, index) \
static uint64_t function(Kvm390Vcpu *vcpu) \
{ \
    return vcpu->exit.exits[index]; \
}

EXIT_STAT(exit_instruction, KVM390_EXITS_INSTRUCTION)
EXIT_STAT(exit_wait_state, KVM390_EXITS_WAIT)
EXIT_STAT(exit_stop_request, KVM390_EXITS_STOP)
EXIT_STAT(exit_operation_exception, KVM390_EXITS_OPEREXC)
EXIT_STAT(diagnose, KVM390_DIAGNOSES)
EXIT_STAT(sigp, KVM390_SIGPS)

static const Stat vcpu_stats[] = {
    { "exit_userspace", exit_userspace },
    { "exit_instruction", exit_instruction },
    { "exit_wait_state", exit_wait_state },
    { "exit_stop_request", exit_stop_request },
    { "exit_operation_exception", exit_operation_exception },
    { "instruction_diagnose", diagnose },
    { "instruction_sigp", sigp },
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

static GByteArray *build(const Stat *stats, size_t n, Kvm390Vcpu *vcpu,
                         enum kvm390_order order)
{
    GByteArray *file = g_byte_array_new();
    struct kvm_stats_header header = {
        .name_size = NAME_SIZE,
        .num_desc = n,
        .id_offset = sizeof(header),
        .desc_offset = sizeof(header) + NAME_SIZE,
        .data_offset = data_offset(n),
    };
    char name[NAME_SIZE] = "";
    size_t i;

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
            .flags = KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_NONE |
                     KVM_STATS_BASE_POW10,
            .size = 1,
            .offset = 8 * i,
        };
        char text[NAME_SIZE] = "";

        pstrcpy(text, sizeof(text), stats[i].name);
        kvm390_reorder(&kvm390_layout_kvm_stats_desc, &desc, sizeof(desc),
                       KVM390_HOST_ORDER, order);
        g_byte_array_append(file, (uint8_t *)&desc, sizeof(desc));
        g_byte_array_append(file, (uint8_t *)text, sizeof(text));
    }
    for (i = 0; i < n; i++) {
        uint64_t value = stats[i].value(vcpu);

        kvm390_reorder(&kvm390_layout_u64, &value, sizeof(value),
                       KVM390_HOST_ORDER, order);
        g_byte_array_append(file, (uint8_t *)&value, sizeof(value));
    }
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
    file = build(stats, n, vcpu, f->order);
    if (pwrite(f->fd, file->data, file->len, 0) != file->len) {
        return -ENOMEM;
    }
    call->out_fd = dup(f->fd);
    return call->out_fd < 0 ? -errno : 0;
}

void kvm390_stats_update(Kvm390Vcpu *vcpu)
{
    Kvm390StatsFile *f = &kvm390_vm.vcpu_stats[vcpu->id];
    uint64_t values[ARRAY_SIZE(vcpu_stats)];
    size_t i;

    if (!qatomic_load_acquire(&f->open)) {
        return;
    }
    for (i = 0; i < ARRAY_SIZE(values); i++) {
        values[i] = vcpu_stats[i].value(vcpu);
    }
    kvm390_reorder(&kvm390_layout_u64, values, sizeof(values),
                   KVM390_HOST_ORDER, f->order);
    /* A reader sees old or new values; the file stays well-formed. */
    if (pwrite(f->fd, values, sizeof(values),
               data_offset(ARRAY_SIZE(values))) < 0) {
        return;
    }
}
