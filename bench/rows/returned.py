# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import MemoryReturned

ROW = MemoryReturned('host memory that stays after a guest of 1 GiB filled '
                     'and freed 700 MiB', sides=('kvm390,cmma=off', 'kvm390'),
                     kernel='trixie', mem='1G')
