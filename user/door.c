/*
 * /dev/kvm inside user-mode emulation (door.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/shm.h>
#include <sys/sysmacros.h>
#include "qemu.h"
#include "user-internals.h"
#include "user-mmap.h"
#include "signal-common.h"
#include "user/page-protection.h"
#include "kvm390/client/internal.h"
#include "kvm390/include/compat.h"
#include "door.h"
#include "objects.h"
#include "paths.h"

/* --- the program as libkvm390's caller --- */

static bool access_permitted(uint64_t addr, size_t len, bool store)
{
    return access_ok_untagged(store ? VERIFY_WRITE : VERIFY_READ, addr, len);
}

static void blocked_signals(sigset_t *set)
{
    *set = get_task_state(thread_cpu)->signal_mask;
}

static void signals_of_target(sigset_t *set, const void *bytes)
{
    target_to_host_sigset(set, bytes);
}

struct walk {
    uintptr_t addr, end;
    struct kvm390_mappings *list;
};

static int add_protection(void *opaque, target_ulong start, target_ulong end,
                          Kvm390PageFlags flags)
{
    const struct walk *w = opaque;
    struct kvm390_mapping m = {
        .from = MAX(w->addr, (uintptr_t)g2h_untagged(start)),
        .to = MIN(w->end, (uintptr_t)g2h_untagged(end - 1) + 1),
        .prot = (flags & PAGE_READ ? PROT_READ : 0) |
                (flags & PAGE_WRITE_ORG ? PROT_WRITE : 0),
    };

    return m.from < m.to ? kvm390_mappings_add(w->list, &m) : 0;
}

/* How the program has protected it; pages with its code are host's otherwise */
static int page_protections(uintptr_t addr, uintptr_t end,
                            struct kvm390_mappings *list)
{
    struct walk w = { addr, end, list };

    *list = (struct kvm390_mappings) { 0 };
    return walk_memory_regions(&w, add_protection);
}

static bool door_is_wanted(void)
{
    static int answer = -1;

    if (answer < 0) {
        const char *value = getenv("KVM390");

        answer = value && *value && strcmp(value, "0");
        kvm390_caller = (struct kvm390_caller) {
            .order = KVM390_BIG_ENDIAN,
            .base = guest_base,
            .detached = true,
            .permitted = access_permitted,
            .blocked = blocked_signals,
            .signals = signals_of_target,
            .lock_mappings = mmap_lock,
            .unlock_mappings = mmap_unlock,
            .protections = page_protections,
        };
    }
    return answer;
}

/* --- names --- */

static abi_long open_path(const struct kvm390_path *path, int flags)
{
    int host = (flags & O_ACCMODE) |
               (flags & TARGET_O_CLOEXEC ? O_CLOEXEC : 0);

    if (flags & TARGET_O_DIRECTORY && path->mode && !S_ISDIR(path->mode)) {
        return -TARGET_ENOTDIR;
    }
    if (flags & TARGET_O_CREAT && flags & TARGET_O_EXCL) {
        return -TARGET_EEXIST;
    }
    return get_errno(kvm390_path_is_device(path) ? kvm390_object_open(host) :
                      kvm390_path_open(path, host));
}

static abi_long store_stat(const struct stat *st, abi_ulong addr)
{
    struct target_stat *t;

    if (!lock_user_struct(VERIFY_WRITE, t, addr, 0)) {
        return -TARGET_EFAULT;
    }
    memset(t, 0, sizeof(*t));
    __put_user(st->st_dev, &t->st_dev);
    __put_user(st->st_ino, &t->st_ino);
    __put_user(st->st_nlink, &t->st_nlink);
    __put_user(st->st_mode, &t->st_mode);
    __put_user(st->st_uid, &t->st_uid);
    __put_user(st->st_gid, &t->st_gid);
    __put_user(st->st_rdev, &t->st_rdev);
    __put_user(st->st_size, &t->st_size);
    __put_user(st->st_blksize, &t->st_blksize);
    unlock_user_struct(t, addr, 1);
    return 0;
}

