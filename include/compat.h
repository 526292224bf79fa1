/*
 * One source for several versions of QEMU
 *
 * What QEMU moved or renamed between the versions that hooks/ has. The sources
 * use the names of the newest of them; for an older one its own names are made
 * to fit here, and nowhere else is a version asked for. docs/porting.rst.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_COMPAT_H
#define KVM390_COMPAT_H

/* config-host.h, which osdep.h includes, has the version. */
#define KVM390_QEMU (QEMU_VERSION_MAJOR * 100 + QEMU_VERSION_MINOR)

/* 10.2 has moved the headers of system emulation out of exec/, split others. */
#if KVM390_QEMU >= 1002
#include "exec/cpu-interrupt.h"
#include "exec/target_page.h"
#ifdef CONFIG_USER_ONLY
#include "exec/mmap-lock.h"
#else
#include "accel/accel-cpu-ops.h"
#include "accel/accel-ops.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/physmem.h"
#include "system/ram_addr.h"
#include "system/ramblock.h"
#endif
#ifdef COMPILING_PER_TARGET
#include "accel/tcg/cpu-ldst.h"
#ifndef CONFIG_USER_ONLY
#include "accel/tcg/iommu.h"
#endif
#include "accel/tcg/probe.h"
#include "exec/cputlb.h"
#include "exec/tlb-flags.h"
#include "exec/translation-block.h"
#include "exec/watchpoint.h"
#endif
#else /* 10.0 */
#ifndef CONFIG_USER_ONLY
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "system/accel-ops.h"
#endif
#ifdef COMPILING_PER_TARGET
#include "exec/cpu_ldst.h"
#include "exec/exec-all.h"
#ifndef CONFIG_USER_ONLY
#include "exec/ram_addr.h"
#include "exec/ramblock.h"
#endif
#endif
#endif

#ifdef CONFIG_USER_ONLY

/* What walk_memory_regions() tells of a page's protection. */
#if KVM390_QEMU >= 1002
typedef int Kvm390PageFlags;
#else
typedef unsigned long Kvm390PageFlags;
#endif

#else

/* 10.2: what a type's class_init() is given is constant. */
#if KVM390_QEMU >= 1002
typedef const void Kvm390ClassData;
#else
typedef void Kvm390ClassData;
#endif

/*
 * 10.2: an accelerator's init_machine() is told which one it is, and the
 * ops_init() of its operations gets the accelerator's class.
 */
#if KVM390_QEMU >= 1002
#define KVM390_ACCEL_TAKE   AccelState *as,
#define KVM390_ACCEL_PASS   as,
typedef AccelClass Kvm390OpsInit;
#define kvm390_ops_of(init) ((init)->ops)
#else
#define KVM390_ACCEL_TAKE
#define KVM390_ACCEL_PASS
typedef AccelOpsClass Kvm390OpsInit;
#define kvm390_ops_of(init) (init)
#endif

/* 10.2 has no machine any more that does without. */
#if KVM390_QEMU >= 1002
#define kvm390_stattrib_migrates(sa) true
#else
#define kvm390_stattrib_migrates(sa) ((sa)->migration_enabled)
#endif

/* 10.2: other names, and a kick that need not be an exit. */
#if KVM390_QEMU < 1002
#define physical_memory_get_dirty_flag cpu_physical_memory_get_dirty_flag
#define physical_memory_range_includes_clean \
    cpu_physical_memory_range_includes_clean
#define physical_memory_set_dirty_range cpu_physical_memory_set_dirty_range
#define physical_memory_test_and_clear_dirty \
    cpu_physical_memory_test_and_clear_dirty
#define qemu_process_cpu_events_common qemu_wait_io_event_common
#define tcg_kick_vcpu_thread cpu_exit
#endif

#ifdef COMPILING_PER_TARGET

/* 10.2: who invalidates says for which CPU; here it is for none. */
#if KVM390_QEMU >= 1002
#define kvm390_drop_blocks(start, last) \
    tb_invalidate_phys_range(NULL, start, last)
#else
#define kvm390_drop_blocks(start, last) tb_invalidate_phys_range(start, last)
#endif

/* 10.2 keeps what the generated code looks at in the reverse order. */
#if KVM390_QEMU < 1002
static inline CPUTLBDescFast *cpu_tlb_fast(CPUState *cs, int mmu_idx)
{
    return &cs->neg.tlb.f[mmu_idx];
}
#endif

#endif /* COMPILING_PER_TARGET */
#endif /* CONFIG_USER_ONLY */
#endif /* KVM390_COMPAT_H */
