/*
 * Names of program interruptions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include "kvm390/include/pgm.h"

static const struct {
    uint16_t code;
    const char *name;
} names[] = {
    { KVM390_PGM_PROTECTION, "protection" },
    { KVM390_PGM_ADDRESSING, "addressing" },
    { KVM390_PGM_SPECIFICATION, "specification" },
    { KVM390_PGM_SEGMENT_TRANSLATION, "segment-translation" },
    { KVM390_PGM_PAGE_TRANSLATION, "page-translation" },
    { KVM390_PGM_TRANSLATION_SPEC, "translation-specification" },
    { KVM390_PGM_SPECIAL_OPERATION, "special-operation" },
    { KVM390_PGM_ALET_SPECIFICATION, "alet-specification" },
    { KVM390_PGM_ALEN_TRANSLATION, "alen-translation" },
    { KVM390_PGM_ALE_SEQUENCE, "ale-sequence" },
    { KVM390_PGM_ASTE_VALIDITY, "aste-validity" },
    { KVM390_PGM_ASTE_SEQUENCE, "aste-sequence" },
    { KVM390_PGM_EXTENDED_AUTHORITY, "extended-authority" },
    { KVM390_PGM_ASCE_TYPE, "asce-type" },
    { KVM390_PGM_REGION_FIRST_TRANS, "region-first-translation" },
    { KVM390_PGM_REGION_SECOND_TRANS, "region-second-translation" },
    { KVM390_PGM_REGION_THIRD_TRANS, "region-third-translation" },
};

const char *kvm390_pgm_name(uint16_t code)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    return "unknown";
}
