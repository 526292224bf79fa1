/*
 * Guest code that a client may change behind QEMU's back
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/ram_addr.h"
#include "accel/tcg/tb-internal.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/lockable.h"
#include "qemu/thread.h"
#include "kvm390/include/client-code.h"
#include "kvm390/include/exits.h"

/* A page with code: its address, and what it held when it got the code. */
typedef struct CodePage {
    uint64_t ram_addr;
    uint8_t copy[TARGET_PAGE_SIZE];
} CodePage;

/*
 * Held until what was found is invalid: who comes to run code meanwhile waits,
 * and does not run what is left of the old one. Outside of all but the BQL.
 */
static QemuMutex checking;

/*
 * Innermost: taken inside a page's lock. The check below therefore does not
 * hold it while it invalidates.
 */
static QemuMutex lock;
static GPtrArray *pages; /* of CodePage; one entry for a page */
static GHashTable *index_of; /* page number to position + 1 */

static void __attribute__((constructor)) init(void)
{
    qemu_mutex_init(&checking);
    qemu_mutex_init(&lock);
}

static const void *host_page(uint64_t ram_addr)
{
    return qemu_map_ram_ptr(NULL, ram_addr);
}

void kvm390_client_code(uint64_t ram_addr)
{
    gpointer number = GSIZE_TO_POINTER(ram_addr >> TARGET_PAGE_BITS);
    gpointer position;
    CodePage *page;

    if (!kvm390_intercepts.client_runs) {
        return;
    }
    qemu_mutex_lock(&lock);
    if (!pages) {
        pages = g_ptr_array_new();
        index_of = g_hash_table_new(NULL, NULL);
    }
    position = g_hash_table_lookup(index_of, number);
    if (position) {
        page = g_ptr_array_index(pages, GPOINTER_TO_SIZE(position) - 1);
    } else {
        page = g_new(CodePage, 1);
        page->ram_addr = ram_addr;
        g_ptr_array_add(pages, page);
        g_hash_table_insert(index_of, number, GSIZE_TO_POINTER(pages->len));
    }
    memcpy(page->copy, host_page(ram_addr), TARGET_PAGE_SIZE);
    qemu_mutex_unlock(&lock);
}

/* Takes an entry out; the last one fills its place. Under the lock. */
static void drop_page(size_t i)
{
    CodePage *page = g_ptr_array_index(pages, i);

    g_hash_table_remove(index_of,
                        GSIZE_TO_POINTER(page->ram_addr >> TARGET_PAGE_BITS));
    g_ptr_array_remove_index_fast(pages, i);
    if (i < pages->len) {
        CodePage *moved = g_ptr_array_index(pages, i);

        g_hash_table_insert(index_of, GSIZE_TO_POINTER(moved->ram_addr >>
                                                       TARGET_PAGE_BITS),
                            GSIZE_TO_POINTER(i + 1));
    }
    g_free(page);
}

static void invalidate_pages(GArray *changed)
{
    guint i;

    for (i = 0; i < changed->len; i++) {
        ram_addr_t addr = g_array_index(changed, uint64_t, i);

        tb_invalidate_phys_range(addr, addr + TARGET_PAGE_SIZE - 1);
    }
}

void kvm390_check_client_code(void)
{
    GArray *changed = NULL;
    size_t i;

    RCU_READ_LOCK_GUARD();
    QEMU_LOCK_GUARD(&checking);
    qemu_mutex_lock(&lock);
    for (i = 0; pages && i < pages->len; ) {
        CodePage *page = g_ptr_array_index(pages, i);

        if (!memcmp(page->copy, host_page(page->ram_addr),
                    TARGET_PAGE_SIZE)) {
            i++;
            continue;
        }
        changed = changed ? changed : g_array_new(false, false,
                                                  sizeof(uint64_t));
        g_array_append_val(changed, page->ram_addr);
        drop_page(i);
    }
    qemu_mutex_unlock(&lock);
    if (changed) {
        invalidate_pages(changed);
        g_array_free(changed, true);
    }
}

void kvm390_forget_client_code(uint64_t ram_addr, uint64_t len)
{
    GArray *gone = g_array_new(false, false, sizeof(uint64_t));
    size_t i;

    QEMU_LOCK_GUARD(&checking);
    qemu_mutex_lock(&lock);
    for (i = 0; pages && i < pages->len; ) {
        CodePage *page = g_ptr_array_index(pages, i);

        if (page->ram_addr >= ram_addr && page->ram_addr < ram_addr + len) {
            g_array_append_val(gone, page->ram_addr);
            drop_page(i);
        } else {
            i++;
        }
    }
    qemu_mutex_unlock(&lock);
    invalidate_pages(gone);
    g_array_free(gone, true);
}
