/*
 * query-kvm390-map over QMP: keys, states and residency as they were set,
 * holes, regions, limits, and the size of the largest answer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "tests/qtest/libqtest.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"

#define MACHINE " -machine s390-ccw-virtio -nodefaults -S "
#define PAGES   (64 * 256)      /* 64 MiB */

static QTestState *start(const char *accel, const char *more)
{
    g_autofree char *args = g_strdup_printf("-accel %s" MACHINE "%s", accel,
                                            more);

    return qtest_init(args);
}

static QDict *map(QTestState *qts, const char *arguments)
{
    return qtest_qmp_assert_success_ref(
        qts, "{'execute': 'query-kvm390-map', 'arguments': %p}",
        qobject_from_json(arguments, &error_abort));
}

/* The run that holds a cell. */
static QDict *run_at(QDict *answer, unsigned cell)
{
    const QListEntry *e;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(answer, "runs"), e) {
        QDict *run = qobject_to(QDict, qlist_entry_obj(e));
        unsigned count = qdict_get_int(run, "count");

        if (cell < count) {
            return run;
        }
        cell -= count;
    }
    g_assert_not_reached();
}

static unsigned cells(QDict *answer)
{
    const QListEntry *e;
    unsigned n = 0;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(answer, "runs"), e) {
        n += qdict_get_int(qobject_to(QDict, qlist_entry_obj(e)), "count");
    }
    return n;
}

static void set_keys(QTestState *qts, uint64_t gfn, const char *hex)
{
    qtest_qmp_assert_success(
        qts, "{'execute': 'kvm390-set-skeys', 'arguments': {'start-gfn': %"
        PRIu64 ", 'data': %s, 'format': 'hex'}}", gfn, hex);
}

static void test_keys(void)
{
    QTestState *qts = start("kvm390", "-m 64M");
    g_autoptr(QDict) fresh = map(qts, "{'count': 16}");
    g_autoptr(QDict) used = NULL, coarse = NULL;

    g_assert_false(qdict_get_bool(fresh, "skeys-used"));
    g_assert_cmpint(qdict_get_int(run_at(fresh, 15), "key"), ==, 0);

    set_keys(qts, 4, "3a36");
    used = map(qts, "{'start-gfn': 2, 'count': 4}");
    g_assert_true(qdict_get_bool(used, "skeys-used"));
    g_assert_cmpint(qdict_get_int(used, "start-gfn"), ==, 2);
    g_assert_cmpint(qdict_get_int(run_at(used, 1), "key"), ==, 0);
    g_assert_cmpint(qdict_get_int(run_at(used, 2), "key"), ==, 0x3a);
    g_assert_cmpint(qdict_get_int(run_at(used, 3), "key"), ==, 0x36);
    g_assert_false(qdict_haskey(run_at(used, 3), "mixed"));
    g_assert_false(qdict_haskey(run_at(used, 3), "resident"));

    coarse = map(qts, "{'start-gfn': 0, 'count': 8, 'shift': 3}");
    g_assert_cmpint(qdict_get_int(run_at(coarse, 0), "key"), ==, 0x06);
    g_assert_cmpint(qdict_get_int(run_at(coarse, 0), "mixed"), ==, 1);
    qtest_quit(qts);
}

static void test_states(void)
{
    QTestState *qts = start("kvm390", "-m 64M -cpu max");
    g_autoptr(QDict) answer = NULL;

    qtest_qmp_assert_success(
        qts, "{'execute': 'kvm390-set-cmma', 'arguments': {'start-gfn': 256, "
        "'values': '0102034041'}}");
    answer = map(qts, "{'start-gfn': 255, 'count': 7}");
    g_assert_true(qdict_get_bool(answer, "cmma"));
    for (unsigned i = 0; i < 7; i++) {
        static const unsigned values[] = { 0, 1, 2, 3, 0x40, 0x41, 0 };

        g_assert_cmpint(qdict_get_int(run_at(answer, i), "state"), ==,
                        values[i]);
    }
    qtest_quit(qts);
}

static void test_resident(void)
{
    QTestState *qts = start("kvm390", "-m 64M");
    g_autoptr(QDict) answer = NULL;

    /* The host may provide more than the page: a large one of 2 MiB. */
    qtest_memset(qts, 0x2000000, 1, 0x1000);
    qtest_memset(qts, 0x2e00000, 1, 0x200000);
    answer = map(qts, "{'start-gfn': 8192, 'count': 4096, 'shift': 9, "
                 "'resident': true}");
    for (unsigned i = 0; i < 8; i++) {
        int resident = qdict_get_int(run_at(answer, i), "resident");

        g_assert_true(i ? resident == (i == 7 ? 8 : 0) : resident > 0);
    }
    qtest_quit(qts);
}

