/*
 * Dynamic address translation and access-register translation.
 *
 * The four upper tables share one layout, so one loop walks them: level 3 is
 * the region-first table, 0 the segment table. An index has 11 bits, of which
 * the upper two are compared with the offset and length of the table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/dat.h"
#include "kvm390/include/pgm.h"

#define ENTRY_ORIGIN        0xfffffffffffff000ULL
#define ENTRY_FORMAT        0x400   /* FC: a frame, no table */
#define ENTRY_PROTECT       0x200
#define ENTRY_FRAME_IEP     0x100   /* where ENTRY_FORMAT is in effect */
#define ENTRY_INVALID       0x020
#define ENTRY_COMMON        0x010   /* common region or segment */
#define ENTRY_OFFSET(e)     (((e) >> 6) & 3)
#define ENTRY_TYPE(e)       (((e) >> 2) & 3)
#define ENTRY_LENGTH(e)     ((e) & 3)
#define SEGMENT_PTO         0xfffffffffffff800ULL

#define PAGE_INVALID        0x400
#define PAGE_PROTECT        0x200
#define PAGE_IEP            0x100
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

static int walk_page(uint64_t va, uint64_t pto, bool protect,
                     Kvm390Fetch8 fetch, void *opaque,
                     Kvm390DatFrame *frame)
{
    uint64_t pte;

    if (!fetch(opaque, pto + ((va >> 12) & 0xff) * 8, &pte)) {
        return KVM390_PGM_ADDRESSING;
    }
    if (pte & PAGE_INVALID) {
        return KVM390_PGM_PAGE_TRANSLATION;
    }
    if (pte & PAGE_ZERO) {
        return KVM390_PGM_TRANSLATION_SPEC;
    }
    *frame = (Kvm390DatFrame) {
        .addr = (pte & ~0xfffULL) | (va & 0xfff),
        .protect = protect || (pte & PAGE_PROTECT),
        .exec_protect = pte & PAGE_IEP,
    };
    return 0;
}

int kvm390_dat_walk(uint64_t va, uint64_t asce,
                    const Kvm390DatFeatures *features,
                    Kvm390Fetch8 fetch, void *opaque,
                    Kvm390DatFrame *frame)
{
    unsigned level = ENTRY_TYPE(asce);
    uint64_t table = asce & KVM390_ASCE_ORIGIN;
    unsigned first = 0, last = asce & KVM390_ASCE_LENGTH;
    bool protect = false;

    if (asce & KVM390_ASCE_REAL_SPACE) {
        *frame = (Kvm390DatFrame) { .addr = va };
        return 0;
    }
    if (level < REGION1 && va >> level_shift(level + 1)) {
        return KVM390_PGM_ASCE_TYPE;
    }

    for (;; level--) {
        unsigned index = (va >> level_shift(level)) & 0x7ff;
        uint64_t entry;

        if (index >> 9 < first || index >> 9 > last) {
            return level_exception[level];
        }
        if (!fetch(opaque, table + index * 8, &entry)) {
            return KVM390_PGM_ADDRESSING;
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
            protect = true;
        }
        if (is_frame(entry, level, features)) {
            uint64_t in_frame = (1ULL << level_shift(level)) - 1;

            *frame = (Kvm390DatFrame) {
                .addr = (entry & ~in_frame) | (va & in_frame),
                .absolute = true,
                .protect = protect,
                .exec_protect = entry & ENTRY_FRAME_IEP,
            };
            return 0;
        }
        if (level == SEGMENT) {
            return walk_page(va, entry & SEGMENT_PTO, protect,
                             fetch, opaque, frame);
        }
        table = entry & ENTRY_ORIGIN;
        first = ENTRY_OFFSET(entry);
        last = ENTRY_LENGTH(entry);
    }
}

/* Access-list-entry token */
#define ALET_RESERVED       0xfe000000u
#define ALET_PRIMARY_LIST   0x01000000u
#define ALET_ALESN(a)       (((a) >> 16) & 0xff)
#define ALET_ALEN(a)        ((a) & 0xffff)

/* Access-list entry, first doubleword */
#define ALE_INVALID         (1ULL << 63)
#define ALE_FETCH_ONLY      (1ULL << 57)
#define ALE_PRIVATE         (1ULL << 56)
#define ALE_ALESN(e)        (((e) >> 48) & 0xff)
#define ALE_ALEAX(e)        (((e) >> 32) & 0xffff)
/* second doubleword */
#define ALE_ASTEO(e)        (((e) >> 32) & 0x7fffffc0)
#define ALE_ASTESN(e)       ((uint32_t)(e))

