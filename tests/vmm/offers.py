# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU offers of a guest that runs, through the KVM API: debugger,
snapshots, live migration. The cases are those of tests/accel."""

import functools
import os
import sys
import tempfile
import types

from kvm390 import vmm

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                '../accel'))
from cases import Case, gdbstub, migration, snapshot  # noqa: E402

SUITE = 'trixie'
LIMIT = 300

# tests/guest/memory-device.c: where it gets its memory from.
DEVICE = ('-m', '128M,slots=2,maxmem=1G', '-object',
          'memory-backend-ram,id=more,size=256M', '-device',
          'virtio-mem-ccw,memdev=more,requested-size=64M')

SHORT = ('gdbstub', 'snapshot')
WHOLE = ('snapshot-2', 'snapshot-condition-code', 'migration', 'migration-4',
         'memory-device', 'watchdog')


class VmmCase(Case):
    """One of those cases on Debian's QEMU with -accel kvm."""

    def __init__(self, suite, name, function):
        super().__init__(name, 'kvm', function, types.SimpleNamespace(
            qemu=vmm.EXEC, timeout=LIMIT))
        self.behaves = 'kvm390'
        self._prefix = vmm.prefix(suite, summary=False)

    def start(self, arguments, console='sclpconsole'):
        return super().start([*self._prefix, *arguments], console)


def memory_device(case):
    """A guest plugs memory that was not there at its start; keys in it."""
    machine = case.program('memory-device', smp=2, extra=DEVICE)
    case.ok(case.finish_program(machine), "the program's facts hold")
    plugged = machine.qmp('query-memory-devices')[0]['data']['size']
    case.equal(plugged % (64 << 20), 0, 'QEMU sees what is plugged')


def watchdog(case):
    """A guest that asks for one, by DIAGNOSE 0x288, and then forgets it."""
    machine = case.program('watchdog', extra=['-device', 'diag288'])
    machine.qmp('watchdog-set-action', action='pause')
    machine.wait(lambda: machine.event('WATCHDOG') is not None, case.timeout)
    case.equal(machine.event('WATCHDOG'), {'action': 'pause'},
               'the watchdog bites')
    case.equal(machine.qmp('query-status')['status'], 'watchdog',
               'and the machine stands')


def run(suite, name, function, fact, logs):
    """Run the case: its facts."""
    del logs
    case = VmmCase(suite, name, function)
    with tempfile.TemporaryDirectory(prefix='kvm390-vmm-') as work:
        case.work = work
        case.run()
    for good, text, seen in case.facts:
        fact(text, good, seen)


def cases(whole):
    """[(NAME, SUITE, KERNEL, FUNCTION)]"""
    there = {name: function for module in (gdbstub, migration, snapshot)
             for name, _, function in module.CASES}
    there.update({'memory-device': memory_device, 'watchdog': watchdog})
    return [(name, SUITE, 'bookworm', functools.partial(
        run, SUITE, name, there[name]))
        for name in SHORT + (WHOLE if whole else ())]
