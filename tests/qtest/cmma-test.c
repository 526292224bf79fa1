/*
 * Page states from the monitor: every error, the log, reset
 *
 * The guest does not run, so states are what the commands made of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "tests/qtest/libqtest.h"
#include "qobject/qdict.h"

#define PAGES   16384           /* of 64 MiB */

/* With -kernel nothing of the firmware is run; QEMU only wants a file. */
static char *firmware;

static QTestState *start(const char *accel, const char *more)
{
    return qtest_initf("-accel %s -machine s390-ccw-virtio -m 64M -S "
                       "-nodefaults -bios %s %s", accel, firmware, more);
}

static QDict *get(QTestState *qts, uint64_t gfn, unsigned count, bool peek)
{
    return qtest_qmp_assert_success_ref(
        qts, "{'execute': 'kvm390-get-cmma', 'arguments': "
        "{'start-gfn': %" PRIu64 ", 'count': %u, 'peek': %i}}",
        gfn, count, peek);
}

static void check_get(QTestState *qts, uint64_t gfn, unsigned count, bool peek,
                      uint64_t got_gfn, unsigned got_count,
                      unsigned remaining, const char *values)
{
    g_autoptr(QDict) run = get(qts, gfn, count, peek);

    g_assert_cmpint(qdict_get_int(run, "start-gfn"), ==, got_gfn);
    g_assert_cmpint(qdict_get_int(run, "count"), ==, got_count);
    g_assert_cmpint(qdict_get_int(run, "remaining"), ==, remaining);
    g_assert_cmpint(strlen(qdict_get_str(run, "values")), ==, 2 * got_count);
    if (values) {
        g_assert_cmpstr(qdict_get_str(run, "values"), ==, values);
    }
}

static void check_error(QDict *answer, const char *want)
{
    QDict *error = qdict_get_qdict(answer, "error");

    g_assert_nonnull(error);
    g_test_message("%s", qdict_get_str(error, "desc"));
    g_assert_nonnull(strstr(qdict_get_str(error, "desc"), want));
    qobject_unref(answer);
}

static void get_error(QTestState *qts, uint64_t gfn, bool peek,
                      const char *want)
{
    check_error(qtest_qmp(qts, "{'execute': 'kvm390-get-cmma', 'arguments': "
                          "{'start-gfn': %" PRIu64 ", 'count': 1, "
                          "'peek': %i}}", gfn, peek), want);
}

static void set(QTestState *qts, uint64_t gfn, const char *values,
                uint64_t mask)
{
    qtest_qmp_assert_success(
        qts, "{'execute': 'kvm390-set-cmma', 'arguments': {'start-gfn': %"
        PRIu64 ", 'values': %s, 'mask': %" PRIu64 "}}", gfn, values, mask);
}

static void set_error(QTestState *qts, uint64_t gfn, const char *values,
                      const char *want)
{
    check_error(qtest_qmp(qts, "{'execute': 'kvm390-set-cmma', 'arguments': "
                          "{'start-gfn': %" PRIu64 ", 'values': %s}}",
                          gfn, values), want);
}

static bool migration_mode(QTestState *qts)
{
    g_autoptr(QDict) mode = qtest_qmp_assert_success_ref(
        qts, "{'execute': 'kvm390-migration-mode'}");

    return qdict_get_bool(mode, "enabled");
}

static void set_migration_mode(QTestState *qts, bool on)
{
    g_autoptr(QDict) mode = qtest_qmp_assert_success_ref(
        qts, "{'execute': 'kvm390-migration-mode', "
        "'arguments': {'enable': %i}}", on);

    g_assert_cmpint(qdict_get_bool(mode, "enabled"), ==, on);
}

static int64_t pages(QTestState *qts, const char *state)
{
    g_autoptr(QDict) info = qtest_qmp_assert_success_ref(
        qts, "{'execute': 'query-kvm390'}");

    return qdict_get_int(qdict_get_qdict(info, "cmma-pages"), state);
}

