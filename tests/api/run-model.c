/*
 * A plain model of what KVM_RUN does to a vCPU (see the header)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "run-model.h"

#include <string.h>

enum { LC_EXT_PARM = 0x80, LC_EXT_CPU = 0x84, LC_EXT_CODE = 0x86,
       LC_SVC_ILEN = 0x88, LC_SVC_CODE = 0x8a, LC_PGM_ILEN = 0x8c,
       LC_PGM_CODE = 0x8e };

enum { PGM_NONE = 0, PGM_OPERATION = 1, PGM_EXECUTE = 3, PGM_ADDRESSING = 5 };

enum { EXT_EMERGENCY = 0x1201, EXT_CALL = 0x1202, EXT_SERVICE = 0x2401 };

enum { ORDER_SENSE = 1, ORDER_CALL = 2, ORDER_EMERGENCY = 3, ORDER_STOP = 5,
       ORDER_RESTART = 6 };

enum { STATUS_STOPPED = 0x40, STATUS_CALL_PENDING = 0x80 };

/* --- memory: prefixing, and no other translation --- */

static uint64_t absolute(const ModelCpu *cpu, uint64_t addr)
{
    if (addr < 0x2000) {
        return addr + cpu->prefix;
    }
    return addr - cpu->prefix < 0x2000 ? addr - cpu->prefix : addr;
}

static bool exists(const Model *m, uint64_t addr)
{
    return addr < m->size;
}

uint64_t model_load(const Model *m, const ModelCpu *cpu, uint64_t addr,
                    unsigned size)
{
    uint64_t value = 0;
    unsigned i;

    for (i = 0; i < size; i++) {
        value = value << 8 | m->memory[absolute(cpu, addr + i)];
    }
    return value;
}

void model_store(Model *m, const ModelCpu *cpu, uint64_t addr, uint64_t value,
                 unsigned size)
{
    while (size--) {
        m->memory[absolute(cpu, addr + size)] = value;
        value >>= 8;
    }
}

/* --- interruptions --- */

static void swap_psws(Model *m, ModelCpu *cpu, unsigned old)
{
    model_store(m, cpu, old, cpu->mask, 8);
    model_store(m, cpu, old + 8, cpu->addr, 8);
    cpu->mask = model_load(m, cpu, old + TO_NEW, 8);
    cpu->addr = model_load(m, cpu, old + TO_NEW + 8, 8);
}

static void external(Model *m, ModelCpu *cpu, uint16_t code, uint16_t from)
{
    model_store(m, cpu, LC_EXT_CPU, from, 2);
    model_store(m, cpu, LC_EXT_CODE, code, 2);
    swap_psws(m, cpu, OLD_EXTERNAL);
}

static void program(Model *m, ModelCpu *cpu, uint16_t code, unsigned ilen)
{
    cpu->failed = true;
    model_store(m, cpu, LC_PGM_ILEN, ilen, 2);
    model_store(m, cpu, LC_PGM_CODE, code, 2);
    swap_psws(m, cpu, OLD_PROGRAM);
}

/* Of user space's: some are nullifying. */
static void injected_program(Model *m, ModelCpu *cpu)
{
    cpu->program = false;
    if (cpu->rewind) {
        cpu->addr -= cpu->program_ilen;
        if (!(cpu->mask >> 32 & 1)) {
            cpu->addr &= cpu->mask >> 31 & 1 ? 0x7fffffff : 0xffffff;
        }
    }
    program(m, cpu, cpu->program_code, cpu->program_ilen);
}

static bool open_for(const ModelCpu *cpu, uint64_t subclass)
{
    return cpu->mask & PSW_EXT && cpu->cr0 & subclass;
}

