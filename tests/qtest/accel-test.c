/*
 * The accelerator from outside: the option, its properties, the monitor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "tests/qtest/libqtest.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"

/* A machine that has CPUs but runs nothing: -S, and no firmware is needed. */
#define MACHINE "-machine none -S "

static QDict *info(QTestState *qts)
{
    return qtest_qmp_assert_success_ref(qts, "{'execute': 'query-kvm390'}");
}

static void test_query(void)
{
    QTestState *qts = qtest_init("-accel kvm390 " MACHINE);
    g_autoptr(QDict) i = info(qts);

    g_assert_true(g_str_has_prefix(qdict_get_str(i, "version"), "0."));
    g_assert_true(qdict_get_bool(i, "skeys"));
    g_assert_true(qdict_get_bool(i, "cmma"));
    g_assert_false(qlist_empty(qdict_get_qlist(i, "counters")));
    qtest_quit(qts);
}

static void test_properties(gconstpointer data)
{
    const char *which = data;
    g_autofree char *args = g_strdup_printf("-accel kvm390,%s=off " MACHINE,
                                            which);
    QTestState *qts = qtest_init(args);
    g_autoptr(QDict) i = info(qts);

    g_assert_cmpint(qdict_get_bool(i, "skeys"), ==,
                    strcmp(which, "skeys") != 0);
    g_assert_cmpint(qdict_get_bool(i, "cmma"), ==, strcmp(which, "cmma") != 0);
    qtest_quit(qts);
}

/* TCG's own properties are inherited: a QEMU that took them answers. */
static void test_tcg_properties(void)
{
    QTestState *qts = qtest_init("-accel kvm390,thread=single,tb-size=32,"
                                 "one-insn-per-tb=on,split-wx=off " MACHINE);
    g_autoptr(QDict) i = info(qts);
    g_autoptr(QDict) types = NULL;
    g_autoptr(GString) json = NULL;

    g_assert_nonnull(i);
    types = qtest_qmp(qts, "{'execute': 'qom-list-types', 'arguments':"
                     " {'implements': 'tcg-accel'}}");
    json = qobject_to_json(QOBJECT(types));
    g_assert_nonnull(strstr(json->str, "kvm390-accel"));
    qtest_quit(qts);
}

/* Run QEMU with @args and the monitor's commands @input; returns its output. */
static char *monitor_output(const char *args, const char *input)
{
    g_autofree char *command = g_strdup_printf(
        "printf '%s\\nquit\\n' | %s %s -display none -monitor stdio", input,
        g_getenv("QTEST_QEMU_BINARY"), args);
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    char *out = NULL;
    GError *err = NULL;

    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                 NULL, &out, NULL, NULL, &err);
    g_assert_no_error(err);
    return out;
}

/* The machine property selects it as the option does. */
static void test_machine_property(void)
{
    g_autofree char *out = monitor_output(
        "-machine none,accel=kvm390:tcg", "info kvm390");

    g_assert_nonnull(strstr(out, "properties: skeys=on cmma=on"));
}

static void test_help(void)
{
    g_autofree char *list = monitor_output("-accel help", "");
    g_autofree char *props = monitor_output("-accel kvm390,help", "");

    g_assert_nonnull(strstr(list, "kvm390\n"));
    g_assert_nonnull(strstr(props, "skeys=<bool>"));
    g_assert_nonnull(strstr(props, "cmma=<bool>"));
    g_assert_nonnull(strstr(props, "thread=<string>"));
}

static void test_other_accelerator(void)
{
    QTestState *qts = qtest_init("-accel tcg " MACHINE);
    g_autoptr(QDict) r = qtest_qmp(qts, "{'execute': 'query-kvm390'}");
    QDict *error = qdict_get_qdict(r, "error");

    g_assert_nonnull(error);
    g_assert_nonnull(strstr(qdict_get_str(error, "desc"), "-accel kvm390"));
    qtest_quit(qts);
}

static void test_capabilities(void)
{
    QTestState *qts = qtest_init("-accel kvm390 " MACHINE);
    g_autoptr(QDict) i = info(qts);
    const QListEntry *e;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(i, "capabilities"), e) {
        QDict *cap = qobject_to(QDict, qlist_entry_obj(e));

        g_assert_true(g_str_has_prefix(qdict_get_str(cap, "name"),
                                       "KVM_CAP_"));
        g_assert_cmpint(qdict_get_int(cap, "number"), >, 0);
        g_assert_cmpint(qdict_get_int(cap, "value"), >=, 0);
    }
    qtest_quit(qts);
}

static void test_hmp(void)
{
    QTestState *qts = qtest_init("-accel kvm390 " MACHINE);
    g_autofree char *out = qtest_hmp(qts, "info kvm390");

    g_assert_nonnull(strstr(out, "skeys=on"));
    g_assert_nonnull(strstr(out, "KVM_CAP_MAX_VCPUS"));
    qtest_quit(qts);

    qts = qtest_init("-accel tcg " MACHINE);
    g_free(out);
    out = qtest_hmp(qts, "info kvm390");
    g_assert_nonnull(strstr(out, "Error"));
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("kvm390/query", test_query);
    qtest_add_data_func("kvm390/property/skeys", "skeys", test_properties);
    qtest_add_data_func("kvm390/property/cmma", "cmma", test_properties);
    qtest_add_func("kvm390/property/tcg", test_tcg_properties);
    qtest_add_func("kvm390/property/machine", test_machine_property);
    qtest_add_func("kvm390/help", test_help);
    qtest_add_func("kvm390/other-accelerator", test_other_accelerator);
    qtest_add_func("kvm390/capabilities", test_capabilities);
    qtest_add_func("kvm390/hmp", test_hmp);
    return g_test_run();
}
