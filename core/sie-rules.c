/*
 * What the machine decides while it executes SIE
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm390/include/pgm.h"
#include "kvm390/include/sie-rules.h"
#include "kvm390/include/sie.h"

#define MIB_MASK    0xfffffull

uint16_t kvm390_sie_storage(uint32_t cpuflags, uint64_t mso, uint64_t msl,
                            Kvm390SieStorage *storage)
{
    if (cpuflags & SIE_CPUFLAG_SM) {
        *storage = (Kvm390SieStorage) { 0, UINT64_MAX };
        return SIE_VALID;
    }
    *storage = (Kvm390SieStorage) { mso & ~MIB_MASK, msl | MIB_MASK };
    return storage->origin > storage->last ? SIE_INVALID_STORAGE : SIE_VALID;
}

unsigned kvm390_sie_request_icpt(uint32_t cpuflags, bool enabled_ext,
                                 bool enabled_io)
{
    if (cpuflags & SIE_CPUFLAG_STOP_INT) {
        return SIE_ICPT_STOP_REQUEST;
    }
    if (cpuflags & SIE_CPUFLAG_EXT_INT && enabled_ext) {
        return SIE_ICPT_EXT_REQUEST;
    }
    if (cpuflags & SIE_CPUFLAG_IO_INT && enabled_io) {
        return SIE_ICPT_IO_REQUEST;
    }
    return SIE_ICPT_NONE;
}

unsigned kvm390_sie_program_icpt(uint16_t code, uint32_t cpuflags,
                                 uint32_t ictl, uint8_t ecb, bool again)
{
    const bool per = code & KVM390_PGM_PER;

    if (per && cpuflags & SIE_CPUFLAG_P) {
        return SIE_ICPT_PROGRAM;
    }
    code &= ~KVM390_PGM_PER;
    if (code == KVM390_PGM_OPERATION && ictl & SIE_ICTL_OPEREXC) {
        return SIE_ICPT_OPEREXC;
    }
    if (ictl & SIE_ICTL_PINT) {
        return SIE_ICPT_PROGRAM;
    }
    switch (code) {
    case KVM390_PGM_SPECIFICATION:
        return ecb & SIE_ECB_SPECI && !again ? SIE_ICPT_NONE
                                             : SIE_ICPT_PROGRAM;
    case KVM390_PGM_ADDRESSING:
    case KVM390_PGM_SPECIAL_OPERATION:
        return SIE_ICPT_PROGRAM;
    default:
        return SIE_ICPT_NONE;
    }
}

Kvm390SieControls kvm390_sie_controls(uint32_t cpuflags, uint32_t ictl,
                                      uint16_t lctl, uint8_t ecb,
                                      uint32_t fac)
{
    return (Kvm390SieControls) {
        .ictl = ictl,
        .lctl = lctl,
        .kss = cpuflags & SIE_CPUFLAG_KSS,
        .no_skf = true,
        .interpret =
            (fac & SIE_FAC_BITS ? KVM390_INTERPRET_STFLE : 0) |
            (ecb & SIE_ECB_PTF ? KVM390_INTERPRET_PTF : 0),
    };
}

uint8_t kvm390_sie_icptstatus(bool executed, unsigned ilen, bool ifetch)
{
    return (executed ? SIE_ICPTSTATUS_EX | (ilen & 6) << 4 : 0) |
           (ifetch ? SIE_ICPTSTATUS_IFETCH : 0);
}

bool kvm390_sie_interlock(uint64_t old, bool counted, uint64_t *new)
{
    *new = counted ? old + SIE_INTERLOCK_GUEST : old;
    return !(old & SIE_INTERLOCK_HOST);
}
