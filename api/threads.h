/*
 * Threads whose making may fail
 *
 * QEMU's own way ends the process if there can be no more threads. What a
 * client asks for is refused instead.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_THREADS_H
#define KVM390_THREADS_H

/**
 * kvm390_thread_start: run a function in a thread of its own
 * @name: up to 15 characters
 *
 * The thread takes no signals but those of its own faults; nobody joins it.
 *
 * Returns: 0, or -EAGAIN where there can be no more threads. Any thread.
 */
int kvm390_thread_start(const char *name, void *(*run)(void *), void *opaque);

/* A thread that is there and has nothing to do yet. */
typedef struct Kvm390Reserve Kvm390Reserve;

/** kvm390_thread_reserve: such a thread, or NULL. Any thread. */
Kvm390Reserve *kvm390_thread_reserve(const char *name);

/**
 * kvm390_thread_use: give it something to do
 * @run: NULL: the thread ends
 */
void kvm390_thread_use(Kvm390Reserve *reserve, void *(*run)(void *),
                       void *opaque);

#endif
