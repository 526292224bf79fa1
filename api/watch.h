/*
 * The end of the client that a VM belongs to
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_WATCH_H
#define KVM390_WATCH_H

#include "server.h"

/**
 * kvm390_watch_client: from now on the process ends with the connection
 * @fd: the client's socket, which stays the caller's
 *
 * A thread that takes no lock and waits for nothing else looks after it, so
 * the process ends whatever its other threads wait for. Not if it is @server
 * that closes.
 *
 * Returns: 0 or -errno.
 */
int kvm390_watch_client(Kvm390Server *server, int fd);

#endif
