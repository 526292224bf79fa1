/*
 * Interruptions that QEMU's TCG has no place for: pending ones and delivery
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm390/include/compat.h"
#include "kvm390/include/interrupts.h"
#include "s390x-internal.h"
#include "hw/core/cpu.h"
#include "hw/s390x/s390_flic.h"
#include "hw/s390x/tod.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/reset.h"
#include "tcg/tcg_s390x.h"
#include "target/s390x/tcg/s390-tod.h"
#include "kvm390/include/exits.h"
#include "kvm390/include/gaccess.h"
#include "kvm390/trace.h"
#include "exit-record.h"

#define PER_BIT 0x80

/* CPU address of an external interruption 0x2603: what it is about. */
#define EXT_CP_SERVICE 0x2603
enum { PFAULT_INIT = 0x600, PFAULT_DONE = 0x680, VIRTIO_PARAM = 0xd00 };

bool kvm390_irqs_used;

static Kvm390FloatIrqs floating; /* BQL; pending is atomic */

Kvm390LocalIrqs *kvm390_local_irqs(S390CPU *cpu)
{
    Kvm390LocalIrqs *l = cpu->env.kvm390.irqs;

    if (!l) {
        l = g_new0(Kvm390LocalIrqs, 1);
        qatomic_store_release(&cpu->env.kvm390.irqs, l);
    }
    return l;
}

/* The same without the BQL; one that is never written to if there is none. */
static const Kvm390LocalIrqs *local_irqs_of(const CPUS390XState *env)
{
    static const Kvm390LocalIrqs nothing;

    return qatomic_load_acquire(&env->kvm390.irqs) ?: &nothing;
}

Kvm390FloatIrqs *kvm390_float_irqs(void)
{
    return &floating;
}

/* A system reset clears all of them. */
static void reset_all(void *opaque)
{
    CPUState *cs;

    kvm390_float_clear(&floating);
    CPU_FOREACH(cs) {
        kvm390_clear_local(S390_CPU(cs));
    }
}

static void first_use(void)
{
    if (!kvm390_irqs_used) {
        qatomic_set(&kvm390_irqs_used, true);
        qemu_register_reset(reset_all, NULL);
    }
}

void kvm390_inject_local(S390CPU *cpu, uint32_t which)
{
    first_use();
    qatomic_or(&kvm390_local_irqs(cpu)->pending, which);
    cpu_interrupt(CPU(cpu), CPU_INTERRUPT_HARD);
}

/* Subclasses in the interruption code (PoP, "Machine-Check Interruption"). */
#define MCIC_EXIGENT     (MCIC_SC_SD | MCIC_SC_PD)
#define MCIC_REPRESSIBLE (MCIC_SC_ED | MCIC_SC_DG | MCIC_SC_W)

void kvm390_inject_mchk(S390CPU *cpu, const struct kvm_s390_mchk_info *in)
{
    struct kvm_s390_mchk_info *mchk = &kvm390_local_irqs(cpu)->mchk;

    /* Conditions add up; an address and a logout are the latest one's. */
    mchk->cr14 |= in->cr14;
    mchk->mcic |= in->mcic;
    mchk->ext_damage_code |= in->ext_damage_code;
    mchk->failing_storage_address = in->failing_storage_address;
    memcpy(mchk->fixed_logout, in->fixed_logout, sizeof(in->fixed_logout));
    if (mchk->mcic & MCIC_EXIGENT) {
        kvm390_inject_local(cpu, KVM390_LOCAL_MCHK_EXIGENT);
    } else if (mchk->mcic & MCIC_REPRESSIBLE) {
        kvm390_inject_local(cpu, KVM390_LOCAL_MCHK_REPRESSIBLE);
    }
}

int kvm390_inject_float(const struct kvm_s390_irq *irq)
{
    int ret = kvm390_float_inject(&floating, irq);
    CPUState *cs;

    if (!ret) {
        first_use();
        CPU_FOREACH(cs) {
            cpu_interrupt(cs, CPU_INTERRUPT_HARD);
        }
    }
    return ret;
}

int kvm390_inject_float_qemu(const struct kvm_s390_irq *irq)
{
    const struct kvm_s390_io_info *io = &irq->u.io;

    if (irq->type == KVM_S390_INT_SERVICE) {
        s390_sclp_extint(irq->u.ext.ext_params);
        return 0;
    }
    if (irq->type <= KVM_S390_INT_IO_MAX) {
        s390_io_interrupt(io->subchannel_id, io->subchannel_nr,
                          io->io_int_parm, io->io_int_word);
        return 0;
    }
    return kvm390_inject_float(irq);
}

