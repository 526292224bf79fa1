/*
 * Memory operations: errors, keys, addresses and spaces
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "memop-guest.h"

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
    return g_test_run();
}
