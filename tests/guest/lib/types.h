/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Basic types and the freestanding C library. */
#ifndef GUEST_TYPES_H
#define GUEST_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE       4096UL
#define SEGMENT_SIZE    (1UL << 20)
#define REGION_SIZE     (1UL << 31)
#define ARRAY_SIZE(a)   (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)  (((x) + (a) - 1) & ~((a) - 1UL))
#define noreturn        __attribute__((noreturn))
#define aligned(n)      __attribute__((aligned(n)))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/*
 * %d %u %x %X with l/ll/z, %s %c %p %%, a width, the flags '0', '-' and '#',
 * and '*'. The result is cut at @size and always terminated; returns the length
 * written.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);

#endif
