/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Storage keys, key-controlled accesses and page states (PoP, "Control
 * Instructions"). Supervisor state.
 */
#ifndef GUEST_SKEY_H
#define GUEST_SKEY_H

#include "arch.h"

/* A storage key as ISKE and SSKE see it. */
#define SKEY_ACC(a)     ((a) << 4)
#define SKEY_F          0x08
#define SKEY_R          0x04
#define SKEY_C          0x02

/* SSKE's M3 */
#define SSKE_NQ         8
#define SSKE_MR         4
#define SSKE_MC         2
#define SSKE_MB         1

static inline uint8_t iske(uint64_t addr)
{
    uint64_t key = 0;

    asm volatile("iske %0,%1" : "+d" (key) : "a" (addr) : "memory");
    return key;
}

static inline void sske(uint64_t addr, uint8_t key)
{
    asm volatile("sske %0,%1" : : "d" ((uint64_t)key), "a" (addr) : "memory");
}

/*
 * SSKE with a mask, which must be a constant. *@r1 and *@r2 are the registers
 * before and after; the condition code (which only MR and MC make it set;
 * without them it is that of before: 0).
 */
#define sske_m3(r1, r2, m3) ({                                          \
    uint64_t *r1_ = (r1), *r2_ = (r2);                                  \
    int cc_;                                                            \
    asm volatile(                                                       \
        "   cr      0,0\n"                                              \
        "   .insn   rrf,0xb22b0000,%[a],%[b],%[m],0\n"                  \
        CC_GET                                                          \
        : [cc] "=d" (cc_), [a] "+d" (*r1_), [b] "+a" (*r2_)             \
        : [m] "i" (m3) : "cc", "memory");                               \
    cc_;                                                                \
})

/* The condition code: the R and C bits before; R is reset. */
static inline int rrbe(uint64_t addr)
{
    int cc;

    asm volatile("rrbe 0,%[addr]\n" CC_GET
                 : [cc] "=d" (cc) : [addr] "a" (addr) : "cc", "memory");
    return cc;
}

/* RRBM (facility 66) and IRBM (facility 145): R of 64 pages. */
static inline uint64_t rrbm(uint64_t addr)
{
    uint64_t bits;

    asm volatile(".insn rre,0xb9ae0000,%0,%1"
                 : "=d" (bits) : "a" (addr) : "memory");
    return bits;
}

static inline uint64_t irbm(uint64_t addr)
{
    uint64_t bits;

    asm volatile(".insn rre,0xb9ac0000,%0,%1"
                 : "=d" (bits) : "a" (addr) : "memory");
    return bits;
}

/* The key without R and C of the virtual address @addr. */
static inline uint8_t ivsk(uint64_t addr)
{
    uint64_t key = 0;

    asm volatile("ivsk %0,%1" : "+d" (key) : "a" (addr) : "memory");
    return key;
}

/* TEST PROTECTION under @key (0-15); the condition code. */
static inline int tprot(uint64_t addr, uint8_t key)
{
    int cc;

    asm volatile("tprot 0(%[addr]),0(%[key])\n" CC_GET
                 : [cc] "=d" (cc)
                 : [addr] "a" (addr), [key] "a" ((uint64_t)key << 4)
                 : "cc", "memory");
    return cc;
}

/*
 * Sets the PSW key. Under a key other than 0 C code may not be able to use its
 * stack: rather use the keyed accesses below.
 */
static inline void spka(uint8_t key)
{
    asm volatile("spka 0(%0)" : : "a" ((uint64_t)key << 4) : "memory");
}

/*
 * Loads and stores with @key as the PSW key for just that instruction. Both
 * resume behind a program interruption with key 0.
 */
static inline uint8_t key_load8(uint8_t key, const volatile void *addr)
{
    uint64_t v = 0;

    asm volatile(
        "   spka    0(%[key])\n"
        "   ic      %[v],0(%[addr])\n"
        "   spka    0\n"
        : [v] "+d" (v)
        : [key] "a" ((uint64_t)key << 4), [addr] "a" (addr) : "memory");
    return v;
}

