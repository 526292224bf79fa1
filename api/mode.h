/*
 * The two ways in which a client meets vCPUs
 *
 * VM mode: the machine kvm390-vm belongs to one client, which makes the vCPUs
 * and runs them by KVM_RUN. Attach mode: QEMU runs a machine of its own, and
 * clients look at it and change it from beside. What differs between the two
 * stands in a table of functions each, as QEMU's clocks have one for TCG and
 * one for KVM; nothing else asks which mode it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_MODE_H
#define KVM390_API_MODE_H

#include "api.h"

typedef struct Kvm390Mode {
    /*
     * The client makes vCPUs and runs them; a connection to a vCPU is answered
     * by that vCPU's thread.
     */
    bool client_runs;

    /* A vCPU is being made; nobody finds it yet. BQL. */
    void (*vcpu_init)(Kvm390Vcpu *vcpu);
    /* It can be found. BQL. */
    void (*vcpu_ready)(Kvm390Vcpu *vcpu);
    /* SET_MP_STATE has made it operating. BQL. */
    void (*vcpu_operating)(Kvm390Vcpu *vcpu);

    /* Registers between kvm_run and the CPU, around an ioctl. */
    void (*regs_pull)(Kvm390Vcpu *vcpu);
    void (*regs_push)(Kvm390Vcpu *vcpu);
    /* The client set the PSW, or the floating-point control. */
    void (*set_psw)(Kvm390Vcpu *vcpu, uint64_t mask, uint64_t addr);
    void (*set_fpc)(Kvm390Vcpu *vcpu, uint32_t fpc);

    /* The CPU timer outside KVM_RUN, as kvm390_get_cputm(). */
    uint64_t (*get_cputm)(Kvm390Vcpu *vcpu);
    void (*set_cputm)(Kvm390Vcpu *vcpu, uint64_t value);

    /* A floating interruption. Returns 0 or a negative errno. BQL. */
    int (*inject_floating)(const struct kvm_s390_irq *irq);
    /* Memory slots, and those among them without a dirty log. BQL. */
    void (*count_slots)(unsigned *slots, unsigned *unlogged);
    /* Limit the guest's memory. Returns 0 or a negative errno. BQL. */
    int (*limit_memory)(uint64_t limit);
    /* See that the VM ends with its client. 0 or a negative errno. */
    int (*watch_client)(struct Kvm390Server *server, int fd);
} Kvm390Mode;

/* Set once by the accelerator, before there is a CPU or a client. */
extern const Kvm390Mode *kvm390_mode;

extern const Kvm390Mode kvm390_vm_mode;

#endif /* KVM390_API_MODE_H */
