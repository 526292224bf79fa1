/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,2 mem=64 hercules=1 */
/*
 * A CPU that sets and resets keys of pages which it alone uses, by itself and
 * while another CPU runs. tests/accel counts for how many of them the emulator
 * stops the other.
 */
#include "guest.h"

#define TIMES   1000

static uint32_t finished;
static uint64_t *own, *others;

static void run(void *unused)
{
    while (!READ_ONCE(finished)) {
        (*(volatile uint64_t *)others)++;
    }
}

static uint64_t wrong_keys(void)
{
    volatile uint64_t *page = own;
    uint64_t wrong = 0, key;

    for (unsigned i = 0; i < TIMES; i++) {
        uint8_t acc = SKEY_ACC(i & 7);

        page[0] = i;
        sske((uint64_t)own, acc);
        wrong += iske((uint64_t)own) != acc;
        wrong += page[0] != i;
        wrong += iske((uint64_t)own) != (acc | SKEY_R);
        wrong += rrbe((uint64_t)own) != 2;
        page[1] = i;
        wrong += iske((uint64_t)own) != (acc | SKEY_R | SKEY_C);
        key = acc;
        wrong += sske_m3(&key, &(uint64_t) { (uint64_t)own }, SSKE_MR) != 1;
        wrong += iske((uint64_t)own) != acc;
    }
    return wrong;
}

/* The other CPU's store after a reset of C sets it again. */
static uint64_t lost_changes(void)
{
    uint64_t lost = 0;

    for (unsigned i = 0; i < TIMES / 10; i++) {
        uint64_t before;

        sske((uint64_t)others, 0);
        before = READ_ONCE(*others);
        while (READ_ONCE(*others) == before) {
            cpu_relax();
        }
        lost += !(iske((uint64_t)others) & SKEY_C);
    }
    return lost;
}

void main(void)
{
    own = page_alloc(1);
    others = page_alloc(1);
    ok_eq(wrong_keys(), 0, "keys of a page of its own");
    if (smp_count() > 1) {
        smp_start(1, run, NULL);
        ok_eq(wrong_keys(), 0, "the same while another CPU runs");
        tap_note("the other's page");
        ok_eq(lost_changes(), 0, "stores of the other are recorded");
        WRITE_ONCE(finished, 1);
        smp_wait(1);
    }
}
