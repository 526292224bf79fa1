/*
 * The names by which a program finds KVM (paths.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX_LINKS 8
#define KVM_MINOR 232 /* of 10, the miscellaneous devices */

static const struct kvm390_path paths[] = {
    { "/dev/kvm", S_IFCHR | 0666, NULL },
    { "/proc/misc", S_IFREG | 0444, NULL },
    { "/sys/module/kvm", S_IFDIR | 0755, NULL },
    { "/sys/module/kvm/refcnt", S_IFREG | 0444, "1\n" },
    { "/sys/module/kvm/parameters", S_IFDIR | 0755, NULL },
    { "/sys/module/kvm/parameters/nested", S_IFREG | 0444, "0\n" },
    { "/sys/module/kvm/parameters/hpage", S_IFREG | 0444, "0\n" },
    { "/sys/module/kvm/parameters/use_gisa", S_IFREG | 0644, "N\n" },
    { "/sys/class/misc/kvm", S_IFDIR | 0755, NULL },
    { "/sys/class/misc/kvm/dev", S_IFREG | 0444, "10:232\n" },
};

bool kvm390_path_is_device(const struct kvm390_path *path)
{
    return S_ISCHR(path->mode);
}

/* Take out ".", ".." and what is between two slashes. */
static void tidy_path(char *path)
{
    char *out = path, *in = path;

    while (*in) {
        size_t n = strcspn(in + 1, "/") + 1;

        if (n == 3 && !memcmp(in, "/..", 3)) {
            while (out > path && *--out != '/') {
            }
        } else if (n > 1 && !(n == 2 && in[1] == '.')) {
            memmove(out, in, n);
            out += n;
        }
        in += n;
    }
    *out = '\0';
}

/* @name from the root on; false if there is none, or it is too long. */
static bool absolute_path(int dir, const char *name, char out[PATH_MAX])
{
    char link[40];
    ssize_t n = 0;

    if (name[0] != '/') {
        if (dir == AT_FDCWD) {
            strcpy(link, "/proc/self/cwd");
        } else {
            snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
        }
        n = readlink(link, out, PATH_MAX - 1);
        if (n <= 0 || out[0] != '/') {
            return false;
        }
    }
    if (snprintf(out + n, PATH_MAX - n, "/%s", name) >= PATH_MAX - n) {
        return false;
    }
    tidy_path(out);
    return true;
}

static const struct kvm390_path *row_of(const char *path)
{
    static const char module[] = "/sys/module/kvm/";
    static const struct kvm390_path nothing = { .mode = 0 };
    size_t i;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (!strcmp(path, paths[i].name)) {
            return &paths[i];
        }
    }
    /* What a host's KVM has there is not this one's. */
    return strncmp(path, module, sizeof(module) - 1) ? NULL : &nothing;
}

/* The folder's real name, and the last part as it is. */
static bool real_folder(char path[PATH_MAX])
{
    char folder[PATH_MAX], *last = strrchr(path, '/');
    size_t n, room;
    bool ok;

    if (!last || last == path) {
        return false;
    }
    n = strlen(last) + 1;
    *last = '\0';
    ok = realpath(path, folder);
    *last = '/';
    room = ok ? strlen(folder) : 0;
    if (!ok || room + n > PATH_MAX) {
        return false;
    }
    memmove(path + room, last, n);
    memcpy(path, folder, room);
    return true;
}

const struct kvm390_path *kvm390_path_find(int dir, const char *name,
                                           bool follow)
{
    char path[PATH_MAX], link[PATH_MAX];
    const struct kvm390_path *row;
    int saved = errno, links;
    ssize_t n;

    if (!*name || !absolute_path(dir, name, path)) {
        return NULL;
    }
    for (links = 0; links < MAX_LINKS; links++) {
        row = row_of(path);
        if (!row && real_folder(path)) {
            row = row_of(path);
        }
        n = row || !follow ? -1 : readlink(path, link, sizeof(link) - 1);
        if (n <= 0) {
            break;
        }
        link[n] = '\0';
        if (link[0] != '/') {
            strrchr(path, '/')[0] = '\0';
            if (strlen(path) + n + 2 > PATH_MAX) {
                break;
            }
            strcat(path, "/");
            strcat(path, link);
            tidy_path(path);
        } else if (!absolute_path(AT_FDCWD, link, path)) {
            break;
        }
    }
    errno = saved;
    return row;
}

/* The host's list of them, with KVM's line. */
static void write_misc(int fd)
{
    FILE *host = fopen("/proc/misc", "re");
    char line[80];

    dprintf(fd, "%d kvm\n", KVM_MINOR);
    while (host && fgets(line, sizeof(line), host)) {
        if (!strstr(line, " kvm\n")) {
            dprintf(fd, "%s", line);
        }
    }
    if (host) {
        fclose(host);
    }
}

int kvm390_path_open(const struct kvm390_path *path, int flags)
{
    int fd;

    if (!path->mode || S_ISDIR(path->mode)) {
        errno = ENOENT;
        return -1;
    }
    if ((flags & O_ACCMODE) != O_RDONLY) {
        errno = EACCES;
        return -1;
    }
    fd = memfd_create("kvm", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
    if (fd >= 0) {
        if (path->text) {
            dprintf(fd, "%s", path->text);
        } else {
            write_misc(fd);
        }
        lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

void kvm390_path_stat(const struct kvm390_path *path, struct stat *st)
{
    *st = (struct stat) {
        .st_mode = path->mode, .st_nlink = S_ISDIR(path->mode) ? 2 : 1,
        .st_blksize = 4096, .st_ino = 1 + (path - paths),
    };
    if (kvm390_path_is_device(path)) {
        st->st_rdev = makedev(10, KVM_MINOR);
    }
}

int kvm390_path_descriptor(int dir, const char *name)
{
    int saved = errno, fd = -1, n = 0, digits = 0;
    char path[PATH_MAX];
    unsigned pid;

    if (*name && absolute_path(dir, name, path)) {
        if (!strncmp(path, "/dev/fd/", 8)) {
            n = 8;
        } else if (!strncmp(path, "/proc/self/fd/", 14)) {
            n = 14;
        } else if (sscanf(path, "/proc/%u/fd/%n", &pid, &n) == 1 &&
                   pid != (unsigned)getpid()) {
            n = 0;
        }
        if (n && (sscanf(path + n, "%d%n", &fd, &digits) != 1 ||
                  path[n + digits])) {
            fd = -1;
        }
    }
    errno = saved;
    return fd;
}
