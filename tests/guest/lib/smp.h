/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several CPUs. Number 0 is the one main() runs on; the others are stopped
 * until they are given a function, and stop again when it returns. They start
 * with reset control registers, DAT off, key 0, on a stack and prefix area of
 * their own.
 */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include "arch.h"

/* The number of CPUs there are. */
unsigned smp_count(void);

/* This CPU's number. */
unsigned smp_number(void);

/* Runs @fn(@arg) on CPU @n (not this one): start, start and wait, wait. */
void smp_start(unsigned n, void (*fn)(void *), void *arg);
void smp_call(unsigned n, void (*fn)(void *), void *arg);
void smp_wait(unsigned n);

/* Runs @fn(@arg) on the first @count CPUs, this one (0) included. */
void smp_call_all(unsigned count, void (*fn)(void *), void *arg);

/* Stops CPU @n where it is. It may be given a function again. */
void smp_stop(unsigned n);
void smp_stop_others(void);

/*
 * The absolute address of CPU @n's prefix area (0: its first smp_start() is
 * yet to come, or CPU 0).
 */
uint32_t smp_prefix(unsigned n);

struct smp_barrier {
    uint32_t count;         /* how many CPUs meet; set before use */
    uint32_t arrived;
    uint32_t round;
};

/* Returns when @b->count CPUs have called it; may be used again at once. */
void smp_barrier_wait(struct smp_barrier *b);

#define SIGP_SENSE                  1
#define SIGP_EXTERNAL_CALL          2
#define SIGP_EMERGENCY_SIGNAL       3
#define SIGP_START                  4
#define SIGP_STOP                   5
#define SIGP_RESTART                6
#define SIGP_STOP_STORE_STATUS      9
#define SIGP_INITIAL_CPU_RESET      11
#define SIGP_CPU_RESET              12
#define SIGP_SET_PREFIX             13
#define SIGP_STORE_STATUS           14
#define SIGP_SET_ARCHITECTURE       18
#define SIGP_SENSE_RUNNING          21

#define SIGP_STATUS_STOPPED         0x40

/* SIGNAL PROCESSOR once; the condition code. @status may be NULL. */
static inline int sigp(uint16_t cpu, uint8_t order, uint64_t param,
                       uint32_t *status)
{
    register uint64_t r0 asm("0") = 0;
    register uint64_t r1 asm("1") = param;
    int cc;

    asm volatile(
        "   sigp    %[r0],%[cpu],0(%[order])\n"
        CC_GET
        : [cc] "=d" (cc), [r0] "+d" (r0)
        : "d" (r1), [cpu] "d" ((uint64_t)cpu), [order] "a" ((uint64_t)order)
        : "cc", "memory");
    if (status) {
        *status = cc == 1 ? r0 : 0;
    }
    return cc;
}

/* Again while the CPU is busy (cc 2). */
static inline int sigp_retry(uint16_t cpu, uint8_t order, uint64_t param,
                             uint32_t *status)
{
    int cc;

    while ((cc = sigp(cpu, order, param, status)) == 2) {
        cpu_relax();
    }
    return cc;
}

#endif
