/*
 * Storage keys from outside: KVM's ioctls as QMP commands, QEMU's own
 * monitor commands, and what they refuse.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "tests/qtest/libqtest.h"
#include "qobject/qdict.h"

#define MACHINE " -machine s390-ccw-virtio -m 64M -nodefaults -S "
#define PAGES   (64 * 256)      /* 64 MiB */

static QTestState *start(const char *accel)
{
    g_autofree char *args = g_strdup_printf("-accel %s" MACHINE, accel);

    return qtest_init(args);
}

/* The keys of @count pages in hexadecimal; NULL if keys are not used. */
static char *get(QTestState *qts, uint64_t gfn, uint64_t count)
{
    g_autoptr(QDict) r = qtest_qmp_assert_success_ref(
        qts, "{'execute': 'kvm390-get-skeys', 'arguments': {'start-gfn': %"
        PRIu64 ", 'count': %" PRIu64 ", 'format': 'hex'}}", gfn, count);

    g_assert_cmpint(qdict_get_bool(r, "used"), ==, qdict_haskey(r, "data"));
    return g_strdup(qdict_get_try_str(r, "data"));
}

static void set(QTestState *qts, uint64_t gfn, const char *hex)
{
    qtest_qmp_assert_success(
        qts, "{'execute': 'kvm390-set-skeys', 'arguments': {'start-gfn': %"
        PRIu64 ", 'data': %s, 'format': 'hex'}}", gfn, hex);
}

static void assert_keys(QTestState *qts, uint64_t gfn, const char *hex)
{
    g_autofree char *got = get(qts, gfn, strlen(hex) / 2);

    g_assert_cmpstr(got, ==, hex);
}

/* The description of the error that a command has to end with. */
static void assert_error(QTestState *qts, const char *says, const char *fmt,
                         ...) G_GNUC_PRINTF(3, 4);

static void assert_error(QTestState *qts, const char *says, const char *fmt,
                         ...)
{
    g_autoptr(QDict) response = NULL;
    const char *desc;
    va_list ap;

    va_start(ap, fmt);
    response = qtest_vqmp(qts, fmt, ap);
    va_end(ap);
    g_assert_true(qdict_haskey(response, "error"));
    desc = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
    if (!strstr(desc, says)) {
        g_test_message("'%s' does not say '%s'", desc, says);
        g_test_fail();
    }
}

static int keyop(QTestState *qts, const char *op, uint64_t addr, int key)
{
    g_autoptr(QDict) r = NULL;

    if (key >= 0) {
        r = qtest_qmp_assert_success_ref(
            qts, "{'execute': 'kvm390-keyop', 'arguments': {'address': %"
            PRIu64 ", 'operation': %s, 'key': %d}}", addr, op, key);
    } else {
        r = qtest_qmp_assert_success_ref(
            qts, "{'execute': 'kvm390-keyop', 'arguments': {'address': %"
            PRIu64 ", 'operation': %s}}", addr, op);
    }
    return qdict_get_int(r, "key");
}

static void test_use(void)
{
    QTestState *qts = start("kvm390");

    /* Reading does not make keys used, nor is the count looked at. */
    g_assert_null(get(qts, 0, 1));
    g_assert_null(get(qts, 0, 0));
    g_assert_null(get(qts, 0, 1ull << 40));
    g_assert_null(get(qts, UINT64_MAX, 1));
    g_assert_cmpint(keyop(qts, "iske", 0x5000, -1), ==, 0);
    g_assert_null(get(qts, 0, 1));
    /* Nor does a key operation that fails. */
    assert_error(qts, "No key operation",
                 "{'execute': 'kvm390-keyop', 'arguments':"
                 " {'address': 1099511627776, 'operation': 'sske', 'key': 2}}");
    g_assert_null(get(qts, 0, 1));
    /* Setting a key does, by whichever command. */
    g_assert_cmpint(keyop(qts, "sske", 0x5000, 0x3f), ==, 0);
    g_assert_cmpint(keyop(qts, "iske", 0x5fff, -1), ==, 0x3e);
    assert_keys(qts, 4, "003e00000000");
    set(qts, 9, "72");
    assert_keys(qts, 4, "003e00000072");
    qtest_quit(qts);

    qts = start("kvm390");
    g_assert_cmpint(keyop(qts, "rrbe", 0x5000, -1), ==, 0);
    assert_keys(qts, 4, "0000");
    qtest_quit(qts);
}

