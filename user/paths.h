/*
 * The names by which a program finds KVM
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_USER_PATHS_H
#define KVM390_USER_PATHS_H

#include <stdbool.h>
#include <sys/stat.h>

/* What is not there on a host without KVM, or is another machine's. */
struct kvm390_path {
    const char *name;
    mode_t mode;
    const char *text; /* of a file; NULL: made by kvm390_path_text() */
};

/**
 * kvm390_path_find: is this name KVM's?
 * @dir: what it is relative to, as in openat()
 * @name: in any spelling
 * @follow: through a symbolic link in its last part
 *
 * Returns a row of the table, or NULL.
 */
const struct kvm390_path *kvm390_path_find(int dir, const char *name,
                                           bool follow);

/** kvm390_path_is_device: is it /dev/kvm? */
bool kvm390_path_is_device(const struct kvm390_path *path);

/** kvm390_path_open: a descriptor of a file's text, or -1 with errno set. */
int kvm390_path_open(const struct kvm390_path *path, int flags);

/** kvm390_path_stat: as stat() would say of it */
void kvm390_path_stat(const struct kvm390_path *path, struct stat *st);

/**
 * kvm390_path_descriptor: is this the link in /proc to a descriptor?
 *
 * Returns its number, or -1.
 */
int kvm390_path_descriptor(int dir, const char *name);

#endif
