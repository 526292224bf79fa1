/*
 * Host addresses that are reserved for guest memory of a client's
 *
 * A window is an aligned piece of the guest's addresses, up to 1 TiB, whose
 * host addresses are reserved as one block of RAM, once and for good, when
 * memory is first wanted there. The client's memory is mapped into it: so
 * memory comes and goes by a mapping, without a change of QEMU's memory map,
 * and what is known of a block's pages (dirty bits, translated code) costs what
 * is used of it. Where nothing is mapped an access is a fault (lost-pages.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_WINDOWS_H
#define KVM390_WINDOWS_H

#include "kvm390/include/compat.h"

/* Guest addresses that can be in a window. */
#define KVM390_WINDOWS_BITS 47
/* The sizes of the largest and of the smallest one. */
#define KVM390_WINDOW_MAX   (1ull << 40)
#define KVM390_WINDOW_MIN   (1ull << 28)

typedef struct Kvm390RamWindow {
    uint64_t gpa, size;     /* in bytes */
    uint8_t *host;
    MemoryRegion mr;
} Kvm390RamWindow;

/** kvm390_windows_init: once, before all else of these. BQL. */
void kvm390_windows_init(void);

/** kvm390_windows_root: all windows, at the guest's addresses. BQL. */
MemoryRegion *kvm390_windows_root(void);

/** kvm390_window_at: the window of a guest address, or NULL. Any thread. */
Kvm390RamWindow *kvm390_window_at(uint64_t gpa);

/**
 * kvm390_window_of_host: is this an address of a window?
 * @gpa: set to the guest's address then
 *
 * Any thread, a signal handler too.
 */
bool kvm390_window_of_host(const void *host, uint64_t *gpa);

/**
 * kvm390_windows_reserve: have windows for all of [@gpa, @last]
 *
 * Returns 0, or -ENOMEM where the host has no addresses left. BQL.
 */
int kvm390_windows_reserve(uint64_t gpa, uint64_t last);

/**
 * kvm390_windows_map: map a file, shared, into windows that are reserved
 * @gpa, @size: the guest's addresses, in whole pages
 * @offset: where in the file, in bytes
 *
 * Returns 0, or -ENOMEM or -EFAULT with nothing mapped in the range. Any
 * thread; one at a time for an address.
 */
int kvm390_windows_map(uint64_t gpa, uint64_t size, int fd, uint64_t offset);

/** kvm390_windows_unmap: nothing is mapped in the range any more. Likewise. */
void kvm390_windows_unmap(uint64_t gpa, uint64_t size);

/**
 * kvm390_windows_changes: how often anything was mapped or unmapped
 *
 * Any thread, a signal handler too.
 */
unsigned kvm390_windows_changes(void);

/**
 * kvm390_windows_substitute: put a page of zeros of nobody's where a page lies
 * @host: an address of the page
 * @changes: do nothing if the number is another one by now
 * @gpa, @size: set to what was replaced, which may be a larger page's
 *
 * Returns whether it did. Any thread, a signal handler too.
 */
bool kvm390_windows_substitute(void *host, unsigned changes, uint64_t *gpa,
                               uint64_t *size);

#endif
