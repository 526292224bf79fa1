/*
 * Start a process
 *
 * By clone() without a copy of the address space, which may be a large one of
 * a process with many threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>

#define STACK (64 << 10)

struct process {
    char *const *argv;
    char *stack;   /* of the program, before it is one */
    pid_t pid;
    int error;
};

static int execute_program(void *opaque)
{
    struct sigaction dfl = { .sa_handler = SIG_DFL };
    struct process *p = opaque;
    sigset_t none;
    int sig;

    setpgid(0, 0);
    for (sig = 1; sig < NSIG; sig++) {
        sigaction(sig, &dfl, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(p->argv[0], p->argv);
    p->error = errno;
    _exit(127);
}

static int clone_process(struct process *p)
{
    p->pid = clone(execute_program, p->stack + STACK,
                   CLONE_VM | CLONE_VFORK | SIGCHLD, p);
    if (p->pid < 0) {
        p->error = errno;
    }
    return 0;
}

static int start_and_leave(void *opaque)
{
    clone_process(opaque);
    _exit(0);
}

pid_t kvm390_spawn(char *const argv[], bool detached)
{
    struct process p = { .argv = argv, .pid = -1 };
    char *stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    sigset_t all, before;
    pid_t between;

    if (stacks == MAP_FAILED) {
        return -1;
    }
    p.stack = stacks;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (detached) {
        /* Without a signal at its end: wait() does not find it, either. */
        between = clone(start_and_leave, stacks + 2 * STACK,
                        CLONE_VM | CLONE_VFORK, &p);
        if (between < 0) {
            p.error = errno;
        } else {
            waitpid(between, NULL, __WCLONE);
        }
    } else {
        clone_process(&p);
        if (p.pid > 0 && p.error) {
            waitpid(p.pid, NULL, 0);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stacks, 2 * STACK);
    if (p.error) {
        errno = p.error;
        return -1;
    }
    return p.pid;
}
