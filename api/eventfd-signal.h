/*
 * Writing to a client's eventfd without waiting for it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_EVENTFD_SIGNAL_H
#define KVM390_EVENTFD_SIGNAL_H

/**
 * kvm390_eventfd_signal_init: before the first signal
 *
 * Returns: 0 or -errno. BQL.
 */
int kvm390_eventfd_signal_init(void);

/**
 * kvm390_eventfd_signal: add 1 to an eventfd
 *
 * One that is full stays so. A write() would wait there; whether it does is a
 * property of the open file, which the client may change at any time. BQL.
 */
void kvm390_eventfd_signal(int fd);

#endif
