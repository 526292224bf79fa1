/*
 * The mappings of this process, and how one becomes a file's
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
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

int kvm390_mappings(uintptr_t addr, uintptr_t end,
                    struct kvm390_mappings *list)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    int ret = maps ? 0 : -1;
    char line[512];

    *list = (struct kvm390_mappings) { 0 };
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
        ret = kvm390_mappings_add(list, &(struct kvm390_mapping) {
            .from = from > addr ? from : addr,
            .to = to < end ? to : end,
            .prot = (mode[0] == 'r' ? PROT_READ : 0) |
                    (mode[1] == 'w' ? PROT_WRITE : 0) |
                    (mode[2] == 'x' ? PROT_EXEC : 0),
            .inode = inode,
        });
    }
    if (maps) {
        fclose(maps);
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

/* Pages that were never touched need not be read. */
static int copy_window(int fd, off_t offset, char *from, size_t pages,
                       bool all_read)
{
    size_t page = sysconf(_SC_PAGESIZE), i;
    unsigned char present[WINDOW];

    if (all_read || mincore(from, pages * page, present)) {
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

static int copy_contents(int fd, off_t offset, char *from, size_t len)
{
    size_t page = sysconf(_SC_PAGESIZE), at, step;
    bool all_read = is_swapped();

    for (at = 0; at < len; at += step) {
        step = len - at < WINDOW * page ? len - at : WINDOW * page;
        if (copy_window(fd, offset + at, from + at, step / page, all_read)) {
            return -1;
        }
    }
    return 0;
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
    if ((source < 0 ? copy_contents(fd, offset, addr, len) :
         copy_stretches(fd, offset, addr, len, source, source_offset)) ||
        mmap(addr, len, m->prot, MAP_SHARED | MAP_FIXED, fd, offset) ==
        MAP_FAILED) {
        mprotect(addr, len, m->prot);
        return -1;
    }
    return 0;
}
