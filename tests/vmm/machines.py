# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done to a guest that runs: reset, interrupted, dumped, moved."""

import contextlib
import os

from kvm390 import guest, vmm
from kvm390.machine import Machine
from kvm390.moving import refusal
from kvm390.paths import Failure

SUITE = 'trixie'
KERNEL = 'bookworm'
LIMIT = 300

# A shell that does nothing: a guest that stays.
STAYS = {'mode': 'shell'}


@contextlib.contextmanager
def running(smp=1, options=None, extra=(), summary=False, ready='A shell'):
    """A guest in its userspace; no guest's -no-reboot."""
    words = vmm.machine(SUITE, summary, kernel=KERNEL, smp=smp,
                        options=options or STAYS, extra=list(extra))
    words.remove('-no-reboot')
    with Machine(vmm.EXEC, words) as machine:
        if ready and not seen(machine, ready):
            raise Failure(f'{ready!r} never came\n{tail(machine)}')
        yield machine


def seen(machine, text, after=0):
    """Wait for a line with this text beyond so many lines."""
    return machine.wait(lambda: any(text in line for _, line in
                                    machine.lines[after:]), LIMIT)


def tail(machine):
    lines = '\n'.join(text for _, text in machine.lines[-15:])
    return f'{machine.errors()}\n{lines}'


def status(machine):
    return machine.qmp('query-status')['status']


def settled(machine, command='query-migrate'):
    """Wait for the end of a migration; its answer."""
    machine.poll(lambda: machine.qmp(command).get('status') in
                 ('completed', 'failed'), LIMIT)
    return machine.qmp(command)


def echo(machine, word):
    """Whether the guest's shell still does what it is told."""
    mark = len(machine.lines)
    # The echoed command line itself does not have the whole word.
    machine.send(f"echo {word[:2]}''{word[2:]}\n")
    return seen(machine, word, mark)


def reset(fact, logs):
    """system_reset: it boots again."""
    del logs
    with running(smp=2) as machine:
        mark = len(machine.lines)
        machine.qmp('system_reset')
        fact('boots again after a reset', seen(machine, 'A shell', mark),
             tail(machine))
        fact('and listens', echo(machine, 'listening'), tail(machine))


def reboot(fact, logs):
    """The guest's own reboot."""
    del logs
    with running() as machine:
        mark = len(machine.lines)
        machine.send('reboot -f\n')
        fact('boots again by itself', seen(machine, 'A shell', mark),
             tail(machine))


def stop_and_go(fact, logs):
    """stop, cont, and what registers and memory show meanwhile."""
    del logs
    with running(smp=2) as machine:
        machine.qmp('stop')
        fact('stops', status(machine) == 'paused', status(machine))
        text = machine.qmp('human-monitor-command',
                           **{'command-line': 'info registers -a'})
        fact('shows its registers', text.count('PSW=mask') == 2, text)
        keys = machine.qmp('human-monitor-command',
                           **{'command-line': 'info skeys 0'})
        fact('shows a storage key', 'Page' in keys or 'key' in keys.lower(),
             keys)
        machine.qmp('cont')
        fact('goes on', echo(machine, 'goingon'), tail(machine))


def nmi(fact, logs):
    """inject-nmi: Linux's action at a restart is to stop the machine."""
    del logs
    with running() as machine:
        machine.qmp('inject-nmi')
        machine.wait(lambda: machine.event('GUEST_PANICKED') is not None,
                     LIMIT)
        told = machine.event('GUEST_PANICKED') or {}
        fact('Linux takes the restart interruption and stops',
             told.get('info', {}).get('reason') == 'disabled-wait',
             f'{told}\n{machine.events}\n{tail(machine)}')


