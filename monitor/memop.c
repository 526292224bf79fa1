/*
 * The monitor's way to memory operations: kvm390-memop and kvm390_memop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-kvm390-target.h"
#include "qobject/qdict.h"
#include "qemu/base64.h"
#include "qemu/cutils.h"
#include "system/replay.h"
#include "hw/core/cpu.h"
#include "cpu.h"
#include "monitor/hmp.h"
#include "monitor/monitor.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/guest-access.h"
#include "kvm390/include/hmp.h"

/* A vCPU's operation, to be carried to its thread. */
typedef struct VcpuOp {
    Kvm390Memop *op;
    Kvm390Pgm pgm;
    int rc;
} VcpuOp;

/* @cpu's own thread: its registers are settled, and it does nothing else. */
static void do_vcpu_op(CPUState *cs, run_on_cpu_data data)
{
    VcpuOp *v = data.host_ptr;

    v->rc = kvm390_memop_vcpu(S390_CPU(cs), v->op, &v->pgm);
    if (v->rc > 0 && (v->op->flags & KVM390_MEMOP_F_INJECT_EXCEPTION)) {
        /* the vCPU has not exited on an instruction */
        v->pgm.ilc = 0;
        kvm390_pgm_inject(S390_CPU(cs), &v->pgm);
    }
}

/* Decode base64 of at least @size bytes; NULL and an error if it is not. */
static uint8_t *decode_data(const char *what, const char *base64, uint32_t size,
                            Error **errp)
{
    g_autofree uint8_t *bytes = NULL;
    size_t len;

    if (!base64) {
        error_setg(errp, "'%s' is missing", what);
        return NULL;
    }
    bytes = qbase64_decode(base64, -1, &len, errp);
    if (!bytes) {
        return NULL;
    }
    if (len < size) {
        error_setg(errp, "'%s' has %zu bytes, but size is %" PRIu32,
                   what, len, size);
        return NULL;
    }
    return g_steal_pointer(&bytes);
}

static bool is_read(uint32_t op)
{
    return op == KVM390_MEMOP_LOGICAL_READ || op == KVM390_MEMOP_ABSOLUTE_READ;
}

static bool is_write(uint32_t op)
{
    return op == KVM390_MEMOP_LOGICAL_WRITE ||
           op == KVM390_MEMOP_ABSOLUTE_WRITE ||
           op == KVM390_MEMOP_ABSOLUTE_CMPXCHG;
}

/*
 * The buffers. A size beyond what any operation takes gets none: it is refused
 * before a buffer is looked at.
 */
static bool get_buffers(Kvm390Memop *op, const char *data, const char *old,
                        Error **errp)
{
    bool check = op->flags & KVM390_MEMOP_F_CHECK_ONLY;

    if (op->size > KVM390_MEMOP_MAX_SIZE || check) {
        return true;
    }
    if (is_read(op->op)) {
        op->buf = g_malloc0(op->size);
    } else if (is_write(op->op)) {
        op->buf = decode_data("data", data, op->size, errp);
        if (!op->buf) {
            return false;
        }
    }
    if (op->op == KVM390_MEMOP_ABSOLUTE_CMPXCHG) {
        op->old = decode_data("old", old, op->size, errp);
        return op->old;
    }
    return true;
}

static const char *errno_name(int err)
{
    switch (err) {
    case EINVAL:
        return "EINVAL";
    case E2BIG:
        return "E2BIG";
    case EFAULT:
        return "EFAULT";
    default:
        return "unknown";
    }
}

static Kvm390MemopResult *make_result(const Kvm390Memop *op, int rc,
                                      const Kvm390Pgm *pgm, bool exchanged)
{
    Kvm390MemopResult *r = g_new0(Kvm390MemopResult, 1);
    bool cmpxchg = op->op == KVM390_MEMOP_ABSOLUTE_CMPXCHG;

    if (rc < 0) {
        r->error = g_new0(Kvm390MemopError, 1);
        r->error->q_errno = -rc;
        r->error->name = g_strdup(errno_name(-rc));
    } else if (rc > 0) {
        r->exception = g_new0(Kvm390MemopException, 1);
        r->exception->code = rc;
        r->exception->name = g_strdup(kvm390_pgm_name(rc));
        r->exception->teid = pgm->teid;
        r->exception->access_id = pgm->access_id;
    } else if (is_read(op->op) && op->buf) {
        r->data = g_base64_encode(op->buf, op->size);
    }
    if (cmpxchg && rc >= 0) {
        r->has_exchanged = true;
        r->exchanged = exchanged;
        r->old = g_base64_encode(op->old, op->size);
    }
    return r;
}

