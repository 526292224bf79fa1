/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine the program runs on: console, arguments, memory, end. */
#ifndef GUEST_MACHINE_H
#define GUEST_MACHINE_H

#include "types.h"

/* Prints a line of at most 500 characters on the SCLP line-mode console. */
void console_line(const char *s);

/* "kvm390", "tcg" or "hercules", as the runner says (accel=...). */
const char *machine_name(void);
static inline bool on_hercules(void)
{
    return !strcmp(machine_name(), "hercules");
}
static inline bool on_kvm390(void)
{
    return !strcmp(machine_name(), "kvm390");
}

/*
 * The value of NAME=VALUE among the runner's arguments (args= in the
 * program's guest-test line, accel and smp always), or @otherwise.
 */
const char *argument(const char *name, const char *otherwise);
uint64_t argument_number(const char *name, uint64_t otherwise);

/* Bytes of main storage, from 0 on. */
uint64_t memory_size(void);

/* The first address behind the image and what was allocated so far. */
uint64_t memory_free(void);

/*
 * Zeroed storage, never freed; @align is a power of two. Bails out if none
 * is left.
 */
void *memory_alloc(uint64_t size, uint64_t align);
static inline void *page_alloc(uint64_t pages)
{
    return memory_alloc(pages * PAGE_SIZE, PAGE_SIZE);
}

/*
 * SERVICE CALL with @sccb (a page, its header filled in) and @command; waits
 * for it and takes its interruption. Returns the condition code.
 */
int service_call(uint32_t command, void *sccb);

#define WAIT_DONE           0xfff       /* the TAP output tells the result */
#define WAIT_DOUBLE_FAULT   0xbad001

/* Stops every other CPU and loads a disabled wait PSW with @address. */
noreturn void machine_stop(uint64_t address);

#endif
