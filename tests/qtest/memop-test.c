/*
 * Memory operations against a guest that runs, and one that is stopped.
 *
 * The guest is tests/guest/memop-peer.c: it puts its CPU into the state that a
 * test asks for, so that the address spaces are those of a CPU that uses them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "tests/qtest/libqtest.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"

#define MEMORY      (128 * MiB)
#define PAGE        4096u

/* The mailbox, as in memop-peer.c */
#define MAILBOX     0x8000ull
#define READY       0x4d454d4f50454552ull
enum { RUN_UNDER = 1, SET_KEY, GET_KEY, COUNT, CALL, GET_PREFIX };
enum {
    MB_READY = 0, MB_NUMBER = 8, MB_COMMAND = 16, MB_RELEASE = 24,
    MB_DONE = 32, MB_RESULT = 40, MB_TEID = 48, MB_ACCESS_ID = 56, MB_ILC = 64,
    MB_ARG = 128, MB_PSW_MASK = 160, MB_CR0 = 168, MB_CR1 = 176, MB_CR2 = 184,
    MB_CR5 = 192, MB_CR7 = 200, MB_CR8 = 208, MB_CR13 = 216, MB_AR5 = 224,
    MB_UNDER = 232,
};

#define PSW_DAT         (1ull << 58)
#define PSW_EXT         (1ull << 56)
#define PSW_WAIT        (1ull << 49)
#define PSW_AS(n)       ((uint64_t)(n) << 46)
#define PSW_64          0x180000000ull
#define PSW_31          0x080000000ull
#define PSW_24          0ull
#define CR0_LOW_ADDRESS         (1ull << (63 - 35))
#define CR0_SECONDARY           (1ull << (63 - 37))
#define CR0_FETCH_OVERRIDE      (1ull << (63 - 38))
#define CR0_STORAGE_OVERRIDE    (1ull << (63 - 39))

enum { PROTECTION = 4, ADDRESSING = 5, PAGE_TRANSLATION = 0x11 };

static QTestState *qts;
static uint64_t command_number;

/* One memory operation; what is left out is 0 or absent. */
typedef struct Op {
    const char *op;
    uint64_t addr;
    uint32_t size;
    const void *data, *old;
    bool vcpu, keyed, check, inject;
    int cpu, key, ar;
} Op;

typedef struct Outcome {
    int error;              /* errno */
    int code;               /* program interruption */
    uint64_t teid;
    int access_id;
    bool exchanged;
    uint8_t *bytes;         /* read, or found */
} Outcome;

