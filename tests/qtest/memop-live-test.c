/*
 * Memory operations among what else a guest does: interruptions, races, a
 * migration, the monitor
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "memop-guest.h"

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
