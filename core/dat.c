/*
 * Dynamic address translation
 *
 * The four upper tables share one layout, so one loop walks them: level 3 is
 * the region-first table, 0 the segment table. An index has 11 bits, of which
 * the upper two are compared with the offset and length of the table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/access.h"
#include "kvm390/include/dat.h"
#include "kvm390/include/pgm.h"

#define ENTRY_ORIGIN        0xfffffffffffff000ULL
#define ENTRY_FORMAT        0x400   /* FC: a frame, no table */
#define ENTRY_PROTECT       0x200
#define ENTRY_FRAME_AV      0x10000 /* where ENTRY_FORMAT is in effect: */
#define ENTRY_FRAME_KEY(e)  (((e) >> 8) & (KVM390_KEY_ACC | KVM390_KEY_F))
#define ENTRY_BIT55         0x100   /* there, and in a page-table entry */
#define ENTRY_INVALID       0x020
#define ENTRY_COMMON        0x010   /* common region or segment */
#define ENTRY_OFFSET(e)     (((e) >> 6) & 3)
#define ENTRY_TYPE(e)       (((e) >> 2) & 3)
#define ENTRY_LENGTH(e)     ((e) & 3)
#define SEGMENT_PTO         0xfffffffffffff800ULL

#define PAGE_INVALID        0x400
#define PAGE_PROTECT        0x200
#define PAGE_ZERO           0x800

enum { SEGMENT = 0, REGION3 = 1, REGION1 = 3 };

/* Translation exception of each level. */
static const uint8_t level_exception[] = {
    KVM390_PGM_SEGMENT_TRANSLATION,
    KVM390_PGM_REGION_THIRD_TRANS,
    KVM390_PGM_REGION_SECOND_TRANS,
    KVM390_PGM_REGION_FIRST_TRANS,
};

static inline unsigned level_shift(unsigned level)
{
    return 20 + 11 * level;
}

/* Does an entry of @level designate a frame? */
static bool is_frame(uint64_t entry, unsigned level,
                     const Kvm390DatFeatures *features)
{
    if (!(entry & ENTRY_FORMAT)) {
        return false;
    }
    return (level == SEGMENT && features->edat1) ||
           (level == REGION3 && features->edat2);
}

/* Is an entry's common bit set that must not be, in a private space? */
static bool bad_common(uint64_t entry, unsigned level, uint64_t asce,
                       const Kvm390DatFeatures *features)
{
    if (!(entry & ENTRY_COMMON) || !(asce & KVM390_ASCE_PRIVATE)) {
        return false;
    }
    return level == SEGMENT || (level == REGION3 && features->edat2);
}

/* What instruction-execution protection or change override say of a frame. */
static void note_bit55(uint64_t entry, const Kvm390DatFeatures *features,
                       Kvm390DatFrame *frame)
{
    if (entry & ENTRY_BIT55) {
        frame->exec_protect = features->iep;
        frame->change_override = features->change_override;
    }
}

static int walk_page(uint64_t va, uint64_t pto,
                     const Kvm390DatFeatures *features,
                     Kvm390Fetch8 fetch, void *opaque, Kvm390DatFrame *frame)
{
    uint64_t pte;
    int rc;

    frame->entry = pto + ((va >> 12) & 0xff) * 8;
    rc = fetch(opaque, frame->entry, &pte);
    if (rc) {
        return rc;
    }
    if (pte & PAGE_INVALID) {
        return KVM390_PGM_PAGE_TRANSLATION;
    }
    if (pte & PAGE_ZERO) {
        return KVM390_PGM_TRANSLATION_SPEC;
    }
    frame->addr = (pte & ~0xfffULL) | (va & 0xfff);
    frame->protect |= (pte & PAGE_PROTECT) != 0;
    note_bit55(pte, features, frame);
    return 0;
}

/* @entry of @level designates a frame: it ends the walk. */
static void large_frame(uint64_t va, uint64_t entry, unsigned level,
                        const Kvm390DatFeatures *features,
                        Kvm390DatFrame *frame)
{
    uint64_t in_frame = (1ULL << level_shift(level)) - 1;

    frame->addr = (entry & ~in_frame) | (va & in_frame);
    frame->absolute = true;
    frame->key_valid = entry & ENTRY_FRAME_AV;
    frame->key = ENTRY_FRAME_KEY(entry);
    note_bit55(entry, features, frame);
}

int kvm390_dat_walk(uint64_t va, uint64_t asce,
                    const Kvm390DatFeatures *features,
                    Kvm390Fetch8 fetch, void *opaque,
                    Kvm390DatFrame *frame)
{
    unsigned level = ENTRY_TYPE(asce);
    uint64_t table = asce & KVM390_ASCE_ORIGIN;
    unsigned first = 0, last = asce & KVM390_ASCE_LENGTH;
    int rc;

    *frame = (Kvm390DatFrame) { .entry = KVM390_DAT_NO_ENTRY };
    if (asce & KVM390_ASCE_REAL_SPACE) {
        frame->addr = va;
        return 0;
    }
    if (level < REGION1 && va >> level_shift(level + 1)) {
        return KVM390_PGM_ASCE_TYPE;
    }

    for (;; level--) {
        unsigned index = (va >> level_shift(level)) & 0x7ff;
        uint64_t entry;

        frame->entry = KVM390_DAT_NO_ENTRY;
        if (index >> 9 < first || index >> 9 > last) {
            return level_exception[level];
        }
        frame->entry = table + index * 8;
        rc = fetch(opaque, frame->entry, &entry);
        if (rc) {
            return rc;
        }
        if (entry & ENTRY_INVALID) {
            return level_exception[level];
        }
        if (ENTRY_TYPE(entry) != level ||
            bad_common(entry, level, asce, features)) {
            return KVM390_PGM_TRANSLATION_SPEC;
        }
        /* the bit is DAT protection in a region entry only with EDAT-1 */
        if ((entry & ENTRY_PROTECT) && (level == SEGMENT || features->edat1)) {
            frame->protect = true;
        }
        if (is_frame(entry, level, features)) {
            large_frame(va, entry, level, features, frame);
            return 0;
        }
        if (level == SEGMENT) {
            return walk_page(va, entry & SEGMENT_PTO, features, fetch, opaque,
                             frame);
        }
        table = entry & ENTRY_ORIGIN;
        first = ENTRY_OFFSET(entry);
        last = ENTRY_LENGTH(entry);
    }
}

/* What is left of R1 where only its right half is replaced. */
static uint64_t left_half(uint64_t r1)
{
    return r1 & ~0xffffffffULL;
}

int kvm390_lra_result(int code, const Kvm390DatFrame *frame, bool narrow,
                      uint64_t *r1)
{
    bool invalid = (code == KVM390_PGM_SEGMENT_TRANSLATION ||
                    code == KVM390_PGM_PAGE_TRANSLATION) &&
                   frame->entry != KVM390_DAT_NO_ENTRY;
    uint64_t value = code ? frame->entry : frame->addr;

    if (code && (!invalid || (narrow && value >> 31))) {
        *r1 = left_half(*r1) | 0x80000000u | (unsigned)code;
        return 3;
    }
    if (narrow && value >> 31) {
        return -KVM390_PGM_SPECIAL_OPERATION;
    }
    *r1 = narrow ? left_half(*r1) | value : value;
    return code == KVM390_PGM_SEGMENT_TRANSLATION ? 1
           : code == KVM390_PGM_PAGE_TRANSLATION ? 2 : 0;
}
