/*
 * query-kvm390-map: what guest memory looks like
 *
 * core/map.c says how a range is cut and what a cell shows; here the pages
 * are looked at. Keys and states are read as they are, while the guest runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "qapi/qapi-commands-kvm390-target.h"
#include "cpu.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/essa.h"
#include "kvm390/include/keys.h"
#include "kvm390/include/map.h"
#include "kvm390/include/slot-memory.h"

/* A stretch of guest memory; valid under the BQL. */
typedef struct {
    Kvm390GfnRange gfn;
    uint8_t *host;
    const char *name;
} Region;

static bool collect_region(Int128 start, Int128 len, const MemoryRegion *cmr,
                           hwaddr offset, void *opaque)
{
    MemoryRegion *mr = (MemoryRegion *)cmr;
    uint64_t first = int128_get64(start) >> TARGET_PAGE_BITS;
    uint64_t pages = int128_get64(len) >> TARGET_PAGE_BITS;

    if (memory_region_is_ram(mr) && !memory_region_is_ram_device(mr) &&
        !memory_region_is_rom(mr) && pages) {
        Region region = {
            .gfn = { first, first + pages },
            .host = memory_region_get_ram_ptr(mr) + offset,
            .name = memory_region_name(mr),
        };

        g_array_append_val((GArray *)opaque, region);
    }
    return false;
}

/* All of them in order of their addresses. */
static GArray *collect_regions(void)
{
    GArray *regions = g_array_new(false, false, sizeof(Region));

    kvm390_for_each_memory(collect_region, regions);
    return regions;
}

static const Region *region_at(const GArray *regions, unsigned i)
{
    return i < regions->len ? &g_array_index(regions, Region, i) : NULL;
}

/*
 * What is in host memory. The host is asked for many pages at once where the
 * next ones will be looked at, too: a call costs more than a page.
 */
#define RESIDENT_PAGES  65536

typedef struct {
    bool wanted;
    bool ahead;                 /* all pages of the range are looked at */
    Kvm390GfnRange known;
    uint8_t page[RESIDENT_PAGES];
} Resident;

/* Which of @n guest pages from @host on are in host memory, a byte each. */
static void find_resident(uint8_t *host, uint64_t n, uint8_t *resident)
{
    size_t unit = qemu_real_host_page_size();
    uintptr_t first = QEMU_ALIGN_DOWN((uintptr_t)host, unit);
    uintptr_t end = QEMU_ALIGN_UP((uintptr_t)host + n * TARGET_PAGE_SIZE,
                                  unit);
    g_autofree uint8_t *there = g_malloc0((end - first) / unit);

    /* What the host does not tell of counts as there. */
    if (mincore((void *)first, end - first, there)) {
        memset(there, 1, (end - first) / unit);
    }
    for (uint64_t i = 0; i < n; i++) {
        resident[i] = there[((uintptr_t)host + i * TARGET_PAGE_SIZE - first) /
                            unit] & 1;
    }
}

static bool is_resident(Resident *r, const Region *region, uint64_t gfn,
                        uint64_t end)
{
    if (gfn < r->known.first || gfn >= r->known.end) {
        r->known.first = gfn;
        r->known.end = MIN(gfn + RESIDENT_PAGES,
                           r->ahead ? region->gfn.end : end);
        find_resident(region->host + ((gfn - region->gfn.first) <<
                                      TARGET_PAGE_BITS),
                      r->known.end - gfn, r->page);
    }
    return r->page[gfn - r->known.first];
}

/* Count pages that are all memory. */
static void count_pages(Kvm390MapCount *count, const Region *region,
                        Kvm390GfnRange pages, Resident *resident)
{
    bool keys = kvm390_keys_active();

    for (uint64_t gfn = pages.first; gfn < pages.end; gfn++) {
        kvm390_map_page(count,
                        keys ? kvm390_keystore_get(&kvm390_keys.store, gfn)
                             : 0,
                        kvm390_cmma_state(&kvm390_guest_cmma, gfn),
                        resident->wanted &&
                        is_resident(resident, region, gfn, pages.end));
    }
}

