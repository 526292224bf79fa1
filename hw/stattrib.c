/*
 * s390 storage attributes device -- kvm390
 *
 * QEMU's device has the monitor commands and the migration stream; this gives
 * it the page states of the guest (include/cmma.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "cpu.h"
#include "hw/s390x/s390-virtio-ccw.h"
#include "hw/s390x/storage-attributes.h"
#include "migration/misc.h"
#include "system/system.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/cmma-host.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/essa.h"

#define TYPE_KVM390_STATTRIB "kvm390-stattrib"

/* A client of the KVM API may put its memory anywhere below. */
#define CLIENT_MEMORY   (1ull << 47)

static int read_states(uint64_t *start_gfn, uint32_t count, uint8_t *values,
                       uint32_t flags)
{
    Kvm390CmmaLog log = {
        .start_gfn = *start_gfn,
        .count = count,
        .flags = flags,
    };
    int ret;

    RCU_READ_LOCK_GUARD();
    ret = kvm390_cmma_get_bits(&kvm390_guest_cmma, &log, values);
    if (ret < 0) {
        return ret;
    }
    *start_gfn = log.start_gfn;
    return log.count;
}

static int get_stattr(S390StAttribState *sa, uint64_t *start_gfn,
                      uint32_t count, uint8_t *values)
{
    return read_states(start_gfn, count, values, 0);
}

static int peek_stattr(S390StAttribState *sa, uint64_t start_gfn,
                       uint32_t count, uint8_t *values)
{
    return read_states(&start_gfn, count, values, KVM390_CMMA_PEEK);
}

/* The guest is not running yet, so there is no need to wait for the end. */
static int set_stattr(S390StAttribState *sa, uint64_t start_gfn,
                      uint32_t count, uint8_t *values)
{
    Kvm390CmmaLog log = {
        .start_gfn = start_gfn,
        .count = count,
        .mask = ~0ull,
    };

    RCU_READ_LOCK_GUARD();
    return kvm390_cmma_set_bits(&kvm390_guest_cmma, &log, values);
}

/*
 * All states have arrived, and all of memory before them (unless the rest is
 * to be fetched). What came of an unused page may be old or half of each, as
 * nothing more was sent once it was unused: it has to read as zeros.
 */
static void synchronize_states(S390StAttribState *sa)
{
    Kvm390GfnRange run = { 0, kvm390_guest_cmma.states.pages };

    if (migrate_postcopy_ram()) {
        return;
    }
    RCU_READ_LOCK_GUARD();
    while (kvm390_cmma_next_unused(&kvm390_guest_cmma, &run)) {
        kvm390_cmma_release(&kvm390_guest_cmma, run);
        run = (Kvm390GfnRange){ run.end, kvm390_guest_cmma.states.pages };
    }
}

/* QEMU logs its own memory whenever it is asked to: no slot lacks that. */
static int set_migrationmode(S390StAttribState *sa, bool on, Error **errp)
{
    int ret = 0;

    RCU_READ_LOCK_GUARD();
    if (on) {
        ret = kvm390_cmma_start_migration(&kvm390_guest_cmma, 1, 0);
    } else {
        kvm390_cmma_stop_migration(&kvm390_guest_cmma);
    }
    if (ret) {
        error_setg_errno(errp, -ret, "starting migration mode failed");
    }
    return ret;
}

static int get_active(S390StAttribState *sa)
{
    return kvm390_cmma_enabled(&kvm390_guest_cmma) &&
           kvm390_stattrib_migrates(sa);
}

static long long get_dirtycount(S390StAttribState *sa)
{
    return kvm390_cmma_remaining(&kvm390_guest_cmma);
}

static void machine_built(Notifier *notifier, void *opaque)
{
    if (s390_has_feat(S390_FEAT_CMM)) {
        kvm390_cmma_enable(&kvm390_guest_cmma, 0);
    }
}

static Notifier built_notifier = { .notify = machine_built };

Object *kvm390_stattrib_create(void)
{
    S390CcwMachineState *machine;
    uint64_t size = CLIENT_MEMORY;

    if (!kvm390_enabled()) {
        return NULL;
    }
    machine = (S390CcwMachineState *)
              object_dynamic_cast(qdev_get_machine(), TYPE_S390_CCW_MACHINE);
    if (machine) {
        size = s390_get_memory_limit(machine);
        qemu_add_machine_init_done_notifier(&built_notifier);
    }
    kvm390_cmma_realize(size / TARGET_PAGE_SIZE, &error_fatal);
    return object_new(TYPE_KVM390_STATTRIB);
}

static void kvm390_stattrib_class_init(ObjectClass *oc, Kvm390ClassData *data)
{
    S390StAttribClass *sac = S390_STATTRIB_CLASS(oc);
    DeviceClass *dc = DEVICE_CLASS(oc);

    sac->get_stattr = get_stattr;
    sac->peek_stattr = peek_stattr;
    sac->set_stattr = set_stattr;
    sac->synchronize = synchronize_states;
    sac->set_migrationmode = set_migrationmode;
    sac->get_active = get_active;
    sac->get_dirtycount = get_dirtycount;

    /* Reason: can only be instantiated one time, by the machine */
    dc->user_creatable = false;
}

static const TypeInfo kvm390_stattrib_types[] = {
    {
        .name = TYPE_KVM390_STATTRIB,
        .parent = TYPE_S390_STATTRIB,
        .class_init = kvm390_stattrib_class_init,
    },
};

DEFINE_TYPES(kvm390_stattrib_types)
