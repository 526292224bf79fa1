/*
 * What a guest's stream says of the accelerator that it comes from
 *
 * A guest that was started under kvm390 has facilities, keys and page states
 * that another accelerator does not know: there it would run into an operation
 * exception, or lose its keys, and nobody would say so. The section below is in
 * every stream of kvm390's, so that a QEMU (of any build) whose accelerator is
 * another one refuses the stream for a section that it does not know. One with
 * kvm390 refuses what has more than it has. QEMU's main thread only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "migration/vmstate.h"
#include "kvm390/accel/migration.h"
#include "kvm390/include/accel.h"

typedef struct Properties {
    bool skeys;
    bool cmma;
    bool sie;
} Properties;

static Properties sent;

static int pre_save(void *opaque)
{
    sent = (Properties) {
        .skeys = kvm390_config.skeys,
        .cmma = kvm390_config.cmma,
        .sie = kvm390_config.sie,
    };
    return 0;
}

static bool stream_has(const char *name, bool there, bool here)
{
    if (there && !here) {
        error_report("kvm390: the guest was started with -accel "
                     "kvm390,%s=on, this QEMU with %s=off", name, name);
    }
    return here || !there;
}

static int post_load(void *opaque, int version_id)
{
    bool ok = stream_has("skeys", sent.skeys, kvm390_config.skeys);

    ok &= stream_has("cmma", sent.cmma, kvm390_config.cmma);
    ok &= stream_has("sie", sent.sie, kvm390_config.sie);
    return ok ? 0 : -EINVAL;
}

static const VMStateDescription vmstate = {
    .name = "kvm390",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = pre_save,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(skeys, Properties),
        VMSTATE_BOOL(cmma, Properties),
        VMSTATE_BOOL(sie, Properties),
        VMSTATE_END_OF_LIST()
    },
};

void kvm390_migration_init(void)
{
    vmstate_register(NULL, 0, &vmstate, &sent);
}
