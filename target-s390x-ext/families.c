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

/*
 * Have a family to be filled anew; @key is what is to be in Kvm390Tlb.key for
 * it. Takes none that storage operands use at the time.
 */
static unsigned take_family(CPUS390XState *env, uint8_t key)
{
    Kvm390Tlb *k = &env->kvm390.tlb;
    unsigned n = k->next;

    if (n + 1 == k->ar_family) {
        if (k->ar_active) {
            n = (n + 1) % KVM390_KEY_FAMILIES;
        } else {
            k->ar_family = 0;
        }
    }
    k->next = (n + 1) % KVM390_KEY_FAMILIES;
    /*
     * The jump cache is emptied with it: a cached jump skips the fetch check
     * of the page it leads to.
     */
    tlb_flush_by_mmuidx(env_cpu(env),
                        FAMILY_BITS << (n + 1) * KVM390_FAMILY_SIZE);
    trace_kvm390_key_family(env_cpu(env)->cpu_index, n + 1, k->key[n], key);
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
