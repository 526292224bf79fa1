/*
 * Guest memory that the host takes away: pages that a client's file lost
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <ucontext.h>
#include "cpu.h"
#include "s390x-internal.h"
#include "accel/tcg/tb-internal.h"
#include "qemu/thread.h"
#include "tcg/tcg.h"
#include "tcg/tcg_s390x.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/host-fault.h"
#include "kvm390/include/lost-memory.h"
#include "lost-pages.h"
#include "windows.h"

/*
 * Those that were replaced. One that finds no room stays so until its memory is
 * set anew; each ioctl empties the list.
 */
#define MAX_LOST 1024

static struct {
    uint64_t gpa, size;
} lost[MAX_LOST];               /* list */
static unsigned nr_lost;        /* list; read by anyone */
static QemuSpin list;           /* innermost; taken in the signal handler */

static struct sigaction previous[2];    /* SIGBUS, SIGSEGV; written once */

static __thread bool met;

void kvm390_lost_memory_thread(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void kvm390_lost_memory_begin(void)
{
    met = false;
}

bool kvm390_lost_memory_met(void)
{
    bool was = met;

    met = false;
    return was;
}

bool kvm390_lost_pages(void)
{
    return qatomic_read(&nr_lost);
}

bool kvm390_lost_pages_take(uint64_t *gpa, uint64_t *size)
{
    bool there;

    qemu_spin_lock(&list);
    there = nr_lost;
    if (there) {
        qatomic_set(&nr_lost, nr_lost - 1);
        *gpa = lost[nr_lost].gpa;
        *size = lost[nr_lost].size;
    }
    qemu_spin_unlock(&list);
    return there;
}

static void note_lost(uint64_t gpa, uint64_t size)
{
    qemu_spin_lock(&list);
    if (nr_lost < MAX_LOST) {
        lost[nr_lost].gpa = gpa;
        lost[nr_lost].size = size;
        qatomic_set(&nr_lost, nr_lost + 1);
    }
    qemu_spin_unlock(&list);
}

/* Where the access was made, or 0 where that can't be told. */
static uintptr_t host_pc(const ucontext_t *uc)
{
#if defined(__x86_64__)
    return uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return uc->uc_mcontext.pc;
#elif defined(__s390x__)
    return uc->uc_mcontext.psw.addr;
#else
    return 0;
#endif
}

static bool in_generated_code(CPUState *cs, uintptr_t pc)
{
    return cs && cs->running &&
           in_code_gen_buffer((const void *)(pc - tcg_splitwx_diff));
}

/* As where a TLB is filled and the client forbids the access. */
static void G_NORETURN leave_instruction(CPUState *cs, uint64_t gpa,
                                         uintptr_t pc)
{
    CPUS390XState *env = cpu_env(cs);

    kvm390_host_note(env, gpa - env->kvm390.own.origin, true);
    env->int_pgm_ilen = 2;
    trigger_pgm_exception(env, PGM_ADDRESSING);
    cpu_loop_exit_restore(cs, pc + GETPC_ADJ);
}

static void substitute_page(void *host, unsigned changes)
{
    uint64_t gpa, size;

    if (kvm390_windows_substitute(host, changes, &gpa, &size)) {
        note_lost(gpa, size);
        met = true;
        if (current_cpu && current_cpu->running) {
            qatomic_set(&current_cpu->exit_request, true);
            smp_wmb(); /* the request is there before the kick */
            tcg_kick_vcpu_thread(current_cpu);
        }
    }
}

/*
 * What is mapped may have changed since the fault. So the access is made once
 * more: if it faults again, and nothing was mapped or unmapped from before that
 * until the page is replaced, then it is the page that is mapped there now that
 * is lost.
 */
static bool faulted_before(void *host, unsigned changes)
{
    static __thread void *last_host;
    static __thread unsigned last_changes;
    bool before = last_host == host && last_changes == changes;

    last_host = before ? NULL : host;
    last_changes = changes;
    return before;
}

static void handle_fault(int sig, siginfo_t *info, void *opaque)
{
    unsigned changes = kvm390_windows_changes();
    void *host = info->si_addr;
    uintptr_t pc = host_pc(opaque);
    uint64_t gpa;

    if (info->si_code <= 0 || !kvm390_window_of_host(host, &gpa)) {
        /* Not ours: it comes again, to whom it would have come to. */
        sigaction(sig, &previous[sig == SIGSEGV], NULL);
        if (info->si_code <= 0) {
            raise(sig);
        }
        return;
    }
    if (!faulted_before(host, changes)) {
        return;
    }
    if (in_generated_code(current_cpu, pc)) {
        leave_instruction(current_cpu, gpa, pc);
    }
    substitute_page(host, changes);
}

/* The signal is not blocked meanwhile: the handler may be left for good. */
void kvm390_lost_pages_init(void)
{
    struct sigaction action = {
        .sa_sigaction = handle_fault,
        .sa_flags = SA_SIGINFO | SA_NODEFER,
    };

    qemu_spin_init(&list);
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous[0]);
    sigaction(SIGSEGV, &action, &previous[1]);
    kvm390_lost_memory_thread();
}
