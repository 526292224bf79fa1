# SPDX-License-Identifier: GPL-2.0-or-later
"""What a failing mirror must lead to, case by case."""

import itertools
import re

import others
from parts import Case

# What the mirror does to a list, and the words that the tool has for it.
LIST_FAULTS = {
    'out-of-step': 'out of step',
    'expired': 'expired',
    'absent': 'absent',
    'truncated': None,
    'stalled': 'unreachable',
    'refused': 'refused',
    'unsigned': 'not signed by Debian',
}
PACKAGE_FAULTS = ('absent', 'truncated', 'garbled', 'refused')


def is_row(candidate):
    return hasattr(candidate, 'suite')


def list_regex(row, fault):
    """The paths that a fault of a row's list is about."""
    if fault in ('expired', 'unsigned', 'absent', 'refused'):
        return rf'dists/{row.suite}/InRelease'
    kind = 'source' if row.arch == 'source' else f'binary-{row.arch}'
    return rf'dists/{row.suite}/main/{kind}/'


def hits(row, faulty, fault):
    """Whether a fault of one row's list is one of another row's, too."""
    if fault in ('expired', 'unsigned', 'absent', 'refused'):
        return row.suite == faulty.suite
    return (row.suite, row.arch) == (faulty.suite, faulty.arch)


class Tools:
    """What the archive has for the candidates of one purpose."""

    def __init__(self, purpose, archive):
        self.purpose = purpose
        self.archive = archive

    def entry(self, candidate, which='newest'):
        """(name, version, paths) that the archive has for a candidate."""
        if not is_row(candidate):
            return self.archive.pins[self.purpose.name]
        return getattr(self.archive, which)[
            candidate.suite, candidate.arch, candidate.package]

    def gone(self, candidate):
        """Faults that make all of a candidate absent."""
        paths = list(self.entry(candidate)[2])
        if is_row(candidate):
            paths += self.entry(candidate, 'older')[2]
        return [('^debian/' + re.escape(path), 'absent') for path in paths]

    def suite(self, candidate):
        return candidate.suite if is_row(candidate) else 'pinned'

    def took(self, world, result, candidate, which='newest'):
        """What is wrong if that candidate was to be taken."""
        name, version, _ = self.entry(candidate, which)
        record = world.record(self.purpose.name)
        have = (result.status, record.get('package'), record.get('version'),
                record.get('suite'))
        want = (0, name, version, self.suite(candidate))
        return [] if have == want else [
            f'{have} instead of {want}:\n{result.text}']

    def failed(self, world, result):
        """What is wrong if nothing was to be had, in one clear line."""
        said = [line for line in result.text.splitlines()
                if 'cannot be had' in line]
        good = (result.status == 1 and len(said) == 1
                and self.purpose.remedy in said[0] and 'log: ' in said[0]
                and 'missing' in world.record(self.purpose.name)
                and 'Traceback' not in result)
        return [] if good else [f'no clear end: {result.text}']


def told(result, words):
    """What is wrong if words were to be said."""
    return [] if words in result else [
        f'"{words}" is not said:\n{result.text}']


def plain(tools):
    """Nothing fails: the newest of the first row, and no other list."""
    first = tools.purpose.candidates[0]

    def check(world):
        result = world.get(tools.purpose.name)
        wrong = tools.took(world, result, first)
        if world.lists() != [f'{first.suite} {first.arch}']:
            wrong.append(f'lists asked for: {world.lists()}')
        if 'why' in world.record(tools.purpose.name) or 'taking' in result:
            wrong.append(f'a reason without need: {result.text}')
        return wrong
    return Case(f'{tools.purpose.name}: the newest of the first list', check)


