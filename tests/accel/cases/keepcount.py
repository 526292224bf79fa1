# SPDX-License-Identifier: GPL-2.0-or-later
"""The Linux guest that keeps a state: programs/keepcount.sh seen from here."""

from kvm390.guest import FACT
from kvm390.paths import Failure


class Keepcount:
    """The program on the console of one machine.

    One that was moved to another machine is followed there by another
    Keepcount; sums and words have to agree.
    """

    def __init__(self, case, machine):
        self._case = case
        self.machine = machine

    def facts(self, key, since=0):
        """All values of this key from this line of the console on."""
        found = [FACT.search(text)
                 for _, text in self.machine.lines[since:]]
        return [fact.group(2) for fact in found
                if fact and fact.group(1) == key]

    def mark(self):
        """The line of the console that comes next."""
        return len(self.machine.lines)

    def wait_for(self, key, since=0, count=1):
        """Wait for so many facts of this key; the last one's value."""
        machine = self.machine
        machine.wait(lambda: len(self.facts(key, since)) >= count
                     or machine.gone(), self._case.timeout)
        values = self.facts(key, since)
        if len(values) < count:
            raise Failure(f'the guest says {len(values)} times {key}, '
                          f'not {count} times')
        return values[-1]

    def ticks(self, count, since=0):
        """Wait for so many more ticks; all since then, as numbers."""
        self.wait_for('tick', since, count)
        return [int(tick) for tick in self.facts('tick', since)]

    def started(self):
        """Wait until it ticks; the sum of its data."""
        self.wait_for('tick', count=3)
        return self.facts('sum')[0]

    def show(self, command='show'):
        """Give a command: (counts, sum, word) after it."""
        since = self.mark()
        self.machine.send(f'{command}\n')
        word = self.wait_for('word', since)
        counts = [int(count) for count
                  in self.facts('counts', since)[-1].split()]
        return counts, self.facts('sum', since)[-1], word

    def end(self):
        """End the program: the word it ends with."""
        since = self.mark()
        self.machine.send('end\n')
        self.wait_for('end', since)
        return self.facts('word', since)[-1]


def in_sequence(ticks):
    """Whether none is missing and none comes twice."""
    return ticks == list(range(ticks[0], ticks[0] + len(ticks)))
