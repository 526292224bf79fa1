# SPDX-License-Identifier: GPL-2.0-or-later
"""A package of another architecture with all that it needs, in one folder.

Such a folder is what user-mode emulation takes for its root (-L): programs
of the package run from it, without a chroot and without being installed. The
packages' own scripts do not run.
"""

import os
import shutil
import subprocess

from ..paths import Failure, say
from ..progress import Progress, show
from . import apt, lists, table
from .take import take

# What programs need to run is libraries; these are for installing.
NOT_RUN = ('adduser', 'debconf', 'passwd', 'base-passwd', 'login.defs')

# Where a library may come from that its own suite does not have or deliver: a
# later one's runs programs of an earlier suite.
LATER = {'bookworm': ('trixie', 'sid'),
         'bookworm-backports': ('bookworm', 'trixie', 'sid'),
         'trixie': ('trixie-updates', 'sid')}


def _named(name, suite, arch):
    """What is named so by the suite or, of what it lacks, by a later one."""
    for place in (suite, *LATER.get(suite, ())):
        try:
            known = lists.the_list(place, arch)
            known.ensure()
        except apt.Trouble:
            continue
        found = known.packages(name)
        if found:
            return found[0]
    return None


def closure(package, suite, arch):
    """The names of what a suite's package depends on, itself first."""
    found, todo = [], [package]
    while todo:
        name = todo.pop(0)
        if name not in found and name not in NOT_RUN:
            named = _named(name, suite, arch)
            if named:
                found.append(name)
                todo += named.depends()
    return found


def _merge(root):
    """The links of a merged /usr, which no library's package brings."""
    for name in ('bin', 'lib', 'sbin'):
        if not os.path.lexists(f'{root}/{name}'):
            os.symlink(f'usr/{name}', f'{root}/{name}')


def _unpack(paths, root):
    for path in paths:
        show(['dpkg-deb', '--extract', path, root])
        done = subprocess.run(['dpkg-deb', '--extract', path, root],
                              check=False, text=True, stderr=subprocess.PIPE)
        if done.returncode:
            raise Failure(f'unpacking {path} failed: {done.stderr.strip()}')
        os.unlink(path)


def _one(name, suite, arch, scratch, root):
    wish = table.Purpose(None, name, 'try again later, or set KVM390_MIRROR=',
                         [table.Row(from_suite, arch, name) for from_suite
                          in (suite, *LATER.get(suite, ()))])
    _unpack(take(wish, scratch).paths, root)


def fetch(purpose, root, arch):
    """Fetch a purpose's package and what it needs into the folder root.

    The folder is there only when it is whole. root.package says what is in
    it: package, version, suite. Does nothing if it is there.
    """
    if os.path.exists(f'{root}.package'):
        return
    part, scratch = f'{root}.part', f'{root}.fetch'
    for old in (root, part, scratch):
        shutil.rmtree(old, ignore_errors=True)
    os.makedirs(part)
    try:
        say(f'fetching {purpose.label}, and what it needs')
        taken = take(purpose, scratch)
        _unpack(taken.paths, part)
        names = closure(taken.package, taken.suite, arch)[1:]
        done = 0
        with Progress(f'fetching what {taken.package} needs',
                      lambda: f'{done} of {len(names)} packages'):
            for done, name in enumerate(names):
                _one(name, taken.suite, arch, scratch, part)
        _merge(part)
        os.rename(part, root)
        with open(f'{root}.package', 'w', encoding='ascii') as note:
            note.write(f'{taken.package} {taken.version} {taken.suite}\n')
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(part, ignore_errors=True)
        apt.give_back()
