# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's own s390x QEMU as a program that uses /dev/kvm.

It is a program for s390x, unmodified: kvm390-exec runs it in user-mode
emulation, which answers /dev/kvm. The package and its libraries are one
folder below build/vmm/, for each suite that a section vmm-SUITE of
scripts/fetch.table names.
"""

import os

from . import guest, paths
from .fetch import records, sysroot, table
from .paths import BUILD, GUEST, Failure

ROOT = os.path.join(BUILD, 'vmm')
SUITES = ('trixie', 'bookworm')
EXEC = os.path.join(BUILD, 'client/kvm390-exec')
PROGRAM = 'usr/bin/qemu-system-s390x'


def fetch(suite):
    """Have the suite's QEMU, or raise Failure."""
    os.makedirs(ROOT, exist_ok=True)
    sysroot.fetch(table.purpose(f'vmm-{suite}'), root(suite), 's390x')


def root(suite):
    """Its folder."""
    return os.path.join(ROOT, suite)


def version(suite):
    """What its package says: name, version, suite; or None."""
    try:
        with open(f'{root(suite)}.package', encoding='ascii') as note:
            return note.read().split()
    except FileNotFoundError:
        return None


def missing(suite):
    """Why it could not be fetched, or None."""
    return records.missing(f'vmm-{suite}')


def prefix(suite, summary=True):
    """kvm390-exec's arguments that are followed by those of this QEMU."""
    program = os.path.join(root(suite), PROGRAM)
    if not os.path.exists(program):
        raise Failure(f'there is no {program}; scripts/vmm --fetch gets it')
    return [*(['--summary'] if summary else []), '--sysroot', root(suite),
            program]


def machine(suite, summary=True, cpu='host', mem='1G', **more):
    """The arguments for kvm390-exec to boot the guest image."""
    return [*prefix(suite, summary),
            *guest.linux_arguments(accel='kvm', cpu=cpu, mem=mem, **more)]


def bare(suite, *options):
    """The same for a machine without a guest, for QMP."""
    return [*prefix(suite, summary=False), '-nodefaults', '-S', '-accel',
            'kvm', '-L', os.path.join(GUEST, 'firmware'), *options]


def split_errors(text):
    """(what QEMU said, the summary's lines) of its standard error."""
    said, counted = [], []
    for line in text.splitlines():
        own = line.startswith('[kvm390] ')
        (counted if own else said).append(line.removeprefix('[kvm390] '))
    return said, counted


def check_there(qemu=paths.QEMU):
    """Failure if what kvm390-exec needs has not been built."""
    for path, target in ((qemu, 'all'), (EXEC, 'client')):
        if not os.access(path, os.X_OK):
            raise Failure(f'there is no {path}; make {target} builds it')
