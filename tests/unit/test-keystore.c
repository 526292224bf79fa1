/*
 * Storage-key words: values, epochs, and threads that meet on one page
 *
 * The last test plays the machine: threads are vCPUs with a TLB each, a
 * read-write lock is "guest instructions run" against "quiesced". It watches
 * the promise the whole design rests on: what a TLB holds agrees with the
 * word. Take any rule of keystore.h away and it fails.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "kvm390/include/keystore.h"

#define PAGES   64

static bool deny(uint8_t key, void *opaque)
{
    (void)key;
    (void)opaque;
    return false;
}

static void touch(Kvm390KeyStore *store, uint64_t gfn, bool change)
{
    uint8_t key;

    g_assert_true(kvm390_keystore_touch(store, gfn, NULL, NULL, change, &key));
    g_assert_cmphex(key & 6, >=, change ? 6 : 4);
}

static void test_values(void)
{
    Kvm390KeyStore store;
    uint8_t old = 0x55, key;

    g_assert_cmpint(kvm390_keystore_init(&store, PAGES), ==, 0);
    g_assert_cmphex(kvm390_keystore_get(&store, 3), ==, 0);
    g_assert_cmphex(kvm390_keystore_get(&store, PAGES), ==, 0);
    g_assert_cmpint(kvm390_keystore_set(&store, 3, 0xff, false, false, false,
                                        &old), ==, KVM390_KEY_CHANGED);
    g_assert_cmphex(old, ==, 0);
    g_assert_cmphex(kvm390_keystore_get(&store, 3), ==, 0xfe);
    g_assert_cmphex(kvm390_keystore_get(&store, 2), ==, 0);
    g_assert_cmpint(kvm390_keystore_reset_reference(&store, 3, false, &old),
                    ==, KVM390_KEY_CHANGED);
    g_assert_cmphex(old, ==, 0xfe);
    g_assert_cmphex(kvm390_keystore_get(&store, 3), ==, 0xfa);
    g_assert_cmpint(kvm390_keystore_set(&store, 3, 0xfe, true, false, false,
                                        &old), ==, KVM390_KEY_KEPT);
    g_assert_cmphex(old, ==, 0xfa);
    g_assert_cmphex(kvm390_keystore_get(&store, 3), ==, 0xfa);

    /* A denied access leaves no trace, neither R nor "cached". */
    g_assert_false(kvm390_keystore_touch(&store, 3, deny, NULL, true, &key));
    g_assert_cmphex(key, ==, 0xfa);
    g_assert_cmphex(kvm390_keystore_get(&store, 3), ==, 0xfa);
    g_assert_cmpint(kvm390_keystore_set(&store, 3, 0x10, false, false, false,
                                        &old), ==, KVM390_KEY_CHANGED);

    kvm390_keystore_record(&store, 3, false);
    g_assert_cmphex(kvm390_keystore_get(&store, 3), ==, 0x14);
    kvm390_keystore_record(&store, 3, true);
    g_assert_cmphex(kvm390_keystore_get(&store, 3), ==, 0x16);
    kvm390_keystore_record(&store, PAGES, true);
    kvm390_keystore_reset(&store);
    g_assert_cmphex(kvm390_keystore_get(&store, 3), ==, 0);
    kvm390_keystore_destroy(&store);
}