/* Count pages, memory or not; *@at is the first region that may hold them. */
static void count_stretch(Kvm390MapCount *count, const GArray *regions,
                          unsigned *at, Kvm390GfnRange pages,
                          Resident *resident)
{
    while (pages.first < pages.end) {
        const Region *region = region_at(regions, *at);
        uint64_t end;

        if (region && region->gfn.end <= pages.first) {
            ++*at;
            continue;
        }
        if (!region || region->gfn.first > pages.first) {
            end = MIN(pages.end, region ? region->gfn.first : UINT64_MAX);
            kvm390_map_hole(count, end - pages.first);
        } else {
            end = MIN(pages.end, region->gfn.end);
            count_pages(count, region, (Kvm390GfnRange){ pages.first, end },
                        resident);
        }
        pages.first = end;
    }
}

static Kvm390MapRun *run_of(const Kvm390MapCell *cell, bool resident)
{
    Kvm390MapRun *run = g_new0(Kvm390MapRun, 1);

    run->count = 1;
    run->has_key = run->has_state = cell->memory;
    run->has_resident = cell->memory && resident;
    run->has_mixed = cell->mixed;
    run->key = cell->key;
    run->state = cell->state;
    run->resident = cell->resident;
    run->mixed = cell->mixed;
    return run;
}

static Kvm390MapRunList *runs_of(const Kvm390MapPlan *plan,
                                 const GArray *regions, bool resident)
{
    Kvm390MapRunList *list = NULL, **tail = &list;
    g_autofree Resident *there = g_new0(Resident, 1);
    Kvm390MapRun *run = NULL;
    Kvm390MapCell last = { 0 };
    unsigned at = 0;

    there->wanted = resident;
    there->ahead = plan->looks == 1ull << plan->shift;
    for (uint32_t i = 0; i < plan->cells; i++) {
        Kvm390MapCount count = { 0 };
        Kvm390MapCell cell;
        Kvm390GfnRange pages;

        for (uint32_t n = 0; kvm390_map_stretch(plan, i, n, &pages); n++) {
            count_stretch(&count, regions, &at, pages, there);
        }
        cell = kvm390_map_cell(&count);
        if (run && kvm390_map_same(&cell, &last)) {
            run->count++;
        } else {
            run = run_of(&cell, resident);
            QAPI_LIST_APPEND(tail, run);
        }
        last = cell;
    }
    return list;
}

static Kvm390MapRegionList *regions_of(const GArray *regions)
{
    Kvm390MapRegionList *list = NULL, **tail = &list;

    for (unsigned i = 0; i < regions->len; i++) {
        const Region *region = region_at(regions, i);
        Kvm390MapRegion *r = g_new0(Kvm390MapRegion, 1);

        r->start_gfn = region->gfn.first;
        r->count = region->gfn.end - region->gfn.first;
        r->name = g_strdup(region->name);
        QAPI_LIST_APPEND(tail, r);
    }
    return list;
}

Kvm390Map *qmp_query_kvm390_map(bool has_start_gfn, uint64_t start_gfn,
                                bool has_count, uint64_t count,
                                bool has_shift, uint8_t shift,
                                bool has_resident, bool resident,
                                Error **errp)
{
    g_autoptr(GArray) regions = NULL;
    const Region *last;
    Kvm390MapPlan plan;
    Kvm390Map *map;
    int ret;

    if (!kvm390_enabled()) {
        error_setg(errp, "this machine does not run under -accel kvm390");
        return NULL;
    }
    regions = collect_regions();
    last = region_at(regions, regions->len - 1);
    if (!has_count) {
        count = last && last->gfn.end > start_gfn ? last->gfn.end - start_gfn
                                                  : 0;
    }
    ret = kvm390_map_plan(&plan, start_gfn, count, has_shift ? shift : -1);
    if (ret) {
        error_setg(errp, ret == -E2BIG ?
                   "a map has at most %u cells; shift is too small" :
                   "the range is empty or outside of the address space, or "
                   "shift above %u", ret == -E2BIG ? KVM390_MAP_CELLS :
                                                     KVM390_MAP_SHIFT);
        return NULL;
    }
    map = g_new0(Kvm390Map, 1);
    map->start_gfn = plan.first;
    map->shift = plan.shift;
    map->looks = plan.looks;
    map->skeys_used = kvm390_keys_used();
    map->cmma = kvm390_cmma_enabled(&kvm390_guest_cmma);
    map->runs = runs_of(&plan, regions, resident);
    map->regions = regions_of(regions);
    return map;
}
