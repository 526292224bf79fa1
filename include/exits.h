/*
 * What leaves the guest for user space, where user space runs the vCPUs
 *
 * On the machine kvm390-vm, KVM_RUN returns where KVM would: at instructions
 * KVM does not handle, at a disabled wait, at a stop. The hooks in TCG's code
 * call what is here; it records the exit and leaves the translated code. On
 * every other machine nothing is recorded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_EXITS_H
#define KVM390_EXITS_H

#include <stdbool.h>
#include <stdint.h>
#include "kvm390/include/intercepts.h"
#include "kvm390/include/stats.h"

typedef struct CPUArchState CPUS390XState;

/* KVM_EXIT_S390_SIEIC's icptcode */
enum {
    KVM390_ICPT_INSTRUCTION = 0x04,
    KVM390_ICPT_PROGRAM = 0x08,
    KVM390_ICPT_EXTERNAL = 0x14,
    KVM390_ICPT_WAIT = 0x1c,
    KVM390_ICPT_STOP = 0x28,
    KVM390_ICPT_OPEREXC = 0x2c,
    KVM390_ICPT_KSS = 0x5c, /* user-controlled VMs only */
};

/*
 * The exit of one vCPU: env->kvm390.exit, NULL to record none. Written by the
 * vCPU's thread only, inside cpu_exec(); read and cleared by the same thread
 * after it.
 */
typedef struct Kvm390Exit {
    bool pending;
    int error;          /* what KVM_RUN returns, 0 or -errno */
    uint32_t reason;    /* KVM_EXIT_* */
    uint8_t icptcode;
    uint16_t ipa;
    uint32_t ipb;
    uint64_t reset_flags;
    uint64_t fault_addr; /* of KVM_EXIT_S390_UCONTROL */
    uint16_t pgm_code;   /* of KVM390_ICPT_PROGRAM */
    bool store_status;  /* at a stop that SIGP ordered */
    struct {            /* STORE SYSTEM INFORMATION */
        uint64_t next, addr;
        uint16_t sel2;
        uint8_t ar, fc, sel1, ilen;
    } stsi;
    struct {            /* the interruption that TSCH took */
        bool dequeued;
        uint16_t id, nr;
        uint32_t parm, word;
    } tsch;
    uint8_t last_ilen;  /* of the instruction last exited on */
    uint64_t stats[KVM390_VCPU_STATS_NR]; /* its own thread's, or the BQL's */
    Kvm390SieControls sie; /* a user-controlled VM's, as they are at KVM_RUN */
} Kvm390Exit;

/*
 * What user space asked to see (KVM_ENABLE_CAP). Set under the BQL, and only
 * ever from false to true; a vCPU may see it late by one TB.
 */
typedef struct Kvm390Intercepts {
    bool client_runs;   /* the vCPUs, by KVM_RUN: machine kvm390-vm */
    bool css;           /* KVM_CAP_S390_CSS_SUPPORT */
    bool user_sigp;
    bool user_instr0;
    bool user_operexec;
    bool user_stsi;
    bool user_cpu_state; /* SET_MP_STATE was used */
    bool ucontrol;      /* a user-controlled VM, from KVM_CREATE_VM on */
} Kvm390Intercepts;

extern Kvm390Intercepts kvm390_intercepts;

/**
 * kvm390_notify: the guest notified a virtio-ccw device; NULL: nobody asked
 * @schid: subchannel ID and number; @queue: which of the device's
 * @cookie: what it gave last time, or anything
 *
 * Returns a new cookie, 0 or more, or -1 if nobody asked for this one. BQL.
 */
extern int (*kvm390_notify)(uint32_t schid, uint64_t queue, uint64_t cookie);

/**
 * kvm390_exit_wait: a PSW with the wait bit was loaded
 *
 * Returns true if user space runs the vCPUs; then the CPU is halted here.
 * Called with or without the BQL.
 */
bool kvm390_exit_wait(CPUS390XState *env);

/**
 * kvm390_exit_waiting: the CPU waits, and nothing can be taken
 *
 * Records an exit if nothing ever could (KVM's handle_wait()). The vCPU's
 * thread, outside cpu_exec(), BQL.
 */
void kvm390_exit_waiting(CPUS390XState *env);

/**
 * kvm390_exit_stop: a stop interruption is delivered
 *
 * Returns true if user space runs the vCPUs. Under the BQL.
 */
bool kvm390_exit_stop(CPUS390XState *env);

/**
 * kvm390_exit_program: a program interruption is about to be taken
 *
 * Returns true if it is an exit instead (an operation exception that user
 * space asked for; a specification exception whose new PSW has one, too; what
 * a user-controlled VM intercepts, or memory that is not mapped there). Under
 * the BQL.
 */
bool kvm390_exit_program(CPUS390XState *env);

/**
 * kvm390_exit_external: an external interruption is about to be taken
 *
 * Does not return if it is a timer's and the new PSW stays enabled, where user
 * space runs the vCPUs: it would be taken again and again. Under the BQL.
 */
void kvm390_exit_external(CPUS390XState *env);

/**
 * kvm390_exit_stsi: STORE SYSTEM INFORMATION is done, with this condition code
 *
 * Does not return if user space wants to add to what was stored. The helper of
 * the instruction.
 */
void kvm390_exit_stsi(CPUS390XState *env, int cc);

/**
 * kvm390_exit_no_lowcore: the prefix area has no memory behind it
 *
 * Does not return where user space runs the vCPUs (KVM_RUN then gives
 * -EFAULT). A vCPU's thread, inside cpu_exec().
 */
void kvm390_exit_no_lowcore(CPUS390XState *env);

#endif
