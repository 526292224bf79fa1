/*
 * Guest memory that the host takes away: pages that a client's file lost
 *
 * A client can make the file of its memory shorter at any time; what accesses
 * the pages behind the new end gets SIGBUS. A window where nothing is mapped
 * gives SIGSEGV, to who looked the memory up before it went. Under KVM the
 * access fails with -EFAULT and nothing else happens, so it does here:
 *
 * - In generated code the instruction ends there, unfinished, by the exception
 *   of an access that the client forbids: KVM_RUN is -EFAULT, and starts over.
 * - Elsewhere an access can't be left. A page of zeros takes the place of the
 *   one that is lost, the access goes on there, and who began it asks
 *   afterwards: an ioctl is -EFAULT, and so is KVM_RUN, behind the instruction.
 *
 * With the next ioctl the file is mapped in place of such a page again
 * (kvm390_slot_memory_mend()): it may have grown meanwhile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_LOST_PAGES_H
#define KVM390_LOST_PAGES_H

#include <stdbool.h>
#include <stdint.h>

/** kvm390_lost_pages_init: handle both signals from now on. BQL. */
void kvm390_lost_pages_init(void);

/** kvm390_lost_pages: is there one that was replaced? Any thread. */
bool kvm390_lost_pages(void);

/**
 * kvm390_lost_pages_take: forget one that was replaced
 * @gpa, @size: the guest's address and the size in bytes
 *
 * Returns whether there was one. Any thread.
 */
bool kvm390_lost_pages_take(uint64_t *gpa, uint64_t *size);

#endif
