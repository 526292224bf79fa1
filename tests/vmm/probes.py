# SPDX-License-Identifier: GPL-2.0-or-later
"""What management tools ask a QEMU with -accel kvm before they use it."""

import functools

from kvm390 import vmm
from kvm390.machine import Machine
from kvm390.paths import Failure


def expansion(machine, kind):
    return machine.qmp('query-cpu-model-expansion', type=kind,
                       model={'name': 'host'})['model']


def refusal(machine, command, **arguments):
    """The text of QEMU's refusal; empty if it did not refuse."""
    try:
        machine.qmp(command, **arguments)
    except Failure as failure:
        return str(failure)
    return ''


def probe(suite, fact, logs):
    """As libvirt's qemuCapsInit and virQEMUCapsProbe* ask."""
    del logs
    with Machine(vmm.EXEC, vmm.bare(suite, '-machine', 's390-ccw-virtio',
                                    '-cpu', 'host')) as machine:
        kvm = machine.qmp('query-kvm')
        fact('KVM is there and used', kvm == {'enabled': True,
                                              'present': True}, kvm)
        full, static = (expansion(machine, kind)
                        for kind in ('full', 'static'))
        fact('host is a base model with features', static['name'].endswith(
            '-base') and static['props'], static)
        fact('full and static have the same name',
             full['name'] == static['name'], (full['name'], static['name']))
        fact('all of it are booleans', all(
            isinstance(value, bool) for value in full['props'].values()),
            full['props'])
        same = machine.qmp('query-cpu-model-comparison', modela=static,
                           modelb={'name': 'host'})
        fact('host is identical to its expansion',
             same['result'] == 'identical', same)
        base = machine.qmp('query-cpu-model-baseline', modela=static,
                           modelb={'name': 'z14-base'})['model']
        less = machine.qmp('query-cpu-model-comparison', modela=base,
                           modelb=static)
        fact('a baseline is a subset', less['result'] in
             ('subset', 'identical'), (base, less))
        named = {model['name']: model for model in
                 machine.qmp('query-cpu-definitions')}
        fact('host and the named models are defined',
             {'host', 'max', 'qemu', 'z14', 'z900'} <= set(named),
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


def cases():
    """[(NAME, SUITE, KERNEL, FUNCTION)]"""
    return [(f'probe-{suite}', suite, None, functools.partial(probe, suite))
            for suite in vmm.SUITES]
