/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#define TABLE_ORIGIN    (~0xfffUL)
#define PT_ORIGIN       (~0x7ffUL)
#define TABLE_ENTRIES   2048
#define PT_ENTRIES      256

static uint64_t *new_table(unsigned entries, uint64_t invalid)
{
    uint64_t *t = memory_alloc(entries * 8, entries * 8);

    for (unsigned i = 0; i < entries; i++) {
        t[i] = invalid;
    }
    return t;
}

uint64_t dat_space(void)
{
    uint64_t *t = new_table(TABLE_ENTRIES, DTE_INVALID | DTE_TYPE_R3);

    return (uint64_t)t | ASCE_TYPE_R3 | ASCE_LENGTH;
}

uint64_t *dat_rte(uint64_t asce, uint64_t va)
{
    if (va >> 42) {
        bail_out("address %#lx beyond a region-third table", va);
    }
    return (uint64_t *)(asce & TABLE_ORIGIN) + (va >> 31);
}

uint64_t *dat_ste(uint64_t asce, uint64_t va)
{
    uint64_t rte = *dat_rte(asce, va);

    if (!(rte & TABLE_ORIGIN) || (rte & DTE_FC)) {
        return NULL;
    }
    return (uint64_t *)(rte & TABLE_ORIGIN) + (va >> 20) % TABLE_ENTRIES;
}

uint64_t *dat_pte(uint64_t asce, uint64_t va)
{
    uint64_t *ste = dat_ste(asce, va);

    if (!ste || !(*ste & PT_ORIGIN) || (*ste & DTE_FC)) {
        return NULL;
    }
    return (uint64_t *)(*ste & PT_ORIGIN) + (va >> 12) % PT_ENTRIES;
}

static uint64_t *make_ste(uint64_t asce, uint64_t va)
{
    if (!dat_ste(asce, va)) {
        uint64_t *t = new_table(TABLE_ENTRIES, DTE_INVALID);

        *dat_rte(asce, va) = (uint64_t)t | DTE_TYPE_R3 | DTE_LENGTH;
    }
    return dat_ste(asce, va);
}

static uint64_t *make_pte(uint64_t asce, uint64_t va)
{
    uint64_t *ste = make_ste(asce, va);

    if (!dat_pte(asce, va)) {
        *ste = (uint64_t)new_table(PT_ENTRIES, PTE_INVALID);
    }
    return dat_pte(asce, va);
}

void dat_map(uint64_t asce, uint64_t va, uint64_t ra, uint64_t size,
             uint64_t flags)
{
    uint64_t step = flags & DAT_LARGE ? SEGMENT_SIZE : PAGE_SIZE;

    if ((va | ra | size) & (step - 1)) {
        bail_out("dat_map: %#lx %#lx %#lx not aligned", va, ra, size);
    }
    for (uint64_t end = va + size; va < end; va += step, ra += step) {
        if (flags & DAT_LARGE) {
            *make_ste(asce, va) = ra | DTE_FC | (flags & ~DAT_LARGE);
        } else {
            *make_pte(asce, va) = ra | flags;
        }
    }
}

void dat_unmap(uint64_t asce, uint64_t va, uint64_t size)
{
    for (uint64_t end = va + size; va < end; va += PAGE_SIZE) {
        uint64_t *pte = dat_pte(asce, va);

        if (pte) {
            *pte |= PTE_INVALID;
        }
    }
}

uint64_t dat_identity(void)
{
    uint64_t asce = dat_space();

    dat_map(asce, 0, 0, memory_size(), 0);
    return asce;
}