static void outcome_clear(Outcome *o)
{
    g_free(o->bytes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

static void put_base64(QDict *dict, const char *key, const void *data,
                       uint32_t size)
{
    if (data) {
        g_autofree char *text = g_base64_encode(data, size);

        qdict_put_str(dict, key, text);
    }
}

static QDict *arguments(const Op *op)
{
    QDict *args = qdict_new();
    QList *flags = qlist_new();

    qdict_put_str(args, "op", op->op);
    qdict_put_int(args, "address", op->addr);
    qdict_put_int(args, "size", op->size);
    qdict_put_int(args, "ar", op->ar);
    put_base64(args, "data", op->data, op->size);
    put_base64(args, "old", op->old, op->size);
    if (op->vcpu) {
        qdict_put_int(args, "cpu-index", op->cpu);
    }
    if (op->keyed) {
        qdict_put_int(args, "key", op->key);
        qlist_append_str(flags, "skey-protection");
    }
    if (op->check) {
        qlist_append_str(flags, "check-only");
    }
    if (op->inject) {
        qlist_append_str(flags, "inject-exception");
    }
    qdict_put(args, "flags", flags);
    return args;
}

static Outcome memop_(const Op *op)
{
    Outcome o = { 0 };
    gsize len;
    QDict *r = qtest_qmp_assert_success_ref(
        qts, "{'execute': 'kvm390-memop', 'arguments': %p}", arguments(op));
    QDict *error = qdict_get_qdict(r, "error");
    QDict *exception = qdict_get_qdict(r, "exception");
    const char *data = qdict_get_try_str(r, "data");

    if (error) {
        o.error = qdict_get_int(error, "errno");
    }
    if (exception) {
        o.code = qdict_get_int(exception, "code");
        o.teid = qnum_get_uint(qobject_to(QNum, qdict_get(exception, "teid")));
        o.access_id = qdict_get_int(exception, "access-id");
        g_assert_cmpstr(qdict_get_str(exception, "name"), !=, "unknown");
    }
    o.exchanged = qdict_get_try_bool(r, "exchanged", false);
    data = data ?: qdict_get_try_str(r, "old");
    if (data) {
        o.bytes = g_base64_decode(data, &len);
        g_assert_cmpint(len, ==, op->size);
    }
    qobject_unref(r);
    return o;
}
#define memop(...) memop_(&(Op) { __VA_ARGS__ })

/* The program interruption code, or minus errno. */
static int result_(const Op *op)
{
    g_auto(Outcome) o = memop_(op);

    return o.error ? -o.error : o.code;
}
#define result(...) result_(&(Op) { __VA_ARGS__ })

static void write_absolute(uint64_t addr, const void *data, uint32_t size)
{
    g_assert_cmpint(result("absolute-write", addr, size, data), ==, 0);
}

static void read_absolute(uint64_t addr, void *data, uint32_t size)
{
    g_auto(Outcome) o = memop("absolute-read", addr, size);

    g_assert_nonnull(o.bytes);
    memcpy(data, o.bytes, size);
}

static void put8(uint64_t addr, uint64_t value)
{
    value = cpu_to_be64(value);
    write_absolute(addr, &value, 8);
}

static uint64_t get8(uint64_t addr)
{
    uint64_t value;

    read_absolute(addr, &value, 8);
    return be64_to_cpu(value);
}

static void wait_for(uint64_t addr, uint64_t value)
{
    gint64 end = g_get_monotonic_time() + 100 * G_USEC_PER_SEC;

    while (get8(addr) != value) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(500);
    }
}

static void fill(uint64_t addr, uint8_t byte, uint32_t size)
{
    g_autofree uint8_t *data = g_malloc(size);

    memset(data, byte, size);
    write_absolute(addr, data, size);
}

static bool holds(uint64_t addr, uint8_t byte, uint32_t size)
{
    g_autofree uint8_t *data = g_malloc(size);

    read_absolute(addr, data, size);
    for (uint32_t i = 0; i < size; i++) {
        if (data[i] != byte) {
            return false;
        }
    }
    return true;
}

/* A machine with the peer as its program. */
static void launch(const char *options)
{
    const char *programs = g_getenv("KVM390_GUEST_PROGRAMS");
    g_autofree char *firmware = NULL;
    g_autofree char *args = NULL;
    int fd = g_file_open_tmp("kvm390-no-firmware-XXXXXX", &firmware, NULL);

    g_assert(fd >= 0);
    g_assert_cmpint(ftruncate(fd, 16), ==, 0);
    close(fd);
    args = g_strdup_printf("-accel kvm390%s -machine s390-ccw-virtio "
                           "-cpu max -m 128 -nodefaults -display none "
                           "-bios %s -kernel %s/memop-peer.elf",
                           options, firmware, programs);
    qts = qtest_init(args);
    unlink(firmware);
}

static void start(const char *options)
{
    launch(options);
    command_number = 0;
    wait_for(MAILBOX + MB_READY, READY);
}

static void stop(void)
{
    qtest_quit(qts);
}

/* Let the peer begin a command; its arguments are in place. */
static void begin(uint64_t command)
{
    put8(MAILBOX + MB_RELEASE, 0);
    put8(MAILBOX + MB_COMMAND, command);
    put8(MAILBOX + MB_NUMBER, ++command_number);
}

static uint64_t finish(void)
{
    put8(MAILBOX + MB_RELEASE, 1);
    wait_for(MAILBOX + MB_DONE, command_number);
    return get8(MAILBOX + MB_RESULT);
}

static uint64_t ask(uint64_t command, uint64_t arg0, uint64_t arg1)
{
    put8(MAILBOX + MB_ARG, arg0);
    put8(MAILBOX + MB_ARG + 8, arg1);
    begin(command);
    wait_for(MAILBOX + MB_DONE, command_number);
    return get8(MAILBOX + MB_RESULT);
}

static void set_key(uint64_t addr, uint8_t key)
{
    ask(SET_KEY, addr, key);
}

static uint8_t get_key(uint64_t addr)
{
    return ask(GET_KEY, addr, 0);
}

/*
 * Three spaces, alike but for the page at VA 0x900000: a segment table at
 * 0x400000 * n with page tables behind it maps 16 MiB one to one, and the
 * last segment of 2 GiB (and of 16 MiB) to the same.
 */
#define SPACES          3
#define SPACE(n)        (0x400000ull + (n) * 0x10000)
#define PTE(n, va)      (SPACE(n) + 0x4000 + (va) / PAGE * 8)
#define WINDOW          0x900000ull
#define FRAME(n)        (0xa00000ull + (n) * 0x10000)
#define UNMAPPED        0xb00000ull
#define WRITE_PROTECTED 0xc00000ull
#define NO_FRAME        0xd00000ull

static void make_space(int n)
{
    g_autofree uint64_t *segments = g_new(uint64_t, 2048);
    g_autofree uint64_t *pages = g_new(uint64_t, 4096);

    for (int i = 0; i < 2048; i++) {
        segments[i] = cpu_to_be64(i < 16 ? SPACE(n) + 0x4000 + i * 2048
                                         : 0x20);
    }
    segments[2047] = segments[15];
    for (int i = 0; i < 4096; i++) {
        pages[i] = cpu_to_be64(i * PAGE);
    }
    write_absolute(SPACE(n), segments, 2048 * 8);
    write_absolute(SPACE(n) + 0x4000, pages, 4096 * 8);
    put8(PTE(n, WINDOW), FRAME(n));
    put8(PTE(n, WINDOW + PAGE), FRAME(n) + 2 * PAGE);
    put8(PTE(n, UNMAPPED), 0x400);
    put8(PTE(n, WRITE_PROTECTED), WRITE_PROTECTED | 0x200);
    put8(PTE(n, NO_FRAME), MEMORY);
    fill(FRAME(n), 0x10 + n, 3 * PAGE);
}

static void make_spaces(void)
{
    for (int n = 0; n < SPACES; n++) {
        make_space(n);
    }
    put8(MAILBOX + MB_ARG, 0);
    put8(MAILBOX + MB_CR0, CR0_SECONDARY);
    put8(MAILBOX + MB_CR1, SPACE(0) | 3);
    put8(MAILBOX + MB_CR7, SPACE(1) | 3);
    put8(MAILBOX + MB_CR13, SPACE(2) | 3);
    put8(MAILBOX + MB_CR2, 0);
    put8(MAILBOX + MB_CR5, 0);
    put8(MAILBOX + MB_CR8, 0);
    put8(MAILBOX + MB_AR5, 0);
}

static void enter(uint64_t psw_mask)
{
    put8(MAILBOX + MB_PSW_MASK, psw_mask);
    begin(RUN_UNDER);
    wait_for(MAILBOX + MB_UNDER, command_number);
}

/* Every errno of section "Order of checks", over the monitor. */
static void test_errors(void)
{
    static const uint8_t bytes[65537];
    static const struct {
        Op op;
        int rc;
    } rows[] = {
        { { "logical-read", 0, 8 }, -EINVAL },
        { { "logical-write", 0, 8, bytes }, -EINVAL },
        { { "sida-read", 0, 8 }, -EINVAL },
        { { "absolute-read", 0, 8, .vcpu = true }, -EINVAL },
        { { "absolute-write", 0, 8, bytes, .vcpu = true }, -EINVAL },
        { { "absolute-cmpxchg", 0, 8, bytes, bytes, .vcpu = true }, -EINVAL },
        { { "sida-read", 0, 8, .vcpu = true }, -EINVAL },
        { { "sida-write", 0, 4097, bytes, .vcpu = true }, -E2BIG },
        { { "absolute-read", 0, 8, .inject = true }, -EINVAL },
        { { "absolute-cmpxchg", 0, 8, bytes, bytes, .check = true }, -EINVAL },
        { { "absolute-read", 0, 0 }, -EINVAL },
        { { "absolute-read", 0, 65537 }, -E2BIG },
        { { "absolute-read", 0, 65536 }, 0 },
        { { "logical-read", 0x10000, 65536, .vcpu = true }, 0 },
        { { "logical-write", 0, 65537, bytes, .vcpu = true }, -E2BIG },
        { { "absolute-read", 0, 8, .keyed = true, .key = 16 }, -EINVAL },
        { { "absolute-read", 0, 8, .key = 16 }, 0 },
        { { "logical-read", 0, 8, .vcpu = true, .ar = 15 }, 0 },
        { { "logical-read", 0, 8, .vcpu = true, .ar = 16 }, -EINVAL },
        { { "absolute-read", MEMORY, 8 }, ADDRESSING },
        { { "absolute-read", -4096ull, 8, .check = true }, ADDRESSING },
        { { "absolute-write", MEMORY - 4, 8, bytes }, ADDRESSING },
        { { "logical-read", MEMORY, 8, .vcpu = true }, ADDRESSING },
        { { "logical-write", MEMORY - 4, 8, bytes, .vcpu = true,
            .check = true }, ADDRESSING },
        { { "absolute-cmpxchg", 0x5000, 17, bytes, bytes }, -EINVAL },
        { { "absolute-cmpxchg", 0x5000, 3, bytes, bytes }, -EINVAL },
        { { "absolute-cmpxchg", 0x5004, 8, bytes, bytes }, -EINVAL },
        { { "absolute-cmpxchg", MEMORY, 8, bytes, bytes }, ADDRESSING },
        { { "absolute-cmpxchg", MEMORY, 3, bytes, bytes }, ADDRESSING },
    };

    start("");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        g_test_message("row %zu: %s", i, rows[i].op.op);
        g_assert_cmpint(result_(&rows[i].op), ==, rows[i].rc);
    }
    qobject_unref(qtest_qmp_assert_failure_ref(
        qts, "{'execute': 'kvm390-memop', 'arguments': {"
        "'op': 'logical-read', 'address': 0, 'size': 1, 'cpu-index': 7}}"));
    qobject_unref(qtest_qmp_assert_failure_ref(
        qts, "{'execute': 'kvm390-memop', 'arguments': {"
        "'op': 'absolute-write', 'address': 0, 'size': 4, 'data': 'AAA='}}"));
    stop();
}

