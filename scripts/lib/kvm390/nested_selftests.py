# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux's KVM selftests on Linux's own KVM inside the guest.

The guest is that of scripts/guest-image with one more archive behind its
initramfs: the kernel's kvm.ko, the programs of lib/kvm390/selftests.py and the
C library that they are linked with. scripts/nested-selftests runs them.
"""

import os
import re

from . import cpio, guest, paths
from .nested import ROOT, content, libraries, module, with_archive
from .paths import TOP, Failure
from .selftests import KVM

SCRIPT = os.path.join(TOP, 'scripts/nested-selftests')
SYSROOT = '/usr/s390x-linux-gnu'
MARK = re.compile(r'kvm390: selftest (\S+)(?: (\d+))?$')

# DAMON, which Debian switches on, looks at random pages from time to time. In
# Linux 7.2 a page that KVM has mapped for a store, and that DAMON looks at
# before the next KVM_GET_DIRTY_LOG, is missing in that log: dirty_log_test
# fails, on any machine.
PARAMETERS = 'vm.allocate_pgste=1 damon_stat.enabled=0'


class Result:
    """One program: its exit status (None: it did not come to its end), what
    it printed, and the seconds that it took."""

    def __init__(self, began):
        self.began, self.seconds = began, 0.0
        self.status, self.lines = None, []

    @property
    def text(self):
        """All that it printed."""
        return '\n'.join(self.lines)


def version_of(text):
    """(MAJOR, MINOR) of a kernel's release or of a source tree's name."""
    found = re.search(r'(\d+)\.(\d+)', text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _archive(suite, tree, names):
    archive = cpio.Archive()
    for name in ('lib', 'nested', 'selftests', 'selftests/s390'):
        archive.directory(name)
    archive.file('programs/nested-selftests', content(SCRIPT), 0o755)
    archive.file('nested/kvm.ko', content(module(suite)), 0o644)
    archive.file('selftests/list',
                 ''.join(f'{name}\n' for name in names).encode(), 0o644)
    needed = {}
    for name in names:
        path = os.path.join(tree, KVM, name)
        archive.file(f'selftests/{name}', content(path), 0o755)
        needed.update(libraries(SYSROOT, path))
    for name, path in needed.items():
        archive.file(f'lib/{name}', content(path), 0o755)
    return archive.finish()


def arguments(suite, tree, names, smp, seconds):
    """QEMU's arguments for a guest that runs these, so many seconds each."""
    initrd = with_archive(os.path.join(ROOT, f'selftests-{suite}.cpio'),
                          _archive(suite, tree, names))
    return guest.machine_arguments(
        accel='kvm390,sie=on', smp=smp, mem='4G', cpu='max',
        kernel=paths.kernel_image(suite), initrd=initrd,
        append=f'kvm390.run=nested-selftests kvm390.args={seconds} '
               f'{PARAMETERS}')


def results(lines):
    """{NAME: Result} of what the guest's console said: (SECONDS, TEXT)."""
    found, now = {}, None
    for when, text in lines:
        mark = MARK.match(text)
        if mark and mark[2] is None:
            now = found[mark[1]] = Result(when)
        elif mark and mark[1] in found:
            found[mark[1]].status = int(mark[2])
            found[mark[1]].seconds = when - found[mark[1]].began
            now = None
        elif now and not text.startswith('['):
            now.lines.append(text)
    return found


def check_newness(suite, tree):
    """Failure if the kernel is older than what its programs are of."""
    release = paths.kernel_release(suite)
    if version_of(release) < version_of(os.path.basename(tree)):
        raise Failure(f'Linux {release} is older than the selftests of '
                      f'{os.path.basename(tree)}')
