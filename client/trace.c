/*
 * A line for each ioctl, in the manner of strace
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool kvm390_tracing;

__attribute__((constructor)) static void trace_init(void)
{
    const char *value = getenv("KVM390_TRACE");

    kvm390_tracing = value && *value && strcmp(value, "0");
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
static void add(char *out, size_t room, const char *format, ...)
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

    add(out, room, "%s%s=", *out ? " " : "", f->name);
    for (i = 0; i < f->count; i++) {
        add(out, room, "%s0x%" PRIx64, i ? "," : "",
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

static void print_exit(char *out, size_t room, const struct kvm_run *run)
{
    switch (run->exit_reason) {
    case KVM_EXIT_S390_SIEIC:
        snprintf(out, room, "SIEIC icptcode=%u ipa=0x%04x ipb=0x%08x",
                 run->s390_sieic.icptcode, run->s390_sieic.ipa,
                 run->s390_sieic.ipb);
        break;
    case KVM_EXIT_DEBUG:
        snprintf(out, room, "DEBUG type=%u addr=0x%llx",
                 run->debug.arch.type,
                 (unsigned long long)run->debug.arch.addr);
        break;
    case KVM_EXIT_S390_TSCH:
        snprintf(out, room, "TSCH dequeued=%u schid=0x%04x%04x",
                 run->s390_tsch.dequeued, run->s390_tsch.subchannel_id,
                 run->s390_tsch.subchannel_nr);
        break;
    case KVM_EXIT_S390_STSI:
        snprintf(out, room, "STSI %u.%u.%u addr=0x%llx", run->s390_stsi.fc,
                 run->s390_stsi.sel1, run->s390_stsi.sel2,
                 (unsigned long long)run->s390_stsi.addr);
        break;
    case KVM_EXIT_S390_RESET:
        snprintf(out, room, "RESET flags=0x%llx",
                 (unsigned long long)run->s390_reset_flags);
        break;
    case KVM_EXIT_S390_UCONTROL:
        snprintf(out, room, "UCONTROL trans_exc_code=0x%llx pgm_code=0x%x",
                 (unsigned long long)run->s390_ucontrol.trans_exc_code,
                 run->s390_ucontrol.pgm_code);
        break;
    case KVM_EXIT_INTR:
        snprintf(out, room, "INTR");
        break;
    default:
        snprintf(out, room, "exit_reason=%u", run->exit_reason);
        break;
    }
}

void kvm390_trace(const char *object, const struct kvm390_ioctl *io,
                  unsigned long request, void *arg, int ret, int err,
                  const struct kvm_run *run)
{
    char args[1024] = "", result[160] = "";

    if (io && io->size && kvm390_readable(arg, io->size)) {
        print_struct(args, sizeof(args), io, arg);
    } else if (io && io->size) {
        snprintf(args, sizeof(args), "%p (unreadable)", arg);
    } else if (io && io->pass == KVM390_PASS_NUMBER) {
        snprintf(args, sizeof(args), "0x%" PRIxPTR, (uintptr_t)arg);
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
