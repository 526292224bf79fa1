/*
 * The caller's memory, and descriptors that are not the caller's
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/uio.h>

struct kvm390_caller kvm390_caller = { .order = KVM390_HOST_ORDER };

/*
 * Where a sandbox refuses process_vm_readv(): by way of a file, which is slow,
 * but says EFAULT as well.
 */
static ssize_t copy_by_file(void *to, const void *from, size_t len)
{
    int fd = memfd_create("kvm390-copy", MFD_CLOEXEC);
    ssize_t n = -1;

    if (fd >= 0) {
        n = pwrite(fd, from, len, 0);
        if (n > 0) {
            n = pread(fd, to, n, 0);
        }
        close(fd);
    }
    return n;
}

/* Copy within this process, as the kernel does it; 0, or -1 with EFAULT. */
static int copy_memory(void *to, const void *from, size_t len, bool in)
{
    struct iovec local = { in ? to : (void *)from, len };
    struct iovec remote = { in ? (void *)from : to, len };
    int saved = errno;
    ssize_t n;

    if (!len) {
        return 0;
    }
    n = in ? process_vm_readv(getpid(), &local, 1, &remote, 1, 0) :
             process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
    if (n < 0 && (errno == EPERM || errno == ENOSYS)) {
        n = copy_by_file(to, from, len);
    }
    errno = n == (ssize_t)len ? saved : EFAULT;
    return n == (ssize_t)len ? 0 : -1;
}

static bool is_permitted(uint64_t addr, size_t len, bool store)
{
    if (addr + len < addr || (kvm390_caller.permitted &&
                              !kvm390_caller.permitted(addr, len, store))) {
        errno = EFAULT;
        return false;
    }
    return true;
}

int kvm390_copy_in(void *to, uint64_t from, size_t len)
{
    return is_permitted(from, len, false) ?
           copy_memory(to, (void *)(kvm390_caller.base + from), len, true) : -1;
}

int kvm390_copy_out(uint64_t to, const void *from, size_t len)
{
    return is_permitted(to, len, true) ?
           copy_memory((void *)(kvm390_caller.base + to), from, len, false) :
           -1;
}

/* --- descriptors --- */

#define MAX_HIDDEN 65536
#define WORD (8 * sizeof(unsigned long))

static unsigned long hidden[MAX_HIDDEN / WORD]; /* atomic */

static void mark_hidden(int fd, bool on)
{
    unsigned long bit = 1ul << fd % WORD;

    if (fd >= MAX_HIDDEN) {
        return;
    }
    if (on) {
        __atomic_fetch_or(&hidden[fd / WORD], bit, __ATOMIC_RELAXED);
    } else {
        __atomic_fetch_and(&hidden[fd / WORD], ~bit, __ATOMIC_RELAXED);
    }
}

int kvm390_hide(int fd)
{
    struct rlimit limit = { .rlim_cur = 1024 };
    int saved = errno, from, up;

    if (fd < 0) {
        return fd;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    from = limit.rlim_cur < MAX_HIDDEN ? limit.rlim_cur / 2 : MAX_HIDDEN / 2;
    up = fcntl(fd, F_DUPFD_CLOEXEC, from);
    if (up >= 0) {
        close(fd);
        fd = up;
    }
    mark_hidden(fd, true);
    errno = saved;
    return fd;
}

void kvm390_unhide(int fd)
{
    mark_hidden(fd, false);
    close(fd);
}

bool kvm390_is_hidden(int fd)
{
    return fd >= 0 && fd < MAX_HIDDEN &&
           __atomic_load_n(&hidden[fd / WORD], __ATOMIC_RELAXED) &
           (1ul << fd % WORD);
}

static void caller_forked(void)
{
    int fd;

    for (fd = 0; fd < MAX_HIDDEN; fd++) {
        if (kvm390_is_hidden(fd)) {
            kvm390_unhide(fd);
        }
    }
}

/* Last of the constructors, so that the others' handlers have descriptors. */
__attribute__((constructor)) static void caller_init(void)
{
    pthread_atfork(NULL, NULL, caller_forked);
}