static void test_set_get(void)
{
    QTestState *qts = start("kvm390");
    g_autoptr(GString) pattern = g_string_new(NULL);

    for (int i = 0; i < 256; i += 2) {
        g_string_append_printf(pattern, "%02x", i);
    }
    set(qts, 100, pattern->str);
    assert_keys(qts, 100, pattern->str);
    assert_keys(qts, 98, "00000002");
    assert_keys(qts, PAGES - 2, "0000");
    set(qts, PAGES - 1, "FE");
    assert_keys(qts, PAGES - 2, "00fe");

    /* base64, the default */
    qtest_qmp_assert_success(qts, "{'execute': 'kvm390-set-skeys',"
                             " 'arguments': {'start-gfn': 7,"
                             " 'data': 'EHCe'}}");
    assert_keys(qts, 6, "0010709e00");
    qtest_quit(qts);
}

static void test_keyop(void)
{
    QTestState *qts = start("kvm390");

    set(qts, 16, "5e");
    g_assert_cmpint(keyop(qts, "iske", 0x10000, -1), ==, 0x5e);
    g_assert_cmpint(keyop(qts, "rrbe", 0x10abc, -1), ==, 0x06);
    g_assert_cmpint(keyop(qts, "iske", 0x10000, -1), ==, 0x5a);
    g_assert_cmpint(keyop(qts, "rrbe", 0x10000, -1), ==, 0x02);
    g_assert_cmpint(keyop(qts, "sske", 0x10000, 0xa1), ==, 0x5a);
    assert_keys(qts, 15, "00a000");
    qtest_quit(qts);
}

static void test_refusals(void)
{
    static const char set_cmd[] =
        "{'execute': 'kvm390-set-skeys', 'arguments': {'start-gfn': %" PRIu64
        ", 'data': %s, 'format': 'hex'}}";
    static const char get_cmd[] =
        "{'execute': 'kvm390-get-skeys', 'arguments': {'start-gfn': %" PRIu64
        ", 'count': %" PRIu64 "}}";
    QTestState *qts = start("kvm390");

    set(qts, 0, "10");
    assert_error(qts, "Invalid argument", get_cmd, (uint64_t)0, (uint64_t)0);
    assert_error(qts, "Invalid argument", get_cmd, (uint64_t)0,
                 (uint64_t)1048577);
    assert_error(qts, "Bad address", get_cmd, (uint64_t)PAGES, (uint64_t)1);
    assert_error(qts, "Bad address", get_cmd, (uint64_t)PAGES - 1,
                 (uint64_t)2);
    assert_error(qts, "Bad address", get_cmd, UINT64_MAX, (uint64_t)1);
    assert_error(qts, "Bad address", get_cmd, UINT64_MAX - 3, (uint64_t)8);
    assert_error(qts, "Bad address", get_cmd, (uint64_t)1 << 52, (uint64_t)1);
    assert_error(qts, "Bad address", get_cmd, ((uint64_t)1 << 52) - 1,
                 (uint64_t)2);

    assert_error(qts, "Invalid argument", set_cmd, (uint64_t)0, "");
    assert_error(qts, "Invalid argument", set_cmd, (uint64_t)0, "3031");
    assert_error(qts, "Bad address", set_cmd, (uint64_t)PAGES - 1, "4040");
    assert_error(qts, "Bad address", set_cmd, UINT64_MAX, "40");
    assert_error(qts, "odd number", set_cmd, (uint64_t)0, "404");
    assert_error(qts, "not hexadecimal", set_cmd, (uint64_t)0, "4x");
    assert_error(qts, "not base64",
                 "{'execute': 'kvm390-set-skeys', 'arguments': "
                 "{'start-gfn': 0, 'data': '?'}}");

    assert_error(qts, "Bad address",
                 "{'execute': 'kvm390-keyop', 'arguments': {'address': %"
                 PRIu64 ", 'operation': 'iske'}}", (uint64_t)PAGES << 12);
    assert_error(qts, "Bad address",
                 "{'execute': 'kvm390-keyop', 'arguments': {'address': %"
                 PRIu64 ", 'operation': 'sske', 'key': 2}}", UINT64_MAX);
    assert_error(qts, "belongs to",
                 "{'execute': 'kvm390-keyop', 'arguments': {'address': 0,"
                 " 'operation': 'sske'}}");
    assert_error(qts, "belongs to",
                 "{'execute': 'kvm390-keyop', 'arguments': {'address': 0,"
                 " 'operation': 'iske', 'key': 2}}");
    assert_error(qts, "keyop",
                 "{'execute': 'kvm390-keyop-all'}");

    /* None of this has changed a key. */
    assert_keys(qts, 0, "10000000");
    assert_keys(qts, PAGES - 1, "00");
    qtest_quit(qts);
}

