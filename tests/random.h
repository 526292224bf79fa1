/*
 * Random numbers that a seed repeats (xorshift64), for tests of every kind:
 * on the host, in a guest without a library, and in one of Linux
 *
 * Who includes this has uint64_t.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_TESTS_RANDOM_H
#define KVM390_TESTS_RANDOM_H

/* The next number of the sequence of *@state, which is never 0. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
