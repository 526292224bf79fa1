/*
 * Streams of QEMU's -accel kvm, taken by -accel kvm390
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_KVM_STREAM_H
#define KVM390_KVM_STREAM_H

#include "kvm390/include/compat.h"

/**
 * kvm390_kvm_stream_init: take the sections that only KVM sends
 *
 * Before the machine is made; main thread.
 */
void kvm390_kvm_stream_init(void);

/**
 * kvm390_kvm_stream_ops_init: have room for what KVM sends of each CPU
 * @ops: the accelerator's operations, filled in by TCG
 *
 * Main thread, before there is a CPU. Each CPU is made under the BQL.
 */
void kvm390_kvm_stream_ops_init(AccelOpsClass *ops);

#endif
