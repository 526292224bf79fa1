/*
 * Which memory of the client an ioctl's struct points to
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_CORE_BUFFERS_H
#define KVM390_CORE_BUFFERS_H

#include "kvm390/include/wire.h"

/* Those that rows of ioctls.h name. */
#define kvm390_buffers_none NULL

Kvm390BuffersFunc kvm390_buffers_memory, kvm390_buffers_dirty_log,
    kvm390_buffers_set_attr, kvm390_buffers_get_attr, kvm390_buffers_masks,
    kvm390_buffers_routing, kvm390_buffers_get_skeys, kvm390_buffers_set_skeys,
    kvm390_buffers_get_cmma, kvm390_buffers_set_cmma, kvm390_buffers_memop,
    kvm390_buffers_flic_set, kvm390_buffers_flic_get, kvm390_buffers_get_reg,
    kvm390_buffers_set_reg, kvm390_buffers_set_irqs, kvm390_buffers_get_irqs,
    kvm390_buffers_debug, kvm390_buffers_ucas;

#endif
