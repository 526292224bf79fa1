/*
 * Memory of the caller that a VM shares
 *
 * A list of ranges, each of them a piece of a file. A range that a slot names
 * and that is in no file yet is replaced by a mapping of a memfd.
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
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
    bool shared;      /* a VM has it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of ranges */
static struct range *ranges;
static bool told; /* a VM was told of protected memory */

static int duplicate(int fd)
{
    return kvm390_hide(fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

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
    *r = (struct range) { ranges, addr, end, fd, offset, was_private, false };
    ranges = r;
    return 0;
}

static bool is_shared(uintptr_t addr, uintptr_t end)
{
    struct range *r;

    for (r = ranges; r; r = r->next) {
        if (r->shared && r->addr < end && addr < r->end) {
            return true;
        }
    }
    return false;
}

/* A range that VMs have is another one now: they lose it. */
static void lost(uintptr_t addr, uintptr_t end, bool shared)
{
    if (shared) {
        __atomic_store_n(&told, true, __ATOMIC_RELAXED);
        kvm390_tell_protection(NULL, addr, end - addr, PROT_NONE);
    }
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
            int fd = r->fd < 0 ? -1 : duplicate(r->fd);

            if (!add(end, r->end, fd, r->offset + (end - r->addr),
                     r->was_private)) {
                ranges->shared = r->shared;
            }
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
            kvm390_unhide(r->fd);
        }
        free(r);
    }
}

int kvm390_memory_register(void *addr, size_t len, int fd, uint64_t offset)
{
    uintptr_t start = (uintptr_t)addr;
    int copy = duplicate(fd);
    bool shared;

    if (copy < 0) {
        return -1;
    }
    pthread_mutex_lock(&lock);
    shared = is_shared(start, start + len);
    forget(start, start + len);
    if (add(start, start + len, copy, offset, false)) {
        kvm390_unhide(copy);
        copy = -1;
    }
    pthread_mutex_unlock(&lock);
    lost(start, start + len, shared);
    return copy < 0 ? -1 : 0;
}

void kvm390_memory_mapped(void *addr, size_t len)
{
    uintptr_t start = (uintptr_t)addr;
    bool shared;

    pthread_mutex_lock(&lock);
    shared = is_shared(start, start + len);
    forget(start, start + len);
    add(start, start + len, -1, 0, true);
    pthread_mutex_unlock(&lock);
    lost(start, start + len, shared);
}

void kvm390_memory_forget(void *addr, size_t len)
{
    uintptr_t start = (uintptr_t)addr;
    uintptr_t page = sysconf(_SC_PAGESIZE);
    uintptr_t end = (start + len + page - 1) & -page;
    bool shared;

    pthread_mutex_lock(&lock);
    shared = is_shared(start, end);
    forget(start, end);
    pthread_mutex_unlock(&lock);
    lost(start, end, shared);
}

void kvm390_memory_protect(void *addr, size_t len, int prot)
{
    uintptr_t start = (uintptr_t)addr;
    uintptr_t page = sysconf(_SC_PAGESIZE);
    uintptr_t end = (start + len + page - 1) & -page;
    bool shared;

    pthread_mutex_lock(&lock);
    shared = is_shared(start, end);
    pthread_mutex_unlock(&lock);
    if (shared) {
        __atomic_store_n(&told, true, __ATOMIC_RELAXED);
        kvm390_tell_protection(NULL, start, end - start, prot);
    }
}

/* Tell of [from, to), a part of one mapping or of what is not mapped. */
static void tell_part(struct kvm390_vm *vm, uintptr_t from, uintptr_t to,
                      int prot)
{
    const int all = PROT_READ | PROT_WRITE;

    if (from >= to || ((prot & all) == all &&
                       !__atomic_load_n(&told, __ATOMIC_RELAXED))) {
        return;
    }
    __atomic_store_n(&told, true, __ATOMIC_RELAXED);
    kvm390_tell_protection(vm, from, to - from, prot);
}

void kvm390_memory_tell(struct kvm390_vm *vm, void *addr, size_t len)
{
    uintptr_t at = (uintptr_t)addr, end = at + len;
    struct kvm390_mappings list;
    size_t i;

    int (*find)(uintptr_t, uintptr_t, struct kvm390_mappings *) =
        kvm390_caller.protections ? kvm390_caller.protections :
                                    kvm390_mappings;

    if (!find(at, end, &list)) {
        for (i = 0; i < list.n; i++) {
            tell_part(vm, at, list.m[i].from, PROT_NONE);
            tell_part(vm, list.m[i].from, list.m[i].to, list.m[i].prot);
            at = list.m[i].to;
        }
        tell_part(vm, at, end, PROT_NONE);
    }
    kvm390_mappings_free(&list);
}

