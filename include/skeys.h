/*
 * Storage keys as user space reaches them: what KVM's ioctls do
 *
 * The ioctls of the KVM API, the QMP commands, the storage-key device
 * (migration, "info skeys", "dump-skeys") all come here.
 *
 * Call with the BQL held, from a thread that is not executing guest
 * instructions; what changes keys may release the BQL while it waits for the
 * vCPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SKEYS_H
#define KVM390_SKEYS_H

#include <stdbool.h>
#include <stdint.h>
#include "kvm390/include/limits.h"

/* What GET_SKEYS answers while keys are not used (KVM_S390_GET_SKEYS_NONE). */
#define KVM390_SKEYS_NONE   1

/* Operations of KEYOP, numbered as in the KVM API. */
enum Kvm390KeyOp {
    KVM390_KEYOP_ISKE = 1,
    KVM390_KEYOP_RRBE = 2,
    KVM390_KEYOP_SSKE = 3,
};

/**
 * kvm390_check_get_skeys: what KVM_S390_GET_SKEYS finds before it looks for
 * the pages
 * @count: number of keys wanted
 * @flags: none is defined
 *
 * Returns 0, KVM390_SKEYS_NONE, or -EINVAL. (KVM api.rst, KVM_S390_GET_SKEYS.)
 */
int kvm390_check_get_skeys(uint64_t count, uint32_t flags);

/**
 * kvm390_get_skeys: KVM_S390_GET_SKEYS
 * @start_gfn: first page, any value
 * @count: number of pages, any value
 * @flags: none is defined
 * @keys: room for @count keys; written to on success only. It can be NULL, or
 *        smaller, where kvm390_check_get_skeys() does not return 0.
 *
 * Returns 0, KVM390_SKEYS_NONE if no keys are used yet, -EINVAL for a flag or
 * a count of 0 or beyond KVM390_SKEYS_MAX, -EFAULT if a page is not memory.
 */
int kvm390_get_skeys(uint64_t start_gfn, uint64_t count, uint32_t flags,
                     uint8_t *keys);

/**
 * kvm390_set_skeys: KVM_S390_SET_SKEYS
 * @start_gfn: first page, any value
 * @count: number of pages, any value
 * @flags: none is defined
 * @keys: @count keys; NULL if they could not be read
 *
 * Returns 0; -EINVAL for a flag or count as above; -EFAULT for @keys NULL.
 * After that keys are used, and the result may be -EINVAL for a key with its
 * low bit set or -EFAULT if a page is not memory; no key is set then.
 */
int kvm390_set_skeys(uint64_t start_gfn, uint64_t count, uint32_t flags,
                     const uint8_t *keys);

/**
 * kvm390_keyop: KVM_S390_KEYOP
 * @addr: guest absolute address; the offset in its page is ignored
 * @key: the key for SSKE, its low bit ignored; replaced on success by the old
 *       key, for RRBE by its R and C
 * @operation: enum Kvm390KeyOp
 *
 * Does not make keys used. Returns 0, -EINVAL for an unknown operation, or
 * -EFAULT for an address outside memory.
 */
int kvm390_keyop(uint64_t addr, uint8_t *key, uint8_t operation);

/**
 * kvm390_pages_are_memory: whether there is memory behind all pages
 * @start_gfn: first page, any value
 * @count: number of pages, any value; 0 is true
 */
bool kvm390_pages_are_memory(uint64_t start_gfn, uint64_t count);

/* The backend of QEMU's storage-key device. */
#define TYPE_KVM390_SKEYS "kvm390-skeys"

/**
 * kvm390_skeys_backend: the type of the machine's storage-key device
 *
 * NULL if keys are not kvm390's. When the machine makes its devices; device
 * stores are recorded from then on.
 */
const char *kvm390_skeys_backend(void);

#endif /* KVM390_SKEYS_H */
