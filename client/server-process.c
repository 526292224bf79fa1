/*
 * The process of a VM: qemu-system-s390x, started and ended
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MAX_OPTIONS 64

static pid_t start_named_server(const char *qemu, int fd)
{
    char object[64], *options = getenv("KVM390_QEMU_OPTIONS"), *word, *save;
    const char *argv[MAX_OPTIONS + 16] = {
        qemu, "-accel", "kvm390", "-machine", "kvm390-vm", "-nodefaults",
        "-display", "none", "-monitor", "none", "-serial", "none", "-object",
        object,
    };
    int n = 14;
    pid_t pid;

    snprintf(object, sizeof(object), "kvm390-api,id=api0,fd=%d", fd);
    options = options ? strdup(options) : NULL;
    if (options) {
        for (word = strtok_r(options, " ", &save); word && n < MAX_OPTIONS;
             word = strtok_r(NULL, " ", &save)) {
            argv[n++] = word;
        }
    }
    /* A terminal's ^C is for the program, and the VM ends with that. */
    pid = kvm390_spawn((char *const *)argv, kvm390_caller.detached);
    free(options);
    return pid;
}

/* By the name it is installed under, or by QEMU's own. */
static pid_t start_any_server(int fd)
{
    pid_t pid = start_named_server("qemu-system-s390x-kvm390", fd);

    if (pid < 0 && errno == ENOENT) {
        pid = start_named_server("qemu-system-s390x", fd);
    }
    return pid;
}

pid_t kvm390_server_start(const char *qemu, int fd)
{
    int inherited = dup(fd), saved; /* without CLOEXEC */
    pid_t pid;

    if (inherited < 0) {
        return -1;
    }
    if (!qemu) {
        qemu = getenv("KVM390_QEMU");
    }
    pid = qemu && *qemu ? start_named_server(qemu, inherited) :
                          start_any_server(inherited);
    saved = errno;
    close(inherited);
    errno = saved;
    return pid;
}

/*
 * The server's process ends because its connection does, for all who have it.
 * What stands still is killed: it is alive, as the connection shows.
 */
#define END_MS 2000

void kvm390_server_end(int fd, pid_t pid)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    char rest[256];
    ssize_t n = 1;

    shutdown(fd, SHUT_WR);
    while (n > 0 || (n < 0 && errno == EINTR)) {
        if (poll(&pfd, 1, END_MS) == 0) {
            kill(pid, SIGKILL);
        }
        n = recv(fd, rest, sizeof(rest), 0);
    }
    if (!kvm390_caller.detached) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}