/* The first of them, in KVM's order. */
static bool deliver_one(Model *m, ModelCpu *cpu)
{
    if (cpu->program) {
        injected_program(m, cpu);
    } else if (cpu->emergency && open_for(cpu, CR0_EMERGENCY_MASK)) {
        unsigned from = __builtin_ctz(cpu->emergency);

        cpu->emergency &= ~(1u << from);
        external(m, cpu, EXT_EMERGENCY, from);
    } else if (cpu->call >= 0 && open_for(cpu, CR0_CALL_MASK)) {
        external(m, cpu, EXT_CALL, cpu->call);
        cpu->call = -1;
    } else if (m->service && open_for(cpu, CR0_SERVICE_MASK)) {
        m->service = false;
        model_store(m, cpu, LC_EXT_PARM, m->service_parm, 4);
        external(m, cpu, EXT_SERVICE, 0);
    } else if (cpu->restart) {
        cpu->restart = false;
        swap_psws(m, cpu, OLD_RESTART);
    } else {
        return false;
    }
    return true;
}

bool model_deliver(Model *m, ModelCpu *cpu)
{
    bool some = false;

    while (deliver_one(m, cpu)) {
        some = true;
    }
    return some;
}

/* --- instructions --- */

typedef struct Insn {
    uint64_t bits;              /* left-aligned */
    unsigned ilen;              /* by which the PSW moves */
    bool executed;
} Insn;

static unsigned length(uint8_t opcode)
{
    return opcode < 0x40 ? 2 : opcode < 0xc0 ? 4 : 6;
}

static uint64_t field(const Insn *insn, unsigned from, unsigned bits)
{
    return insn->bits << from >> (64 - bits);
}

static Insn fetch(const Model *m, const ModelCpu *cpu, uint64_t addr)
{
    Insn insn = { .bits = model_load(m, cpu, addr, 2) << 48 };

    insn.ilen = length(insn.bits >> 56);
    insn.bits = model_load(m, cpu, addr, insn.ilen) << (64 - 8 * insn.ilen);
    return insn;
}

/* Base and displacement, where the base is @from bits in. */
static uint64_t operand(const ModelCpu *cpu, const Insn *insn, unsigned from)
{
    unsigned b = field(insn, from, 4);

    return (b ? cpu->gprs[b] : 0) + field(insn, from + 4, 12);
}

/* The same with a displacement of 20 bits; those here are positive. */
static uint64_t long_operand(const ModelCpu *cpu, const Insn *insn)
{
    return operand(cpu, insn, 16) + (field(insn, 32, 8) << 12);
}

static void set_cc(ModelCpu *cpu, unsigned cc)
{
    cpu->mask = (cpu->mask & ~PSW_CC) | (uint64_t)cc << 44;
}

static uint64_t add(ModelCpu *cpu, uint64_t a, int64_t b)
{
    int64_t sum;
    bool overflow = __builtin_add_overflow((int64_t)a, b, &sum);

    set_cc(cpu, overflow ? 3 : sum < 0 ? 1 : sum > 0 ? 2 : 0);
    return sum;
}

static void change_masks(Model *m, ModelCpu *cpu, const Insn *insn)
{
    uint64_t at = operand(cpu, insn, 16);
    uint64_t i2 = field(insn, 8, 8);

    model_store(m, cpu, at, cpu->mask >> 56, 1);
    if (insn->bits >> 56 == 0xad) {
        cpu->mask |= i2 << 56;
    } else {
        cpu->mask &= i2 << 56 | ~0ull >> 8;
    }
}

static void and_immediate(Model *m, ModelCpu *cpu, const Insn *insn)
{
    uint64_t at = operand(cpu, insn, 16);
    uint8_t result = model_load(m, cpu, at, 1) & field(insn, 8, 8);

    model_store(m, cpu, at, result, 1);
    set_cc(cpu, result != 0);
}

static ModelExit leave(ModelCpu *cpu, const Insn *insn)
{
    cpu->ilen = insn->ilen;
    return (ModelExit) { MODEL_SIEIC, ICPT_INSN, insn->bits >> 48,
                         insn->bits >> 16, 0 };
}

static ModelExit diagnose(ModelCpu *cpu, const Insn *insn)
{
    uint64_t code = operand(cpu, insn, 16) & 0xffff;

    return code == 0x44 || code == 0x9c ? (ModelExit) { }
                                        : leave(cpu, insn);
}

static void status(ModelCpu *cpu, unsigned r1, uint32_t bits)
{
    set_cc(cpu, bits ? 1 : 0);
    if (bits) {
        cpu->gprs[r1] = (cpu->gprs[r1] & ~0xffffffffull) | bits;
    }
}

