/*
 * A guest that memory operations work on: tests/guest/memop-peer.c, driven by
 * the mailbox in its storage
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_QTEST_MEMOP_GUEST_H
#define KVM390_QTEST_MEMOP_GUEST_H

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "tests/qtest/libqtest.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"

#define MEMORY      (128 * MiB)
#define PAGE        4096u

/* The mailbox, as in memop-peer.c */
#define MAILBOX     0x8000ull
#define READY       0x4d454d4f50454552ull
enum { RUN_UNDER = 1, SET_KEY, GET_KEY, COUNT, CALL, GET_PREFIX };
enum {
    MB_READY = 0, MB_NUMBER = 8, MB_COMMAND = 16, MB_RELEASE = 24,
    MB_DONE = 32, MB_RESULT = 40, MB_TEID = 48, MB_ACCESS_ID = 56, MB_ILC = 64,
    MB_ARG = 128, MB_PSW_MASK = 160, MB_CR0 = 168, MB_CR1 = 176, MB_CR2 = 184,
    MB_CR5 = 192, MB_CR7 = 200, MB_CR8 = 208, MB_CR13 = 216, MB_AR5 = 224,
    MB_UNDER = 232,
};

#define PSW_DAT         (1ull << 58)
#define PSW_EXT         (1ull << 56)
#define PSW_WAIT        (1ull << 49)
#define PSW_AS(n)       ((uint64_t)(n) << 46)
#define PSW_64          0x180000000ull
#define PSW_31          0x080000000ull
#define PSW_24          0ull
#define CR0_LOW_ADDRESS         (1ull << (63 - 35))
#define CR0_SECONDARY           (1ull << (63 - 37))
#define CR0_FETCH_OVERRIDE      (1ull << (63 - 38))
#define CR0_STORAGE_OVERRIDE    (1ull << (63 - 39))

enum { PROTECTION = 4, ADDRESSING = 5, PAGE_TRANSLATION = 0x11 };

extern QTestState *qts;
extern uint64_t command_number;     /* of the peer's last command */

/* One memory operation; what is left out is 0 or absent. */
typedef struct Op {
    const char *op;
    uint64_t addr;
    uint32_t size;
    const void *data, *old;
    bool vcpu, keyed, check, inject;
    int cpu, key, ar;
} Op;

typedef struct Outcome {
    int error;              /* errno */
    int code;               /* program interruption */
    uint64_t teid;
    int access_id;
    bool exchanged;
    uint8_t *bytes;         /* read, or found */
} Outcome;

static inline void outcome_clear(Outcome *o)
{
    g_free(o->bytes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

/*
 * Three spaces, alike but for the page at VA 0x900000: a segment table at
 * 0x400000 * n with page tables behind it maps 16 MiB one to one, and the
 * last segment of 2 GiB (and of 16 MiB) to the same.
 */
#define SPACES          3
#define SPACE(n)        (0x400000ull + (n) * 0x10000)
#define PTE(n, va)      (SPACE(n) + 0x4000 + (va) / PAGE * 8)
#define WINDOW          0x900000ull
#define FRAME(n)        (0xa00000ull + (n) * 0x10000)
#define UNMAPPED        0xb00000ull
#define WRITE_PROTECTED 0xc00000ull
#define NO_FRAME        0xd00000ull

/* Runs a memory operation; memop(op, addr, size, ...) is the short form. */
Outcome memop_(const Op *op);
#define memop(...) memop_(&(Op) { __VA_ARGS__ })

/* The program interruption code, or minus errno. */
int result_(const Op *op);
#define result(...) result_(&(Op) { __VA_ARGS__ })

/* Absolute storage of the guest; put8() and get8() take a 64-bit number. */
void write_absolute(uint64_t addr, const void *data, uint32_t size);
void read_absolute(uint64_t addr, void *data, uint32_t size);
void put8(uint64_t addr, uint64_t value);
uint64_t get8(uint64_t addr);

/* Waits until the number at @addr is @value. */
void wait_for(uint64_t addr, uint64_t value);

/* Fills storage with @byte, and looks whether it is filled so. */
void fill(uint64_t addr, uint8_t byte, uint32_t size);
bool holds(uint64_t addr, uint8_t byte, uint32_t size);

/* Starts a machine with the peer as its program; start() waits for it, too. */
void launch(const char *options);
void start(const char *options);

/* Ends the machine. */
void stop(void);

/* Lets the peer begin a command; its arguments are in place. */
void begin(uint64_t command);

/* Lets the peer end a command that takes its time, and gives its result. */
uint64_t finish(void);

/* Begins a command, waits for its end, and gives its result. */
uint64_t ask(uint64_t command, uint64_t arg0, uint64_t arg1);

/* A page's storage key, set and read by the guest. */
void set_key(uint64_t addr, uint8_t key);
uint8_t get_key(uint64_t addr);

/* Makes the spaces, and the arguments of RUN_UNDER for them. */
void make_spaces(void);

/* Puts the guest's CPU under a PSW with @psw_mask. */
void enter(uint64_t psw_mask);

#endif
