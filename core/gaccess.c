/*
 * Guest access over plain values.
 *
 * DAT tables may change while they are walked. Each entry is read once, as an
 * atomic doubleword, and nothing is derived from it but addresses that are
 * looked up again; so whatever the tables hold, an access ends in guest memory
 * or in an exception. That a translation is not used after IPTE or IDTE has
 * completed is the caller's business (target-s390x-ext/gaccess.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "kvm390/include/access.h"
#include "kvm390/include/dat.h"
#include "kvm390/include/gaccess.h"

#define PAGE_SIZE 4096u
#define MAX_PAGES (KVM390_GACCESS_MAX / PAGE_SIZE + 1)

#define PSW_DAT     (1ULL << 58)
#define PSW_EA      (1ULL << 32)
#define PSW_BA      (1ULL << 31)

#define CR0_EDAT    (1ULL << (63 - 40))

uint64_t kvm390_effective(uint64_t psw_mask, uint64_t addr)
{
    if (!(psw_mask & PSW_BA)) {
        return addr & 0xffffff;
    }
    return psw_mask & PSW_EA ? addr : addr & 0x7fffffff;
}

/* There is memory; may the host access it for the guest? */
static inline bool host_permits(Kvm390Mem *mem, uint64_t abs, bool store)
{
    return !mem->ops->permits || mem->ops->permits(mem->opaque, abs, store);
}

/*
 * Copy with one host access where the operand is a naturally aligned 1, 2, 4
 * or 8 bytes, so that other CPUs see all of it or nothing.
 */
static inline void copy_once(uint8_t *guest, uint8_t *buf, size_t len,
                             bool store)
{
#define COPY_ONCE(type) do {                                        \
        type v;                                                     \
        if (store) {                                                \
            memcpy(&v, buf, sizeof(v));                             \
            __atomic_store_n((type *)guest, v, __ATOMIC_RELAXED);   \
        } else {                                                    \
            v = __atomic_load_n((type *)guest, __ATOMIC_RELAXED);   \
            memcpy(buf, &v, sizeof(v));                             \
        }                                                           \
        return;                                                     \
    } while (0)

    if (len <= 8 && !((uintptr_t)guest & (len - 1))) {
        switch (len) {
        case 1:
            COPY_ONCE(uint8_t);
        case 2:
            COPY_ONCE(uint16_t);
        case 4:
            COPY_ONCE(uint32_t);
        case 8:
            COPY_ONCE(uint64_t);
        }
    }
#undef COPY_ONCE
    memcpy(store ? guest : buf, store ? buf : guest, len);
}

int kvm390_mem_fetch8(void *opaque, uint64_t addr, uint64_t *value)
{
    Kvm390Mem *mem = opaque;
    const uint8_t *host = kvm390_mem_host(mem, addr, false);
    uint64_t v;

    if (!host) {
        return KVM390_PGM_ADDRESSING;
    }
    v = __atomic_load_n((const uint64_t *)host, __ATOMIC_RELAXED);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    *value = v;
    return 0;
}

typedef struct RealMem {
    Kvm390Mem *mem;
    uint64_t prefix;
} RealMem;

static int fetch_real(void *opaque, uint64_t addr, uint64_t *value)
{
    RealMem *real = opaque;

    return kvm390_mem_fetch8(real->mem,
                             kvm390_real_to_absolute(addr, real->prefix),
                             value);
}

static inline uint32_t bytes_in_page(uint64_t addr, uint32_t left)
{
    uint32_t in_page = PAGE_SIZE - addr % PAGE_SIZE;

    return in_page < left ? in_page : left;
}

/*
 * Copy a range of absolute storage that was found to be in memory, in pieces
 * that are contiguous on the host, and tell of it.
 */
static void copy_range(Kvm390Mem *mem, uint64_t abs, uint32_t len,
                       uint8_t *buf, bool store)
{
    uint32_t chunk;

    for (; len; len -= chunk, abs += chunk, buf += chunk) {
        uint8_t *host = kvm390_mem_host(mem, abs, store);
        uint64_t to_end = mem->window.base + mem->window.size - abs;

        chunk = to_end < len ? to_end : len;
        copy_once(host, buf, chunk, store);
        mem->ops->touched(mem->opaque, abs, chunk, store);
    }
}