def panic(fact, logs):
    """A panic is told from a power-off."""
    del logs
    with running(extra=['-action', 'panic=pause']) as machine:
        machine.send('echo c > /proc/sysrq-trigger\n')
        machine.wait(lambda: machine.event('GUEST_PANICKED') is not None,
                     LIMIT)
        fact('GUEST_PANICKED is told',
             machine.event('GUEST_PANICKED') is not None, tail(machine))
        fact('and the machine does as -action panic=pause says',
             machine.poll(lambda: status(machine) == 'guest-panicked', LIMIT),
             status(machine))


def dump(fact, logs):
    """dump-guest-memory; there are no storage keys that Linux would use."""
    path = os.path.join(logs, 'dump')
    with running() as machine:
        machine.qmp('dump-guest-memory', paging=False,
                    protocol=f'file:{path}')
        size = os.path.getsize(path)
        fact('the dump holds all memory', size > 1 << 30, size)
        with open(path, 'rb') as file:
            fact('it is an ELF core', file.read(4) == b'\x7fELF')
        os.unlink(path)
        said = refusal(machine, 'dump-skeys', filename=path)
        fact('dump-skeys says why there is nothing to dump',
             'not using storage keys' in said, said)
        fact('the guest goes on', echo(machine, 'goingon'), tail(machine))


def migrate(fact, logs):
    """To a file and from it: the guest goes on where it was."""
    path = os.path.join(logs, 'state')
    with running(smp=2) as machine:
        machine.send("marker=kept\n")
        machine.qmp('migrate', uri=f'file:{path}')
        end = settled(machine)
        fact('the source is done', end.get('status') == 'completed', end)
    with running(smp=2, extra=['-incoming', 'defer'],
                 ready=None) as machine:
        machine.qmp('migrate-incoming', uri=f'file:{path}')
        end = settled(machine)
        fact('the destination is done', end.get('status') == 'completed',
             f'{end}\n{machine.errors()}')
        machine.poll(lambda: status(machine) == 'running', LIMIT)
        fact('it runs', status(machine) == 'running', status(machine))
        mark = len(machine.lines)
        machine.send("echo is $marker\n")
        fact('the guest goes on where it was',
             seen(machine, 'is kept', mark), tail(machine))
    os.unlink(path)


def hotplug(fact, logs):
    """A CPU more while the guest runs, on- and offline."""
    del logs
    with running(smp='1,maxcpus=2') as machine:
        machine.qmp('device_add', driver='host-s390x-cpu',
                    **{'core-id': 1, 'id': 'cpu1'})
        machine.poll(lambda: len(machine.qmp('query-cpus-fast')) == 2, 10)
        mark = len(machine.lines)
        machine.send('while ! echo 1 > /sys/devices/system/cpu/cpu1/online; '
                     'do sleep 1; done; cat /sys/devices/system/cpu/online\n')
        fact('the guest takes it online', seen(machine, '0-1', mark),
             tail(machine))
        for turn in range(3):
            mark = len(machine.lines)
            machine.send('echo 0 > /sys/devices/system/cpu/cpu1/online; '
                         'echo 1 > /sys/devices/system/cpu/cpu1/online; '
                         f'echo turn {turn} $?\n')
            fact(f'offline and online again, turn {turn}',
                 seen(machine, f'turn {turn} 0', mark), tail(machine))


def programs(fact, logs):
    """A guest's program that makes memory come and go."""
    del logs
    words = vmm.machine(SUITE, kernel=KERNEL, smp=2,
                        options={'run': 'memory', 'args': '64,2'})
    result = guest.run(vmm.EXEC, words, LIMIT)
    fact('ends well', result.facts.get('exit') == '0',
         f'{result.detail}\n{result.tail()}')


SHORT = [reset, stop_and_go, nmi, migrate]
WHOLE = [reboot, panic, dump, hotplug, programs]


def cases(whole):
    """[(NAME, SUITE, KERNEL, FUNCTION)]"""
    return [(function.__name__.replace('_', '-'), SUITE, KERNEL, function)
            for function in SHORT + (WHOLE if whole else [])]