static void test_epochs(void)
{
    Kvm390KeyStore store;
    uint8_t old;

    g_assert_cmpint(kvm390_keystore_init(&store, PAGES), ==, 0);
    touch(&store, 1, false);
    touch(&store, 2, true);
    g_assert_cmphex(kvm390_keystore_get(&store, 1), ==, 4);
    g_assert_cmphex(kvm390_keystore_get(&store, 2), ==, 6);

    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0x20, false, false, false,
                                        &old), ==, KVM390_KEY_CACHED);
    g_assert_cmpint(kvm390_keystore_reset_reference(&store, 2, false, &old),
                    ==, KVM390_KEY_CACHED);
    g_assert_cmphex(kvm390_keystore_get(&store, 1), ==, 4);
    g_assert_cmphex(kvm390_keystore_get(&store, 2), ==, 6);
    /* What leaves the key alone needs no flush. */
    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0x00, true, false, false,
                                        &old), ==, KVM390_KEY_KEPT);
    /* A second attempt finds the page as cached as the first. */
    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0x20, false, false, false,
                                        &old), ==, KVM390_KEY_CACHED);
    /* One that is quiesced goes through, and the mark survives it. */
    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0x20, false, false, true,
                                        &old), ==, KVM390_KEY_CHANGED);
    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0x30, false, false, false,
                                        &old), ==, KVM390_KEY_CACHED);

    kvm390_keystore_new_epoch(&store);
    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0x30, false, false, false,
                                        &old), ==, KVM390_KEY_CHANGED);
    g_assert_cmphex(old, ==, 0x20);
    g_assert_cmpint(kvm390_keystore_reset_reference(&store, 2, false, &old),
                    ==, KVM390_KEY_CHANGED);
    /* Touched again, cached again. */
    touch(&store, 1, false);
    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0x20, false, false, false,
                                        &old), ==, KVM390_KEY_CACHED);
    kvm390_keystore_destroy(&store);
}

/* Rule 4: the mark goes and comes, and what a fill found holds or does not. */
static void test_uncache(void)
{
    Kvm390KeyStore store;
    uint8_t key, old;

    g_assert_cmpint(kvm390_keystore_init(&store, PAGES), ==, 0);
    g_assert_true(kvm390_keystore_touch(&store, 1, NULL, NULL, true, &key));
    g_assert_true(kvm390_keystore_holds(&store, 1, key));
    kvm390_keystore_uncache(&store, 1);
    g_assert_false(kvm390_keystore_holds(&store, 1, key));
    g_assert_cmphex(kvm390_keystore_get(&store, 1), ==, key);
    kvm390_keystore_mark(&store, 1);
    g_assert_true(kvm390_keystore_holds(&store, 1, key));
    g_assert_cmpint(kvm390_keystore_set(&store, 1, key ^ 0x10, false, false,
                                        false, &old), ==, KVM390_KEY_CACHED);
    kvm390_keystore_uncache(&store, 1);
    g_assert_cmpint(kvm390_keystore_set(&store, 1, key ^ 0x10, false, false,
                                        false, &old), ==, KVM390_KEY_CHANGED);
    kvm390_keystore_mark(&store, 1);
    g_assert_false(kvm390_keystore_holds(&store, 1, key));
    g_assert_true(kvm390_keystore_holds(&store, 1, key ^ 0x10));
    /* R and C that others set do no harm, those that are gone do. */
    g_assert_true(kvm390_keystore_holds(&store, 1, (key ^ 0x10) & ~0x06));
    kvm390_keystore_reset_reference(&store, 1, true, &old);
    g_assert_false(kvm390_keystore_holds(&store, 1, key ^ 0x10));
    kvm390_keystore_destroy(&store);
}

static void test_epoch_wrap(void)
{
    Kvm390KeyStore store;
    uint8_t old;

    g_assert_cmpint(kvm390_keystore_init(&store, PAGES), ==, 0);
    store.epoch = KVM390_KEYWORD_EPOCH_LAST;
    touch(&store, 1, true);
    g_assert_cmphex(kvm390_keystore_get(&store, 1), ==, 6);
    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0, false, false, false,
                                        &old), ==, KVM390_KEY_CACHED);
    kvm390_keystore_new_epoch(&store);
    g_assert_cmpuint(store.epoch, ==, 1);
    g_assert_cmpint(kvm390_keystore_set(&store, 1, 0, false, false, false,
                                        &old), ==, KVM390_KEY_CHANGED);
    /* An untouched page is never taken for a cached one. */
    g_assert_cmpint(kvm390_keystore_set(&store, 9, 0, false, false, false,
                                        &old), ==, KVM390_KEY_CHANGED);
    kvm390_keystore_destroy(&store);
}

