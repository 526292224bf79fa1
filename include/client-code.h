/*
 * Guest code that a client may change behind QEMU's back
 *
 * A client's stores into shared memory do not go through QEMU, so nothing
 * throws away the translations of code they change. Of each page that holds
 * translated code a copy is kept from the time it was first translated; at
 * KVM_RUN the pages are compared with their copies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CLIENT_CODE_H
#define KVM390_CLIENT_CODE_H

#include <stdint.h>

/**
 * kvm390_client_code: a page holds translated code from now on
 * @ram_addr: the page
 *
 * Called with the page's lock held, before its code can run. Does nothing
 * where no client shares the guest's memory.
 */
#ifdef TARGET_S390X
void kvm390_client_code(uint64_t ram_addr);
#else
static inline void kvm390_client_code(uint64_t ram_addr)
{
}
#endif

/**
 * kvm390_check_client_code: throw away translations of code that changed
 *
 * A vCPU's thread, outside cpu_exec(), without the BQL.
 */
void kvm390_check_client_code(void);

/**
 * kvm390_forget_client_code: a range of RAM goes away
 *
 * Its translations go, too: other RAM may come to have its addresses. Any
 * thread, when no vCPU can get at the range any more, before it is freed.
 */
void kvm390_forget_client_code(uint64_t ram_addr, uint64_t len);

#endif
