# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that use keys and page states, migrated live: to a second such QEMU,
and to -accel kvm390 itself, which takes KVM's streams."""

import functools
import os
import tempfile

from kvm390 import guest, paths, vmm
from kvm390.machine import Machine
from kvm390.paths import BUILD, Failure
from probes import refusal

SUITE = 'trixie'
LIMIT = 300
MEMORY = 128
PAGES = MEMORY << 8
# What a guest's program changes while it is moved, by the guest's own clock.
SECONDS = 15
# Of this machine type both QEMUs have the same devices.
TYPE = 's390-ccw-virtio-10.0'


def start(accel, program, append='', extra=()):
    """A guest of tests/guest under this accelerator, of two QEMUs."""
    image = os.path.join(BUILD, f'tests/guest/{program}.elf')
    if not os.path.exists(image):
        raise Failure(f'there is no {image}; make guest-programs builds it')
    words = guest.machine_arguments(
        accel=accel, smp=2, mem=f'{MEMORY}M',
        cpu='host' if accel == 'kvm' else 'max', kernel=image,
        append=f'accel=kvm390 smp=2 seconds={SECONDS} {append}'.strip(),
        extra=['-machine', TYPE, *extra])
    if accel == 'kvm':
        return Machine(vmm.EXEC, [*vmm.prefix(SUITE, False), *words],
                       'sclplmconsole')
    return Machine(paths.QEMU, words, 'sclplmconsole')


def said(machine, text):
    return any(text in line for _, line in machine.lines)


def wait_for(machine, text):
    machine.wait(lambda: said(machine, text) or machine.gone(), LIMIT)
    if not said(machine, text):
        raise Failure(f'{text!r} never came\n{console(machine)}')


def console(machine):
    return '\n'.join([machine.errors(), *(text for _, text
                                          in machine.lines[-15:])])


def keys(machine, work):
    """What dump-skeys writes; empty if the guest uses none."""
    path = os.path.join(work, 'keys')
    if refusal(machine, 'dump-skeys', filename=path):
        return ''
    with open(path, encoding='ascii') as file:
        return file.read()


def states(machine):
    return machine.qmp('human-monitor-command', **{
        'command-line': f'info cmma 0 {PAGES}'})


def move(fact, source, target, path):
    """Live, while the guest works; both stand then."""
    source.qmp('migrate-set-parameters', **{'max-bandwidth': 1 << 30})
    source.qmp('migrate', uri=f'unix:{path}')

    def status():
        return source.qmp('query-migrate').get('status')

    source.poll(lambda: status() in ('completed', 'failed'), LIMIT)
    fact('the source is done', status() == 'completed', console(source))
    # The socket is there from its start, so this waits for the load.
    target.poll(lambda: target.gone() or target.qmp('query-status')['status']
                == 'paused', LIMIT)
    if target.gone():
        raise Failure(f'the target refuses it\n{target.errors()}')


def judge(fact, target, count):
    """The guest goes on and finds what it had left."""
    target.qmp('cont')
    wait_for(target, f'1..{count}')
    fact('the guest finds all as it had left it',
         not said(target, 'not ok') and said(target, f'ok {count} '),
         console(target))


def keyed(accel, fact, logs):
    """Storage keys, of a guest that changes them all the time."""
    del logs
    with tempfile.TemporaryDirectory(prefix='kvm390-vmm-') as work, \
            start('kvm', 'skey-migrate') as source:
        wait_for(source, 'churning')
        path = os.path.join(work, 'migration')
        with start(accel, 'skey-migrate', extra=[
                '-incoming', f'unix:{path}', '-S']) as target:
            move(fact, source, target, path)
            old, new = keys(source, work), keys(target, work)
            fact('all keys arrive', old == new and len(old) > PAGES,
                 f'{len(old)} and {len(new)} bytes')
            judge(fact, target, 2)


def paged(accel, fact, logs):
    """Page states, and the contents of pages that are in use."""
    del logs
    with tempfile.TemporaryDirectory(prefix='kvm390-vmm-') as work, \
            start('kvm', 'cmma-migrate') as source:
        wait_for(source, 'churning')
        path = os.path.join(work, 'migration')
        with start(accel, 'cmma-migrate', extra=[
                '-incoming', f'unix:{path}', '-S']) as target:
            move(fact, source, target, path)
            old, new = states(source), states(target)
            fact('all states arrive', old == new and '4' in old,
                 old[:300])
            judge(fact, target, 6)


def interrupted(accel, fact, logs):
    """What is pending, masked, in two CPUs."""
    del logs
    with tempfile.TemporaryDirectory(prefix='kvm390-vmm-') as work, \
            start('kvm', 'irq-migrate') as source:
        wait_for(source, 'holding')
        source.qmp('stop')
        path = os.path.join(work, 'migration')
        with start(accel, 'irq-migrate', extra=[
                '-incoming', f'unix:{path}', '-S']) as target:
            move(fact, source, target, path)
            judge(fact, target, 5)


def back(fact, logs):
    """The other way there is none: KVM has no place for what is sent."""
    del logs
    with tempfile.TemporaryDirectory(prefix='kvm390-vmm-') as work, \
            start('kvm390', 'skey-migrate') as source:
        wait_for(source, 'churning')
        path = os.path.join(work, 'state')
        source.qmp('migrate', uri=f'file:{path}')
        source.poll(lambda: source.qmp('query-migrate').get('status') ==
                    'completed', LIMIT)
        with start('kvm', 'skey-migrate', extra=[
                '-incoming', 'defer', '-S']) as target:
            refusal(target, 'migrate-incoming', uri=f'file:{path}')
            target.poll(target.gone, LIMIT)
            fact("a stream of kvm390's is refused in words",
                 'kvm390' in target.errors(), console(target))


SHORT = [('migrate-keys-kvm390', functools.partial(keyed, 'kvm390')),
         ('migrate-states-kvm390', functools.partial(paged, 'kvm390'))]
WHOLE = [('migrate-keys', functools.partial(keyed, 'kvm')),
         ('migrate-states', functools.partial(paged, 'kvm')),
         ('migrate-irqs', functools.partial(interrupted, 'kvm')),
         ('migrate-irqs-kvm390', functools.partial(interrupted, 'kvm390')),
         ('migrate-back', back)]


def cases(whole):
    """[(NAME, SUITE, KERNEL, FUNCTION)]"""
    return [(name, SUITE, None, function)
            for name, function in SHORT + (WHOLE if whole else [])]
