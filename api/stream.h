/*
 * Messages on a socket, put together without waiting
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_STREAM_H
#define KVM390_STREAM_H

#include "kvm390/include/wire.h"

/* What long requests and replies of a server's clients may take together. */
typedef struct Kvm390Budget {
    size_t taken;       /* bytes; atomic */
} Kvm390Budget;

/** kvm390_budget_take: false if there is no room for @len bytes. Any thread. */
bool kvm390_budget_take(Kvm390Budget *budget, size_t len);

/** kvm390_budget_give: back what was taken. Any thread. */
void kvm390_budget_give(Kvm390Budget *budget, size_t len);

/* One connection's socket, and what has come of the next request. */
typedef struct Kvm390Stream {
    int fd;
    uint8_t *buf;       /* for most requests */
    uint8_t *large;     /* for one that is longer, or NULL */
    size_t have, total; /* bytes of the request; total is 0 before its head */
    Kvm390Budget *budget; /* that large is taken from */
    int passed;         /* the descriptor that came with it, or -1 */
} Kvm390Stream;

/* A request that is complete; its bytes are the stream's. */
typedef struct Kvm390Request {
    struct kvm390_head head;    /* in host order */
    uint8_t *arg, *buf;
    int fd;                     /* the client's descriptor, or -1 */
} Kvm390Request;

/**
 * kvm390_stream_open: take over a connected UNIX stream socket
 * @budget: for requests that are long; outlives @s
 *
 * Returns false, with @fd left alone, if it is something else, or without
 * memory for it.
 */
bool kvm390_stream_open(Kvm390Stream *s, int fd, Kvm390Budget *budget);

/** kvm390_stream_close: close the socket, drop what has come. */
void kvm390_stream_close(Kvm390Stream *s);

/**
 * kvm390_stream_read: take what has come of a request
 * @why: what is wrong, or NULL at the end of a connection
 *
 * Never waits, whatever the client does to its copy of the socket: half a
 * message stays here until the rest of it comes.
 *
 * Returns 1 if @r is complete, 0 if not, -1 if the connection is over.
 */
int kvm390_stream_read(Kvm390Stream *s, Kvm390Request *r, const char **why);

/** kvm390_stream_done: the request is answered, its bytes are not needed. */
void kvm390_stream_done(Kvm390Stream *s, Kvm390Request *r);

/**
 * kvm390_stream_write: send a message
 * @fd: a descriptor that rides along, or -1
 * @wait: until the client makes room; without it, no room is an error
 *
 * Returns 0 or -errno; -EAGAIN if there is no room.
 */
int kvm390_stream_write(Kvm390Stream *s, struct iovec *iov, unsigned n,
                        int fd, bool wait);

#endif