/* Would the operation, or the exception it injects, change the guest? */
static bool changes_guest(const Kvm390Memop *op)
{
    return (is_write(op->op) && !(op->flags & KVM390_MEMOP_F_CHECK_ONLY)) ||
           (op->flags & KVM390_MEMOP_F_INJECT_EXCEPTION);
}

static bool run_op(Kvm390Memop *op, bool has_cpu_index, int64_t cpu_index,
                   int *rc, Kvm390Pgm *pgm, bool *exchanged, Error **errp)
{
    VcpuOp v = { .op = op };
    CPUState *cs;

    if (!has_cpu_index) {
        *rc = kvm390_memop_vm(op, exchanged);
        return true;
    }
    cs = cpu_index >= 0 && cpu_index <= INT_MAX ? qemu_get_cpu(cpu_index)
                                                : NULL;
    if (!cs) {
        error_setg(errp, "there is no vCPU %" PRId64, cpu_index);
        return false;
    }
    run_on_cpu(cs, do_vcpu_op, RUN_ON_CPU_HOST_PTR(&v));
    *rc = v.rc;
    *pgm = v.pgm;
    return true;
}

Kvm390MemopResult *qmp_kvm390_memop(Kvm390MemopOp op_name, uint64_t address,
                                    bool has_cpu_index, int64_t cpu_index,
                                    bool has_size, uint32_t size,
                                    const char *data, const char *old,
                                    bool has_ar, uint8_t ar,
                                    bool has_key, uint8_t key,
                                    bool has_flags,
                                    Kvm390MemopFlagList *flags, Error **errp)
{
    ERRP_GUARD();
    Kvm390Memop op = {
        .op = op_name,      /* the enumeration has KVM's order */
        .gaddr = address,
        .size = size,
        .ar = ar,
        .key = key,
    };
    Kvm390MemopResult *result = NULL;
    Kvm390Pgm pgm = { };
    bool exchanged = false;
    int rc;

    if (!kvm390_enabled()) {
        error_setg(errp, "this machine does not run under -accel kvm390");
        return NULL;
    }
    for (; flags; flags = flags->next) {
        op.flags |= 1ULL << flags->value;   /* so has this one */
    }
    if (!has_size) {
        size_t len = 0;

        g_free(data ? qbase64_decode(data, -1, &len, errp) : NULL);
        if (*errp) {
            return NULL;
        }
        op.size = MIN(len, UINT32_MAX);
    }
    if (replay_mode != REPLAY_MODE_NONE && changes_guest(&op)) {
        error_setg(errp, "record/replay does not see this change");
        return NULL;
    }
    if (get_buffers(&op, data, old, errp) &&
        run_op(&op, has_cpu_index, cpu_index, &rc, &pgm, &exchanged, errp)) {
        result = make_result(&op, rc, &pgm, exchanged);
    }
    g_free(op.buf);
    g_free(op.old);
    return result;
}

/* Hexadecimal digits, two a byte, to base64; NULL if they are not. */
static char *hex_to_base64(const char *hex)
{
    size_t len = strlen(hex) / 2;
    g_autofree uint8_t *bytes = g_malloc(len + 1);

    if (strlen(hex) % 2 || len == 0) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = g_ascii_xdigit_value(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            return NULL;
        }
        bytes[i] = high << 4 | low;
    }
    return g_base64_encode(bytes, len);
}

static void print_base64(Monitor *mon, uint64_t address, const char *base64)
{
    gsize len;
    g_autofree uint8_t *bytes = g_base64_decode(base64, &len);
    g_autoptr(GString) line = g_string_new(NULL);

    for (gsize i = 0; i < len; i += 16) {
        g_string_truncate(line, 0);
        qemu_hexdump_line(line, bytes + i, MIN(len - i, 16), 1, 4);
        monitor_printf(mon, "%016" PRIx64 ": %s\n", address + i, line->str);
    }
}

