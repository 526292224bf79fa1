# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import LinuxProgram

ROW = LinuxProgram('memory-bound: loads and stores over 64 MiB', 'memory',
                   [5])
