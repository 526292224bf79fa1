/*
 * Host addresses that are reserved for guest memory of a client's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include "cpu.h"
#include "qemu/madvise.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "kvm390/include/ram-clean.h"
#include "windows.h"

#define CHUNK_BITS  28          /* KVM390_WINDOW_MIN */
#define MAX_WINDOWS 2048        /* QEMU's memory map holds 4096 sections */

/* Smaller ones are for where the host has no addresses for large ones. */
static const unsigned window_bits[] = { 40, 36, 32, CHUNK_BITS };

/* Both only ever get more, under the BQL; read by anyone. */
static Kvm390RamWindow *by_chunk[1u << (KVM390_WINDOWS_BITS - CHUNK_BITS)];
static Kvm390RamWindow *windows[MAX_WINDOWS];
static unsigned nr_windows;

static MemoryRegion root;           /* BQL */
static const MemoryRegion *making;  /* BQL: the one that is being made */

/* What is mapped where changes under it. Innermost; also in signal handlers. */
static QemuSpin mapping;
static unsigned changes;            /* atomic; written under it */

void kvm390_windows_init(void)
{
    memory_region_init(&root, NULL, "kvm390-windows",
                       1ull << KVM390_WINDOWS_BITS);
    qemu_spin_init(&mapping);
}

MemoryRegion *kvm390_windows_root(void)
{
    return &root;
}

bool kvm390_ram_starts_clean(const MemoryRegion *mr)
{
    return mr == making;
}

Kvm390RamWindow *kvm390_window_at(uint64_t gpa)
{
    return gpa >> KVM390_WINDOWS_BITS ? NULL :
           qatomic_load_acquire(&by_chunk[gpa >> CHUNK_BITS]);
}

bool kvm390_window_of_host(const void *host, uint64_t *gpa)
{
    unsigned i, n = qatomic_load_acquire(&nr_windows);

    for (i = 0; i < n; i++) {
        uintptr_t offset = (uintptr_t)host - (uintptr_t)windows[i]->host;

        if (offset < windows[i]->size) {
            *gpa = windows[i]->gpa + offset;
            return true;
        }
    }
    return false;
}

static bool is_free(uint64_t gpa, uint64_t size)
{
    uint64_t at;

    for (at = gpa; at < gpa + size; at += 1ull << CHUNK_BITS) {
        if (by_chunk[at >> CHUNK_BITS]) {
            return false;
        }
    }
    return true;
}

/*
 * Aligned, so that large pages fit. QEMU ends where it finds no room for what
 * it keeps of a block, three bits a page: room is left for that.
 */
static uint8_t *reserve_addresses(uint64_t size)
{
    uint64_t align = size >= 1ull << 32 ? 1ull << 30 : 1ull << 21;
    uint64_t all = size + align + size / 8192 + (16ull << 20);
    uint8_t *at = mmap(NULL, all, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *from;

    if (at == MAP_FAILED) {
        return NULL;
    }
    from = QEMU_ALIGN_PTR_UP(at, align);
    if (from > at) {
        munmap(at, from - at);
    }
    munmap(from + size, at + all - (from + size));
    return from;
}

static void make_window(uint64_t gpa, uint64_t size, uint8_t *host)
{
    g_autofree char *name = g_strdup_printf("kvm390-window-%" PRIx64, gpa);
    Kvm390RamWindow *w = g_new0(Kvm390RamWindow, 1);
    uint64_t at;

    w->gpa = gpa;
    w->size = size;
    w->host = host;
    making = &w->mr;
    memory_region_init_ram_ptr(&w->mr, NULL, name, size, host);
    making = NULL;
    w->mr.ram_block->flags |= RAM_SHARED;
    memory_region_transaction_begin();
    memory_region_set_log(&w->mr, true, DIRTY_MEMORY_VGA);
    memory_region_add_subregion(&root, gpa, &w->mr);
    memory_region_transaction_commit();
    windows[nr_windows] = w;
    qatomic_store_release(&nr_windows, nr_windows + 1);
    for (at = gpa; at < gpa + size; at += 1ull << CHUNK_BITS) {
        qatomic_store_release(&by_chunk[at >> CHUNK_BITS], w);
    }
}

/* Where addresses are limited a window is not to take what others need. */
static uint64_t largest_window(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY ?
           KVM390_WINDOW_MAX : MAX(limit.rlim_cur / 16, KVM390_WINDOW_MIN);
}

/* A window around an address that is in none. */
static bool window_around(uint64_t gpa)
{
    uint64_t largest = largest_window();
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(window_bits); i++) {
        uint64_t size = 1ull << window_bits[i];
        uint8_t *host;

        if (size > largest || nr_windows == MAX_WINDOWS ||
            !is_free(gpa & -size, size)) {
            continue;
        }
        host = reserve_addresses(size);
        if (host) {
            make_window(gpa & -size, size, host);
            return true;
        }
    }
    return false;
}

