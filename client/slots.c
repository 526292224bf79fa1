/*
 * Which memory of the caller the VMs have at present
 *
 * Memory that a slot names becomes a file's, and one slot's memory has to be
 * one piece of one file. Files that no VM has can be made anew, to fit a slot
 * that reaches over several; what a VM has must stay. So each slot is kept
 * here, from the ioctl that sets it to the one that deletes it.
 *
 * The lock is held from before the file is chosen until the ioctl's result is
 * known. It is taken before all other locks of the library.
 *
 * SPDX-License-Identifier: MIT
 */
#include "internal.h"

#include <stdlib.h>

struct slot {
    struct slot *next;
    struct kvm390_vm *vm;
    uint64_t id;
    uintptr_t addr, end;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of slots */
static struct slot *slots;
static bool all_stays; /* there was no room to note one of them */

void kvm390_slots_lock(void)
{
    pthread_mutex_lock(&lock);
}

void kvm390_slots_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* The slot's memory as it is set now; an empty one is deleted. */
static void put(struct kvm390_vm *vm, struct slot **p, uint64_t id,
                uintptr_t addr, size_t len)
{
    struct slot *slot = *p;

    if (!len) {
        if (slot) {
            *p = slot->next;
            free(slot);
        }
        return;
    }
    if (!slot) {
        slot = malloc(sizeof(*slot));
        if (!slot) {
            all_stays = true;
            return;
        }
        slot->next = NULL;
        *p = slot;
    }
    slot->vm = vm;
    slot->id = id;
    slot->addr = addr;
    slot->end = addr + len;
}

void kvm390_slots_set(struct kvm390_vm *vm, uint64_t id, uintptr_t addr,
                      size_t len)
{
    struct slot **p;

    for (p = &slots; *p && !((*p)->vm == vm && (*p)->id == id);
         p = &(*p)->next) {
    }
    put(vm, p, id, addr, len);
}

size_t kvm390_slots_size(struct kvm390_vm *vm, uint64_t id)
{
    struct slot *slot;
    size_t size = 0;

    pthread_mutex_lock(&lock);
    for (slot = slots; slot; slot = slot->next) {
        if (slot->vm == vm && slot->id == id) {
            size = slot->end - slot->addr;
        }
    }
    pthread_mutex_unlock(&lock);
    return size;
}

void kvm390_slots_close(struct kvm390_vm *vm)
{
    struct slot **p = &slots, *slot;

    pthread_mutex_lock(&lock);
    while ((slot = *p)) {
        if (slot->vm == vm) {
            *p = slot->next;
            free(slot);
        } else {
            p = &slot->next;
        }
    }
    pthread_mutex_unlock(&lock);
}

bool kvm390_slots_have(uintptr_t addr, uintptr_t end)
{
    struct slot *slot;

    for (slot = slots; slot; slot = slot->next) {
        if (slot->addr < end && addr < slot->end) {
            return true;
        }
    }
    return all_stays;
}

/* --- fork(): no VM of the parent has memory of the child --- */

static void forked(void)
{
    struct slot *slot;

    while ((slot = slots)) {
        slots = slot->next;
        free(slot);
    }
    pthread_mutex_unlock(&lock);
}

/* Registered after the one of memory.c, so that its lock is taken later. */
__attribute__((constructor(102))) static void slots_init(void)
{
    pthread_atfork(kvm390_slots_lock, kvm390_slots_unlock, forked);
}
