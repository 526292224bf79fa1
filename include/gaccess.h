/*
 * Guest access: touch guest memory as a guest CPU would (logical addresses),
 * or as the VM's owner does (absolute addresses), storage keys included.
 *
 * Everything here works on plain values. Guest memory is reached through
 * Kvm390Mem; the caller guarantees that what its operations return
 * stays valid for the duration of one call from here.
 *
 * Results: 0, a negative errno, or a positive program interruption code with
 * what is needed to inject it in Kvm390Pgm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_GACCESS_H
#define KVM390_GACCESS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kvm390/include/pgm.h"

/* The longest range one call takes. */
#define KVM390_GACCESS_MAX 65536

/*
 * A stretch of guest memory that is contiguous on the host.
 * @base and @size are multiples of the 4-KiB page; @size 0 is none.
 */
typedef struct Kvm390Window {
    uint64_t base;
    uint64_t size;
    uint8_t *host;
    bool readonly;
} Kvm390Window;

typedef struct Kvm390MemOps {
    /*
     * Find the memory around absolute address @abs.
     * Returns false if there is none (nothing, or a device).
     */
    bool (*find)(void *opaque, uint64_t abs, Kvm390Window *window);
    /* The storage key of the page at @abs, which is in memory. */
    uint8_t (*key)(void *opaque, uint64_t abs);
    /*
     * [@abs, @abs + @len), all in memory and contiguous, has been fetched or
     * stored: set R (and C), and for a store tell whoever tracks changes.
     */
    void (*touched)(void *opaque, uint64_t abs, uint64_t len, bool store);
    /*
     * Compare and exchange 16 bytes at @host, aligned, in one atomic
     * operation. @old receives what was found. Returns whether it matched.
     */
    bool (*cmpxchg16)(void *opaque, void *host, void *old, const void *new);
    /*
     * May the page at @abs, which is in memory, be accessed by the host? A
     * refusal ends the access with -EFAULT. NULL: always.
     */
    bool (*permits)(void *opaque, uint64_t abs, bool store);
} Kvm390MemOps;

/* Guest memory, with the last window remembered. Zero-initialise the latter. */
typedef struct Kvm390Mem {
    const Kvm390MemOps *ops;
    void *opaque;
    Kvm390Window window;
} Kvm390Mem;

/**
 * kvm390_mem_host: where the host has guest memory
 * @mem: guest memory; what is found is remembered in it
 * @abs: absolute address
 * @store: it is to be stored into
 *
 * Returns: the host address, good to the end of the page; NULL if there is no
 * memory, or none that can be stored into.
 */
static inline uint8_t *kvm390_mem_host(Kvm390Mem *mem, uint64_t abs,
                                       bool store)
{
    Kvm390Window *w = &mem->window;

    if (abs - w->base >= w->size) {
        if (!mem->ops->find(mem->opaque, abs, w)) {
            w->size = 0;
            return NULL;
        }
        assert(abs - w->base < w->size);
    }
    return store && w->readonly ? NULL : w->host + (abs - w->base);
}

/**
 * kvm390_mem_fetch8: a Kvm390Fetch8 (dat.h) at absolute addresses
 * @opaque: the Kvm390Mem
 *
 * Returns: 0, or KVM390_PGM_ADDRESSING.
 */
int kvm390_mem_fetch8(void *opaque, uint64_t addr, uint64_t *value);

/* What of a CPU's state decides over its storage accesses. */
typedef struct Kvm390View {
    uint64_t psw_mask;
    uint64_t prefix;
    const uint64_t *cr;     /* 16 control registers */
    const uint32_t *ar;     /* 16 access registers */
    bool edat1;             /* facilities installed */
    bool edat2;
} Kvm390View;

/* One access. */
typedef struct Kvm390AccessReq {
    uint64_t addr;      /* logical or absolute address */
    uint32_t len;       /* 1 to KVM390_GACCESS_MAX bytes */
    uint8_t ar;         /* access register, 0 to 15; matters in AR mode */
    uint8_t key;        /* access key, 0 to 15 */
    bool store;
    bool check_only;    /* judge, but touch neither memory nor R and C */
} Kvm390AccessReq;

/**
 * kvm390_effective:
 * @psw_mask: the PSW's first doubleword
 * @addr: a logical address
 *
 * Returns: @addr cut to the addressing mode (24, 31 or 64 bits).
 */
uint64_t kvm390_effective(uint64_t psw_mask, uint64_t addr);

/**
 * kvm390_access_logical:
 * @mem: guest memory
 * @view: the CPU whose access it is
 * @req: what to access
 * @buf: @req->len bytes to store from or fetch into; not used by a check. NULL
 *       copies nothing, with every exception an access would meet
 * @pgm: the exception, if the result is positive; its ILC is left 0
 *
 * Access logical storage as @view's CPU does with access key @req->key: the
 * address is made effective page by page (and wraps), the space is chosen by
 * the PSW, and protection is judged in the architecture's order. A check goes
 * page by page. An access translates every page before it touches any, then
 * judges the key and copies page by page; when a store fails behind its first
 * page the TEID says that the operation was terminated. After a failed fetch
 * @buf's content is undefined.
 *
 * Rule: KVM api.rst 4.89 and gaccess behaviour of Linux 7.
 *
 * Returns: 0, or the program interruption code.
 */
int kvm390_access_logical(Kvm390Mem *mem,
                          const Kvm390View *view,
                          const Kvm390AccessReq *req,
                          void *buf, Kvm390Pgm *pgm);

/**
 * kvm390_access_absolute:
 * @mem: guest memory
 * @req: what to access; @req->ar is ignored
 * @buf: as above
 *
 * Access absolute storage: no prefixing, no translation, no low-address
 * protection, no overrides; the key alone decides, page by page.
 *
 * Returns: 0, or the program interruption code (addressing or protection).
 */
int kvm390_access_absolute(Kvm390Mem *mem,
                           const Kvm390AccessReq *req, void *buf);

/**
 * kvm390_cmpxchg_absolute:
 * @mem: guest memory
 * @addr: absolute address
 * @size: operand length in bytes, up to 16
 * @key: access key, 0 to 15
 * @old: expected value, guest byte order, @size bytes; receives the value
 *       found unless the exchange took place, zeros on a protection exception
 * @new: value to store, guest byte order, @size bytes
 * @exchanged: whether the exchange took place
 *
 * Compare and exchange as one operation, atomic against guest CPUs.
 *
 * Returns: 0 whether or not the values matched, -EINVAL (misaligned, or @size
 * not 1, 2, 4, 8 or 16), or the program interruption code.
 */
int kvm390_cmpxchg_absolute(Kvm390Mem *mem, uint64_t addr,
                            uint32_t size, uint8_t key, void *old,
                            const void *new, bool *exchanged);

#endif
