/*
 * What a handler says to the client
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"

void *kvm390_api_out(Kvm390Call *call, size_t len)
{
    size_t at = call->out->len;

    g_byte_array_set_size(call->out, at + len);
    memset(call->out->data + at, 0, len);
    return call->out->data + at;
}
