/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,4 mem=128,maxmem=1G object=memory-backend-ram,id=more,size=256M device=virtio-mem-ccw,memdev=more,requested-size=64M */
/* guest-test: accel=kvm390 smp=4 mem=128,maxmem=8G object=memory-backend-ram,id=more,size=4G device=virtio-mem-ccw,memdev=more,requested-size=64M,dynamic-memslots=on args=slots=1 */
/*
 * Memory of a virtio-mem device is like all other memory for storage keys and
 * page states. The program plugs what the host asks for.
 *
 * With seconds=N it then only keeps its keys and looks at them for so long, for
 * a host that saves, loads or migrates it meanwhile.
 */
#include "guest.h"

#define CCW_SLI             0x20
#define CCW_WRITE_FEAT      0x11
#define CCW_SET_VQ          0x13
#define CCW_READ_CONF       0x22
#define CCW_WRITE_STATUS    0x31
#define CCW_VDEV_RESET      0x33
#define CCW_SET_VIRTIO_REV  0x83

#define STATUS_DRIVER       3           /* acknowledged, and a driver */
#define STATUS_FEATURES_OK  8
#define STATUS_DRIVER_OK    4

#define MEM_UNPLUGGED_INACCESSIBLE  2   /* feature word 0 */
#define VERSION_1                   1   /* feature word 1 */

#define MEM_PLUG            0
#define MEM_UNPLUG          1
#define MEM_STATE           3
#define MEM_ACK             0

#define QUEUE_SIZE          8
#define SUBCHANNEL          0x10000UL
#define MIB                 0x100000UL

/* Everything of VIRTIO 1 is little-endian, but what a CCW itself carries. */
#define le16(x) __builtin_bswap16(x)
#define le32(x) __builtin_bswap32(x)
#define le64(x) __builtin_bswap64(x)

struct config {
    uint64_t block_size;
    uint16_t node;
    uint8_t padding[6];
    uint64_t addr, region_size, usable_size, plugged_size, requested_size;
};

struct request {
    uint16_t type, pad1[3];
    uint64_t addr;
    uint16_t blocks, pad2[3];
};

struct response {
    uint16_t type, pad[3], state, pad2[3];
};

static struct queue {
    struct {
        uint64_t addr;
        uint32_t len;
        uint16_t flags, next;
    } desc[QUEUE_SIZE];
    struct {
        uint16_t flags, idx, ring[QUEUE_SIZE];
    } avail;
    struct aligned(4) {
        uint16_t flags, idx;
        struct { uint32_t id, len; } ring[QUEUE_SIZE];
    } used;
} queue aligned(4096);

static uint64_t base, plugged, region, block;

static void enable_subchannel(void)
{
    uint32_t schib[13];

    asm volatile("   lgr 1,%[id]\n   stsch 0(%[s])\n   oi 5(%[s]),0x80\n"
                 "   msch 0(%[s])"
                 : : [id] "d" (SUBCHANNEL), [s] "a" (schib)
                 : "1", "cc", "memory");
}

static bool run_ccw(uint8_t command, void *data, uint16_t count)
{
    static struct aligned(8) {
        uint8_t command, flags;
        uint16_t count;
        uint32_t data;
    } ccw;
    static uint32_t orb[8], irb[24];
    int cc;

    ccw.command = command;
    ccw.flags = CCW_SLI;
    ccw.count = count;
    ccw.data = (uint64_t)data;
    orb[1] = 0x0080ff00;
    orb[2] = (uint64_t)&ccw;
    asm volatile("   lgr 1,%[id]\n   ssch 0(%[orb])\n" CC_GET
                 : [cc] "=d" (cc) : [id] "d" (SUBCHANNEL), [orb] "a" (orb)
                 : "1", "cc", "memory");
    while (!cc) {
        asm volatile("   lgr 1,%[id]\n   tsch 0(%[irb])\n" CC_GET
                     : [cc] "=d" (cc) : [id] "d" (SUBCHANNEL), [irb] "a" (irb)
                     : "1", "cc", "memory");
        if (!cc) {
            return irb[2] >> 16 == 0x0c00;  /* channel end, device end */
        }
        cc = 0;
    }
    return false;
}

