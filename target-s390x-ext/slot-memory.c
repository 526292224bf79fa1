/*
 * Memory of a client as the guest's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"
#include "kvm390/include/client-code.h"
#include "kvm390/include/slot-memory.h"
#include "lost-pages.h"
#include "windows.h"

#define TYPE_KVM390_SLOT_MEMORY "kvm390-slot-memory"

#define WORD_BYTES (64ull << TARGET_PAGE_BITS) /* dirty bits of one word */

struct Kvm390SlotFile {
    struct {
        uint64_t dev, ino;
    } key;
    int fd;
    unsigned refs;
};

static QemuMutex lock;
static Kvm390Stretches pieces;      /* lock */
static GHashTable *files;           /* lock; by key */
static bool any;                    /* atomic: there is a piece */
static unsigned map_number;         /* atomic; BQL */
static NotifierList changed;        /* BQL */

/* BQL */
static AddressSpace windows;
static IOMMUMemoryRegion region;

static void __attribute__((constructor)) init(void)
{
    qemu_mutex_init(&lock);
    notifier_list_init(&changed);
}

unsigned kvm390_map_number(void)
{
    return qatomic_load_acquire(&map_number);
}

void kvm390_map_changes(void)
{
    qatomic_set(&map_number, map_number + 1);
    /* before the map changes; pairs with the barrier in rcu_read_lock() */
    smp_mb();
}

void kvm390_map_changed(void)
{
    qatomic_store_release(&map_number, map_number + 1);
}

void kvm390_add_slot_memory_notifier(Notifier *notifier)
{
    notifier_list_add(&changed, notifier);
}

void kvm390_slot_memory_changed(void)
{
    notifier_list_notify(&changed, NULL);
}

/* --- files --- */

static guint hash_file(gconstpointer key)
{
    const Kvm390SlotFile *f = key;

    return f->key.ino * 31 + f->key.dev;
}

static gboolean same_file(gconstpointer a, gconstpointer b)
{
    const Kvm390SlotFile *x = a, *y = b;

    return x->key.ino == y->key.ino && x->key.dev == y->key.dev;
}

Kvm390SlotFile *kvm390_slot_file_open(int fd)
{
    Kvm390SlotFile *new, *old;
    struct stat st;

    if (fstat(fd, &st)) {
        return NULL;
    }
    new = g_new0(Kvm390SlotFile, 1);
    new->key.dev = st.st_dev;
    new->key.ino = st.st_ino;
    new->fd = fd;
    new->refs = 1;
    QEMU_LOCK_GUARD(&lock);
    if (!files) {
        files = g_hash_table_new(hash_file, same_file);
    }
    old = g_hash_table_lookup(files, new);
    if (!old) {
        g_hash_table_add(files, new);
        return new;
    }
    g_free(new);
    close(fd);
    old->refs++;
    return old;
}

/* Under the lock. */
static void put_file(Kvm390SlotFile *file, unsigned n)
{
    file->refs -= n;
    if (!file->refs) {
        g_hash_table_remove(files, file);
        close(file->fd);
        g_free(file);
    }
}

void kvm390_slot_file_unref(Kvm390SlotFile *file)
{
    QEMU_LOCK_GUARD(&lock);
    put_file(file, 1);
}

/* --- pieces --- */

int kvm390_slot_memory_reserve(uint64_t gpa, uint64_t size)
{
    return kvm390_windows_reserve(gpa, gpa + (size - 1));
}

int kvm390_slot_memory_add(uint64_t gpa, uint64_t size, uint64_t hva,
                           Kvm390SlotFile *file, uint64_t offset)
{
    uint64_t last = gpa + (size - 1);
    int ret = kvm390_windows_map(gpa, size, file->fd, offset);

    if (ret) {
        return ret;
    }
    kvm390_map_changes();
    WITH_QEMU_LOCK_GUARD(&lock) {
        kvm390_stretches_add(&pieces, &(Kvm390Stretch) {
            .gpa = gpa, .last = last, .hva = hva, .file = file,
            .offset = offset,
        });
        file->refs++;
        qatomic_set(&any, true);
    }
    kvm390_map_changed();
    kvm390_slot_memory_changed();
    return 0;
}

