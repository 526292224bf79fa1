/*
 * A guest made of an array: memory, keys and registers for tests of guest
 * access that need no QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_FAKE_GUEST_H
#define KVM390_FAKE_GUEST_H

#include <assert.h>
#include <string.h>
#include "kvm390/include/access.h"
#include "kvm390/include/gaccess.h"

#define FAKE_PAGES 1024u
#define FAKE_SIZE  (FAKE_PAGES * 4096u)

typedef struct FakeGuest {
    uint8_t mem[FAKE_SIZE] __attribute__((aligned(4096)));
    uint8_t key[FAKE_PAGES];
    bool hole[FAKE_PAGES];
    bool dirty[FAKE_PAGES];
    uint8_t refused[FAKE_PAGES];    /* by the host: 1 fetches, 2 stores */
    bool small_windows;             /* of one page each */
    uint64_t cr[16];
    uint32_t ar[16];
    Kvm390View view;
    Kvm390Mem access;
} FakeGuest;

static bool fake_find(void *opaque, uint64_t abs, Kvm390Window *w)
{
    FakeGuest *g = opaque;
    uint64_t first = abs >> 12, end;

    if (first >= FAKE_PAGES || g->hole[first]) {
        return false;
    }
    for (end = first + 1; end < FAKE_PAGES && !g->hole[end]; end++) {
        if (g->small_windows) {
            break;
        }
    }
    while (first && !g->hole[first - 1] && !g->small_windows) {
        first--;
    }
    *w = (Kvm390Window) {
        .base = first << 12,
        .size = (end - first) << 12,
        .host = g->mem + (first << 12),
    };
    return true;
}

static uint8_t fake_key(void *opaque, uint64_t abs)
{
    FakeGuest *g = opaque;

    return g->key[abs >> 12];
}

static void fake_touched(void *opaque, uint64_t abs, uint64_t len, bool store)
{
    FakeGuest *g = opaque;

    /* never across the end of what find() gave */
    assert(abs - g->access.window.base + len <= g->access.window.size);
    for (uint64_t p = abs >> 12; p <= (abs + len - 1) >> 12; p++) {
        g->key[p] |= KVM390_KEY_R | (store ? KVM390_KEY_C : 0);
        g->dirty[p] |= store;
    }
}

static bool fake_cmpxchg16(void *opaque, void *host, void *old,
                           const void *new)
{
    if (memcmp(host, old, 16) == 0) {
        memcpy(host, new, 16);
        return true;
    }
    memcpy(old, host, 16);
    return false;
}

static bool fake_permits(void *opaque, uint64_t abs, bool store)
{
    FakeGuest *g = opaque;

    return !(g->refused[abs >> 12] & (store ? 2 : 1));
}

static const Kvm390MemOps fake_ops = {
    .find = fake_find,
    .key = fake_key,
    .touched = fake_touched,
    .cmpxchg16 = fake_cmpxchg16,
    .permits = fake_permits,
};

/* A guest in 64-bit mode, DAT off, with memory of zeros and keys 0. */
static void fake_init(FakeGuest *g)
{
    memset(g, 0, sizeof(*g));
    g->view = (Kvm390View) {
        .psw_mask = 0x0000000180000000ULL,
        .cr = g->cr,
        .ar = g->ar,
        .edat1 = true,
        .edat2 = true,
    };
    g->access = (Kvm390Mem) { .ops = &fake_ops, .opaque = g };
}

static inline void fake_put8(FakeGuest *g, uint64_t abs, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        g->mem[abs + i] = value >> (56 - 8 * i);
    }
}

#endif