/* A logical access: the request with what the CPU's state makes of it. */
typedef struct Logical {
    Kvm390Mem *mem;
    const Kvm390View *view;
    const Kvm390AccessReq *req;
    enum Kvm390Access access;
    uint64_t cr0;
    uint64_t asce;              /* if DAT is on */
    Kvm390DatFeatures features;
    bool dat;
    bool private_space;
} Logical;

/* Fill in @pgm for @code and return it. @prot is for protection exceptions. */
static int fill_exception(const Logical *l, int code, uint64_t ea,
                          enum Kvm390Protection prot, Kvm390Pgm *pgm)
{
    unsigned properties = kvm390_pgm_properties(code);

    *pgm = (Kvm390Pgm) { .code = code };
    if (properties & KVM390_PGM_HAS_TEID) {
        pgm->teid = kvm390_teid(ea, l->access, (l->view->psw_mask >> 46) & 3,
                                prot);
    }
    if (properties & KVM390_PGM_HAS_ACCESS_ID) {
        pgm->access_id = l->req->ar;
    }
    return code;
}

/* The address-space-control element of the space that the PSW selects. */
static int choose_space(Logical *l, Kvm390Pgm *pgm)
{
    const Kvm390View *v = l->view;
    RealMem real = { .mem = l->mem, .prefix = v->prefix };
    Kvm390ArtRegs regs;
    uint32_t alet;
    int rc;

    switch ((v->psw_mask >> 46) & 3) {
    case 0:
        l->asce = v->cr[1];
        return 0;
    case 2:
        l->asce = v->cr[7];
        return 0;
    case 3:
        l->asce = v->cr[13];
        return 0;
    }
    alet = l->req->ar ? v->ar[l->req->ar] : 0;
    regs = (Kvm390ArtRegs) {
        .cr1 = v->cr[1], .cr2 = v->cr[2], .cr5 = v->cr[5],
        .cr7 = v->cr[7], .cr8 = v->cr[8],
    };
    rc = kvm390_art(alet, &regs, l->req->store, fetch_real, &real, &l->asce);
    return rc ? fill_exception(l, rc,
                               kvm390_effective(v->psw_mask, l->req->addr),
                               KVM390_PROT_ACCESS_LIST, pgm) : 0;
}

static int logical_init(Logical *l, Kvm390Pgm *pgm)
{
    const Kvm390View *v = l->view;
    int rc = 0;

    l->access = l->req->store ? KVM390_STORE : KVM390_FETCH;
    l->cr0 = v->cr[0];
    l->dat = v->psw_mask & PSW_DAT;
    if (l->dat) {
        rc = choose_space(l, pgm);
        l->private_space = l->asce & KVM390_ASCE_PRIVATE;
        l->features.edat1 = v->edat1 && (l->cr0 & CR0_EDAT);
        l->features.edat2 = v->edat2 && l->features.edat1;
    }
    return rc;
}

/* Effective address @ea to an absolute address that has memory behind it. */
static int translate_page(const Logical *l, uint64_t ea, uint64_t *abs,
                          Kvm390Pgm *pgm)
{
    Kvm390DatFrame frame = { .addr = ea };
    int rc;

    if (l->req->store &&
        kvm390_low_address_protected(l->cr0, l->private_space, ea)) {
        return fill_exception(l, KVM390_PGM_PROTECTION, ea,
                              KVM390_PROT_LOW_ADDRESS, pgm);
    }
    if (l->dat) {
        rc = kvm390_dat_walk(ea, l->asce, &l->features, kvm390_mem_fetch8,
                             l->mem, &frame);
        if (rc) {
            return fill_exception(l, rc, ea, KVM390_PROT_NONE, pgm);
        }
        if (l->req->store && frame.protect) {
            return fill_exception(l, KVM390_PGM_PROTECTION, ea, KVM390_PROT_DAT,
                                  pgm);
        }
    }
    *abs = frame.absolute ? frame.addr
                          : kvm390_real_to_absolute(frame.addr,
                                                    l->view->prefix);
    if (!kvm390_mem_host(l->mem, *abs, l->req->store)) {
        return fill_exception(l, KVM390_PGM_ADDRESSING, ea, KVM390_PROT_NONE,
                              pgm);
    }
    return 0;
}

