/*
 * kvm390's commands of the human monitor. Each runs in the main loop, with the
 * BQL held, and prints to @mon.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_HMP_H
#define KVM390_HMP_H

#include "monitor/monitor.h"

/** hmp_info_kvm390: `info kvm390`, what query-kvm390 returns, for people. */
void hmp_info_kvm390(Monitor *mon, const QDict *qdict);

/** hmp_kvm390_memop: `kvm390_memop`, what kvm390-memop does, for people. */
void hmp_kvm390_memop(Monitor *mon, const QDict *qdict);

#endif /* KVM390_HMP_H */
