/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the storage-key instructions take, by the TOD clock: over pages that
 * no access has touched, and (-used) right after a store to the page.
 */
#include "guest.h"

#define PAGES   1024
#define ROUNDS  64

static uint64_t pages;

static void do_iske(uint64_t page)
{
    iske(page);
}

static void do_sske(uint64_t page)
{
    sske(page, SKEY_ACC(3));
}

static void do_sske_nq(uint64_t page)
{
    uint64_t key = SKEY_ACC(3);

    sske_m3(&key, &page, SSKE_NQ);
}

static void do_rrbe(uint64_t page)
{
    rrbe(page);
}

static void do_store(uint64_t page)
{
    *(volatile uint64_t *)page = page;
}

static void do_sske_used(uint64_t page)
{
    do_store(page);
    do_sske(page);
}

static void do_sske_nq_used(uint64_t page)
{
    do_store(page);
    do_sske_nq(page);
}

static void do_rrbe_used(uint64_t page)
{
    do_store(page);
    do_rrbe(page);
}

static void time_of(const char *name, void (*op)(uint64_t))
{
    uint64_t start = tod();
    uint64_t picoseconds;

    for (int round = 0; round < ROUNDS; round++) {
        for (uint64_t i = 0; i < PAGES; i++) {
            op(pages + i * PAGE_SIZE);
        }
    }
    /* Bit 51 of the clock is a microsecond. */
    picoseconds = (tod() - start) * 1000000 / 4096 / (PAGES * ROUNDS);
    tap_note("bench %s %lu.%03lu ns/op", name, picoseconds / 1000,
             picoseconds % 1000);
}

void main(void)
{
    static const struct {
        const char *name;
        void (*op)(uint64_t);
    } ops[] = {
        { "iske", do_iske },
        { "sske", do_sske },
        { "sske-nq", do_sske_nq },
        { "rrbe", do_rrbe },
        { "store", do_store },
        { "sske-used", do_sske_used },
        { "sske-nq-used", do_sske_nq_used },
        { "rrbe-used", do_rrbe_used },
    };

    /* Not allocated, for that would clear and so touch it. */
    pages = (memory_free() + PAGE_SIZE - 1) & -PAGE_SIZE;
    for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        for (int round = 0; round < 3; round++) {
            time_of(ops[i].name, ops[i].op);
        }
    }
}