static void test_keys(void)
{
    const uint64_t page = 0xe00000;
    g_autofree uint8_t *data = g_malloc0(2 * PAGE);

    start("");
    set_key(page, 0x18);
    set_key(page + PAGE, 0x98);
    for (int key = 0; key < 16; key++) {
        int want = key == 0 || key == 1 ? 0 : PROTECTION;

        for (int vcpu = 0; vcpu < 2; vcpu++) {
            for (int check = 0; check < 2; check++) {
                g_assert_cmpint(result(vcpu ? "logical-read" : "absolute-read",
                                       page, 8, .vcpu = vcpu, .check = check,
                                       .keyed = true, .key = key), ==, want);
                g_assert_cmpint(result(vcpu ? "logical-write"
                                            : "absolute-write",
                                       page, 8, data, .vcpu = vcpu,
                                       .check = check, .keyed = true,
                                       .key = key), ==, want);
            }
        }
        g_assert_cmpint(result("absolute-cmpxchg", page, 8, data, data,
                               .keyed = true, .key = key), ==, want);
    }
    /* a mismatch on the second page: the first is stored, none is read */
    memset(data, 0x77, 2 * PAGE);
    g_assert_cmpint(result("absolute-write", page, 2 * PAGE, data,
                           .keyed = true, .key = 1), ==, PROTECTION);
    g_assert_true(holds(page, 0x77, PAGE));
    g_assert_true(holds(page + PAGE, 0, PAGE));
    /* without fetch protection anybody fetches */
    set_key(page, 0x10);
    g_assert_cmpint(result("absolute-read", page, 8, .keyed = true, .key = 2),
                    ==, 0);
    /* cmpxchg zeroes the old value when it is refused */
    {
        g_auto(Outcome) o = memop("absolute-cmpxchg", page, 4, data, data,
                                  .keyed = true, .key = 2);

        g_assert_cmpint(o.code, ==, PROTECTION);
        g_assert_cmpmem(o.bytes, 4, "\0\0\0\0", 4);
    }
    stop();
}