/* A hole lies between the machine's memory and a device's. */
static void test_regions(void)
{
    QTestState *qts = start(
        "kvm390", "-m 64M,maxmem=1G -object memory-backend-ram,id=more,"
        "size=64M -device virtio-mem-ccw,memdev=more,requested-size=64M");
    g_autoptr(QDict) answer = map(qts, "{'shift': 8}");
    QList *regions = qdict_get_qlist(answer, "regions");
    QDict *last = qobject_to(QDict, qlist_peek(regions));
    const QListEntry *e;
    bool found = false;

    g_assert_cmpint(qdict_get_int(last, "start-gfn"), ==, 0);
    g_assert_cmpint(qdict_get_int(last, "count"), ==, PAGES);
    QLIST_FOREACH_ENTRY(regions, e) {
        last = qobject_to(QDict, qlist_entry_obj(e));
        found |= strstr(qdict_get_str(last, "name"), "more") != NULL;
    }
    g_assert_true(found);
    g_assert_cmpint(cells(answer), ==, (qdict_get_int(last, "start-gfn") +
                                        qdict_get_int(last, "count")) >> 8);
    if (qdict_get_int(last, "start-gfn") > PAGES) {
        g_assert_false(qdict_haskey(run_at(answer, PAGES >> 8), "key"));
    }
    qtest_quit(qts);
}

/* The longest answer there is: no two cells alike, all numbers long. */
static void test_size(void)
{
    QTestState *qts = start("kvm390", "-m 64M -cpu max");
    g_autofree char *keys = g_malloc(PAGES * 2 + 1);
    g_autofree char *states = g_malloc(PAGES * 2 + 1);
    g_autoptr(QDict) answer = NULL;
    g_autoptr(GString) text = NULL;

    for (unsigned i = 0; i < PAGES; i++) {
        sprintf(keys + i * 2, "%02x", i % 4 < 2 ? 0x98 : 0xfe);
        sprintf(states + i * 2, "%02x", i % 4 < 2 ? 0x40 : 0x43);
    }
    set_keys(qts, 0, keys);
    qtest_qmp_assert_success(
        qts, "{'execute': 'kvm390-set-cmma', 'arguments': {'start-gfn': 0, "
        "'values': %s}}", states);
    answer = map(qts, "{'resident': true}");
    g_assert_cmpint(cells(answer), ==, 8192);
    g_assert_cmpint(qlist_size(qdict_get_qlist(answer, "runs")), ==, 8192);
    text = qobject_to_json(QOBJECT(answer));
    /* "mixed": 7 for each cell is all that could come on top. */
    g_assert_cmpuint(text->len + 8192 * strlen(", \"mixed\": 7"), <, 1 << 20);
    qtest_quit(qts);
}

static void refused(QTestState *qts, const char *arguments, const char *says)
{
    g_autoptr(QDict) response = qtest_qmp(
        qts, "{'execute': 'query-kvm390-map', 'arguments': %p}",
        qobject_from_json(arguments, &error_abort));

    g_assert_true(qdict_haskey(response, "error"));
    g_assert_nonnull(strstr(qdict_get_str(qdict_get_qdict(response, "error"),
                                          "desc"), says));
}

static void test_limits(void)
{
    QTestState *qts = start("kvm390", "-m 64M");
    g_autoptr(QDict) terabyte = map(qts, "{'count': 268435456}");

    g_assert_cmpint(qdict_get_int(terabyte, "shift"), ==, 15);
    g_assert_cmpint(cells(terabyte), ==, 8192);
    g_assert_cmpint(qdict_get_int(terabyte, "looks"), ==, 128);
    refused(qts, "{'count': 0}", "empty");
    refused(qts, "{'start-gfn': 16384}", "empty");
    refused(qts, "{'shift': 41}", "shift");
    refused(qts, "{'count': 8193, 'shift': 0}", "at most 8192 cells");
    qtest_quit(qts);

    qts = start("tcg", "-m 64M");
    refused(qts, "{}", "-accel kvm390");
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/kvm390/map/keys", test_keys);
    qtest_add_func("/kvm390/map/states", test_states);
    qtest_add_func("/kvm390/map/resident", test_resident);
    qtest_add_func("/kvm390/map/regions", test_regions);
    qtest_add_func("/kvm390/map/size", test_size);
    qtest_add_func("/kvm390/map/limits", test_limits);
    return g_test_run();
}
