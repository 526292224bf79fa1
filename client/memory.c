/*
 * Memory of the caller that a VM shares
 *
 * Ranges, each of them a piece of a file. A range that a slot names and that is
 * in no file yet is replaced by a mapping of a memfd: a large one of its own, a
 * small one of a file that all small ones share, as there may be as many of
 * them as KVM has slots. No place in that file is used twice.
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a larger mapping only the slot's range is looked through and copied. */
#define LARGE (256ull << 30)

/* Pieces up to this lie in the shared file. */
#define SMALL (1ull << 20)
#define SHARED_SIZE (1ull << 62)

struct range {
    uintptr_t addr, end;
    int fd;          /* -1: private, the program's own mapping */
    uint64_t offset;
    bool was_private; /* before it was replaced */
    bool shared;      /* a VM has it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static void *ranges; /* a tree: they do not overlap, those that do are equal */
static int small_fd = -1; /* the file of the small ones */
static uint64_t small_used; /* bytes of it */
static bool told; /* a VM was told of protected memory */

static int compare_ranges(const void *a, const void *b)
{
    const struct range *x = a, *y = b;

    return x->end <= y->addr ? -1 : y->end <= x->addr ? 1 : 0;
}

static struct range *any_in(uintptr_t addr, uintptr_t end)
{
    const struct range key = { .addr = addr, .end = end };
    struct range **found = addr < end ? tfind(&key, &ranges, compare_ranges) :
                                        NULL;

    return found ? *found : NULL;
}

/* The first range that has some of [addr, end), or NULL. */
static struct range *first_in(uintptr_t addr, uintptr_t end)
{
    struct range *r = any_in(addr, end), *before;

