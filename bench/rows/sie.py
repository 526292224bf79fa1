# SPDX-License-Identifier: GPL-2.0-or-later
"""SIE without an exchange of control register 1 around it, and with one."""
from kvm390.bench import WithArgument

ROW = WithArgument('SIE: a round trip, and control register 1 loaded twice',
                   'sie', sides=('kvm390 exchange=0', 'kvm390 exchange=1'))
