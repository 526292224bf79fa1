/*
 * Memory of the caller that a VM shares
 *
 * A list of ranges, each of them a piece of a file. A range that a slot names
 * and that is in no file yet is replaced by a mapping of a memfd.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a larger mapping only the slot's range is looked through and copied. */
#define LARGE (8ull << 30)

struct range {
    struct range *next;
    uintptr_t addr, end;
    int fd;          /* -1: private, the program's own mapping */
    uint64_t offset;
    bool was_private; /* before it was replaced */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of ranges */
static struct range *ranges;

static struct range *find(uintptr_t addr, uintptr_t end, bool file)
{
    struct range *r;

    for (r = ranges; r; r = r->next) {
        if (r->addr <= addr && end <= r->end && (r->fd >= 0) == file) {
            return r;
        }
    }
    return NULL;
}

static int add(uintptr_t addr, uintptr_t end, int fd, uint64_t offset,
               bool was_private)
{
    struct range *r = malloc(sizeof(*r));

    if (!r) {
        return -1;
    }
    *r = (struct range) { ranges, addr, end, fd, offset, was_private };
    ranges = r;
    return 0;
}

/* Cut [addr, end) out of the list. */
static void forget(uintptr_t addr, uintptr_t end)
{
    struct range **p = &ranges, *r;

    while ((r = *p)) {
        if (r->end <= addr || end <= r->addr) {
            p = &r->next;
            continue;
        }
        if (end < r->end) {
            int fd = r->fd < 0 ? -1 : fcntl(r->fd, F_DUPFD_CLOEXEC, 3);

            add(end, r->end, fd, r->offset + (end - r->addr), r->was_private);
        }
        if (r->addr < addr) {
            r->end = addr;
            p = &r->next;
            continue;
        }
        /* add() may have put an entry in front of this one */
        for (p = &ranges; *p != r; p = &(*p)->next) {
        }
        *p = r->next;
        if (r->fd >= 0) {
            close(r->fd);
        }
        free(r);
    }
}

int kvm390_memory_register(void *addr, size_t len, int fd, uint64_t offset)
{
    uintptr_t start = (uintptr_t)addr;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    if (copy < 0) {
        return -1;
    }
    pthread_mutex_lock(&lock);
    forget(start, start + len);
    if (add(start, start + len, copy, offset, false)) {
        close(copy);
        copy = -1;
    }
    pthread_mutex_unlock(&lock);
    return copy < 0 ? -1 : 0;
}

void kvm390_memory_mapped(void *addr, size_t len)
{
    uintptr_t start = (uintptr_t)addr;

    pthread_mutex_lock(&lock);
    forget(start, start + len);
    add(start, start + len, -1, 0, true);
    pthread_mutex_unlock(&lock);
}

void kvm390_memory_forget(void *addr, size_t len)
{
    uintptr_t start = (uintptr_t)addr;
    uintptr_t page = sysconf(_SC_PAGESIZE);

    pthread_mutex_lock(&lock);
    forget(start, (start + len + page - 1) & -page);
    pthread_mutex_unlock(&lock);
}

/* The protection of a mapped range, or -1 if part of it is not mapped. */
static int protection(uintptr_t addr, uintptr_t end)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    int prot = -1;

    while (maps && addr < end && fgets(line, sizeof(line), maps)) {
        unsigned long from, to;
        char mode[5];

        if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 ||
            addr < from || addr >= to) {
            continue;
        }
        prot = (mode[0] == 'r' ? PROT_READ : 0) |
               (mode[1] == 'w' ? PROT_WRITE : 0) |
               (mode[2] == 'x' ? PROT_EXEC : 0);
        addr = to;
    }
    if (maps) {
        fclose(maps);
    }
    return addr >= end ? prot : -1;
}

static bool all_zero(const char *page, size_t len)
{
    return !page[0] && !memcmp(page, page + 1, len - 1);
}

/* Is a part of this process swapped out? mincore() can't tell that apart. */
static bool swapped(void)
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

