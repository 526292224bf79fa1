/*
 * A line for each ioctl, in the manner of strace, or a summary of them
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kvm390_tracing kvm390_tracing;

__attribute__((constructor)) static void trace_init(void)
{
    const char *value = getenv("KVM390_TRACE");

    kvm390_tracing = !value || !*value || !strcmp(value, "0") ?
                     KVM390_TRACE_NONE : !strcmp(value, "summary") ?
                     KVM390_TRACE_SUMMARY : KVM390_TRACE_LINES;
}

static uint64_t field_value(const uint8_t *p, size_t size)
{
    uint64_t d;
    uint32_t w;
    uint16_t h;

    switch (size) {
    case 8:
        memcpy(&d, p, 8);
        return d;
    case 4:
        memcpy(&w, p, 4);
        return w;
    case 2:
        memcpy(&h, p, 2);
        return h;
    default:
        return *p;
    }
}

/* What there is room for of more text, behind what is there. */
__attribute__((format(printf, 3, 4)))
static void append_text(char *out, size_t room, const char *format, ...)
{
    size_t n = strlen(out);
    va_list ap;

    va_start(ap, format);
    vsnprintf(out + n, room - n, format, ap);
    va_end(ap);
}

/* Fields that stand for nothing. */
static bool is_padding(const char *name)
{
    return strstr(name, "pad") || strstr(name, "reserved");
}

static void print_field(char *out, size_t room, const struct kvm390_field *f,
                        const uint8_t *p)
{
    size_t i;

    append_text(out, room, "%s%s=", *out ? " " : "", f->name);
    for (i = 0; i < f->count; i++) {
        append_text(out, room, "%s0x%" PRIx64, i ? "," : "",
                    field_value(p + f->offset + i * f->size, f->size));
    }
}

static void print_struct(char *out, size_t room, const struct kvm390_ioctl *io,
                         const uint8_t *p)
{
    size_t i;

    for (i = 0; i < io->layout->nr_fields; i++) {
        if (!is_padding(io->layout->fields[i].name)) {
            print_field(out, room, &io->layout->fields[i], p);
        }
    }
}

/* A field of struct kvm_run, which is in the caller's byte order. */
static uint64_t run_field(const void *field, size_t size)
{
    uint64_t value = field_value(field, size);

    return kvm390_caller.order == KVM390_HOST_ORDER ? value :
           __builtin_bswap64(value) >> (64 - 8 * size);
}

#define FIELD(f) ((unsigned long long)run_field(&(f), sizeof(f)))

static void print_exit(char *out, size_t room, const struct kvm_run *run)
{
    switch (FIELD(run->exit_reason)) {
    case KVM_EXIT_S390_SIEIC:
        snprintf(out, room, "SIEIC icptcode=%llu ipa=0x%04llx ipb=0x%08llx",
                 FIELD(run->s390_sieic.icptcode), FIELD(run->s390_sieic.ipa),
                 FIELD(run->s390_sieic.ipb));
        break;
    case KVM_EXIT_DEBUG:
        snprintf(out, room, "DEBUG type=%llu addr=0x%llx",
                 FIELD(run->debug.arch.type),
                 FIELD(run->debug.arch.addr));
        break;
    case KVM_EXIT_S390_TSCH:
        snprintf(out, room, "TSCH dequeued=%llu schid=0x%04llx%04llx",
                 FIELD(run->s390_tsch.dequeued),
                 FIELD(run->s390_tsch.subchannel_id),
                 FIELD(run->s390_tsch.subchannel_nr));
        break;
    case KVM_EXIT_S390_STSI:
        snprintf(out, room, "STSI %llu.%llu.%llu addr=0x%llx",
                 FIELD(run->s390_stsi.fc),
                 FIELD(run->s390_stsi.sel1), FIELD(run->s390_stsi.sel2),
                 FIELD(run->s390_stsi.addr));
        break;
    case KVM_EXIT_S390_RESET:
        snprintf(out, room, "RESET flags=0x%llx",
                 FIELD(run->s390_reset_flags));
        break;
    case KVM_EXIT_S390_UCONTROL:
        snprintf(out, room, "UCONTROL trans_exc_code=0x%llx pgm_code=0x%llx",
                 FIELD(run->s390_ucontrol.trans_exc_code),
                 FIELD(run->s390_ucontrol.pgm_code));
        break;
    case KVM_EXIT_INTR:
        snprintf(out, room, "INTR");
        break;
    default:
        snprintf(out, room, "exit_reason=%llu", FIELD(run->exit_reason));
        break;
    }
}

/* The kind of an exit, without what differs from one to the next. */
static void exit_kind(char *out, size_t room, const struct kvm_run *run)
{
    unsigned long long ipa = FIELD(run->s390_sieic.ipa);

    if (FIELD(run->exit_reason) != KVM_EXIT_S390_SIEIC) {
        print_exit(out, room, run);
        out[strcspn(out, " ")] = 0;
    } else if (FIELD(run->s390_sieic.icptcode) == 4) {
        /* The register fields of DIAGNOSE and the like are not the code. */
        snprintf(out, room, ipa >> 8 == 0xb2 || ipa >> 8 == 0xb9 ?
                 "SIEIC instruction %04llx" : "SIEIC instruction %02llx",
                 ipa >> 8 == 0xb2 || ipa >> 8 == 0xb9 ? ipa : ipa >> 8);
    } else {
        snprintf(out, room, "SIEIC icptcode 0x%02llx",
                 FIELD(run->s390_sieic.icptcode));
    }
}

static void trace_count(const struct kvm390_ioctl *io, unsigned long request,
                        int ret, const struct kvm_run *run, uint64_t ns)
{
    bool exited = request == KVM_RUN && run && ret >= 0;
    char kind[160] = "";

    if (exited) {
        exit_kind(kind, sizeof(kind), run);
    }
    kvm390_summary_count(io, ret, ns, exited ? kind : NULL);
}

static void trace_line(const char *object, const struct kvm390_ioctl *io,
                       unsigned long request, uint64_t arg, int ret, int err,
                       const struct kvm_run *run)
{
    char args[1024] = "", result[160] = "";
    uint8_t copy[KVM390_MAX_ARG];

    if (io && io->size && !kvm390_copy_in(copy, arg, io->size)) {
        kvm390_arg_reorder(io, copy, kvm390_caller.order, KVM390_HOST_ORDER);
        print_struct(args, sizeof(args), io, copy);
    } else if (io && io->size) {
        snprintf(args, sizeof(args), "0x%" PRIx64 " (unreadable)", arg);
    } else if (io && io->pass == KVM390_PASS_NUMBER) {
        snprintf(args, sizeof(args), "0x%" PRIx64, arg);
    }
    if (request == KVM_RUN && run && ret >= 0) {
        print_exit(result, sizeof(result), run);
    } else if (ret < 0) {
        snprintf(result, sizeof(result), "%s", strerror(err));
    }
    if (io) {
        fprintf(stderr, "[kvm390] %s %s(%s) = %d%s%s\n", object, io->name,
                args, ret, *result ? " " : "", result);
    } else {
        fprintf(stderr, "[kvm390] %s ioctl 0x%lx = %d %s\n", object, request,
                ret, result);
    }
}

void kvm390_trace(const char *object, const struct kvm390_ioctl *io,
                  unsigned long request, uint64_t arg, int ret, int err,
                  const struct kvm_run *run, uint64_t ns)
{
    if (kvm390_tracing == KVM390_TRACE_SUMMARY) {
        trace_count(io, request, ret, run, ns);
    } else {
        trace_line(object, io, request, arg, ret, err, run);
    }
}