static void test_not_enabled(gconstpointer data)
{
    const char *const *how = data;
    QTestState *qts = start(how[0], how[1]);
    g_autoptr(QDict) info = NULL;

    get_error(qts, 0, true, "ENXIO");
    get_error(qts, 0, false, "ENXIO");
    set_error(qts, 0, "00", "ENXIO");
    set_error(qts, 0, "x", "ENXIO");
    set_migration_mode(qts, true);
    get_error(qts, 0, false, "ENXIO");
    set_migration_mode(qts, false);
    info = qtest_qmp_assert_success_ref(qts, "{'execute': 'query-kvm390'}");
    g_assert_false(qdict_haskey(info, "cmma-pages"));
    qtest_quit(qts);
}

static void test_other_accelerator(void)
{
    QTestState *qts = start("tcg", "");

    get_error(qts, 0, true, "-accel kvm390");
    set_error(qts, 0, "00", "-accel kvm390");
    check_error(qtest_qmp(qts, "{'execute': 'kvm390-migration-mode'}"),
                "-accel kvm390");
    qtest_quit(qts);
}

static void test_get_errors(void)
{
    QTestState *qts = start("kvm390", "");

    get_error(qts, 0, false, "EINVAL");
    check_get(qts, 0, 4, true, 0, 0, 0, "");            /* not used yet */
    check_get(qts, PAGES, 4, true, 0, 0, 0, "");
    set(qts, 5, "4300", -1);
    check_get(qts, 4, 4, true, 4, 4, 0, "00430000");
    check_get(qts, 0, 0, true, 0, 0, 0, "");
    check_get(qts, PAGES - 2, 4, true, PAGES - 2, 2, 0, "0000");
    get_error(qts, PAGES, true, "EFAULT");
    get_error(qts, UINT64_MAX >> 1, true, "EFAULT");
    get_error(qts, 0, false, "EINVAL");
    qtest_quit(qts);
}

static void test_set(void)
{
    QTestState *qts = start("kvm390", "");
    g_autofree char *too_many = g_malloc0(2 * 1048577 + 1);

    memset(too_many, '0', 2 * 1048577);
    set_error(qts, 0, "0", "EINVAL");
    set_error(qts, 0, "0g", "EINVAL");
    set_error(qts, 0, too_many, "EINVAL");
    too_many[2 * 1048576] = 0;
    set_error(qts, 0, too_many, "EFAULT");              /* one fewer: counted */
    set_error(qts, PAGES, "00", "EFAULT");
    set_error(qts, PAGES - 1, "4141", "EFAULT");
    check_get(qts, PAGES - 1, 1, true, PAGES - 1, 1, 0, "00");
    set(qts, PAGES, "", -1);                            /* nothing to do */

    set(qts, 8, "43ff0102", -1);
    check_get(qts, 8, 4, true, 8, 4, 0, "43430102");
    set(qts, 8, "43434343", 0x03000000);
    check_get(qts, 8, 4, true, 8, 4, 0, "03030303");
    set(qts, 8, "4343", 0x40000000);
    check_get(qts, 8, 4, true, 8, 4, 0, "40400303");
    set(qts, 8, "43434343", 0x00ffffff);
    check_get(qts, 8, 4, true, 8, 4, 0, "00000000");

    set(qts, 8, "0102034041", -1);
    g_assert_cmpint(pages(qts, "unused"), ==, 2);
    g_assert_cmpint(pages(qts, "potentially-volatile"), ==, 1);
    g_assert_cmpint(pages(qts, "volatile"), ==, 1);
    g_assert_cmpint(pages(qts, "no-dat"), ==, 2);
    g_assert_cmpint(pages(qts, "stable"), ==, PAGES - 4);
    g_assert_cmpint(pages(qts, "discarded"), ==, 0);
    qtest_quit(qts);
}

