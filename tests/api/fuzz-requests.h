/*
 * Requests for the fuzzers of the server
 *
 * Most follow the wire and get past the first checks, with fields that are
 * drawn from values that matter. One Fuzz belongs to one thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_FUZZ_REQUESTS_H
#define KVM390_API_FUZZ_REQUESTS_H

#include "kvm390/include/uapi.h"
#include "kvm390/include/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_MEMORY (1 << 20)
#define FUZZ_BUF    (KVM390_MAX_BUF + 64)

typedef struct Fuzz {
    uint64_t state;     /* of the random numbers; not 0 */
    uint8_t *memory;    /* FUZZ_MEMORY bytes, the guest's */
    uint8_t *buf;       /* FUZZ_BUF bytes, for what goes along */
} Fuzz;

/** fuzz_rnd: the next random number */
uint64_t fuzz_rnd(Fuzz *f);

/** fuzz_one_in: true once in @n times */
bool fuzz_one_in(Fuzz *f, unsigned n);

/** fuzz_value: a number of the kind that is got wrong */
uint64_t fuzz_value(Fuzz *f);

/**
 * fuzz_code: instructions that leave the vCPU's usual path, among random ones
 * @at: where to; @len: how many bytes
 */
void fuzz_code(Fuzz *f, uint8_t *at, size_t len);

/**
 * fuzz_request: an ioctl that follows the wire, but for a length now and then
 * @io: which
 * @target: what for
 * @len: gets the message's length
 *
 * Returns the message, which the caller frees.
 */
uint8_t *fuzz_request(Fuzz *f, const struct kvm390_ioctl *io, int32_t target,
                      size_t *len);

#endif
