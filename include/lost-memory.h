/*
 * Did this thread access guest memory that is not there?
 *
 * How that can be, and what happens: target-s390x-ext/lost-pages.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_LOST_MEMORY_H
#define KVM390_LOST_MEMORY_H

#include <stdbool.h>

/**
 * kvm390_lost_memory_thread: this thread accesses guest memory of a client's
 *
 * Once, in a thread that QEMU made: these have SIGBUS blocked.
 */
void kvm390_lost_memory_thread(void);

/** kvm390_lost_memory_begin: ask about accesses from now on. Any thread. */
void kvm390_lost_memory_begin(void);

/**
 * kvm390_lost_memory_met: did the thread access memory that was lost?
 *
 * Since kvm390_lost_memory_begin() or the last time that this was true. Any
 * thread.
 */
bool kvm390_lost_memory_met(void);

#endif
