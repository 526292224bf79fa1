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

/**
 * kvm390_wait_begin: this vCPU is about to wait for another vCPU's thread
 *
 * To be called by a helper, without the BQL, before it waits (run_on_cpu())
 * for another vCPU in the middle of an instruction. A vCPU that waits there
 * counts as executing, so a third one that wants to quiesce the machine would
 * wait for it, while the vCPU waited for may itself be held until the machine
 * was quiesced: all three for ever. From here to kvm390_wait_end() it does not
 * count, and must not use its TLBs. Under tcg too. Does nothing inside an
 * exclusive section. vCPU thread.
 */
void kvm390_wait_begin(CPUState *cs);

/**
 * kvm390_wait_end: the wait is over; the same helper, without the BQL
 *
 * Waits for a quiesced state to end, and empties the TLBs if it made them
 * stale. vCPU thread.
 */
void kvm390_wait_end(CPUState *cs);

#endif /* KVM390_QUIESCE_H */
