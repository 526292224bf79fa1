/*
 * Stores to a page that holds translated code
 *
 * Each store to such a page is looked at: does it change an instruction that
 * was translated? QEMU drops the blocks that the store hits and goes on
 * looking for as long as the page has any other. After a reboot, in memory that
 * was freed, or where a program made code and left it, those others are never
 * executed again, and all stores to the page are slow for good.
 *
 * So a store drops all blocks of its page, and the page is as any other. If
 * its code is executed again, it is translated again, and so on: for a page on
 * which code and data live side by side that would cost more than the slow
 * stores. So each time that it has happened, four times as many stores are
 * slow ones before it happens again, up to a bound; what it costs then is
 * a small part of what they do.
 *
 * Plain functions over plain values; the page's lock is held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CODE_PAGE_H
#define KVM390_CODE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: a page to which there was no slow store yet. */
typedef struct Kvm390CodePage {
    uint16_t wait;          /* slow stores before all blocks are dropped */
    uint16_t next;          /* how many that will be the time after */
} Kvm390CodePage;

#define KVM390_CODE_PAGE_MOST   16384

/**
 * kvm390_code_page_store: a store to a page that holds translated code
 * @page: the page's state
 *
 * Returns: true if all blocks of the page are to be dropped, false if only
 * those that the store hits.
 */
static inline bool kvm390_code_page_store(Kvm390CodePage *page)
{
    if (page->wait) {
        page->wait--;
        return false;
    }
    page->wait = page->next;
    if (page->next < KVM390_CODE_PAGE_MOST) {
        page->next = page->next ? page->next * 4 : 4;
    }
    return true;
}

#endif /* KVM390_CODE_PAGE_H */
