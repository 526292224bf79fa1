/*
 * Memory of a client as the guest's
 *
 * Where user space runs the vCPUs, all memory that the guest has is a client's:
 * pieces of files, each from some address of the guest's on. A piece is no
 * region of QEMU's memory map. The map has one region for all, which translates
 * an address as an IOMMU does: to the same address among the windows, where the
 * files are mapped (target-s390x-ext/windows.h), or to nothing where the guest
 * has no memory. So there can be as many pieces as KVM has slots, and each
 * comes and goes at the cost of the logarithm of their number.
 *
 * The pieces are under a lock of their own, which is innermost but for that of
 * the windows. They are changed under the BQL and the VM's lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_SLOT_MEMORY_H
#define KVM390_SLOT_MEMORY_H

#include "qemu/notify.h"
#include "cpu.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/stretches.h"

/* An open file that pieces are of; as many as there are refer to one. */
typedef struct Kvm390SlotFile Kvm390SlotFile;

/** kvm390_slot_memory_init: while the machine is made. BQL. */
void kvm390_slot_memory_init(void);

/**
 * kvm390_slot_memory_cpu: a new vCPU finds the memory, too
 *
 * QEMU notes in each CPU through which IOMMUs it goes, when it does so first,
 * and has no lock for that. Before the vCPU runs. BQL.
 */
void kvm390_slot_memory_cpu(CPUState *cs);

/**
 * kvm390_slot_file_open: a reference to a file
 * @fd: becomes the file's own
 *
 * Returns NULL where @fd is no open file. Dropped by kvm390_slot_file_unref().
 */
Kvm390SlotFile *kvm390_slot_file_open(int fd);
void kvm390_slot_file_unref(Kvm390SlotFile *file);

/**
 * kvm390_slot_memory_reserve: have host addresses for memory at @gpa
 *
 * Returns 0, or -ENOMEM where there are none, or too many pieces of them.
 */
int kvm390_slot_memory_reserve(uint64_t gpa, uint64_t size);

/**
 * kvm390_slot_memory_add: the guest has a piece of a file
 * @gpa, @size: its addresses, in whole pages: reserved, and without memory yet
 * @hva: the client's address of it
 * @offset: where in the file, in bytes
 *
 * Returns 0, or with nothing changed -ENOMEM, or -EFAULT where the file can't
 * be mapped to be read and stored to.
 */
int kvm390_slot_memory_add(uint64_t gpa, uint64_t size, uint64_t hva,
                           Kvm390SlotFile *file, uint64_t offset);

/**
 * kvm390_slot_memory_remove: the guest has nothing there any more
 * @gpa, @size: what other pieces have around it they keep
 *
 * Then the caller flushes the TLBs of all vCPUs, then come
 * kvm390_slot_memory_release() and whatever is put in place.
 */
void kvm390_slot_memory_remove(uint64_t gpa, uint64_t size);
void kvm390_slot_memory_release(uint64_t gpa, uint64_t size);

/**
 * kvm390_slot_memory_find: the piece that has an address
 * @stretch: set to it
 *
 * Returns whether there is one. Any thread.
 */
bool kvm390_slot_memory_find(uint64_t gpa, Kvm390Stretch *stretch);

/** kvm390_slot_memory_overlaps: does the guest have any of it? Any thread. */
bool kvm390_slot_memory_overlaps(uint64_t gpa, uint64_t size);

/** kvm390_slot_memory_end: behind the last address of all, or 0. Any thread. */
uint64_t kvm390_slot_memory_end(void);

/**
 * kvm390_slot_memory_mend: look again at pages that files did not have
 *
 * As lost-pages.h tells, one that was met is replaced. Costs nothing where none
 * was. Any thread.
 */
void kvm390_slot_memory_mend(void);

/**
 * kvm390_slot_memory_get_dirty: which pages were stored to since the last time?
 * @gpa, @size: addresses that are reserved, in bytes
 * @map: a bit each, the lowest of each byte first; set where it was. NULL: only
 *       look anew from now on.
 */
void kvm390_slot_memory_get_dirty(uint64_t gpa, uint64_t size, uint8_t *map);

/**
 * kvm390_is_slot_memory: has this region all pieces, by the guest's address?
 *
 * They lie below it in the map; what accesses them finds it as the outermost.
 */
bool kvm390_is_slot_memory(const MemoryRegion *mr);

/**
 * kvm390_for_each_memory: all memory of the machine, in parts
 * @each: as for flatview_for_each_range(), which this is where no client has
 *        the memory; also told of what is no RAM
 *
 * BQL.
 */
void kvm390_for_each_memory(flatview_cb each, void *opaque);

/**
 * kvm390_add_slot_memory_notifier: be told when a piece has come or gone
 *
 * The notifier is called under the BQL. For good.
 */
void kvm390_add_slot_memory_notifier(Notifier *notifier);

/** kvm390_slot_memory_changed: tell those. BQL. */
void kvm390_slot_memory_changed(void);

/**
 * kvm390_map_number: of the machine's memory map, odd while it changes
 *
 * What was found in the map holds if the number, read in an RCU read-side
 * section, is still the one that was read before the look-up, and even: the map
 * has not begun to change then.
 */
unsigned kvm390_map_number(void);

/* The map begins to change, has changed. BQL. */
void kvm390_map_changes(void);
void kvm390_map_changed(void);

#endif