static abi_long store_statx(const struct stat *st, abi_ulong addr)
{
    struct target_statx *t;

    if (!lock_user_struct(VERIFY_WRITE, t, addr, 0)) {
        return -TARGET_EFAULT;
    }
    memset(t, 0, sizeof(*t));
    __put_user(STATX_BASIC_STATS, &t->stx_mask);
    __put_user(st->st_blksize, &t->stx_blksize);
    __put_user(st->st_nlink, &t->stx_nlink);
    __put_user(st->st_mode, &t->stx_mode);
    __put_user(st->st_ino, &t->stx_ino);
    __put_user(major(st->st_rdev), &t->stx_rdev_major);
    __put_user(minor(st->st_rdev), &t->stx_rdev_minor);
    unlock_user_struct(t, addr, 1);
    return 0;
}

/* Of a descriptor; false if it is not KVM's. */
static bool descriptor_stat(int fd, struct stat *st)
{
    enum kvm390_object_type type = kvm390_object_of(fd, NULL);

    if (type == KVM390_OBJECT_NONE) {
        return false;
    }
    if (type == KVM390_OBJECT_KVM) {
        kvm390_path_stat(kvm390_path_find(AT_FDCWD, "/dev/kvm", false), st);
    } else {
        *st = (struct stat) {
            .st_mode = 0600, .st_nlink = 1, .st_blksize = 4096,
        };
    }
    return true;
}

/* An access that asks for no more than the file's mode gives. */
static abi_long access_path(const struct kvm390_path *path, int mode)
{
    if (!path->mode) {
        return -TARGET_ENOENT;
    }
    return (mode & W_OK && !(path->mode & 0222)) ||
           (mode & X_OK && !(path->mode & 0111)) ? -TARGET_EACCES : 0;
}

/* What a system call does with a name: which argument has what. */
struct named {
    int number;
    signed char dir, name; /* arguments; dir -1: the working directory */
    enum { OPEN, STAT, STATX, ACCESS } does;
    signed char what;      /* flags, mode, or where to store */
    signed char flags;     /* with AT_SYMLINK_NOFOLLOW and the like, or -1 */
    bool follow;
};

static const struct named named[] = {
    { TARGET_NR_open, -1, 0, OPEN, 1, -1, true },
    { TARGET_NR_openat, 0, 1, OPEN, 2, -1, true },
    { TARGET_NR_openat2, 0, 1, OPEN, 2, -1, true },
    { TARGET_NR_stat, -1, 0, STAT, 1, -1, true },
    { TARGET_NR_lstat, -1, 0, STAT, 1, -1, false },
    { TARGET_NR_newfstatat, 0, 1, STAT, 2, 3, true },
    { TARGET_NR_statx, 0, 1, STATX, 4, 2, true },
    { TARGET_NR_access, -1, 0, ACCESS, 1, -1, true },
    { TARGET_NR_faccessat, 0, 1, ACCESS, 2, -1, true },
    { TARGET_NR_faccessat2, 0, 1, ACCESS, 2, 3, true },
};

static abi_long do_with_path(const struct named *n,
                             const struct kvm390_path *path, abi_long what)
{
    struct stat st;
    uint64_t how;

    switch (n->does) {
    case OPEN:
        if (n->number == TARGET_NR_openat2) {
            if (get_user_u64(how, what)) {
                return -TARGET_EFAULT;
            }
            what = how;
        }
        return open_path(path, what);
    case ACCESS:
        return access_path(path, what);
    default:
        if (!path->mode) {
            return -TARGET_ENOENT;
        }
        kvm390_path_stat(path, &st);
        return n->does == STAT ? store_stat(&st, what) : store_statx(&st, what);
    }
}

