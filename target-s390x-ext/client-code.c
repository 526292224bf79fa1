/*
 * Guest code that a client may change behind QEMU's back (client-code.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "exec/translation-block.h"
#include "accel/tcg/tb-internal.h"
#include "qemu/lockable.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"
#include "kvm390/include/client-code.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/counters.h"
#include "kvm390/include/exits.h"

/* What a page held before its first block was translated. */
typedef struct Kvm390CodeCopy {
    struct rcu_head rcu;
    uint64_t ram_addr;
    const uint8_t *host;
    bool changed;       /* a later block is of other bytes; atomic */
    uint8_t bytes[TARGET_PAGE_SIZE];
} CodeCopy;

/* Innermost: taken inside a page's lock. */
static QemuMutex lock;
static GHashTable *copies; /* page number -> CodeCopy, under the lock */

static uint64_t epoch = 1; /* atomic; a block that has 0 was never compared */

/* The first page of the block that this thread translates, as it was before. */
static __thread uint8_t before[TARGET_PAGE_SIZE];

static void __attribute__((constructor)) init(void)
{
    qemu_mutex_init(&lock);
    copies = g_hash_table_new(NULL, NULL);
}

void kvm390_client_stored(void)
{
    if (kvm390_intercepts.client_runs) {
        qatomic_inc(&epoch);
    }
}

const uint64_t *kvm390_client_epoch(void)
{
    return &epoch;
}

static uint64_t page_of(const TranslationBlock *tb, unsigned n)
{
    return tb->page_addr[n] & TARGET_PAGE_MASK;
}

static gpointer key_of(uint64_t ram_addr)
{
    return GSIZE_TO_POINTER(ram_addr >> TARGET_PAGE_BITS);
}

/* The block's bytes in its page @n: where they begin, and how many. */
static size_t bytes_in(const TranslationBlock *tb, unsigned n, size_t *len)
{
    size_t offset = tb->page_addr[0] & ~TARGET_PAGE_MASK;
    size_t here = MIN(tb->size, TARGET_PAGE_SIZE - offset);

    *len = n ? tb->size - here : here;
    return n ? 0 : offset;
}

void kvm390_client_code_begin(TranslationBlock *tb)
{
    tb->kvm390.epoch = qatomic_load_acquire(&epoch);
    memcpy(before, qemu_map_ram_ptr(NULL, page_of(tb, 0)), sizeof(before));
}

/* Of a second page, the bytes of now: only its first instruction counts. */
static CodeCopy *new_copy(uint64_t ram_addr, unsigned n)
{
    CodeCopy *copy = g_new(CodeCopy, 1);

    copy->ram_addr = ram_addr;
    copy->host = qemu_map_ram_ptr(NULL, ram_addr);
    copy->changed = false;
    memcpy(copy->bytes, n ? copy->host : before, sizeof(copy->bytes));
    return copy;
}

void kvm390_client_code_add(TranslationBlock *tb, unsigned n, bool first)
{
    size_t offset, len;
    CodeCopy *copy;

    if (!kvm390_intercepts.client_runs) {
        return;
    }
    QEMU_LOCK_GUARD(&lock);
    copy = g_hash_table_lookup(copies, key_of(page_of(tb, n)));
    if (copy && first) {
        g_free_rcu(copy, rcu);
        copy = NULL;
    }
    if (!copy) {
        copy = new_copy(page_of(tb, n), n);
        g_hash_table_insert(copies, key_of(copy->ram_addr), copy);
    }
    offset = bytes_in(tb, n, &len);
    if (memcmp(copy->bytes + offset, (n ? copy->host : before) + offset, len)) {
        qatomic_set(&copy->changed, true);
    }
    tb->kvm390.copy[n] = copy;
}

/* The next block of the page makes a new copy, or finds one already. */
static void drop_copy(CodeCopy *copy)
{
    uint64_t ram_addr = copy->ram_addr;

    WITH_QEMU_LOCK_GUARD(&lock) {
        if (g_hash_table_lookup(copies, key_of(ram_addr)) == copy) {
            g_hash_table_remove(copies, key_of(ram_addr));
            g_free_rcu(copy, rcu);
        }
    }
    kvm390_drop_blocks(ram_addr, ram_addr + TARGET_PAGE_SIZE - 1);
}

/*
 * Is the block still what it was translated from? If so it counts as compared
 * in this epoch; if not, all blocks of the page have been dropped.
 */
static bool compare_block(TranslationBlock *tb)
{
    uint64_t now = qatomic_load_acquire(&epoch);
    size_t offset, len;
    unsigned n;

    kvm390_count_add(KVM390_COUNTER_CODE_COMPARED, 1);
    for (n = 0; n < 2 && tb->page_addr[n] != -1; n++) {
        CodeCopy *copy = tb->kvm390.copy[n];

        offset = bytes_in(tb, n, &len);
        if (qatomic_read(&copy->changed) ||
            memcmp(copy->bytes + offset, copy->host + offset, len)) {
            drop_copy(copy);
            return false;
        }
    }
    qatomic_set(&tb->kvm390.epoch, now);
    return true;
}

void HELPER(kvm390_client_code)(CPUS390XState *env, void *tb)
{
    if (!compare_block(tb)) {
        cpu_loop_exit_restore(env_cpu(env), GETPC());
    }
}

/* The copies of a range, out of the table; few pages are looked up singly. */
static GPtrArray *take_range(uint64_t ram_addr, uint64_t len)
{
    uint64_t at, end = ram_addr + len;
    GPtrArray *taken = g_ptr_array_new();
    GHashTableIter iter;
    gpointer key, copy;

    QEMU_LOCK_GUARD(&lock);
    if (len >> TARGET_PAGE_BITS < g_hash_table_size(copies)) {
        for (at = ram_addr; at < end; at += TARGET_PAGE_SIZE) {
            copy = g_hash_table_lookup(copies, key_of(at));
            if (copy) {
                g_ptr_array_add(taken, copy);
                g_hash_table_remove(copies, key_of(at));
            }
        }
        return taken;
    }
    g_hash_table_iter_init(&iter, copies);
    while (g_hash_table_iter_next(&iter, &key, &copy)) {
        at = GPOINTER_TO_SIZE(key) << TARGET_PAGE_BITS;
        if (at >= ram_addr && at < end) {
            g_ptr_array_add(taken, copy);
            g_hash_table_iter_remove(&iter);
        }
    }
    return taken;
}

void kvm390_forget_client_code(uint64_t ram_addr, uint64_t len)
{
    g_autoptr(GPtrArray) taken = take_range(ram_addr, len);
    guint i;

    for (i = 0; i < taken->len; i++) {
        CodeCopy *copy = g_ptr_array_index(taken, i);

        kvm390_drop_blocks(copy->ram_addr,
                           copy->ram_addr + TARGET_PAGE_SIZE - 1);
        g_free_rcu(copy, rcu);
    }
}
