/*
 * Keeping TCG's exclusive sections away.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_EXCLUSIVE_H
#define KVM390_EXCLUSIVE_H

/**
 * kvm390_exclusive_hold: wait until no exclusive section runs, and let none
 * begin until cpu_list_unlock().
 *
 * For a short time, by a thread that does not execute guest code. vCPUs go on.
 * The BQL must not be held (an exclusive section may be waiting for it).
 */
void kvm390_exclusive_hold(void);

#endif
