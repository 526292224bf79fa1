# SPDX-License-Identifier: GPL-2.0-or-later
"""The same memory loop under PSW key 0 and under key 3, both kvm390."""
from kvm390.bench import BareMetal


class UnderKey(BareMetal):
    """A side is an accelerator and a key: 'kvm390 key=3'."""

    def run(self, qemu, accel, timeout):
        accel, self._arguments = accel.split(' ')
        return super().run(qemu, accel, timeout)


ROW = UnderKey('a memory loop under PSW key 0 and under key 3', 'psw-key',
               sides=('kvm390 key=0', 'kvm390 key=3'))
