/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSW, control registers and the general privileged instructions.
 * All functions are for the supervisor state unless they say otherwise.
 */
#ifndef GUEST_ARCH_H
#define GUEST_ARCH_H

#include "types.h"

#define PSW_DAT         (1UL << 58)
#define PSW_IO          (1UL << 57)
#define PSW_EXT         (1UL << 56)
#define PSW_KEY(k)      ((uint64_t)(k) << 52)
#define PSW_KEY_MASK    PSW_KEY(15)
#define PSW_MCHECK      (1UL << 50)
#define PSW_WAIT        (1UL << 49)
#define PSW_PROBLEM     (1UL << 48)
#define PSW_PRIMARY     (0UL << 46)
#define PSW_AR          (1UL << 46)
#define PSW_SECONDARY   (2UL << 46)
#define PSW_HOME        (3UL << 46)
#define PSW_AS_MASK     (3UL << 46)
#define PSW_CC_MASK     (3UL << 44)
#define PSW_64          0x180000000UL
/* The library's own: supervisor, key 0, DAT off, 64-bit, disabled. */
#define PSW_LIBRARY     PSW_64

#define CR0_LOW_ADDRESS_PROTECTION  (1UL << (63 - 35))
#define CR0_EXTRACTION_AUTHORITY    (1UL << (63 - 36))
#define CR0_SECONDARY_SPACE         (1UL << (63 - 37))
#define CR0_FETCH_OVERRIDE          (1UL << (63 - 38))
#define CR0_STORAGE_OVERRIDE        (1UL << (63 - 39))
#define CR0_EDAT                    (1UL << (63 - 40))
#define CR0_AFP                     (1UL << (63 - 45))
#define CR0_VECTOR                  (1UL << (63 - 46))
#define CR0_EMERGENCY_SIGNAL        (1UL << (63 - 49))
#define CR0_EXTERNAL_CALL           (1UL << (63 - 50))
#define CR0_CLOCK_COMPARATOR        (1UL << (63 - 52))
#define CR0_CPU_TIMER               (1UL << (63 - 53))
#define CR0_SERVICE_SIGNAL          (1UL << (63 - 54))
#define CR0_IEP                     (1UL << (63 - 43))

/* cr_get(n), cr_set(n, value): n must be a constant. */
#define cr_get(n) ({                                            \
    uint64_t cr_;                                               \
    asm volatile("stctg %1,%1,%0" : "=S" (cr_) : "i" (n));      \
    cr_;                                                        \
})
#define cr_set(n, value) do {                                   \
    uint64_t cr_ = (value);                                     \
    asm volatile("lctlg %1,%1,%0" : : "S" (cr_), "i" (n)        \
                 : "memory");                                   \
} while (0)
#define cr_or(n, bits)      cr_set(n, cr_get(n) | (bits))
#define cr_clear(n, bits)   cr_set(n, cr_get(n) & ~(bits))

