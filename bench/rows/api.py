# SPDX-License-Identifier: GPL-2.0-or-later
"""The KVM API over its socket, for a native client."""
import os
import re
import subprocess

from kvm390.bench import Row
from kvm390.paths import BUILD, TOP, Failure

CLIENT = os.path.join(BUILD, 'client')


class Api(Row):
    """bench/host/api-bench.c; it starts a VM of its own."""

    def prepare(self):
        headers = os.path.join(BUILD, 'qemu/linux-headers')
        built = subprocess.run(
            ['make', '-s', '-C', os.path.join(TOP, 'client'), f'OUT={CLIENT}',
             f'LINUX={headers}', os.path.join(CLIENT, 'api-bench')],
            check=False)
        if built.returncode:
            raise Failure('api-bench could not be built')

    def measure(self, qemu, accel, timeout):
        done = subprocess.run([os.path.join(CLIENT, 'api-bench'), qemu],
                              check=False, text=True, timeout=timeout,
                              stdout=subprocess.PIPE)
        if done.returncode:
            raise Failure(f'api-bench failed:\n{done.stdout}')
        found = re.findall(r'^(\S+) ([\d.]+) (\S+)$', done.stdout, re.M)
        return [(name, float(value), unit) for name, value, unit in found]


# There is no such API without kvm390: both sides are the same.
ROW = Api('ioctls over the socket: KVM_RUN to an exit, memory operations',
          sides=('kvm390', 'kvm390'))