static ModelExit signal_processor(Model *m, ModelCpu *cpu, const Insn *insn)
{
    unsigned r1 = field(insn, 8, 4), order = operand(cpu, insn, 16) & 0xff;
    uint16_t to = cpu->gprs[field(insn, 12, 4)];
    ModelCpu *dst = &m->cpu[to];

    if (to >= MODEL_CPUS) {
        set_cc(cpu, 3);
        return (ModelExit) { };
    }
    if (dst->stop || dst->restart) {
        set_cc(cpu, 2);         /* it is about to stop or to start */
        return (ModelExit) { };
    }
    switch (order) {
    case ORDER_SENSE:
        status(cpu, r1, (dst->stopped ? STATUS_STOPPED : 0) |
                        (dst->call >= 0 ? STATUS_CALL_PENDING : 0));
        break;
    case ORDER_CALL:
        status(cpu, r1, dst->call >= 0 ? STATUS_CALL_PENDING : 0);
        if (dst->call < 0) {
            dst->call = cpu - m->cpu;
        }
        break;
    case ORDER_EMERGENCY:
        status(cpu, r1, 0);
        dst->emergency |= 1u << (cpu - m->cpu);
        break;
    case ORDER_STOP:
        status(cpu, r1, 0);
        model_stop(dst);
        break;
    case ORDER_RESTART:
        return leave(cpu, insn);        /* user space does it */
    default:
        m->lost = "SIGP order";
    }
    return (ModelExit) { };
}

static ModelExit execute(Model *m, ModelCpu *cpu, const Insn *insn);

/* The target of EX or EXRL in their place: one instruction, of their length. */
static ModelExit execute_target(Model *m, ModelCpu *cpu, const Insn *insn,
                                uint64_t at)
{
    unsigned r1 = field(insn, 8, 4);
    Insn target;

    if (insn->executed) {
        program(m, cpu, PGM_EXECUTE, insn->ilen);
        return (ModelExit) { };
    }
    target = fetch(m, cpu, at);
    target.ilen = insn->ilen;
    target.executed = true;
    if (r1) {
        target.bits |= (cpu->gprs[r1] & 0xff) << 48;
    }
    return execute(m, cpu, &target);
}

/* The PSW is behind it already. */
static ModelExit execute(Model *m, ModelCpu *cpu, const Insn *insn)
{
    const uint64_t here = cpu->addr - insn->ilen;
    uint64_t at;

    switch (insn->bits >> 56) {
    case 0x0a:                                          /* SVC */
        model_store(m, cpu, LC_SVC_ILEN, insn->ilen, 2);
        model_store(m, cpu, LC_SVC_CODE, field(insn, 8, 8), 2);
        swap_psws(m, cpu, OLD_SVC);
        return (ModelExit) { };
    case 0x44:                                          /* EX */
        at = operand(cpu, insn, 16);
        if (field(insn, 12, 4)) {
            at += cpu->gprs[field(insn, 12, 4)];
        }
        return execute_target(m, cpu, insn, at);
    case 0xc6:                                          /* EXRL */
        return execute_target(m, cpu, insn, here + 2 * (int64_t)(int32_t)
                                            field(insn, 16, 32));
    case 0x83:                                          /* DIAG */
        return diagnose(cpu, insn);
    case 0x94:                                          /* NI */
        and_immediate(m, cpu, insn);
        return (ModelExit) { };
    case 0xa7:
        if (field(insn, 12, 4) == 0xb) {                /* AGHI */
            uint64_t *r = &cpu->gprs[field(insn, 8, 4)];

            *r = add(cpu, *r, (int16_t)field(insn, 16, 16));
        } else if (field(insn, 8, 8) == 0xf4) {         /* J */
            cpu->addr = here + 2 * (int64_t)(int16_t)field(insn, 16, 16);
        } else {
            m->lost = "instruction a7";
        }
        return (ModelExit) { };
    case 0xac:                                          /* STNSM */
    case 0xad:                                          /* STOSM */
        change_masks(m, cpu, insn);
        return (ModelExit) { };
    case 0xae:                                          /* SIGP */
        return signal_processor(m, cpu, insn);
    case 0xb2:                                          /* LPSWE */
        at = operand(cpu, insn, 16);
        cpu->mask = model_load(m, cpu, at, 8);
        cpu->addr = model_load(m, cpu, at + 8, 8);
        return (ModelExit) { };
    case 0xe3:                                          /* LG */
        at = long_operand(cpu, insn);
        if (exists(m, at)) {
            cpu->gprs[field(insn, 8, 4)] = model_load(m, cpu, at, 8);
        } else {
            program(m, cpu, PGM_ADDRESSING, insn->ilen);
        }
        return (ModelExit) { };
    case 0xeb:
        at = long_operand(cpu, insn);
        if (field(insn, 40, 8) == 0x7a) {               /* AGSI */
            model_store(m, cpu, at, add(cpu, model_load(m, cpu, at, 8),
                                        (int8_t)field(insn, 8, 8)), 8);
        } else {                                        /* LCTLG 0,0 */
            cpu->cr0 = model_load(m, cpu, at, 8);
        }
        return (ModelExit) { };
    case 0x00:
        program(m, cpu, PGM_OPERATION, insn->ilen);
        return (ModelExit) { };
    default:
        m->lost = "an instruction";
        return (ModelExit) { };
    }
}

