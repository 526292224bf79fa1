# SPDX-License-Identifier: GPL-2.0-or-later
"""How TCG runs: threads, blocks of one instruction, the code buffer."""

import re

from .keepcount import Keepcount

CPUS = 4


def linux(case, mode):
    machine = case.linux('keepcount', f'thread={mode}', smp=CPUS)
    threads = {cpu['thread-id'] for cpu in machine.qmp('query-cpus-fast')}
    case.equal(len(threads), 1 if mode == 'single' else CPUS,
               f'{CPUS} CPUs share so many host threads')
    guest = Keepcount(case, machine)
    guest.started()
    counts = guest.show()[0]
    guest.ticks(10, guest.mark())
    later = guest.show()[0]
    case.ok(len(later) == CPUS and all(
        new > old for new, old in zip(later, counts)),
        'each CPU works', f'{later} after {counts}')
    guest.end()
    case.equal(case.outcome(machine), 0, 'Linux powers itself off')


def single(case):
    linux(case, 'single')


def multi(case):
    linux(case, 'multi')


def program(case):
    """Both on bare metal, where the program looks at each CPU itself."""
    for mode in ('single', 'multi'):
        machine = case.program('selftest', f'thread={mode}', smp=CPUS)
        case.ok(case.finish_program(machine),
                f"thread={mode}: the program's facts hold")
        case.equal(case.outcome(machine), 0, f'thread={mode}: QEMU ends')


def one_insn(case):
    machine = case.program('selftest', 'one-insn-per-tb=on', smp=2)
    case.ok(case.finish_program(machine), "the program's facts hold")
    size = re.search(r'TB avg target size +(\d+) max=(\d+)',
                     machine.qmp('x-query-jit')['human-readable-text'])
    case.ok(size and int(size.group(2)) <= 6,
            'no block is longer than an instruction', size and size.group(0))
    case.equal(case.outcome(machine), 0, 'QEMU ends')


def tb_size(case):
    """The size is in MiB; QEMU keeps a little of it for itself."""
    for size in (8, 32):
        machine = case.program('selftest', f'tb-size={size}')
        case.ok(case.finish_program(machine),
                f"{size} MiB: the program's facts hold")
        found = re.search(r'gen code size +\d+/(\d+)',
                          machine.qmp('x-query-jit')['human-readable-text'])
        total = int(found.group(1)) if found else 0
        case.ok(0.9 * size < total / (1 << 20) <= size,
                f'{size} MiB: is the size of the code buffer', total)
        case.equal(case.outcome(machine), 0, f'{size} MiB: QEMU ends')


CASES = [('threads-single', ('kvm390',), single),
         ('threads-multi', ('kvm390',), multi),
         ('threads', ('kvm390', 'tcg'), program),
         ('one-insn-per-tb', ('kvm390', 'tcg'), one_insn),
         ('tb-size', ('kvm390', 'tcg'), tb_size)]
