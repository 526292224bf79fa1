# SPDX-License-Identifier: GPL-2.0-or-later
"""-icount: time by counted instructions."""

from .keepcount import Keepcount


def program(case):
    """A guest program, with a fixed rate and one that adapts."""
    for shift in ('1', 'auto'):
        machine = case.program('selftest', extra=['-icount',
                                                  f'shift={shift}'])
        case.ok(case.finish_program(machine),
                f"shift={shift}: the program's facts hold")
        case.equal(case.outcome(machine), 0, f'shift={shift}: QEMU ends')


def linux(case):
    machine = case.linux('keepcount', extra=['-icount', 'shift=auto'])
    guest = Keepcount(case, machine)
    total = guest.started()
    guest.ticks(10)
    case.equal(guest.show()[1], total, 'Linux runs a program')
    guest.end()
    case.equal(case.outcome(machine), 0, 'and powers itself off')


def threads(case):
    """Instructions can be counted on one thread only."""
    status, text = case.refusal(['-accel', case.accelerator('thread=multi'),
                                 '-icount', 'shift=auto'])
    case.ok(status == 1 and 'icount' in text, 'refused with thread=multi',
            text)


CASES = [('icount', ('kvm390', 'tcg'), program),
         ('icount-linux', ('kvm390',), linux),
         ('icount-threads', ('kvm390', 'tcg'), threads)]
