# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import LinuxProgram

ROW = LinuxProgram('allocate and free 64 MiB a hundred times, CMMA off and on',
                   'churn', [100], sides=('kvm390,cmma=off', 'kvm390'))
