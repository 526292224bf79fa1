/*
 * RAM whose pages start as clean
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_RAM_CLEAN_H
#define KVM390_RAM_CLEAN_H

typedef struct MemoryRegion MemoryRegion;

/**
 * kvm390_ram_starts_clean: does this block of RAM start without dirty pages?
 *
 * QEMU marks every page of a new block, which takes memory and time by its size
 * and not by what is used of it. Whoever makes a block that starts clean marks
 * its pages where they come into use. BQL.
 */
bool kvm390_ram_starts_clean(const MemoryRegion *mr);

#endif