static inline void key_store8(uint8_t key, volatile void *addr, uint8_t v)
{
    asm volatile(
        "   spka    0(%[key])\n"
        "   stc     %[v],0(%[addr])\n"
        "   spka    0\n"
        : : [v] "d" (v), [key] "a" ((uint64_t)key << 4), [addr] "a" (addr)
        : "memory");
}

static inline uint64_t key_load64(uint8_t key, const volatile void *addr)
{
    uint64_t v = 0;

    asm volatile(
        "   spka    0(%[key])\n"
        "   lg      %[v],0(%[addr])\n"
        "   spka    0\n"
        : [v] "+d" (v)
        : [key] "a" ((uint64_t)key << 4), [addr] "a" (addr) : "memory");
    return v;
}

static inline void key_store64(uint8_t key, volatile void *addr, uint64_t v)
{
    asm volatile(
        "   spka    0(%[key])\n"
        "   stg     %[v],0(%[addr])\n"
        "   spka    0\n"
        : : [v] "d" (v), [key] "a" ((uint64_t)key << 4), [addr] "a" (addr)
        : "memory");
}

/* PFMF's first operand */
#define PFMF_SK         0x20000UL   /* set key */
#define PFMF_CF         0x10000UL   /* clear frame */
#define PFMF_NQ         0x00800UL   /* non-quiescing */
#define PFMF_4K         0x00000UL
#define PFMF_1M         0x01000UL
#define PFMF_2G         0x02000UL
#define PFMF_MR         0x00400UL
#define PFMF_MC         0x00200UL

/* PERFORM FRAME MANAGEMENT FUNCTION; the second operand register after. */
static inline uint64_t pfmf(uint64_t control, uint64_t addr)
{
    asm volatile(".insn rre,0xb9af0000,%[c],%[addr]"
                 : [addr] "+a" (addr) : [c] "d" (control) : "cc", "memory");
    return addr;
}

/* The same for call_under(), in any state and under any key. */
static inline void leaf_ipk(uint64_t unused)
{
    asm volatile("ipk" : : : "2");
}

static inline void leaf_pfmf(uint64_t addr)
{
    asm volatile("   lghi    0,0\n   .insn   rre,0xb9af0000,0,%0"
                 : : "a" (addr) : "0");
}

static inline void leaf_rrbm(uint64_t addr)
{
    asm volatile(".insn rre,0xb9ae0000,0,%0" : : "a" (addr) : "0");
}

static inline void leaf_irbm(uint64_t addr)
{
    asm volatile(".insn rre,0xb9ac0000,0,%0" : : "a" (addr) : "0");
}

/* ESSA's orders and the states it returns */
#define ESSA_GET                    0
#define ESSA_STABLE                 1
#define ESSA_UNUSED                 2
#define ESSA_VOLATILE               3
#define ESSA_POTENTIALLY_VOLATILE   4
#define ESSA_STABLE_RESIDENT        5
#define ESSA_STABLE_IF_RESIDENT     6
#define ESSA_STABLE_NODAT           7

#define ESSA_NODAT                  0x20
#define ESSA_EXCEPTION              0x10
#define ESSA_USAGE                  0x0c
#define ESSA_CONTENT                0x03

/*
 * EXTRACT AND SET STORAGE ATTRIBUTES with a constant order; the state
 * before.
 */
#define essa(addr, order) ({                                            \
    uint64_t state_ = -1UL;                                             \
    asm volatile(".insn rrf,0xb9ab0000,%0,%1,%2,0"                      \
                 : "+d" (state_) : "a" ((uint64_t)(addr)), "i" (order)  \
                 : "memory");                                           \
    state_;                                                             \
})

/* LOAD REAL ADDRESS; the register after, and the condition code. */
static inline uint64_t lra(uint64_t addr, int *cc_out)
{
    uint64_t real;
    int cc;

    asm volatile("lrag %[real],0(%[addr])\n" CC_GET
                 : [cc] "=&d" (cc), [real] "=&d" (real) : [addr] "a" (addr)
                 : "cc", "memory");
    if (cc_out) {
        *cc_out = cc;
    }
    return real;
}

#endif
