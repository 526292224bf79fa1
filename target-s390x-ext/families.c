/*
 * Which family of MMU indexes an access key, or a space that access registers
 * designate, has on a CPU; see protection.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/cputlb.h"
#include "kvm390/include/access-registers.h"
#include "kvm390/include/protection.h"
#include "kvm390/trace.h"

#define FAMILY_BITS ((1u << KVM390_FAMILY_SIZE) - 1)

static Kvm390TlbOwner owner_of(CPUS390XState *env, unsigned key,
                               unsigned space)
{
    const uint64_t asce[KVM390_FAMILY_SIZE] = {
        [MMU_PRIMARY_IDX] = env->cregs[1],
        [MMU_SECONDARY_IDX] = env->cregs[7],
        [MMU_HOME_IDX] = env->cregs[13],
    };

    return (Kvm390TlbOwner) {
        asce[space], key, space, env->kvm390.sie.active,
    };
}

/* The family's TLBs with one key make way for those with another. */
static void change_key(CPUS390XState *env, unsigned family, unsigned old,
                       unsigned key)
{
    const unsigned first = family * KVM390_FAMILY_SIZE;
    unsigned spaces = kvm390_bank_spaces(&env->kvm390.tlb.banks, key);
    uint16_t flush = 0;
    unsigned space, bank;

    for (space = 0; space < KVM390_FAMILY_SIZE; space++) {
        const Kvm390TlbOwner left = owner_of(env, old, space);
        const Kvm390TlbOwner come = owner_of(env, key, space);

        if (!(spaces & 1u << space) &&
            !kvm390_tlb_is_used(env, first + space)) {
            continue;
        }
        if (!kvm390_tlb_leave(env, first + space, &left, &come, &bank) &&
            kvm390_tlb_is_used(env, first + space)) {
            flush |= 1u << (first + space);
        }
    }
    if (flush) {
        tlb_flush_by_mmuidx(env_cpu(env), flush);
    }
}

/* Which family to give up: none that storage operands use at the time. */
static unsigned next_family(Kvm390Tlb *k, unsigned key)
{
    int busy = k->ar_active ? k->ar_family - 1 : -1;
    unsigned n = kvm390_family_turn(&k->turns, key, busy);

    if (n + 1 == k->ar_family) {
        k->ar_family = 0;
    }
    return n;
}

/*
 * Have a family for something else; @key is what is to be in Kvm390Tlb.key for
 * it. Spaces that access registers designate have no banks (0 may be what was
 * left of one). Cached jumps, which skip the fetch check of the page they lead
 * to, know the key.
 */
static unsigned take_family(CPUS390XState *env, uint8_t key)
{
    Kvm390Tlb *k = &env->kvm390.tlb;
    unsigned n = next_family(k, key % KVM390_KEYS);

    trace_kvm390_key_family(env_cpu(env)->cpu_index, n + 1, k->key[n], key);
    if (!k->key[n] || (k->key[n] | key) & KVM390_KEY_OF_AR_SPACE) {
        kvm390_tlb_give_family(env, n + 1);
        tlb_flush_by_mmuidx(env_cpu(env),
                            FAMILY_BITS << (n + 1) * KVM390_FAMILY_SIZE);
    } else {
        change_key(env, n + 1, k->key[n], key);
    }
    k->key[n] = key;
    return n + 1;
}

unsigned kvm390_find_key_family(CPUS390XState *env, unsigned key)
{
    Kvm390Tlb *k = &env->kvm390.tlb;
    unsigned n;

    for (n = 0; n < KVM390_KEY_FAMILIES; n++) {
        if (likely(k->key[n] == key)) {
            return n + 1;
        }
    }
    /* None is ever taken where keys are off. */
    return kvm390_skeys_on() ? take_family(env, key) : 0;
}

bool kvm390_ar_space_active(CPUS390XState *env, unsigned key)
{
    const uint64_t mode = PSW_MASK_DAT | PSW_MASK_ASC;
    Kvm390Tlb *k = &env->kvm390.tlb;

    if (k->ar_active &&
        ((env->psw.mask & mode) != (PSW_MASK_DAT | PSW_ASC_ACCREG) ||
         k->key[k->ar_family - 1] != (key | KVM390_KEY_OF_AR_SPACE))) {
        k->ar_active = false;
    }
    return k->ar_active;
}

unsigned kvm390_find_operand_family(CPUS390XState *env)
{
    unsigned key = (env->psw.mask & PSW_MASK_KEY) >> PSW_SHIFT_KEY;

    /* MVC and its kin ask each time, so the call is worth leaving out. */
    if (unlikely(env->kvm390.tlb.ar_active) &&
        kvm390_ar_space_active(env, key)) {
        return env->kvm390.tlb.ar_family;
    }
    return key ? kvm390_find_key_family(env, key) : 0;
}

void kvm390_bind_ar_family(CPUS390XState *env, Kvm390ArSpace space,
                           unsigned key)
{
    Kvm390Tlb *k = &env->kvm390.tlb;

    /* Not in use here, so any family may be taken. */
    k->ar_active = false;
    if (!k->ar_family || k->ar_asce != space.asce ||
        k->ar_fetch_only != space.fetch_only ||
        k->key[k->ar_family - 1] != (key | KVM390_KEY_OF_AR_SPACE)) {
        if (k->ar_family) {
            k->key[k->ar_family - 1] = 0;
        }
        k->ar_family = 0;
        k->ar_family = take_family(env, key | KVM390_KEY_OF_AR_SPACE);
        k->ar_asce = space.asce;
        k->ar_fetch_only = space.fetch_only;
    }
    k->ar_active = true;
}
