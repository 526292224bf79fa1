/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=1,2,4 timeout=120 */
/* guest-test: accel=kvm390 smp=4 timeout=900 args=seconds=180 manual=yes */
/*
 * CPUs set keys, store and fetch at once. A stale TLB entry shows as
 *
 * - an access that the key set before it forbids, or a refusal of one that it
 *   permits (keys);
 * - R or C missing after an access that came after its reset (recording);
 * - contents that a refused store has changed.
 *
 * Every CPU has a page whose key only it sets; the others use that page. For
 * keys, a sequence number tells whether the key changed during an access; for
 * recording, owner and user take turns. Keys are set by every instruction
 * that can: SSKE (also by EXECUTE), conditional SSKE, PFMF, RRBE, RRBM.
 */
#include "guest.h"

#define MAX_CPUS    4

struct shared {
    uint8_t *page;              /* its key is set by its owner only */
    uint32_t seq;               /* odd: the key is about to change */
    uint8_t key;
    uint32_t turn;              /* recording: even owner's, odd user's */
    uint32_t wrong;
    uint32_t checked;
    uint8_t pad[4096];
};

static struct shared shared[MAX_CPUS];
static unsigned cpus;
static uint64_t end_of_phase;
static uint32_t lost_r, lost_c, rounds;

static uint32_t next_random(uint32_t *seed)
{
    return *seed = *seed * 1664525 + 1013904223, *seed >> 8;
}

/* The instruction that EXECUTE runs: SSKE 2,3. */
static void sske_by_ex(uint64_t addr, uint8_t key)
{
    asm volatile(
        "   lgr     2,%[key]\n"
        "   lgr     3,%[addr]\n"
        "   exrl    0,1f\n"
        "   j       2f\n"
        "1: sske    2,3\n"
        "2:\n"
        : : [key] "d" ((uint64_t)key), [addr] "a" (addr) : "2", "3", "memory");
}

static void set_key_somehow(uint64_t addr, uint8_t key, unsigned how)
{
    uint64_t r1 = key, r2 = addr;

    switch (how % 5) {
    case 0:
        sske(addr, key);
        break;
    case 1:
        sske_by_ex(addr, key);
        break;
    case 2:
        sske_m3(&r1, &r2, SSKE_MR | SSKE_MC);
        break;
    case 3:
        pfmf(PFMF_SK | PFMF_4K | key, addr);
        break;
    default:
        sske_m3(&r1, &r2, SSKE_NQ);
        break;
    }
}

/* Access page @s under a key; with a key that did not change, as it says. */
static void check_one(struct shared *s, uint32_t *seed)
{
    uint32_t random = next_random(seed), before, after;
    uint8_t key = random % 4, skey, acc;
    bool store = random & 16, permitted;
    uint16_t code;

    before = READ_ONCE(s->seq);
    barrier();
    skey = READ_ONCE(s->key);
    pgm_expect();
    if (store) {
        key_store8(key, s->page + smp_number(), random);
    } else {
        key_load8(key, s->page + smp_number());
    }
    code = pgm_end();
    barrier();
    after = READ_ONCE(s->seq);
    if (before != after || before & 1) {
        return;
    }
    acc = skey >> 4;
    permitted = key == 0 || key == acc || (!store && !(skey & SKEY_F));
    fetch_add32(&s->checked, 1);
    if (code != (permitted ? PGM_NONE : PGM_PROTECTION)) {
        fetch_add32(&s->wrong, 1);
    }
}

static void keys_on_cpu(void *unused)
{
    struct shared *mine = &shared[smp_number()];
    uint32_t seed = smp_number() * 77 + 5;

    while (tod() < end_of_phase) {
        uint32_t random = next_random(&seed);

        WRITE_ONCE(mine->seq, mine->seq + 1);
        barrier();
        mine->key = (random % 4) << 4 | (random & 16 ? SKEY_F : 0);
        set_key_somehow((uint64_t)mine->page, mine->key, random >> 5);
        barrier();
        WRITE_ONCE(mine->seq, mine->seq + 1);
        check_one(mine, &seed);
        for (unsigned i = 0; i < 30; i++) {
            check_one(&shared[next_random(&seed) % cpus], &seed);
        }
    }
}

