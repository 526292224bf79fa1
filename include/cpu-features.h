/*
 * The CPU features that kvm390 has beyond TCG's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CPU_FEATURES_H
#define KVM390_CPU_FEATURES_H

#include "target/s390x/cpu_models.h"

#define KVM390_FACILITY_BYTES 2048

#ifdef CONFIG_USER_ONLY
static inline void kvm390_add_cpu_features(S390CPUModel *model)
{
}

static inline void kvm390_add_facilities(S390FeatType type, uint8_t *data)
{
}
#else
/**
 * kvm390_add_cpu_features: add what kvm390 implements to a CPU model.
 * @model: "max" or "qemu"; unchanged under another accelerator
 *
 * A feature is added only where the model's generation can have it. Called
 * while CPUs are created, with the BQL held.
 */
void kvm390_add_cpu_features(S390CPUModel *model);

/**
 * kvm390_add_facilities: add facility bits that QEMU has no CPU feature for
 * @type: the block of feature bits
 * @data: its bits, for the guest to see
 */
void kvm390_add_facilities(S390FeatType type, uint8_t *data);

/**
 * kvm390_set_facilities: show the guest this facility list, whatever is there
 * @list: KVM390_FACILITY_BYTES bytes, kept by the caller
 *
 * BQL; before the first vCPU.
 */
void kvm390_set_facilities(const uint8_t *list);

/**
 * kvm390_guest_has: has the guest a facility?
 * @feat, @facility: it, as QEMU's feature and by its number
 *
 * What user space said in place of the CPU model counts. Any thread that runs
 * a vCPU.
 */
bool kvm390_guest_has(S390Feat feat, unsigned facility);
#endif

#endif /* KVM390_CPU_FEATURES_H */
