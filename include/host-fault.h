/*
 * Guest memory that the host has not, or not for this access
 *
 * Where user space runs the vCPUs, memory behind an absolute address is the
 * client's. An access that finds none is an addressing exception of the
 * guest's, or in a user-controlled VM an exit; one that the client's own
 * protection of its memory forbids ends KVM_RUN with -EFAULT. What looks for
 * memory notes in the CPU's state which page it was and whether the client
 * forbids it, so that the exception that follows can be told apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_HOST_FAULT_H
#define KVM390_HOST_FAULT_H

#include "cpu.h"
#include "kvm390/include/protmap.h"

/**
 * kvm390_host_permits: does the client's protection permit an access?
 * @absolute: an absolute address
 * @write: a store
 *
 * Whether there is memory at @absolute is another question; both answers
 * together are what the guest may do. Always true where QEMU owns the memory.
 * Any thread.
 */
bool kvm390_host_permits(uint64_t absolute, bool write);

/**
 * kvm390_host_permits_noted: the same, noted in the state of the CPU whose
 * thread this is
 */
bool kvm390_host_permits_noted(uint64_t absolute, bool write);

/** kvm390_host_permit: the same for both kinds of access: KVM390_PERMIT_* */
unsigned kvm390_host_permit(uint64_t absolute);

/**
 * kvm390_host_note: note a look for memory
 * @env: the current CPU
 * @absolute: where
 * @refused: there may be memory, but the client forbids the access
 */
static inline void kvm390_host_note(CPUS390XState *env, uint64_t absolute,
                                    bool refused)
{
    env->kvm390.memory.page = absolute & TARGET_PAGE_MASK;
    env->kvm390.memory.refused = refused;
}

/**
 * kvm390_host_protect: what the client permits of a part of its memory
 * @hva, @len: its address and the length in bytes, not 0
 * @permit: KVM390_PERMIT_*
 *
 * Costs the logarithm of how many parts are protected. vCPUs may go on with the
 * earlier rules until their TLBs are flushed. Returns 0, or -ENOMEM with
 * everything as it was. Any thread.
 */
int kvm390_host_protect(uint64_t hva, uint64_t len, unsigned permit);

/** kvm390_host_protects: is anything of the client's memory protected? */
bool kvm390_host_protects(void);

#endif
