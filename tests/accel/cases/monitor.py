# SPDX-License-Identifier: GPL-2.0-or-later
"""Monitor commands that look at CPUs which run (guest/glimpse.c)."""

import os
import re

from kvm390 import gdb

from . import texts

GLIMPSES = 500
ATTACHMENTS = 20


def busy(case, *extra):
    """A machine whose two CPUs run."""
    machine = case.program('glimpse', smp=2, extra=extra)
    machine.wait(lambda: 'ok 1 - started' in texts(machine), case.timeout)
    case.ok('ok 1 - started' in texts(machine), 'the CPUs run')
    return machine


def hmp(machine, command):
    return machine.qmp('human-monitor-command', **{'command-line': command})


def registers(case):
    machine = busy(case)
    seen = {text.count('PSW=mask') for text in
            (hmp(machine, 'info registers -a') for _ in range(GLIMPSES))}
    case.equal(seen, {2}, f'{GLIMPSES} times the registers of both CPUs')
    case.equal(machine.quit(), 0, 'QEMU lives until it is told to end')


def information(case):
    """All that "info" knows, and dumps."""
    machine = busy(case)
    names = re.findall(r'^info (\S+)', hmp(machine, 'help info'), re.M)
    answered = [hmp(machine, f'info {name}') is not None for name in names]
    case.ok(len(names) > 50 and all(answered), 'every "info" is answered',
            names)
    for command in ('x /8i 0x10000', 'x /8xg 0', 'xp /8xg 0', 'gva2gpa 0',
                    'memsave 0 4096 "{}"', 'pmemsave 0 4096 "{}"',
                    'dump-skeys "{}"', 'dump-guest-memory "{}"', 'cpu 1',
                    'nmi', 'log cpu,int,exec,nochain', 'log none'):
        path = os.path.join(case.work, 'dump')
        hmp(machine, command.format(path))
        case.ok(not machine.gone(), f'"{command}" is survived')
    case.equal(machine.quit(), 0, 'QEMU lives until it is told to end')


def debugger(case):
    path = os.path.join(case.work, 'gdb')
    machine = busy(case, '-gdb', f'unix:{path},server=on,wait=off')
    sizes = set()
    for _ in range(ATTACHMENTS):
        stub = gdb.Gdb(path, case.timeout)
        sizes.add(len(stub.registers()))
        stub.detach()
        stub.close()
    case.equal(len(sizes), 1, f'{ATTACHMENTS} times a debugger')
    case.equal(machine.quit(), 0, 'QEMU lives until it is told to end')


BOTH = ('kvm390', 'tcg')
CASES = [('monitor-registers', BOTH, registers),
         ('monitor-information', BOTH, information),
         ('monitor-debugger', BOTH, debugger)]
