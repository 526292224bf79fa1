/*
 * DIAG 0x258, page-reference services, where user space runs the vCPUs
 *
 * A guest asks to be told when it waits for a page of the host. KVM keeps the
 * token itself. No page is ever away here, so nothing comes of it but the
 * registers that user space sees (KVM_SYNC_PFAULT).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "s390x-internal.h"
#include "tcg/tcg_s390x.h"
#include "exit-record.h"
#include "kvm390/include/compat.h"

#define INVALID_TOKEN   (~0ull)
#define ZARCH           0x8000000000000000ull
#define ALREADY_STARTED 8
#define NOT_STARTED     4

enum { TOKEN, CANCEL };

/* The guest's parameter list, big-endian. */
typedef struct QEMU_PACKED Parameters {
    uint16_t code, subcode, len, version;
    uint64_t token, select, compare, zarch;
} Parameters;

static void G_NORETURN refuse_diag258(CPUS390XState *env, uint32_t code,
                                      uintptr_t ra)
{
    tcg_s390_program_interrupt(env, code, ra);
}

static void read_parameters(CPUS390XState *env, uint64_t addr, Parameters *p,
                            uintptr_t ra)
{
    uint64_t word;
    unsigned i;

    if (addr & 7) {
        refuse_diag258(env, PGM_SPECIFICATION, ra);
    }
    for (i = 0; i < sizeof(*p); i += 8) {
        if (address_space_read(env_cpu(env)->as, mmu_real2abs(env, addr + i),
                               MEMTXATTRS_UNSPECIFIED, &word, 8)) {
            refuse_diag258(env, PGM_ADDRESSING, ra);
        }
        memcpy((char *)p + i, &word, 8);
    }
    p->code = be16_to_cpu(p->code);
    p->subcode = be16_to_cpu(p->subcode);
    p->len = be16_to_cpu(p->len);
    p->version = be16_to_cpu(p->version);
    p->token = be64_to_cpu(p->token);
    p->select = be64_to_cpu(p->select);
    p->compare = be64_to_cpu(p->compare);
    p->zarch = be64_to_cpu(p->zarch);
    if (p->version != 2 || p->len < 5 || p->code != 0x258) {
        refuse_diag258(env, PGM_SPECIFICATION, ra);
    }
}

static unsigned establish_token(CPUS390XState *env, const Parameters *p,
                                uintptr_t ra)
{
    if (env->pfault_token != INVALID_TOKEN) {
        return ALREADY_STARTED;
    }
    if ((p->compare & p->select) != p->compare || p->token & 7 ||
        p->zarch != ZARCH) {
        refuse_diag258(env, PGM_SPECIFICATION, ra);
    }
    if (!address_space_access_valid(env_cpu(env)->as, p->token, 8, false,
                                    MEMTXATTRS_UNSPECIFIED)) {
        refuse_diag258(env, PGM_ADDRESSING, ra);
    }
    env->pfault_token = p->token;
    env->pfault_select = p->select;
    env->pfault_compare = p->compare;
    return 0;
}

static unsigned cancel_token(CPUS390XState *env, const Parameters *p,
                             uintptr_t ra)
{
    bool started = env->pfault_token != INVALID_TOKEN;

    if (p->token || p->select || p->compare || p->zarch) {
        refuse_diag258(env, PGM_SPECIFICATION, ra);
    }
    env->pfault_token = INVALID_TOKEN;
    return started ? 0 : NOT_STARTED;
}

void kvm390_diag_258(CPUS390XState *env, uint64_t insn, uint64_t next,
                     uintptr_t ra)
{
    unsigned rx = insn >> 52 & 0xf, ry = insn >> 48 & 0xf;
    Parameters p;

    read_parameters(env, env->regs[rx], &p, ra);
    switch (p.subcode) {
    case TOKEN:
        env->regs[ry] = establish_token(env, &p, ra);
        break;
    case CANCEL:
        env->regs[ry] = cancel_token(env, &p, ra);
        break;
    default:
        return;
    }
    kvm390_next_instruction(env, next);
}
