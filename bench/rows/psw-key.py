# SPDX-License-Identifier: GPL-2.0-or-later
"""The same memory loop under PSW key 0 and under key 3, both kvm390."""
from kvm390.bench import WithArgument

ROW = WithArgument('a memory loop under PSW key 0 and under key 3', 'psw-key',
                   sides=('kvm390 key=0', 'kvm390 key=3'))
