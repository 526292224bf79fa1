# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that use keys and page states, migrated live: to a second such QEMU,
and to -accel kvm390 itself, which takes KVM's streams."""

import functools
import os
import tempfile

from kvm390 import moving, paths, vmm

SUITE = 'trixie'
# Of this machine type both QEMUs have the same devices.
TYPE = ('-machine', 's390-ccw-virtio-10.0')


def start(seconds, accel, program, *extra):
    """By Debian's QEMU if accel is kvm, else by ours."""
    words = {'append': f'seconds={seconds}', 'extra': [*TYPE, *extra]}
    if accel == 'kvm':
        return moving.start(vmm.EXEC, accel, program, cpu='host',
                            prefix=vmm.prefix(SUITE, False), **words)
    return moving.start(paths.QEMU, accel, program, **words)


def move(accel, program, ready, seen, count, fact, logs):
    """Migrate the program.

    ready: what it says when it may be moved; seen: (a word, what a machine
    shows of it), or None of one that stands still; count: of the facts that
    it finds in the end.
    """
    del logs
    moving.patiently(functools.partial(attempt, accel, program, ready, seen,
                                       count, fact))


def attempt(accel, program, ready, seen, count, fact, seconds):
    """The same, of a program that works for so long."""
    with tempfile.TemporaryDirectory(prefix='kvm390-vmm-') as work, \
            start(seconds, 'kvm', program) as source:
        moving.wait_for(source, ready)
        if not seen:
            source.qmp('stop')
        uri = f'unix:{work}/migration'
        with start(seconds, accel, program, '-incoming', uri,
                   '-S') as target:
            status = moving.send(source, uri)
            fact('the source is done', status == 'completed',
                 moving.console(source))
            moving.arrived(target)
            if seen:
                old, new = (seen[1](machine, work)
                            for machine in (source, target))
                fact(f'all {seen[0]} arrive',
                     old == new and len(old) > moving.PAGES,
                     f'{len(old)} and {len(new)} bytes')
            fact('the guest finds all as it had left it',
                 moving.finds_all(target, count), moving.console(target))


def states(machine, work):
    del work
    return moving.states(machine)


def back(fact, logs):
    """The other way there is none: KVM has no place for what is sent."""
    del logs
    with tempfile.TemporaryDirectory(prefix='kvm390-vmm-') as work, \
            start(300, 'kvm390', 'skey-migrate') as source:
        moving.wait_for(source, 'churning')
        path = os.path.join(work, 'state')
        moving.send(source, f'file:{path}')
        with start(300, 'kvm', 'skey-migrate', '-incoming', 'defer',
                   '-S') as target:
            moving.refusal(target, 'migrate-incoming', uri=f'file:{path}')
            target.poll(target.gone, moving.LIMIT)
            fact("a stream of kvm390's is refused in words",
                 'kvm390' in target.errors(), moving.console(target))


PROGRAMS = {
    'keys': ('skey-migrate', 'churning', ('keys', moving.keys), 2),
    'states': ('cmma-migrate', 'churning', ('states', states), 6),
    'irqs': ('irq-migrate', 'holding', None, 5),
}
SHORT = (('keys', 'kvm390'), ('states', 'kvm390'))
WHOLE = (('irqs', 'kvm390'), *((name, 'kvm') for name in PROGRAMS))


def cases(whole):
    """[(NAME, SUITE, KERNEL, FUNCTION)]"""
    found = [(f'migrate-{name}-to-{accel}', SUITE, None, functools.partial(
        move, accel, *PROGRAMS[name]))
        for name, accel in SHORT + (WHOLE if whole else ())]
    return found + ([('migrate-back', SUITE, None, back)] if whole else [])