static void test_log(void)
{
    QTestState *qts = start("kvm390", "");

    g_assert_false(migration_mode(qts));
    set_migration_mode(qts, true);
    g_assert_true(migration_mode(qts));
    check_get(qts, 3, 4, false, 0, 0, 0, "");           /* not used yet */
    set(qts, 5, "0141", -1);
    check_get(qts, 3, 4, false, 3, 4, PAGES - 4, "00000141");
    check_get(qts, 3, 4, false, 7, 4, PAGES - 8, "00000000");
    check_get(qts, 0, 3, true, 0, 3, PAGES - 8, "000000");
    check_get(qts, PAGES - 2, 9, false, PAGES - 2, 2, PAGES - 10, "0000");
    check_get(qts, PAGES - 2, 2, false, 0, 2, PAGES - 12, "0000");
    set_migration_mode(qts, true);                      /* once more: nothing */
    check_get(qts, 0, 1, false, 2, 1, PAGES - 13, "00");
    check_get(qts, 0, 0, false, 0, 0, 0, "");
    check_get(qts, 11, PAGES, false, 11, PAGES - 13, 0, NULL);
    check_get(qts, 11, PAGES, false, 0, 0, 0, "");
    set(qts, 5, "00", -1);                              /* logs nothing */
    check_get(qts, 0, 9, false, 0, 0, 0, "");
    set_migration_mode(qts, false);
    get_error(qts, 0, false, "EINVAL");
    set_migration_mode(qts, true);
    check_get(qts, 0, PAGES, false, 0, PAGES, 0, NULL);
    qtest_quit(qts);
}

/* A reset makes every page stable, and the log tells who reads it. */
static void test_reset(void)
{
    QTestState *qts = start("kvm390", "");

    set(qts, 100, "01024041", -1);
    qtest_system_reset(qts);
    check_get(qts, 100, 4, true, 100, 4, 0, "00000000");
    g_assert_cmpint(pages(qts, "stable"), ==, PAGES);

    set(qts, 100, "01024041", -1);
    set_migration_mode(qts, true);
    check_get(qts, 0, PAGES, false, 0, PAGES, 0, NULL);
    qtest_system_reset(qts);
    check_get(qts, 0, PAGES, false, 100, 4, 0, "00000000");
    qtest_quit(qts);
}

/* QEMU's own commands reach the same states. */
static void test_hmp(void)
{
    QTestState *qts = start("kvm390", "");
    g_autofree char *out = NULL;

    set(qts, 16, "0102034041000102", -1);
    out = qtest_hmp(qts, "info cmma 0x10000 9");
    g_assert_nonnull(strstr(out, "0102034041000102"));
    g_free(out);
    out = qtest_hmp(qts, "migration_mode 1");
    g_assert_cmpstr(out, ==, "");
    g_assert_true(migration_mode(qts));
    g_free(out);
    out = qtest_hmp(qts, "migration_mode 0");
    g_assert_cmpstr(out, ==, "");
    g_assert_false(migration_mode(qts));
    g_free(out);
    out = qtest_hmp(qts, "info kvm390");
    g_assert_nonnull(strstr(out, "2 potentially volatile"));
    qtest_quit(qts);
}

static void make_firmware(void)
{
    g_autofree char *zeros = g_malloc0(16);
    int fd = g_file_open_tmp("kvm390-XXXXXX.img", &firmware, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, zeros, 16), ==, 16);
    close(fd);
}

int main(int argc, char **argv)
{
    static const char *const cmma_off[] = { "kvm390,cmma=off", "" };
    static const char *const cmm_off[] = { "kvm390", "-cpu max,cmm=off" };
    int ret;

    g_test_init(&argc, &argv, NULL);
    make_firmware();
    qtest_add_data_func("kvm390/cmma/off/accelerator", cmma_off,
                        test_not_enabled);
    qtest_add_data_func("kvm390/cmma/off/cpu-model", cmm_off,
                        test_not_enabled);
    qtest_add_func("kvm390/cmma/other-accelerator", test_other_accelerator);
    qtest_add_func("kvm390/cmma/get-errors", test_get_errors);
    qtest_add_func("kvm390/cmma/set", test_set);
    qtest_add_func("kvm390/cmma/log", test_log);
    qtest_add_func("kvm390/cmma/reset", test_reset);
    qtest_add_func("kvm390/cmma/hmp", test_hmp);
    ret = g_test_run();
    unlink(firmware);
    g_free(firmware);
    return ret;
}
