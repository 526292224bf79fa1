/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random.h"
#include "../../random.h"

static uint64_t state = 1;

void random_seed(uint64_t seed, uint64_t stream)
{
    state = seed * 0x9e3779b97f4a7c15 + stream;
}

uint64_t random(void)
{
    return random_next(&state);
}

unsigned below(unsigned n)
{
    return (random() >> 20) % n;
}