void kvm390_slot_memory_remove(uint64_t gpa, uint64_t size)
{
    Kvm390Stretch taken;
    uint64_t last;
    int stay;

    kvm390_map_changes();
    WITH_QEMU_LOCK_GUARD(&lock) {
        while ((stay = kvm390_stretches_take(&pieces, gpa, gpa + (size - 1),
                                             &taken)) >= 0) {
            if (stay) {
                ((Kvm390SlotFile *)taken.file)->refs += stay - 1;
            } else {
                put_file(taken.file, 1);
            }
        }
        qatomic_set(&any, kvm390_stretches_last(&pieces, &last));
    }
    kvm390_map_changed();
    kvm390_slot_memory_changed();
}

/* The part of [gpa, gpa + size) in the window of @gpa, as a part of a block. */
static uint64_t in_window(uint64_t gpa, uint64_t size, Kvm390RamWindow **w,
                          ram_addr_t *offset)
{
    *w = kvm390_window_at(gpa);
    *offset = gpa - (*w)->gpa;
    return MIN(size, (*w)->size - *offset);
}

void kvm390_slot_memory_release(uint64_t gpa, uint64_t size)
{
    uint64_t at, n, end = gpa + size;
    ram_addr_t offset;
    Kvm390RamWindow *w;

    for (at = gpa; at < end; at += n) {
        if (!kvm390_window_at(at)) {
            n = MIN(end - at, KVM390_WINDOW_MIN - at % KVM390_WINDOW_MIN);
            continue;
        }
        n = in_window(at, end - at, &w, &offset);
        kvm390_forget_client_code(memory_region_get_ram_addr(&w->mr) + offset,
                                  n);
        kvm390_windows_unmap(at, n);
    }
}

bool kvm390_slot_memory_find(uint64_t gpa, Kvm390Stretch *stretch)
{
    static __thread struct {
        unsigned map;
        Kvm390Stretch stretch;
    } kept = { .map = 1 };
    unsigned map = kvm390_map_number();
    const Kvm390Stretch *found;

    if (!qatomic_read(&any)) {
        return false;
    }
    if (kept.map == map && kept.stretch.gpa <= gpa &&
        gpa <= kept.stretch.last) {
        *stretch = kept.stretch;
        return true;
    }
    QEMU_LOCK_GUARD(&lock);
    found = kvm390_stretches_find(&pieces, gpa);
    if (found) {
        *stretch = *found;
        if (!(map & 1)) {
            kept.map = map;
            kept.stretch = *found;
        }
    }
    return found;
}

bool kvm390_slot_memory_overlaps(uint64_t gpa, uint64_t size)
{
    const Kvm390Stretch *s;

    if (!size) {
        return false;
    }
    QEMU_LOCK_GUARD(&lock);
    s = kvm390_stretches_from(&pieces, gpa);
    return s && s->gpa <= gpa + (size - 1);
}

uint64_t kvm390_slot_memory_end(void)
{
    uint64_t last;

    QEMU_LOCK_GUARD(&lock);
    return kvm390_stretches_last(&pieces, &last) ? last + 1 : 0;
}

void kvm390_slot_memory_mend(void)
{
    uint64_t gpa, size;

    if (likely(!kvm390_lost_pages())) {
        return;
    }
    QEMU_LOCK_GUARD(&lock);
    while (kvm390_lost_pages_take(&gpa, &size)) {
        const Kvm390Stretch *s = kvm390_stretches_find(&pieces, gpa);

        if (s && size - 1 <= s->last - gpa) {
            kvm390_windows_map(gpa, size, ((Kvm390SlotFile *)s->file)->fd,
                               s->offset + (gpa - s->gpa));
        }
    }
}

