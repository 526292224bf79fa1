/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types.h"

void *memcpy(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;

    while (n--) {
        *d++ = *s++;
    }
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;

    if (d <= s) {
        return memcpy(dst, src, n);
    }
    while (n--) {
        d[n] = s[n];
    }
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    uint8_t *d = dst;

    while (n--) {
        *d++ = c;
    }
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for (; n; n--, p++, q++) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n]) {
        n++;
    }
    return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b || !*a) {
            return (uint8_t)*a - (uint8_t)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, -1UL);
}

struct out {
    char *buf;
    size_t size, len;
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size) {
        o->buf[o->len++] = c;
    }
}

static void put_padded(struct out *o, const char *s, size_t len, int width,
                       bool left, char pad)
{
    int fill = width - (int)len;

    if (pad == '0' && len && *s == '-') {
        put(o, *s++);
        len--;
    }
    for (; !left && fill > 0; fill--) {
        put(o, pad);
    }
    while (len--) {
        put(o, *s++);
    }
    for (; fill > 0; fill--) {
        put(o, ' ');
    }
}

static size_t format_number(char *end, uint64_t v, unsigned base, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t n = 0;

    do {
        *--end = digits[v % base];
        v /= base;
        n++;
    } while (v);
    return n;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };

    for (; *fmt; fmt++) {
        bool left = false, lng = false, neg = false, prefix = false;
        char pad = ' ', num[24], *end = num + sizeof(num);
        int width = 0;
        uint64_t v = 0;
        size_t n;
        const char *s;

        if (*fmt != '%') {
            put(&o, *fmt);
            continue;
        }
        for (fmt++; *fmt == '0' || *fmt == '-' || *fmt == '#'; fmt++) {
            left |= *fmt == '-';
            prefix |= *fmt == '#';
            pad = *fmt == '0' ? '0' : pad;
        }
        if (*fmt == '*') {
            width = va_arg(ap, int);
            fmt++;
        }
        for (; *fmt >= '0' && *fmt <= '9'; fmt++) {
            width = width * 10 + *fmt - '0';
        }
        for (; *fmt == 'l' || *fmt == 'z'; fmt++) {
            lng = true;
        }
        switch (*fmt) {
        case 'd':
        case 'i':
            v = lng ? va_arg(ap, int64_t) : va_arg(ap, int);
            neg = (int64_t)v < 0;
            n = format_number(end, neg ? -v : v, 10, false);
            if (neg) {
                *(end - ++n) = '-';
            }
            put_padded(&o, end - n, n, width, left, pad);
            break;
        case 'u':
        case 'x':
        case 'X':
            v = lng ? va_arg(ap, uint64_t) : va_arg(ap, unsigned);
            n = format_number(end, v, *fmt == 'u' ? 10 : 16, *fmt == 'X');
            if (prefix) {
                *(end - ++n) = 'x';
                *(end - ++n) = '0';
            }
            put_padded(&o, end - n, n, width, left, pad);
            break;
        case 'p':
            v = (uint64_t)va_arg(ap, void *);
            n = format_number(end, v, 16, false);
            *(end - ++n) = 'x';
            *(end - ++n) = '0';
            put_padded(&o, end - n, n, width, left, pad);
            break;
        case 's':
            s = va_arg(ap, const char *);
            s = s ? s : "(null)";
            put_padded(&o, s, strlen(s), width, left, ' ');
            break;
        case 'c':
            put(&o, va_arg(ap, int));
            break;
        case '%':
            put(&o, '%');
            break;
        default:
            put(&o, '?');
            break;
        }
    }
    if (size) {
        buf[o.len] = 0;
    }
    return o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
