/*
 * What a translated block knows of the code that it was made from
 *
 * A header of its own, for QEMU's struct TranslationBlock; client-code.h has
 * the rest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_BLOCK_CODE_H
#define KVM390_BLOCK_CODE_H

#include <stdint.h>

struct Kvm390CodeCopy;

/*
 * The epoch in which the block was compared last, and the copies of its pages,
 * which live until all vCPUs have left cpu_exec() (RCU).
 */
typedef struct Kvm390BlockCode {
    uint64_t epoch;
    struct Kvm390CodeCopy *copy[2];
} Kvm390BlockCode;

#endif /* KVM390_BLOCK_CODE_H */
