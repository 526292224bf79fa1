/*
 * What a guest's stream says of the accelerator that it comes from
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_ACCEL_MIGRATION_H
#define KVM390_ACCEL_MIGRATION_H

/**
 * kvm390_migration_init: have it in each stream; before the machine is made
 */
void kvm390_migration_init(void);

#endif
