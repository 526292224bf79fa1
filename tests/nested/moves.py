# SPDX-License-Identifier: GPL-2.0-or-later
"""Live migrations of a first level whose second is at work.

scripts/nested-load counts seconds in the second level, and on each of its
CPUs copies files and compares them.
"""

import os
import re

from kvm390 import moving, nested
from kvm390.machine import Machine
from kvm390.paths import Failure

TICK = re.compile(r'kvm390: nested_tick=(\d+) (\d+)$')
WRONG = re.compile(r'kvm390: nested_wrong=|BUG:|WARNING:|Oops|Call Trace|'
                   r'Kernel panic')
SECONDS = 300   # for anything
TICKS = 3       # that come before each migration
ROUNDS = 2      # of the files, too


class Level:
    """The second level, seen on the console of one machine, whose first line
    may have begun on another."""

    def __init__(self, machine, began=''):
        self.machine = machine
        self._began = began

    def texts(self):
        """The console's lines."""
        texts = [text for _, text in self.machine.lines]
        return [self._began + texts[0], *texts[1:]] if texts else []

    def ticks(self):
        """[(SECOND, ROUNDS)] that it has counted here."""
        found = [TICK.search(text) for text in self.texts()]
        return [(int(one[1]), int(one[2])) for one in found if one]

    def works(self):
        """Wait until it has counted and worked on; whether it has."""
        def enough():
            ticks = self.ticks()
            return len(ticks) > TICKS and \
                ticks[-1][1] >= ticks[0][1] + ROUNDS

        self.machine.wait(lambda: enough() or self.machine.gone(), SECONDS)
        return enough()

    def wrong(self):
        """Lines that should not be there."""
        return [text for text in self.texts() if WRONG.search(text)]


def move(source, target, address):
    """The status of the migration at its end."""
    status = moving.migrate(source, address, SECONDS,
                            **{'downtime-limit': 2000})
    if status not in ('completed', 'failed', 'cancelled'):
        raise Failure('the migration does not end')
    target.wait(lambda: target.event('RESUME') is not None, SECONDS)
    return status


def gaps(ticks):
    """The seconds that are missing or come twice."""
    return [(before[0], after[0]) for before, after in zip(ticks, ticks[1:])
            if after[0] != before[0] + 1]


def counter(machine, name):
    return next(each['value']
                for each in machine.qmp('query-kvm390')['counters']
                if each['name'] == name)


def moves(tally, args, suite, work, count):
    """So many migrations; facts come to tally."""
    machines, ticks, wrong, entered = [], [], [], []

    def start(*incoming):
        machines.append(Machine(args.qemu, [*nested.arguments(
            suite, 2, 2, program='nested-load', sync=0), *incoming]))
        return machines[-1]

    try:
        level = Level(start())
        works, statuses = [level.works()], []
        for number in range(count):
            if not works[-1]:
                break
            address = f'unix:{os.path.join(work, str(number))}'
            target = start('-incoming', address)
            statuses.append(move(level.machine, target, address))
            entered.append(counter(target, 'sie-entries'))
            ticks += level.ticks()
            wrong += level.wrong()
            began = level.machine.unfinished()
            machines.pop(0).close()
            level = Level(target, began)
            works.append(level.works())
            entered[-1] = counter(target, 'sie-entries') - entered[-1]
        level.machine.send('end\n')
        level.machine.wait(
            lambda: level.machine.event('SHUTDOWN') is not None or
            level.machine.gone(), SECONDS)
        ticks += level.ticks()
        wrong += level.wrong()
        tail = '\n'.join(text for _, text in level.machine.lines[-20:])
        name = f'{suite}-moves'
        tally.fact(f'{name}: {len(statuses)} migrations complete',
                   statuses == ['completed'] * count)
        if not tally.fact(f'{name}: the second level works on after each',
                          all(works) and len(works) == count + 1):
            print('\n'.join(f'# {line[:200]}' for line in tail.splitlines()))
        tally.fact(f'{name}: each machine executes it by SIE',
                   all(each > 100 for each in entered))
        tally.fact(f'{name}: no second is missing {gaps(ticks)}',
                   ticks and not gaps(ticks))
        tally.fact(f'{name}: no file is wrong, no kernel complains {wrong}',
                   not wrong)
        tally.fact(f'{name}: both levels power themselves off',
                   'kvm390: nested_end=poweroff' in tail and
                   'kvm390: nested_qemu=0' in tail and
                   'kvm390: end=poweroff' in tail)
    finally:
        for machine in machines:
            machine.close()
