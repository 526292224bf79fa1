# SPDX-License-Identifier: GPL-2.0-or-later
"""An exit to a client: native, and a program for s390x that is emulated."""
import os
import re
import subprocess

from kvm390.bench import Row
from kvm390.paths import BUILD, TOP, Failure

CLIENT = os.path.join(BUILD, 'client')
EMULATED = os.path.join(BUILD, 'bench/exit-bench')


def printed(command, timeout):
    """The lines NAME VALUE UNIT of a program's."""
    done = subprocess.run(command, check=False, text=True, timeout=timeout,
                          stdout=subprocess.PIPE)
    if done.returncode:
        raise Failure(f'{command[0]} failed:\n{done.stdout}')
    found = re.findall(r'^(KVM_RUN\S+) ([\d.]+) (\S+)$', done.stdout, re.M)
    return [(name, float(value), unit) for name, value, unit in found]


class Exits(Row):
    """bench/host/api-bench.c beside bench/host/exit-bench.c."""

    def prepare(self):
        headers = os.path.join(BUILD, 'qemu/linux-headers')
        os.makedirs(os.path.dirname(EMULATED), exist_ok=True)
        for command in (
                ['make', '-s', '-C', os.path.join(TOP, 'client'),
                 f'OUT={CLIENT}', f'LINUX={headers}',
                 os.path.join(CLIENT, 'api-bench')],
                ['s390x-linux-gnu-gcc', '-O2', '-static', '-o', EMULATED,
                 os.path.join(TOP, 'bench/host/exit-bench.c')]):
            if subprocess.run(command, check=False).returncode:
                raise Failure(f'{command[-1]} could not be built')

    def measure(self, qemu, accel, timeout):
        if accel == 'native':
            return printed([os.path.join(CLIENT, 'api-bench'), qemu], timeout)
        return printed([os.path.join(CLIENT, 'kvm390-exec'), EMULATED],
                       timeout)


ROW = Exits('KVM_RUN to an exit, a native client and an emulated one',
            sides=('native', 'emulated'))
