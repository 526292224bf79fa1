# SPDX-License-Identifier: GPL-2.0-or-later
"""Take the first candidate of a purpose that can be had.

The order is that of the table: all versions that the first list names, newest
first, then the next row's. What is taken instead of the first choice is said
in one line and recorded; if nothing can be had the reason is.
"""

import fnmatch
import os
import re

from ..paths import Failure, say
from . import apt, files, lists, records
from .table import Row
from .version import upstream


class Unusable(Exception):
    """What was delivered does not hold what is wanted; the text says what."""


class Taken:
    """What was fetched: package, version, suite, and where its files are."""

    def __init__(self, package, version, suite, paths):
        self.package, self.version, self.suite = package, version, suite
        self.paths = paths


def _space(directory, sizes):
    """Refuse to begin with what has no room."""
    room = os.statvfs(directory)
    free = room.f_bavail * room.f_frsize
    if free < sum(sizes):
        raise Failure(f'no disk space: {sum(sizes) >> 20} MiB are needed, '
                      f'{free >> 20} MiB are free at {directory}')


def _files(wanted, directory):
    """Fetch {path: (digest, size)}, small ones first; where they are."""
    _space(directory, [size for _, size in wanted.values()])
    paths = []
    try:
        for path, (digest, size) in sorted(wanted.items(),
                                           key=lambda item: item[1][1]):
            paths.append(files.download(path, digest, size, directory))
    except apt.Trouble:
        _drop(paths)
        raise
    return paths


def _drop(paths):
    for path in paths:
        if os.path.exists(path):
            os.unlink(path)


def _of_dsc(dsc, folder):
    """The files that a source package's .dsc names."""
    with open(dsc, encoding='utf-8') as file:
        block = re.search(r'^Checksums-Sha256:[ \t]*((?:\n .*)+)', file.read(),
                          re.M)
    return {f'{folder}/{name}': (digest, int(size)) for digest, size, name in
            (line.split() for line in block[1].strip().split('\n'))}


class Search:
    """One walk through a purpose's candidates.

    purpose: of the table; directory: where files go; use: a function that
    gets the Taken and turns it into what is wanted, or raises Unusable.
    """

    def __init__(self, purpose, directory, use):
        self.purpose = purpose
        self.directory = directory
        self.use = use
        # Why what came first was not taken, first reason first.
        self.reasons = []

    def run(self, refresh=False):
        """The Taken; Failure if there is none."""
        for candidate in self.purpose.candidates:
            taken = self._row(candidate, refresh) \
                if isinstance(candidate, Row) else self._pin(candidate)
            if taken:
                self._tell(taken)
                return taken
        self._record(missing=self._why())
        raise Failure(f'{self.purpose.label} cannot be had: {self._why()}; '
                      f'{self.purpose.remedy} (log: {apt.LOG})')

    def _why(self, suite=None):
        """The first reason; it names its suite if that is another one."""
        where, text = self.reasons[0]
        return text if where in (None, suite) else f'{where}: {text}'

    def _row(self, row, refresh):
        """What a list's row gives, or None."""
        known = lists.the_list(row.suite, row.arch)
        try:
            known.ensure(refresh)
        except apt.Trouble as error:
            self._missed(None, f'{known.words} is {error.fault}',
                         f'{known.words}: {error}')
            return None
        mark = len(self.reasons)
        old = known.age() > lists.FRESH_SECONDS
        taken, absent = self._newest(row, known, try_all=not old)
        if taken is None and absent and old:
            # The copy is of an older hour: today's may name another.
            del self.reasons[mark:]
            known.ensure(refresh=True)
            taken, _ = self._newest(row, known)
        if taken and known.stale:
            self.reasons.append((row.suite, known.stale))
        return taken

    def _newest(self, row, known, try_all=True):
        """(Taken or None, whether anything that it names was absent).

        try_all: whether older versions will do.
        """
        found = [package for package in known.packages(row.package)
                 if fnmatch.fnmatchcase(package.version, row.version)]
        if not found:
            self._missed(row.suite, f'no {row.package} is named')
        for package in found:
            try:
                return self._use(package.name, package.version, row.suite,
                                 _files(package.files, self.directory)), False
            except Unusable as error:
                self._missed(row.suite, f'{package.name} {error}')
            except apt.Trouble as error:
                self._missed(
                    row.suite,
                    f'newest {upstream(package.version)} not delivered' if
                    package is found[0] else f'{package.version} neither',
                    f'{package.name} {package.version} of {row.suite}: '
                    f'{error}')
                if error.fault == 'unreachable':
                    # Then older versions are, too.
                    return None, False
                if not try_all:
                    break
        return None, bool(found)

    def _pin(self, pin):
        """What a pinned row gives, or None."""
        try:
            paths = _files({pin.path: (pin.digest, 0)}, self.directory)
            if pin.path.endswith('.dsc'):
                paths += _files(_of_dsc(paths[0], os.path.dirname(pin.path)),
                                self.directory)
            return self._use(pin.package, pin.version, 'pinned', paths)
        except apt.Trouble as error:
            self._missed('pinned', f'{pin.version} not delivered',
                         f'{pin.package} {pin.version}, pinned: {error}')
        except Unusable as error:
            self._missed('pinned', f'{pin.package} {error}')
        return None

    def _use(self, package, version, suite, paths):
        taken = Taken(package, version, suite, paths)
        try:
            self.use(taken)
        except Unusable:
            _drop(paths)
            raise
        return taken

    def _missed(self, suite, reason, detail=None):
        """Keep why a candidate is none; the first one is said at once.

        suite: whose fault it is; None if the reason says so.
        """
        if detail and not self.reasons:
            say(f'{self.purpose.label}: {detail}')
        self.reasons.append((suite, reason))

    def _record(self, **facts):
        if self.purpose.name:
            records.write(self.purpose.name, label=self.purpose.label,
                          **facts)

    def _tell(self, taken):
        """Record what was taken; say so if it is not the first choice."""
        facts = {'why': self._why(taken.suite)} if self.reasons else {}
        self._record(package=taken.package, version=taken.version,
                     suite=taken.suite, **facts)
        if self.reasons:
            say(f'taking {taken.package} {taken.version} '
                f'({taken.suite}, {facts["why"]})')


def take(purpose, directory, use=lambda taken: None, refresh=False):
    """Fetch what a Purpose asks for into a directory.

    use: a function that gets the Taken and turns it into what is wanted; it
    raises Unusable to have the next candidate. refresh: look for what is
    newest today even if there is a copy of the lists.
    Returns the Taken. Failure says why nothing can be had, and the remedy.
    """
    os.makedirs(directory, exist_ok=True)
    try:
        return Search(purpose, directory, use).run(refresh)
    finally:
        apt.give_back()