static void test_reference_and_change(void)
{
    const uint64_t page = 0xe00000;

    start("");
    set_key(page, 0);
    g_assert_cmpint(result("absolute-write", page, 8, .check = true), ==, 0);
    g_assert_cmpint(result("logical-read", page, 8, .check = true,
                           .vcpu = true), ==, 0);
    g_assert_cmphex(get_key(page), ==, 0);
    g_assert_cmpint(result("logical-read", page, 8, .vcpu = true), ==, 0);
    g_assert_cmphex(get_key(page), ==, 4);
    fill(page, 1, 8);
    g_assert_cmphex(get_key(page), ==, 6);
    set_key(page, 0);
    g_assert_cmpint(result("absolute-cmpxchg", page, 2, "ab", "cd"), ==, 0);
    g_assert_cmphex(get_key(page) & 4, ==, 4);
    g_assert_cmpint(result("absolute-cmpxchg", page, 2, "ab", "\1\1"), ==, 0);
    g_assert_cmphex(get_key(page), ==, 6);
    stop();
}

/* The guest executes what a memory operation has stored. */
static void test_code(void)
{
    const uint64_t code = 0xe00000;
    uint8_t insns[] = { 0xa7, 0x29, 0, 0, 0x07, 0xfe }; /* lghi 2,n; br 14 */

    start("");
    for (int i = 0; i < 20; i++) {
        insns[3] = i;
        if (i % 2) {
            g_assert_cmpint(result("logical-write", code, sizeof(insns), insns,
                                   .vcpu = true), ==, 0);
        } else if (i) {
            uint8_t old[] = { 0, i - 1 };

            g_assert_cmpint(result("absolute-cmpxchg", code + 2, 2, insns + 2,
                                   old), ==, 0);
        } else {
            write_absolute(code, insns, sizeof(insns));
        }
        g_assert_cmpint(ask(CALL, code, 0), ==, i);
    }
    stop();
}

static int logical(const char *op, uint64_t addr, uint32_t size,
                   const void *data, Outcome *o)
{
    g_clear_pointer(&o->bytes, g_free);
    *o = memop(op, addr, size, data, .vcpu = true, .ar = 5);
    return o->error ? -o->error : o->code;
}

/* What each space's mode must see; the guest runs, or is stopped. */
static void check_space(int as, int space)
{
    g_auto(Outcome) o = { 0 };
    uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    uint8_t found[8];

    g_assert_cmpint(logical("logical-read", WINDOW + PAGE - 4, 8, NULL, &o),
                    ==, 0);
    g_assert_cmpint(o.bytes[0], ==, 0x10 + space);
    g_assert_cmpint(o.bytes[7], ==, 0x10 + space);
    g_assert_cmpint(logical("logical-write", WINDOW + PAGE - 4, 8, data, &o),
                    ==, 0);
    /* virtual neighbours are not neighbours in storage */
    read_absolute(FRAME(space) + PAGE - 4, found, 4);
    read_absolute(FRAME(space) + 2 * PAGE, found + 4, 4);
    g_assert_cmpmem(found, 8, data, 8);
    g_assert_true(holds(FRAME(space) + PAGE, 0x10 + space, PAGE));

    g_assert_cmpint(logical("logical-read", UNMAPPED + 8, 8, NULL, &o), ==,
                    PAGE_TRANSLATION);
    g_assert_cmphex(o.teid, ==, UNMAPPED | 0x800 | as);
    g_assert_cmpint(o.access_id, ==, 5);
    g_assert_cmpint(logical("logical-write", WRITE_PROTECTED, 8, data, &o),
                    ==, PROTECTION);
    g_assert_cmphex(o.teid, ==, WRITE_PROTECTED | 0x404 | as);
    g_assert_cmpint(logical("logical-read", NO_FRAME, 8, NULL, &o), ==,
                    ADDRESSING);
    /* the second page is bad: nothing is stored */
    g_assert_cmpint(logical("logical-write", UNMAPPED - 4, 8, data, &o), ==,
                    PAGE_TRANSLATION);
    g_assert_true(holds(UNMAPPED - 4, 0, 4));
}