static void test_ranges(void)
{
    const uint64_t first = KVM390_PAGEMAP_CHUNK_PAGES - 1001;
    g_autofree uint8_t *in = g_malloc(5000);
    g_autofree uint8_t *out = g_malloc(5000);
    Kvm390KeyStore store;
    uint8_t old;

    g_assert_cmpint(kvm390_keystore_init(&store,
                                         KVM390_PAGEMAP_CHUNK_PAGES + 9000),
                    ==, 0);
    memset(out, 0xaa, 5000);
    kvm390_keystore_read(&store, first, 5000, out);
    for (int i = 0; i < 5000; i++) {
        g_assert_cmphex(out[i], ==, 0);
        in[i] = i * 7;
    }
    touch(&store, first + 10, true);
    kvm390_keystore_write(&store, first, 5000, in);
    kvm390_keystore_read(&store, first, 5000, out);
    for (int i = 0; i < 5000; i++) {
        g_assert_cmphex(out[i], ==, in[i] & 0xfe);
    }
    /* Writing keys does not lose the mark. */
    g_assert_cmpint(kvm390_keystore_set(&store, first + 10, 0, false, false,
                                        false, &old), ==, KVM390_KEY_CACHED);
    /* Beyond the end there are no keys. */
    memset(out, 0xaa, 10);
    kvm390_keystore_read(&store, store.map.pages - 3, 10, out);
    for (int i = 0; i < 10; i++) {
        g_assert_cmphex(out[i], ==, 0);
    }
    kvm390_keystore_destroy(&store);
}

/* --- the machine in small --- */

#define CPUS    4
#define STEPS   60000
#define SMALL   8

typedef struct Entry {
    bool valid, writable;
    uint8_t key;
} Entry;

typedef struct Machine {
    Kvm390KeyStore store;
    GRWLock running;            /* readers execute, the writer quiesces */
    Entry tlb[CPUS][SMALL];
    GMutex lock[CPUS];          /* of each TLB; its owner reads without */
    unsigned flushes, changes, uses, drops;
} Machine;

typedef struct Cpu {
    Machine *m;
    unsigned id;
} Cpu;

static Entry entry_of(Machine *m, unsigned cpu, unsigned gfn)
{
    Entry e;

    g_mutex_lock(&m->lock[cpu]);
    e = m->tlb[cpu][gfn];
    g_mutex_unlock(&m->lock[cpu]);
    return e;
}

static void set_entry(Machine *m, unsigned cpu, unsigned gfn, Entry e)
{
    g_mutex_lock(&m->lock[cpu]);
    m->tlb[cpu][gfn] = e;
    g_mutex_unlock(&m->lock[cpu]);
}

static void use_page(Machine *m, unsigned cpu, unsigned gfn, bool store)
{
    Entry e = entry_of(m, cpu, gfn);
    uint8_t now;

    while (!e.valid || (store && !e.writable)) {
        g_assert_true(kvm390_keystore_touch(&m->store, gfn, NULL, NULL, store,
                                            &e.key));
        /* Room for someone to come between. */
        g_thread_yield();
        e.valid = true;
        e.writable = e.key & KVM390_KEY_C;
        set_entry(m, cpu, gfn, e);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (!kvm390_keystore_holds(&m->store, gfn, e.key)) {
            e.valid = false;
            set_entry(m, cpu, gfn, e);
        }
    }
    now = kvm390_keystore_get(&m->store, gfn);
    g_assert_cmphex(now & 0xf8, ==, e.key & 0xf8);
    g_assert_true(now & KVM390_KEY_R);
    g_assert_true(!e.writable || (now & KVM390_KEY_C));
    __atomic_fetch_add(&m->uses, 1, __ATOMIC_RELAXED);
}

/* Rule 4: out of all TLBs. */
static void drop_page(Machine *m, unsigned cpu, unsigned gfn)
{
    bool others = false;

    kvm390_keystore_uncache(&m->store, gfn);
    for (unsigned i = 0; i < CPUS; i++) {
        g_mutex_lock(&m->lock[i]);
        others |= i != cpu && m->tlb[i][gfn].valid;
        m->tlb[i][gfn].valid = false;
        g_mutex_unlock(&m->lock[i]);
    }
    if (others) {
        kvm390_keystore_mark(&m->store, gfn);
    }
}

