/*
 * Guest access and memory operations on the machine that runs.
 *
 * The rules are in core/ (gaccess.h, memop.h); here they meet QEMU's memory,
 * vCPUs and storage keys. Nothing here fills a TLB.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_GUEST_ACCESS_H
#define KVM390_GUEST_ACCESS_H

#include "cpu.h"
#include "kvm390/include/memop.h"

/**
 * kvm390_guest_access_init: once, when the accelerator is initialised. BQL.
 */
void kvm390_guest_access_init(void);

/**
 * kvm390_memop_vcpu: do a memory operation of a vCPU (KVM api.rst 4.89)
 * @cpu: the vCPU; its registers are looked at as they are
 * @op: the operation; its key is set to 0 if it is not to be used
 * @pgm: the exception, if the result is positive; its ILC is 0
 *
 * INJECT_EXCEPTION is not acted upon: if it is set and the result is positive,
 * the caller fills in @pgm->ilc, the length of the instruction that the vCPU
 * last exited on, and makes @pgm pending, by kvm390_pgm_inject() or by means
 * of its own.
 *
 * Context: @cpu's own thread (run_on_cpu), or any thread while @cpu is kept
 * from running by more than the BQL: the BQL may be released meanwhile.
 *
 * Returns: 0, -EINVAL, -E2BIG, -EFAULT (a buffer of @op is NULL), or the
 * program interruption code.
 */
int kvm390_memop_vcpu(S390CPU *cpu, Kvm390Memop *op, Kvm390Pgm *pgm);

/**
 * kvm390_memop_as: the same with another PSW mask
 * @psw_mask: what decides over the addressing mode, DAT and the space
 */
int kvm390_memop_as(S390CPU *cpu, uint64_t psw_mask, Kvm390Memop *op,
                    Kvm390Pgm *pgm);

/**
 * kvm390_memop_vm: do a memory operation of the VM
 * @op: the operation; its key is set to 0 if it is not to be used
 * @exchanged: for CMPXCHG, whether the exchange took place; may be NULL. If
 *             not, and the result is not -EFAULT, KVM copies @op->old back to
 *             its client, changed or not
 *
 * CMPXCHG is atomic against what vCPUs do, whatever the host can do.
 *
 * Context: any thread that is registered with RCU; the BQL may be held, and
 * may be released meanwhile.
 *
 * Returns: as above.
 */
int kvm390_memop_vm(Kvm390Memop *op, bool *exchanged);

/**
 * kvm390_pgm_raise: make an interruption that of the current instruction
 * @cpu: the current vCPU, executing an instruction
 * @pgm: the interruption; its ILC is not looked at
 * @psw_mask: that of the access that met it; access-register mode is looked at
 *
 * The caller leaves the instruction by cpu_loop_exit_restore().
 */
void kvm390_pgm_raise(S390CPU *cpu, const Kvm390Pgm *pgm, uint64_t psw_mask);

/**
 * kvm390_pgm_inject: make a program interruption pending
 * @cpu: the vCPU
 * @pgm: the interruption; @pgm->ilc is 0, 2, 4 or 6
 *
 * The vCPU takes it before its next instruction. An exception that nullifies
 * puts the PSW back by @pgm->ilc, as KVM does. A later injection replaces one
 * that is still pending.
 *
 * Context: any thread, under the BQL.
 */
void kvm390_pgm_inject(S390CPU *cpu, const Kvm390Pgm *pgm);

/**
 * kvm390_virt_mem_rw: s390_cpu_virt_mem_rw() under kvm390
 *
 * Accesses with the PSW key, as QEMU's instruction handlers do under KVM. An
 * exception is made the vCPU's current one; the caller goes on with
 * s390_cpu_virt_mem_handle_exc(). @len up to 64 KiB.
 *
 * Returns: 0, or the program interruption code.
 */
int kvm390_virt_mem_rw(S390CPU *cpu, vaddr laddr, uint8_t ar, void *hostbuf,
                       int len, bool is_write);

#endif
