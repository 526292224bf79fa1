/*
 * What the accelerator and user space have switched on
 *
 * The accelerator and the API set it, what the guest sees is decided by it. It
 * lives here so that nothing below them has to ask them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm390/include/accel.h"
#include "kvm390/include/exits.h"

bool kvm390_allowed;

Kvm390Config kvm390_config = {
    .skeys = true, .cmma = true, .sie = true, .discard = true,
    .discard_delay = 100,
};

Kvm390Intercepts kvm390_intercepts;

bool kvm390_skeys_wanted(void)
{
    return kvm390_config.skeys;
}

bool kvm390_cmma_wanted(void)
{
    return kvm390_config.cmma;
}

bool kvm390_sie_wanted(void)
{
    return kvm390_config.sie && kvm390_config.skeys &&
           !kvm390_intercepts.client_runs;
}

bool kvm390_discard_wanted(void)
{
    return kvm390_config.discard;
}

uint32_t kvm390_discard_delay(void)
{
    return kvm390_config.discard_delay;
}
