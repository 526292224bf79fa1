/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory loop under the PSW key that key= names: 16 MiB are read, written
 * and copied, all of them with that key's storage key and fetch protection.
 */
#include "guest.h"

#define BYTES   (16UL << 20)
#define ROUNDS  12

static uint64_t sum;

static uint64_t read_all(uint64_t *p)
{
    uint64_t s = 0;

    for (unsigned long i = 0; i < BYTES / 8; i++) {
        s += p[i];
    }
    return s;
}

static void write_all(uint64_t *p, uint64_t v)
{
    for (unsigned long i = 0; i < BYTES / 8; i++) {
        *(volatile uint64_t *)&p[i] = v;
    }
}

static void copy_all(uint64_t *to, const uint64_t *from)
{
    for (unsigned long i = 0; i < BYTES; i += 256) {
        asm volatile("mvc 0(256,%0),0(%1)"
                     : : "a" ((char *)to + i), "a" ((char *)from + i)
                     : "memory");
    }
}

static void report(const char *name, uint64_t start)
{
    uint64_t ns = (tod() - start) * 1000 / 4096 / ROUNDS;
    uint64_t per = ns * 1000 / (BYTES >> 12);

    tap_note("bench %s %lu.%03lu ns/page", name, per / 1000, per % 1000);
}

void main(void)
{
    uint8_t key = argument_number("key", 0);
    uint64_t *a = memory_alloc(BYTES, PAGE_SIZE);
    uint64_t *b = memory_alloc(BYTES, PAGE_SIZE);

    /* The stack and the program too: all code runs under the key. */
    for (uint64_t p = 0; p < memory_size(); p += PAGE_SIZE) {
        sske(p, SKEY_ACC(key) | SKEY_F);
    }
    for (unsigned time = 0; time < 3; time++) {
        uint64_t start = tod();

        spka(key);
        for (unsigned i = 0; i < ROUNDS; i++) {
            sum += read_all(a);
        }
        spka(0);
        report("read", start);
        start = tod();
        spka(key);
        for (unsigned i = 0; i < ROUNDS; i++) {
            write_all(a, i);
        }
        spka(0);
        report("write", start);
        start = tod();
        spka(key);
        for (unsigned i = 0; i < ROUNDS; i++) {
            copy_all(b, a);
        }
        spka(0);
        report("copy", start);
    }
}
