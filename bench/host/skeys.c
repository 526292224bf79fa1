/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GET_SKEYS and SET_SKEYS of 1 Mi pages against memcpy() of as many keys: the
 * part of them that grows with the number of pages, in core/.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kvm390/include/keystore.h"

#define KEYS    1048576
#define ROUNDS  200

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(void)
{
    uint8_t *a = malloc(KEYS), *b = malloc(KEYS);
    Kvm390KeyStore store;

    if (!a || !b || kvm390_keystore_init(&store, KEYS)) {
        return 1;
    }
    memset(a, 0x30, KEYS);
    memset(b, 0, KEYS);
    kvm390_keystore_write(&store, 0, KEYS, a);
    for (int i = 0; i < ROUNDS; i++) {
        double t[4];

        t[0] = now();
        memcpy(b, a, KEYS);
        __asm__ volatile("" : : "r" (b) : "memory");
        t[1] = now();
        kvm390_keystore_read(&store, 0, KEYS, b);
        t[2] = now();
        kvm390_keystore_write(&store, 0, KEYS, a);
        t[3] = now();
        printf("%.3f %.3f %.3f\n", t[1] - t[0], t[2] - t[1], t[3] - t[2]);
    }
    return 0;
}
