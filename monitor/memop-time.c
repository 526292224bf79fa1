/*
 * x-kvm390-memop-time: how fast memory operations are, in process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-kvm390-target.h"
#include "qemu/memalign.h"
#include "qemu/timer.h"
#include "system/replay.h"
#include "hw/core/cpu.h"
#include "cpu.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/guest-access.h"

#define ROUNDS      51
#define MAX_COUNT   1000000

typedef struct Timing {
    Kvm390Memop op;
    S390CPU *cpu;           /* NULL: through the VM */
    uint32_t count;
    Kvm390MemopTime *result;
} Timing;

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static int time_one(Timing *t, Kvm390Memop op, bool *exchanged)
{
    Kvm390Pgm pgm;

    return t->cpu ? kvm390_memop_vcpu(t->cpu, &op, &pgm)
                  : kvm390_memop_vm(&op, exchanged);
}

/* Fill the buffers with what is there, so that a write changes nothing. */
static int read_first(Timing *t)
{
    Kvm390Memop op = t->op;
    bool exchanged;
    int rc;

    op.op = t->cpu ? KVM390_MEMOP_LOGICAL_READ : KVM390_MEMOP_ABSOLUTE_READ;
    rc = time_one(t, op, &exchanged);
    memcpy(t->op.old, t->op.buf, op.size);
    return rc;
}

static double time_op(Timing *t)
{
    int64_t start = get_clock();

    for (uint32_t i = 0; i < t->count; i++) {
        bool exchanged = false;

        if (time_one(t, t->op, &exchanged)) {
            t->result->failed++;
        } else if (exchanged) {
            t->result->exchanged++;
        } else if (t->op.op == KVM390_MEMOP_ABSOLUTE_CMPXCHG) {
            /* beaten by a vCPU; try what was found */
            memcpy(t->op.buf, t->op.old, t->op.size);
        }
    }
    return (double)(get_clock() - start) / t->count;
}

static double time_memcpy(Timing *t)
{
    int64_t start = get_clock();

    for (uint32_t i = 0; i < t->count; i++) {
        memcpy(t->op.buf, t->op.old, t->op.size);
        barrier();
    }
    return (double)(get_clock() - start) / t->count;
}

/* Rounds of both in turn, so that what else the host does meets both. */
static void time_rounds(Timing *t)
{
    double op[ROUNDS], copy[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        copy[i] = time_memcpy(t);
        op[i] = time_op(t);
    }
    qsort(op, ROUNDS, sizeof(op[0]), compare_times);
    qsort(copy, ROUNDS, sizeof(copy[0]), compare_times);
    t->result->ns = op[ROUNDS / 2];
    t->result->memcpy_ns = copy[ROUNDS / 2];
}

static void time_on_cpu(CPUState *cs, run_on_cpu_data data)
{
    Timing *t = data.host_ptr;

    if (read_first(t) == 0) {
        time_rounds(t);
    } else {
        t->result->failed = 1;
    }
}

static bool check_arguments(const Timing *t, bool has_cpu, const char **why)
{
    *why = !kvm390_enabled() ? "not under kvm390"
         : replay_mode != REPLAY_MODE_NONE ? "not under record/replay"
         : t->op.op == KVM390_MEMOP_SIDA_READ ||
           t->op.op == KVM390_MEMOP_SIDA_WRITE ? "there is no SIDA"
         : has_cpu && !t->cpu ? "no such vCPU"
         : has_cpu != (t->op.op <= KVM390_MEMOP_LOGICAL_WRITE)
           ? "not an operation of a vCPU, or of the VM"
         : t->count == 0 || t->count > MAX_COUNT ? "bad count"
         : t->op.size == 0 || t->op.size > KVM390_MEMOP_MAX_SIZE ? "bad size"
         : NULL;
    return !*why;
}

Kvm390MemopTime *qmp_x_kvm390_memop_time(Kvm390MemopOp op, uint64_t address,
                                         uint32_t size, uint32_t count,
                                         bool has_cpu_index, int64_t cpu_index,
                                         bool has_key, uint8_t key,
                                         Error **errp)
{
    CPUState *cs = has_cpu_index ? qemu_get_cpu(cpu_index) : NULL;
    Timing t = {
        .op = {
            .op = op, .gaddr = address, .size = size, .key = key,
            .flags = has_key ? KVM390_MEMOP_F_SKEY_PROTECTION : 0,
        },
        .cpu = cs ? S390_CPU(cs) : NULL,
        .count = count,
    };
    const char *why;

    if (!check_arguments(&t, has_cpu_index, &why)) {
        error_setg(errp, "cannot time this: %s", why);
        return NULL;
    }
    t.op.buf = qemu_memalign(4096, size);
    t.op.old = qemu_memalign(4096, size);
    t.result = g_new0(Kvm390MemopTime, 1);
    if (cs) {
        run_on_cpu(cs, time_on_cpu, RUN_ON_CPU_HOST_PTR(&t));
    } else {
        time_on_cpu(NULL, RUN_ON_CPU_HOST_PTR(&t));
    }
    qemu_vfree(t.op.buf);
    qemu_vfree(t.op.old);
    return t.result;
}