static void test_spaces(gconstpointer options)
{
    static const struct {
        int as, space;
        uint32_t alet;
    } rows[] = {
        { 0, 0, 0 }, { 2, 1, 0 }, { 3, 2, 0 },
        { 1, 0, 0 }, { 1, 1, 1 }, { 1, 2, 0x00000003 },
    };

    start(options);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        make_spaces();
        /* dispatchable-unit access list at 0x500000, its entry 3: space 2 */
        put8(MAILBOX + MB_CR2, 0x500000);
        put8(0x500010, 0x500080ull << 32);
        put8(0x5000b0, 0);
        put8(0x5000b8, 0x500100ull << 32 | 9);
        put8(0x500100, 0);
        put8(0x500108, SPACE(2) | 3);
        put8(0x500110, 9);
        put8(MAILBOX + MB_AR5, rows[i].alet);
        enter(PSW_64 | PSW_DAT | PSW_AS(rows[i].as));
        g_test_message("row %zu", i);
        if (i % 2) {
            qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
        }
        check_space(rows[i].as, rows[i].space);
        if (i % 2) {
            qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
        }
        g_assert_cmpint(finish(), ==, 0);
    }
    stop();
}

/* In 24- and 31-bit mode the address behind the last is 0. */
static void test_wrap(void)
{
    static const struct {
        uint64_t psw, last, frame;
    } rows[] = {
        { PSW_24, 0xffffff, 0xfff000 },
        { PSW_31, 0x7fffffff, 0xfff000 },
    };

    start("");
    make_spaces();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        g_auto(Outcome) o = { 0 };

        put8(rows[i].frame + PAGE - 8, 0x1122334455667788);
        enter(rows[i].psw | PSW_DAT);
        /* real 0x200 and the bytes behind are the library's own */
        g_assert_cmpint(logical("logical-read", rows[i].last - 7, 16, NULL,
                                &o), ==, 0);
        g_assert_cmphex(ldq_be_p(o.bytes), ==, 0x1122334455667788);
        g_assert_cmphex(ldq_be_p(o.bytes + 8), ==, get8(0));
        /* bits beyond the mode are cut off */
        g_assert_cmpint(logical("logical-read", (rows[i].last - 7) | 3ull << 40,
                                8, NULL, &o), ==, 0);
        g_assert_cmpint(finish(), ==, 0);
    }
    stop();
}

static void test_low_address_and_overrides(void)
{
    uint8_t byte = 0;

    start("");
    set_key(0x1000, 0x18);
    set_key(0xe00000, 0x98);
    make_spaces();
    for (int on = 0; on < 2; on++) {
        put8(MAILBOX + MB_CR0, on ? CR0_LOW_ADDRESS | CR0_FETCH_OVERRIDE |
                                    CR0_STORAGE_OVERRIDE : 0);
        enter(PSW_64);
        g_assert_cmpint(result("logical-write", 0x1100, 1, &byte, .vcpu = true,
                               .check = true), ==, on ? PROTECTION : 0);
        g_assert_cmpint(result("logical-write", 0x1200, 1, &byte, .vcpu = true,
                               .check = true), ==, 0);
        /* absolute operations know neither that nor the overrides */
        g_assert_cmpint(result("absolute-write", 0x1100, 1, &byte,
                               .check = true), ==, 0);
        g_assert_cmpint(result("logical-read", 0xe00000, 1, .vcpu = true,
                               .keyed = true, .key = 2), ==,
                        on ? 0 : PROTECTION);
        g_assert_cmpint(result("absolute-read", 0xe00000, 1, .keyed = true,
                               .key = 2), ==, PROTECTION);
        /* 0x1000 is not below 2048 */
        g_assert_cmpint(result("logical-read", 0x1000, 1, .vcpu = true,
                               .keyed = true, .key = 2), ==, PROTECTION);
        g_assert_cmpint(finish(), ==, 0);
    }
    stop();
}

/* An injected exception, as the guest sees it. */
static void inject(const Op *op, int code, uint64_t teid, bool stopped)
{
    enter(PSW_64 | PSW_DAT);
    if (stopped) {
        qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    }
    g_assert_cmpint(result_(op), ==, code);
    if (stopped) {
        qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    }
    /* the interruption ends the guest's stay, without being released */
    wait_for(MAILBOX + MB_DONE, command_number);
    g_assert_cmpint(get8(MAILBOX + MB_RESULT), ==, code);
    g_assert_cmphex(get8(MAILBOX + MB_TEID), ==, teid);
    g_assert_cmphex(get8(MAILBOX + MB_ACCESS_ID), ==, 5);
    g_assert_cmphex(get8(MAILBOX + MB_ILC), ==, 0);
}

/* Until the guest's CPU waits for an interruption. */
static void wait_for_halt(void)
{
    gint64 end = g_get_monotonic_time() + 100 * G_USEC_PER_SEC;
    bool halted = false;

    while (!halted) {
        g_autofree char *cpus = qtest_hmp(qts, "info registers");

        halted = strstr(cpus, "PSW=mask 05020");
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(20000);
    }
}

