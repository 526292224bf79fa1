/*
 * What the tests of user-controlled VMs have in common, beside harness.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_API_UCONTROL_H
#define KVM390_API_UCONTROL_H

#include "harness.h"
#include "kvm390/include/sie.h"

#define MIB (1ull << 20)

/* KVM_S390_UCAS_MAP, KVM_S390_UCAS_UNMAP */
static inline int ucas_of(struct kvm390_vcpu *v, unsigned long request,
                          void *user, uint64_t addr, uint64_t len)
{
    struct kvm_s390_ucas_mapping map = {
        .user_addr = (uintptr_t)user, .vcpu_addr = addr, .length = len,
    };

    return kvm390_vcpu_ioctl(v, request, &map);
}

/* Memory that starts at a segment's boundary. */
static inline unsigned char *segments(uint64_t len)
{
    unsigned char *p = map(len + MIB);

    return (unsigned char *)(((uintptr_t)p + MIB - 1) & -MIB);
}

/* The SIE control block: one page. */
static inline uint8_t *map_block(struct kvm390_vcpu *v)
{
    uint8_t *block = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
                          kvm390_vcpu_fd(v), KVM_S390_SIE_PAGE_OFFSET * 4096);

    CHECK(block != MAP_FAILED);
    return block;
}

/* KVM_RUN ended where nothing is mapped. */
static inline bool ended_unmapped(const struct kvm_run *r, uint64_t page)
{
    return r->exit_reason == KVM_EXIT_S390_UCONTROL &&
           r->s390_ucontrol.pgm_code == 0x10 &&
           r->s390_ucontrol.trans_exc_code == page;
}

/* One instruction at the code, then diag 0,0,0x501. */
static inline void put_insn(unsigned char *mem, struct kvm_run *r,
                            const void *insn, size_t len)
{
    static const unsigned char diag[] = { 0x83, 0x00, 0x05, 0x01 };

    memcpy(mem + CODE, insn, len);
    memcpy(mem + CODE + len, diag, sizeof(diag));
    r->psw_mask = 0x180000000;
    r->psw_addr = CODE;
}

#endif
