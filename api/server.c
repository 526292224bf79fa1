/*
 * The connections of one -object kvm390-api
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/resource.h>
#include <sys/socket.h>
#include "server.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"

/* One for every vCPU of a few clients, and descriptors are left for others. */
#define MAX_SESSIONS 1024

/* Lines about clients that are always said. */
#define COMPLAINTS 20

void kvm390_server_init(Kvm390Server *server, Object *owner)
{
    server->owner = owner;
    qemu_mutex_init(&server->lock);
    server->sessions = g_ptr_array_new();
}

void kvm390_server_destroy(Kvm390Server *server)
{
    g_ptr_array_free(server->sessions, true);
    qemu_mutex_destroy(&server->lock);
}

void kvm390_server_opened(Kvm390Server *server, Kvm390Session *s)
{
    qemu_mutex_lock(&server->lock);
    g_ptr_array_add(server->sessions, s);
    qemu_mutex_unlock(&server->lock);
    object_ref(server->owner);
}

void kvm390_server_closed(Kvm390Server *server, Kvm390Session *s)
{
    qemu_mutex_lock(&server->lock);
    g_ptr_array_remove_fast(server->sessions, s);
    qemu_mutex_unlock(&server->lock);
    object_unref(server->owner);
}

bool kvm390_server_full(Kvm390Server *server)
{
    struct rlimit limit = { .rlim_cur = 4 * MAX_SESSIONS };
    guint n;

    qemu_mutex_lock(&server->lock);
    n = server->sessions->len;
    qemu_mutex_unlock(&server->lock);
    getrlimit(RLIMIT_NOFILE, &limit);
    return n >= MIN(MAX_SESSIONS, limit.rlim_cur / 4);
}

void kvm390_server_complain(Kvm390Server *server, const char *what)
{
    unsigned n = qatomic_fetch_inc(&server->complaints) + 1;

    if (n <= COMPLAINTS) {
        warn_report("kvm390-api: %s", what);
    } else if (is_power_of_2(n)) {
        warn_report("kvm390-api: %s (%u such lines so far)", what, n);
    }
}

void kvm390_server_close(Kvm390Server *server)
{
    qatomic_set(&server->closing, true);
}

void kvm390_server_end_sessions(Kvm390Server *server)
{
    guint i;

    qemu_mutex_lock(&server->lock);
    for (i = 0; i < server->sessions->len; i++) {
        Kvm390Session *s = g_ptr_array_index(server->sessions, i);

        shutdown(s->stream.fd, SHUT_RDWR);
    }
    qemu_mutex_unlock(&server->lock);
}

bool kvm390_server_closing(Kvm390Server *server)
{
    return qatomic_read(&server->closing);
}
