# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux booted by Debian's QEMU with -accel kvm, and under -accel kvm390."""
from kvm390 import guest, vmm
from kvm390.bench import Row, good_run


class VmmBoot(Row):
    """Which QEMU a side is: "kvm" and "tcg" are Debian's, emulated."""

    def prepare(self):
        vmm.fetch('trixie')
        vmm.check_there()

    def measure(self, qemu, accel, timeout):
        words = guest.linux_arguments(accel=accel, mem='1G')
        if accel in ('kvm', 'tcg'):
            qemu, words = vmm.EXEC, [*vmm.prefix('trixie', False), *words]
        run = good_run(guest.run(qemu, words, timeout), guest.POWEROFF)
        return [('userspace', run.fact_times['uptime'], 's'),
                ('whole', run.seconds, 's')]


ROW = VmmBoot("boot Debian's 6.1 through the KVM API",
              sides=('kvm390', 'kvm'))