void kvm390_clear_local(S390CPU *cpu)
{
    Kvm390LocalIrqs *l = kvm390_local_irqs(cpu);

    qatomic_set(&l->pending, 0);
    memset(l, 0, sizeof(*l));
}

/* --- what can be taken --- */

/* The pending ones that the PSW and the control registers let through. */
static void find_deliverable(CPUS390XState *env, uint32_t *local,
                             uint32_t *floats)
{
    const Kvm390LocalIrqs *l = local_irqs_of(env);
    uint64_t psw = env->psw.mask;

    if (kvm390_intercepts.ucontrol) {
        /* KVM delivers nothing there: user space does, by the SIE block. */
        *local = *floats = 0;
        return;
    }
    *local = qatomic_read(&l->pending) & ~(KVM390_LOCAL_CKC |
                                           KVM390_LOCAL_CPUTM);
    *floats = kvm390_float_pending(&floating);
    if (!(psw & PSW_MASK_MCHECK)) {
        *local &= ~KVM390_LOCAL_MCHK_EXIGENT;
    }
    if (!(psw & PSW_MASK_MCHECK) ||
        !(env->cregs[14] & (l->mchk.cr14 | floating.cr14))) {
        *local &= ~KVM390_LOCAL_MCHK_REPRESSIBLE;
        *floats &= ~KVM390_FLOAT_MCHK;
    }
    if (!(psw & PSW_MASK_EXT)) {
        *local &= ~KVM390_LOCAL_PFAULT;
        *floats &= KVM390_FLOAT_IO | KVM390_FLOAT_MCHK;
    } else if (!(env->cregs[0] & CR0_SERVICE_SC)) {
        *floats &= ~(KVM390_FLOAT_SERVICE | KVM390_FLOAT_SERVICE_EVENT);
    }
    if (!(psw & PSW_MASK_IO)) {
        *floats &= ~KVM390_FLOAT_IO;
    } else {
        *floats &= ~KVM390_FLOAT_IO | (env->cregs[6] >> 24 & KVM390_FLOAT_IO);
    }
}

bool kvm390_has_irq_slow(S390CPU *cpu)
{
    uint32_t local, floats;

    find_deliverable(&cpu->env, &local, &floats);
    return local || floats;
}

bool kvm390_irq_pending_slow(S390CPU *cpu)
{
    return qatomic_read(&local_irqs_of(&cpu->env)->pending) ||
           kvm390_float_pending(&floating);
}

/* --- the lowcore --- */

typedef struct Lowcore {
    CPUS390XState *env;
    bool failed;
} Lowcore;

static void lowcore_put(Lowcore *lc, hwaddr at, uint64_t value, unsigned size)
{
    uint8_t buf[8];

    stn_be_p(buf, size, value);
    lc->failed |= address_space_write(env_cpu(lc->env)->as,
                                      lc->env->psa + at,
                                      MEMTXATTRS_UNSPECIFIED, buf, size);
}

static uint64_t lowcore_get(Lowcore *lc, hwaddr at)
{
    uint64_t value = 0;

    lc->failed |= address_space_read(env_cpu(lc->env)->as, lc->env->psa + at,
                                     MEMTXATTRS_UNSPECIFIED, &value, 8);
    return be64_to_cpu(value);
}

#define PUT(lc, field, value) \
    lowcore_put(lc, offsetof(LowCore, field), value, \
                sizeof(((LowCore *)0)->field))

/* Exchange PSWs; last of all, as the new one may end the vCPU's run. */
static void swap_psws(Lowcore *lc, size_t old, size_t new)
{
    CPUS390XState *env = lc->env;
    uint64_t mask, addr;

    lowcore_put(lc, old, s390_cpu_get_psw_mask(env), 8);
    lowcore_put(lc, old + 8, env->psw.addr, 8);
    mask = lowcore_get(lc, new);
    addr = lowcore_get(lc, new + 8);
    if (lc->failed) {
        kvm390_exit_no_lowcore(env); /* if user space runs it: no return */
    }
    s390_cpu_set_psw(env, mask, addr);
}

#define SWAP_PSWS(lc, old, new) \
    swap_psws(lc, offsetof(LowCore, old), offsetof(LowCore, new))

/* KVM390_STAT_deliver_* */
static void count_delivery(CPUS390XState *env, unsigned stat)
{
    Kvm390Exit *e = kvm390_exit_of(env);

    if (e) {
        e->stats[stat]++;
    }
}

/* --- program interruptions --- */