static void test_own_monitor_commands(void)
{
    QTestState *qts = start("kvm390");
    g_autofree char *path = NULL;
    g_autofree char *before = qtest_hmp(qts, "info skeys 0x3000");
    g_autofree char *after = NULL;
    g_autofree char *dump = NULL;
    int fd;

    g_assert_nonnull(strstr(before, "not using storage keys"));
    set(qts, 3, "9c");
    after = qtest_hmp(qts, "info skeys 0x3000");
    g_assert_nonnull(strstr(after, "key: 0x9C"));

    fd = g_file_open_tmp("kvm390-skeys-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    close(fd);
    qtest_qmp_assert_success(qts, "{'execute': 'dump-skeys', 'arguments':"
                             " {'filename': %s}}", path);
    g_assert_true(g_file_get_contents(path, &dump, NULL, NULL));
    g_assert_nonnull(strstr(dump, "page=003: key(156) => ACC=9"));
    unlink(path);
    qtest_quit(qts);
}

/* A store by a device sets R and C, whoever makes it. */
static void test_device_store(void)
{
    QTestState *qts = start("kvm390");
    uint8_t bytes[16] = { 1 };

    set(qts, 0x20, "30303030");
    qtest_memwrite(qts, 0x21ff8, bytes, sizeof(bytes));
    assert_keys(qts, 0x20, "30363630");
    qtest_quit(qts);
}

static void test_other_accelerators(void)
{
    static const char *const accels[] = { "tcg", "kvm390,skeys=off" };

    for (unsigned i = 0; i < G_N_ELEMENTS(accels); i++) {
        QTestState *qts = start(accels[i]);

        assert_error(qts, "skeys=on", "{'execute': 'kvm390-get-skeys',"
                     " 'arguments': {'start-gfn': 0, 'count': 1}}");
        assert_error(qts, "skeys=on", "{'execute': 'kvm390-set-skeys',"
                     " 'arguments': {'start-gfn': 0, 'data': 'EA=='}}");
        assert_error(qts, "skeys=on", "{'execute': 'kvm390-keyop',"
                     " 'arguments': {'address': 0, 'operation': 'iske'}}");
        qtest_quit(qts);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/kvm390/skeys/use", test_use);
    qtest_add_func("/kvm390/skeys/set-get", test_set_get);
    qtest_add_func("/kvm390/skeys/keyop", test_keyop);
    qtest_add_func("/kvm390/skeys/refusals", test_refusals);
    qtest_add_func("/kvm390/skeys/monitor", test_own_monitor_commands);
    qtest_add_func("/kvm390/skeys/device-store", test_device_store);
    qtest_add_func("/kvm390/skeys/accelerators", test_other_accelerators);
    return g_test_run();
}
