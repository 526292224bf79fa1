/*
 * The mappings of this process, and how one becomes a file's
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

void kvm390_mappings_free(struct kvm390_mappings *list)
{
    if (list->m) {
        munmap(list->m, list->room * sizeof(*list->m));
    }
    *list = (struct kvm390_mappings) { 0 };
}

static int mappings_grow(struct kvm390_mappings *list)
{
    struct kvm390_mappings new = { .room = list->room ? 2 * list->room : 1024 };

    new.m = mmap(NULL, new.room * sizeof(*new.m), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (new.m == MAP_FAILED) {
        return -1;
    }
    if (list->n) {
        memcpy(new.m, list->m, list->n * sizeof(*new.m));
    }
    new.n = list->n;
    kvm390_mappings_free(list);
    *list = new;
    return 0;
}

int kvm390_mappings_add(struct kvm390_mappings *list,
                        const struct kvm390_mapping *m)
{
    if (list->n == list->room && mappings_grow(list)) {
        return -1;
    }
    list->m[list->n++] = *m;
    return 0;
}

/* <linux/fs.h> has these since 6.11. */
struct procmap_query {
    uint64_t size, query_flags, query_addr;
    uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
    uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
    uint64_t vma_name_addr, build_id_addr;
};
#define QUERY_MAPPING   _IOWR('f', 17, struct procmap_query)
#define THIS_OR_NEXT    0x10
#define IS_READABLE     1
#define IS_WRITABLE     2
#define IS_EXECUTABLE   4

static int add_part(struct kvm390_mappings *list, uintptr_t addr, uintptr_t end,
                    uintptr_t from, uintptr_t to, int prot,
                    unsigned long inode)
{
    return kvm390_mappings_add(list, &(struct kvm390_mapping) {
        .from = from > addr ? from : addr,
        .to = to < end ? to : end,
        .prot = prot,
        .inode = inode,
    });
}

/* One by one; 0, -1, or 1 where the kernel has no such question. */
static int ask_mappings(uintptr_t addr, uintptr_t end,
                        struct kvm390_mappings *list)
{
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), ret = 0;
    uintptr_t at = addr;

    while (!ret && at < end) {
        struct procmap_query q = {
            .size = sizeof(q), .query_flags = THIS_OR_NEXT, .query_addr = at,
        };

        if (ioctl(fd, QUERY_MAPPING, &q)) {
            ret = errno == ENOENT ? 0 : 1;
            break;
        }
        if (q.vma_start >= end) {
            break;
        }
        ret = add_part(list, addr, end, q.vma_start, q.vma_end,
                       (q.vma_flags & IS_READABLE ? PROT_READ : 0) |
                       (q.vma_flags & IS_WRITABLE ? PROT_WRITE : 0) |
                       (q.vma_flags & IS_EXECUTABLE ? PROT_EXEC : 0), q.inode);
        at = q.vma_end;
    }
    if (fd >= 0) {
        close(fd);
    }
    return ret;
}

/* All that there are. */
static int read_mappings(uintptr_t addr, uintptr_t end,
                         struct kvm390_mappings *list)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    int ret = maps ? 0 : -1;
    char line[512];

    while (!ret && fgets(line, sizeof(line), maps)) {
        unsigned long from, to, inode;
        char mode[5];

        if (sscanf(line, "%lx-%lx %4s %*s %*s %lu", &from, &to, mode,
                   &inode) != 4 || to <= addr) {
            continue;
        }
        if (from >= end) {
            break;
        }
        ret = add_part(list, addr, end, from, to,
                       (mode[0] == 'r' ? PROT_READ : 0) |
                       (mode[1] == 'w' ? PROT_WRITE : 0) |
                       (mode[2] == 'x' ? PROT_EXEC : 0), inode);
    }
    if (maps) {
        fclose(maps);
    }
    return ret;
}

int kvm390_mappings(uintptr_t addr, uintptr_t end,
                    struct kvm390_mappings *list)
{
    int ret;

    *list = (struct kvm390_mappings) { 0 };
    ret = ask_mappings(addr, end, list);
    if (ret > 0) {
        list->n = 0;
        ret = read_mappings(addr, end, list);
    }
    return ret;
}

static bool all_zero(const char *page, size_t len)
{
    return !page[0] && !memcmp(page, page + 1, len - 1);
}

/* Is a part of this process swapped out? mincore() can't tell that apart. */
static bool is_swapped(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    unsigned long kib = 1;
    char line[256];

    while (status && fgets(line, sizeof(line), status)) {
        if (sscanf(line, "VmSwap: %lu", &kib) == 1) {
            break;
        }
    }
    if (status) {
        fclose(status);
    }
    return kib;
}

