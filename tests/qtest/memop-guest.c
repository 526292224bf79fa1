/*
 * The guest of the tests of memory operations
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "memop-guest.h"

QTestState *qts;
uint64_t command_number;

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

Outcome memop_(const Op *op)
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

int result_(const Op *op)
{
    g_auto(Outcome) o = memop_(op);

    return o.error ? -o.error : o.code;
}

void write_absolute(uint64_t addr, const void *data, uint32_t size)
{
    g_assert_cmpint(result("absolute-write", addr, size, data), ==, 0);
}

void read_absolute(uint64_t addr, void *data, uint32_t size)
{
    g_auto(Outcome) o = memop("absolute-read", addr, size);

    g_assert_nonnull(o.bytes);
    memcpy(data, o.bytes, size);
}

void put8(uint64_t addr, uint64_t value)
{
    value = cpu_to_be64(value);
    write_absolute(addr, &value, 8);
}

uint64_t get8(uint64_t addr)
{
    uint64_t value;

    read_absolute(addr, &value, 8);
    return be64_to_cpu(value);
}

void wait_for(uint64_t addr, uint64_t value)
{
    gint64 end = g_get_monotonic_time() + 100 * G_USEC_PER_SEC;

    while (get8(addr) != value) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(500);
    }
}

void fill(uint64_t addr, uint8_t byte, uint32_t size)
{
    g_autofree uint8_t *data = g_malloc(size);

    memset(data, byte, size);
    write_absolute(addr, data, size);
}

bool holds(uint64_t addr, uint8_t byte, uint32_t size)
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

void launch(const char *options)
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

void start(const char *options)
{
    launch(options);
    command_number = 0;
    wait_for(MAILBOX + MB_READY, READY);
}

void stop(void)
{
    qtest_quit(qts);
}

void begin(uint64_t command)
{
    put8(MAILBOX + MB_RELEASE, 0);
    put8(MAILBOX + MB_COMMAND, command);
    put8(MAILBOX + MB_NUMBER, ++command_number);
}

uint64_t finish(void)
{
    put8(MAILBOX + MB_RELEASE, 1);
    wait_for(MAILBOX + MB_DONE, command_number);
    return get8(MAILBOX + MB_RESULT);
}

uint64_t ask(uint64_t command, uint64_t arg0, uint64_t arg1)
{
    put8(MAILBOX + MB_ARG, arg0);
    put8(MAILBOX + MB_ARG + 8, arg1);
    begin(command);
    wait_for(MAILBOX + MB_DONE, command_number);
    return get8(MAILBOX + MB_RESULT);
}

void set_key(uint64_t addr, uint8_t key)
{
    ask(SET_KEY, addr, key);
}

uint8_t get_key(uint64_t addr)
{
    return ask(GET_KEY, addr, 0);
}

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

void make_spaces(void)
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

void enter(uint64_t psw_mask)
{
    put8(MAILBOX + MB_PSW_MASK, psw_mask);
    begin(RUN_UNDER);
    wait_for(MAILBOX + MB_UNDER, command_number);
}
