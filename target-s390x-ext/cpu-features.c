/*
 * The CPU features that kvm390 has beyond TCG's.
 *
 * A feature joins the table with the code that implements it, and with the
 * property of the accelerator that it depends on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/cpu-features.h"

typedef struct {
    S390Feat feature;
    bool (*wanted)(void);
} Kvm390Feature;

static bool always_wanted(void)
{
    return true;
}

/* Ended by an entry without a condition. */
static const Kvm390Feature features[] = {
    { S390_FEAT_EDAT, kvm390_skeys_wanted },
    { S390_FEAT_EDAT_2, kvm390_skeys_wanted },
    { S390_FEAT_CONDITIONAL_SSKE, kvm390_skeys_wanted },
    { S390_FEAT_NONQ_KEY_SETTING, kvm390_skeys_wanted },
    { S390_FEAT_INSERT_REFERENCE_BITS_MULT, kvm390_skeys_wanted },
    { S390_FEAT_SIE_F2, kvm390_sie_wanted },
    { S390_FEAT_SIE_64BSCAO, kvm390_sie_wanted },
    { S390_FEAT_SIE_GSLS, kvm390_sie_wanted },
    { S390_FEAT_SIE_KSS, kvm390_sie_wanted },
    { S390_FEAT_SIE_GPERE, kvm390_sie_wanted },
    { S390_FEAT_SIE_SIIF, kvm390_sie_wanted },
    { S390_FEAT_SIE_SIGPIF, kvm390_sie_wanted },
    { S390_FEAT_SIE_CEI, kvm390_sie_wanted },
    { S390_FEAT_CMM, kvm390_cmma_wanted },
    { S390_FEAT_CMM_NT, kvm390_cmma_wanted },
    { S390_FEAT_STORE_HYPERVISOR_INFO, always_wanted },
    { }
};

/* QEMU's CPU models know no feature of that name. */
#define FACILITY_RESET_REFERENCE_BITS_MULTIPLE  66

static const uint8_t *facilities; /* set by user space, or NULL */

void kvm390_set_facilities(const uint8_t *list)
{
    facilities = list;
}

bool kvm390_guest_has(S390Feat feat, unsigned facility)
{
    return facilities ? facilities[facility / 8] & (0x80 >> facility % 8)
                      : s390_has_feat(feat);
}

/* Nor one that stands for the extended system control area. */
#define CONF_CHAR_EXT_ESCA  0x08

static void add_stfl(uint8_t *data)
{
    const unsigned bit = FACILITY_RESET_REFERENCE_BITS_MULTIPLE;

    if (kvm390_enabled() && kvm390_skeys_wanted()) {
        data[bit / 8] |= 0x80 >> bit % 8;
    }
    if (facilities) {
        memcpy(data, facilities, KVM390_FACILITY_BYTES);
    }
}

void kvm390_add_facilities(S390FeatType type, uint8_t *data)
{
    if (type == S390_FEAT_TYPE_STFL) {
        add_stfl(data);
    }
    if (type == S390_FEAT_TYPE_SCLP_CONF_CHAR_EXT &&
        s390_has_feat(S390_FEAT_SIE_SIGPIF)) {
        data[0] |= CONF_CHAR_EXT_ESCA;
    }
}

/* PERFORM LOCKED OPERATION has all its functions under every property. */
static void add_plo_functions(S390CPUModel *model)
{
    for (S390Feat f = S390_FEAT_PLO_CL; f <= S390_FEAT_PLO_CSTSTX; f++) {
        if (test_bit(f, model->def->full_feat)) {
            set_bit(f, model->features);
        }
    }
}

void kvm390_add_cpu_features(S390CPUModel *model)
{
    if (!kvm390_enabled()) {
        return;
    }
    add_plo_functions(model);
    for (const Kvm390Feature *f = features; f->wanted; f++) {
        if (f->wanted() && test_bit(f->feature, model->def->full_feat)) {
            set_bit(f->feature, model->features);
        }
    }
}
