/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,2 hercules=1 */
/*
 * A CPU that goes round among more access keys than an emulator is likely to
 * keep translations of. What a key was refused or granted, and whatever changes
 * that while another key is in use, has to hold when it comes back; by this CPU
 * or another one, for storage and for code, with DAT and without.
 */
#include "guest.h"

#define KEYS    9               /* 1 to 8 */
#define WINDOW  0x40000000UL    /* with DAT: page of a key after another */

static uint8_t *frame[KEYS];    /* a page for each key, with code in it */
static uint64_t space[2];
static bool with_dat;

/* Where a key's page is. */
static uint8_t *page(unsigned key)
{
    return with_dat ? (uint8_t *)WINDOW + key * PAGE_SIZE : frame[key];
}

static unsigned next_key(unsigned key)
{
    return key % (KEYS - 1) + 1;
}

static uint16_t load(unsigned key, const uint8_t *at)
{
    pgm_expect();
    key_load8(key, at);
    return pgm_end();
}

static uint16_t store(unsigned key, uint8_t *at)
{
    pgm_expect();
    key_store8(key, at, key);
    return pgm_end();
}

static uint32_t call(unsigned key, const uint8_t *at)
{
    return call_under(psw_mask() | PSW_KEY(key),
                      (void (*)(uint64_t))(uintptr_t)at, 0);
}

/* In orders that bring a key back after none, few or all others. */
static void test_own_pages(void)
{
    uint64_t wrong = 0;

    for (unsigned round = 0; round < 200; round++) {
        unsigned key = (round * round + round / 5) % (KEYS - 1) + 1;
        unsigned other = next_key(key);

        wrong += load(key, page(key)) != PGM_NONE;
        wrong += store(key, page(key) + 64) != PGM_NONE;
        wrong += load(key, page(other)) != PGM_PROTECTION;
        wrong += store(key, page(other) + 64) != PGM_PROTECTION;
        wrong += call(key, page(key)) != PGM_NONE;
        wrong += call(key, page(other)) != PGM_PROTECTION;
    }
    ok_eq(wrong, 0, "each key has its pages");
}

static void use_all(void)
{
    for (unsigned key = 1; key < KEYS; key++) {
        store(key, page(key) + 64);
        call(key, page(key));
    }
}

static void set_next_keys(void *unused)
{
    for (unsigned key = 1; key < KEYS; key++) {
        sske((uint64_t)frame[key], SKEY_ACC(next_key(key)) | SKEY_F);
    }
}

static void set_own_keys(void *unused)
{
    for (unsigned key = 1; key < KEYS; key++) {
        sske((uint64_t)frame[key], SKEY_ACC(key) | SKEY_F);
    }
}

static void reset_references(void *unused)
{
    for (unsigned key = 1; key < KEYS; key++) {
        rrbe((uint64_t)frame[key]);
    }
}

/* On the last CPU, which is this one if there is one. */
static void let_last(void (*run)(void *unused))
{
    unsigned last = smp_count() - 1;

    if (last) {
        smp_start(last, run, NULL);
        smp_wait(last);
    } else {
        run(NULL);
    }
}

static void test_changed_keys(void)
{
    uint64_t wrong = 0;

    use_all();
    let_last(set_next_keys);
    for (unsigned key = 1; key < KEYS; key++) {
        wrong += call(key, page(key)) != PGM_PROTECTION;
        wrong += load(key, page(key)) != PGM_PROTECTION;
        wrong += load(next_key(key), page(key)) != PGM_NONE;
    }
    let_last(set_own_keys);
    for (unsigned key = 1; key < KEYS; key++) {
        wrong += call(key, page(key)) != PGM_NONE;
        wrong += load(next_key(key), page(key)) != PGM_PROTECTION;
    }
    ok_eq(wrong, 0, "keys that change while other keys are in use");
}

static void test_references(void)
{
    uint64_t wrong = 0;

    use_all();
    let_last(reset_references);
    for (unsigned key = 1; key < KEYS; key++) {
        wrong += iske((uint64_t)frame[key]) & SKEY_R;
        load(key, page(key));
        wrong += !(iske((uint64_t)frame[key]) & SKEY_R);
    }
    let_last(set_own_keys);
    for (unsigned key = 1; key < KEYS; key++) {
        wrong += iske((uint64_t)frame[key]) & SKEY_C;
        store(key, page(key) + 64);
        wrong += !(iske((uint64_t)frame[key]) & SKEY_C);
    }
    ok_eq(wrong, 0, "R and C that are reset while other keys are in use");
}

static void test_unmapped(void)
{
    uint64_t wrong = 0;

    use_all();
    for (unsigned key = 1; key < KEYS; key++) {
        ipte(space[0], (uint64_t)page(key));
    }
    for (unsigned key = 1; key < KEYS; key++) {
        wrong += load(key, page(key)) != PGM_PAGE_TRANSLATION;
        dat_map(space[0], (uint64_t)page(key), (uint64_t)frame[key],
                PAGE_SIZE, 0);
        wrong += load(key, page(key)) != PGM_NONE;
    }
    ok_eq(wrong, 0, "IPTE while other keys are in use");
}

/* In the second space a key's window is to the next key's page. */
static void test_spaces(void)
{
    uint64_t wrong = 0;

    for (unsigned round = 0; round < 100; round++) {
        unsigned key = round * 5 % (KEYS - 1) + 1;
        unsigned other = next_key(key);

        cr_set(1, space[round / 3 % 2]);
        wrong += load(key, page(key)) !=
                 (round / 3 % 2 ? PGM_PROTECTION : PGM_NONE);
        wrong += load(other, page(key)) !=
                 (round / 3 % 2 ? PGM_NONE : PGM_PROTECTION);
    }
    cr_set(1, space[0]);
    ok_eq(wrong, 0, "each key in two spaces");
}

static void test_all(const char *name)
{
    tap_push("%s", name);
    test_own_pages();
    test_changed_keys();
    test_references();
    tap_pop();
}

static void prepare(void)
{
    for (unsigned n = 0; n < 2; n++) {
        space[n] = dat_identity();
    }
    for (unsigned key = 1; key < KEYS; key++) {
        frame[key] = page_alloc(1);
        *(uint16_t *)frame[key] = 0x07fe;       /* br %r14 */
    }
    for (unsigned key = 1; key < KEYS; key++) {
        uint64_t window = WINDOW + key * PAGE_SIZE;

        dat_map(space[0], window, (uint64_t)frame[key], PAGE_SIZE, 0);
        dat_map(space[1], window, (uint64_t)frame[next_key(key)], PAGE_SIZE,
                0);
    }
    set_own_keys(NULL);
}

void main(void)
{
    prepare();
    test_all("DAT off");
    with_dat = true;
    cr_set(1, space[0]);
    psw_set_as(PSW_PRIMARY);
    test_all("DAT on");
    tap_push("DAT on");
    test_unmapped();
    test_spaces();
    tap_pop();
    dat_off();
}
