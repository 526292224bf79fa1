# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import LinuxBoot

ROW = LinuxBoot('boot Debian to userspace, CMMA off and on',
                sides=('kvm390,cmma=off', 'kvm390'))
