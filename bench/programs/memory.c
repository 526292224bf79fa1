/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory-bound: a guest's loads and stores over 64 MiB of small pages.
 *
 *   read    sum up the buffer, 8 bytes at a time
 *   write   store to all of it, 8 bytes at a time
 *   copy    memcpy one half to the other
 *   chase   follow pointers from page to page, each page once, in an order
 *           that has no pattern: here QEMU's TLB works hardest
 *
 * Each is measured ROUNDS times (the argument, default 3) after one round
 * that is not, by the guest's clock.
 */

#define _GNU_SOURCE

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define SIZE ((size_t)64 << 20)
#define PAGE ((size_t)4096)
#define PAGES (SIZE / PAGE)
#define STEPS (PAGES * 16)

static uint64_t *buffer;

/* What a load found; volatile, so that no load is left out. */
static volatile uint64_t sink;

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static void read_all(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < SIZE / 8; i++) {
        sum += buffer[i];
    }
    sink = sum;
}

static void write_all(void)
{
    volatile uint64_t *to = buffer;

    for (size_t i = 0; i < SIZE / 8; i++) {
        to[i] = i;
    }
}

static void copy_half(void)
{
    memcpy(buffer, (char *)buffer + SIZE / 2, SIZE / 2);
    sink = buffer[0];
}

/* One cycle through all pages (Sattolo's shuffle with a fixed seed). */
static void lay_chain(void)
{
    static uint32_t order[PAGES];
    uint64_t seed = 390;

    for (size_t i = 0; i < PAGES; i++) {
        order[i] = i;
    }
    for (size_t i = PAGES - 1; i > 0; i--) {
        size_t j;
        uint32_t other;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        j = (seed >> 33) % i;
        other = order[i];
        order[i] = order[j];
        order[j] = other;
    }
    for (size_t i = 0; i < PAGES; i++) {
        buffer[order[i] * (PAGE / 8)] = order[(i + 1) % PAGES] * (PAGE / 8);
    }
}

static void chase(void)
{
    uint64_t at = 0;

    for (size_t i = 0; i < STEPS; i++) {
        at = buffer[at];
    }
    sink = at;
}

static const struct {
    const char *name;
    const char *unit;
    double count;
    void (*prepare)(void);
    void (*work)(void);
} tests[] = {
    { "read", "ns/KiB", SIZE / 1024, NULL, read_all },
    { "write", "ns/KiB", SIZE / 1024, NULL, write_all },
    { "copy", "ns/KiB", SIZE / 2 / 1024, NULL, copy_half },
    { "chase", "ns/step", STEPS, lay_chain, chase },
};

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 3;

    buffer = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    /* Small pages, so that "chase" is what it says. */
    madvise(buffer, SIZE, MADV_NOHUGEPAGE);
    memset(buffer, 1, SIZE);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (tests[i].prepare) {
            tests[i].prepare();
        }
        tests[i].work();
        for (int round = 0; round < rounds; round++) {
            double start = now_ns();

            tests[i].work();
            printf("bench %s %.2f %s\n", tests[i].name,
                   (now_ns() - start) / tests[i].count, tests[i].unit);
        }
    }
    return 0;
}
