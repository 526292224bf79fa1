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

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static struct slot **table; /* by hash, lists */
static size_t room, used;   /* lists, a power of two; slots */
static bool all_stays; /* there was no room to note one of them */

static size_t hash_slot(const struct kvm390_vm *vm, uint64_t id)
{
    uint64_t n = ((uintptr_t)vm >> 4) + id * 0x9e3779b97f4a7c15;

    return (n ^ n >> 32) & (room - 1);
}

/* Where the slot is linked, or would be. NULL: there is no table yet. */
static struct slot **find_place(const struct kvm390_vm *vm, uint64_t id)
{
    struct slot **p = table ? &table[hash_slot(vm, id)] : NULL;

    while (p && *p && !((*p)->vm == vm && (*p)->id == id)) {
        p = &(*p)->next;
    }
    return p;
}

/* As many lists as slots, at least; fewer are slow, and no error. */
static void grow_table(void)
{
    struct slot **old = table, *slot;
    size_t i, n = room;

    if (used < room) {
        return;
    }
    table = calloc(n ? 2 * n : 64, sizeof(*table));
    if (!table) {
        table = old;
        return;
    }
    room = n ? 2 * n : 64;
    for (i = 0; i < n; i++) {
        while ((slot = old[i])) {
            struct slot **p = find_place(slot->vm, slot->id);

            old[i] = slot->next;
            slot->next = NULL;
            *p = slot;
        }
    }
    free(old);
}

/* Take out those of a VM, or all of them. */
static void drop_slots(const struct kvm390_vm *vm)
{
    size_t i;

    for (i = 0; i < room; i++) {
        struct slot **p = &table[i], *slot;

        while ((slot = *p)) {
            if (!vm || slot->vm == vm) {
                *p = slot->next;
                free(slot);
                used--;
            } else {
                p = &slot->next;
            }
        }
    }
}

void kvm390_slots_lock(void)
{
    pthread_mutex_lock(&lock);
}

void kvm390_slots_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void kvm390_slots_set(struct kvm390_vm *vm, uint64_t id, uintptr_t addr,
                      size_t len)
{
    struct slot **p, *slot;

    grow_table();
    p = find_place(vm, id);
    slot = p ? *p : NULL;
    if (!len) {
        if (slot) {
            *p = slot->next;
            free(slot);
            used--;
        }
        return;
    }
    if (!slot) {
        slot = p ? malloc(sizeof(*slot)) : NULL;
        if (!slot) {
            all_stays = true;
            return;
        }
        slot->next = NULL;
        *p = slot;
        used++;
    }
    slot->vm = vm;
    slot->id = id;
    slot->addr = addr;
    slot->end = addr + len;
}

size_t kvm390_slots_size(struct kvm390_vm *vm, uint64_t id)
{
    struct slot **p;
    size_t size;

    pthread_mutex_lock(&lock);
    p = find_place(vm, id);
    size = p && *p ? (*p)->end - (*p)->addr : 0;
    pthread_mutex_unlock(&lock);
    return size;
}

void kvm390_slots_close(struct kvm390_vm *vm)
{
    pthread_mutex_lock(&lock);
    drop_slots(vm);
    pthread_mutex_unlock(&lock);
}

bool kvm390_slots_have(uintptr_t addr, uintptr_t end)
{
    struct slot *slot;
    size_t i;

    for (i = 0; i < room; i++) {
        for (slot = table[i]; slot; slot = slot->next) {
            if (slot->addr < end && addr < slot->end) {
                return true;
            }
        }
    }
    return all_stays;
}

/* --- fork(): no VM of the parent has memory of the child --- */

static void slots_forked(void)
{
    drop_slots(NULL);
    pthread_mutex_unlock(&lock);
}

/* Registered after the one of memory.c, so that its lock is taken later. */
__attribute__((constructor(102))) static void slots_init(void)
{
    pthread_atfork(kvm390_slots_lock, kvm390_slots_unlock, slots_forked);
}
