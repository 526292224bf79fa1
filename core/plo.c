/*
 * PERFORM LOCKED OPERATION: what a function code asks for
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/plo.h"

#define PLACE   16u

bool kvm390_plo(unsigned function, Kvm390Plo *plo)
{
    static const uint8_t sizes[] = { 4, 8, 8, 16 };
    enum Kvm390PloKind kind = function / 4;
    bool values_listed = function & 1;

    if (function >= KVM390_PLO_FUNCTIONS) {
        return false;
    }
    *plo = (Kvm390Plo) {
        .kind = kind,
        .size = sizes[function % 4],
        .values_listed = values_listed,
        .listed = values_listed || kind >= KVM390_PLO_SWAP_DOUBLE_STORE,
        .stores = kind >= KVM390_PLO_SWAP_STORE
                  ? kind - KVM390_PLO_SWAP_STORE + 1 : 0,
    };
    return true;
}

unsigned kvm390_plo_value(const Kvm390Plo *plo, unsigned place)
{
    return (place + 1) * PLACE - plo->size;
}

unsigned kvm390_plo_address(unsigned operand)
{
    return 72 + (operand - 4) * PLACE;
}

bool kvm390_plo_registers_valid(const Kvm390Plo *plo, unsigned r1,
                                unsigned r3)
{
    if (plo->values_listed || plo->kind == KVM390_PLO_COMPARE_LOAD) {
        return true;
    }
    return !(r1 & 1) && !(plo->kind == KVM390_PLO_DOUBLE_SWAP && r3 & 1);
}
