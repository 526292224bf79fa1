/*
 * Migration does not transfer the content of unused pages
 *
 * From the moment QEMU logs which pages are written to, a page that leaves the
 * unused state is put into that log (kvm390_host_content_needed()). So after
 * each time the log was read, the pages that are unused can be taken out of
 * what is still to be sent: one that is needed again comes back by the log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/notify.h"
#include "qapi/error.h"
#include "cpu.h"
#include "migration/misc.h"
#include "migration/options.h"
#include "system/runstate.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/counters.h"
#include "kvm390/trace.h"
#include "cmma-internal.h"

/*
 * Where the other side may still ask for each page (postcopy), or has memory
 * with another history (a snapshot in the same QEMU, COLO), send everything.
 */
static bool may_leave_out(void)
{
    return !migrate_postcopy_ram() && !migrate_background_snapshot() &&
           !migrate_colo() && !runstate_check(RUN_STATE_SAVE_VM);
}

static uint64_t leave_out_unused(const Kvm390HostRange *range)
{
    Kvm390GfnRange run = range->gfn;
    uint64_t pages = 0;

    if (migrate_ram_is_ignored(range->block)) {
        return 0;
    }
    while (kvm390_cmma_next_unused(&kvm390_guest_cmma, &run)) {
        qemu_guest_free_page_hint(kvm390_host_addr(range, run.first),
                                  (run.end - run.first) << TARGET_PAGE_BITS);
        pages += run.end - run.first;
        run = (Kvm390GfnRange){ run.end, range->gfn.end };
    }
    return pages;
}

static int precopy_notified(NotifierWithReturn *notifier, void *opaque,
                            Error **errp)
{
    PrecopyNotifyData *data = opaque;
    const Kvm390HostMap *map;
    uint64_t pages = 0;

    if (data->reason != PRECOPY_NOTIFY_AFTER_BITMAP_SYNC || !may_leave_out()) {
        return 0;
    }
    RCU_READ_LOCK_GUARD();
    map = kvm390_host_map();
    for (unsigned i = 0; map && i < map->n; i++) {
        pages += leave_out_unused(&map->range[i]);
    }
    trace_kvm390_cmma_left_out(pages);
    return 0;
}

static NotifierWithReturn precopy_notifier = { .notify = precopy_notified };

static bool log_started(MemoryListener *listener, Error **errp)
{
    kvm390_cmma_set_content_logged(&kvm390_guest_cmma, true);
    return true;
}

static void log_stopped(MemoryListener *listener)
{
    kvm390_cmma_set_content_logged(&kvm390_guest_cmma, false);
}

static MemoryListener log_listener = {
    .name = "kvm390-cmma-log",
    .log_global_start = log_started,
    .log_global_stop = log_stopped,
};

void kvm390_cmma_migration_init(void)
{
    memory_listener_register(&log_listener, &address_space_memory);
    precopy_add_notifier(&precopy_notifier);
}
