/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prefix area of a CPU: the architecture's fields (PoP, "Assigned Storage
 * Locations") and, from 0x200 on, what the library keeps per CPU. The
 * library's part starts behind what low-address protection covers.
 *
 * Offsets are shared with start.S.
 */
#ifndef GUEST_LOWCORE_H
#define GUEST_LOWCORE_H

#define LC_RESTART_OLD  0x120
#define LC_EXT_OLD      0x130
#define LC_SVC_OLD      0x140
#define LC_PGM_OLD      0x150
#define LC_MCK_OLD      0x160
#define LC_IO_OLD       0x170
#define LC_PGM_GPRS     0x200
#define LC_INT_GPRS     0x280
#define LC_INT_STACK    0x300
#define LC_CALL_GPRS    0x308   /* r6..r15 of call_under()'s caller */
#define LC_CALL_RETURN  0x360   /* PSW call_under() returns with */
#define LC_CALL_TARGET  0x370   /* PSW it calls with */
#define LC_CALL_ACTIVE  0x380
#define LC_CALL_RESULT  0x384
#define LC_STACK        0x388

#ifndef __ASSEMBLER__
#include "types.h"

struct psw {
    uint64_t mask;
    uint64_t addr;
};

/* What the last program interruption on this CPU left. See pgm.h. */
struct pgm {
    bool armed;
    bool in_handler;
    uint8_t ilc;                /* instruction length in bytes: 2, 4 or 6 */
    uint8_t access_id;          /* exception access id, real 0xa0 */
    uint8_t operand_id;         /* operand access id, real 0xa2 */
    uint16_t code;              /* 0: there was none */
    uint32_t count;             /* interruptions since pgm_expect() */
    uint32_t dxc;               /* data-exception code, real 0x90 */
    uint64_t teid;              /* translation-exception id, real 0xa8 */
    uint64_t resume;            /* where to go on, 0: by the rules */
    struct psw psw;             /* program old PSW as stored */
};

/* External and I/O interruptions seen since ext_clear()/io_clear(). */
struct ext {
    uint32_t count;
    uint16_t code;              /* real 0x86 */
    uint16_t cpu_addr;          /* real 0x84 */
    uint32_t param;             /* real 0x80 */
};

struct io {
    uint32_t count;
    uint32_t subchannel_id;     /* real 0xb8 */
    uint32_t param;             /* real 0xbc */
    uint32_t id_word;           /* real 0xc0 */
};

struct lowcore {
    uint8_t pad_00[0x80];
    uint32_t ext_param;                 /* 0x80 */
    uint16_t ext_cpu_addr;              /* 0x84 */
    uint16_t ext_code;                  /* 0x86 */
    uint16_t svc_ilc;                   /* 0x88 */
    uint16_t svc_code;                  /* 0x8a */
    uint16_t pgm_ilc;                   /* 0x8c */
    uint16_t pgm_code;                  /* 0x8e */
    uint32_t dxc;                       /* 0x90 */
    uint8_t pad_94[0xa0 - 0x94];
    uint8_t exc_access_id;              /* 0xa0 */
    uint8_t per_access_id;              /* 0xa1 */
    uint8_t op_access_id;               /* 0xa2 */
    uint8_t pad_a3[0xa8 - 0xa3];
    uint64_t teid;                      /* 0xa8 */
    uint8_t pad_b0[0xb8 - 0xb0];
    uint32_t subchannel_id;             /* 0xb8 */
    uint32_t io_param;                  /* 0xbc */
    uint32_t io_id_word;                /* 0xc0 */
    uint8_t pad_c4[0x120 - 0xc4];
    struct psw restart_old;             /* 0x120 */
    struct psw ext_old;
    struct psw svc_old;
    struct psw pgm_old;
    struct psw mck_old;
    struct psw io_old;
    uint8_t pad_180[0x1a0 - 0x180];
    struct psw restart_new;             /* 0x1a0 */
    struct psw ext_new;
    struct psw svc_new;
    struct psw pgm_new;
    struct psw mck_new;
    struct psw io_new;                  /* 0x1f0 */
    /* the library's own */
    uint64_t pgm_gprs[16];              /* 0x200 */
    uint64_t int_gprs[16];              /* 0x280: external, I/O, SVC */
    uint64_t int_stack;                 /* 0x300 */
    uint64_t call_gprs[10];             /* 0x308 */
    uint64_t pad_358;
    struct psw call_return;             /* 0x360 */
    struct psw call_target;             /* 0x370 */
    uint32_t call_active;               /* 0x380 */
    uint32_t call_result;               /* 0x384 */
    uint64_t stack;                     /* 0x388 */
    struct pgm pgm;
    struct ext ext;
    struct io io;
    uint32_t console_window;            /* take service signals silently */
    uint16_t cpu_addr;
    uint32_t smp_done;
    void (*smp_fn)(void *arg);
    void *smp_arg;
    uint8_t end[];
};

/* This CPU's prefix area, at real address 0. */
static inline struct lowcore *lowcore(void)
{
    unsigned long addr = 0;

    /* keep the compiler from reasoning about a null pointer */
    asm("" : "+r" (addr));
    return (struct lowcore *)addr;
}
#endif

#endif