static bool key_permits(const Logical *l, uint64_t abs, uint64_t ea,
                        uint32_t len)
{
    Kvm390Mem *mem = l->mem;

    return l->req->key == 0 ||
           kvm390_cpu_access_permits(l->req->key,
                                     mem->ops->key(mem->opaque, abs),
                                     l->access, l->cr0, l->private_space,
                                     ea, len);
}

/* Page by page: translation, then key. */
static int check_pages(const Logical *l, Kvm390Pgm *pgm)
{
    uint64_t ea = l->req->addr, abs;
    uint32_t left = l->req->len, len;
    int rc;

    for (; left; left -= len, ea += len) {
        ea = kvm390_effective(l->view->psw_mask, ea);
        len = bytes_in_page(ea, left);
        rc = translate_page(l, ea, &abs, pgm);
        if (rc) {
            return rc;
        }
        if (!key_permits(l, abs, ea, len)) {
            return fill_exception(l, KVM390_PGM_PROTECTION, ea, KVM390_PROT_KEY,
                                  pgm);
        }
    }
    return 0;
}

/* First all translations; pages[] receives an absolute address for each. */
static int translate_pages(const Logical *l, uint64_t *pages, Kvm390Pgm *pgm)
{
    uint64_t ea = l->req->addr;
    uint32_t left = l->req->len, len;
    int rc;

    for (; left; left -= len, ea += len) {
        ea = kvm390_effective(l->view->psw_mask, ea);
        len = bytes_in_page(ea, left);
        rc = translate_page(l, ea, pages++, pgm);
        if (rc) {
            return rc;
        }
    }
    return 0;
}

/*
 * Then the keys, page by page: how many bytes from the start may be accessed.
 * If that is not all, *@rc and @pgm tell why.
 */
static uint32_t permitted_logical(const Logical *l, const uint64_t *pages,
                                  int *rc, Kvm390Pgm *pgm)
{
    uint64_t ea = l->req->addr;
    uint32_t done = 0, len;

    *rc = 0;
    for (; done < l->req->len; done += len, ea += len, pages++) {
        ea = kvm390_effective(l->view->psw_mask, ea);
        len = bytes_in_page(ea, l->req->len - done);
        if (!key_permits(l, *pages, ea, len)) {
            /* a store that got past its first page is terminated */
            *rc = fill_exception(l, KVM390_PGM_PROTECTION, ea,
                                 l->req->store && done ? KVM390_PROT_NONE
                                                  : KVM390_PROT_KEY, pgm);
            break;
        }
        if (!host_permits(l->mem, *pages, l->req->store)) {
            *rc = -EFAULT;
            break;
        }
    }
    return done;
}

/* Copy @len bytes; pages that follow each other in storage go as one. */
static void copy_pages(Kvm390Mem *mem, const uint64_t *pages, uint32_t len,
                       uint8_t *buf, bool store)
{
    uint32_t chunk, next;

    for (; len; len -= chunk, buf += chunk) {
        uint64_t start = *pages++;

        chunk = bytes_in_page(start, len);
        while (chunk < len && *pages == start + chunk) {
            next = bytes_in_page(*pages++, len - chunk);
            chunk += next;
        }
        copy_range(mem, start, chunk, buf, store);
    }
}

