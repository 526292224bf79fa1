/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1 mem=256 */
/*
 * The address of a 1-MiB or 2-GiB frame is an absolute one ("segment-frame
 * absolute address", "region-frame absolute address" in the Principles of
 * Operation): no prefixing, as there is for the real address that a page-table
 * entry gives. Shown with a prefix area in the middle of a frame.
 */
#include "guest.h"

#define MIB     0x100000UL
#define GIB     0x40000000UL
#define FRAME   (4 * GIB)       /* virtual: a 1-MiB frame */
#define SMALL   (5 * GIB)       /* virtual: 4-KiB pages */
#define HUGE    (16 * GIB)      /* virtual: a 2-GiB frame at 0 */
#define IN_AREA 0x1f00UL        /* a place in the prefix area that is free */
#define PREFIX  0x40000UL       /* of the prefix area in the 1-MiB block */

static uint64_t area;           /* real: the block's page for the prefix */
static uint64_t space;

static volatile uint64_t *at(uint64_t addr)
{
    return (volatile uint64_t *)addr;
}

static uint64_t strag(uint64_t addr)
{
    static uint64_t real;

    asm volatile(".insn sse,0xe50200000000,0(%0),0(%1)"
                 : : "a" (&real), "a" (addr) : "memory");
    return real;
}

/* @swapped is a virtual address of absolute @area + IN_AREA. */
static void test_absolute(const char *name, uint64_t swapped)
{
    uint64_t value, address, real;
    int cc;

    tap_push("%s", name);
    *at(IN_AREA) = 0x1111;              /* is at absolute area + IN_AREA */
    *at(area + IN_AREA) = 0x2222;       /* is at absolute IN_AREA */
    psw_set_as(PSW_PRIMARY);
    value = *at(swapped);
    *at(swapped + 8) = 0x3333;
    address = lra(swapped, &cc);
    real = strag(swapped);
    dat_off();
    ok_eq(value, 0x1111, "a load is not prefixed");
    ok_eq(*at(IN_AREA + 8), 0x3333, "nor is a store");
    ok_eq(address, area + IN_AREA, "LRAG gives the frame's address");
    ok_eq(real, area + IN_AREA, "STRAG gives it, too");
    tap_pop();
}

/* The page's key is that of the absolute page. */
static void test_keys(const char *name, uint64_t swapped)
{
    uint16_t with[2];
    int cc[2];

    tap_push("%s", name);
    sske(IN_AREA, SKEY_ACC(3) | SKEY_F);
    sske(area + IN_AREA, SKEY_ACC(5) | SKEY_F);
    psw_set_as(PSW_PRIMARY);
    for (unsigned i = 0; i < 2; i++) {
        pgm_expect();
        key_load8(3 + 2 * i, (void *)swapped);
        with[i] = pgm_end();
        cc[i] = tprot(swapped, 3 + 2 * i);
    }
    dat_off();
    ok_eq(with[0], PGM_NONE, "its key");
    ok_eq(with[1], PGM_PROTECTION, "the key of the page it swaps with");
    ok_eq(cc[0], 0, "TPROT, its key");
    ok_eq(cc[1], 2, "TPROT, the other");
    sske(IN_AREA, 0);
    sske(area + IN_AREA, 0);
    tap_pop();
}

void main(void)
{
    uint8_t *block;
    uint32_t old = get_prefix();

    if (!facility(8)) {
        skip_all("no facility 8");
    }
    block = memory_alloc(MIB, MIB);
    area = (uint64_t)block + PREFIX;
    space = dat_identity();
    cr_or(0, CR0_EDAT);
    cr_set(1, space);
    dat_map(space, FRAME, (uint64_t)block, MIB, DAT_LARGE);
    dat_map(space, SMALL, area, 2 * PAGE_SIZE, 0);
    memcpy((void *)area, (void *)0, 2 * PAGE_SIZE);
    set_prefix(area);

    test_absolute("1-MiB frame", FRAME + PREFIX + IN_AREA);
    *at(area + IN_AREA) = 0x2222;
    psw_set_as(PSW_PRIMARY);
    ok_eq(*at(SMALL + IN_AREA), 0x2222, "a 4-KiB page is prefixed");
    dat_off();
    test_keys("1-MiB frame", FRAME + PREFIX + IN_AREA);
    if (facility(78)) {
        dat_map(space, HUGE, 0, PAGE_SIZE, 0);
        *dat_rte(space, HUGE) = DTE_FC | DTE_TYPE_R3;
        ptlb();
        test_absolute("2-GiB frame", HUGE + area + IN_AREA);
        test_keys("2-GiB frame", HUGE + area + IN_AREA);
    } else {
        tap_skip("2-GiB frame", "no facility 78");
    }
    memcpy((void *)area, (void *)0, 2 * PAGE_SIZE);
    set_prefix(old);
    cr_clear(0, CR0_EDAT);
}
