/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1 timeout=120 args=seed=1 device=virtio-rng-ccw+virtio-serial-ccw+virtio-net-ccw */
/* guest-test: accel=kvm390 smp=1 timeout=120 args=seed=2 device=virtio-rng-ccw+virtio-serial-ccw+virtio-net-ccw */
/* guest-test: accel=tcg smp=1 timeout=120 args=seed=3,count=20000 device=virtio-rng-ccw+virtio-serial-ccw+virtio-net-ccw */
/*
 * No channel program may end the emulator: I/O instructions on virtio devices
 * with odd operation-request blocks, CCWs, lists of addresses and queues. What
 * the devices may store to is the arena, the last MiBs of storage, and
 * absolute 0 to 255. (There is no balloon: it would take the program's own
 * storage away, as it should.)
 *
 * Arguments: seed=N; count=N; show=1 prints each operation first (the last
 * line then is the one QEMU died of).
 */
#include "guest.h"
#include "random.h"

#define ARENA_SIZE      (4UL << 20)
#define SUBCHANNELS     8
#define SUBCHANNEL(n)   (0x10000UL + (n))

/* virtio-ccw's commands (VIRTIO specification, 4.3), and the common ones. */
#define CCW_SET_VQ              0x13
#define CCW_VDEV_RESET          0x33
#define CCW_READ_FEAT           0x12
#define CCW_WRITE_FEAT          0x11
#define CCW_READ_CONF           0x22
#define CCW_WRITE_CONF          0x21
#define CCW_WRITE_STATUS        0x31
#define CCW_SET_IND             0x43
#define CCW_SET_CONF_IND        0x53
#define CCW_READ_VQ_CONF        0x32
#define CCW_READ_STATUS         0x72
#define CCW_SET_IND_ADAPTER     0x73
#define CCW_SET_VIRTIO_REV      0x83
#define CCW_NOOP                0x03
#define CCW_SENSE               0x04
#define CCW_SENSE_ID            0xe4
#define CCW_TIC                 0x08

static const struct {
    uint8_t command, count;
} commands[] = {
    { CCW_SET_VQ, 32 }, { CCW_SET_VQ, 16 }, { CCW_SET_VQ, 32 },
    { CCW_VDEV_RESET, 0 }, { CCW_READ_FEAT, 5 }, { CCW_WRITE_FEAT, 5 },
    { CCW_WRITE_FEAT, 5 }, { CCW_READ_CONF, 64 }, { CCW_WRITE_CONF, 64 },
    { CCW_WRITE_STATUS, 1 }, { CCW_WRITE_STATUS, 1 }, { CCW_SET_IND, 8 },
    { CCW_SET_CONF_IND, 8 }, { CCW_READ_VQ_CONF, 4 }, { CCW_READ_STATUS, 1 },
    { CCW_SET_IND_ADAPTER, 25 }, { CCW_SET_VIRTIO_REV, 4 }, { CCW_NOOP, 0 },
    { CCW_SENSE, 32 }, { CCW_SENSE_ID, 255 }, { CCW_TIC, 0 },
};

struct ccw {
    uint8_t command, flags;
    uint16_t count;
    uint32_t data;
};

struct orb {
    uint32_t parameter;
    uint16_t control0;
    uint8_t path, control1;
    uint32_t program;
    uint8_t extension[20];
};

static uint64_t arena, storage_end, cc_seen[4];
static bool show;

static uint32_t random_address(void)
{
    uint32_t a = arena + below(ARENA_SIZE);

    switch (below(8)) {
    case 0:
        return storage_end + below(0x10000);
    case 1:
        return a;
    case 2:
        return a & ~1U;
    case 3:
        return 0x7fff0000 + below(0x10000);
    default:
        return a & ~0xfffU;
    }
}

/*
 * Descriptors as legacy queues have them: an address, length, flags, next. As
 * an address the second half of one is none.
 */
static void fill_arena(void)
{
    uint32_t *p = (void *)arena;

    for (; p < (uint32_t *)storage_end; p += 4) {
        p[0] = 0;
        p[1] = random_address();
        p[2] = 1 + below(0x1000);
        p[3] = below(8) << 16 | below(256);
    }
}

/* A list of addresses of either format. */
static uint32_t make_indirect(uint32_t *list)
{
    unsigned format2 = below(2);

    for (unsigned i = 0; i < 32; i++) {
        list[i] = format2 && !(i & 1) ? 0 : random_address();
    }
    return (uint64_t)list | (below(8) ? 0 : below(8));
}

