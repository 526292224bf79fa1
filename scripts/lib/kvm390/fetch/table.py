# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/fetch.table: for each purpose, what may stand in for what."""

import configparser
import os

from ..paths import TOP, Failure

# Another table, for tests/fetch only.
PATH = os.environ.get('KVM390_FETCH_TABLE',
                      os.path.join(TOP, 'scripts/fetch.table'))


class Row:
    """A candidate of a list: suite, arch, a glob on names, one on versions.
    """

    def __init__(self, suite, arch, package, version='*'):
        self.suite, self.arch = suite, arch
        self.package, self.version = package, version


class Pin:
    """A candidate that is named exactly and needs no list.

    path is a file of the pool (of sources: the .dsc), digest its SHA-256.
    """

    def __init__(self, package, version, path, digest):
        self.package, self.version = package, version
        self.path, self.digest = path, digest


class Purpose:
    """What is wanted (label), its candidates in order, and the remedy.

    name: None for a wish that the table does not have; it is not recorded.
    """

    def __init__(self, name, label, remedy, candidates):
        self.name, self.label, self.remedy = name, label, remedy
        self.candidates = candidates


def _candidate(name, words):
    try:
        return Pin(*words[1:]) if words[0] == 'pinned' else Row(*words)
    except (TypeError, IndexError):
        raise Failure(f'{PATH}: {name}: "{" ".join(words)}" is no row'
                      ) from None


def _purpose(name, section):
    rows = section['candidates'].strip().split('\n')
    return Purpose(name, section['label'], section['remedy'],
                   [_candidate(name, row.split()) for row in rows])


def purposes():
    """{NAME: Purpose} of the whole table."""
    parser = configparser.ConfigParser(interpolation=None, delimiters='=',
                                       comment_prefixes='#')
    with open(PATH, encoding='utf-8') as file:
        parser.read_file(file)
    return {name: _purpose(name, parser[name]) for name in parser.sections()}


def purpose(name):
    """The Purpose of that name."""
    table = purposes()
    if name not in table:
        raise Failure(f'{name} is none of what {PATH} knows: '
                      f'{", ".join(table)}')
    return table[name]
