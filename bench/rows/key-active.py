# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import BareMetal

ROW = BareMetal('SSKE and RRBE on a page that 3 other CPUs use, and on one '
                'they do not', 'key-active', smp=4)
