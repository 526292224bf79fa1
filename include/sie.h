/*
 * The SIE control block (state description)
 *
 * Offsets of the fields that kvm390 reads or writes, and bits in them, as
 * Linux lays the block out for KVM. A user-controlled VM's client maps one,
 * and api/ucontrol.c says which field means what there; SIE is executed with
 * one (interpret.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SIE_H
#define KVM390_SIE_H

enum {
    SIE_CPUFLAGS = 0x00, /* 4 bytes */
    SIE_PREFIX = 0x04,   /* 4, bits 1-18 */
    SIE_CPUTM = 0x28,    /* 8 */
    SIE_CKC = 0x30,      /* 8 */
    SIE_EPOCH = 0x38,    /* 8 */
    SIE_LCTL = 0x44,     /* 2 */
    SIE_ICPUA = 0x46,    /* 2 */
    SIE_ICTL = 0x48,     /* 4 */
    SIE_ECA = 0x4c,      /* 4 */
    SIE_ICPTCODE = 0x50, /* 1 */
    SIE_ICPTSTATUS = 0x51, /* 1 */
    SIE_IHCPU = 0x52,    /* 2: the CPU that it was last executed on */
    SIE_IPA = 0x56,      /* 2 */
    SIE_IPB = 0x58,      /* 4 */
    SIE_SCAOH = 0x5c,    /* 4: the system control area, upper half */
    SIE_FPF = 0x60,      /* 1 */
    SIE_ECB = 0x61,      /* 1 */
    SIE_ECB2 = 0x62,     /* 1 */
    SIE_SCAOL = 0x64,    /* 4: its lower half */
    SIE_TODPR = 0x6c,    /* 4 */
    SIE_MSO = 0x80,      /* 8: main storage origin, */
    SIE_MSL = 0x88,      /* 8: and limit; MiB */
    SIE_GPSW = 0x90,     /* 16 */
    SIE_GG14 = 0xa0,     /* 16: general registers 14 and 15 */
    SIE_HPID = 0xb8,     /* 1 */
    SIE_EXTCPUADDR = 0xc4, /* 2 */
    SIE_EIC = 0xc6,      /* 2: external interruption code */
    SIE_PGMILC = 0xcc,   /* 2 */
    SIE_IPRCC = 0xce,    /* 2 */
    SIE_DXC = 0xd0,      /* 4 */
    SIE_PERC_ATMID = 0xd6, /* 2 */
    SIE_PERADDR = 0xd8,  /* 8 */
    SIE_EAID = 0xe0,     /* 1: exception access identification */
    SIE_PERAID = 0xe1,   /* 1 */
    SIE_TECMC = 0xe8,    /* 8 */
    SIE_GCR = 0x100,     /* 128 */
    SIE_GBEA = 0x180,    /* 8 */
    SIE_FAC = 0x1a0,     /* 4: address of the guest's facility list */
    SIE_PP = 0x1de,      /* 8 */
    SIE_SIZE = 0x200,
    /* partial execution of MVPG */
    SIE_PEI_DEST = 0xc0, SIE_PEI_SOURCE = 0xc8, /* 8: page-table entries */
};

#define SIE_PREFIX_BITS     0x7fffe000u

#define SIE_CPUFLAG_STOPPED  0x80000000u
#define SIE_CPUFLAG_WAIT     0x10000000u    /* the host lets it sleep */
#define SIE_CPUFLAG_ECALL    0x08000000u    /* an external call is pending */
#define SIE_CPUFLAG_STOP_INT 0x04000000u
#define SIE_CPUFLAG_IO_INT   0x02000000u
#define SIE_CPUFLAG_EXT_INT  0x01000000u
#define SIE_CPUFLAG_RUNNING  0x00800000u
#define SIE_CPUFLAG_ZARCH    0x00000800u
#define SIE_CPUFLAG_KSS      0x00000200u
#define SIE_CPUFLAG_SM       0x00000080u
#define SIE_CPUFLAG_GED2     0x00000010u
#define SIE_CPUFLAG_GED      0x00000004u
#define SIE_CPUFLAG_P        0x00000001u    /* the host wants PER */

#define SIE_ECA_CEI      0x80000000u    /* the guest takes its timers' */
#define SIE_ECA_SIGPI    0x10000000u
#define SIE_ECA_MVPGI    0x01000000u
#define SIE_ECA_SII      0x00000001u    /* the interlock's count is kept */
#define SIE_ICPTSTATUS_EX 0x01u
#define SIE_ICPTSTATUS_IFETCH 0x02u     /* and a PER instruction fetch */
#define SIE_ECB_SPECI    0x08u
#define SIE_ECB_PTF      0x01u
#define SIE_ECB2_PFMFI   0x08u
#define SIE_ECB2_ESCA    0x04u          /* an extended system control area */
#define SIE_FAC_BITS     0x7ffffff8u

#define SIE_ICTL_OPEREXC 0x80000000u
#define SIE_ICTL_PINT    0x20000000u
#define SIE_ICTL_LPSW    0x00400000u
#define SIE_ICTL_STCTL   0x00040000u
#define SIE_ICTL_ISKE    0x00004000u
#define SIE_ICTL_SSKE    0x00002000u
#define SIE_ICTL_RRBE    0x00001000u
#define SIE_ICTL_TPROT   0x00000200u

/* The system control area begins with the interlock of a guest's tables. */
#define SIE_INTERLOCK_HOST  0x8000000000000000ull   /* the host has it */
#define SIE_INTERLOCK_GUEST 1ull                    /* a CPU that counts */

#define SIE_FPF_BPBC     0x20u
#define SIE_ECB_SRSI     0x04u
#define SIE_HPID_KVM     0x04u

#endif
