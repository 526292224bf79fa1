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
 * Returns NULL with @errp set. Any thread.
 */
Kvm390Session *kvm390_session_new(struct Kvm390Api *api, int fd, Error **errp);

/** kvm390_session_start: serve it by a thread of its own, which frees it. */
void kvm390_session_start(Kvm390Session *s);

/**
 * kvm390_session_serve: read one request, answer it
 *
 * Blocks. Returns 0, or -1 if the connection is over. Without the BQL.
 */
int kvm390_session_serve(Kvm390Session *s);

/** kvm390_session_free: close it. In VM mode the first one ends the VM. */
void kvm390_session_free(Kvm390Session *s);

/* Of the object that the session belongs to: it keeps a list. Any thread. */
void kvm390_api_session_opened(struct Kvm390Api *api, Kvm390Session *s);
void kvm390_api_session_closed(struct Kvm390Api *api, Kvm390Session *s);

#endif
