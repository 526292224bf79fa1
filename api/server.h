/*
 * The connections of one -object kvm390-api
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SERVER_H
#define KVM390_SERVER_H

#include "api.h"

typedef struct Kvm390Server {
    Object *owner;          /* stays while there is a connection */
    QemuMutex lock;         /* of sessions */
    GPtrArray *sessions;
    bool closing;           /* atomic: QEMU ends by itself */
    unsigned complaints;    /* atomic: said, or left out */
    Kvm390Budget requests, replies;
} Kvm390Server;

/** kvm390_server_init: @owner, the object that it is a part of */
void kvm390_server_init(Kvm390Server *server, Object *owner);

/** kvm390_server_destroy: there is no connection left */
void kvm390_server_destroy(Kvm390Server *server);

/**
 * kvm390_server_opened, _closed: one more connection, or one less. Any
 * thread. The last one may be the end of @server.
 */
void kvm390_server_opened(Kvm390Server *server, Kvm390Session *s);
void kvm390_server_closed(Kvm390Server *server, Kvm390Session *s);

/** kvm390_server_full: are there as many connections as may be? Any thread. */
bool kvm390_server_full(Kvm390Server *server);

/**
 * kvm390_server_complain: say what a client did wrong, or was refused
 *
 * The first times; then each time their number has doubled, with it. Any
 * thread.
 */
void kvm390_server_complain(Kvm390Server *server, const char *what);

/** kvm390_server_close: from now on it is the server that ends. Any thread. */
void kvm390_server_close(Kvm390Server *server);

/** kvm390_server_end_sessions: every connection sees its end. Any thread. */
void kvm390_server_end_sessions(Kvm390Server *server);

/** kvm390_server_closing: is it the server that ends, not the client? */
bool kvm390_server_closing(Kvm390Server *server);

#endif