#define WINDOW 4096 /* pages */
#define PIECE  (64 << 20)

/* <linux/fs.h> has these since 6.7. */
struct page_region {
    uint64_t start, end, categories;
};
struct pagemap_scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_PAGES      _IOWR('f', 16, struct pagemap_scan)
#define IS_PRESENT      8
#define IS_SWAPPED      16

/*
 * Which pages of private memory were ever touched; 0, or -1 where the kernel
 * has no such question. What can be read of the file instead is of the host's
 * addresses and byte order, and no emulator translates it.
 */
static int find_touched(int pagemap, char *from, size_t pages, size_t page,
                        unsigned char *touched)
{
    struct page_region regions[64];
    struct pagemap_scan scan = {
        .size = sizeof(scan), .start = (uintptr_t)from,
        .end = (uintptr_t)from + pages * page, .vec = (uintptr_t)regions,
        .vec_len = 64, .category_anyof_mask = IS_PRESENT | IS_SWAPPED,
        .return_mask = IS_PRESENT,
    };

    memset(touched, 0, pages);
    for (; scan.start < scan.end; scan.start = scan.walk_end) {
        int i, n = ioctl(pagemap, SCAN_PAGES, &scan);

        if (n < 0 || scan.walk_end <= scan.start) {
            return -1;
        }
        for (i = 0; i < n; i++) {
            memset(touched + (regions[i].start - (uintptr_t)from) / page, 1,
                   (regions[i].end - regions[i].start) / page);
        }
    }
    return 0;
}

/* Pages that were never touched need not be read. */
static int copy_window(int fd, off_t offset, char *from, size_t pages,
                       int pagemap, bool all_read)
{
    size_t page = sysconf(_SC_PAGESIZE), i;
    unsigned char present[WINDOW];

    if (find_touched(pagemap, from, pages, page, present) &&
        (all_read || mincore(from, pages * page, present))) {
        memset(present, 1, sizeof(present));
    }
    for (i = 0; i < pages; i++) {
        const char *p = from + i * page;

        if (present[i] && !all_zero(p, page) &&
            pwrite(fd, p, page, offset + i * page) != (ssize_t)page) {
            return -1;
        }
    }
    return 0;
}

/* Memory of no file is looked up in the page table, other in the page cache. */
static int copy_contents(int fd, off_t offset, char *from, size_t len,
                         bool of_file)
{
    size_t page = sysconf(_SC_PAGESIZE), at, step;
    int pagemap = of_file ? -1 : open("/proc/self/pagemap",
                                      O_RDONLY | O_CLOEXEC);
    bool all_read = is_swapped();
    int ret = 0;

    for (at = 0; !ret && at < len; at += step) {
        step = len - at < WINDOW * page ? len - at : WINDOW * page;
        ret = copy_window(fd, offset + at, from + at, step / page, pagemap,
                          all_read);
    }
    if (pagemap >= 0) {
        close(pagemap);
    }
    return ret;
}

/* Of a file, what it holds is known, also where it is swapped out. */
static int copy_stretches(int fd, off_t offset, const char *from, off_t len,
                          int source, off_t source_offset)
{
    off_t at = 0, to;

    while (at < len) {
        at = lseek(source, source_offset + at, SEEK_DATA) - source_offset;
        if (at < 0 || at >= len) {
            break; /* no more of it */
        }
        to = lseek(source, source_offset + at, SEEK_HOLE) - source_offset;
        if (to > len) {
            to = len;
        }
        for (; at < to; at += PIECE) {
            size_t n = to - at < PIECE ? to - at : PIECE;

            if (pwrite(fd, from + at, n, offset + at) != (ssize_t)n) {
                return -1;
            }
        }
        at = to;
    }
    return 0;
}

int kvm390_replace_mapping(const struct kvm390_mapping *m, int fd,
                           off_t offset, int source, off_t source_offset)
{
    size_t len = m->to - m->from;
    void *addr = (void *)m->from;

    if (!(m->prot & PROT_READ) && mprotect(addr, len, PROT_READ)) {
        return -1;
    }
    if ((source < 0 ? copy_contents(fd, offset, addr, len, m->inode) :
         copy_stretches(fd, offset, addr, len, source, source_offset)) ||
        mmap(addr, len, m->prot, MAP_SHARED | MAP_FIXED, fd, offset) ==
        MAP_FAILED) {
        mprotect(addr, len, m->prot);
        return -1;
    }
    return 0;
}
