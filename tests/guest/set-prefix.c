/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1 hercules=1 */
/*
 * SET PREFIX drops what was translated to real addresses that change places,
 * whatever the virtual addresses are (PoP, "SET PREFIX": the TLB is cleared).
 */
#include "guest.h"

#define LOW     0x40000000UL    /* virtual: the real pages of prefix areas */
#define AREA    0x50000000UL    /* virtual: the new area's real pages */
#define FREE    0x1f00UL        /* a place in the prefix area that is free */

static volatile uint64_t *at(uint64_t addr)
{
    return (volatile uint64_t *)addr;
}

/* The values at LOW and AREA with DAT on, then with @prefix. */
static void look(uint32_t prefix, uint64_t seen[4])
{
    psw_set_as(PSW_PRIMARY);
    seen[0] = *at(LOW + FREE);
    seen[1] = *at(AREA + FREE);
    set_prefix(prefix);
    seen[2] = *at(LOW + FREE);
    seen[3] = *at(AREA + FREE);
    dat_off();
}

void main(void)
{
    uint32_t old = get_prefix();
    uint64_t area = (uint64_t)memory_alloc(2 * PAGE_SIZE, 2 * PAGE_SIZE);
    uint64_t space = dat_identity(), seen[4];

    cr_set(1, space);
    dat_map(space, LOW, 0, 2 * PAGE_SIZE, 0);
    dat_map(space, AREA, area, 2 * PAGE_SIZE, 0);
    memcpy((void *)area, (void *)0, 2 * PAGE_SIZE);
    *at(FREE) = 0x1111;
    *at(area + FREE) = 0x2222;
    look(area, seen);
    ok(seen[0] == 0x1111 && seen[1] == 0x2222, "before");
    ok_eq(seen[2], 0x2222, "the prefix area's real address");
    ok_eq(seen[3], 0x1111, "the area's real address is absolute 0");
    look(old, seen);
    ok(seen[0] == 0x2222 && seen[1] == 0x1111, "before the way back");
    ok_eq(seen[2], 0x1111, "back: the prefix area");
    ok_eq(seen[3], 0x2222, "back: the area");
}