/* Named by a name, or by none: an empty one is the descriptor's. */
static bool with_name(const struct named *n, const abi_long arg[6],
                      abi_long *ret)
{
    int dir = n->dir < 0 ? AT_FDCWD : arg[(int)n->dir];
    int flags = n->flags < 0 ? 0 : arg[(int)n->flags];
    const struct kvm390_path *path;
    struct stat st;
    bool empty;
    char *name = lock_user_string(arg[(int)n->name]);

    if (!name) {
        return false;
    }
    empty = !*name && flags & AT_EMPTY_PATH;
    path = kvm390_path_find(dir, name, n->follow &&
                            !(flags & AT_SYMLINK_NOFOLLOW));
    unlock_user(name, arg[(int)n->name], 0);
    if (path) {
        *ret = do_with_path(n, path, arg[(int)n->what]);
        return true;
    }
    if (empty && (n->does == STAT || n->does == STATX) &&
        descriptor_stat(dir, &st)) {
        *ret = n->does == STAT ? store_stat(&st, arg[(int)n->what]) :
               store_statx(&st, arg[(int)n->what]);
        return true;
    }
    return false;
}

/* The link in /proc to a descriptor. */
static bool read_link(int dir, abi_ulong name_addr, abi_ulong to, size_t len,
                      abi_long *ret)
{
    static const char *const texts[] = {
        [KVM390_OBJECT_KVM] = "/dev/kvm",
        [KVM390_OBJECT_VM] = "anon_inode:kvm-vm",
        [KVM390_OBJECT_VCPU] = "anon_inode:kvm-vcpu:",
        [KVM390_OBJECT_DEVICE] = "anon_inode:kvm-s390-flic",
    };
    char *name = kvm390_objects() ? lock_user_string(name_addr) : NULL;
    enum kvm390_object_type type;
    char text[48];
    unsigned id = 0;
    int fd;

    if (!name) {
        return false;
    }
    fd = kvm390_path_descriptor(dir, name);
    unlock_user(name, name_addr, 0);
    type = fd < 0 ? KVM390_OBJECT_NONE : kvm390_object_of(fd, &id);
    if (type == KVM390_OBJECT_NONE) {
        return false;
    }
    snprintf(text, sizeof(text), "%s", texts[type]);
    if (type == KVM390_OBJECT_VCPU) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u", id);
    }
    len = MIN(len, strlen(text));
    *ret = kvm390_copy_out(to, text, len) ? -TARGET_EFAULT : len;
    return true;
}

/* --- descriptors --- */

static bool do_ioctl(int fd, uint32_t request, abi_ulong arg, abi_long *ret)
{
    enum kvm390_object_type type;

    if (_IOC_TYPE(request) != KVMIO) {
        type = kvm390_objects() ? kvm390_object_of(fd, NULL) :
                                  KVM390_OBJECT_NONE;
        if (type == KVM390_OBJECT_NONE || _IOC_TYPE(request) == 'T') {
            return false; /* what the kernel does with any descriptor */
        }
        *ret = type == KVM390_OBJECT_VCPU || type == KVM390_OBJECT_KVM ?
               -TARGET_EINVAL : -TARGET_ENOTTY;
        return true;
    }
    /* A signal that came before it is the program's before it runs. */
    if (request == KVM_RUN && block_signals()) {
        *ret = -QEMU_ERESTARTSYS;
    } else {
        *ret = get_errno(kvm390_object_ioctl(fd, request, arg));
    }
    return true;
}

/* The s390x system call takes its arguments from memory. */
static bool mmap_arguments(abi_ulong addr, abi_ulong v[6])
{
    int i;

    for (i = 0; i < 6; i++) {
        if (get_user_ual(v[i], addr + i * sizeof(abi_ulong))) {
            return false;
        }
    }
    return true;
}

static bool do_mmap(abi_ulong addr, abi_long *ret)
{
    abi_ulong v[6];
    int file, flags;

    if (!kvm390_objects() || !mmap_arguments(addr, v) || (int)v[4] < 0) {
        return false;
    }
    switch (kvm390_object_of(v[4], NULL)) {
    case KVM390_OBJECT_NONE:
        return false;
    case KVM390_OBJECT_VCPU:
        file = kvm390_object_file(v[4]);
        if (file >= 0) {
            flags = (v[3] & TARGET_MAP_TYPE) == TARGET_MAP_PRIVATE ?
                    MAP_PRIVATE : MAP_SHARED;
            flags |= v[3] & TARGET_MAP_FIXED ? MAP_FIXED : 0;
            *ret = get_errno(target_mmap(v[0], v[1], v[2], flags, file, v[5]));
            return true;
        }
        /* fall through */
    default:
        *ret = -TARGET_ENODEV;
        return true;
    }
}

