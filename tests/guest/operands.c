/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,2 hercules=1 */
/*
 * Storage operands of instructions that the machine executes by itself (store
 * system information, channel subsystem): they are accessed with the PSW key,
 * in the address space of the PSW, and set R and C.
 */
#include "guest.h"

#define ALIAS 0x40000000UL      /* beyond main storage */

static uint8_t *page;

/* STSI 1.1.1: a block of 4 KiB. Leaf, for it runs under any key. */
static void stsi_111(uint64_t addr)
{
    register uint64_t r0 asm("0") = 0x10000001;
    register uint64_t r1 asm("1") = 1;

    asm volatile("stsi 0(%[addr])"
                 : "+d" (r0), "+d" (r1) : [addr] "a" (addr)
                 : "cc", "memory");
}

/* STCRW: a word, the channel report word or zeros. */
static void stcrw(uint64_t addr)
{
    asm volatile("stcrw 0(%[addr])" : : [addr] "a" (addr) : "cc", "memory");
}

static bool page_is(uint8_t byte)
{
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        if (page[i] != byte) {
            return false;
        }
    }
    return true;
}

static void test_key(const char *name, void (*insn)(uint64_t))
{
    uint64_t addr = (uint64_t)page;

    tap_push("%s", name);
    for (int key = 0; key < 16; key += 3) {
        bool permitted = key == 0 || key == 3;

        memset(page, 0xee, PAGE_SIZE);
        sske(addr, SKEY_ACC(3));
        ok_eq(call_under(PSW_LIBRARY | PSW_KEY(key), insn, addr),
              permitted ? PGM_NONE : PGM_PROTECTION,
              "PSW key %d, storage key 3", key);
        if (permitted) {
            ok_eq(iske(addr) & (SKEY_R | SKEY_C), SKEY_R | SKEY_C,
                  "key %d: R and C are set", key);
        } else {
            ok_eq(iske(addr) & (SKEY_R | SKEY_C), 0,
                  "key %d: R and C are not set", key);
            ok(page_is(0xee), "key %d: nothing is stored", key);
            /* Hercules has no enhanced suppression on protection 2 */
            ok_eq(pgm_last()->teid & (TEID_ADDR | TEID_BIT(60) | TEID_BIT(61)
                                      | TEID_BIT(56)),
                  addr | (on_hercules() ? 0 : TEID_BIT(60)),
                  "key %d: TEID, key-controlled", key);
        }
    }
    sske(addr, 0);
    tap_pop();
}

static void test_space(const char *name, void (*insn)(uint64_t))
{
    uint64_t primary = dat_identity(), home = dat_identity();

    tap_push("%s", name);
    dat_map(home, ALIAS, (uint64_t)page, PAGE_SIZE, 0);
    dat_map(primary, ALIAS, (uint64_t)page, PAGE_SIZE, DAT_PROTECT);
    cr_set(1, primary);
    cr_set(13, home);
    memset(page, 0xee, PAGE_SIZE);
    ok_eq(call_under(PSW_LIBRARY | PSW_DAT, insn, ALIAS), PGM_PROTECTION,
          "primary space: DAT protection");
    ok_eq(pgm_last()->teid & (TEID_ADDR | TEID_BIT(60) | TEID_BIT(61)
                              | TEID_BIT(56)),
          ALIAS | TEID_BIT(61), "its TEID");
    ok(page_is(0xee), "nothing is stored");
    ok_eq(call_under(PSW_LIBRARY | PSW_DAT, insn, ALIAS + PAGE_SIZE),
          PGM_PAGE_TRANSLATION, "primary space: not mapped");
    ok_eq(call_under(PSW_LIBRARY | PSW_DAT | PSW_HOME, insn, ALIAS), PGM_NONE,
          "home space: mapped");
    ok(!page_is(0xee), "it is stored");
    ok_eq(call_under(PSW_LIBRARY, insn, memory_size()), PGM_ADDRESSING,
          "beyond main storage");
    tap_pop();
}

void main(void)
{
    page = page_alloc(1);
    test_key("stsi key", stsi_111);
    test_key("stcrw key", stcrw);
    test_space("stsi space", stsi_111);
    test_space("stcrw space", stcrw);
}