/* An operand of a command: queues and indicators are in the arena. */
static void make_data(uint8_t *data, uint8_t command)
{
    uint64_t *wide = (uint64_t *)data;

    for (unsigned i = 0; i < 4; i++) {
        wide[i] = random_address();
    }
    switch (command) {
    case CCW_SET_VQ:
        if (below(2)) {         /* legacy: queue, align, index, num */
            wide[1] = 4096UL << 32 | below(4) << 16
                      | (below(4) ? 1U << below(10) : random() & 0xffff);
        } else {                /* desc, reserved, index, num, avail, used */
            wide[1] = below(4) << 16
                      | (below(4) ? 1U << below(10) : random() & 0xffff);
        }
        break;
    case CCW_WRITE_FEAT:
        wide[0] = random();
        data[4] = below(8) ? below(2) : random();
        break;
    case CCW_WRITE_CONF:
        wide[0] = random();
        wide[1] = random();
        break;
    case CCW_WRITE_STATUS:
        data[0] = below(4) ? (1U << below(5)) - 1 : random();
        break;
    case CCW_READ_VQ_CONF:
        *(uint16_t *)data = below(4) ? below(4) : random();
        break;
    case CCW_SET_IND_ADAPTER:
        wide[2] = below(4) ? below(200) : random();
        data[24] = below(4) ? below(8) : random();
        break;
    case CCW_SET_VIRTIO_REV:
        *(uint32_t *)data = below(4) ? below(4) << 16 : random();
        break;
    }
}

/* One to eight CCWs at the beginning of the arena. */
static void make_program(struct ccw *ccw)
{
    uint8_t *data = (void *)(arena + PAGE_SIZE);
    unsigned n = below(3) ? 1 : 1 + below(8);

    for (unsigned i = 0; i < n; i++, ccw++, data += 128) {
        unsigned c = below(ARRAY_SIZE(commands));

        make_data(data, commands[c].command);
        ccw->command = below(16) ? commands[c].command : random();
        ccw->flags = i + 1 < n ? 0x40 : 0;              /* chain */
        ccw->flags |= below(2) ? 0x20 : 0;              /* any length */
        if (!below(8)) {
            ccw->flags ^= 1 << below(8);
        }
        ccw->count = below(8) ? commands[c].count : random();
        ccw->data = (uint64_t)data;
        if (ccw->flags & 0x04) {                        /* indirect */
            ccw->data = make_indirect((void *)(data + 0x800));
        } else if (!below(16)) {
            ccw->data = below(2) ? 0 : random_address();
        }
        if (commands[c].command == CCW_TIC) {
            ccw->flags = ccw->count = 0;
            ccw->data = arena + below(8) * 8;
        }
    }
}

#define IO(name, opcode)                                                \
static int name(uint64_t subchannel, const void *operand)              \
{                                                                       \
    register uint64_t r1 asm("1") = subchannel;                         \
    int cc = 0;                                                         \
                                                                        \
    asm volatile(".insn s," #opcode "0000,0(%[operand])\n" CC_GET       \
                 : [cc] "+d" (cc)                                       \
                 : "d" (r1), [operand] "a" (operand) : "cc", "memory"); \
    return cc;                                                          \
}
IO(csch, 0xb230)
IO(hsch, 0xb231)
IO(msch, 0xb232)
IO(ssch, 0xb233)
IO(stsch, 0xb234)
IO(tsch, 0xb235)
IO(tpi, 0xb236)
IO(rsch, 0xb238)
IO(stcrw, 0xb239)
IO(xsch, 0xb276)

static uint64_t notify(uint64_t subchannel, uint64_t queue)
{
    register uint64_t r1 asm("1") = 3;
    register uint64_t r2 asm("2") = subchannel;
    register uint64_t r3 asm("3") = queue;

    asm volatile("diag 2,4,0x500"
                 : "+d" (r2) : "d" (r1), "d" (r3) : "memory");
    return r2;
}

static void chsc(void *block)
{
    asm volatile(".insn rre,0xb25f0000,%0,0" : : "a" (block) : "cc", "memory");
}

/* Enabled, so that functions can be started. */
static bool enable(uint64_t subchannel)
{
    uint8_t *schib = (void *)(arena + 2 * PAGE_SIZE);

    if (stsch(subchannel, schib) || !(schib[5] & 1)) {
        return false;
    }
    schib[5] |= 0x80;
    return msch(subchannel, schib) == 0;
}

