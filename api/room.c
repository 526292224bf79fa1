/*
 * What is left when there is to be no more memory
 *
 * QEMU and GLib end the process where a small piece of memory cannot be had.
 * Where its address space is limited, what makes something new is refused as
 * long as there is room for small pieces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/resource.h>
#include "room.h"

/* Bytes: more than a vCPU or a slot takes, a thread's stack with it. */
#define SPARE (32u << 20)

bool kvm390_room_for_more(size_t len)
{
    struct rlimit limit;
    void *probe;

    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY) {
        return true;
    }
    probe = mmap(NULL, SPARE + len, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (probe == MAP_FAILED) {
        return false;
    }
    munmap(probe, SPARE + len);
    return true;
}
