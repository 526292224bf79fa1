/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1 hercules=1 */
/*
 * Instructions that end QEMU 10.0 by an assertion, found by fuzz.c: here with
 * what they have to do instead. (Access-register mode: armode.c.)
 */
#include "guest.h"

#define HOLE    0x40000000UL

/*
 * COMPARE AND SWAP AND STORE: function code 0 (32-bit compare and swap),
 * store characteristic 0 (a byte).
 */
static int csst_byte(uint32_t *op1, uint8_t *op2, const void *list,
                     uint32_t *compare)
{
    register uint64_t r0 asm("0") = 0;
    register uint64_t r1 asm("1") = (uint64_t)list;
    register uint64_t r3 asm("3") = *compare;
    int cc;

    asm volatile(
        "   .insn   ssf,0xc80200000000,0(%[op1]),0(%[op2]),%[r3]\n"
        CC_GET
        : [cc] "=d" (cc), [r3] "+d" (r3)
        : "d" (r0), "d" (r1), [op1] "a" (op1), [op2] "a" (op2)
        : "cc", "memory");
    *compare = r3;
    return cc;
}

static void test_csst(void)
{
    static uint8_t list[32] aligned(16) = {
        [0] = 0x12, 0x34, 0x56, 0x78,   /* replacement */
        [16] = 0xab,                    /* store value */
    };
    static uint8_t bytes[4];
    static uint32_t word;
    uint32_t compare = 5;

    tap_push("CSST of a byte");
    word = 5;
    ok_eq(csst_byte(&word, &bytes[1], list, &compare), 0, "equal: cc");
    ok_eq(word, 0x12345678, "equal: replaced");
    ok(!bytes[0] && bytes[1] == 0xab && !bytes[2], "equal: one byte stored");
    compare = 6;
    bytes[3] = 0x77;
    ok_eq(csst_byte(&word, &bytes[3], list, &compare), 1, "unequal: cc");
    ok_eq(compare, 0x12345678, "unequal: found");
    ok_eq(bytes[3], 0x77, "unequal: nothing stored");
    tap_pop();
}

/* An I/O instruction's operand that is not mapped. */
static void test_io_operand(void)
{
    register uint64_t r1 asm("1") = 0x10000;
    uint64_t space = dat_identity();

    tap_push("MSCH");
    cr_set(1, space);
    dat_map(space, HOLE, 0, PAGE_SIZE, DAT_PROTECT);
    dat_unmap(space, HOLE, PAGE_SIZE);
    psw_set_as(PSW_PRIMARY);
    pgm_expect();
    asm volatile(".insn s,0xb2320000,0(%0)"
                 : : "a" (HOLE + 8), "d" (r1) : "cc", "memory");
    pgm_ok(PGM_PAGE_TRANSLATION, "an operand that is not mapped");
    ok_eq(pgm_last()->teid & TEID_ADDR, HOLE, "TEID");
    dat_off();
    tap_pop();
}

void main(void)
{
    test_csst();
    test_io_operand();
}
