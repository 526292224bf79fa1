/*
 * The system control area, which the CPUs of a guest share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/sie-sca.h"
#include "kvm390/include/sie.h"

/* Origins are on a boundary of 16 bytes, of an extended area of 64. */
#define BASIC_ORIGIN    0xfffffff0u
#define EXTENDED_ORIGIN 0xffffffc0u

#define ORDER_EXTERNAL_CALL 0x02
#define ORDER_SENSE_RUNNING 0x15

typedef struct Layout {
    unsigned cpus;
    uint32_t mask, entries, entry_size, block;
    uint16_t pending, source;   /* in an entry's control */
} Layout;

static const Layout basic = {
    .cpus = 64, .mask = 0x30, .entries = 0x40, .entry_size = 0x20,
    .block = 8, .pending = 0x0080, .source = 0x003f,
};

static const Layout extended_area = {
    .cpus = 256, .mask = 0x40, .entries = 0x100, .entry_size = 0x40,
    .block = 8, .pending = 0x8000, .source = 0x00ff,
};

static const Layout *layout_of(bool extended)
{
    return extended ? &extended_area : &basic;
}

uint64_t kvm390_sca_origin(uint32_t scaoh, uint32_t scaol, bool extended)
{
    return (uint64_t)scaoh << 32 |
           (scaol & (extended ? EXTENDED_ORIGIN : BASIC_ORIGIN));
}

bool kvm390_sca_entry(unsigned cpu, bool extended, Kvm390ScaEntry *entry)
{
    const Layout *l = layout_of(extended);

    if (cpu >= l->cpus) {
        return false;
    }
    *entry = (Kvm390ScaEntry) {
        .mask = l->mask + cpu / 8,
        .mask_bit = 0x80 >> cpu % 8,
        .control = l->entries + cpu * l->entry_size,
        .block = l->entries + cpu * l->entry_size + l->block,
    };
    return true;
}

bool kvm390_sca_call(uint16_t control, bool extended, unsigned source,
                     uint16_t *called)
{
    const Layout *l = layout_of(extended);

    *called = (control & ~l->source) | l->pending | (source & l->source);
    return !(control & l->pending);
}

int kvm390_sca_caller(uint16_t control, bool extended)
{
    const Layout *l = layout_of(extended);

    return control & l->pending ? control & l->source : -1;
}

enum Kvm390SieSigp kvm390_sie_sigp(uint8_t order, uint32_t eca, uint8_t ecb)
{
    if (!(eca & SIE_ECA_SIGPI)) {
        return KVM390_SIE_SIGP_NONE;
    }
    if (order == ORDER_EXTERNAL_CALL) {
        return KVM390_SIE_SIGP_CALL;
    }
    return order == ORDER_SENSE_RUNNING && ecb & SIE_ECB_SRSI
           ? KVM390_SIE_SIGP_RUNNING : KVM390_SIE_SIGP_NONE;
}
