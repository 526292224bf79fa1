# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's package lists, each one by itself.

A list is the packages of one suite for one architecture, or its sources. It
has a folder of its own in build/apt/lists/ that apt fills, with the suite's
signed InRelease. A list that cannot be fetched leaves the folder as it is:
the last good copy.
"""

import collections
import email.utils
import fcntl
import fnmatch
import glob
import os
import re
import shutil
import time

from ..paths import say
from ..progress import mib
from . import apt
from .version import sort_key

# A copy that is younger is not fetched again because a package is absent.
FRESH_SECONDS = 3600


def _touch(path):
    # Not through a hard link: the older copy keeps its time.
    if os.path.exists(path):
        os.unlink(path)
    with open(path, 'w', encoding='ascii'):
        pass


class Package:
    """A stanza of a list.

    files: {path below the mirror: (SHA-256, size)}
    """

    def __init__(self, stanza, suite):
        fields = dict(re.findall(r'^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)',
                                 stanza, re.M))
        self.fields = fields
        self.suite = suite
        self.name = fields['Package']
        self.version = fields['Version']
        if 'Filename' in fields:
            self.files = {fields['Filename']: (fields['SHA256'],
                                               int(fields['Size']))}
        else:
            self.files = {}
            for line in fields.get('Checksums-Sha256', '').split('\n'):
                if line.strip():
                    digest, size, name = line.split()
                    self.files[f'{fields["Directory"]}/{name}'] = (
                        digest, int(size))

    def depends(self):
        """The names it depends on; the first alternatives, no versions."""
        words = self.fields.get('Depends', '').replace('\n', ' ').split(',')
        return [re.split(r'[ |:(]', word.strip())[0] for word in words
                if word.strip()]


class List:
    """The packages of a suite for an architecture ('source': sources)."""

    def __init__(self, suite, arch):
        self.suite = suite
        self.arch = arch
        self.words = f'package list {suite}/{arch}'
        self.path = os.path.join(apt.ROOT, 'lists', f'{suite}-{arch}')
        # Why the copy in use is not today's, or None.
        self.stale = None
        self._trouble = None
        self._fetched = False
        self._text = self._places = None

    def _index(self):
        kind = 'Sources' if self.arch == 'source' else 'Packages'
        found = glob.glob(f'{self.path}/*_{kind}*')
        return found[0] if found else None

    def age(self):
        """Seconds since the copy was fetched."""
        return time.time() - os.path.getmtime(f'{self.path}/fetched')

    def _date(self):
        """The date that Debian gave the copy."""
        for path in glob.glob(f'{self.path}/*InRelease'):
            with open(path, encoding='utf-8') as file:
                for line in file:
                    if line.startswith('Date:'):
                        parsed = email.utils.parsedate(line[5:].strip())
                        return time.strftime('%Y-%m-%d', parsed)
        return 'a date unknown'

    def _update(self, mirror):
        """Fetch the list from a mirror; the copy changes only if it works."""
        new = f'{self.path}.new'
        shutil.rmtree(new, ignore_errors=True)
        if os.path.isdir(self.path):
            shutil.copytree(self.path, new, copy_function=os.link)
        os.makedirs(f'{new}/partial', exist_ok=True)
        kind, arch = ('deb-src', '') if self.arch == 'source' else \
            ('deb', f'arch={self.arch} ')
        sources = f'{self.path}.list'
        with open(sources, 'w', encoding='utf-8') as file:
            file.write(f'{kind} [{arch}signed-by={apt.KEYRING}] {mirror} '
                       f'{self.suite} main\n')
        native = [] if self.arch == 'source' else \
            ['-o', f'APT::Architectures::={self.arch}']

        def how_far():
            size = sum(os.path.getsize(path)
                       for path in glob.glob(f'{new}/partial/*'))
            return f'{mib(size)} so far' if size else 'apt reads it'

        try:
            apt.run(['apt-get', *apt.OPTIONS, *native,
                     '-o', f'Dir::Etc::sourcelist={sources}',
                     '-o', f'Dir::State::lists={new}',
                     '-o', 'Dir::Cache::pkgcache=',
                     '-o', 'Dir::Cache::srcpkgcache=',
                     '-qq', '--error-on=any', 'update'],
                    f'fetching {self.words}', how_far)
            _touch(f'{new}/fetched')
            old = f'{self.path}.old'
            shutil.rmtree(old, ignore_errors=True)
            if os.path.isdir(self.path):
                os.rename(self.path, old)
            os.rename(new, self.path)
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _fetch(self):
        """Fetch it from the first mirror that has it, once in a process."""
        if self._trouble:
            raise self._trouble
        if self._fetched:
            return
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        began = time.time()
        with open(f'{self.path}.lock', 'w', encoding='ascii') as lock:
            # Several makes may run at once (make -j, two checkouts).
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self._index() and self.age() < time.time() - began):
                self._from_mirrors()
        self._fetched = True
        self._text = None

    def _from_mirrors(self):
        say(f'fetching {self.words}')
        for mirror in apt.mirrors():
            try:
                apt.retrying(self._update, mirror, self.words)
                self._trouble = self.stale = None
                return
            except apt.Trouble as error:
                self._trouble = error
        raise self._trouble

    def ensure(self, refresh=False):
        """Have the list, or a copy of an older day.

        refresh: fetch today's even if there is a copy. Raises apt.Trouble if
        there is neither.
        """
        if self._index() and not refresh:
            return
        try:
            self._fetch()
        except apt.Trouble as error:
            if not self._index():
                raise
            if not self.stale:
                self.stale = f'list of {self._date()}, today\'s {error.fault}'
                say(f'{self.words}: {error}; using the copy of '
                    f'{self._date()}')

    def _names(self):
        """{NAME: where its stanzas name it}, of the whole list."""
        if self._text is None:
            self._text = apt.run([apt.HELPER, 'cat-file', self._index()],
                                 f'reading {self.words}')
            self._places = collections.defaultdict(list)
            for found in re.finditer(r'^Package: (.*)$', self._text, re.M):
                self._places[found[1]].append(found.start())
        return self._places

    def _stanzas(self, pattern):
        """The stanzas whose package matches a glob, as text."""
        names = self._names()
        known = [pattern] if pattern in names else \
            fnmatch.filter(names, pattern)
        for place in [place for name in known for place in names[name]]:
            start = self._text.rfind('\n\n', 0, place) + 1
            end = self._text.find('\n\n', place)
            yield self._text[start:end if end >= 0 else None]

    def packages(self, pattern):
        """What matches a glob on names, newest first."""
        found = [Package(stanza, self.suite)
                 for stanza in self._stanzas(pattern)]
        return sorted(found, key=lambda package: sort_key(package.version),
                      reverse=True)


_lists = {}


def the_list(suite, arch):
    """The one List of a suite and an architecture."""
    return _lists.setdefault((suite, arch), List(suite, arch))
