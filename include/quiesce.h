/*
 * Running something while no vCPU executes guest instructions
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_QUIESCE_H
#define KVM390_QUIESCE_H

/**
 * kvm390_run_quiesced: call a function in TCG's exclusive section
 * @fn: called once, on this thread or on a vCPU's, without the BQL; it must
 *      not take the BQL
 * @opaque: its argument
 *
 * Returns when @fn has returned. Call from any thread that is not executing
 * guest instructions (a helper called from generated code is); the BQL, if
 * held, is released meanwhile. Inside an exclusive section, and while there
 * is no vCPU, @fn is called directly.
 */
void kvm390_run_quiesced(void (*fn)(void *opaque), void *opaque);

#endif /* KVM390_QUIESCE_H */