static void test_inject(void)
{
    g_autofree uint8_t *data = g_malloc0(2 * PAGE);

    start("");
    set_key(0xe00000, 0x18);
    set_key(0xe01000, 0x98);
    make_spaces();
    for (int stopped = 0; stopped < 2; stopped++) {
        inject(&(Op) { "logical-read", UNMAPPED, 8, .vcpu = true, .ar = 5,
                       .inject = true },
               PAGE_TRANSLATION, UNMAPPED | 0x800, stopped);
        inject(&(Op) { "logical-write", UNMAPPED, 8, data, .vcpu = true,
                       .ar = 5, .inject = true, .check = true },
               PAGE_TRANSLATION, UNMAPPED | 0x400, stopped);
        inject(&(Op) { "logical-write", WRITE_PROTECTED, 8, data, .vcpu = true,
                       .ar = 5, .inject = true },
               PROTECTION, WRITE_PROTECTED | 0x404, stopped);
        inject(&(Op) { "logical-read", 0xe00000, 8, .vcpu = true, .ar = 5,
                       .inject = true, .keyed = true, .key = 2 },
               PROTECTION, 0xe00000 | 0x808, stopped);
        /* terminated: the first page is stored */
        memset(data, 0x31 + stopped, 2 * PAGE);
        inject(&(Op) { "logical-write", 0xe00000, 2 * PAGE, data,
                       .vcpu = true, .ar = 5, .inject = true, .keyed = true,
                       .key = 1 },
               PROTECTION, 0xe01000 | 0x400, stopped);
        g_assert_true(holds(0xe00000, 0x31 + stopped, PAGE));
        g_assert_true(holds(0xe01000, 0, PAGE));
    }
    /* a CPU that waits takes it, too */
    put8(MAILBOX + MB_PSW_MASK, PSW_64 | PSW_DAT | PSW_WAIT | PSW_EXT);
    begin(RUN_UNDER);
    wait_for_halt();
    g_assert_cmpint(result("logical-read", UNMAPPED, 8, .vcpu = true, .ar = 5,
                           .inject = true), ==, PAGE_TRANSLATION);
    wait_for(MAILBOX + MB_DONE, command_number);
    g_assert_cmpint(get8(MAILBOX + MB_RESULT), ==, PAGE_TRANSLATION);

    /* one that succeeds injects nothing */
    enter(PSW_64 | PSW_DAT);
    g_assert_cmpint(result("logical-read", WINDOW, 8, .vcpu = true,
                           .inject = true), ==, 0);
    g_assert_cmpint(finish(), ==, 0);
    stop();
}

/* Each CPU's prefix area is where its address 0 is. */
static void test_prefix(void)
{
    uint64_t prefix;
    g_auto(Outcome) a = { 0 }, b = { 0 };

    start(" -smp 2");
    put8(MAILBOX + MB_ARG + 16, 2);
    put8(MAILBOX + MB_ARG, 0xe00000);
    put8(MAILBOX + MB_ARG + 8, 8);
    begin(COUNT);
    finish();
    prefix = ask(GET_PREFIX, 1, 0);
    g_assert_cmphex(prefix, !=, 0);
    a = memop("logical-read", 0x200, 8, .vcpu = true, .cpu = 1);
    read_absolute(prefix + 0x200, (b.bytes = g_malloc(8)), 8);
    g_assert_cmpmem(a.bytes, 8, b.bytes, 8);
    g_assert_cmpint(result("logical-write", 0x1ff8, 8, "prefixed",
                           .vcpu = true, .cpu = 1), ==, 0);
    read_absolute(prefix + 0x1ff8, b.bytes, 8);
    g_assert_cmpmem(b.bytes, 8, "prefixed", 8);
    /* and the area itself is absolute 0 */
    g_assert_cmpint(result("logical-write", prefix + 0x1ff8, 8, "reversed",
                           .vcpu = true, .cpu = 1), ==, 0);
    read_absolute(0x1ff8, b.bytes, 8);
    g_assert_cmpmem(b.bytes, 8, "reversed", 8);
    stop();
}

/* Adds one to the last bytes of [@addr, @addr + @size); false: was beaten. */
static bool add_one(uint64_t addr, unsigned size)
{
    uint8_t old[16], new[16];
    g_auto(Outcome) o = { 0 };

    read_absolute(addr, old, size);
    memcpy(new, old, size);
    for (unsigned end = size; end; end = end == 16 ? 8 : 0) {
        for (unsigned i = end; i-- && ++new[i] == 0; ) {
        }
    }
    o = memop("absolute-cmpxchg", addr, size, new, old);
    g_assert_cmpint(o.error, ==, 0);
    g_assert_cmpint(o.code, ==, 0);
    return o.exchanged;
}

