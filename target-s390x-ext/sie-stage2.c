/*
 * The second stage: a guest's absolute storage is in the host's primary space
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "exec/cputlb.h"
#include "exec/page-protection.h"
#include "qemu/rcu.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interpret.h"
#include "kvm390/include/pgm.h"
#include "kvm390/include/translation.h"
#include "guest-memory.h"

/*
 * A guest's TLB entry depends on host tables, but the address that IPTE purges
 * is of the host's space and says nothing of guest entries. So the tables that
 * a second stage read are noted by a bit each, of a hash of their addresses:
 * IPTE on one of them empties all TLBs. Bits are only ever set, so that a look
 * needs no lock; they are set before the entry is made.
 */
#define TABLE_SHIFT     11      /* a page table has 2 KiB */
#define TABLE_BITS      16

static unsigned long tables_read[BITS_TO_LONGS(1 << TABLE_BITS)];

static unsigned table_bit(uint64_t entry)
{
    return (entry >> TABLE_SHIFT) & ((1 << TABLE_BITS) - 1);
}

static void note_table(uint64_t entry)
{
    unsigned bit = table_bit(entry);

    if (!test_bit(bit, tables_read)) {
        set_bit_atomic(bit, tables_read);
    }
}

void kvm390_sie_invalidates(CPUS390XState *env, uint64_t entry)
{
    if (!env->kvm390.sie.active &&
        test_bit(table_bit(mmu_real2abs(env, entry)), tables_read)) {
        tlb_flush_all_cpus_synced(env_cpu(env));
    }
}

typedef struct Walk {
    Kvm390GuestMemory gm;
    Kvm390Sie *sie;
} Walk;

static int fetch_entry(void *opaque, uint64_t addr, uint64_t *value)
{
    Walk *walk = opaque;

    note_table(addr);
    walk->sie->last_entry = addr;
    return kvm390_mem_host(&walk->gm.mem, addr, false)
           ? kvm390_mem_fetch8(&walk->gm.mem, addr, value)
           : KVM390_PGM_ADDRESSING;
}

/* The host's enhancements: it is its control register 0 that counts. */
static Kvm390DatFeatures host_features(const Kvm390Sie *sie)
{
    const bool edat1 = sie->host.cr[0] & CR0_EDAT &&
                       s390_has_feat(S390_FEAT_EDAT);

    return (Kvm390DatFeatures) {
        .edat1 = edat1,
        .edat2 = edat1 && s390_has_feat(S390_FEAT_EDAT_2),
    };
}

/* A host access exception: the primary space, whatever the host's PSW says. */
static int host_fault(Kvm390Sie *sie, int code, uint64_t addr,
                      MMUAccessType type, enum Kvm390Protection prot)
{
    sie->fault_code = code;
    sie->fault_teid = kvm390_teid(addr, kvm390_access_of_type(type), 0, prot);
    return KVM390_PGM_HOST_FAULT;
}

int kvm390_sie_absolute(CPUS390XState *env, uint64_t guest,
                        MMUAccessType type, uint64_t *absolute, int *prot)
{
    Kvm390Sie *sie = &env->kvm390.sie;
    const Kvm390DatFeatures features = host_features(sie);
    const uint64_t addr = sie->storage.origin + guest;
    Walk walk = { .sie = sie };
    Kvm390DatFrame frame;
    int code;

    if (guest > sie->storage.last - sie->storage.origin) {
        return KVM390_PGM_ADDRESSING;
    }
    RCU_READ_LOCK_GUARD();
    kvm390_guest_memory_begin(&walk.gm, NULL);
    code = kvm390_dat_walk(addr, sie->host.cr[1], &features, fetch_entry,
                           &walk, &frame);
    kvm390_guest_memory_end(&walk.gm);
    if (code) {
        return host_fault(sie, code, addr, type, KVM390_PROT_NONE);
    }
    if (frame.protect) {
        if (type == MMU_DATA_STORE) {
            return host_fault(sie, KVM390_PGM_PROTECTION, addr, type,
                              KVM390_PROT_DAT);
        }
        if (prot) {
            *prot &= ~PAGE_WRITE;
        }
    }
    *absolute = frame.absolute ? frame.addr :
                kvm390_real_to_absolute(frame.addr, sie->host.psa);
    return 0;
}
