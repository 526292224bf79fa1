/*
 * A guest's clock comparator and CPU timer, and its TOD clock's epoch
 *
 * The host's own keep running in the CPU's state. The guest's are apart: one
 * more timer for both ends the guest's execution when one of them is due and
 * the guest would take the interruption; KVM makes it the guest's then
 * (interception code 0x14).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/cputlb.h"
#include "hw/s390x/tod.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "target/s390x/tcg/s390-tod.h"
#include "kvm390/include/interpret.h"

/* Later ones need no timer: the guest is entered anew before. */
#define FAR_AWAY_NS     (3600 * NANOSECONDS_PER_SECOND)

/* QEMU forgets that the CPU was to look when something else happens there. */
#define LOOK_AGAIN_NS   (SCALE_MS)

static uint64_t machine_tod(void)
{
    S390TODState *td = s390_get_todstate();
    S390TOD tod;

    S390_TOD_GET_CLASS(td)->get(td, &tod, &error_abort);
    return tod.low;
}

static int64_t now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

uint64_t kvm390_sie_ckc(CPUS390XState *env)
{
    return env->kvm390.sie.ckc;
}

void kvm390_sie_set_ckc(CPUS390XState *env, uint64_t value)
{
    env->kvm390.sie.ckc = value;
    kvm390_sie_arm(env);
}

uint64_t kvm390_sie_cputm(CPUS390XState *env)
{
    int64_t left = env->kvm390.sie.cputm_end - now_ns();

    return left < 0 ? -time2tod(-left) : time2tod(left);
}

void kvm390_sie_set_cputm(CPUS390XState *env, uint64_t value)
{
    env->kvm390.sie.cputm_end = now_ns() + tod2time_signed(value);
}

static bool ckc_due(const Kvm390Sie *sie)
{
    return machine_tod() + sie->epoch > sie->ckc;
}

unsigned kvm390_sie_timer_due(CPUS390XState *env)
{
    const Kvm390Sie *sie = &env->kvm390.sie;

    if (!(env->psw.mask & PSW_MASK_EXT)) {
        return 0;
    }
    if (env->cregs[0] & CR0_CKC_SC && ckc_due(sie)) {
        return EXT_CLOCK_COMP;
    }
    if (env->cregs[0] & CR0_CPU_TIMER_SC && sie->cputm_end < now_ns()) {
        return EXT_CPU_TIMER;
    }
    return 0;
}

/* Main loop: the CPU looks by itself, at its next block's start. */
static void timer_fires(void *opaque)
{
    CPUS390XState *env = opaque;

    qatomic_set(&env->kvm390.sie.timer_ns, INT64_MAX);
    cpu_interrupt(env_cpu(env), CPU_INTERRUPT_HARD);
}

int64_t kvm390_ckc_expires(CPUS390XState *env)
{
    uint64_t tod = machine_tod() + env->kvm390.tod_ahead;

    return env->ckc < tod ? 0 : now_ns() + tod2time(env->ckc - tod) + 1;
}

/* When the clock comparator is due, on the virtual clock. */
static int64_t ckc_ns(const Kvm390Sie *sie)
{
    uint64_t tod = machine_tod() + sie->epoch;

    if (sie->ckc < tod) {
        return now_ns();
    }
    return sie->ckc - tod > time2tod(FAR_AWAY_NS) ? INT64_MAX :
           now_ns() + tod2time(sie->ckc - tod) + 1;
}

static void arm_timer(Kvm390Sie *sie, CPUS390XState *env, int64_t when)
{
    const int64_t armed = qatomic_read(&sie->timer_ns);

    if (when == INT64_MAX || (armed <= when && armed > now_ns())) {
        return; /* one that fires early enough only makes it look */
    }
    if (!sie->timer) {
        sie->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_fires, env);
    }
    qatomic_set(&sie->timer_ns, when);
    timer_mod(sie->timer, when);
}

/* When the first timer is due that the guest's control register 0 admits. */
static int64_t first_due(CPUS390XState *env)
{
    const Kvm390Sie *sie = &env->kvm390.sie;
    const int64_t now = now_ns();
    int64_t when = INT64_MAX;

    if (env->cregs[0] & CR0_CKC_SC) {
        when = ckc_ns(sie);
    }
    if (env->cregs[0] & CR0_CPU_TIMER_SC &&
        sie->cputm_end - now < FAR_AWAY_NS) {
        when = MIN(when, MAX(sie->cputm_end + 1, now));
    }
    return when;
}

void kvm390_sie_arm(CPUS390XState *env)
{
    const int64_t due = first_due(env);

    if (due > now_ns()) {
        arm_timer(&env->kvm390.sie, env, due);
        return;
    }
    BQL_LOCK_GUARD();
    cpu_interrupt(env_cpu(env), CPU_INTERRUPT_HARD);
}

void kvm390_sie_arm_again(CPUS390XState *env)
{
    const int64_t due = first_due(env), now = now_ns();

    arm_timer(&env->kvm390.sie, env, due > now ? due : now + LOOK_AGAIN_NS);
}
