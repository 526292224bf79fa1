/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stores to pages that hold translated code, by the TOD clock, with a TLB that
 * holds some ten thousand pages: to an instruction that is executed again each
 * time, to data beside code that is executed, and over code that is not
 * executed any more; and to a page without code.
 */
#include "guest.h"

#define PAGES   24000
#define CHANGES 2000
#define BESIDE  20000
#define DEAD    256

static uint64_t nanoseconds(uint64_t start)
{
    /* Bit 51 of the clock is a microsecond. */
    return (tod() - start) * 1000 / 4096;
}

static void note(const char *name, uint64_t ns, uint64_t n)
{
    tap_note("bench %s %lu.%03lu ns/store", name, ns / n,
             ns * 1000 / n % 1000);
}

/* LGHI 2,@value; BR 14 */
static void make_function(uint8_t *at, uint16_t value)
{
    *(volatile uint64_t *)at = 0xa729000007fe0000UL | (uint64_t)value << 32;
}

static void call(uint8_t *at)
{
    ((void (*)(void))at)();
}

static void fill_tlb(volatile uint8_t *pages)
{
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < PAGES; i++) {
            pages[i * PAGE_SIZE] = round;
        }
    }
}

/* Each doubleword but the first of each of the pages. */
static uint64_t store_pages(uint8_t *pages)
{
    uint64_t start = tod();

    for (unsigned p = 0; p < DEAD; p++) {
        volatile uint64_t *data = (void *)(pages + p * PAGE_SIZE);

        for (unsigned i = 1; i < PAGE_SIZE / 8; i++) {
            data[i] = i;
        }
    }
    return nanoseconds(start);
}

void main(void)
{
    uint8_t *pages = page_alloc(PAGES), *code = page_alloc(DEAD);
    volatile uint64_t *data = (void *)(code + 2048);
    const unsigned stores = DEAD * (PAGE_SIZE / 8 - 1);
    uint64_t space = dat_identity(), start;

    cr_set(1, space);
    psw_set_as(PSW_PRIMARY);
    for (int round = 0; round < 3; round++) {
        fill_tlb(pages);
        start = tod();
        for (unsigned i = 0; i < CHANGES; i++) {
            make_function(code, i & 0x7fff);
            call(code);
        }
        note("changed-code", nanoseconds(start), CHANGES);
        start = tod();
        for (unsigned i = 0; i < BESIDE; i++) {
            *data = i;
            call(code);
        }
        note("beside-code", nanoseconds(start), BESIDE);
        store_pages(pages);
        note("no-code", store_pages(pages), stores);
        for (unsigned p = 0; p < DEAD; p++) {
            make_function(code + p * PAGE_SIZE, p);
            call(code + p * PAGE_SIZE);
        }
        note("dead-code", store_pages(code), stores);
    }
    dat_off();
}
