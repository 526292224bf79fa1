/*
 * The rules of collaborative memory management (CMMA), as plain functions
 *
 * What an ESSA order makes of a page, which page states an ioctl may set,
 * what DIAG 10 releases, and which error a request earns. No state is kept
 * here: the guest's instruction, the ioctls and the monitor all reach these
 * through the page states of cmma.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CMMA_RULES_H
#define KVM390_CMMA_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include "kvm390/include/limits.h"

/* A page's value byte, as GET_CMMA_BITS and SET_CMMA_BITS carry it. */
#define KVM390_CMMA_USAGE           0x03
#define KVM390_CMMA_STABLE          0x00
#define KVM390_CMMA_UNUSED          0x01
#define KVM390_CMMA_POT_VOLATILE    0x02
#define KVM390_CMMA_VOLATILE        0x03
#define KVM390_CMMA_NODAT           0x40
#define KVM390_CMMA_VALUE           (KVM390_CMMA_USAGE | KVM390_CMMA_NODAT)

/* Flags and limits of the ioctls (Linux, linux/kvm.h and api.rst). */
#define KVM390_CMMA_PEEK            1
/* Longest stretch of clean pages that GET_CMMA_BITS sends along. */
#define KVM390_CMMA_MAX_GAP         16

/* What the page holds, as ESSA reports it. */
typedef enum Kvm390Content {
    KVM390_CONTENT_RESIDENT = 0,    /* in host memory */
    KVM390_CONTENT_PRESERVED = 2,   /* kept elsewhere by the host */
    KVM390_CONTENT_ZERO = 3,        /* given back: reads as zeros */
} Kvm390Content;

enum {
    KVM390_ESSA_GET = 0,
    KVM390_ESSA_STABLE,
    KVM390_ESSA_UNUSED,
    KVM390_ESSA_VOLATILE,
    KVM390_ESSA_POT_VOLATILE,
    KVM390_ESSA_STABLE_RESIDENT,
    KVM390_ESSA_STABLE_IF_RESIDENT,
    KVM390_ESSA_STABLE_NODAT,
};

/* ESSA's result for a page that is not there: nothing was done. */
#define KVM390_ESSA_EXCEPTION       0x10

typedef struct Kvm390EssaStep {
    uint8_t value;          /* the page's value byte afterwards */
    bool release;           /* the host may take the content away */
    bool make_resident;     /* the page is to be in host memory afterwards */
} Kvm390EssaStep;

/**
 * kvm390_essa_step: what an ESSA order makes of a page
 * @order: the operation request code, 0 to kvm390_essa_last_order()
 * @value: the page's value byte; bits outside KVM390_CMMA_VALUE are ignored
 * @content: where the page's content is
 * @changed: for a page that is preserved: was it stored into since the guest
 *           last took note (guest change indication)
 *
 * An order other than KVM390_ESSA_GET counts as a change in the log of page
 * states even where the value stays as it was. Any context. (Seed 002; KVM,
 * dat_perform_essa(): where KVM takes back only what is already paged out,
 * release here also asks for the content of a resident unused page.)
 */
Kvm390EssaStep kvm390_essa_step(unsigned order, uint8_t value,
                                Kvm390Content content, bool changed);

/**
 * kvm390_essa_result: the state word ESSA puts into its first register
 * @value: the page's value byte before the order
 * @content: where its content was
 */
uint64_t kvm390_essa_result(uint8_t value, Kvm390Content content);

/**
 * kvm390_essa_last_order: the last order that is not a specification exception
 * @nodat: does the guest have facility 147
 */
unsigned kvm390_essa_last_order(bool nodat);

/**
 * kvm390_cmma_masked_value: what SET_CMMA_BITS makes of a byte and its mask
 * @byte: the byte in the buffer
 * @mask: the ioctl's mask, in whose bits 24 to 31 (from the right) it counts
 *
 * Returns a value byte. A bit outside the mask becomes 0.
 */
uint8_t kvm390_cmma_masked_value(uint8_t byte, uint64_t mask);

/**
 * kvm390_cmma_get_check: may GET_CMMA_BITS go on
 * @enabled: is CMMA enabled
 * @migration: is migration mode on
 * @used: did the guest, or SET_CMMA_BITS, ever use CMMA
 * @dirty: number of pages in the log
 * @flags: the ioctl's flags
 * @count: the ioctl's count
 *
 * Returns 1 to go on, 0 if the answer is a struct of zeros, -ENXIO or -EINVAL.
 */
int kvm390_cmma_get_check(bool enabled, bool migration, bool used,
                          uint64_t dirty, uint32_t flags, uint32_t count);

/**
 * kvm390_cmma_set_check: may SET_CMMA_BITS go on
 * @enabled: is CMMA enabled
 * @flags: the ioctl's flags
 * @count: the ioctl's count
 *
 * Returns 1 to go on and read the buffer, 0 if there is nothing to do, -ENXIO
 * or -EINVAL.
 */
int kvm390_cmma_set_check(bool enabled, uint32_t flags, uint32_t count);

/**
 * kvm390_cmma_enable_check: may ENABLE_CMMA go on
 * @vcpus: number of vCPUs created so far
 *
 * Returns 0 or -EBUSY.
 */
int kvm390_cmma_enable_check(unsigned vcpus);

/**
 * kvm390_migration_start_check: may migration mode begin
 * @on: is it on already
 * @cmma: is CMMA enabled
 * @slots: number of memory slots
 * @unlogged: number of those without dirty logging
 *
 * Returns 1 to go on, 0 if it is on already, or -EINVAL.
 */
int kvm390_migration_start_check(bool on, bool cmma, unsigned slots,
                                 unsigned unlogged);

/* kvm390_mem_limit_check: no limit has been set (KVM_S390_NO_MEM_LIMIT). */
#define KVM390_NO_MEM_LIMIT         UINT64_MAX

/**
 * kvm390_mem_limit_check: may LIMIT_SIZE set a limit
 * @limit: the new limit in bytes; rounded up here to a multiple of 1 MiB
 * @present: the limit in force, or KVM390_NO_MEM_LIMIT
 * @vcpus: number of vCPUs created so far
 * @slots_end: guest address behind the highest memory slot, 0 without slots
 *
 * Returns 0, -E2BIG, -EINVAL or -EBUSY.
 */
int kvm390_mem_limit_check(uint64_t *limit, uint64_t present, unsigned vcpus,
                           uint64_t slots_end);

/* A stretch of pages: guest frame numbers @first to @end - 1. */
typedef struct Kvm390GfnRange {
    uint64_t first;
    uint64_t end;
} Kvm390GfnRange;

#define KVM390_DIAG10_RANGES        4

/**
 * kvm390_diag10_ranges: the pages that DIAG 10 releases
 * @start: the first register: absolute address of the first page
 * @last: the second register: absolute address of the last page
 * @prefix: the CPU's prefix
 * @ranges: where to put up to KVM390_DIAG10_RANGES stretches, none empty
 *
 * Returns the number of stretches, or -1 for a specification exception. (KVM,
 * diag_release_pages().)
 */
int kvm390_diag10_ranges(uint64_t start, uint64_t last, uint64_t prefix,
                         Kvm390GfnRange ranges[KVM390_DIAG10_RANGES]);

#endif /* KVM390_CMMA_RULES_H */