static void put_program_details(Lowcore *lc,
                                const struct kvm_s390_pgm_info *pgm)
{
    unsigned props = kvm390_pgm_properties(pgm->code & ~PER_BIT);

    if (props & KVM390_PGM_HAS_TEID) {
        PUT(lc, trans_exc_code, pgm->trans_exc_code);
    }
    if (props & KVM390_PGM_HAS_ACCESS_ID) {
        PUT(lc, exc_access_id, pgm->exc_access_id);
    }
    if (props & KVM390_PGM_HAS_OP_ID) {
        PUT(lc, op_access_id, pgm->op_access_id);
    }
    if (props & KVM390_PGM_HAS_MONITOR) {
        PUT(lc, mon_class_num, pgm->mon_class_nr);
        PUT(lc, monitor_code, pgm->mon_code);
    }
    if (props & KVM390_PGM_HAS_DXC) {
        PUT(lc, data_exc_code, pgm->data_exc_code);
    }
    if (pgm->code & PER_BIT) {
        PUT(lc, per_perc_atmid, pgm->per_code << 8 | pgm->per_atmid);
        PUT(lc, per_address, pgm->per_address);
        PUT(lc, per_access_id, pgm->per_access_id);
    }
}

static void deliver_program(CPUS390XState *env, Kvm390LocalIrqs *l)
{
    Lowcore lc = { env };
    struct kvm_s390_pgm_info pgm = l->pgm;
    unsigned ilen = pgm.flags & KVM_S390_PGM_FLAGS_ILC_MASK;

    qatomic_and(&l->pending, ~KVM390_LOCAL_PGM);
    memset(&l->pgm, 0, sizeof(l->pgm));
    trace_kvm390_deliver(env->core_id, KVM_S390_PROGRAM_INT, pgm.code);
    count_delivery(env, KVM390_STAT_deliver_program);
    put_program_details(&lc, &pgm);
    if (kvm390_pgm_properties(pgm.code & ~PER_BIT) & KVM390_PGM_NULLIFIES &&
        !(pgm.flags & KVM_S390_PGM_FLAGS_NO_REWIND)) {
        /* by the CPU's addressing mode */
        env->psw.addr = kvm390_effective(env->psw.mask, env->psw.addr - ilen);
    }
    PUT(&lc, pgm_ilen, ilen);
    PUT(&lc, pgm_code, pgm.code);
    PUT(&lc, per_breaking_event_addr, env->gbea);
    SWAP_PSWS(&lc, program_old_psw, program_new_psw);
}

/* --- machine checks --- */

/* Bits 0 to 63-LC of the designation are an address, the rest is LC. */
static uint64_t extended_save_area(uint64_t mcesad, bool *with_gs)
{
    unsigned lc = mcesad & 0xf;

    *with_gs = false;
    if (!s390_has_feat(S390_FEAT_GUARDED_STORAGE)) {
        return mcesad & ~0x3ffull;
    }
    switch (lc) {
    case 0:
    case 10:
        return mcesad & ~0x3ffull;
    case 11:
    case 12:
        *with_gs = true;
        return mcesad & ~((1ull << lc) - 1);
    default:
        return 0;
    }
}

static bool put_absolute(CPUS390XState *env, hwaddr at, const uint64_t *from,
                         unsigned n)
{
    g_autofree uint64_t *be = g_new(uint64_t, n);
    unsigned i;

    for (i = 0; i < n; i++) {
        be[i] = cpu_to_be64(from[i]);
    }
    return address_space_write(env_cpu(env)->as, at, MEMTXATTRS_UNSPECIFIED,
                               be, n * 8) == MEMTX_OK;
}

/* Returns the interruption code, without what could not be stored. */
static uint64_t put_extended(Lowcore *lc, uint64_t mcic)
{
    CPUS390XState *env = lc->env;
    bool gs;
    uint64_t mcesad = lowcore_get(lc, offsetof(LowCore, mcesad));
    uint64_t at = extended_save_area(mcesad, &gs);

    if (!(mcic & MCIC_VB_VR) || !at || lc->failed ||
        !(kvm390_exit_of(env) || s390_has_feat(S390_FEAT_VECTOR)) ||
        !put_absolute(env, at, &env->vregs[0][0], 64)) {
        mcic &= ~MCIC_VB_VR;
    }
    if (!(mcic & MCIC_VB_GS) || !at || !gs || lc->failed ||
        !put_absolute(env, at + 1024, env->gscb, 4)) {
        mcic &= ~MCIC_VB_GS;
    }
    return mcic;
}

