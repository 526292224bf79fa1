/*
 * A map of guest memory: what many pages look like, in few cells
 *
 * The range that is shown is cut into cells of a power of two of pages, each
 * with its storage key, page state and how much of it the host holds. A cell
 * shows what most of its pages are; R and C are shown if any page has them.
 *
 * What a map costs is bounded: of a cell with more pages than its share of
 * KVM390_MAP_LOOKS only some are looked at, in stretches that are spread
 * evenly over the cell. The answer says how many.
 *
 * Plain functions over plain values. Any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_MAP_H
#define KVM390_MAP_H

#include <stdbool.h>
#include <stdint.h>
#include "kvm390/include/gfnset.h"

/* The most cells of one map: its text stays below 1 MiB. */
#define KVM390_MAP_CELLS    8192
/* The most pages that one map looks at. */
#define KVM390_MAP_LOOKS    (1u << 20)
/* Pages that are looked at side by side. */
#define KVM390_MAP_STRETCH  64
/* A cell's largest number of pages, as a power of two. */
#define KVM390_MAP_SHIFT    40
/* Kvm390MapCell.resident when all pages are in host memory. */
#define KVM390_MAP_RESIDENT 8

/* How a range is cut. */
typedef struct Kvm390MapPlan {
    uint64_t first;         /* gfn of the first cell's first page, aligned */
    uint32_t cells;         /* how many */
    unsigned shift;         /* a cell is 2^shift pages */
    uint64_t looks;         /* pages looked at in each cell, a power of two */
} Kvm390MapPlan;

/* Kvm390MapCell.mixed: pages differ in this. */
#define KVM390_MAP_MIXED_KEY    0x01    /* access key or F */
#define KVM390_MAP_MIXED_STATE  0x02
#define KVM390_MAP_MIXED_MEMORY 0x04    /* some of it is no memory */

typedef struct Kvm390MapCell {
    bool memory;            /* false: nothing of it is; the rest is 0 then */
    uint8_t key;            /* ACC and F of most pages; R, C of any */
    uint8_t state;          /* state byte of most pages (cmma.h) */
    uint8_t resident;       /* 0 none, 8 all, 1-7 some, in eighths */
    uint8_t mixed;
} Kvm390MapCell;

#define KVM390_MAP_STATES   16

/* The pages of one cell, counted; all zero to begin with. */
typedef struct Kvm390MapCount {
    uint32_t looked;        /* pages, memory or not */
    uint32_t memory;
    uint32_t resident;
    uint8_t rc;
    uint32_t key[32];       /* by ACC and F */
    uint32_t state[KVM390_MAP_STATES];
} Kvm390MapCount;

/**
 * kvm390_map_plan: cut a range into cells
 * @plan: set to the plan
 * @first: first page of the range, below 2^52
 * @pages: its length in pages, at least 1
 * @shift: a cell is to be 2^@shift pages, up to KVM390_MAP_SHIFT; negative for
 *         the smallest that needs no more than KVM390_MAP_CELLS cells
 *
 * The range is extended to whole cells. Returns 0; -EINVAL if the range is
 * empty or beyond 2^52, or @shift is too large; -E2BIG if it needs too many
 * cells.
 */
int kvm390_map_plan(Kvm390MapPlan *plan, uint64_t first, uint64_t pages,
                    int shift);

/**
 * kvm390_map_stretch: the pages of a cell that are looked at together
 * @plan: the plan
 * @cell: the cell, below @plan->cells
 * @n: number of the stretch, from 0
 * @range: set to its pages
 *
 * Returns false if the cell has no such stretch.
 */
bool kvm390_map_stretch(const Kvm390MapPlan *plan, uint32_t cell, uint32_t n,
                        Kvm390GfnRange *range);

/**
 * kvm390_map_hole: count pages that are no memory
 */
void kvm390_map_hole(Kvm390MapCount *count, uint32_t pages);

/**
 * kvm390_map_page: count a page
 * @count: of its cell
 * @key: its storage key
 * @state: its state byte (cmma.h)
 * @resident: it is in host memory
 */
void kvm390_map_page(Kvm390MapCount *count, uint8_t key, uint8_t state,
                     bool resident);

/**
 * kvm390_map_cell: what a cell looks like
 */
Kvm390MapCell kvm390_map_cell(const Kvm390MapCount *count);

/**
 * kvm390_map_same: whether two cells look alike, so are one run
 */
bool kvm390_map_same(const Kvm390MapCell *a, const Kvm390MapCell *b);

#endif /* KVM390_MAP_H */