/* The library's own are not there for the program. */
static bool close_range_around(unsigned first, unsigned last, unsigned flags,
                               abi_long *ret)
{
    unsigned fd, from = first;

    if (first > last || flags & CLOSE_RANGE_CLOEXEC) {
        return false; /* they are close-on-exec */
    }
    *ret = 0;
    for (fd = first; !*ret && fd <= last && fd < 65536; fd++) {
        if (kvm390_is_hidden(fd)) {
            if (from < fd) {
                *ret = get_errno(close_range(from, fd - 1, flags));
            }
            from = fd + 1;
        }
    }
    if (!*ret && from <= last) {
        *ret = get_errno(close_range(from, last, flags));
    }
    return true;
}

static bool close_hidden(int num, const abi_long arg[6], abi_long *ret)
{
    int fd = num == TARGET_NR_close ? arg[0] : arg[1];

    if (num == TARGET_NR_close_range) {
        return close_range_around(arg[0], arg[1], arg[2], ret);
    }
    if (kvm390_is_hidden(fd)) {
        *ret = -TARGET_EBADF;
        return true;
    }
    return false;
}

static bool discard_shared(abi_ulong addr, abi_ulong len, abi_long *ret)
{
    len = TARGET_PAGE_ALIGN(len);
    if (addr & ~TARGET_PAGE_MASK || !guest_range_valid_untagged(addr, len) ||
        !kvm390_memory_discard(g2h_untagged(addr), len)) {
        return false;
    }
    *ret = 0;
    return true;
}

/* What its file's kind does with a descriptor, and KVM's does not. */
static bool refuse_file_call(int num, int fd, abi_long *ret)
{
    if (kvm390_object_of(fd, NULL) == KVM390_OBJECT_NONE) {
        return false;
    }
    *ret = num == TARGET_NR_lseek ? 0 : -TARGET_EINVAL;
    return true;
}

static bool not_a_socket(int fd, abi_long *ret)
{
    if (kvm390_object_of(fd, NULL) == KVM390_OBJECT_NONE) {
        return false;
    }
    *ret = -TARGET_ENOTSOCK;
    return true;
}

bool kvm390_user_syscall(int num, const abi_long arg[6], abi_long *ret)
{
    size_t i;

    if (!door_is_wanted()) {
        return false;
    }
    for (i = 0; i < ARRAY_SIZE(named); i++) {
        if (num == named[i].number) {
            return with_name(&named[i], arg, ret);
        }
    }
    if (num == TARGET_NR_ioctl) {
        return do_ioctl(arg[0], arg[1], arg[2], ret);
    }
    if (!kvm390_objects()) {
        return false;
    }
    switch (num) {
    case TARGET_NR_exit_group:
        kvm390_summary_print(); /* its end runs no destructors */
        return false;
    case TARGET_NR_mmap:
        return do_mmap(arg[0], ret);
    case TARGET_NR_madvise:
        return arg[2] == MADV_DONTNEED && discard_shared(arg[0], arg[1], ret);
    case TARGET_NR_close:
    case TARGET_NR_dup2:
    case TARGET_NR_dup3:
    case TARGET_NR_close_range:
        return close_hidden(num, arg, ret);
    case TARGET_NR_fstat: {
        struct stat st;

        if (!descriptor_stat(arg[0], &st)) {
            return false;
        }
        *ret = store_stat(&st, arg[1]);
        return true;
    }
    case TARGET_NR_readlink:
        return read_link(AT_FDCWD, arg[0], arg[1], arg[2], ret);
    case TARGET_NR_readlinkat:
        return read_link(arg[0], arg[1], arg[2], arg[3], ret);
    case TARGET_NR_read:
    case TARGET_NR_write:
    case TARGET_NR_readv:
    case TARGET_NR_writev:
    case TARGET_NR_pread64:
    case TARGET_NR_pwrite64:
    case TARGET_NR_preadv:
    case TARGET_NR_pwritev:
    case TARGET_NR_preadv2:
    case TARGET_NR_pwritev2:
    case TARGET_NR_ftruncate:
    case TARGET_NR_lseek:
        return refuse_file_call(num, arg[0], ret);
    case TARGET_NR_sendto:
    case TARGET_NR_sendmsg:
    case TARGET_NR_recvfrom:
    case TARGET_NR_recvmsg:
    case TARGET_NR_bind:
    case TARGET_NR_connect:
    case TARGET_NR_listen:
    case TARGET_NR_accept4:
    case TARGET_NR_shutdown:
    case TARGET_NR_getsockname:
    case TARGET_NR_getpeername:
    case TARGET_NR_getsockopt:
    case TARGET_NR_setsockopt:
        return not_a_socket(arg[0], ret);
    default:
        return false;
    }
}

