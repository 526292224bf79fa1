/*
 * The floating-point-control register, set from outside; see the header
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/helper-proto.h"
#include "kvm390/include/fpc.h"

void kvm390_load_fpc(CPUS390XState *env, uint32_t fpc)
{
    bool extended = s390_has_feat(S390_FEAT_FLOATING_POINT_EXT);

    helper_sfpc(env, kvm390_fpc_is_valid(fpc, extended) ? fpc : 0);
}
