/*
 * What a CPU keeps of interpretive execution: env->kvm390.sie
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SIE_STATE_H
#define KVM390_SIE_STATE_H

#include "kvm390/include/sie-rules.h"

/* Registers that exist once for the host and once for the guest. */
typedef struct Kvm390SieWorld {
    uint64_t psw_mask, psw_addr;
    uint64_t cr[16];
    uint64_t gr14, gr15;
    uint64_t psa;
    uint64_t gbea;
    uint64_t pp;
    uint32_t todpr;
    bool jumps_unsettled;       /* protection.h */
    uint64_t jumps_asce;
} Kvm390SieWorld;

/* What entries of a guest's TLBs depend on, besides what purges them. */
typedef struct Kvm390SieTag {
    uint64_t block;             /* the control block's address */
    uint64_t host_asce, host_cr0, host_psa;
    uint64_t origin, last;
    uint64_t psa, cr0, cr1, cr7, cr13;
} Kvm390SieTag;

/*
 * All zero: SIE was never executed. The CPU's own thread has it, or whoever
 * looks at a CPU that is stopped; the counters are read by anyone.
 */
typedef struct Kvm390Sie {
    bool active;                /* the registers and TLBs are the guest's */
    bool parked;                /* there is a set of TLBs apart (tlb-banks.c) */
    uint8_t *block;             /* the control block, while active */
    Kvm390SieWorld host;        /* while active */
    uint64_t at_sie;            /* the address of the host's SIE */
    Kvm390SieControls controls; /* while active */
    uint32_t eca;               /* while active: SIE_ECA, what is honoured */
    bool per;                   /* while active: PER is on for the host */
    bool interlocked;           /* its tables are being changed, counted */
    Kvm390SieStorage storage;
    Kvm390SieTag tag;           /* of the guest that was left last */
    uint64_t ckc, epoch;        /* the guest's, while active */
    int64_t cputm_end;          /* virtual clock at which its CPU timer is 0 */
    struct QEMUTimer *timer;    /* for both; fires at timer_ns or not at all */
    int64_t timer_ns;
    /* The second stage: what it ended with, and the last entry it looked at. */
    int fault_code;
    uint64_t fault_teid;
    uint64_t last_entry;
} Kvm390Sie;

#endif /* KVM390_SIE_STATE_H */
