# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import BareMetal

ROW = BareMetal('changes of the PSW key, with a load each', 'key-switch')