static void race(unsigned size, unsigned cpus)
{
    const uint64_t word = 0xe00000;
    /* the small ones share a word with the guest's count */
    uint64_t addr = size < 4 ? word + 4 - size : word;
    uint64_t mine = 0, guests, attempts = 0;

    fill(word, 0, 16);
    put8(MAILBOX + MB_ARG, word);
    put8(MAILBOX + MB_ARG + 8, size);
    put8(MAILBOX + MB_ARG + 16, cpus);
    begin(COUNT);
    /* against a guest that does nothing else a success is luck, so be it */
    while (attempts < 300 || (mine == 0 && attempts < 3000)) {
        mine += add_one(addr, size);
        attempts++;
    }
    guests = finish();
    g_test_message("size %u, %u CPUs: %" PRIu64 " of %" PRIu64
                   " here, %" PRIu64 " there", size, cpus, mine, attempts,
                   guests);
    g_assert_cmpuint(guests, >, 0);
    switch (size) {
    case 16:
        g_assert_cmphex(get8(word), ==, get8(word + 8));
        /* fall through */
    case 8:
        g_assert_cmphex(get8(word), ==, mine + guests);
        break;
    case 4:
        g_assert_cmphex(get8(word) >> 32, ==, (uint32_t)(mine + guests));
        break;
    default:
        g_assert_cmphex(get8(word) >> 32, ==,
                        (uint32_t)(guests << 16 |
                                   (mine & (size == 1 ? 0xff : 0xffff))));
        g_assert_cmpuint(mine, >, 0);
        break;
    }
}

static void test_race(gconstpointer options)
{
    start(options);
    for (unsigned size = 1; size <= 16; size *= 2) {
        race(size, strstr(options, "smp") ? 2 : 1);
    }
    stop();
}

/*
 * A translation is not used once IPTE has ended. The stores are long, so that
 * much time passes between translating the last page and storing into it, and
 * come as fast as they can; they store again what was there before.
 */
static void test_ipte(void)
{
    const uint32_t size = 0xf008, count = 20;
    gint64 end = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
    uint64_t rounds, stored = 0;

    start(" -smp 2");
    make_spaces();
    put8(MAILBOX + MB_ARG, 1);
    put8(MAILBOX + MB_ARG + 8, PTE(0, WINDOW));
    put8(MAILBOX + MB_ARG + 16, 0);
    put8(MAILBOX + MB_ARG + 24, 0);
    enter(PSW_64 | PSW_DAT);
    do {
        g_autoptr(QDict) r = qtest_qmp_assert_success_ref(
            qts, "{'execute': 'x-kvm390-memop-time', 'arguments': {"
            " 'op': 'logical-write', 'address': %" PRIu64 ", 'cpu-index': 0,"
            " 'size': %u, 'count': %u}}",
            (uint64_t)WINDOW + 8 - size, size, count);

        /* 51 rounds, but if the page was not there at first */
        if (qdict_get_int(r, "failed") != 1) {
            stored += 51 * count - qdict_get_int(r, "failed");
        }
        rounds = get8(MAILBOX + MB_ARG + 16);
    } while (g_get_monotonic_time() < end);
    g_assert_cmpint(finish(), ==, 0);
    g_test_message("%" PRIu64 " stores, %" PRIu64 " rounds", stored, rounds);
    g_assert_cmpuint(stored, >, 0);
    g_assert_cmpuint(rounds, >, 0);
    g_assert_cmpuint(get8(MAILBOX + MB_ARG + 24), ==, 0);
    stop();
}

static void wait_for_migration(const char *status)
{
    gint64 end = g_get_monotonic_time() + 100 * G_USEC_PER_SEC;

    for (;;) {
        g_autoptr(QDict) r = qtest_qmp_assert_success_ref(
            qts, "{'execute': 'query-migrate'}");
        const char *now = qdict_get_try_str(r, "status");

        if (g_strcmp0(now, status) == 0) {
            return;
        }
        g_assert_cmpstr(now, !=, "failed");
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(10000);
    }
}

/* What is stored after its page was sent is sent again. */
static void test_migration(void)
{
    static const char caps[] =
        "{'execute': 'migrate-set-capabilities', 'arguments': {"
        " 'capabilities': [ { 'capability': 'pause-before-switchover',"
        " 'state': true } ] } }";
    g_autofree char *dir = g_dir_make_tmp("kvm390-memop-XXXXXX", NULL);
    g_autofree char *uri = g_strdup_printf("unix:%s/migration", dir);
    g_autofree char *path = g_strdup_printf("%s/migration", dir);
    g_autofree char *incoming = g_strdup_printf(" -incoming %s", uri);
    QTestState *source, *target;

    start("");
    source = qts;
    fill(0xe00000, 0x11, 3 * PAGE);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    launch(incoming);
    target = qts;

    qts = source;
    qtest_qmp_assert_success(qts, caps);
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': "
                             "{'uri': %s}}", uri);
    wait_for_migration("pre-switchover");
    fill(0xe00000, 0x22, 8);
    g_assert_cmpint(result("logical-write", 0xe01000, 8, "logical.",
                           .vcpu = true), ==, 0);
    g_assert_cmpint(result("absolute-cmpxchg", 0xe02000, 8, "exchange",
                           "\x11\x11\x11\x11\x11\x11\x11\x11"), ==, 0);
    qtest_qmp_assert_success(qts, "{'execute': 'migrate-continue', "
                             "'arguments': {'state': 'pre-switchover'}}");
    wait_for_migration("completed");
    qtest_quit(source);

    qts = target;
    wait_for_migration("completed");
    g_assert_true(holds(0xe00000, 0x22, 8));
    {
        g_auto(Outcome) a = memop("absolute-read", 0xe01000, 8);
        g_auto(Outcome) b = memop("absolute-read", 0xe02000, 8);

        g_assert_cmpmem(a.bytes, 8, "logical.", 8);
        g_assert_cmpmem(b.bytes, 8, "exchange", 8);
    }
    stop();
    unlink(path);
    rmdir(dir);
}