static void reset_somehow(uint64_t addr, unsigned how)
{
    switch (how % 6) {
    case 0:
        rrbe(addr);
        break;
    case 1:
        rrbm(addr);
        break;
    default:
        set_key_somehow(addr, 0, how % 2 ? 1 : how);
        break;
    }
}

/* CPU n owns page n and uses page n + 1; both in turn. */
static void recording_on_cpu(void *unused)
{
    struct shared *mine = &shared[smp_number()];
    struct shared *other = &shared[(smp_number() + 1) % cpus];
    uint32_t seed = smp_number() * 99 + 3, my_turn = 0, other_turn = 1;
    uint32_t how = 0, access = 0;
    bool asked = false;

    while (tod() < end_of_phase) {
        /* As the owner: reset, let it be used, look. */
        if (!asked) {
            how = next_random(&seed);
            reset_somehow((uint64_t)mine->page, how);
            asked = true;
            barrier();
            WRITE_ONCE(mine->turn, my_turn + 1);
        }
        /* As the user of the other page. */
        if (READ_ONCE(other->turn) == other_turn) {
            access = next_random(&seed);
            barrier();
            *(volatile uint64_t *)(other->page + 128);
            if (access & 1) {
                *(volatile uint64_t *)(other->page + 256) = access;
            }
            WRITE_ONCE(other->page[512], access & 1);
            barrier();
            WRITE_ONCE(other->turn, other_turn + 1);
            other_turn += 2;
        }
        if (READ_ONCE(mine->turn) == my_turn + 2) {
            uint8_t key;

            barrier();
            key = iske((uint64_t)mine->page);
            if (!(key & SKEY_R)) {
                fetch_add32(&lost_r, 1);
            }
            /* The user's last access is a store. */
            if (!(key & SKEY_C)) {
                fetch_add32(&lost_c, 1);
            }
            my_turn += 2;
            asked = false;
            fetch_add32(&rounds, 1);
        }
    }
}

/* Stores under a key that never matches, while the key changes. */
static void contents_on_cpu(void *unused)
{
    uint8_t *page = shared[0].page;
    uint32_t seed = smp_number();

    while (tod() < end_of_phase) {
        if (smp_number() == 0) {
            set_key_somehow((uint64_t)page, 0x10 | (next_random(&seed) & 8),
                            next_random(&seed));
        }
        pgm_expect();
        key_store8(2, page + 1024 + smp_number(), 0xee);
        pgm_end();
    }
}

static void run_phase(void (*fn)(void *), uint64_t seconds)
{
    for (unsigned i = 0; i < cpus; i++) {
        sske((uint64_t)shared[i].page, 0);
        memset(shared[i].page, 0, PAGE_SIZE);
        shared[i].key = 0;
        shared[i].turn = 0;
    }
    end_of_phase = tod() + seconds * TOD_SECOND;
    smp_call_all(cpus, fn, NULL);
}

void main(void)
{
    uint64_t seconds = argument_number("seconds", 6);
    uint32_t wrong = 0, checked = 0, spoilt = 0;

    cpus = smp_count() < MAX_CPUS ? smp_count() : MAX_CPUS;
    for (unsigned i = 0; i < cpus; i++) {
        /* RRBM resets R of 64 pages: one owner to a set. */
        shared[i].page = memory_alloc(64 * PAGE_SIZE, 64 * PAGE_SIZE);
    }
    run_phase(keys_on_cpu, seconds / 3 + 1);
    for (unsigned i = 0; i < cpus; i++) {
        wrong += shared[i].wrong;
        checked += shared[i].checked;
    }
    tap_note("%u accesses with a settled key", checked);
    ok(checked > 1000, "keys: accesses met settled keys");
    ok_eq(wrong, 0, "keys: every one as the key says");

    run_phase(recording_on_cpu, seconds / 3 + 1);
    tap_note("%u rounds of reset, access, look", rounds);
    ok(rounds > 10, "recording: there were rounds");
    ok_eq(lost_r, 0, "recording: no R was lost");
    ok_eq(lost_c, 0, "recording: no C was lost");

    run_phase(contents_on_cpu, seconds / 3 + 1);
    for (unsigned i = 0; i < 64; i++) {
        spoilt += shared[0].page[1024 + i] != 0;
    }
    ok_eq(spoilt, 0, "contents: refused stores changed nothing");
}