int kvm390_windows_reserve(uint64_t gpa, uint64_t last)
{
    Kvm390RamWindow *w;

    g_assert(bql_locked());
    if (last >> KVM390_WINDOWS_BITS) {
        return -ENOMEM;
    }
    for (; gpa <= last; gpa = w->gpa + w->size) {
        w = kvm390_window_at(gpa);
        if (!w) {
            if (!window_around(gpa)) {
                return -ENOMEM;
            }
            w = kvm390_window_at(gpa);
        }
    }
    return 0;
}

/* All that changes a mapping. */
static bool place_mapping(uint8_t *host, uint64_t size, int prot, int flags,
                          int fd, uint64_t offset)
{
    void *at;

    qemu_spin_lock(&mapping);
    at = mmap(host, size, prot, flags | MAP_FIXED, fd, offset);
    qatomic_set(&changes, changes + 1);
    qemu_spin_unlock(&mapping);
    return at != MAP_FAILED;
}

static bool place_nothing(uint8_t *host, uint64_t size)
{
    return place_mapping(host, size, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static bool place_file(uint8_t *host, uint64_t size, int fd, uint64_t offset)
{
    if (!place_mapping(host, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                       offset)) {
        return false;
    }
    qemu_madvise(host, size, QEMU_MADV_HUGEPAGE);
    qemu_madvise(host, size, QEMU_MADV_DONTFORK);
    return true;
}

/* How much of a range from @gpa on lies in its window, and where. */
static uint64_t part_in_window(uint64_t gpa, uint64_t size, uint8_t **host)
{
    Kvm390RamWindow *w = kvm390_window_at(gpa);
    uint64_t offset = gpa - w->gpa;

    *host = w->host + offset;
    return MIN(size, w->size - offset);
}

int kvm390_windows_map(uint64_t gpa, uint64_t size, int fd, uint64_t offset)
{
    uint64_t done, n;
    uint8_t *host;

    for (done = 0; done < size; done += n) {
        n = part_in_window(gpa + done, size - done, &host);
        if (!place_file(host, n, fd, offset + done)) {
            int ret = errno == ENOMEM ? -ENOMEM : -EFAULT;

            kvm390_windows_unmap(gpa, size);
            return ret;
        }
    }
    return 0;
}

void kvm390_windows_unmap(uint64_t gpa, uint64_t size)
{
    uint64_t n;
    uint8_t *host;

    for (; size; gpa += n, size -= n) {
        n = part_in_window(gpa, size, &host);
        if (!place_nothing(host, n)) {
            /* No room for one more mapping; what was there goes anyway. */
            madvise(host, n, MADV_DONTNEED);
            mprotect(host, n, PROT_NONE);
        }
    }
}

unsigned kvm390_windows_changes(void)
{
    return qatomic_load_acquire(&changes);
}

bool kvm390_windows_substitute(void *host, unsigned then, uint64_t *gpa,
                               uint64_t *size)
{
    /* A part of a large page can't be replaced. */
    static const unsigned page_bits[] = { 12, 16, 20, 21, 25, 30 };
    bool done = false;
    unsigned i;

    qemu_spin_lock(&mapping);
    for (i = 0; i < ARRAY_SIZE(page_bits) && !done && changes == then; i++) {
        *size = 1ull << page_bits[i];
        host = (void *)((uintptr_t)host & -*size);
        done = *size >= qemu_real_host_page_size() &&
               mmap(host, *size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
                    -1, 0) != MAP_FAILED;
    }
    if (done) {
        qatomic_set(&changes, changes + 1);
        done = kvm390_window_of_host(host, gpa);
    }
    qemu_spin_unlock(&mapping);
    return done;
}
