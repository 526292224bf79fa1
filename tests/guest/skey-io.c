/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 device=virtio-rng-ccw */
/*
 * Storage keys and the channel subsystem: the operands of I/O instructions
 * have the PSW's key, what a channel program accesses has none, and leaves
 * R and C.
 */
#include "guest.h"

#define CMD_SENSE_ID    0xe4
#define CMD_SET_STATUS  0x31            /* virtio-ccw: fetches one byte */
#define CCW_SLI         0x20

struct aligned(4) orb {
    uint32_t param, control, program, priority;
    uint32_t reserved[4];
};

struct aligned(8) ccw {
    uint8_t command, flags;
    uint16_t count;
    uint32_t address;
};

static uint8_t *operand, *program, *data;

#define IO(name, insn) static int name(uint8_t key, void *p)                \
{                                                                           \
    int cc;                                                                 \
                                                                            \
    asm volatile(                                                           \
        "   llilh   1,1\n"                                                  \
        "   spka    0(%[key])\n"                                            \
        "   " insn "\n"                                                     \
        "   spka    0\n"                                                    \
        CC_GET                                                              \
        : [cc] "=d" (cc) : [key] "a" ((uint64_t)key << 4), [p] "a" (p)      \
        : "1", "cc", "memory");                                             \
    return cc;                                                              \
}

IO(stsch, "stsch 0(%[p])")
IO(msch, "msch 0(%[p])")
IO(ssch, "ssch 0(%[p])")
IO(tsch, "tsch 0(%[p])")
IO(stcrw, "stcrw 0(%[p])")
IO(chsc, ".insn rre,0xb25f0000,%[p],0")

/* The CHSC request for what the channel subsystem offers. */
static void make_chsc(void)
{
    memset(operand, 0, PAGE_SIZE);
    ((uint16_t *)operand)[0] = 0x10;
    ((uint16_t *)operand)[1] = 0x10;
}

static void test_operand(const char *name, int (*op)(uint8_t, void *),
                         bool stores, void (*prepare)(void))
{
    uint64_t addr = (uint64_t)operand;

    tap_push("%s", name);
    prepare();
    sske(addr, SKEY_ACC(5) | SKEY_F);
    pgm_expect();
    op(3, operand);
    pgm_ok(PGM_PROTECTION, "another key, fetch protection");
    ok(pgm_last()->teid & TEID_BIT(60), "TEID bit 60");
    sske(addr, SKEY_ACC(5));
    pgm_expect();
    op(3, operand);
    pgm_ok(stores ? PGM_PROTECTION : PGM_NONE, "another key");
    sske(addr, SKEY_ACC(3) | SKEY_F);
    pgm_expect();
    op(3, operand);
    pgm_ok(PGM_NONE, "the same key");
    sske(addr, SKEY_ACC(5) | SKEY_F);
    pgm_expect();
    op(0, operand);
    pgm_ok(PGM_NONE, "key 0");
    sske(addr, 0);
    tap_pop();
}

static void fill_schib(void)
{
    stsch(0, operand);
}

static void fill_orb(void)
{
    memset(operand, 0, sizeof(struct orb));
    /* No valid program: it is the operand that matters. */
    ((struct orb *)operand)->control = 0x00800000 | 0x0000ff00;
    ((struct orb *)operand)->program = 0x7ffffff8;
}

static void nothing(void)
{
}

/* Runs one CCW at @program over @count bytes of @data; key 7 in the ORB. */
static bool run_ccw(uint8_t command, uint16_t count)
{
    static struct orb orb;
    static uint64_t irb[12];
    const uint8_t *status = (uint8_t *)irb + 8;
    struct ccw *ccw = (struct ccw *)program;

    *ccw = (struct ccw) { command, CCW_SLI, count, (uint64_t)data };
    orb = (struct orb) {
        .control = 0x70800000 | 0xff00, .program = (uint64_t)program,
    };
    sske((uint64_t)program, SKEY_ACC(2) | SKEY_F);
    sske((uint64_t)data, SKEY_ACC(2) | SKEY_F);
    if (ssch(0, &orb)) {
        return false;
    }
    for (unsigned i = 0; i < 10000; i++) {
        if (tsch(0, irb) == 0) {
            /* channel end, device end, and no channel status */
            return status[0] == 0x0c && status[1] == 0;
        }
    }
    return false;
}

static void test_channel_program(void)
{
    uint8_t *schib = operand;

    tap_push("channel program");
    stsch(0, schib);
    schib[5] |= 0x80;           /* enabled */
    ok_eq(msch(0, schib), 0, "the subchannel is enabled");

    memset(data, 0, 64);
    ok(run_ccw(CMD_SENSE_ID, 20), "SENSE ID under another key than the pages'");
    ok_eq(data[0], 0xff, "it has stored");
    sske((uint64_t)data, iske((uint64_t)data));
    ok(run_ccw(CMD_SENSE_ID, 20), "SENSE ID again");
    ok_eq(iske((uint64_t)program), SKEY_ACC(2) | SKEY_F | SKEY_R,
          "the CCW was fetched: R");
    ok_eq(iske((uint64_t)data), SKEY_ACC(2) | SKEY_F | SKEY_R | SKEY_C,
          "the data were stored: R and C");
    data[0] = 0;
    ok(run_ccw(CMD_SET_STATUS, 1), "a CCW that fetches");
    ok_eq(iske((uint64_t)data), SKEY_ACC(2) | SKEY_F | SKEY_R,
          "the data were fetched: R");
    tap_pop();
}

void main(void)
{
    static uint64_t schib[8];

    if (stsch(0, schib)) {
        skip_all("no subchannel");
    }
    operand = page_alloc(1);
    program = page_alloc(1);
    data = page_alloc(1);
    test_operand("stsch", stsch, true, nothing);
    test_operand("msch", msch, false, fill_schib);
    test_operand("ssch", ssch, false, fill_orb);
    test_operand("tsch", tsch, true, nothing);
    test_operand("stcrw", stcrw, true, nothing);
    test_operand("chsc", chsc, true, make_chsc);
    test_channel_program();
}
