/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocate 64 MiB, touch every page, and free them, a number of times; the
 * time one round takes.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SIZE    (64ul << 20)

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 100;
    long page = sysconf(_SC_PAGESIZE);
    double start = now();

    for (int i = 0; i < rounds; i++) {
        char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED) {
            perror("mmap");
            return 1;
        }
        for (unsigned long at = 0; at < SIZE; at += page) {
            p[at] = i;
        }
        munmap(p, SIZE);
    }
    printf("bench round %.3f ms\n", (now() - start) * 1000 / rounds);
    return 0;
}
