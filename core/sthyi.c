/*
 * STORE HYPERVISOR INFORMATION
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/pgm.h"
#include "kvm390/include/sthyi.h"

#include <string.h>

/* The header, and behind it the sections that it names. */
#define HEADER_SIZE     48
#define HEADER_TOTAL    8   /* a halfword each: the size of all, ... */
#define HEADER_LENGTH   10  /* ... of the header, then offset and length of: */
#define HEADER_MACHINE  12
#define HEADER_PARTITION 16

#define MACHINE_SIZE    64
#define MACHINE_VALID   2
#define MACHINE_ID_IS_VALID 0x40
#define MACHINE_TYPE    20
#define MACHINE_MAKER   24
#define MACHINE_SEQUENCE 40
#define MACHINE_PLANT   56

#define PARTITION_SIZE  56

int kvm390_sthyi_check(unsigned r1, unsigned r2, uint64_t function,
                       uint64_t addr)
{
    if (r1 == r2 || r1 & 1 || r2 & 1) {
        return KVM390_PGM_SPECIFICATION;
    }
    if (function & KVM390_STHYI_FUNCTION) {
        return -1;
    }
    return addr & (KVM390_STHYI_SIZE - 1) ? KVM390_PGM_SPECIFICATION : 0;
}

static void put_halfword(uint8_t *out, unsigned value)
{
    out[0] = value >> 8;
    out[1] = value;
}

static void put_section(uint8_t *out, unsigned offset, unsigned length)
{
    put_halfword(out, offset);
    put_halfword(out + 2, length);
}

void kvm390_sthyi_fill(uint8_t *out, const Kvm390SthyiMachine *machine)
{
    const unsigned partition = HEADER_SIZE + MACHINE_SIZE;
    uint8_t *section = out + HEADER_SIZE;

    memset(out, 0, KVM390_STHYI_SIZE);
    put_halfword(out + HEADER_TOTAL, partition + PARTITION_SIZE);
    put_halfword(out + HEADER_LENGTH, HEADER_SIZE);
    put_section(out + HEADER_MACHINE, HEADER_SIZE, MACHINE_SIZE);
    put_section(out + HEADER_PARTITION, partition, PARTITION_SIZE);

    section[MACHINE_VALID] = MACHINE_ID_IS_VALID;
    memcpy(section + MACHINE_TYPE, machine->type, sizeof(machine->type));
    memcpy(section + MACHINE_MAKER, machine->manufacturer,
           sizeof(machine->manufacturer));
    memcpy(section + MACHINE_SEQUENCE, machine->sequence,
           sizeof(machine->sequence));
    memcpy(section + MACHINE_PLANT, machine->plant, sizeof(machine->plant));
}