static void put_registers(Lowcore *lc)
{
    CPUS390XState *env = lc->env;
    unsigned i;

    for (i = 0; i < 16; i++) {
        PUT(lc, floating_pt_save_area[i], *get_freg(env, i));
        PUT(lc, gpregs_save_area[i], env->regs[i]);
        PUT(lc, access_regs_save_area[i], env->aregs[i]);
        PUT(lc, cregs_save_area[i], env->cregs[i]);
    }
    PUT(lc, fpt_creg_save_area, env->fpc);
    PUT(lc, tod_progreg_save_area, env->todpr);
    PUT(lc, cpu_timer_save_area, tcg_s390_get_cpu_timer(env));
    PUT(lc, clock_comp_save_area, env->ckc >> 8);
}

/* All that are pending are indicated by one. */
static void deliver_machine_check(CPUS390XState *env, Kvm390LocalIrqs *l)
{
    struct kvm_s390_mchk_info mchk = l->mchk;
    Lowcore lc = { env };
    uint64_t mcic;
    unsigned i;

    qatomic_and(&l->pending, ~KVM390_LOCAL_MCHK);
    memset(&l->mchk, 0, sizeof(l->mchk));
    kvm390_float_take_mchk(&floating, &mchk);
    trace_kvm390_deliver(env->core_id, KVM_S390_MCHK, mchk.mcic);
    count_delivery(env, KVM390_STAT_deliver_machine_check);
    mcic = put_extended(&lc, mchk.mcic);
    PUT(&lc, ar_access_id, 1); /* z/Architecture */
    PUT(&lc, mcic, mcic);
    put_registers(&lc);
    PUT(&lc, external_damage_code, mchk.ext_damage_code);
    PUT(&lc, failing_storage_address, mchk.failing_storage_address);
    for (i = 0; i < sizeof(mchk.fixed_logout); i++) {
        lowcore_put(&lc, offsetof(LowCore, st_status_fixed_logout) + i,
                    mchk.fixed_logout[i], 1);
    }
    SWAP_PSWS(&lc, mcck_old_psw, mcck_new_psw);
}

/* --- external and I/O interruptions --- */

static void deliver_external(CPUS390XState *env, uint16_t code,
                             uint16_t cpu_addr, const uint32_t *param,
                             const uint64_t *param2)
{
    Lowcore lc = { env };

    trace_kvm390_deliver(env->core_id, code, param2 ? *param2 : *param);
    PUT(&lc, ext_int_code, code);
    PUT(&lc, cpu_addr, cpu_addr);
    if (param) {
        PUT(&lc, ext_params, *param);
    }
    if (param2) {
        PUT(&lc, ext_params2, *param2);
    }
    SWAP_PSWS(&lc, external_old_psw, external_new_psw);
}

static void deliver_service(CPUS390XState *env, uint32_t param)
{
    count_delivery(env, KVM390_STAT_deliver_service_signal);
    deliver_external(env, EXT_SERVICE, 0, &param, NULL);
}

static void deliver_pfault(CPUS390XState *env, uint16_t what,
                           const struct kvm_s390_ext_info *ext)
{
    const uint64_t token = ext->ext_params2;

    deliver_external(env, EXT_CP_SERVICE, what, NULL, &token);
}

static void deliver_virtio(CPUS390XState *env,
                           const struct kvm_s390_ext_info *ext)
{
    const uint64_t token = ext->ext_params2;
    const uint32_t param = ext->ext_params;

    count_delivery(env, KVM390_STAT_deliver_virtio);
    deliver_external(env, EXT_CP_SERVICE, VIRTIO_PARAM, &param, &token);
}

static void deliver_io(CPUS390XState *env, const struct kvm_s390_io_info *io)
{
    Lowcore lc = { env };

    trace_kvm390_deliver(env->core_id, io->io_int_word,
                         io->subchannel_id << 16 | io->subchannel_nr);
    count_delivery(env, KVM390_STAT_deliver_io);
    PUT(&lc, subchannel_id, io->subchannel_id);
    PUT(&lc, subchannel_nr, io->subchannel_nr);
    PUT(&lc, io_int_parm, io->io_int_parm);
    PUT(&lc, io_int_word, io->io_int_word);
    SWAP_PSWS(&lc, io_old_psw, io_new_psw);
}

/* --- delivery, in KVM's order of priority --- */

/*
 * A timer interruption that was injected stands only while its condition
 * holds; KVM looks at the clock each time it delivers.
 */
