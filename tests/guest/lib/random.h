/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that a seed repeats (xorshift64). One CPU at a time. */
#ifndef GUEST_RANDOM_H
#define GUEST_RANDOM_H

#include "types.h"

/* Begins the sequence of @seed; sequences of a seed differ by @stream. */
void random_seed(uint64_t seed, uint64_t stream);

uint64_t random(void);

/* 0 to @n - 1; @n is not 0. */
unsigned below(unsigned n);

#endif
