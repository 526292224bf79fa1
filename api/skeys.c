/*
 * Storage keys: GET_SKEYS, SET_SKEYS, KEYOP
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "kvm390/include/skeys.h"

int kvm390_api_get_skeys(Kvm390Call *call)
{
    const struct kvm_s390_skeys *args = call->arg;
    int ret = kvm390_check_get_skeys(args->count, args->flags);

    if (!ret) {
        ret = kvm390_get_skeys(args->start_gfn, args->count, args->flags,
                               kvm390_api_out(call, args->count));
        if (ret) {
            g_byte_array_set_size(call->out, 0);
        }
    }
    return ret;
}

int kvm390_api_set_skeys(Kvm390Call *call)
{
    const struct kvm_s390_skeys *args = call->arg;

    return kvm390_set_skeys(args->start_gfn, args->count, args->flags,
                            call->in[0]);
}

int kvm390_api_keyop(Kvm390Call *call)
{
    struct kvm_s390_keyop *args = call->arg;

    return kvm390_keyop(args->guest_addr, &args->key, args->operation);
}