/* An interruption that was injected before is taken after a migration. */
static void test_inject_migrated(void)
{
    g_autofree char *dir = g_dir_make_tmp("kvm390-memop-XXXXXX", NULL);
    g_autofree char *uri = g_strdup_printf("unix:%s/migration", dir);
    g_autofree char *path = g_strdup_printf("%s/migration", dir);
    g_autofree char *incoming = g_strdup_printf(" -incoming %s", uri);
    QTestState *source, *target;

    start("");
    make_spaces();
    enter(PSW_64 | PSW_DAT);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    g_assert_cmpint(result("logical-read", UNMAPPED, 8, .vcpu = true, .ar = 5,
                           .inject = true), ==, PAGE_TRANSLATION);
    source = qts;
    launch(incoming);
    target = qts;
    qts = source;
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': "
                             "{'uri': %s}}", uri);
    wait_for_migration("completed");
    qtest_quit(source);
    qts = target;
    wait_for_migration("completed");
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    wait_for(MAILBOX + MB_DONE, command_number);
    g_assert_cmpint(get8(MAILBOX + MB_RESULT), ==, PAGE_TRANSLATION);
    g_assert_cmphex(get8(MAILBOX + MB_TEID), ==, UNMAPPED | 0x800);
    g_assert_cmphex(get8(MAILBOX + MB_ACCESS_ID), ==, 5);
    stop();
    unlink(path);
    rmdir(dir);
}

static void test_other_accelerator(void)
{
    QDict *error;

    qts = qtest_init("-accel tcg -machine none -S");
    error = qtest_qmp_assert_failure_ref(
        qts, "{'execute': 'kvm390-memop', 'arguments': {'op': 'absolute-read',"
        " 'address': 0, 'size': 8}}");
    g_assert_nonnull(strstr(qdict_get_str(error, "desc"), "kvm390"));
    qobject_unref(error);
    stop();
}

static char *hmp(const char *command)
{
    return qtest_hmp(qts, "%s", command);
}

static void test_hmp(void)
{
    static const struct {
        const char *command, *answer;
    } rows[] = {
        { "kvm390_memop absolute-write 0xe00000 0011aabb", "done" },
        { "kvm390_memop absolute-read 0xe00000 4",
          "0000000000e00000: 00 11 aa bb" },
        { "kvm390_memop logical-read 0xe00002 2 cpu=0",
          "0000000000e00002: aa bb" },
        { "kvm390_memop absolute-cmpxchg 0xe00000 0102 old=0011",
          "exchanged" },
        { "kvm390_memop absolute-cmpxchg 0xe00000 0102 old=0011",
          "not exchanged, found:\r\n0000000000e00000: 01 02" },
        { "kvm390_memop absolute-write 0xe00000 00 key=3",
          "program interruption 0x04 (protection)" },
        { "kvm390_memop logical-write 0xe00000 8 cpu=0 ar=16 check",
          "refused: EINVAL" },
        { "kvm390_memop absolute-read 0xe00000 4 colour=3", "bad option" },
        { "kvm390_memop absolute-write 0xe00000 0x", "hexadecimal" },
        { "kvm390_memop absolute-destroy 0xe00000 4", "absolute-destroy" },
    };

    start("");
    set_key(0xe00000, 0);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        g_autofree char *answer = hmp(rows[i].command);

        g_test_message("%s: %s", rows[i].command, answer);
        g_assert_nonnull(strstr(answer, rows[i].answer));
    }
    stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/kvm390/memop/errors", test_errors);
    qtest_add_func("/kvm390/memop/keys", test_keys);
    qtest_add_func("/kvm390/memop/rc", test_reference_and_change);
    qtest_add_func("/kvm390/memop/code", test_code);
    qtest_add_data_func("/kvm390/memop/spaces/one", "", test_spaces);
    qtest_add_data_func("/kvm390/memop/spaces/one-thread",
                        ",thread=single -smp 2", test_spaces);
    qtest_add_func("/kvm390/memop/wrap", test_wrap);
    qtest_add_func("/kvm390/memop/low-address", test_low_address_and_overrides);
    qtest_add_func("/kvm390/memop/inject", test_inject);
    qtest_add_func("/kvm390/memop/inject/migrated", test_inject_migrated);
    qtest_add_func("/kvm390/memop/prefix", test_prefix);
    qtest_add_data_func("/kvm390/memop/race/one", "", test_race);
    qtest_add_data_func("/kvm390/memop/race/many", " -smp 3", test_race);
    qtest_add_data_func("/kvm390/memop/race/one-thread",
                        ",thread=single -smp 2", test_race);
    qtest_add_func("/kvm390/memop/ipte", test_ipte);
    qtest_add_func("/kvm390/memop/migration", test_migration);
    qtest_add_func("/kvm390/memop/other-accelerator", test_other_accelerator);
    qtest_add_func("/kvm390/memop/hmp", test_hmp);
    return g_test_run();
}
