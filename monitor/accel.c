/*
 * query-kvm390 and `info kvm390`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-kvm390-target.h"
#include "monitor/hmp.h"
#include "monitor/monitor.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/caps.h"
#include "kvm390/include/cmma-host.h"
#include "kvm390/include/counters.h"
#include "kvm390/include/hmp.h"
#include "kvm390/include/vm.h"

static Kvm390CapabilityList *print_capabilities(void)
{
    Kvm390CapabilityList *list = NULL, **tail = &list;

    for (const Kvm390Cap *cap = kvm390_caps; cap->name; cap++) {
        Kvm390Capability *c = g_new0(Kvm390Capability, 1);

        c->name = g_strdup(cap->name);
        c->number = cap->number;
        c->value = cap->value();
        QAPI_LIST_APPEND(tail, c);
    }
    return list;
}

static Kvm390CounterInfoList *print_counters(void)
{
    Kvm390CounterInfoList *list = NULL, **tail = &list;

    for (int i = 0; i < KVM390_COUNTER__MAX; i++) {
        Kvm390CounterInfo *c = g_new0(Kvm390CounterInfo, 1);

        c->name = g_strdup(kvm390_counter_name(i));
        c->value = kvm390_counter_value(i);
        QAPI_LIST_APPEND(tail, c);
    }
    return list;
}

static Kvm390CounterInfoList *print_ioctls(void)
{
    Kvm390CounterInfoList *list = NULL, **tail = &list;
    const char *name;
    uint64_t value;

    for (size_t i = 0; (name = kvm390_ioctl_counter(i, &value)); i++) {
        if (value) {
            Kvm390CounterInfo *c = g_new0(Kvm390CounterInfo, 1);

            c->name = g_strdup(name);
            c->value = value;
            QAPI_LIST_APPEND(tail, c);
        }
    }
    return list;
}

Kvm390Info *qmp_query_kvm390(Error **errp)
{
    Kvm390Info *info;

    if (!kvm390_enabled()) {
        error_setg(errp, "this machine does not run under -accel kvm390");
        return NULL;
    }
    info = g_new0(Kvm390Info, 1);
    info->version = g_strdup(kvm390_version());
    info->skeys = kvm390_skeys_wanted();
    info->cmma = kvm390_cmma_wanted();
    info->discard = kvm390_discard_wanted();
    info->cmma_pages = kvm390_cmma_pages();
    info->capabilities = print_capabilities();
    info->counters = print_counters();
    info->ioctls = print_ioctls();
    return info;
}

static void print_cmma_pages(Monitor *mon, const Kvm390CmmaPages *pages)
{
    if (pages) {
        monitor_printf(mon, "pages: %" PRIu64 " stable, %" PRIu64 " unused, %"
                       PRIu64 " potentially volatile, %" PRIu64 " volatile, %"
                       PRIu64 " no-DAT, %" PRIu64 " discarded\n",
                       pages->stable, pages->unused,
                       pages->potentially_volatile, pages->q_volatile,
                       pages->no_dat, pages->discarded);
    }
}

void hmp_info_kvm390(Monitor *mon, const QDict *qdict)
{
    Error *err = NULL;
    g_autoptr(Kvm390Info) info = qmp_query_kvm390(&err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    monitor_printf(mon, "kvm390 %s\n", info->version);
    monitor_printf(mon, "properties: skeys=%s cmma=%s discard=%s\n",
                   info->skeys ? "on" : "off", info->cmma ? "on" : "off",
                   info->discard ? "on" : "off");
    print_cmma_pages(mon, info->cmma_pages);
    monitor_printf(mon, "capabilities:\n");
    for (Kvm390CapabilityList *l = info->capabilities; l; l = l->next) {
        monitor_printf(mon, "  %-32s %4u = %" PRId64 "\n",
                       l->value->name, l->value->number, l->value->value);
    }
    monitor_printf(mon, "counters:\n");
    for (Kvm390CounterInfoList *l = info->counters; l; l = l->next) {
        monitor_printf(mon, "  %-37s %" PRIu64 "\n",
                       l->value->name, l->value->value);
    }
    if (info->ioctls) {
        monitor_printf(mon, "ioctls:\n");
    }
    for (Kvm390CounterInfoList *l = info->ioctls; l; l = l->next) {
        monitor_printf(mon, "  %-37s %" PRIu64 "\n",
                       l->value->name, l->value->value);
    }
}