/* --- dirty pages --- */

static bool take_dirty(Kvm390RamWindow *w, ram_addr_t offset, uint64_t size)
{
    return physical_memory_test_and_clear_dirty(
        memory_region_get_ram_addr(&w->mr) + offset, size, DIRTY_MEMORY_VGA);
}

static void set_bit_of(uint8_t *map, uint64_t page)
{
    map[page / 8] |= 1 << page % 8;
}

/* Page by page: what is less than a word's, of which others have some. */
static void take_edge(Kvm390RamWindow *w, ram_addr_t offset, uint64_t size,
                      uint8_t *map, uint64_t page)
{
    for (; size; offset += TARGET_PAGE_SIZE, size -= TARGET_PAGE_SIZE, page++) {
        if (take_dirty(w, offset, TARGET_PAGE_SIZE)) {
            set_bit_of(map, page);
        }
    }
}

static void take_words(Kvm390RamWindow *w, ram_addr_t offset, uint64_t size,
                       uint8_t *map, uint64_t page)
{
    g_autofree DirtyBitmapSnapshot *snap = NULL;
    uint64_t at;

    if (!size) {
        return;
    }
    snap = memory_region_snapshot_and_clear_dirty(&w->mr, offset, size,
                                                  DIRTY_MEMORY_VGA);
    for (at = 0; at < size; at += TARGET_PAGE_SIZE, page++) {
        if (memory_region_snapshot_get_dirty(&w->mr, snap, offset + at,
                                             TARGET_PAGE_SIZE)) {
            set_bit_of(map, page);
        }
    }
}

/* QEMU's block offsets are multiples of a word's as well. */
static void take_part(Kvm390RamWindow *w, ram_addr_t offset, uint64_t size,
                      uint8_t *map, uint64_t page)
{
    uint64_t head = MIN(size, -offset % WORD_BYTES);
    uint64_t words = (size - head) & -WORD_BYTES;
    uint64_t tail = size - head - words;

    take_edge(w, offset, head, map, page);
    page += head >> TARGET_PAGE_BITS;
    take_words(w, offset + head, words, map, page);
    page += words >> TARGET_PAGE_BITS;
    take_edge(w, offset + head + words, tail, map, page);
}

void kvm390_slot_memory_get_dirty(uint64_t gpa, uint64_t size, uint8_t *map)
{
    uint64_t at, n;
    ram_addr_t offset;
    Kvm390RamWindow *w;

    for (at = 0; at < size; at += n) {
        n = in_window(gpa + at, size - at, &w, &offset);
        if (map) {
            take_part(w, offset, n, map, at >> TARGET_PAGE_BITS);
        } else {
            take_dirty(w, offset, n);
        }
    }
}

/*
 * A page that comes into a TLB. Its block started clean: as if code had been
 * translated from all of it. The first time, it becomes a page without code;
 * the bit for migration, which means nothing here, says that this was done.
 * Code is translated only after a page was in a TLB, thus after that.
 */
static void page_is_used(uint64_t gpa)
{
    Kvm390RamWindow *w = kvm390_window_at(gpa);
    ram_addr_t page = memory_region_get_ram_addr(&w->mr) +
                      ((gpa - w->gpa) & TARGET_PAGE_MASK);

    if (physical_memory_get_dirty_flag(page, DIRTY_MEMORY_MIGRATION)) {
        return;
    }
    QEMU_LOCK_GUARD(&lock);
    if (!physical_memory_get_dirty_flag(page, DIRTY_MEMORY_MIGRATION)) {
        physical_memory_set_dirty_range(page, TARGET_PAGE_SIZE,
                                        1 << DIRTY_MEMORY_CODE);
        physical_memory_set_dirty_range(page, TARGET_PAGE_SIZE,
                                        1 << DIRTY_MEMORY_MIGRATION);
    }
}

/* --- the memory map --- */

