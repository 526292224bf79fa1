# SPDX-License-Identifier: GPL-2.0-or-later
"""What stores cost where code was: how many of them QEMU has to look at."""

import os

# tests/guest/code-page.c: pages that hold 16 functions each, and the stores
# to each of them that hit none.
PAGES = 32
STORES = 16 * (32 - 5)


def dead_code(case):
    log = os.path.join(case.work, 'stores')
    machine = case.program('code-page', append='only=dead', extra=[
        '-trace', 'enable=memory_notdirty_write_access,file=' + log, '-D',
        log])
    case.ok(case.finish_program(machine), "the program's facts hold")
    case.equal(case.outcome(machine), 0, 'QEMU ends')
    with open(log, encoding='ascii') as file:
        looked_at = sum('notdirty_write_access' in line for line in file)
    # The program has pages of its own with code and data.
    case.ok(PAGES <= looked_at < PAGES * 8,
            f'of {PAGES * STORES} stores a few are looked at', looked_at)


CASES = [('code-page', ('kvm390', 'tcg'), dead_code)]
