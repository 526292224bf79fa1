/*
 * Page states on the monitor
 *
 * The commands do what KVM's ioctls do, with the same errors; the error's name
 * is part of the message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-kvm390-target.h"
#include "qemu/cutils.h"
#include "cpu.h"
#include "system/replay.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/cmma-host.h"
#include "kvm390/include/essa.h"

static void set_error(Error **errp, const char *what, int ret)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        { EBUSY, "EBUSY" }, { EFAULT, "EFAULT" }, { EINVAL, "EINVAL" },
        { ENXIO, "ENXIO" },
    };
    const char *name = "error";

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].number == -ret) {
            name = names[i].name;
        }
    }
    error_setg_errno(errp, -ret, "%s: %s", what, name);
}

static char *to_hex(const uint8_t *values, uint32_t count)
{
    static const char digit[] = "0123456789abcdef";
    char *text = g_malloc(2 * (size_t)count + 1);

    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digit[values[i] >> 4];
        text[2 * i + 1] = digit[values[i] & 15];
    }
    text[2 * (size_t)count] = 0;
    return text;
}

/* Returns the number of bytes, or -EINVAL. */
static int from_hex(const char *text, uint8_t **values)
{
    size_t count = strlen(text) / 2;

    if (strlen(text) % 2 || count > KVM390_CMMA_SIZE_MAX) {
        return -EINVAL;
    }
    *values = g_malloc(count);
    for (size_t i = 0; i < count; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]);
        int low = g_ascii_xdigit_value(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return -EINVAL;
        }
        (*values)[i] = high << 4 | low;
    }
    return count;
}

static bool check_accelerator(Error **errp)
{
    if (!kvm390_enabled()) {
        error_setg(errp, "this machine does not run under -accel kvm390");
    }
    return kvm390_enabled();
}

Kvm390CmmaRun *qmp_kvm390_get_cmma(uint64_t start_gfn, uint32_t count,
                                   bool has_peek, bool peek, Error **errp)
{
    Kvm390CmmaLog log = {
        .start_gfn = start_gfn,
        .count = count,
        .flags = has_peek && peek ? KVM390_CMMA_PEEK : 0,
    };
    g_autofree uint8_t *values = g_malloc(MIN(count, KVM390_CMMA_SIZE_MAX));
    Kvm390CmmaRun *run;
    int ret;

    if (!check_accelerator(errp)) {
        return NULL;
    }
    RCU_READ_LOCK_GUARD();
    ret = kvm390_cmma_get_bits(&kvm390_guest_cmma, &log, values);
    if (ret) {
        set_error(errp, "page states cannot be read", ret);
        return NULL;
    }
    run = g_new0(Kvm390CmmaRun, 1);
    run->start_gfn = log.start_gfn;
    run->count = log.count;
    run->remaining = log.remaining;
    run->values = to_hex(values, log.count);
    return run;
}

void qmp_kvm390_set_cmma(uint64_t start_gfn, const char *text, bool has_mask,
                         uint64_t mask, Error **errp)
{
    g_autofree uint8_t *values = NULL;
    int ret = from_hex(text, &values);
    Kvm390CmmaLog log = {
        .start_gfn = start_gfn,
        .count = MAX(ret, 0),
        .mask = has_mask ? mask : UINT64_MAX,
    };

    if (!check_accelerator(errp)) {
        return;
    }
    if (replay_mode != REPLAY_MODE_NONE) {
        ret = -EBUSY;
    } else if (!kvm390_cmma_enabled(&kvm390_guest_cmma)) {
        ret = -ENXIO;
    }
    if (ret >= 0) {
        RCU_READ_LOCK_GUARD();
        ret = kvm390_cmma_set_bits(&kvm390_guest_cmma, &log, values);
    }
    if (ret < 0) {
        set_error(errp, "page states cannot be set", ret);
    }
}

Kvm390MigrationMode *qmp_kvm390_migration_mode(bool has_enable, bool enable,
                                               Error **errp)
{
    Kvm390MigrationMode *mode;
    int ret = 0;

    if (!check_accelerator(errp)) {
        return NULL;
    }
    RCU_READ_LOCK_GUARD();
    if (has_enable && enable) {
        /* QEMU logs its own memory whenever it is asked to. */
        ret = kvm390_cmma_start_migration(&kvm390_guest_cmma, 1, 0);
    } else if (has_enable) {
        kvm390_cmma_stop_migration(&kvm390_guest_cmma);
    }
    if (ret) {
        set_error(errp, "migration mode cannot be started", ret);
        return NULL;
    }
    mode = g_new0(Kvm390MigrationMode, 1);
    mode->enabled = kvm390_cmma_migration(&kvm390_guest_cmma);
    return mode;
}

Kvm390CmmaPages *kvm390_cmma_pages(void)
{
    Kvm390CmmaCensus census;
    Kvm390CmmaPages *pages;

    if (!kvm390_essa_offered()) {
        return NULL;
    }
    RCU_READ_LOCK_GUARD();
    kvm390_cmma_census(&kvm390_guest_cmma, &census);
    pages = g_new0(Kvm390CmmaPages, 1);
    pages->stable = census.usage[KVM390_CMMA_STABLE];
    pages->unused = census.usage[KVM390_CMMA_UNUSED];
    pages->potentially_volatile = census.usage[KVM390_CMMA_POT_VOLATILE];
    pages->q_volatile = census.usage[KVM390_CMMA_VOLATILE];
    pages->no_dat = census.nodat;
    pages->discarded = census.discarded;
    return pages;
}
