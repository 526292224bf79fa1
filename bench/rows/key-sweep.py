# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import BareMetal

ROW = BareMetal('SSKE, RRBE, ISKE over 128 MiB that no TLB holds', 'key-sweep',
                mem='256M')
