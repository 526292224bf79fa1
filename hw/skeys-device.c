/*
 * kvm390's backend of QEMU's storage-key device
 *
 * QEMU's device migrates, dumps and shows the keys; it only needs to be told
 * where they are. As with KVM there is no explicit step to enable keys: the
 * first one that is set (by a migration stream) makes them used.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/qdev-core.h"
#include "hw/s390x/s390-virtio-ccw.h"
#include "hw/s390x/storage-keys.h"
#include "system/reset.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/dma.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/skeys.h"

const char *kvm390_skeys_backend(void)
{
    if (!kvm390_enabled() || !kvm390_skeys_wanted()) {
        return NULL;
    }
    kvm390_dma_init();
    return TYPE_KVM390_SKEYS;
}

static bool are_enabled(S390SKeysState *ss)
{
    return kvm390_keys_used();
}

/* QEMU's device has no limit on the number of keys; the ioctls do. */
static int get_skeys(S390SKeysState *ss, uint64_t start_gfn, uint64_t count,
                     uint8_t *keys)
{
    int ret = 0;

    while (count && !ret) {
        uint64_t part = MIN(count, KVM390_SKEYS_MAX);

        ret = kvm390_get_skeys(start_gfn, part, 0, keys);
        start_gfn += part;
        keys += part;
        count -= part;
    }
    return ret;
}

static int set_skeys(S390SKeysState *ss, uint64_t start_gfn, uint64_t count,
                     uint8_t *keys)
{
    int ret = 0;

    while (count && !ret) {
        uint64_t part = MIN(count, KVM390_SKEYS_MAX);

        ret = kvm390_set_skeys(start_gfn, part, 0, keys);
        start_gfn += part;
        keys += part;
        count -= part;
    }
    return ret;
}

/*
 * The stream of a guest that used no keys holds none, and QEMU's device does
 * not touch ours then. No other reset changes keys, as under KVM.
 */
static void reset_hold(Object *obj, ResetType type)
{
    if (type == RESET_TYPE_SNAPSHOT_LOAD) {
        kvm390_keys_forget();
    }
}

static DeviceRealize parent_realize;

/*
 * Room for the keys of all memory that this machine can come to have. A client
 * of the KVM API may have memory anywhere; its slots take theirs.
 */
static int reserve_table(uint64_t *size)
{
    S390CcwMachineState *machine = (S390CcwMachineState *)
        object_dynamic_cast(qdev_get_machine(), TYPE_S390_CCW_MACHINE);
    uint64_t pages;
    int ret;

    if (!machine) {
        return kvm390_keys_init(1ull << KVM390_PAGEMAP_GFN_BITS);
    }
    *size = s390_get_memory_limit(machine);
    pages = *size >> TARGET_PAGE_BITS;
    ret = kvm390_keys_init(pages);
    return ret ? ret : kvm390_keys_reserve(0, pages);
}

static void skeys_realize(DeviceState *dev, Error **errp)
{
    uint64_t size = UINT64_MAX;
    int ret = reserve_table(&size);

    if (ret) {
        error_setg_errno(errp, -ret, "kvm390: no address space for the storage "
                         "keys of 0x%" PRIx64 " bytes of memory", size);
        return;
    }
    parent_realize(dev, errp);
    /* On no bus, so no other reset reaches it. */
    qemu_register_resettable(OBJECT(dev));
}

static void class_init(ObjectClass *oc, Kvm390ClassData *data)
{
    S390SKeysClass *skeyclass = S390_SKEYS_CLASS(oc);
    DeviceClass *dc = DEVICE_CLASS(oc);

    RESETTABLE_CLASS(oc)->phases.hold = reset_hold;
    device_class_set_parent_realize(dc, skeys_realize, &parent_realize);
    skeyclass->skeys_are_enabled = are_enabled;
    skeyclass->get_skeys = get_skeys;
    skeyclass->set_skeys = set_skeys;

    /* Reason: there is one for the whole memory, made by the machine */
    dc->user_creatable = false;
}

static const TypeInfo kvm390_skeys_info = {
    .name          = TYPE_KVM390_SKEYS,
    .parent        = TYPE_S390_SKEYS,
    .instance_size = sizeof(S390SKeysState),
    .class_init    = class_init,
    .class_size    = sizeof(S390SKeysClass),
};

static void register_types(void)
{
    type_register_static(&kvm390_skeys_info);
}

type_init(register_types)
