/*
 * The machine's storage keys, as the CPUs and the devices meet them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_KEYS_H
#define KVM390_KEYS_H

#include "exec/hwaddr.h"
#include "kvm390/include/keystore.h"

/*
 * Two steps lie between a guest without keys and one with them. Keys are
 * "active" when they are looked at and recorded in; until then every page's
 * key is zero and costs nothing. They are "used" when the guest or user space
 * turned to them in a way that KVM takes for use (its first key instruction,
 * or SET_SKEYS); that step makes them all zero, as KVM's does.
 *
 * Both turn true once, in a quiesced state, with all TLBs emptied: entries
 * filled before bear no epoch. Only loading a snapshot makes keys unused
 * again. Read them without a lock; while a vCPU executes guest instructions
 * they don't change.
 */
typedef struct Kvm390Keys {
    Kvm390KeyStore store;
    bool active;
    bool used;
} Kvm390Keys;

extern Kvm390Keys kvm390_keys;

static inline bool kvm390_keys_active(void)
{
    return __atomic_load_n(&kvm390_keys.active, __ATOMIC_ACQUIRE);
}

static inline bool kvm390_keys_used(void)
{
    return __atomic_load_n(&kvm390_keys.used, __ATOMIC_ACQUIRE);
}

/**
 * kvm390_keys_init: the machine's key table
 * @pages: how many pages there can be, from address 0 on
 *
 * Its entries have no place yet. While the machine is made; once. Returns 0 or
 * a negative errno.
 */
int kvm390_keys_init(uint64_t pages);

/**
 * kvm390_keys_reserve: there may be memory at these pages
 * @gfn: the first page
 * @count: how many
 *
 * Before the guest can get at them: it cannot be told later that the host is
 * out of address space. Returns 0 or -ENOMEM. Any thread.
 */
int kvm390_keys_reserve(uint64_t gfn, uint64_t count);

/**
 * kvm390_keys_use: make sure that keys are used (and active)
 *
 * Not from a helper (see kvm390_run_quiesced()).
 */
void kvm390_keys_use(void);

/**
 * kvm390_keys_activate: make sure that keys are active
 *
 * Not from a helper (see kvm390_run_quiesced()).
 */
void kvm390_keys_activate(void);

/**
 * kvm390_keys_forget: back to where no key has ever been used
 *
 * For a snapshot about to be loaded, which says nothing of keys if its guest
 * had not used any. The vCPUs are stopped. Not from a helper.
 */
void kvm390_keys_forget(void);

/**
 * kvm390_keys_forget_pages: memory goes, and its keys with it
 * @gfn: the first page
 * @count: how many
 *
 * Memory that comes in its place has keys of zero, as with KVM. Not from a
 * helper.
 */
void kvm390_keys_forget_pages(uint64_t gfn, uint64_t count);

/* As kvm390_keys_use(), for code that runs quiesced already. */
void kvm390_keys_use_quiesced(void *unused);

/**
 * kvm390_flush_quiesced: empty every TLB and begin a new epoch
 *
 * Quiesced state only.
 */
void kvm390_flush_quiesced(void);

/**
 * kvm390_keys_record: set R, or R and C, for an access that no vCPU made
 * @addr: guest absolute address
 * @len: length in bytes; 0 does nothing
 * @store: it was a store
 *
 * Any thread. Does nothing while keys are not active.
 */
void kvm390_keys_record(hwaddr addr, hwaddr len, bool store);

#endif /* KVM390_KEYS_H */
