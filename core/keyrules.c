/*
 * What the storage-key instructions do, as functions of their operands
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/keyrules.h"

#define SPECIFICATION   6

/* PFMF's first operand. */
#define PFMF_RESERVED   0xfffc0101ull
#define PFMF_SK         0x00020000ull
#define PFMF_CF         0x00010000ull
#define PFMF_FSC        0x00007000ull
#define PFMF_FSC_4K     0x00000000ull
#define PFMF_FSC_1M     0x00001000ull
#define PFMF_FSC_2G     0x00002000ull
#define PFMF_NQ         0x00000800ull
#define PFMF_MR         0x00000400ull
#define PFMF_MC         0x00000200ull

unsigned kvm390_sske_m3(unsigned m3, const Kvm390KeyFacilities *fac)
{
    if (!fac->edat1) {
        m3 &= ~KVM390_SSKE_MB;
    }
    if (!fac->conditional_sske) {
        m3 &= ~(KVM390_SSKE_MR | KVM390_SSKE_MC);
    }
    if (!fac->nonquiescing) {
        m3 &= ~KVM390_SSKE_NQ;
    }
    return m3;
}

bool kvm390_sske_changes(uint8_t old, uint8_t new, bool mr, bool mc)
{
    uint8_t compared = KVM390_KEY_ACC | KVM390_KEY_F |
                       (mr ? 0 : KVM390_KEY_R) | (mc ? 0 : KVM390_KEY_C);

    if (!mr && !mc) {
        return true;
    }
    return (old ^ new) & compared;
}

unsigned kvm390_rc_condition(uint8_t old)
{
    return (old & (KVM390_KEY_R | KVM390_KEY_C)) >> 1;
}

int kvm390_pfmf_decode(uint64_t r1, const Kvm390KeyFacilities *fac,
                       bool amode24, Kvm390Pfmf *pfmf)
{
    if ((r1 & PFMF_RESERVED) || ((r1 & PFMF_NQ) && !fac->nonquiescing)) {
        return SPECIFICATION;
    }
    switch (r1 & PFMF_FSC) {
    case PFMF_FSC_4K:
        pfmf->frame_size = KVM390_PAGE_SIZE;
        break;
    case PFMF_FSC_1M:
        pfmf->frame_size = KVM390_SEGMENT_SIZE;
        break;
    case PFMF_FSC_2G:
        if (!fac->edat2 || amode24) {
            return SPECIFICATION;
        }
        pfmf->frame_size = KVM390_REGION3_SIZE;
        break;
    default:
        return SPECIFICATION;
    }
    pfmf->clear = r1 & PFMF_CF;
    pfmf->set_key = r1 & PFMF_SK;
    pfmf->mr = pfmf->set_key && fac->conditional_sske && (r1 & PFMF_MR);
    pfmf->mc = pfmf->set_key && fac->conditional_sske && (r1 & PFMF_MC);
    pfmf->key = r1 & KVM390_KEY_BITS;
    return 0;
}
