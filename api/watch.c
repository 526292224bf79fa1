/*
 * The end of the client that a VM belongs to
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "threads.h"
#include "watch.h"

typedef struct Watch {
    Kvm390Server *server;
    int fd;
} Watch;

static void *watch_thread(void *opaque)
{
    Watch *watch = opaque;
    struct pollfd pfd = { .fd = watch->fd, .events = POLLRDHUP };

    while (poll(&pfd, 1, -1) < 1) {
        /* interrupted */
    }
    if (!kvm390_server_closing(watch->server)) {
        /* Nobody is left who could see the VM. */
        _exit(0);
    }
    close(watch->fd);
    object_unref(watch->server->owner);
    g_free(watch);
    return NULL;
}

int kvm390_watch_client(Kvm390Server *server, int fd)
{
    Watch *watch = g_new0(Watch, 1);
    int ret;

    watch->server = server;
    watch->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (watch->fd < 0) {
        ret = -errno;
    } else {
        object_ref(server->owner);
        ret = kvm390_thread_start("kvm390-watch", watch_thread, watch);
        if (!ret) {
            return 0;
        }
        object_unref(server->owner);
        close(watch->fd);
    }
    g_free(watch);
    return ret;
}
