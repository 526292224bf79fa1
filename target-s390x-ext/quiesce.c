/*
 * Running something while no vCPU executes guest instructions
 *
 * TCG's exclusive section can be entered by vCPU threads only. Another thread
 * asks the first vCPU to do it, whose thread serves such requests in every
 * state: running, halted or stopped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "cpu.h"
#include "hw/core/cpu.h"
#include "kvm390/include/quiesce.h"

typedef struct {
    void (*fn)(void *opaque);
    void *opaque;
    QemuSemaphore done;
} Request;

static void serve_request(CPUState *cs, run_on_cpu_data data)
{
    Request *request = data.host_ptr;

    request->fn(request->opaque);
    qemu_sem_post(&request->done);
}

static void ask_vcpu(CPUState *cs, void (*fn)(void *opaque), void *opaque)
{
    Request request = { .fn = fn, .opaque = opaque };

    qemu_sem_init(&request.done, 0);
    async_safe_run_on_cpu(cs, serve_request, RUN_ON_CPU_HOST_PTR(&request));
    qemu_sem_wait(&request.done);
    qemu_sem_destroy(&request.done);
}

static void enter_section(void (*fn)(void *opaque), void *opaque)
{
    start_exclusive();
    fn(opaque);
    end_exclusive();
}

void kvm390_run_quiesced(void (*fn)(void *opaque), void *opaque)
{
    bool locked = bql_locked();

    if (!first_cpu || (current_cpu && cpu_in_exclusive_context(current_cpu))) {
        fn(opaque);
        return;
    }
    /* A vCPU may need the BQL to get out of its instruction. */
    if (locked) {
        bql_unlock();
    }
    if (current_cpu) {
        enter_section(fn, opaque);
    } else {
        ask_vcpu(first_cpu, fn, opaque);
    }
    if (locked) {
        bql_lock();
    }
}