static void start(uint64_t subchannel)
{
    struct orb *orb = (void *)(arena + 3 * PAGE_SIZE);

    make_program((void *)arena);
    orb->parameter = random();
    orb->control0 = below(8) ? 0x0080 : random();       /* format-1 CCWs */
    orb->path = below(16) ? 0xff : random();
    orb->control1 = below(8) ? 0 : random();
    orb->program = below(16) ? arena : random_address();
    cc_seen[ssch(subchannel, orb)]++;
    tsch(subchannel, (void *)(arena + 4 * PAGE_SIZE));
}

static void other(uint64_t subchannel)
{
    void *operand = (void *)(uint64_t)random_address();

    switch (below(10)) {
    case 0:
        csch(subchannel, NULL);
        break;
    case 1:
        hsch(subchannel, NULL);
        break;
    case 2:
        rsch(subchannel, NULL);
        break;
    case 3:
        xsch(subchannel, NULL);
        break;
    case 4:
        tpi(subchannel, operand);
        break;
    case 5:
        stcrw(subchannel, operand);
        break;
    case 6:
        stsch(subchannel, operand);
        break;
    case 7:
        msch(subchannel, operand);
        enable(subchannel);
        break;
    case 8:
        tsch(subchannel, operand);
        break;
    case 9:
        operand = (void *)(arena + 5 * PAGE_SIZE);
        ((uint32_t *)operand)[0] = below(64) << 16
                                   | (below(2) ? 0x0002 : below(0x40));
        ((uint32_t *)operand)[1] = below(2) ? below(64) : random();
        ((uint32_t *)operand)[2] = below(2) ? below(256) : random();
        ((uint32_t *)operand)[3] = below(2) ? below(256) : random();
        chsc(operand);
        break;
    }
}

static void round(void)
{
    uint64_t subchannel = SUBCHANNEL(below(SUBCHANNELS));
    unsigned what = below(8);

    if (!below(64)) {
        subchannel = random();
    }
    if (show) {
        tap_note("%u on %lx", what, subchannel);
    }
    pgm_expect();
    if (what < 4) {
        start(subchannel);
    } else if (what < 6) {
        notify(subchannel, below(8) ? below(4) : random());
    } else {
        other(subchannel);
    }
    pgm_end();
}

/* The channel status (SCSW byte 9) of a SET_IND_ADAPTER with this ISC. */
static uint8_t set_adapter(uint64_t subchannel, uint8_t isc)
{
    struct ccw *ccw = (void *)arena;
    struct orb *orb = (void *)(arena + 3 * PAGE_SIZE);
    uint8_t *irb = (void *)(arena + 4 * PAGE_SIZE);
    uint64_t *data = (void *)(arena + PAGE_SIZE);

    *ccw = (struct ccw) { CCW_SET_IND_ADAPTER, 0, 25, (uint64_t)data };
    *orb = (struct orb) { .control0 = 0x0080, .path = 0xff,
                          .program = (uint64_t)ccw };
    data[0] = arena + 0x10000;
    data[1] = arena + 0x10100;
    data[2] = 0;
    *(uint8_t *)&data[3] = isc;
    ok_eq(ssch(subchannel, orb), 0, "adapter with ISC %u: started", isc);
    tsch(subchannel, irb);
    return irb[9];
}

/* How this program found that a guest could end QEMU 10.0. */
static void test_found(void)
{
    tap_push("found");
    ok_eq(set_adapter(SUBCHANNEL(0), 3), 0, "is accepted");
    ok_eq(set_adapter(SUBCHANNEL(0), 8), 0x20, "is a program check");
    ok_eq(set_adapter(SUBCHANNEL(0), 255), 0x20, "is a program check");
    tap_pop();
}

void main(void)
{
    uint64_t count = argument_number("count", 200000);
    unsigned devices = 0;

    random_seed(argument_number("seed", 1), 0);
    show = argument_number("show", 0);
    storage_end = memory_size();
    arena = storage_end - ARENA_SIZE;
    for (unsigned i = 0; i < SUBCHANNELS; i++) {
        devices += enable(SUBCHANNEL(i));
    }
    ok(devices > 0, "%u devices", devices);
    test_found();
    for (uint64_t i = 0; i < count; i++) {
        if (!(i % 4096)) {
            fill_arena();
        }
        round();
    }
    ok(cc_seen[0] > count / 10, "%lu functions started, %lu not",
       cc_seen[0], cc_seen[1] + cc_seen[2] + cc_seen[3]);
    ok(true, "%lu operations", count);
}
