/*
 * Guest code that a client may change behind QEMU's back
 *
 * A client's stores into shared memory do not go through QEMU, so nothing
 * throws away the translations of code they change. But a client's store need
 * only be seen after the client has said something: by an ioctl or by an irqfd.
 * Each such moment begins a new epoch, and a translated block begins with a
 * look whether it has been compared in this one; if not, its bytes are
 * compared with what they were when it was translated. So a KVM_RUN costs
 * nothing for code that is not executed in it, whatever has been translated.
 *
 * What the bytes were is kept a page at a time: a copy, made before the first
 * block of the page was translated. A block that is translated later from
 * other bytes than the copy has marks the page as changed, and the next look at
 * any of its blocks drops them all; the copy itself never changes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_CLIENT_CODE_H
#define KVM390_CLIENT_CODE_H

#include <stdbool.h>
#include <stdint.h>

struct TranslationBlock;

/**
 * kvm390_client_stored: a client may have stored anything up to now
 *
 * To be called before the guest learns of what the client did. Any thread.
 */
void kvm390_client_stored(void);

/**
 * kvm390_client_epoch: where the number of the epoch lies, for generated code
 */
const uint64_t *kvm390_client_epoch(void);

/**
 * kvm390_client_code_begin: a block's translation begins
 * @tb: its first page and address are known, no more
 *
 * A vCPU's thread; a client runs the vCPUs.
 */
void kvm390_client_code_begin(struct TranslationBlock *tb);

/**
 * kvm390_client_code_add: a block belongs to a page from now on
 * @tb: the block, translated by this thread
 * @n: the block's first page (0) or its second (1)
 * @first: the page has no other block
 *
 * Called with the page's lock held, before the block can run. Does nothing
 * where no client shares the guest's memory.
 */
void kvm390_client_code_add(struct TranslationBlock *tb, unsigned n,
                            bool first);

/**
 * kvm390_forget_client_code: a range of RAM goes away
 *
 * Its translations go, too: other RAM may come to have its addresses. Any
 * thread, when no vCPU can get at the range any more, before it is freed.
 */
void kvm390_forget_client_code(uint64_t ram_addr, uint64_t len);

#endif