/* --- memory --- */

/* Which the VMs have to know of: the range is another mapping now. */
static void note_mapping(abi_ulong addr, abi_ulong len, int flags, int fd,
                         off_t offset)
{
    bool private = (flags & TARGET_MAP_TYPE) == TARGET_MAP_PRIVATE;
    bool anonymous = flags & TARGET_MAP_ANONYMOUS;
    void *host = g2h_untagged(addr);

    len = TARGET_PAGE_ALIGN(len);
    if (!private && !anonymous && fd >= 0) {
        kvm390_memory_register(host, len, fd, offset);
    } else if (private && anonymous &&
               !(flags & (TARGET_MAP_STACK | TARGET_MAP_GROWSDOWN))) {
        kvm390_memory_mapped(host, len);
    } else {
        kvm390_memory_forget(host, len);
    }
}

static void mmap_done(abi_ulong arguments, abi_ulong addr)
{
    abi_ulong v[6];

    if (mmap_arguments(arguments, v)) {
        note_mapping(addr, v[1], v[3], v[4], v[5]);
    }
}

static void brk_done(abi_ulong now)
{
    static abi_ulong before;

    if (before && now < before) {
        kvm390_memory_forget(g2h_untagged(now), before - now);
    }
    before = now;
}

static void shmat_done(int id, abi_ulong addr)
{
    struct shmid_ds shm;

    if (!shmctl(id, IPC_STAT, &shm)) {
        kvm390_memory_forget(g2h_untagged(addr), shm.shm_segsz);
    }
}

void kvm390_user_done(int num, const abi_long arg[6], abi_long ret)
{
    if (!door_is_wanted() || is_error(ret)) {
        return;
    }
    switch (num) {
    case TARGET_NR_mmap:
        mmap_done(arg[0], ret);
        break;
    case TARGET_NR_munmap:
        kvm390_memory_forget(g2h_untagged(arg[0]), arg[1]);
        break;
    case TARGET_NR_mprotect:
        kvm390_memory_protect(g2h_untagged(arg[0]), arg[1], arg[2]);
        break;
    case TARGET_NR_mremap:
        kvm390_memory_moved(g2h_untagged(arg[0]), arg[1]);
        kvm390_memory_forget(g2h_untagged(ret), arg[2]);
        break;
    case TARGET_NR_brk:
        brk_done(ret);
        break;
    case TARGET_NR_shmat:
        shmat_done(arg[0], ret);
        break;
    case TARGET_NR_close:
    case TARGET_NR_dup2:
    case TARGET_NR_dup3:
    case TARGET_NR_close_range:
        kvm390_objects_closed();
        break;
    }
}

/* --- PERFORM LOCKED OPERATION --- */

#define PLO 0xee
#define PLO_BYTES 6
#define TEST_BIT 0x100

bool kvm390_user_plo(CPUS390XState *env)
{
    uint8_t opcode;

    if (!door_is_wanted() || !(env->regs[0] & TEST_BIT) ||
        kvm390_copy_in(&opcode, env->psw.addr, 1) || opcode != PLO) {
        return false;
    }
    env->cc_op = kvm390_object_plo(env->regs[0] & 0xff) ? 0 : 3;
    env->psw.addr += PLO_BYTES;
    return true;
}