static IOMMUTLBEntry translate_address(IOMMUMemoryRegion *iommu, hwaddr addr,
                                       IOMMUAccessFlags flag, int index)
{
    IOMMUTLBEntry entry = {
        .target_as = &windows,
        .iova = addr & TARGET_PAGE_MASK,
        .translated_addr = addr & TARGET_PAGE_MASK,
        .addr_mask = ~TARGET_PAGE_MASK,
        .perm = IOMMU_NONE,
    };
    Kvm390Stretch s;

    if (kvm390_slot_memory_find(addr, &s)) {
        entry.addr_mask = kvm390_stretch_mask(&s, addr, KVM390_WINDOW_MAX);
        entry.iova = entry.translated_addr = addr & ~entry.addr_mask;
        entry.perm = IOMMU_RW;
        if (flag == IOMMU_NONE) { /* a TLB entry is made */
            page_is_used(addr);
        }
    }
    return entry;
}

static int attrs_to_index(IOMMUMemoryRegion *iommu, MemTxAttrs attrs)
{
    return 0;
}

void kvm390_slot_memory_init(void)
{
    kvm390_windows_init();
    kvm390_lost_pages_init();
    address_space_init(&windows, kvm390_windows_root(), "kvm390-windows");
    memory_region_init_iommu(&region, sizeof(region), TYPE_KVM390_SLOT_MEMORY,
                             NULL, "kvm390-slots", 1ull << KVM390_WINDOWS_BITS);
    memory_region_add_subregion(get_system_memory(), 0,
                                MEMORY_REGION(&region));
}

bool kvm390_is_slot_memory(const MemoryRegion *mr)
{
    return mr == kvm390_windows_root();
}

void kvm390_slot_memory_cpu(CPUState *cs)
{
    hwaddr at, len = TARGET_PAGE_SIZE;
    int prot = PAGE_READ;

    RCU_READ_LOCK_GUARD();
    address_space_translate_for_iotlb(cs, 0, 0, &at, &len,
                                      MEMTXATTRS_UNSPECIFIED, &prot);
}

typedef struct {
    flatview_cb each;
    void *opaque;
    uint64_t gpa, end;  /* pieces side by side so far */
} Walk;

static void tell_pieces(Walk *walk)
{
    ram_addr_t offset;
    Kvm390RamWindow *w;
    uint64_t at, n;

    for (at = walk->gpa; at < walk->end; at += n) {
        n = in_window(at, walk->end - at, &w, &offset);
        walk->each(int128_make64(at), int128_make64(n), &w->mr, offset,
                   walk->opaque);
    }
}

static gboolean walk_piece(gpointer key, gpointer value, gpointer opaque)
{
    const Kvm390Stretch *s = value;
    Walk *walk = opaque;

    if (walk->end != s->gpa) {
        tell_pieces(walk);
        walk->gpa = s->gpa;
    }
    walk->end = s->last + 1;
    return FALSE;
}

void kvm390_for_each_memory(flatview_cb each, void *opaque)
{
    Walk walk = { each, opaque };

    WITH_RCU_READ_LOCK_GUARD() {
        flatview_for_each_range(
            address_space_to_flatview(&address_space_memory), each, opaque);
    }
    QEMU_LOCK_GUARD(&lock);
    if (pieces.by_last) {
        g_tree_foreach(pieces.by_last, walk_piece, &walk);
        tell_pieces(&walk);
    }
}

static void class_init(ObjectClass *oc, Kvm390ClassData *data)
{
    IOMMUMemoryRegionClass *imrc = IOMMU_MEMORY_REGION_CLASS(oc);

    imrc->translate = translate_address;
    imrc->attrs_to_index = attrs_to_index;
}

static const TypeInfo slot_memory_type = {
    .name = TYPE_KVM390_SLOT_MEMORY,
    .parent = TYPE_IOMMU_MEMORY_REGION,
    .class_init = class_init,
};

static void register_types(void)
{
    type_register_static(&slot_memory_type);
}

type_init(register_types)