/* ASN-second-table entry, first doubleword */
#define ASTE_INVALID        (1ULL << 63)
#define ASTE_ATO(e)         (((e) >> 32) & 0x7ffffffc)
#define ASTE_ATL(e)         (((e) >> 4) & 0xfff)

/*
 * Extended authorization: the secondary-authority bit of the EAX's entry in
 * the authority table. An entry is two bits wide, primary bit first.
 */
static int check_authority(uint64_t aste, uint16_t eax,
                           Kvm390Fetch8 fetch, void *opaque)
{
    uint64_t byte_addr = ASTE_ATO(aste) + eax / 4;
    uint64_t block;
    uint8_t entries;

    if (eax / 16 > ASTE_ATL(aste)) {
        return KVM390_PGM_EXTENDED_AUTHORITY;
    }
    if (!fetch(opaque, byte_addr & ~7ULL, &block)) {
        return KVM390_PGM_ADDRESSING;
    }
    entries = block >> (8 * (7 - byte_addr % 8));
    return entries & (0x40 >> (eax % 4 * 2)) ? 0
                                             : KVM390_PGM_EXTENDED_AUTHORITY;
}

/* The access list's entry for @alet. */
static int find_ale(uint32_t alet, const Kvm390ArtRegs *regs,
                    Kvm390Fetch8 fetch, void *opaque, uint64_t ale[2])
{
    uint64_t control = alet & ALET_PRIMARY_LIST ? regs->cr5 : regs->cr2;
    uint64_t designation;
    uint32_t origin, offset = ALET_ALEN(alet) * 16;

    /* The access-list designation is the word at offset 16 of the DUCT/PASTE */
    if (!fetch(opaque, (control & 0x7fffffc0) + 16, &designation)) {
        return KVM390_PGM_ADDRESSING;
    }
    designation >>= 32;
    if (ALET_ALEN(alet) / 8 > (designation & 0x7f)) {
        return KVM390_PGM_ALEN_TRANSLATION;
    }
    origin = designation & 0x7fffff80;
    if (0x7fffffff - origin < offset) {
        return KVM390_PGM_ADDRESSING;
    }
    if (!fetch(opaque, origin + offset, &ale[0]) ||
        !fetch(opaque, origin + offset + 8, &ale[1])) {
        return KVM390_PGM_ADDRESSING;
    }
    if (ale[0] & ALE_INVALID) {
        return KVM390_PGM_ALEN_TRANSLATION;
    }
    if (ALE_ALESN(ale[0]) != ALET_ALESN(alet)) {
        return KVM390_PGM_ALE_SEQUENCE;
    }
    return 0;
}

int kvm390_art(uint32_t alet, const Kvm390ArtRegs *regs, bool store,
               Kvm390Fetch8 fetch, void *opaque, uint64_t *asce)
{
    uint16_t eax = regs->cr8 >> 16;
    uint64_t ale[2], aste[3], aste_addr;
    int rc;

    if (alet <= 1) {
        *asce = alet ? regs->cr7 : regs->cr1;
        return 0;
    }
    if (alet & ALET_RESERVED) {
        return KVM390_PGM_ALET_SPECIFICATION;
    }

    rc = find_ale(alet, regs, fetch, opaque, ale);
    if (rc) {
        return rc;
    }
    aste_addr = ALE_ASTEO(ale[1]);
    for (int i = 0; i < 3; i++) {
        if (!fetch(opaque, aste_addr + i * 8, &aste[i])) {
            return KVM390_PGM_ADDRESSING;
        }
    }
    if (aste[0] & ASTE_INVALID) {
        return KVM390_PGM_ASTE_VALIDITY;
    }
    if ((uint32_t)aste[2] != ALE_ASTESN(ale[1])) {
        return KVM390_PGM_ASTE_SEQUENCE;
    }
    if ((ale[0] & ALE_PRIVATE) && ALE_ALEAX(ale[0]) != eax) {
        rc = check_authority(aste[0], eax, fetch, opaque);
        if (rc) {
            return rc;
        }
    }
    if (store && (ale[0] & ALE_FETCH_ONLY)) {
        return KVM390_PGM_PROTECTION;
    }
    *asce = aste[1];
    return 0;
}