/* ar_get(n), ar_set(n, value): access register n (a constant). Any state. */
#define ar_get(n) ({                                            \
    uint32_t ar_;                                               \
    asm volatile("ear %0,%%a" #n : "=d" (ar_));                 \
    ar_;                                                        \
})
#define ar_set(n, value)                                        \
    asm volatile("sar %%a" #n ",%0" : : "d" ((uint32_t)(value)))

/* The 64 mask bits of the current PSW. Problem state too. */
static inline uint64_t psw_mask(void)
{
    uint32_t high, low;

    asm volatile("epsw %0,%1" : "=&d" (high), "=&a" (low));
    return (uint64_t)high << 32 | low;
}

/* Goes on under another PSW mask. */
static inline void psw_set_mask(uint64_t mask)
{
    struct { uint64_t mask, addr; } psw = { mask, 0 };
    uint64_t tmp;

    asm volatile(
        "   larl    %[tmp],1f\n"
        "   stg     %[tmp],8(%[psw])\n"
        "   lpswe   0(%[psw])\n"
        "1:\n"
        : [tmp] "=&a" (tmp), "+m" (psw)
        : [psw] "a" (&psw) : "memory", "cc");
}

/* The PSW mask with another address space, DAT on. */
static inline void psw_set_as(uint64_t as)
{
    psw_set_mask((psw_mask() & ~PSW_AS_MASK) | PSW_DAT | as);
}

static inline uint32_t get_prefix(void)
{
    uint32_t p;

    asm volatile("stpx %0" : "=Q" (p));
    return p;
}

static inline void set_prefix(uint32_t p)
{
    asm volatile("spx %0" : : "Q" (p) : "memory");
}

static inline uint16_t get_cpu_address(void)
{
    uint16_t a;

    asm volatile("stap %0" : "=Q" (a));
    return a;
}

/* The TOD clock; bit 51 is one microsecond. Any state. */
static inline uint64_t tod(void)
{
    uint64_t t;

    asm volatile("stck %0" : "=Q" (t) : : "cc");
    return t;
}

/*
 * When the clock-comparator interruption is due (CR0_CLOCK_COMPARATOR admits
 * it); -1UL: never.
 */
static inline void set_clock_comparator(uint64_t t)
{
    asm volatile("sckc %0" : : "Q" (t));
}

#define TOD_US      (1UL << 12)
#define TOD_MS      (1000 * TOD_US)
#define TOD_SECOND  (1000 * TOD_MS)

/* Lets another CPU run on a host with few. */
static inline void cpu_relax(void)
{
    asm volatile("diag 0,0,0x44" : : : "memory");
}

static inline void barrier(void)
{
    asm volatile("bcr 15,0" : : : "memory");
}

/* Purges this CPU's TLB. */
static inline void ptlb(void)
{
    asm volatile("ptlb" : : : "memory");
}

/* Compare and swap; the value found. Any state. */
static inline uint32_t cas32(uint32_t *p, uint32_t old, uint32_t new)
{
    asm volatile("cs %0,%2,%1" : "+d" (old), "+Q" (*p) : "d" (new)
                 : "cc", "memory");
    return old;
}

static inline uint64_t cas64(uint64_t *p, uint64_t old, uint64_t new)
{
    asm volatile("csg %0,%2,%1" : "+d" (old), "+S" (*p) : "d" (new)
                 : "cc", "memory");
    return old;
}

/* Adds and returns the value before. */
static inline uint32_t fetch_add32(uint32_t *p, uint32_t n)
{
    uint32_t old = *(volatile uint32_t *)p, found;

    while ((found = cas32(p, old, old + n)) != old) {
        old = found;
    }
    return old;
}

static inline uint64_t fetch_add64(uint64_t *p, uint64_t n)
{
    uint64_t old = *(volatile uint64_t *)p, found;

    while ((found = cas64(p, old, old + n)) != old) {
        old = found;
    }
    return old;
}

struct lock {
    uint32_t taken;
};

static inline void lock(struct lock *l)
{
    while (cas32(&l->taken, 0, 1)) {
        cpu_relax();
    }
}

static inline void unlock(struct lock *l)
{
    barrier();
    *(volatile uint32_t *)&l->taken = 0;
}

#define READ_ONCE(x)        (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)    (*(volatile typeof(x) *)&(x) = (v))

/* Facility bit @nr of STORE FACILITY LIST EXTENDED. Any state. */
bool facility(unsigned nr);

/* Makes the condition code of the preceding instruction an output. */
#define CC_GET              "   ipm %[cc]\n    srl %[cc],28\n"

/*
 * call_under - run @fn(@arg) under @mask
 *
 * @fn starts at its address under the PSW mask @mask (any state, key,
 * address space) on this stack and comes back by returning, by `svc`, by any
 * program interruption, or, if @mask admits them, by an external one; then
 * the caller goes on under its own mask. Returns the program-interruption
 * code (pgm_last() has the rest), CALL_EXTERNAL, or 0 for the others. Control
 * and access registers are the caller's to set and restore.
 * Under a non-zero key @fn cannot store to its stack: write it in assembler
 * or as a leaf that needs none. Real page 0 has to be mapped one to one in
 * the caller's address space. One at a time per CPU.
 */
#define CALL_EXTERNAL   0x10000
uint32_t call_under(uint64_t mask, void (*fn)(uint64_t), uint64_t arg);

/*
 * Into the problem state and back (by SVC), key and all else unchanged. C code
 * between them must not use the console or anything privileged.
 */
static inline void enter_problem_state(void)
{
    psw_set_mask(psw_mask() | PSW_PROBLEM);
}

static inline void leave_problem_state(void)
{
    asm volatile("svc 1" : : : "memory");
}

#endif
