/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests of one's own, by START INTERPRETIVE EXECUTION. Not in guest.h.
 *
 *     struct vm *vm = vm_new();
 *
 *     vm_code(vm, "\x83\x00\x05\x00", 4);
 *     ok_eq(vm_run(vm), 0x04, "DIAGNOSE is intercepted");
 *
 * A guest has VM_SIZE bytes of absolute storage from 0 on, mapped in a host
 * space of its own, its primary space while it is executed; the code is at
 * VM_CODE, data at VM_DATA. A guest's lowcore has new PSWs that lead to
 * VM_HANDLER, where a DIAGNOSE 0x44 is.
 */
#ifndef GUEST_SIE_H
#define GUEST_SIE_H

#include "guest.h"

#define VM_SIZE     0x10000UL
#define VM_HANDLER  0x2000UL
#define VM_CODE     0x3000UL
#define VM_DATA     0x4000UL

/* Interception codes */
#define ICPT_NONE           0x00
#define ICPT_INSTRUCTION    0x04
#define ICPT_PROGRAM        0x08
#define ICPT_EXT_REQUEST    0x10
#define ICPT_EXTERNAL       0x14
#define ICPT_IO_REQUEST     0x18
#define ICPT_WAIT           0x1c
#define ICPT_VALIDITY       0x20
#define ICPT_STOP           0x28
#define ICPT_OPEREXC        0x2c
#define ICPT_PARTIAL        0x38
#define ICPT_KSS            0x5c

#define CPUFLAGS_WAIT       0x10000000U
#define CPUFLAGS_ECALL      0x08000000U
#define CPUFLAGS_STOP       0x04000000U
#define CPUFLAGS_IO         0x02000000U
#define CPUFLAGS_EXT        0x01000000U
#define CPUFLAGS_RUNNING    0x00800000U
#define CPUFLAGS_ZARCH      0x00000800U
#define CPUFLAGS_KSS        0x00000200U
#define CPUFLAGS_SM         0x00000080U
#define CPUFLAGS_P          0x00000001U

#define ECA_CEI             0x80000000U
#define ECA_SIGPI           0x10000000U
#define ECA_SII             0x00000001U
#define ECB_SRSI            0x04
#define ECB2_ESCA           0x04

#define ICPTSTATUS_IFETCH   0x02

#define ICTL_OPEREXC        0x80000000U
#define ICTL_PINT           0x20000000U
#define ICTL_LPSW           0x00400000U
#define ICTL_STCTL          0x00040000U
#define ICTL_ISKE           0x00004000U
#define ICTL_SSKE           0x00002000U
#define ICTL_RRBE           0x00001000U
#define ICTL_TPROT          0x00000200U

struct sie_block {
    uint32_t cpuflags;
    uint32_t prefix;
    uint8_t pad08[0x28 - 0x08];
    uint64_t cputm;             /* 0x28 */
    uint64_t ckc;
    uint64_t epoch;
    uint32_t pad40;
    uint16_t lctl;              /* 0x44 */
    uint16_t icpua;
    uint32_t ictl;              /* 0x48 */
    uint32_t eca;
    uint8_t icptcode;           /* 0x50 */
    uint8_t icptstatus;
    uint16_t ihcpu;
    uint16_t pad54;
    uint16_t ipa;               /* 0x56 */
    uint32_t ipb;
    uint32_t scaoh;             /* 0x5c */
    uint8_t fpf;                /* 0x60 */
    uint8_t ecb;
    uint8_t ecb2;
    uint8_t ecb3;
    uint32_t scaol;             /* 0x64 */
    uint32_t pad68;
    uint32_t todpr;             /* 0x6c */
    uint8_t pad70[0x80 - 0x70];
    uint64_t mso;               /* 0x80 */
    uint64_t msl;
    struct psw gpsw;            /* 0x90 */
    uint64_t gr14, gr15;        /* 0xa0 */
    uint8_t padb0[0xc0 - 0xb0];
    uint32_t eiparams;          /* 0xc0 */
    uint16_t extcpuaddr;
    uint16_t eic;               /* 0xc6 */
    uint8_t padc8[0xcc - 0xc8];
    uint16_t pgmilc;            /* 0xcc */
    uint16_t iprcc;
    uint32_t dxc;
    uint16_t padd4;
    uint16_t perc_atmid;        /* 0xd6 */
    uint64_t peraddr;
    uint8_t eaid;               /* 0xe0 */
    uint8_t peraid;
    uint8_t pade2[0xe8 - 0xe2];
    uint64_t tecmc;             /* 0xe8 */
    uint8_t padf0[0x100 - 0xf0];
    uint64_t gcr[16];           /* 0x100 */
    uint64_t gbea;              /* 0x180 */
    uint8_t pad188[0x1a0 - 0x188];
    uint32_t fac;               /* 0x1a0 */
    uint8_t pad1a4[0x200 - 0x1a4];
};
_Static_assert(sizeof(struct sie_block) == 0x200, "size");

struct vm {
    struct sie_block *block;
    uint64_t gr[14];
    uint64_t space;             /* the ASCE that the guest is run under */
    uint8_t *storage;           /* its storage, where the host has it */
};

/* One SIE, with registers 0 to 13 from and to @gr. */
void sie_enter(struct sie_block *block, uint64_t *gr);

/* A guest with z/Architecture, 64-bit PSW at VM_CODE, its lowcore set. */
struct vm *vm_new(void);

/* The same storage and space for another virtual CPU. */
struct vm *vm_new_cpu(struct vm *first);

/* Puts code at VM_CODE, a DIAGNOSE 0x44 behind it, and the PSW there. */
void vm_code(struct vm *vm, const void *code, unsigned len);

/*
 * Executes it until it is left; the interception code. ICPT_NONE: for the
 * host's sake. The code in the block is cleared before.
 */
unsigned vm_run(struct vm *vm);

/* The same, but again and again while it is left for the host's sake. */
unsigned vm_run_on(struct vm *vm);

#endif
