/*
 * The CPU model, as KVM_S390_VM_CPU_MODEL sees it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CPU_MODEL_H
#define KVM390_CPU_MODEL_H

#include "api.h"

/**
 * kvm390_model_get, kvm390_model_set: an attribute of the group CPU_MODEL
 *
 * Return 0 or a negative errno; -ENXIO for an attribute that is not known,
 * -EBUSY for a change once there is a vCPU. BQL.
 */
int kvm390_model_get(uint64_t attr, Kvm390Call *call);
int kvm390_model_set(uint64_t attr, Kvm390Call *call);

/**
 * kvm390_model_grant: the facilities of a capability that is enabled
 * @cap: KVM_CAP_S390_VECTOR_REGISTERS and its like
 *
 * Returns 0, or -EBUSY once there is a vCPU. BQL.
 */
int kvm390_model_grant(uint32_t cap);

/** kvm390_model_cpuid: what STORE CPU ID stores. BQL. */
uint64_t kvm390_model_cpuid(void);

/** kvm390_model_apply: give a new CPU the model that was set. BQL. */
void kvm390_model_apply(S390CPU *cpu);

/**
 * kvm390_model_facility, kvm390_model_vm_facility: has the machine, has the VM
 * as its model was set, this facility? BQL.
 */
bool kvm390_model_facility(unsigned nr);
bool kvm390_model_vm_facility(unsigned nr);

#endif
