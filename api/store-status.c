/*
 * KVM_S390_STORE_STATUS
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "api.h"
#include "s390x-internal.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/host-fault.h"

/* The save area, from absolute address 0x1200 on (PoP, "Store Status"). */
typedef struct QEMU_PACKED SaveArea {
    uint64_t fprs[16];
    uint64_t gprs[16];
    uint64_t psw[2];
    uint8_t pad1[8];
    uint32_t prefix;
    uint32_t fpc;
    uint8_t pad2[4];
    uint32_t todpr;
    uint64_t cputm;
    uint64_t ckc;
    uint8_t pad3[8];
    uint32_t ars[16];
    uint64_t crs[16];
} SaveArea;

QEMU_BUILD_BUG_ON(sizeof(SaveArea) != 512);

#define SAVE_AREA 0x1200
#define ARCH_MODE 163

static bool put_bytes(CPUS390XState *env, hwaddr absolute, const void *data,
                      size_t len)
{
    const hwaddr first = kvm390_machine_address(env, absolute);
    const hwaddr last = kvm390_machine_address(env, absolute + len - 1);

    return kvm390_host_permits(first, true) &&
           kvm390_host_permits(last, true) &&
           address_space_write(&address_space_memory, first,
                               MEMTXATTRS_UNSPECIFIED, data, len) == MEMTX_OK;
}

/* The parts that are status; what lies between them is left alone. */
static bool store_area(CPUS390XState *env, hwaddr at, const SaveArea *sa)
{
    const size_t first = offsetof(SaveArea, pad1);

    return put_bytes(env, at, sa, first) &&
           put_bytes(env, at + offsetof(SaveArea, prefix), &sa->prefix, 8) &&
           put_bytes(env, at + offsetof(SaveArea, todpr), &sa->todpr, 20) &&
           put_bytes(env, at + offsetof(SaveArea, ars), &sa->ars,
                     sizeof(*sa) - offsetof(SaveArea, ars));
}

int kvm390_store_status_at(Kvm390Vcpu *vcpu, uint64_t addr)
{
    CPUS390XState *env = &vcpu->cpu->env;
    uint8_t mode = 1;
    SaveArea sa = { };
    int i;

    if (addr == KVM_S390_STORE_STATUS_NOADDR ||
        addr == KVM_S390_STORE_STATUS_PREFIXED) {
        hwaddr base = addr == KVM_S390_STORE_STATUS_PREFIXED ? env->psa : 0;

        if (!put_bytes(env, base + ARCH_MODE, &mode, 1)) {
            return -EFAULT;
        }
        addr = base + SAVE_AREA;
    }
    for (i = 0; i < 16; i++) {
        sa.fprs[i] = cpu_to_be64(*get_freg(env, i));
        sa.gprs[i] = cpu_to_be64(env->regs[i]);
        sa.ars[i] = cpu_to_be32(env->aregs[i]);
        sa.crs[i] = cpu_to_be64(env->cregs[i]);
    }
    sa.psw[0] = cpu_to_be64(s390_cpu_get_psw_mask(env));
    sa.psw[1] = cpu_to_be64(env->psw.addr);
    sa.prefix = cpu_to_be32(env->psa);
    sa.fpc = cpu_to_be32(env->fpc);
    sa.todpr = cpu_to_be32(env->todpr);
    sa.cputm = cpu_to_be64(kvm390_get_cputm(vcpu));
    sa.ckc = cpu_to_be64(env->ckc >> 8);
    return store_area(env, addr, &sa) ? 0 : -EFAULT;
}

int kvm390_store_status(Kvm390Call *call)
{
    return kvm390_store_status_at(call->vcpu, call->number);
}