static bool set_status(uint8_t status)
{
    static uint8_t byte;

    byte = status;
    return run_ccw(CCW_WRITE_STATUS, &byte, 1);
}

static bool set_features(uint8_t word, uint32_t bits)
{
    static struct {
        uint32_t bits;
        uint8_t word;
    } __attribute__((packed)) features;

    features.bits = le32(bits);
    features.word = word;
    return run_ccw(CCW_WRITE_FEAT, &features, 5);
}

static bool start_device(void)
{
    static uint16_t revision[2] = { 1, 0 };
    static struct {
        uint64_t desc;
        uint32_t reserved;
        uint16_t index, num;
        uint64_t avail, used;
    } info;

    info.desc = (uint64_t)queue.desc;
    info.num = QUEUE_SIZE;
    info.avail = (uint64_t)&queue.avail;
    info.used = (uint64_t)&queue.used;
    enable_subchannel();
    return run_ccw(CCW_SET_VIRTIO_REV, revision, 4) &&
           run_ccw(CCW_VDEV_RESET, NULL, 0) && set_status(STATUS_DRIVER) &&
           set_features(0, MEM_UNPLUGGED_INACCESSIBLE) &&
           set_features(1, VERSION_1) &&
           set_status(STATUS_DRIVER | STATUS_FEATURES_OK) &&
           run_ccw(CCW_SET_VQ, &info, sizeof(info)) &&
           set_status(STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

static struct config read_config(void)
{
    static struct config c;

    run_ccw(CCW_READ_CONF, &c, sizeof(c));
    return c;
}

/* The response's type. */
static uint16_t ask(uint16_t type, uint64_t addr, uint64_t size)
{
    static struct request request;
    static struct response response;
    register uint64_t r1 asm("1") = 3;
    register uint64_t r2 asm("2") = SUBCHANNEL;
    register uint64_t r3 asm("3") = 0;
    uint16_t turn = le16(queue.avail.idx);

    request = (struct request) {
        .type = le16(type), .addr = le64(addr), .blocks = le16(size / block),
    };
    response = (struct response) { .type = 0xffff };
    queue.desc[0].addr = le64((uint64_t)&request);
    queue.desc[0].len = le32(sizeof(request));
    queue.desc[0].flags = le16(1);          /* goes on... */
    queue.desc[0].next = le16(1);
    queue.desc[1].addr = le64((uint64_t)&response);
    queue.desc[1].len = le32(sizeof(response));
    queue.desc[1].flags = le16(2);          /* ...to what the device writes */
    queue.avail.ring[turn % QUEUE_SIZE] = 0;
    barrier();
    queue.avail.idx = le16(turn + 1);
    barrier();
    asm volatile("diag 2,4,0x500" : "+d" (r2) : "d" (r1), "d" (r3)
                 : "cc", "memory");
    for (uint64_t end = tod() + 10 * TOD_SECOND;
         READ_ONCE(queue.used.idx) != queue.avail.idx && tod() < end; ) {
        cpu_relax();
    }
    return le16(READ_ONCE(response.type));
}

static bool plug(void)
{
    struct config c;

    tap_push("virtio-mem");
    if (!ok(start_device(), "the device starts")) {
        bail_out("no virtio-mem device");
    }
    c = read_config();
    base = le64(c.addr);
    region = le64(c.region_size);
    block = le64(c.block_size);
    plugged = le64(c.requested_size);
    tap_note("0x%lx bytes at 0x%lx, blocks of 0x%lx", plugged, base, block);
    ok_eq(ask(MEM_PLUG, base, plugged), MEM_ACK, "all that is asked for plugs");
    c = read_config();
    ok_eq(le64(c.plugged_size), plugged, "the device says so, too");
    tap_pop();
    return plugged && le64(c.plugged_size) == plugged;
}

static void test_instructions(void)
{
    uint64_t last = base + plugged - PAGE_SIZE, r2;
    unsigned wrong = 0;

    tap_push("instructions");
    for (uint64_t at = base; at < base + plugged; at += PAGE_SIZE) {
        sske(at, at >> 12 & 0xfe);
    }
    for (uint64_t at = base; at < base + plugged; at += PAGE_SIZE) {
        wrong += iske(at) != (at >> 12 & 0xfe);
    }
    ok_eq(wrong, 0, "a key for each page");
    sske(last, 0x56);
    ok_eq(rrbe(last), 3, "RRBE");
    ok_eq(iske(last), 0x52, "RRBE has reset R");
    ok_eq(tprot(last, 5), 0, "TPROT, the same key");
    ok_eq(tprot(last, 6), 1, "TPROT, another one");
    r2 = pfmf(PFMF_SK | PFMF_CF | PFMF_1M | 0x70, base + MIB);
    ok_eq(r2, base + 2 * MIB, "PFMF of a MiB");
    ok_eq(iske(base + MIB) & 0xf8, 0x70, "the first key of it");
    ok_eq(iske(base + 2 * MIB - PAGE_SIZE) & 0xf8, 0x70, "the last");
    for (unsigned n = 0; n < 64; n++) {
        sske(base + MIB + n * PAGE_SIZE, n == 63 ? SKEY_R : 0);
    }
    ok_eq(irbm(base + MIB), 1, "IRBM");
    ok_eq(rrbm(base + MIB), 1, "RRBM");
    ok_eq(irbm(base + MIB), 0, "RRBM has reset R");
    tap_pop();
}

static void test_outside(void)
{
    uint64_t at[] = { base - PAGE_SIZE, base + region };

    tap_push("outside");
    for (unsigned i = 0; i < 2; i++) {
        pgm_expect();
        iske(at[i]);
        pgm_ok(PGM_ADDRESSING, "ISKE 0x%lx", at[i]);
        pgm_expect();
        sske(at[i], 0x30);
        pgm_ok(PGM_ADDRESSING, "SSKE 0x%lx", at[i]);
        pgm_expect();
        key_load8(3, (void *)at[i]);
        pgm_ok(PGM_ADDRESSING, "a fetch under key 3");
    }
    /* What is not plugged has keys as long as the memory is in its place. */
    pgm_expect();
    iske(base + region - PAGE_SIZE);
    pgm_ok(argument_number("slots", 0) ? PGM_ADDRESSING : PGM_NONE,
           "ISKE of what is not plugged");
    tap_pop();
}

static void test_protection(void)
{
    uint8_t *p = (uint8_t *)base + 3 * MIB;

    tap_push("protection");
    sske((uint64_t)p, SKEY_ACC(5) | SKEY_F);
    pgm_expect();
    key_store8(3, p, 1);
    pgm_ok(PGM_PROTECTION, "a store under another key");
    pgm_expect();
    key_load8(3, p);
    pgm_ok(PGM_PROTECTION, "a fetch under another key");
    ok_eq(iske((uint64_t)p), SKEY_ACC(5) | SKEY_F, "neither leaves a trace");
    key_load8(5, p);
    ok_eq(iske((uint64_t)p), SKEY_ACC(5) | SKEY_F | SKEY_R,
          "a fetch under the key sets R");
    key_store8(5, p, 0x5a);
    ok_eq(iske((uint64_t)p), SKEY_ACC(5) | SKEY_F | SKEY_R | SKEY_C,
          "a store under the key sets C");
    ok_eq(*p, 0x5a, "it is stored");
    p[16] = 0x07;
    p[17] = 0xfe;
    ok_eq(call_under(PSW_LIBRARY | PSW_KEY(5), (void (*)(uint64_t))(p + 16), 0),
          PGM_NONE, "a program in it under its key");
    ok_eq(call_under(PSW_LIBRARY | PSW_KEY(3), (void (*)(uint64_t))(p + 16), 0),
          PGM_PROTECTION, "and under another one");
    tap_pop();
}

static uint32_t go_on;

static void use_page(void *page)
{
    volatile uint8_t *p = page;

    while (READ_ONCE(go_on)) {
        (*p)++;
    }
}

/* No store by another CPU is missed by RRBE and SSKE. */
static void test_cpus(void)
{
    volatile uint8_t *p = (uint8_t *)base + 4 * MIB;
    unsigned missed = 0;

    tap_push("cpus");
    go_on = 1;
    smp_start(1, use_page, (void *)p);
    for (unsigned n = 0; n < 100; n++) {
        uint64_t end = tod() + 10 * TOD_SECOND;
        uint8_t seen;

        sske((uint64_t)p, 0);
        seen = *p;
        while (*p == seen && tod() < end) {
            cpu_relax();
        }
        missed += (iske((uint64_t)p) & SKEY_C) == 0;
    }
    WRITE_ONCE(go_on, 0);
    smp_wait(1);
    ok_eq(missed, 0, "every store after SSKE sets C");
    tap_pop();
}

static void test_page_states(void)
{
    uint64_t at = base + 5 * MIB;

    tap_push("page states");
    ok_eq(essa(at, ESSA_GET) & (ESSA_USAGE | ESSA_EXCEPTION), 0, "stable");
    essa(at, ESSA_UNUSED);
    ok_eq(essa(at, ESSA_GET) & (ESSA_USAGE | ESSA_EXCEPTION), 0x04, "unused");
    essa(at, ESSA_STABLE);
    ok_eq(essa(at, ESSA_GET) & (ESSA_USAGE | ESSA_EXCEPTION), 0,
          "stable again");
    ok(essa(base + region, ESSA_GET) & ESSA_EXCEPTION,
       "behind the device's memory: exception");
    tap_pop();
}

static void test_unplug(void)
{
    uint64_t at = base + plugged - block;

    tap_push("unplug");
    *(volatile uint8_t *)at = 1;
    sske(at, 0x50);
    ok_eq(ask(MEM_UNPLUG, at, block), MEM_ACK, "the last block");
    ok_eq(ask(MEM_PLUG, at, block), MEM_ACK, "and plugged again");
    ok_eq(*(volatile uint8_t *)at, 0, "it reads as zeros");
    ok_eq(iske(at) & 0xf8, 0x50, "and has the key it had");
    tap_pop();
}

static uint8_t kept(uint64_t at)
{
    return (at >> 12) * 37 & (0xf0 | SKEY_F);
}

/* The keys, ACC and F, of every page, looked at until the time is over. */
static void keep(uint64_t seconds)
{
    uint64_t end = tod() + seconds * TOD_SECOND, wrong = 0, rounds = 0;

    for (uint64_t at = base; at < base + plugged; at += PAGE_SIZE) {
        sske(at, kept(at));
        *(volatile uint64_t *)at = at;
    }
    tap_note("keeping");
    tap_note("for %lu seconds", seconds);
    do {
        for (uint64_t at = base; at < base + plugged; at += PAGE_SIZE) {
            wrong += (iske(at) & (0xf0 | SKEY_F)) != kept(at) ||
                     *(volatile uint64_t *)at != at;
        }
        rounds++;
    } while (tod() < end);
    ok_eq(wrong, 0, "keys and contents stayed for %lu rounds", rounds);
}

void main(void)
{
    if (!plug()) {
        return;
    }
    if (argument_number("seconds", 0)) {
        keep(argument_number("seconds", 0));
        return;
    }
    test_instructions();
    test_outside();
    test_protection();
    if (smp_count() > 1) {
        test_cpus();
    }
    test_page_states();
    test_unplug();
}