def list_fails(tools, number, fault):
    """A candidate's list fails, and those before it have nothing."""
    rows = tools.purpose.candidates
    row = rows[number]
    faults = [(list_regex(row, fault), fault)]
    for before in rows[:number]:
        faults += tools.gone(before)
    left = [other for other in rows[number + 1:] if not is_row(other)
            or not hits(other, row, fault)]

    def check(world):
        result = world.get(tools.purpose.name)
        if not left:
            return tools.failed(world, result)
        wrong = tools.took(world, result, left[0])
        if number == 0:
            wrong += told(result, LIST_FAULTS[fault] or '')
            wrong += told(result, f'{row.suite}/{row.arch}')
        if 'why' not in world.record(tools.purpose.name):
            wrong.append('the record has no reason')
        return wrong
    return Case(f'{tools.purpose.name}: list {row.suite}/{row.arch} is '
                f'{fault}', check, faults)


def newest_fails(tools, fault):
    """The first row's newest package fails: the next older is taken."""
    row = tools.purpose.candidates[0]
    path = tools.entry(row)[2][0]

    def check(world):
        result = world.get(tools.purpose.name)
        wrong = tools.took(world, result, row, 'older')
        version = tools.entry(row)[1].rpartition(':')[2].split('-')[0]
        words = f'{row.suite}, newest {version} not delivered'
        return wrong + told(result, words)
    return Case(f'{tools.purpose.name}: the newest of {row.suite} is {fault}',
                check, [(re.escape(path), fault)])


def only_left(tools, number):
    """All candidates but one are absent, and it is taken."""
    rows = tools.purpose.candidates
    faults = [fault for index, other in enumerate(rows) if index != number
              for fault in tools.gone(other)]
    kept = set(tools.entry(rows[number])[2])
    faults = [fault for fault in faults if fault[0] not in
              {'^debian/' + re.escape(path) for path in kept}]

    def check(world):
        return tools.took(world, world.get(tools.purpose.name), rows[number])
    return Case(f'{tools.purpose.name}: only '
                f'{tools.suite(rows[number])} is left, row {number}', check,
                faults)


def nothing_left(tools, fault):
    """Nothing can be had at all."""
    def check(world):
        return tools.failed(world, world.get(tools.purpose.name))
    return Case(f'{tools.purpose.name}: all packages are {fault}', check,
                [('pool/', fault)])


def copy_serves(tools, fault):
    """The list fails on a later day: the copy of before is used."""
    row = tools.purpose.candidates[0]
    newest = re.escape(tools.entry(row)[2][0])

    def check(world):
        first = world.get(tools.purpose.name)
        world.next_day()
        world.mirror.faults += [(list_regex(row, fault), fault),
                                (newest, 'absent')]
        result = world.get(tools.purpose.name)
        return (tools.took(world, result, row, 'older')
                + told(result, 'using the copy of')
                + ([] if first.status == 0 else [first.text]))
    return Case(f'{tools.purpose.name}: the copy serves when list '
                f'{row.suite}/{row.arch} is {fault}', check)


def of_purpose(tools, thorough, list_faults, package_faults):
    """The cases of one purpose.

    thorough: all faults of its first list and package; otherwise the next two
    of what comes from the iterators list_faults and package_faults.
    """
    rows = tools.purpose.candidates
    yield plain(tools)
    for fault in LIST_FAULTS if thorough else \
            itertools.islice(list_faults, 2):
        yield list_fails(tools, 0, fault)
    for number, row in enumerate(rows):
        if number and is_row(row):
            yield list_fails(tools, number, next(list_faults))
        if number:
            yield only_left(tools, number)
    for fault in PACKAGE_FAULTS if thorough else \
            itertools.islice(package_faults, 2):
        yield newest_fails(tools, fault)
    yield nothing_left(tools, 'absent')


def all_cases(purposes, archive):
    """The cases, in the order they are reported."""
    list_faults = itertools.cycle(LIST_FAULTS)
    package_faults = itertools.cycle(PACKAGE_FAULTS)
    found = []
    for purpose in purposes.values():
        found += of_purpose(Tools(purpose, archive),
                            purpose.name in ('qemu', 'kernel-trixie'),
                            list_faults, package_faults)
    kernel = Tools(purposes['kernel-trixie'], archive)
    found += [copy_serves(kernel, fault) for fault in LIST_FAULTS]
    found.append(copy_serves(Tools(purposes['selftests'], archive),
                             'out-of-step'))
    return found + others.all_cases(purposes, archive)