static void print_result(Monitor *mon, uint64_t address,
                         const Kvm390MemopResult *r)
{
    if (r->error) {
        monitor_printf(mon, "refused: %s\n", r->error->name);
    } else if (r->exception) {
        monitor_printf(mon, "program interruption 0x%02x (%s)",
                       r->exception->code, r->exception->name);
        if (r->exception->teid) {
            monitor_printf(mon, ", TEID %016" PRIx64, r->exception->teid);
        }
        monitor_printf(mon, "\n");
    } else if (r->data) {
        print_base64(mon, address, r->data);
    } else if (r->has_exchanged) {
        monitor_printf(mon, r->exchanged ? "exchanged\n"
                                         : "not exchanged, found:\n");
        if (!r->exchanged) {
            print_base64(mon, address, r->old);
        }
    } else {
        monitor_printf(mon, "done\n");
    }
}

/* The words behind the operands: cpu=N key=N ar=N old=BYTES check inject */
typedef struct HmpOptions {
    bool has_cpu, has_key, has_ar;
    uint64_t cpu, key, ar;
    char *old;
    bool check, inject;
} HmpOptions;

static bool parse_word(const char *word, HmpOptions *o)
{
    const struct {
        const char *prefix;
        bool *given;
        uint64_t *value;
        uint64_t max;
    } numbers[] = {
        { "cpu=", &o->has_cpu, &o->cpu, INT_MAX },
        { "key=", &o->has_key, &o->key, UINT8_MAX },
        { "ar=", &o->has_ar, &o->ar, UINT8_MAX },
    };
    const char *rest;

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (strstart(word, numbers[i].prefix, &rest)) {
            *numbers[i].given = true;
            return qemu_strtou64(rest, NULL, 0, numbers[i].value) == 0 &&
                   *numbers[i].value <= numbers[i].max;
        }
    }
    if (strstart(word, "old=", &rest)) {
        g_free(o->old);
        o->old = hex_to_base64(rest);
        return o->old;
    }
    o->check |= g_str_equal(word, "check");
    o->inject |= g_str_equal(word, "inject");
    return g_str_equal(word, "check") || g_str_equal(word, "inject");
}

static bool parse_options(const char *text, HmpOptions *o, Error **errp)
{
    g_auto(GStrv) words = g_strsplit_set(text ?: "", " \t", -1);

    for (char **word = words; *word; word++) {
        if (**word && !parse_word(*word, o)) {
            error_setg(errp, "bad option '%s'", *word);
            return false;
        }
    }
    return true;
}

static Kvm390MemopResult *run_hmp(const char *op_name, uint64_t address,
                                  const char *arg, const HmpOptions *o,
                                  Error **errp)
{
    g_autoptr(Kvm390MemopFlagList) flags = NULL;
    g_autofree char *data = NULL;
    uint64_t size = 0;
    bool has_size;
    int op = qapi_enum_parse(&Kvm390MemopOp_lookup, op_name, -1, errp);

    if (op < 0) {
        return NULL;
    }
    /* reads and checks take a size, the others take bytes */
    has_size = o->check || !is_write(op);
    if (has_size) {
        if (qemu_strtou64(arg, NULL, 0, &size) < 0 || size > UINT32_MAX) {
            error_setg(errp, "bad size '%s'", arg);
            return NULL;
        }
    } else {
        data = hex_to_base64(arg);
        if (!data) {
            error_setg(errp, "bytes are pairs of hexadecimal digits");
            return NULL;
        }
    }
    if (o->check) {
        QAPI_LIST_PREPEND(flags, KVM390_MEMOP_FLAG_CHECK_ONLY);
    }
    if (o->inject) {
        QAPI_LIST_PREPEND(flags, KVM390_MEMOP_FLAG_INJECT_EXCEPTION);
    }
    if (o->has_key) {
        QAPI_LIST_PREPEND(flags, KVM390_MEMOP_FLAG_SKEY_PROTECTION);
    }
    return qmp_kvm390_memop(op, address, o->has_cpu, o->cpu, has_size, size,
                            data, o->old, o->has_ar, o->ar, o->has_key, o->key,
                            flags, flags, errp);
}

void hmp_kvm390_memop(Monitor *mon, const QDict *qdict)
{
    uint64_t address = qdict_get_int(qdict, "address");
    g_autoptr(Kvm390MemopResult) result = NULL;
    HmpOptions options = { };
    Error *err = NULL;

    if (parse_options(qdict_get_try_str(qdict, "options"), &options, &err)) {
        result = run_hmp(qdict_get_str(qdict, "op"), address,
                         qdict_get_str(qdict, "arg"), &options, &err);
    }
    g_free(options.old);
    if (!hmp_handle_error(mon, err)) {
        print_result(mon, address, result);
    }
}