/* Of which range is this mapping? NULL: of none that is in a file. */
static const struct range *range_of(const struct kvm390_mapping *m)
{
    const struct range *r = find(m->from, m->from + 1, true);
    struct stat st;

    return r && !fstat(r->fd, &st) && st.st_ino == m->inode ? r : NULL;
}

/* What is not mapped stays so; the guest finds no memory there. */
static int replace(uintptr_t addr, uintptr_t end)
{
    struct kvm390_mappings list;
    int ret = kvm390_mappings(addr, end, &list);
    int fd = kvm390_hide(memfd_create("kvm390-memory", MFD_CLOEXEC));
    size_t i;

    if (fd < 0 || ftruncate(fd, end - addr)) {
        ret = -1;
    }
    for (i = 0; !ret && i < list.n; i++) {
        const struct kvm390_mapping *m = &list.m[i];
        const struct range *r = range_of(m);

        ret = kvm390_replace_mapping(m, fd, m->from - addr, r ? r->fd : -1,
                                     r ? r->offset + (m->from - r->addr) : 0);
    }
    if (ret) {
        goto out;
    }
    forget(addr, end);
    ret = add(addr, end, fd, 0, true);

out:
    if (ret && fd >= 0) {
        kvm390_unhide(fd);
    }
    kvm390_mappings_free(&list);
    return ret;
}

/* Is there no other mapping in [addr, end) than that of @fd? */
static bool still_mapped(uintptr_t addr, uintptr_t end, int fd)
{
    struct kvm390_mappings list;
    struct stat st;
    bool ok = !kvm390_mappings(addr, end, &list) && !fstat(fd, &st);
    size_t i;

    for (i = 0; ok && i < list.n; i++) {
        ok = list.m[i].inode == st.st_ino;
    }
    kvm390_mappings_free(&list);
    return ok;
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

/* Is some of this range in a file that has to stay: a VM's or the program's? */
static bool in_lasting_file(uintptr_t addr, uintptr_t end)
{
    struct range *r;

    for (r = ranges; r; r = r->next) {
        uintptr_t from = r->addr > addr ? r->addr : addr;
        uintptr_t to = r->end < end ? r->end : end;

        if (r->fd >= 0 && from < to &&
            (!r->was_private || kvm390_slots_have(from, to))) {
            return true;
        }
    }
    return false;
}

static void lock_mappings(void)
{
    if (kvm390_caller.lock_mappings) {
        kvm390_caller.lock_mappings();
    }
}

static void unlock_mappings(void)
{
    if (kvm390_caller.unlock_mappings) {
        kvm390_caller.unlock_mappings();
    }
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
    lock_mappings();
    pthread_mutex_lock(&lock);
    refresh(start, end);
    r = find(start, end, true);
    if (!r) {
        struct range *own = find(start, end, false);

        if (own && own->end - own->addr > LARGE) {
            own = NULL;
        }

        if (in_lasting_file(start, end)) {
            errno = ENOTSUP;
        } else if (!replace(own ? own->addr : start, own ? own->end : end)) {
            r = find(start, end, true);
        }
    }
    if (r) {
        *offset = r->offset + (start - r->addr);
        fd = r->fd;
        r->shared = true;
    }
    pthread_mutex_unlock(&lock);
    unlock_mappings();
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

/* --- fork() --- */

/* Still mapped there is the file; what a child stores becomes its own. */
static void make_private(const struct range *r)
{
    struct kvm390_mappings list;
    struct stat st;
    size_t i;

    if (!kvm390_mappings(r->addr, r->end, &list) && !fstat(r->fd, &st)) {
        for (i = 0; i < list.n; i++) {
            const struct kvm390_mapping *m = &list.m[i];

            if (m->inode == st.st_ino) {
                mmap((void *)m->from, m->to - m->from, m->prot,
                     MAP_PRIVATE | MAP_FIXED, r->fd,
                     r->offset + (m->from - r->addr));
            }
        }
    }
    kvm390_mappings_free(&list);
}

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

static void forked(void)
{
    struct range *r;

    for (r = ranges; r; r = r->next) {
        if (r->fd >= 0 && r->was_private) {
            make_private(r);
        }
        r->fd = -1; /* hidden ones are closed */
        r->shared = false;
    }
    while ((r = ranges)) {
        ranges = r->next;
        free(r);
    }
    pthread_mutex_unlock(&lock);
}

/* Before the one of caller.c, which closes the descriptors. */
__attribute__((constructor(101))) static void memory_init(void)
{
    pthread_atfork(before_fork, after_fork, forked);
}