void kvm390_recheck_timers(CPUS390XState *env)
{
    Kvm390LocalIrqs *l = kvm390_local_irqs(env_archcpu(env));
    S390TODState *td = s390_get_todstate();
    uint32_t injected = qatomic_read(&l->pending) & (KVM390_LOCAL_CKC |
                                                     KVM390_LOCAL_CPUTM);
    S390TOD tod;

    if (!injected) {
        return;
    }
    qatomic_and(&l->pending, ~injected);
    S390_TOD_GET_CLASS(td)->get(td, &tod, &error_abort);
    if (injected & KVM390_LOCAL_CKC &&
        tod.low + env->kvm390.tod_ahead <= env->ckc) {
        env->pending_int &= ~INTERRUPT_EXT_CLOCK_COMPARATOR;
        tcg_s390_tod_updated(env_cpu(env), RUN_ON_CPU_NULL);
    }
    if (injected & KVM390_LOCAL_CPUTM && !(tcg_s390_get_cpu_timer(env) >> 63)) {
        env->pending_int &= ~INTERRUPT_EXT_CPU_TIMER;
    }
}

static bool deliver_before(CPUS390XState *env, Kvm390LocalIrqs *l,
                           uint32_t local, uint32_t floats)
{
    if (local & KVM390_LOCAL_MCHK_EXIGENT) {
        deliver_machine_check(env, l);
    } else if (local & KVM390_LOCAL_PGM) {
        deliver_program(env, l);
    } else if (local & KVM390_LOCAL_MCHK_REPRESSIBLE ||
               floats & KVM390_FLOAT_MCHK) {
        deliver_machine_check(env, l);
    } else {
        return false;
    }
    return true;
}

static bool deliver_after(CPUS390XState *env, Kvm390LocalIrqs *l,
                          uint32_t local, uint32_t floats)
{
    struct kvm_s390_ext_info ext;
    struct kvm_s390_io_info io;

    if (floats & KVM390_FLOAT_SERVICE_EVENT) {
        deliver_service(env, kvm390_float_take_event(&floating));
    } else if (floats & KVM390_FLOAT_SERVICE) {
        uint32_t param = kvm390_float_take_service(&floating);

        if (param) {
            deliver_service(env, param);
        }
    } else if (local & KVM390_LOCAL_PFAULT) {
        qatomic_and(&l->pending, ~KVM390_LOCAL_PFAULT);
        deliver_pfault(env, PFAULT_INIT, &l->pfault);
    } else if (floats & KVM390_FLOAT_PFAULT &&
               kvm390_float_take_pfault(&floating, &ext)) {
        deliver_pfault(env, PFAULT_DONE, &ext);
    } else if (floats & KVM390_FLOAT_VIRTIO &&
               kvm390_float_take_virtio(&floating, &ext)) {
        deliver_virtio(env, &ext);
    } else if (kvm390_float_take_io(&floating, floats & KVM390_FLOAT_IO, 0,
                                    &io)) {
        deliver_io(env, &io);
    } else {
        return false;
    }
    return true;
}

bool kvm390_deliver_slow(CPUS390XState *env, bool before_external)
{
    Kvm390LocalIrqs *l = kvm390_local_irqs(env_archcpu(env));
    uint32_t local, floats;

    if (before_external && kvm390_intercepts.client_runs) {
        kvm390_recheck_timers(env);
    }
    find_deliverable(env, &local, &floats);
    return before_external ? deliver_before(env, l, local, floats) :
                             deliver_after(env, l, local, floats);
}

/* --- the machine kvm390-vm --- */

QEMUS390FlicIO *kvm390_dequeue_io(uint64_t cr6)
{
    struct kvm_s390_io_info info;
    QEMUS390FlicIO *io;

    if (!kvm390_float_take_io(&floating, cr6 >> 24, 0, &info)) {
        return NULL;
    }
    io = g_new0(QEMUS390FlicIO, 1);
    io->id = info.subchannel_id;
    io->nr = info.subchannel_nr;
    io->parm = info.io_int_parm;
    io->word = info.io_int_word;
    return io;
}

/* TPI puts back what it could not store. */
static void vm_inject_io(S390FLICState *fs, uint16_t id, uint16_t nr,
                         uint32_t parm, uint32_t word)
{
    struct kvm_s390_irq irq = {
        .u.io = { .subchannel_id = id, .subchannel_nr = nr,
                  .io_int_parm = parm, .io_int_word = word },
    };

    kvm390_inject_float(&irq);
}

void kvm390_vm_flic_init(void)
{
    s390_get_flic_class(s390_get_flic())->inject_io = vm_inject_io;
}
