/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 manual=yes */
/*
 * The guest's side of the tests of memory operations (tests/qtest): puts the
 * CPU into a state that the host asks for and stays there while the host looks
 * at it, sets and tells storage keys, and counts in competition with the host.
 *
 * The host writes a command to the mailbox by memory operations of the VM and
 * then its number; the guest repeats the number when it is done. All fields
 * are 8 bytes. tests/qtest/memop-guest.h has the same layout.
 */
#include "guest.h"

#define MAILBOX 0x8000UL        /* a page that nothing else uses */
#define READY   0x4d454d4f50454552UL

enum {
    RUN_UNDER = 1,      /* stay under psw_mask until release, with CRs, AR 5 */
    SET_KEY,            /* arg: address, key */
    GET_KEY,            /* arg: address; result: key */
    COUNT,              /* arg: address, size, CPUs; result: how often */
    CALL,               /* arg: address of code; result: what it returns */
    GET_PREFIX,         /* arg: CPU; result: its prefix area */
};

struct mailbox {
    uint64_t ready;
    uint64_t number;
    uint64_t command;
    uint64_t release;
    uint64_t done;
    uint64_t result;
    uint64_t teid;
    uint64_t access_id;
    uint64_t ilc;
    uint64_t reserved[7];
    /* arguments, at 128 */
    uint64_t arg[4];
    uint64_t psw_mask;
    uint64_t cr0, cr1, cr2, cr5, cr7, cr8, cr13;
    uint64_t ar5;
    uint64_t under;             /* the guest is in that state */
    uint64_t cr0_before;
};

static struct mailbox *const mb = (struct mailbox *)MAILBOX;

/* Any state: no stack, and only what is mapped one to one. */
static void wait_for_release(uint64_t arg)
{
    struct mailbox *m = (struct mailbox *)arg;

    /* here, for the library does without low-address protection */
    asm volatile("lctlg 0,0,%0" : : "S" (m->cr0) : "memory");
    WRITE_ONCE(m->under, READ_ONCE(m->number));
    while (!READ_ONCE(m->release)) {
    }
    asm volatile("lctlg 0,0,%0" : : "S" (m->cr0_before) : "memory");
}

/*
 * On CPU 1 while CPU 0 stays in its state: arg[1] is a page-table entry, by
 * which the host stores into the frame that it designates. After the entry is
 * invalidated nobody may. arg[2] counts the rounds, arg[3] the mistakes.
 */
static void invalidate_again_and_again(void *unused)
{
    uint64_t *pte = (uint64_t *)mb->arg[1], entry = *pte;
    volatile uint64_t *frame = (uint64_t *)(entry & ~0xfffUL);
    uint64_t va = ((uint64_t)pte & 0x7ff) / 8 * PAGE_SIZE;
    uint64_t table = (uint64_t)pte & ~0x7ffUL, seen;

    while (!READ_ONCE(mb->release)) {
        WRITE_ONCE(*pte, entry);
        seen = *frame;
        for (int i = 0; i < 20000 && *frame == seen; i++) {
            barrier();
        }
        asm volatile("ipte %0,%1" : : "a" (table), "a" (va) : "memory");
        /* whatever the host stores is something else */
        seen = *frame = ~READ_ONCE(mb->arg[2]);
        for (int i = 0; i < 2000; i++) {
            barrier();
            if (*frame != seen) {
                WRITE_ONCE(mb->arg[3], mb->arg[3] + 1);
                seen = *frame;
            }
        }
        WRITE_ONCE(mb->arg[2], mb->arg[2] + 1);
    }
}

static void run_under(void)
{
    uint64_t race = mb->arg[0];

    if (race) {
        smp_start(1, invalidate_again_and_again, NULL);
    }

    cr_set(1, mb->cr1);
    cr_set(2, mb->cr2);
    cr_set(5, mb->cr5);
    cr_set(7, mb->cr7);
    cr_set(8, mb->cr8);
    cr_set(13, mb->cr13);
    mb->cr0_before = cr_get(0);
    mb->cr0 |= mb->cr0_before;
    ar_set(5, mb->ar5);
    mb->result = call_under(mb->psw_mask, wait_for_release, MAILBOX);
    ar_set(5, 0);
    cr_set(0, mb->cr0_before);
    if (race) {
        WRITE_ONCE(mb->release, 1);
        smp_wait(1);
    }
    mb->teid = pgm_last()->teid;
    mb->access_id = pgm_last()->access_id;
    mb->ilc = pgm_last()->ilc;
}

/* Adds one at @p with the widest instruction that fits @size. */
static void add_one(uint64_t p, uint64_t size)
{
    if (size == 16) {
        register uint64_t old0 asm("2"), old1 asm("3");
        register uint64_t new0 asm("4"), new1 asm("5");

        asm volatile(
            "   lmg     2,3,%[mem]\n"
            "0: lgr     4,2\n"
            "   lgr     5,3\n"
            "   aghi    4,1\n"
            "   aghi    5,1\n"
            "   cdsg    2,4,%[mem]\n"
            "   jl      0b\n"
            : "=&d" (old0), "=&d" (old1), "=&d" (new0), "=&d" (new1),
              [mem] "+S" (*(__int128 *)p) : : "cc", "memory");
    } else if (size == 8) {
        fetch_add64((uint64_t *)p, 1);
    } else if (size == 4) {
        fetch_add32((uint32_t *)p, 1);
    } else {
        /* in the upper half of the word; the host counts in the lower */
        fetch_add32((uint32_t *)p, 0x10000);
    }
}

static void count_on_this_cpu(void *arg)
{
    uint64_t n = 0;

    while (!READ_ONCE(mb->release)) {
        add_one(mb->arg[0], mb->arg[1]);
        n++;
    }
    fetch_add64(&mb->result, n);
}

static void command(uint64_t what)
{
    switch (what) {
    case RUN_UNDER:
        run_under();
        break;
    case SET_KEY:
        sske(mb->arg[0], mb->arg[1]);
        break;
    case GET_KEY:
        mb->result = iske(mb->arg[0]);
        break;
    case COUNT:
        mb->result = 0;
        smp_call_all(mb->arg[2], count_on_this_cpu, NULL);
        break;
    case CALL:
        mb->result = ((uint64_t (*)(void))mb->arg[0])();
        break;
    case GET_PREFIX:
        mb->result = smp_prefix(mb->arg[0]);
        break;
    }
}

void main(void)
{
    uint64_t number = 0;

    WRITE_ONCE(mb->ready, READY);
    for (;;) {
        while (READ_ONCE(mb->number) == number) {
            cpu_relax();
        }
        number = READ_ONCE(mb->number);
        command(mb->command);
        WRITE_ONCE(mb->done, number);
    }
}
