/*
 * Threads whose making may fail
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <pthread.h>
#include "threads.h"
#include "qemu/thread.h"

struct Kvm390Reserve {
    QemuSemaphore used;
    void *(*run)(void *);
    void *opaque;
};

/* Signals are the main thread's, but for a thread's own faults. */
static void block_signals(sigset_t *before)
{
    sigset_t set;

    sigfillset(&set);
    sigdelset(&set, SIGSEGV);
    sigdelset(&set, SIGBUS);
    sigdelset(&set, SIGFPE);
    sigdelset(&set, SIGILL);
    pthread_sigmask(SIG_SETMASK, &set, before);
}

int kvm390_thread_start(const char *name, void *(*run)(void *), void *opaque)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t before;
    int err = pthread_attr_init(&attr);

    if (err) {
        return -EAGAIN;
    }
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    block_signals(&before);
    err = pthread_create(&thread, &attr, run, opaque);
    if (!err) {
        pthread_setname_np(thread, name);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return err ? -EAGAIN : 0;
}

static void *reserved_thread(void *opaque)
{
    Kvm390Reserve *reserve = opaque;
    Kvm390Reserve job;

    qemu_sem_wait(&reserve->used);
    job = *reserve;
    qemu_sem_destroy(&reserve->used);
    g_free(reserve);
    return job.run ? job.run(job.opaque) : NULL;
}

Kvm390Reserve *kvm390_thread_reserve(const char *name)
{
    Kvm390Reserve *reserve = g_new0(Kvm390Reserve, 1);

    qemu_sem_init(&reserve->used, 0);
    if (kvm390_thread_start(name, reserved_thread, reserve)) {
        qemu_sem_destroy(&reserve->used);
        g_free(reserve);
        return NULL;
    }
    return reserve;
}

void kvm390_thread_use(Kvm390Reserve *reserve, void *(*run)(void *),
                       void *opaque)
{
    reserve->run = run;
    reserve->opaque = opaque;
    qemu_sem_post(&reserve->used);
}
