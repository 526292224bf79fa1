/*
 * PERFORM LOCKED OPERATION, a base instruction that TCG lacks
 *
 * It is atomic against every other PLO with the same lock, and each operand is
 * stored in one piece as other CPUs see it. Kernels use it to ask what there
 * is, programs hardly at all: so where other vCPUs run it is executed in an
 * exclusive section, alone, which needs no lock and no order of its own. All
 * operands that are stored to are probed before the first store.
 *
 * In the access-register mode the further operands of a parameter list are
 * taken from the space of the list: their ALETs are not looked at.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exec/helper-proto.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/plo.h"

/* An operand, at the right. */
typedef struct Value {
    uint64_t high, low;
} Value;

/* One execution. */
typedef struct Operation {
    CPUS390XState *env;
    uintptr_t ra;
    Kvm390Plo plo;
    uint64_t second;    /* address of the second operand */
    uint64_t other;     /* of the fourth, or of the parameter list */
    unsigned r1, r3;
} Operation;

static bool operands_equal(Value a, Value b)
{
    return a.high == b.high && a.low == b.low;
}

static Value fetch_operand(const Operation *o, uint64_t addr)
{
    CPUS390XState *env = o->env;
    Value v = { };

    switch (o->plo.size) {
    case 4:
        v.low = cpu_ldl_data_ra(env, addr, o->ra);
        break;
    case 16:
        v.high = cpu_ldq_data_ra(env, addr, o->ra);
        addr = wrap_address(env, addr + 8);
        /* fall through */
    default:
        v.low = cpu_ldq_data_ra(env, addr, o->ra);
    }
    return v;
}

static void store_operand(const Operation *o, uint64_t addr, Value v)
{
    CPUS390XState *env = o->env;

    switch (o->plo.size) {
    case 4:
        cpu_stl_data_ra(env, addr, v.low, o->ra);
        break;
    case 16:
        cpu_stq_data_ra(env, addr, v.high, o->ra);
        addr = wrap_address(env, addr + 8);
        /* fall through */
    default:
        cpu_stq_data_ra(env, addr, v.low, o->ra);
    }
}

static void probe_store(const Operation *o, uint64_t addr)
{
    probe_write_access(o->env, addr, o->plo.size, o->ra);
}

static void require_aligned(const Operation *o, uint64_t addr, unsigned size)
{
    if (addr & (size - 1)) {
        tcg_s390_program_interrupt(o->env, PGM_SPECIFICATION, o->ra);
    }
}

/* --- where values and addresses are --- */

static uint64_t value_address(const Operation *o, unsigned which)
{
    return wrap_address(o->env, o->other + kvm390_plo_value(&o->plo, which));
}

static Value operand_value(const Operation *o, unsigned which, unsigned reg)
{
    if (o->plo.values_listed) {
        return fetch_operand(o, value_address(o, which));
    }
    return (Value) {
        .low = o->plo.size == 4 ? (uint32_t)o->env->regs[reg]
                                : o->env->regs[reg],
    };
}

static void set_value(const Operation *o, unsigned which, unsigned reg,
                      Value v)
{
    if (o->plo.values_listed) {
        store_operand(o, value_address(o, which), v);
    } else if (o->plo.size == 4) {
        o->env->regs[reg] = deposit64(o->env->regs[reg], 0, 32, v.low);
    } else {
        o->env->regs[reg] = v.low;
    }
}

/* Address of the operand 4, 6 or 8. */
static uint64_t operand_address(const Operation *o, unsigned number)
{
    uint64_t addr = o->other;

    if (o->plo.listed) {
        addr = cpu_ldq_data_ra(o->env,
                               wrap_address(o->env, o->other +
                                            kvm390_plo_address(number)),
                               o->ra);
        addr = wrap_address(o->env, addr);
    }
    require_aligned(o, addr, o->plo.size);
    return addr;
}

/* --- the functions; each returns the condition code --- */

static uint32_t compare_load(const Operation *o)
{
    set_value(o, KVM390_PLO_COMPARE_3, o->r3,
              fetch_operand(o, operand_address(o, 4)));
    return 0;
}

static uint32_t double_swap(const Operation *o, Value replacement)
{
    const uint64_t fourth = operand_address(o, 4);
    Value found = fetch_operand(o, fourth);

    if (!operands_equal(operand_value(o, KVM390_PLO_COMPARE_3, o->r3), found)) {
        set_value(o, KVM390_PLO_COMPARE_3, o->r3, found);
        return 2;
    }
    probe_store(o, o->second);
    probe_store(o, fourth);
    store_operand(o, fourth, operand_value(o, KVM390_PLO_REPLACE_3, o->r3 + 1));
    store_operand(o, o->second, replacement);
    return 0;
}

static uint32_t swap_store(const Operation *o, Value replacement)
{
    static const uint8_t places[] = {
        KVM390_PLO_REPLACE_3, KVM390_PLO_OPERAND_5, KVM390_PLO_OPERAND_7,
    };
    Value values[ARRAY_SIZE(places)];
    uint64_t addrs[ARRAY_SIZE(places)];
    unsigned i;

    for (i = 0; i < o->plo.stores; i++) {
        values[i] = o->plo.listed ?
                    fetch_operand(o, value_address(o, places[i])) :
                    operand_value(o, places[i], o->r3);
        addrs[i] = operand_address(o, 4 + 2 * i);
        probe_store(o, addrs[i]);
    }
    probe_store(o, o->second);
    for (i = 0; i < o->plo.stores; i++) {
        store_operand(o, addrs[i], values[i]);
    }
    store_operand(o, o->second, replacement);
    return 0;
}

static uint32_t perform_function(const Operation *o)
{
    Value found = fetch_operand(o, o->second), replacement;

    if (!operands_equal(operand_value(o, KVM390_PLO_COMPARE_1, o->r1), found)) {
        set_value(o, KVM390_PLO_COMPARE_1, o->r1, found);
        return 1;
    }
    if (o->plo.kind == KVM390_PLO_COMPARE_LOAD) {
        return compare_load(o);
    }
    replacement = operand_value(o, KVM390_PLO_REPLACE_1, o->r1 + 1);
    return o->plo.kind == KVM390_PLO_DOUBLE_SWAP
           ? double_swap(o, replacement) : swap_store(o, replacement);
}

/* Returns the condition code; @regs are the fields R1 and R3. */
uint32_t HELPER(kvm390_plo)(CPUS390XState *env, uint64_t second,
                            uint64_t other, uint32_t regs)
{
    Operation o = {
        .env = env, .ra = GETPC(), .second = second, .other = other,
        .r1 = regs >> 4, .r3 = regs & 0xf,
    };
    const uint32_t gr0 = env->regs[0];
    bool known = kvm390_plo(gr0 & KVM390_PLO_FUNCTION, &o.plo);

    if (gr0 & KVM390_PLO_TEST && !(gr0 & KVM390_PLO_ZEROS)) {
        return known ? 0 : 3;
    }
    if (!known || gr0 & KVM390_PLO_ZEROS ||
        !kvm390_plo_registers_valid(&o.plo, o.r1, o.r3)) {
        tcg_s390_program_interrupt(env, PGM_SPECIFICATION, o.ra);
    }
    require_aligned(&o, second, o.plo.size);
    if (o.plo.listed) {
        require_aligned(&o, other, MAX(o.plo.size, 8));
    }
    if (!cpu_in_exclusive_context(env_cpu(env)) &&
        tcg_cflags_has(env_cpu(env), CF_PARALLEL)) {
        cpu_loop_exit_atomic(env_cpu(env), o.ra);
    }
    return perform_function(&o);
}
