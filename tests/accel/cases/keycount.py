# SPDX-License-Identifier: GPL-2.0-or-later
"""For how many changes of storage keys all CPUs are stopped."""

import os

# tests/guest/key-own.c: changes of keys of pages that no other CPU uses...
OWN = 2 * 1000 * 3
# ...and what may empty all TLBs before: keys come into use, code is near.
FEW = 20


def own_pages(case):
    log = os.path.join(case.work, 'flushes')
    machine = case.program('key-own', smp=2, extra=[
        '-trace', 'enable=kvm390_keys_flush,file=' + log, '-D', log])
    case.ok(case.finish_program(machine), "the program's facts hold")
    case.equal(case.outcome(machine), 0, 'QEMU ends')
    with open(log, encoding='ascii') as file:
        flushes = sum('kvm390_keys_flush ' in line for line in file)
    case.ok(flushes < FEW, f'of {OWN} changes hardly one empties all TLBs',
            flushes)


CASES = [('keycount', ('kvm390',), own_pages)]
