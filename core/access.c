/*
 * Who may access what: storage keys, overrides, low-address protection, TEID
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/access.h"

/* TEID bits, numbered from the left as in the Principles of Operation. */
#define TEID_BIT(n)     (1ull << (63 - (n)))
#define TEID_PAGE       (~0xfffull)
#define TEID_STORE      TEID_BIT(53)
#define TEID_FETCH      TEID_BIT(52)

static unsigned key_acc(uint8_t skey)
{
    return skey >> KVM390_KEY_ACC_SHIFT;
}

bool kvm390_key_permits(unsigned access_key, uint8_t skey,
                        enum Kvm390Access access)
{
    if (access_key == 0 || access_key == key_acc(skey)) {
        return true;
    }
    return access != KVM390_STORE && !(skey & KVM390_KEY_F);
}

bool kvm390_fetch_override_applies(uint64_t cr0, bool private_space,
                                   uint64_t ea, uint64_t len)
{
    return (cr0 & KVM390_CR0_FETCH_OVERRIDE) && !private_space &&
           ea < KVM390_FETCH_OVERRIDE_LIMIT &&
           len <= KVM390_FETCH_OVERRIDE_LIMIT - ea;
}

bool kvm390_storage_override_applies(uint64_t cr0, uint8_t skey)
{
    return (cr0 & KVM390_CR0_STORAGE_OVERRIDE) &&
           key_acc(skey) == KVM390_STORAGE_OVERRIDE_ACC;
}

bool kvm390_cpu_access_permits(unsigned access_key, uint8_t skey,
                               enum Kvm390Access access, uint64_t cr0,
                               bool private_space, uint64_t ea, uint64_t len)
{
    if (kvm390_key_permits(access_key, skey, access) ||
        kvm390_storage_override_applies(cr0, skey)) {
        return true;
    }
    return access != KVM390_STORE &&
           kvm390_fetch_override_applies(cr0, private_space, ea, len);
}

bool kvm390_is_low_address(uint64_t ea)
{
    /* 0-511 of the first two pages */
    return (ea & ~0x11ffull) == 0;
}

bool kvm390_low_address_protected(uint64_t cr0, bool private_space,
                                  uint64_t ea)
{
    return (cr0 & KVM390_CR0_LOW_ADDRESS_PROT) && !private_space &&
           kvm390_is_low_address(ea);
}

uint64_t kvm390_teid(uint64_t ea, enum Kvm390Access access, unsigned as,
                     enum Kvm390Protection prot)
{
    uint64_t teid = (ea & TEID_PAGE) | (as & 3);

    teid |= access == KVM390_STORE ? TEID_STORE : TEID_FETCH;

    switch (prot) {
    case KVM390_PROT_NONE:
        break;
    case KVM390_PROT_KEY:
        teid |= TEID_BIT(60);
        break;
    case KVM390_PROT_LOW_ADDRESS:
        teid |= TEID_BIT(56);
        break;
    case KVM390_PROT_DAT:
        teid |= TEID_BIT(61);
        break;
    case KVM390_PROT_IEP:
        teid |= TEID_BIT(56) | TEID_BIT(61);
        break;
    case KVM390_PROT_ACCESS_LIST:
        teid |= TEID_BIT(60) | TEID_BIT(61);
        break;
    }
    return teid;
}
