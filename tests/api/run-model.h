/*
 * A plain model of what KVM_RUN does to a vCPU
 *
 * An image of the guest's memory and two CPUs that know a few instructions:
 * those that tests/api/run-program.c makes programs of. Nothing of it is the
 * product's. What it says is the architecture (z/Architecture Principles of
 * Operation: PSWs, program interruptions, EXECUTE, SIGNAL PROCESSOR) and KVM's
 * part of it: the order in which interruptions are delivered, the exits, what
 * a single step is, and the length of an instruction that user space's
 * exceptions get (Documentation/virt/kvm/api.rst and what Linux does).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_RUN_MODEL_H
#define KVM390_API_RUN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_CPUS 2

#define PSW_BASE 0x0000000180000000ull  /* 64-bit addresses, no DAT */
#define PSW_EXT  0x0100000000000000ull
#define PSW_IO   0x0200000000000000ull
#define PSW_MCHK 0x0004000000000000ull
#define PSW_WAIT 0x0002000000000000ull
#define PSW_CC   0x0000300000000000ull

#define CR0_EMERGENCY_MASK 0x4000
#define CR0_CALL_MASK      0x2000
#define CR0_SERVICE_MASK   0x0200
#define CR0_RESET          0x00e0

/* Where old PSWs lie in the prefix area; the new ones are 0x80 further. */
enum { OLD_RESTART = 0x120, OLD_EXTERNAL = 0x130, OLD_SVC = 0x140,
       OLD_PROGRAM = 0x150, TO_NEW = 0x80 };

enum { ICPT_INSN = 0x04, ICPT_WAITING = 0x1c, ICPT_STOPPED = 0x28 };

typedef enum ModelExitKind {
    MODEL_NONE, MODEL_SIEIC, MODEL_DEBUG,
} ModelExitKind;

typedef struct ModelExit {
    ModelExitKind kind;
    uint8_t icptcode;
    uint16_t ipa;
    uint32_t ipb;
    uint64_t addr;              /* of a MODEL_DEBUG */
} ModelExit;

typedef struct ModelCpu {
    uint64_t mask, addr, gprs[16], cr0;
    uint32_t prefix;
    bool restart, stop;         /* pending, as all that follow */
    int call;                   /* who calls externally; -1: nobody */
    unsigned emergency;         /* a bit for each source */
    bool program, rewind;
    uint16_t program_code;
    uint8_t program_ilen;
    bool stopped;
    unsigned ilen;              /* of what the last KVM_RUN exited on; 0 */
    bool failed;                /* the instruction had an exception */
    bool stepping;              /* single steps are asked for */
    bool step_due;              /* the next KVM_RUN reports one, no more */
    uint64_t step_addr;
} ModelCpu;

typedef struct Model {
    uint8_t *memory;
    size_t size;
    ModelCpu cpu[MODEL_CPUS];
    bool service;               /* pending for the first CPU that takes it */
    uint32_t service_parm;
    bool user_state;            /* user space says who is stopped */
    const char *lost;           /* what the model has no idea of, or NULL */
} Model;

uint64_t model_load(const Model *m, const ModelCpu *cpu, uint64_t addr,
                    unsigned size);
void model_store(Model *m, const ModelCpu *cpu, uint64_t addr, uint64_t value,
                 unsigned size);

/**
 * model_deliver: take the interruptions that can be taken
 * @m: the machine
 * @cpu: one of its CPUs
 *
 * Returns whether there was one.
 */
bool model_deliver(Model *m, ModelCpu *cpu);

/**
 * model_step: what comes next in KVM_RUN
 * @m: the machine
 * @cpu: one of its CPUs, not stopped
 *
 * That is all interruptions that can be taken, or an exit, or an instruction,
 * or nothing (in an enabled wait).
 *
 * Returns the exit, of the kind MODEL_NONE if there is none yet.
 */
ModelExit model_step(Model *m, ModelCpu *cpu);

/**
 * model_sleeps: is it in a wait that nothing but an interruption ends?
 * @cpu: a CPU
 */
bool model_sleeps(const ModelCpu *cpu);

/**
 * model_stop_cpu: it is stopped
 * @cpu: a CPU
 */
void model_stop_cpu(ModelCpu *cpu);

typedef enum ModelReset {
    MODEL_NORMAL, MODEL_INITIAL, MODEL_CLEAR,
} ModelReset;

/**
 * model_reset: one of the three resets by user space
 * @m: the machine
 * @cpu: one of its CPUs
 * @kind: which
 */
void model_reset(Model *m, ModelCpu *cpu, ModelReset kind);

/**
 * model_stop: SIGP STOP, or user space's
 * @cpu: a CPU
 *
 * Returns false where one is pending already.
 */
bool model_stop(ModelCpu *cpu);

#endif
