# SPDX-License-Identifier: GPL-2.0-or-later
"""GET_SKEYS and SET_SKEYS of 1 Mi pages, as multiples of memcpy()."""
import os
import subprocess

from kvm390.bench import Row
from kvm390.paths import BUILD, TOP, Failure

PROGRAM = os.path.join(BUILD, 'bench/host/skeys')


class Skeys(Row):
    """No guest: the same on both sides, and meant to be read by itself."""

    def prepare(self):
        os.makedirs(os.path.dirname(PROGRAM), exist_ok=True)
        root = os.path.join(os.path.dirname(PROGRAM), 'include')
        os.makedirs(root, exist_ok=True)
        link = os.path.join(root, 'kvm390')
        if not os.path.islink(link):
            os.symlink(TOP, link)
        glib = subprocess.run(['pkg-config', '--cflags', '--libs', 'glib-2.0'],
                              capture_output=True, text=True, check=True)
        sources = [os.path.join(TOP, name) for name in (
            'bench/host/skeys.c', 'core/keystore.c', 'core/keyrules.c',
            'core/pagemap.c')]
        built = subprocess.run(
            [os.environ.get('CC', 'gcc'), '-O2', '-fno-strict-aliasing',
             '-iquote', root, '-o', PROGRAM, *sources, *glib.stdout.split()],
            check=False)
        if built.returncode:
            raise Failure('bench/host/skeys.c could not be built')

    def measure(self, qemu, accel, timeout):
        output = subprocess.run([PROGRAM], capture_output=True, text=True,
                                check=True, timeout=timeout).stdout
        rounds = [[float(n) for n in line.split()]
                  for line in output.splitlines()][20:]
        copy, get, put = (sorted(column)[len(rounds) // 2]
                          for column in zip(*rounds))
        return [('memcpy', copy, 'us'), ('get', get / copy, 'x memcpy'),
                ('set', put / copy, 'x memcpy')]


ROW = Skeys('GET_SKEYS and SET_SKEYS of 1 Mi pages')
