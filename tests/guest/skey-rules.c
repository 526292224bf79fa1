/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 */
/* guest-test: accel=kvm390 smp=1 cpu=max,csske=off,nonqks=off args=without=10 */
/* guest-test: accel=kvm390 smp=1 cpu=max,edat=off,edat2=off args=without=8 */
/*
 * Rules that hang on something else: private spaces, instruction-execution
 * protection, keys of large frames in TPROT, facilities that are not there.
 */
#include "guest.h"

#define MIB     0x100000UL
#define WINDOW  0x40000000UL

static uint8_t *page;
static uint64_t space;

/* A load under key 3 at @addr in @asce; the interruption code. */
static uint16_t load_in(uint64_t asce, uint64_t addr)
{
    cr_set(1, asce);
    psw_set_as(PSW_PRIMARY);
    pgm_expect();
    key_load8(3, (void *)addr);
    pgm_end();
    dat_off();
    return pgm_last()->code;
}

/* A store of what is there at @addr in @asce, low-address protection on. */
static uint16_t store_in(uint64_t asce, uint64_t addr)
{
    volatile uint8_t *p = (uint8_t *)addr;
    uint8_t same = *p;

    cr_set(1, asce);
    psw_set_as(PSW_PRIMARY);
    cr_or(0, CR0_LOW_ADDRESS_PROTECTION);
    pgm_expect();
    *p = same;
    pgm_end();
    cr_clear(0, CR0_LOW_ADDRESS_PROTECTION);
    dat_off();
    return pgm_last()->code;
}

static void test_private_space(void)
{
    uint64_t private = space | ASCE_PRIVATE;
    uint8_t key0 = iske(0);

    tap_push("private space");
    sske(0, SKEY_ACC(5) | SKEY_F);
    cr_or(0, CR0_FETCH_OVERRIDE);
    ok_eq(load_in(space, 0x700), PGM_NONE,
          "fetch-protection override applies to another one");
    ok_eq(load_in(private, 0x700), PGM_PROTECTION, "and not to it");
    cr_set(1, private);
    pgm_expect();
    key_load8(3, (void *)0x700);
    pgm_ok(PGM_NONE, "with DAT off there is none");
    cr_clear(0, CR0_FETCH_OVERRIDE);
    sske(0, key0);
    ok_eq(store_in(space, 0x1008), PGM_PROTECTION,
          "low-address protection applies to another one");
    ok_eq(store_in(private, 0x1008), PGM_NONE, "and not to it");
    tap_pop();
}

static uint32_t run_at_window(uint8_t key)
{
    return call_under(PSW_LIBRARY | PSW_DAT | PSW_KEY(key),
                      (void (*)(uint64_t))WINDOW, 0);
}

static void test_execution_protection(void)
{
    const uint64_t bits = TEID_BIT(56) | TEID_BIT(60) | TEID_BIT(61);

    if (!facility(130)) {
        tap_skip("instruction-execution protection", "no facility 130");
        return;
    }
    tap_push("instruction-execution protection");
    page[0] = 0x07;
    page[1] = 0xfe;
    dat_map(space, WINDOW, (uint64_t)page, PAGE_SIZE, DAT_IEP);
    cr_set(1, space);
    cr_or(0, CR0_IEP);
    ptlb();
    sske((uint64_t)page, SKEY_ACC(3) | SKEY_F);
    for (unsigned key = 0; key < 6; key += 3) {
        ok_eq(run_at_window(key), PGM_PROTECTION, "key %u: a fetch", key);
        ok_eq(pgm_last()->teid & bits, TEID_BIT(56) | TEID_BIT(61),
              "key %u: TEID bits 56 and 61", key);
    }
    ok_eq(run_at_window(5), PGM_PROTECTION, "another key: a fetch");
    ok_eq(load_in(space, WINDOW), PGM_NONE, "data may be fetched");
    cr_clear(0, CR0_IEP);
    ptlb();
    ok_eq(run_at_window(3), PGM_NONE, "the control is off");
    ok_eq(run_at_window(5), PGM_PROTECTION, "the key counts all the same");
    ok_eq(pgm_last()->teid & bits, TEID_BIT(60), "TEID bit 60");
    sske((uint64_t)page, 0);
    tap_pop();
}

/* As KVM's does, TPROT looks at the storage key, whatever the entry says. */
static void test_tprot_frame(void)
{
    uint8_t *block = memory_alloc(MIB, MIB);
    uint64_t *entry, at = 2 * WINDOW;

    tap_push("tprot of a large frame");
    cr_or(0, CR0_EDAT);
    dat_map(space, at, (uint64_t)block, MIB, DAT_LARGE);
    entry = dat_ste(space, at);
    *entry |= DTE_ACC_VALID | DTE_ACC(5) | DTE_F;
    ptlb();
    cr_set(1, space);
    sske((uint64_t)block, SKEY_ACC(3) | SKEY_F);
    psw_set_as(PSW_PRIMARY);
    ok_eq(tprot(at, 3), 0, "the storage key's");
    ok_eq(tprot(at, 5), 2, "the entry's");
    dat_off();
    ok_eq(load_in(space, at), PGM_PROTECTION, "a fetch goes by the entry");
    cr_clear(0, CR0_EDAT);
    tap_pop();
}

static void test_without_10_and_14(void)
{
    uint64_t addr = (uint64_t)page, r1 = 0xdd50, r2 = addr;

    tap_push("without facilities 10 and 14");
    ok(!facility(10) && !facility(14), "they are not there");
    sske(addr, 0x30 | SKEY_R);
    ok_eq(sske_m3(&r1, &r2, SSKE_MR | SSKE_MC | SSKE_NQ), 0,
          "MR, MC and NQ are ignored: the condition code stays");
    ok_eq(r1, 0xdd50, "R1 stays");
    ok_eq(iske(addr), 0x50, "the key is set");
    sske(addr, 0x30 | SKEY_R);
    pfmf(PFMF_SK | PFMF_MR | PFMF_MC | 0x30, addr);
    ok_eq(iske(addr), 0x30, "PFMF ignores MR and MC");
    pgm_expect();
    pfmf(PFMF_SK | PFMF_NQ | 0x40, addr);
    pgm_ok(PGM_SPECIFICATION, "PFMF with NQ");
    tap_pop();
}


static void test_without_8(void)
{
    uint64_t addr = (uint64_t)page, r1 = 0x50, r2 = addr;

    tap_push("without facility 8");
    ok(!facility(8) && !facility(78), "it is not there");
    sske(addr + PAGE_SIZE, 0x30);
    sske_m3(&r1, &r2, SSKE_MB);
    ok_eq(iske(addr), 0x50, "SSKE with MB sets a key");
    ok_eq(iske(addr + PAGE_SIZE), 0x30, "just one");
    ok_eq(r2, addr, "R2 stays");
    ok_eq(call_under(PSW_LIBRARY, leaf_pfmf, addr), PGM_OPERATION,
          "PFMF is unknown");
    tap_pop();
}

void main(void)
{
    page = page_alloc(2);
    switch (argument_number("without", 0)) {
    case 10:
        test_without_10_and_14();
        return;
    case 8:
        test_without_8();
        return;
    }
    space = dat_identity();
    test_private_space();
    test_execution_protection();
    test_tprot_frame();
}