int kvm390_access_logical(Kvm390Mem *mem, const Kvm390View *view,
                          const Kvm390AccessReq *req, void *buf,
                          Kvm390Pgm *pgm)
{
    Logical l = { .mem = mem, .view = view, .req = req };
    uint64_t pages[MAX_PAGES];
    uint32_t permitted;
    int rc;

    assert(req->len > 0 && req->len <= KVM390_GACCESS_MAX && req->ar < 16);

    rc = logical_init(&l, pgm);
    if (rc) {
        return rc;
    }
    if (req->check_only) {
        return check_pages(&l, pgm);
    }
    rc = translate_pages(&l, pages, pgm);
    if (rc) {
        return rc;
    }
    permitted = permitted_logical(&l, pages, &rc, pgm);
    if (buf && (!rc || req->store)) {
        copy_pages(mem, pages, permitted, buf, req->store);
    }
    return rc;
}

/* As permitted_logical(), but whether there is memory is judged here, too. */
static uint32_t permitted_absolute(Kvm390Mem *mem, const Kvm390AccessReq *req,
                                   int *rc)
{
    const enum Kvm390Access access = req->store ? KVM390_STORE : KVM390_FETCH;
    uint64_t addr = req->addr;
    uint32_t done = 0, len;

    *rc = 0;
    for (; done < req->len; done += len, addr += len) {
        len = bytes_in_page(addr, req->len - done);
        if (!kvm390_mem_host(mem, addr, req->store)) {
            *rc = KVM390_PGM_ADDRESSING;
            break;
        }
        if (req->key &&
            !kvm390_key_permits(req->key, mem->ops->key(mem->opaque, addr),
                                access)) {
            *rc = KVM390_PGM_PROTECTION;
            break;
        }
        if (!req->check_only && !host_permits(mem, addr, req->store)) {
            *rc = -EFAULT;
            break;
        }
    }
    return done;
}

int kvm390_access_absolute(Kvm390Mem *mem, const Kvm390AccessReq *req,
                           void *buf)
{
    int rc;
    uint32_t permitted = permitted_absolute(mem, req, &rc);

    if (buf && !req->check_only && (!rc || req->store)) {
        copy_range(mem, req->addr, permitted, buf, req->store);
    }
    return rc;
}

/* @old receives what was found. */
static bool cmpxchg_host(Kvm390Mem *mem, uint8_t *host, uint32_t size,
                         void *old, const void *new)
{
#define CMPXCHG(type) do {                                              \
        type o, n;                                                      \
        bool same;                                                      \
        memcpy(&o, old, sizeof(o));                                     \
        memcpy(&n, new, sizeof(n));                                     \
        same = __atomic_compare_exchange_n((type *)host, &o, n, false,  \
                                           __ATOMIC_SEQ_CST,            \
                                           __ATOMIC_SEQ_CST);           \
        memcpy(old, &o, sizeof(o));                                     \
        return same;                                                    \
    } while (0)

    switch (size) {
    case 1:
        CMPXCHG(uint8_t);
    case 2:
        CMPXCHG(uint16_t);
    case 4:
        CMPXCHG(uint32_t);
    case 8:
        CMPXCHG(uint64_t);
    }
#undef CMPXCHG
    return mem->ops->cmpxchg16(mem->opaque, host, old, new);
}

int kvm390_cmpxchg_absolute(Kvm390Mem *mem, uint64_t addr, uint32_t size,
                            uint8_t key, void *old, const void *new,
                            bool *exchanged)
{
    uint8_t *host;

    *exchanged = false;
    /* Linux masks with size - 1 before it knows that size is a power of two */
    if (size == 0 || size > 16 || (addr & (size - 1))) {
        return -EINVAL;
    }
    host = kvm390_mem_host(mem, addr, true);
    if (!host) {
        return KVM390_PGM_ADDRESSING;
    }
    if (size & (size - 1)) {
        return -EINVAL;
    }
    if (key && !kvm390_key_permits(key, mem->ops->key(mem->opaque, addr),
                                   KVM390_STORE)) {
        memset(old, 0, size);
        return KVM390_PGM_PROTECTION;
    }
    if (!host_permits(mem, addr, true)) {
        return -EFAULT;
    }
    *exchanged = cmpxchg_host(mem, host, size, old, new);
    mem->ops->touched(mem->opaque, addr, size, *exchanged);
    return 0;
}
