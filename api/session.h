/*
 * One client's connection
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SESSION_H
#define KVM390_SESSION_H

#include "api.h"

/**
 * kvm390_session_new: a connection
 * @fd: its socket, which is taken over on success
 *
 * Returns NULL if that is not a UNIX stream socket, or without memory for it.
 * Any thread.
 */
Kvm390Session *kvm390_session_new(struct Kvm390Server *server, int fd);

/**
 * kvm390_session_start: serve it by a thread of its own, which frees it
 *
 * Returns: 0, or -EAGAIN where there can be no thread; the caller frees it.
 */
int kvm390_session_start(Kvm390Session *s);

/**
 * kvm390_session_serve: answer a request, if one comes within a moment
 * @stop: ends that moment when it becomes true; may be NULL
 *
 * Returns 1 if it did, 0 if none came, -1 if the connection is over. Blocks
 * only as long as the ioctl does; on a connection that is not a vCPU's also
 * until the client takes the reply. Without the BQL.
 */
int kvm390_session_serve(Kvm390Session *s, const bool *stop);

/** kvm390_session_free: close it */
void kvm390_session_free(Kvm390Session *s);

#endif
