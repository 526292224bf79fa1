# SPDX-License-Identifier: GPL-2.0-or-later
"""Record/replay: a run that is repeated instruction for instruction."""

import os

from . import texts
from .keepcount import Keepcount


def icount(case, mode):
    log = os.path.join(case.work, 'log')
    return ['-icount', f'shift=auto,rr={mode},rrfile={log}']


def program(case):
    """A guest program: same console, same end."""
    consoles = []
    for mode in ('record', 'replay'):
        machine = case.program('selftest', extra=icount(case, mode))
        case.ok(case.finish_program(machine),
                f"{mode}: the program's facts hold")
        case.equal(case.outcome(machine), 0, f'{mode}: QEMU ends')
        consoles.append(texts(machine))
    compare(case, *consoles)


def linux(case):
    """Linux, with input; the replay gets none but what was recorded."""
    machine = case.linux('keepcount', console='recorded',
                         extra=icount(case, 'record'))
    guest = Keepcount(case, machine)
    guest.started()
    case.equal(guest.show('set typed')[2], 'typed', 'record: takes input')
    guest.end()
    case.equal(case.outcome(machine), 0, 'record: QEMU ends')
    recorded = texts(machine)

    machine = case.linux('keepcount', console='recorded',
                         extra=icount(case, 'replay'))
    machine.send('set other\n')
    Keepcount(case, machine).wait_for('end')
    case.equal(case.outcome(machine), 0, 'replay: QEMU ends')
    compare(case, recorded, texts(machine))


def compare(case, recorded, replayed):
    """Both consoles are the same, or the first line that differs."""
    differs = next((f'line {number}: {new!r}, not {old!r}'
                    for number, (old, new)
                    in enumerate(zip(recorded, replayed), 1) if old != new),
                   f'{len(replayed)} lines, not {len(recorded)}')
    case.ok(recorded == replayed, 'both consoles are the same', differs)


CASES = [('replay', ('kvm390', 'tcg'), program),
         ('replay-linux', ('kvm390',), linux)]
