# SPDX-License-Identifier: GPL-2.0-or-later
"""What management tools ask a QEMU with -accel kvm before they use it."""

import functools
import os

from kvm390 import paths, vmm
from kvm390.machine import Machine
from kvm390.moving import refusal
from kvm390.paths import GUEST


def expansion(machine, kind, name):
    return machine.qmp('query-cpu-model-expansion', type=kind,
                       model={'name': name})['model']


def probe(start, there, host, fact, logs):
    """As libvirt's qemuCapsInit and virQEMUCapsProbe* ask.

    start: of a machine without a guest; there: whether it has KVM; host: the
    CPU model with all features.
    """
    del logs
    with start() as machine:
        kvm = machine.qmp('query-kvm')
        fact('KVM is there and used, or it is not', kvm == {
            'enabled': there, 'present': there}, kvm)
        full, static = (expansion(machine, kind, host)
                        for kind in ('full', 'static'))
        fact(f'{host} is a base model with features', static['name'].endswith(
            '-base') and static['props'], static)
        fact('full and static have the same name',
             full['name'] == static['name'], (full['name'], static['name']))
        fact('all of it are booleans', all(
            isinstance(value, bool) for value in full['props'].values()),
            full['props'])
        same = machine.qmp('query-cpu-model-comparison', modela=static,
                           modelb={'name': host})
        fact(f'{host} is identical to its expansion',
             same['result'] == 'identical', same)
        base = machine.qmp('query-cpu-model-baseline', modela=static,
                           modelb={'name': 'z14-base'})['model']
        less = machine.qmp('query-cpu-model-comparison', modela=base,
                           modelb=static)
        fact('a baseline is a subset', less['result'] in
             ('subset', 'identical'), (base, less))
        named = {model['name']: model for model in
                 machine.qmp('query-cpu-definitions')}
        fact(f'{host} and the named models are defined',
             {host, 'max', 'qemu', 'z14', 'z900'} <= set(named),
             sorted(named))
        usable = [name for name, model in named.items()
                  if model.get('unavailable-features') == []]
        fact('a named model can run', 'z900' in usable, usable)
        said = refusal(machine, 'query-cpu-model-expansion', type='static',
                       model={'name': 'nonsense'})
        fact('an unknown model is refused in words',
             "'nonsense'" in said, said)
        cpus = machine.qmp('query-cpus-fast')
        fact('the CPU is told', cpus[0]['target'] == 's390x', cpus)
        status = machine.quit()
        fact('ends with 0', status == 0, status)
        fact('has nothing to complain about', machine.errors() == '',
             machine.errors())


MACHINE = ('-machine', 's390-ccw-virtio', '-cpu')


def debians(suite):
    return Machine(vmm.EXEC, vmm.bare(suite, *MACHINE, 'host'))


def ours():
    return Machine(paths.QEMU, [
        '-nodefaults', '-S', '-accel', 'kvm390', '-L',
        os.path.join(GUEST, 'firmware'), *MACHINE, 'max'])


def cases():
    """[(NAME, SUITE, KERNEL, FUNCTION)]"""
    found = [(f'probe-{suite}', suite, None, functools.partial(
        probe, functools.partial(debians, suite), True, 'host'))
        for suite in vmm.SUITES]
    return [*found, ('probe-kvm390', None, None, functools.partial(
        probe, ours, False, 'max'))]
