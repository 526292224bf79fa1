# SPDX-License-Identifier: GPL-2.0-or-later
"""What LCTL of register 1 purges: nothing that does not change."""

import os

# tests/guest/lctl.c: loads of register 1.
LOADS = 1000 + 2 * 1000


def spaces(case):
    log = os.path.join(case.work, 'purges')
    machine = case.program('lctl', extra=[
        '-trace', 'enable=kvm390_space*,file=' + log,
        '-trace', 'enable=kvm390_jumps', '-D', log])
    case.ok(case.finish_program(machine), "the program's facts hold")
    case.equal(case.outcome(machine), 0, 'QEMU ends')
    with open(log, encoding='ascii') as file:
        lines = file.readlines()
    changes = sum('kvm390_space ' in line for line in lines)
    purges = sum('kvm390_space_purge ' in line or 'kvm390_jumps ' in line
                 for line in lines)
    case.ok(changes > LOADS / 2, 'the space is changed often', changes)
    # Control registers are set up, TLBs become larger.
    case.ok(purges < 50, f'of {changes} changes hardly one purges', purges)


CASES = [('lctl', ('kvm390',), spaces)]
