/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1,4 hercules=1 */
/*
 * Stores to pages that hold code: code that is changed is executed as it is
 * now, code beside data is not harmed by stores to the data, and pages whose
 * code is dead are plain memory. tests/accel (code-page) counts what the
 * stores cost.
 */
#include "guest.h"

#define PAGES   32
#define ROUNDS  4000

/* LGHI 2,@value; BR 14 */
static void make_function(uint8_t *at, uint16_t value)
{
    const uint8_t code[] = { 0xa7, 0x29, value >> 8, value, 0x07, 0xfe };

    memcpy(at, code, sizeof(code));
}

static uint64_t call(uint8_t *at)
{
    return ((uint64_t (*)(void))at)();
}

/* One page, which each round both changes and calls. */
static void test_changed(uint8_t *page)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        make_function(page + 64, i & 0x7fff);
        wrong += call(page + 64) != (i & 0x7fff);
    }
    ok_eq(wrong, 0, "code that was changed");
}

/* Two functions with data between them; only the data is changed. */
static void test_beside_data(uint8_t *page)
{
    volatile uint64_t *data = (volatile uint64_t *)(page + 1024);
    unsigned wrong = 0;

    make_function(page, 11);
    make_function(page + 2048, 22);
    for (unsigned i = 0; i < ROUNDS; i++) {
        data[i % 64] = i;
        wrong += call(page) != 11 || call(page + 2048) != 22;
        wrong += data[i % 64] != i;
        if (i % 500 == 499) {
            /* now and then one of them is changed after all */
            make_function(page + 2048, 33);
            wrong += call(page + 2048) != 33;
            make_function(page + 2048, 22);
        }
    }
    ok_eq(wrong, 0, "code beside data");
}

/* Pages that held code once, and are then stored to by the doubleword. */
static void test_dead(uint8_t *pages)
{
    unsigned wrong = 0;

    for (unsigned p = 0; p < PAGES; p++) {
        for (unsigned i = 0; i < 16; i++) {
            make_function(pages + p * PAGE_SIZE + i * 256, p);
        }
        for (unsigned i = 0; i < 16; i++) {
            wrong += call(pages + p * PAGE_SIZE + i * 256) != p;
        }
    }
    for (unsigned p = 0; p < PAGES; p++) {
        volatile uint64_t *data = (void *)(pages + p * PAGE_SIZE);

        /* behind each function, never into it */
        for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
            if (i % 32 > 4) {
                data[i] = i;
            }
        }
    }
    for (unsigned p = 0; p < PAGES; p++) {
        wrong += call(pages + p * PAGE_SIZE + 3840) != p;
    }
    ok_eq(wrong, 0, "code that was left alone");
}

void main(void)
{
    uint8_t *pages = page_alloc(PAGES);

    if (strcmp(argument("only", "all"), "dead")) {
        test_changed(pages);
        test_beside_data(pages + PAGE_SIZE);
    }
    test_dead(pages);
}
