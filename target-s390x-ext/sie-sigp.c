/*
 * SIGNAL PROCESSOR in a guest, as far as the CPU executes it (interpret.h)
 *
 * Everything that is not just as it should be is left to the host: a CPU that
 * there is not, and an external call that is pending already.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/cputlb.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/sie-sca.h"
#include "kvm390/include/sie.h"
#include "exit-record.h"
#include "sie-map.h"

#define STATUS_NOT_RUNNING  0x400u

static bool load_field(CPUS390XState *env, uint64_t addr, void *to, hwaddr len)
{
    return address_space_read(env_cpu(env)->as, addr, MEMTXATTRS_UNSPECIFIED,
                              to, len) == MEMTX_OK;
}

static bool is_extended(const Kvm390Sie *sie)
{
    return ldub_p(sie->block + SIE_ECB2) & SIE_ECB2_ESCA;
}

/* The address of a CPU's entry's control, and its control block's. */
typedef struct Peer {
    uint64_t control, block;
} Peer;

static bool find_peer(CPUS390XState *env, unsigned cpu, Peer *peer)
{
    const Kvm390Sie *sie = &env->kvm390.sie;
    const bool extended = is_extended(sie);
    const uint64_t area = kvm390_sca_origin(ldl_be_p(sie->block + SIE_SCAOH),
                                            ldl_be_p(sie->block + SIE_SCAOL),
                                            extended);
    Kvm390ScaEntry entry;
    uint64_t block;
    uint8_t mask;

    if (!area || !kvm390_sca_entry(cpu, extended, &entry) ||
        !load_field(env, area + entry.mask, &mask, sizeof(mask)) ||
        !load_field(env, area + entry.block, &block, sizeof(block))) {
        return false;
    }
    peer->control = area + entry.control;
    peer->block = be64_to_cpu(block);
    return mask & entry.mask_bit && peer->block;
}

/* The flags as they were; @set and @clear are bits. */
static bool change_flags(uint64_t block, uint32_t set, uint32_t clear,
                         uint32_t *old)
{
    uint32_t *at = kvm390_sie_map(block + SIE_CPUFLAGS, sizeof(*at)), now;

    if (!at) {
        return false;
    }
    do {
        now = qatomic_read(at);
        *old = be32_to_cpu(now);
    } while (qatomic_cmpxchg(at, now, cpu_to_be32((*old | set) & ~clear)) !=
             now);
    kvm390_sie_unmap(at, sizeof(*at));
    return true;
}

/* False if one is pending already. */
static bool make_call(uint64_t control, bool extended, unsigned source)
{
    uint16_t *at = kvm390_sie_map(control, sizeof(*at)), now, called;
    bool done;

    if (!at) {
        return false;
    }
    do {
        now = qatomic_read(at);
        done = kvm390_sca_call(be16_to_cpu(now), extended, source, &called);
    } while (done && qatomic_cmpxchg(at, now, cpu_to_be16(called)) != now);
    kvm390_sie_unmap(at, sizeof(*at));
    return done;
}

/* The order is done: the guest goes on behind it. */
static void G_NORETURN complete_order(CPUS390XState *env, uint64_t next,
                                      unsigned cc)
{
    env->cc_op = cc;
    kvm390_next_instruction(env, next);
}

static void external_call(CPUS390XState *env, const Peer *peer,
                          const Kvm390SieText *text)
{
    const Kvm390Sie *sie = &env->kvm390.sie;
    uint32_t flags;

    if (!make_call(peer->control, is_extended(sie),
                   lduw_be_p(sie->block + SIE_ICPUA)) ||
        !change_flags(peer->block, SIE_CPUFLAG_ECALL, 0, &flags)) {
        return;
    }
    if (flags & SIE_CPUFLAG_WAIT) {
        /* The host has to wake it. */
        env->cc_op = 0;
        kvm390_sie_leave_done(env, SIE_ICPT_PARTIAL, text);
    }
    complete_order(env, text->next, 0);
}

static void sense_running(CPUS390XState *env, const Peer *peer,
                          const Kvm390SieText *text)
{
    const unsigned r1 = (text->insn >> 52) & 0xf;
    uint32_t flags;

    if (!change_flags(peer->block, 0, 0, &flags)) {
        return;
    }
    if (flags & SIE_CPUFLAG_RUNNING) {
        complete_order(env, text->next, 0);
    }
    env->regs[r1] = deposit64(env->regs[r1], 0, 32, STATUS_NOT_RUNNING);
    complete_order(env, text->next, 1);
}

void kvm390_sie_sigp_order(CPUS390XState *env, const Kvm390SieText *text)
{
    const Kvm390Sie *sie = &env->kvm390.sie;
    const unsigned r3 = (text->insn >> 48) & 0xf, b2 = (text->insn >> 44) & 0xf;
    const uint8_t order = (b2 ? env->regs[b2] : 0) + (text->insn >> 32);
    Peer peer;

    if (text->insn >> 56 != 0xae || kvm390_per_on(env)) {
        return;
    }
    switch (kvm390_sie_sigp(order, sie->eca, ldub_p(sie->block + SIE_ECB))) {
    case KVM390_SIE_SIGP_CALL:
        if (find_peer(env, env->regs[r3] & 0xffff, &peer)) {
            external_call(env, &peer, text);
        }
        return;
    case KVM390_SIE_SIGP_RUNNING:
        if (find_peer(env, env->regs[r3] & 0xffff, &peer)) {
            sense_running(env, &peer, text);
        }
        return;
    case KVM390_SIE_SIGP_NONE:
        return;
    }
}

int kvm390_sie_called(CPUS390XState *env, bool take)
{
    const Kvm390Sie *sie = &env->kvm390.sie;
    const bool extended = is_extended(sie);
    uint16_t *at, now;
    uint32_t flags;
    Peer peer;
    int caller;

    if (!(sie->eca & SIE_ECA_SIGPI) ||
        !(ldl_be_p(sie->block + SIE_CPUFLAGS) & SIE_CPUFLAG_ECALL) ||
        !find_peer(env, lduw_be_p(sie->block + SIE_ICPUA), &peer)) {
        return -1;
    }
    at = kvm390_sie_map(peer.control, sizeof(*at));
    if (!at) {
        return -1;
    }
    if (take) {
        /* In this order: a call that comes now finds the other one. */
        change_flags(sie->tag.block, 0, SIE_CPUFLAG_ECALL, &flags);
        now = qatomic_xchg(at, 0);
    } else {
        now = qatomic_read(at);
    }
    caller = kvm390_sca_caller(be16_to_cpu(now), extended);
    kvm390_sie_unmap(at, sizeof(*at));
    return caller;
}
