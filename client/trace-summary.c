/*
 * At the end of the program: its ioctls by count and time, as of strace -c,
 * and why KVM_RUN returned
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 256

/* What was counted of one ioctl, or of one reason of KVM_RUN to return. */
struct row {
    char name[40];
    uint64_t calls, errors, ns;
};

struct table {
    struct row rows[MAX_ROWS];
    unsigned n;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of both */
static struct table ioctls, exits;

/* The row of that name, a new one at the end; the last if there is no room. */
static struct row *row_of(struct table *t, const char *name)
{
    unsigned i;

    for (i = 0; i < t->n && strcmp(t->rows[i].name, name); i++) {
    }
    if (i == MAX_ROWS) {
        return &t->rows[MAX_ROWS - 1];
    }
    if (i == t->n) {
        snprintf(t->rows[t->n++].name, sizeof(t->rows[i].name), "%s", name);
    }
    return &t->rows[i];
}

void kvm390_summary_count(const struct kvm390_ioctl *io, int ret, uint64_t ns,
                          const char *exit)
{
    struct row *row;

    pthread_mutex_lock(&lock);
    row = row_of(&ioctls, io ? io->name : "(unknown)");
    row->calls++;
    row->errors += ret < 0;
    row->ns += ns;
    if (exit) {
        row_of(&exits, exit)->calls++;
    }
    pthread_mutex_unlock(&lock);
}

static int by_time(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return x->ns != y->ns ? (x->ns < y->ns ? 1 : -1) :
           x->calls != y->calls ? (x->calls < y->calls ? 1 : -1) : 0;
}

static void print_ioctls(void)
{
    uint64_t calls = 0, errors = 0, ns = 0;
    unsigned i;

    fprintf(stderr, "[kvm390]   seconds  usecs/call     calls    errors  "
            "ioctl\n");
    for (i = 0; i < ioctls.n; i++) {
        const struct row *r = &ioctls.rows[i];

        fprintf(stderr, "[kvm390] %9.3f %11.1f %9" PRIu64 " %9" PRIu64 "  %s\n",
                r->ns / 1e9, r->ns / 1e3 / r->calls, r->calls, r->errors,
                r->name);
        calls += r->calls;
        errors += r->errors;
        ns += r->ns;
    }
    fprintf(stderr, "[kvm390] %9.3f             %9" PRIu64 " %9" PRIu64
            "  total\n", ns / 1e9, calls, errors);
}

static void print_exits(void)
{
    unsigned i;

    if (exits.n) {
        fprintf(stderr, "[kvm390]     exits  why KVM_RUN returned\n");
    }
    for (i = 0; i < exits.n; i++) {
        fprintf(stderr, "[kvm390] %9" PRIu64 "  %s\n", exits.rows[i].calls,
                exits.rows[i].name);
    }
}

void kvm390_summary_print(void)
{
    pthread_mutex_lock(&lock);
    if (ioctls.n) {
        qsort(ioctls.rows, ioctls.n, sizeof(struct row), by_time);
        qsort(exits.rows, exits.n, sizeof(struct row), by_time);
        print_ioctls();
        print_exits();
    }
    ioctls.n = exits.n = 0; /* once */
    pthread_mutex_unlock(&lock);
}

/* A child counts its own. */
static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

static void summary_forked(void)
{
    ioctls.n = exits.n = 0;
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void summary_init(void)
{
    pthread_atfork(before_fork, after_fork, summary_forked);
}

__attribute__((destructor)) static void summary_end(void)
{
    kvm390_summary_print();
}