    while (r && (before = any_in(addr, r->addr))) {
        r = before;
    }
    return r;
}

static int duplicate_fd(int fd)
{
    return fd == small_fd ? fd : kvm390_hide(fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

static void put_fd(int fd)
{
    if (fd >= 0 && fd != small_fd) {
        kvm390_unhide(fd);
    }
}

static struct range *find_range(uintptr_t addr, uintptr_t end, bool file)
{
    struct range *r = any_in(addr, addr + 1);

    return r && end <= r->end && (r->fd >= 0) == file ? r : NULL;
}

/* Where nothing is listed yet. Takes the descriptor, but where it fails. */
static struct range *add_range(const struct range *range)
{
    struct range *r = malloc(sizeof(*r));

    if (r) {
        *r = *range;
        if (!tsearch(r, &ranges, compare_ranges)) {
            free(r);
            r = NULL;
        }
    }
    return r;
}

static bool is_shared(uintptr_t addr, uintptr_t end)
{
    struct range *r;

    for (r = first_in(addr, end); r; r = first_in(r->end, end)) {
        if (r->shared) {
            return true;
        }
    }
    return false;
}

/* A range that VMs have is another one now: they lose it. */
static void tell_lost(uintptr_t addr, uintptr_t end, bool shared)
{
    if (shared) {
        __atomic_store_n(&told, true, __ATOMIC_RELAXED);
        kvm390_tell_protection(NULL, addr, end - addr, PROT_NONE);
    }
}

/* A part of a range that was cut; without memory for it, it is forgotten. */
static void add_rest(const struct range *of, uintptr_t addr, uintptr_t end)
{
    struct range rest = *of;

    if (addr < end) {
        rest.addr = addr;
        rest.end = end;
        rest.offset += addr - of->addr;
        rest.fd = of->fd < 0 ? -1 : duplicate_fd(of->fd);
        if (!add_range(&rest)) {
            put_fd(rest.fd);
        }
    }
}

/* What was a range in the shared file is mapped no more: it is given back. */
static void give_back(const struct range *r, uintptr_t addr, uintptr_t end)
{
    uintptr_t from = r->addr > addr ? r->addr : addr;
    uintptr_t to = r->end < end ? r->end : end;

    if (r->fd >= 0 && r->fd == small_fd) {
        fallocate(r->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  r->offset + (from - r->addr), to - from);
    }
}

/* Nothing is listed in [addr, end) any more; @gone: nor mapped elsewhere. */
static void forget_ranges(uintptr_t addr, uintptr_t end, bool gone)
{
    struct range *r;

    while ((r = any_in(addr, end))) {
        if (gone) {
            give_back(r, addr, end);
        }
        tdelete(r, &ranges, compare_ranges);
        add_rest(r, r->addr, addr);
        add_rest(r, end, r->end);
        put_fd(r->fd);
        free(r);
    }
}

/* @new, or nothing, takes the place of what is listed in [addr, end). */
static bool change_ranges(uintptr_t addr, uintptr_t end, bool gone,
                          const struct range *new)
{
    bool shared, ok;

    pthread_mutex_lock(&lock);
    shared = is_shared(addr, end);
    forget_ranges(addr, end, gone);
    ok = !new || add_range(new);
    pthread_mutex_unlock(&lock);
    tell_lost(addr, end, shared);
    return ok;
}

int kvm390_memory_register(void *addr, size_t len, int fd, uint64_t offset)
{
    struct range range = {
        .addr = (uintptr_t)addr, .end = (uintptr_t)addr + len,
        .fd = duplicate_fd(fd), .offset = offset,
    };

    if (range.fd < 0) {
        return -1;
    }
    if (!change_ranges(range.addr, range.end, true, &range)) {
        put_fd(range.fd);
        return -1;
    }
    return 0;
}

void kvm390_memory_mapped(void *addr, size_t len)
{
    const struct range range = {
        .addr = (uintptr_t)addr, .end = (uintptr_t)addr + len,
        .fd = -1, .was_private = true,
    };

    change_ranges(range.addr, range.end, true, &range);
}

/* The end of a range that may end within a page. */
static uintptr_t page_end(uintptr_t addr, size_t len)
{
    uintptr_t page = sysconf(_SC_PAGESIZE);

    return (addr + len + page - 1) & -page;
}

void kvm390_memory_forget(void *addr, size_t len)
{
    change_ranges((uintptr_t)addr, page_end((uintptr_t)addr, len), true, NULL);
}

void kvm390_memory_moved(void *addr, size_t len)
{
    change_ranges((uintptr_t)addr, page_end((uintptr_t)addr, len), false, NULL);
}

void kvm390_memory_protect(void *addr, size_t len, int prot)
{
    uintptr_t start = (uintptr_t)addr;
    uintptr_t end = page_end(start, len);
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
    const struct range *r = find_range(m->from, m->from + 1, true);
    struct stat st;

    return r && !fstat(r->fd, &st) && st.st_ino == m->inode ? r : NULL;
}

static int new_file(uint64_t size)
{
    int fd = kvm390_hide(memfd_create("kvm390-memory",
                                      MFD_CLOEXEC | MFD_ALLOW_SEALING));

    if (fd >= 0 && (ftruncate(fd, size) ||
                    fcntl(fd, F_ADD_SEALS,
                          F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))) {
        kvm390_unhide(fd);
        fd = -1;
    }
    return fd;
}

/* Room in a file, which is zero: a descriptor and the offset. */
static int take_room(uint64_t size, uint64_t *offset)
{
    *offset = 0;
    if (size > SMALL) {
        return new_file(size);
    }
    if (small_fd < 0) {
        small_fd = new_file(SHARED_SIZE);
        small_used = 0;
    }
    if (small_fd < 0 || size > SHARED_SIZE - small_used) {
        return -1;
    }
    *offset = small_used;
    small_used += size;
    return small_fd;
}

/* What is not mapped stays so; the guest finds no memory there. */
static int replace_by_file(uintptr_t addr, uintptr_t end)
{
    struct range new = { .addr = addr, .end = end, .was_private = true };
    struct kvm390_mappings list;
    int ret = kvm390_mappings(addr, end, &list);
    size_t i;

    new.fd = take_room(end - addr, &new.offset);
    if (new.fd < 0) {
        ret = -1;
    }
    for (i = 0; !ret && i < list.n; i++) {
        const struct kvm390_mapping *m = &list.m[i];
        const struct range *r = range_of(m);

        ret = kvm390_replace_mapping(m, new.fd, new.offset + (m->from - addr),
                                     r ? r->fd : -1,
                                     r ? r->offset + (m->from - r->addr) : 0);
    }
    if (!ret) {
        forget_ranges(addr, end, true);
        ret = add_range(&new) ? 0 : -1;
    }
    if (ret) {
        put_fd(new.fd);
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
static void refresh_ranges(uintptr_t addr, uintptr_t end)
{
    struct range *r;

    for (r = first_in(addr, end); r; r = first_in(addr, end)) {
        uintptr_t from = r->addr > addr ? r->addr : addr;
        uintptr_t to = r->end < end ? r->end : end;

        if (r->fd >= 0 && !still_mapped(from, to, r->fd)) {
            forget_ranges(from, to, false);
        }
        addr = to;
    }
}

/* Is some of this range in a file that has to stay: a VM's or the program's? */
static bool in_lasting_file(uintptr_t addr, uintptr_t end)
{
    struct range *r;

    for (r = first_in(addr, end); r; r = first_in(r->end, end)) {
        uintptr_t from = r->addr > addr ? r->addr : addr;
        uintptr_t to = r->end < end ? r->end : end;

        if (r->fd >= 0 && (!r->was_private || kvm390_slots_have(from, to))) {
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
    refresh_ranges(start, end);
    r = find_range(start, end, true);
    if (!r) {
        struct range *own = find_range(start, end, false);

        if (own && own->end - own->addr > LARGE) {
            own = NULL;
        }
        if (in_lasting_file(start, end)) {
            errno = ENOTSUP;
        } else if (!replace_by_file(own ? own->addr : start,
                                    own ? own->end : end)) {
            r = find_range(start, end, true);
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
    r = find_range(start, start + len, true);
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

static void memory_forked(void)
{
    struct range *r;

    while ((r = first_in(0, UINTPTR_MAX))) {
        if (r->fd >= 0 && r->was_private) {
            make_private(r);
        }
        tdelete(r, &ranges, compare_ranges);
        free(r);
    }
    small_fd = -1; /* hidden ones are closed */
    pthread_mutex_unlock(&lock);
}

/* Before the one of caller.c, which closes the descriptors. */
__attribute__((constructor(101))) static void memory_init(void)
{
    pthread_atfork(before_fork, after_fork, memory_forked);
}