static enum Kvm390KeyChange try_change(Machine *m, unsigned gfn, bool rrbe,
                                       uint8_t key)
{
    uint8_t old;

    return rrbe ? kvm390_keystore_reset_reference(&m->store, gfn, false, &old)
                : kvm390_keystore_set(&m->store, gfn, key, false, false, false,
                                      &old);
}

/* Returns with the lock as it was taken: for reading. */
static void change_key(Machine *m, unsigned cpu, unsigned gfn, bool rrbe,
                       uint8_t key)
{
    uint8_t old;

    __atomic_fetch_add(&m->changes, 1, __ATOMIC_RELAXED);
    if (try_change(m, gfn, rrbe, key) != KVM390_KEY_CACHED) {
        return;
    }
    drop_page(m, cpu, gfn);
    if (try_change(m, gfn, rrbe, key) != KVM390_KEY_CACHED) {
        __atomic_fetch_add(&m->drops, 1, __ATOMIC_RELAXED);
        return;
    }
    g_rw_lock_reader_unlock(&m->running);
    g_rw_lock_writer_lock(&m->running);
    kvm390_keystore_new_epoch(&m->store);
    memset(m->tlb, 0, sizeof(m->tlb));
    m->flushes++;
    if (rrbe) {
        kvm390_keystore_reset_reference(&m->store, gfn, true, &old);
    } else {
        kvm390_keystore_set(&m->store, gfn, key, false, false, true, &old);
    }
    g_rw_lock_writer_unlock(&m->running);
    g_rw_lock_reader_lock(&m->running);
}

static gpointer run_cpu(gpointer opaque)
{
    Cpu *cpu = opaque;
    uint32_t seed = cpu->id * 2654435761u + 1;

    for (unsigned i = 0; i < STEPS; i++) {
        unsigned gfn, what;

        seed = seed * 1664525 + 1013904223;
        gfn = (seed >> 8) % SMALL;
        what = (seed >> 16) % 64;
        g_rw_lock_reader_lock(&cpu->m->running);
        if (what < 2) {
            change_key(cpu->m, cpu->id, gfn, what, seed >> 24);
        } else {
            use_page(cpu->m, cpu->id, gfn, what & 1);
        }
        g_rw_lock_reader_unlock(&cpu->m->running);
    }
    return NULL;
}

static void test_machine(void)
{
    g_autofree Machine *m = g_new0(Machine, 1);
    GThread *threads[CPUS];
    Cpu cpus[CPUS];

    g_assert_cmpint(kvm390_keystore_init(&m->store, PAGES), ==, 0);
    g_rw_lock_init(&m->running);
    for (unsigned i = 0; i < CPUS; i++) {
        cpus[i] = (Cpu) { m, i };
        threads[i] = g_thread_new("cpu", run_cpu, &cpus[i]);
    }
    for (unsigned i = 0; i < CPUS; i++) {
        g_thread_join(threads[i]);
    }
    g_assert_cmpuint(m->uses + m->changes, ==, CPUS * STEPS);
    g_assert_cmpuint(m->flushes, >, 0);
    g_assert_cmpuint(m->drops, >, 0);
    g_assert_cmpuint(m->flushes + m->drops, <=, m->changes);
    g_rw_lock_clear(&m->running);
    kvm390_keystore_destroy(&m->store);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm390/keystore/values", test_values);
    g_test_add_func("/kvm390/keystore/epochs", test_epochs);
    g_test_add_func("/kvm390/keystore/epoch-wrap", test_epoch_wrap);
    g_test_add_func("/kvm390/keystore/uncache", test_uncache);
    g_test_add_func("/kvm390/keystore/ranges", test_ranges);
    g_test_add_func("/kvm390/keystore/machine", test_machine);
    return g_test_run();
}