/* Pages that were never touched need not be read. */
static int copy_window(int fd, char *from, size_t at, size_t pages,
                       bool all_read)
{
    size_t page = sysconf(_SC_PAGESIZE), i;
    unsigned char present[WINDOW];

    if (all_read || mincore(from + at, pages * page, present)) {
        memset(present, 1, sizeof(present));
    }
    for (i = 0; i < pages; i++) {
        const char *p = from + at + i * page;

        if (present[i] && !all_zero(p, page) &&
            pwrite(fd, p, page, at + i * page) != (ssize_t)page) {
            return -1;
        }
    }
    return 0;
}

static int copy_contents(int fd, char *from, size_t len)
{
    size_t page = sysconf(_SC_PAGESIZE), at, step;
    bool all_read = swapped();

    for (at = 0; at < len; at += step) {
        step = len - at < WINDOW * page ? len - at : WINDOW * page;
        if (copy_window(fd, from, at, step / page, all_read)) {
            return -1;
        }
    }
    return 0;
}

static int replace(uintptr_t addr, uintptr_t end)
{
    int prot = protection(addr, end);
    int fd;

    if (prot < 0) {
        errno = EFAULT;
        return -1;
    }
    fd = memfd_create("kvm390-memory", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, end - addr)) {
        goto fail;
    }
    if (prot & PROT_READ && copy_contents(fd, (char *)addr, end - addr)) {
        goto fail;
    }
    if (mmap((void *)addr, end - addr, prot, MAP_SHARED | MAP_FIXED, fd, 0) ==
        MAP_FAILED) {
        goto fail;
    }
    forget(addr, end);
    if (add(addr, end, fd, 0, true)) {
        goto fail;
    }
    return 0;

fail:
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* Is this still the mapping of @fd, all along? */
static bool still_mapped(uintptr_t addr, uintptr_t end, int fd)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    struct stat st;

    if (fstat(fd, &st)) {
        st.st_ino = 0;
    }
    while (maps && addr < end && fgets(line, sizeof(line), maps)) {
        unsigned long from, to, inode;

        if (sscanf(line, "%lx-%lx %*s %*s %*s %lu", &from, &to, &inode) == 3 &&
            addr >= from && addr < to) {
            if (inode != st.st_ino) {
                break;
            }
            addr = to;
        }
    }
    if (maps) {
        fclose(maps);
    }
    return addr >= end;
}

/* Forget what was unmapped behind the library's back. */
static void refresh(uintptr_t addr, uintptr_t end)
{
    struct range *r, *next;

    for (r = ranges; r; r = next) {
        uintptr_t from = r->addr > addr ? r->addr : addr;
        uintptr_t to = r->end < end ? r->end : end;

        next = r->next;
        if (r->fd >= 0 && from < to && !still_mapped(from, to, r->fd)) {
            forget(from, to);
            next = ranges; /* the list may have changed anywhere */
        }
    }
}

/* Does some slot's memory lie partly in this range? Then it must stay. */
static bool overlaps_file(uintptr_t addr, uintptr_t end)
{
    struct range *r;

    for (r = ranges; r; r = r->next) {
        if (r->fd >= 0 && r->addr < end && addr < r->end) {
            return true;
        }
    }
    return false;
}

int kvm390_memory_share(void *addr, size_t len, uint64_t *offset)
{
    uintptr_t start = (uintptr_t)addr, end = start + len;
    struct range *r;
    int fd = -1;

    if (end < start) {
        errno = EFAULT;
        return -1;
    }
    pthread_mutex_lock(&lock);
    refresh(start, end);
    r = find(start, end, true);
    if (!r) {
        struct range *own = find(start, end, false);

        if (own && own->end - own->addr > LARGE) {
            own = NULL;
        }

        if (overlaps_file(start, end)) {
            errno = ENOTSUP;
        } else if (!replace(own ? own->addr : start, own ? own->end : end)) {
            r = find(start, end, true);
        }
    }
    if (r) {
        *offset = r->offset + (start - r->addr);
        fd = r->fd;
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

bool kvm390_memory_discard(void *addr, size_t len)
{
    uintptr_t start = (uintptr_t)addr;
    struct range *r;
    bool done = false;

    pthread_mutex_lock(&lock);
    r = find(start, start + len, true);
    if (r && r->was_private) {
        done = !fallocate(r->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                          r->offset + (start - r->addr), len);
    }
    pthread_mutex_unlock(&lock);
    return done;
}
