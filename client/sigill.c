/*
 * PERFORM LOCKED OPERATION, test bit: which functions are there?
 *
 * QEMU's user-mode emulation has no PLO, not even the form that asks which
 * functions are installed, so a program that asks is ended by SIGILL. With
 * this library the CPU that a program runs on answers as the VM's CPU model
 * does. All other illegal instructions reach the program as before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "internal.h"

#ifdef __s390x__
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define EXPORT __attribute__((visibility("default")))

#define PLO 0xee
#define TEST_BIT 0x100
#define PSW_CC (3ull << 44)

static struct sigaction program; /* what the program set for SIGILL */

static int real_sigaction(int sig, const struct sigaction *act,
                          struct sigaction *old)
{
    static __typeof__(&sigaction) real;

    if (!real) {
        real = (__typeof__(&sigaction))dlsym(RTLD_NEXT, "sigaction");
    }
    return real(sig, act, old);
}

/* The instruction's end is where the PSW points, or its start. */
static const uint8_t *find_plo(uint64_t addr, uint64_t *next)
{
    const uint8_t *p = (const uint8_t *)addr;

    if (p[0] == PLO) {
        *next = addr + 6;
        return p;
    }
    if (p[-6] == PLO) {
        *next = addr;
        return p - 6;
    }
    return NULL;
}

static bool emulate(ucontext_t *uc)
{
    uint64_t function = uc->uc_mcontext.gregs[0], next;

    if (!(function & TEST_BIT) ||
        !find_plo(uc->uc_mcontext.psw.addr, &next)) {
        return false;
    }
    uc->uc_mcontext.psw.mask &= ~PSW_CC;
    if (!kvm390_plo_installed(function & 0xff)) {
        uc->uc_mcontext.psw.mask |= PSW_CC; /* 3: not installed */
    }
    uc->uc_mcontext.psw.addr = next;
    return true;
}

static void handler(int sig, siginfo_t *info, void *context)
{
    if (emulate(context)) {
        return;
    }
    if (program.sa_flags & SA_SIGINFO) {
        program.sa_sigaction(sig, info, context);
    } else if (program.sa_handler == SIG_DFL ||
               program.sa_handler == SIG_IGN) {
        /* Met again on return, and then it ends the program. */
        struct sigaction dfl = { .sa_handler = SIG_DFL };

        real_sigaction(sig, &dfl, NULL);
    } else {
        program.sa_handler(sig);
    }
}

EXPORT int sigaction(int sig, const struct sigaction *act,
                     struct sigaction *old)
{
    if (sig != SIGILL) {
        return real_sigaction(sig, act, old);
    }
    if (old) {
        *old = program;
    }
    if (act) {
        struct sigaction ours = *act;

        program = *act;
        ours.sa_sigaction = handler;
        ours.sa_flags |= SA_SIGINFO;
        ours.sa_flags &= ~SA_RESETHAND;
        return real_sigaction(sig, &ours, NULL);
    }
    return 0;
}

__attribute__((constructor)) static void init(void)
{
    struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

    real_sigaction(SIGILL, &act, &program);
}
#endif
