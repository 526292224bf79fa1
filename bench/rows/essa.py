# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import BareMetal

# There is no ESSA without kvm390: discards on against off.
ROW = BareMetal('ESSA that changes no residency', 'essa',
                sides=('kvm390,discard=off', 'kvm390'))
