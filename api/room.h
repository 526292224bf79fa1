/*
 * What is left when there is to be no more memory
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_ROOM_H
#define KVM390_API_ROOM_H

/**
 * kvm390_room_for_more: may something be made?
 * @len: bytes that it takes at once, beyond what a vCPU does
 *
 * Returns: false if the process's limit of address space (RLIMIT_AS) is near.
 * Any thread; takes no lock.
 */
bool kvm390_room_for_more(size_t len);

#endif
