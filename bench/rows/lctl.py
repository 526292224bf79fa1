# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import BareMetal

ROW = BareMetal('control register 1 loaded twice, as system calls do', 'lctl')
