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
#include "kvm390/include/kvm390/accel.h"
#include "kvm390/include/kvm390/cpu-features.h"

typedef struct {
    S390Feat feature;
    bool (*wanted)(void);
} Kvm390Feature;

/* Ended by an entry without a condition. */
static const Kvm390Feature features[] = {
    { }
};

void kvm390_add_cpu_features(S390CPUModel *model)
{
    if (!kvm390_enabled()) {
        return;
    }
    for (const Kvm390Feature *f = features; f->wanted; f++) {
        if (f->wanted() && test_bit(f->feature, model->def->full_feat)) {
            set_bit(f->feature, model->features);
        }
    }
}
