/*
 * Access-register translation
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/dat.h"
#include "kvm390/include/pgm.h"

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
    int rc;

    if (eax / 16 > ASTE_ATL(aste)) {
        return KVM390_PGM_EXTENDED_AUTHORITY;
    }
    rc = fetch(opaque, byte_addr & ~7ULL, &block);
    if (rc) {
        return rc;
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
    int rc;

    /* The access-list designation is the word at offset 16 of the DUCT/PASTE */
    rc = fetch(opaque, (control & 0x7fffffc0) + 16, &designation);
    if (rc) {
        return rc;
    }
    designation >>= 32;
    if (ALET_ALEN(alet) / 8 > (designation & 0x7f)) {
        return KVM390_PGM_ALEN_TRANSLATION;
    }
    origin = designation & 0x7fffff80;
    if (0x7fffffff - origin < offset) {
        return KVM390_PGM_ADDRESSING;
    }
    rc = fetch(opaque, origin + offset, &ale[0]);
    rc = rc ? rc : fetch(opaque, origin + offset + 8, &ale[1]);
    if (rc) {
        return rc;
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
        rc = fetch(opaque, aste_addr + i * 8, &aste[i]);
        if (rc) {
            return rc;
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