static ModelExit next_instruction(Model *m, ModelCpu *cpu)
{
    Insn insn;

    if (!exists(m, cpu->addr)) {
        m->lost = "the PSW's address";
        return (ModelExit) { };
    }
    insn = fetch(m, cpu, cpu->addr);
    cpu->addr += insn.ilen;
    return execute(m, cpu, &insn);
}

/* --- KVM_RUN --- */

bool model_sleeps(const ModelCpu *cpu)
{
    return cpu->mask & PSW_WAIT && cpu->mask & (PSW_EXT | PSW_IO | PSW_MCHK);
}

static ModelExit debug(ModelCpu *cpu)
{
    return (ModelExit) { MODEL_DEBUG, .addr = cpu->addr };
}

ModelExit model_step(Model *m, ModelCpu *cpu)
{
    ModelExit e = { };

    if (model_deliver(m, cpu)) {
        return cpu->stepping ? debug(cpu) : e;
    }
    if (cpu->stop) {
        if (!m->user_state) {
            model_stop_cpu(cpu);
        }
        return (ModelExit) { MODEL_SIEIC, .icptcode = ICPT_STOPPED };
    }
    if (cpu->mask & PSW_WAIT) {
        if (!model_sleeps(cpu)) {
            e = (ModelExit) { MODEL_SIEIC, .icptcode = ICPT_WAITING };
        }
        return e;
    }
    cpu->failed = false;
    e = next_instruction(m, cpu);
    if (cpu->stepping) {
        if (e.kind == MODEL_NONE) {
            /* KVM delivers the exception, and what else can be taken then */
            if (cpu->failed) {
                model_deliver(m, cpu);
            }
            return debug(cpu);
        }
        cpu->step_due = true;
        cpu->step_addr = cpu->addr;
    }
    return e;
}

/* --- what else happens to a CPU --- */

void model_stop_cpu(ModelCpu *cpu)
{
    cpu->stopped = true;
    cpu->stop = false;
}

bool model_stop(ModelCpu *cpu)
{
    if (cpu->stop) {
        return false;
    }
    cpu->stop = !cpu->stopped;
    return true;
}

void model_reset(Model *m, ModelCpu *cpu, ModelReset kind)
{
    cpu->program = cpu->restart = cpu->stop = false;
    cpu->emergency = 0;
    cpu->call = -1;
    if (!m->user_state) {
        cpu->stopped = true;
    }
    if (kind != MODEL_NORMAL) {
        cpu->mask = cpu->addr = 0;
        cpu->prefix = 0;
        cpu->cr0 = CR0_RESET;
    }
    if (kind == MODEL_CLEAR) {
        memset(cpu->gprs, 0, sizeof(cpu->gprs));
    }
}
