# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import LinuxProgram

ROW = LinuxProgram('CPU-bound: sha256 by busybox', 'sha256', [3])
