# SPDX-License-Identifier: GPL-2.0-or-later
"""What the host sees of a machine at a checkpoint and at its end.

To add facts, add a function to HOST_FACTS: it gets the Machine and returns
{KEY: VALUE}. A Failure of one leaves its facts out.
"""

import re

from .paths import Failure

FLUSHES = re.compile(r'^(TB flush count|TB invalidate count|TLB full flushes|'
                     r'TLB partial flushes) +(\d+)$', re.M)


def memory(machine):
    """QEMU's resident memory now and at its peak, in KiB."""
    sizes = machine.host_memory()
    return {name: sizes[key] for name, key in
            (('host_rss_kib', 'VmRSS'), ('host_peak_kib', 'VmHWM'))
            if key in sizes}


def cpus(machine):
    """How many CPUs QEMU runs."""
    return {'cpus': len(machine.qmp('query-cpus-fast'))}


def accelerator(machine):
    """What kvm390 says of itself; under another accelerator nothing."""
    if 'query-kvm390' not in {command['name'] for command
                              in machine.qmp('query-commands')}:
        return {}
    return {'kvm390': machine.qmp('query-kvm390')}


def flushes(machine):
    """What TCG threw away since it started, {COUNT: number}."""
    text = machine.qmp('x-query-jit')['human-readable-text']
    return {'flushes': {name: int(n) for name, n in FLUSHES.findall(text)}}


HOST_FACTS = [memory, cpus, accelerator, flushes]


def host_facts(machine):
    """All of them, as one {KEY: VALUE}."""
    facts = {}
    for function in HOST_FACTS:
        try:
            facts.update(function(machine))
        except Failure:
            pass
    return facts
