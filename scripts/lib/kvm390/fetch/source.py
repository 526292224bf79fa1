# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian source packages, fetched and unpacked."""

import glob
import os
import subprocess

from ..paths import Failure
from ..progress import Progress, read_by, show, tail
from . import apt
from .take import Unusable, take


def _unpack(dsc, paths, target):
    """Have dpkg-source unpack into target; it checks what the .dsc names."""
    largest = max(paths, key=os.path.getsize)
    log = f'{dsc}.log'
    command = ['dpkg-source', '--extract', dsc, target]
    show(command)
    with open(log, 'w', encoding='utf-8') as out:
        try:
            child = subprocess.Popen(command, stdout=out,
                                     stderr=subprocess.STDOUT)
        except FileNotFoundError:
            raise Failure('dpkg-source is missing; `make deps` installs it'
                          ) from None
        with Progress(f'unpacking {os.path.basename(largest)}',
                      lambda: read_by(child.pid, largest)()):
            status = child.wait()
    if status:
        raise Failure(f'unpacking {dsc} failed:\n{tail(log)}    (log: {log})')
    os.unlink(log)


def fetch(purpose, directory, refresh=False):
    """Fetch and unpack a source package; returns (folder, Taken).

    The folder, NAME-VERSION below the directory, is there only when it is
    whole; the package's own files are removed.
    """
    folder = None

    def use(taken):
        nonlocal folder
        dsc = [path for path in taken.paths if path.endswith('.dsc')]
        if not dsc:
            raise Unusable('has no .dsc')
        name = os.path.basename(dsc[0]).removesuffix('.dsc')
        folder = os.path.join(directory, name.replace('_', '-', 1))
        part = os.path.join(directory, f'.{name}.part')
        subprocess.run(['rm', '-rf', part, folder], check=True)
        _unpack(dsc[0], taken.paths, part)
        os.rename(part, folder)
        for path in taken.paths:
            os.unlink(path)

    for left in glob.glob(os.path.join(directory, '.*.part')):
        subprocess.run(['rm', '-rf', left], check=True)
    taken = take(purpose, directory, use, refresh)
    apt.give_back()
    return folder, taken
