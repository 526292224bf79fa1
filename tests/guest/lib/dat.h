/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dynamic address translation. A space is an ASCE of a region-third table
 * (4 TiB) whose lower tables are made as they are needed:
 *
 *     uint64_t space = dat_identity();
 *     dat_map(space, 0x40000000, (uint64_t)page, PAGE_SIZE, DAT_PROTECT);
 *     cr_set(1, space);
 *     psw_set_as(PSW_PRIMARY);
 *     ...
 *     dat_off();
 *
 * Nothing here purges TLBs: ptlb() after a change to a space in use.
 */
#ifndef GUEST_DAT_H
#define GUEST_DAT_H

#include "arch.h"

/* ASCE */
#define ASCE_SUBSPACE       0x200UL
#define ASCE_PRIVATE        0x100UL
#define ASCE_STORAGE_ALT    0x080UL
#define ASCE_SPACE_SWITCH   0x040UL
#define ASCE_REAL_SPACE     0x020UL
#define ASCE_TYPE           0x00cUL
#define ASCE_TYPE_R3        0x004UL
#define ASCE_TYPE_SEGMENT   0x000UL
#define ASCE_LENGTH         0x003UL

/* Region- and segment-table entries */
#define DTE_FC              0x400UL
#define DTE_PROTECT         0x200UL
#define DTE_IEP             0x100UL
#define DTE_INVALID         0x020UL
#define DTE_TYPE_R3         0x004UL
#define DTE_LENGTH          0x003UL
#define DTE_ACC_VALID       0x10000UL       /* with FC */
#define DTE_ACC(a)          ((uint64_t)(a) << 12)
#define DTE_F               0x800UL

/* Page-table entries */
#define PTE_INVALID         0x400UL
#define PTE_PROTECT         0x200UL
#define PTE_IEP             0x100UL

/* dat_map()'s flags */
#define DAT_PROTECT         0x200UL
#define DAT_IEP             0x100UL         /* facility 130, CR0_IEP */
#define DAT_LARGE           0x400UL         /* 1-MiB frames, CR0_EDAT */

/* A new space in which nothing is mapped. */
uint64_t dat_space(void);

/* A new space in which all of main storage is mapped one to one. */
uint64_t dat_identity(void);

/*
 * Maps @size bytes from virtual @va to real @ra (absolute with DAT_LARGE),
 * all multiples of 4 KiB, or of 1 MiB with DAT_LARGE.
 */
void dat_map(uint64_t asce, uint64_t va, uint64_t ra, uint64_t size,
             uint64_t flags);

/* Sets the invalid bit of the pages. */
void dat_unmap(uint64_t asce, uint64_t va, uint64_t size);

/* The entry of @va; NULL if there is no table with one. */
uint64_t *dat_rte(uint64_t asce, uint64_t va);
uint64_t *dat_ste(uint64_t asce, uint64_t va);
uint64_t *dat_pte(uint64_t asce, uint64_t va);

/* DAT off, primary space, key and all else as before. */
static inline void dat_off(void)
{
    psw_set_mask(psw_mask() & ~(PSW_DAT | PSW_AS_MASK));
}

/* INVALIDATE PAGE TABLE ENTRY for @va, in the page table of @asce. */
static inline void ipte(uint64_t asce, uint64_t va)
{
    uint64_t table = (uint64_t)dat_pte(asce, va) & ~0x7ffUL;

    asm volatile("ipte %0,%1" : : "a" (table), "a" (va) : "memory");
}

#endif
