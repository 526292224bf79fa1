/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that comes and goes for so many seconds: processes map, fill, check
 * and unmap regions of all sizes, write and check files, and end, so that the
 * kernel frees and takes pages all the time. Every word says where and when it
 * was written; a word that is not what was written ends the program with 1.
 */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../random.h"

#define WORKERS 6
#define REGIONS 24
#define LARGEST (4ul << 20)

static uint64_t state;

static uint64_t next_random(void)
{
    return random_next(&state) >> 33;
}

struct region {
    uint64_t *words;
    uint64_t count, seed;
};

static uint64_t word(const struct region *r, uint64_t i)
{
    return (r->seed + i) * 0x9e3779b97f4a7c15ull ^ (uintptr_t)(r->words + i);
}

static void fill(struct region *r)
{
    r->count = (next_random() % LARGEST + 4096) / 4096 * 512;
    r->seed = next_random();
    r->words = mmap(NULL, r->count * 8, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (r->words == MAP_FAILED) {
        perror("mmap");
        _exit(1);
    }
    for (uint64_t i = 0; i < r->count; i++) {
        if (r->words[i]) {
            printf("new memory is not zero: %p holds %#lx\n",
                   (void *)(r->words + i), (unsigned long)r->words[i]);
            _exit(1);
        }
        r->words[i] = word(r, i);
    }
}

static void check(const struct region *r)
{
    for (uint64_t i = 0; i < r->count; i++) {
        if (r->words[i] != word(r, i)) {
            printf("lost: %p holds %#lx, not %#lx\n", (void *)(r->words + i),
                   (unsigned long)r->words[i], (unsigned long)word(r, i));
            _exit(1);
        }
    }
}

static void file_round(const struct region *r, int worker)
{
    char name[32];
    uint64_t back;
    FILE *f;

    snprintf(name, sizeof(name), "/tmp/soak%d", worker);
    f = fopen(name, "w+");
    if (!f || fwrite(r->words, 8, r->count, f) != r->count) {
        perror(name);
        _exit(1);
    }
    rewind(f);
    for (uint64_t i = 0; i < r->count; i++) {
        if (fread(&back, 8, 1, f) != 1 || back != word(r, i)) {
            printf("lost: word %lu of %s\n", (unsigned long)i, name);
            _exit(1);
        }
    }
    fclose(f);
    unlink(name);
}

/* One process: some hundred regions, then it ends with some still there. */
static int work(int worker)
{
    struct region regions[REGIONS] = { 0 };
    struct timespec pause = { 0 };

    for (int round = 0; round < 120; round++) {
        struct region *r = &regions[next_random() % REGIONS];

        if (r->words) {
            check(r);
            munmap(r->words, r->count * 8);
            r->words = NULL;
        } else {
            fill(r);
            if (next_random() % 8 == 0) {
                file_round(r, worker);
            }
        }
        if (next_random() % 16 == 0) {
            /* long enough for the host to take what was freed */
            pause.tv_nsec = next_random() % 100000000;
            nanosleep(&pause, NULL);
        }
    }
    for (int i = 0; i < REGIONS; i++) {
        if (regions[i].words) {
            check(&regions[i]);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 60);
    int running = 0, ended = 0, number = 0, status;

    while (time(NULL) < end || running) {
        if (running < WORKERS && time(NULL) < end) {
            if (fork() == 0) {
                state = ++number * 1000003ull + (uint64_t)time(NULL);
                _exit(work(number));
            }
            number++;
            running++;
            continue;
        }
        if (wait(&status) < 0 || status) {
            printf("a worker ended with %#x\n", status);
            return 1;
        }
        running--;
        ended++;
    }
    printf("kvm390: soak_processes=%d\n", ended);
    return 0;
}
