/*
 * STORE HYPERVISOR INFORMATION, which KVM executes for its guests
 *
 * A machine has it by facility 74, a VM by its CPU model. What a guest of SIE
 * executes is for its hypervisor: no machine has the instruction itself, so it
 * is an operation exception there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exec/helper-proto.h"
#include "hw/s390x/ebcdic.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/cpu-features.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/sthyi.h"
#include "exit-record.h"

/* As QEMU's STSI 1.1.1. */
static Kvm390SthyiMachine this_machine(const S390CPU *cpu)
{
    Kvm390SthyiMachine m;
    char type[5];

    snprintf(type, sizeof(type), "%04X", cpu->model->def->type);
    ebcdic_put(m.type, type, sizeof(m.type));
    ebcdic_put(m.manufacturer, "QEMU            ", sizeof(m.manufacturer));
    ebcdic_put(m.sequence, "QEMU            ", sizeof(m.sequence));
    ebcdic_put(m.plant, "QEMU", sizeof(m.plant));
    return m;
}

/* KVM sees it as an operation exception. */
static void count_execution(CPUS390XState *env)
{
    Kvm390Exit *e = kvm390_exit_of(env);

    if (e) {
        e->stats[KVM390_STAT_exit_operation_exception]++;
        e->stats[KVM390_STAT_instruction_sthyi]++;
    }
}

/* Returns the condition code. */
uint32_t HELPER(kvm390_sthyi)(CPUS390XState *env, uint32_t r1, uint32_t r2)
{
    S390CPU *cpu = env_archcpu(env);
    const uint64_t addr = wrap_address(env, env->regs[r2]);
    const Kvm390SthyiMachine machine = this_machine(cpu);
    uint8_t page[KVM390_STHYI_SIZE];
    int code;

    if (kvm390_sie_active(env) ||
        !kvm390_guest_has(S390_FEAT_STORE_HYPERVISOR_INFO,
                          KVM390_STHYI_FACILITY)) {
        tcg_s390_program_interrupt(env, PGM_OPERATION, GETPC());
    }
    count_execution(env);
    code = kvm390_sthyi_check(r1, r2, env->regs[r1], addr);
    if (code > 0) {
        tcg_s390_program_interrupt(env, code, GETPC());
    }
    if (code < 0) {
        env->regs[r2 + 1] = KVM390_STHYI_UNSUPPORTED;
        return 3;
    }
    kvm390_sthyi_fill(page, &machine);
    if (s390_cpu_virt_mem_write(cpu, addr, r2, page, sizeof(page))) {
        s390_cpu_virt_mem_handle_exc(cpu, GETPC());
    }
    env->regs[r2 + 1] = 0;
    return 0;
}
