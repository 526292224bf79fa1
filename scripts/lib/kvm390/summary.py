# SPDX-License-Identifier: GPL-2.0-or-later
"""Tell a person what a booted guest did.

To add a line, add a function to LINES: it gets the Run and the command's
arguments and returns (LABEL, TEXT), or None if there is nothing to tell.
"""

from . import guest
from .fetch import records


def kernel(run, args):
    name = run.facts.get('kernel')
    origin = records.origin(f'kernel-{args.kernel}') or args.kernel
    return name and ('Kernel', f'Linux {name} ({origin})')


def userspace(run, _):
    if 'uptime' not in run.fact_times:
        return None
    return ('Time to userspace', f'{run.fact_times["uptime"]:.2f} s '
            f'(guest clock: {run.facts["uptime"]} s)')


def cpus(run, args):
    count = run.facts.get('cpus')
    return count and ('CPUs online', f'{count} of {args.smp}')


def guest_memory(run, args):
    size = run.facts.get('memtotal_kib')
    return size and ('Guest memory', f'{int(size) // 1024} MiB usable '
                     f'(MemTotal) of {args.mem}')


def host_memory(run, _):
    texts = [f'{sample["host_rss_kib"] // 1024} MiB at {name}'
             for name, sample in run.samples.items()
             if 'host_rss_kib' in sample]
    peak = run.samples.get('end', {}).get('host_peak_kib')
    if peak:
        texts.append(f'{peak // 1024} MiB at most')
    return texts and ('Host memory', ', '.join(texts))


def memory_returned(run, _):
    sizes = [run.samples.get(at, {}).get('host_rss_kib')
             for at in ('before-fill', 'filled', 'freed')]
    if None in sizes:
        return None
    before, filled, freed = (size // 1024 for size in sizes)
    share = 100 * (filled - freed) / max(filled - before, 1)
    return 'Memory returned', (
        f'{before} MiB of the host before, {filled} MiB with '
        f'{run.facts.get("filled_mib")} MiB filled, {freed} MiB one second '
        f'after they were freed: {share:.0f} % returned')


def page_states(run, _):
    pages = run.samples.get('end', {}).get('kvm390', {}).get('cmma-pages')
    return pages and ('Page states', ', '.join(
        f'{name} {count}' for name, count in pages.items() if count))


def accelerator(run, args):
    state = run.samples.get('end', {}).get('kvm390')
    if not state:
        return 'Accelerator', args.accel
    switches = [f'{key} {"on" if value else "off"}'
                for key, value in state.items() if isinstance(value, bool)]
    return 'Accelerator', (
        f'kvm390 {state["version"]}: {", ".join(sorted(switches))}; '
        f'{len(state["capabilities"])} KVM capabilities')


def counters(run, _):
    state = run.samples.get('end', {}).get('kvm390', {})
    counted = [f'{counter["name"]} {counter["value"]}'
               for counter in state.get('counters', []) if counter['value']]
    return counted and ('Counted', ', '.join(counted))


def program(run, args):
    status = run.facts.get('exit')
    return status and ('Program', f'{args.run}: exit status {status}')


def ending(run, _):
    status = 'QEMU had to be killed' if run.status is None else \
        f'QEMU: exit status {run.status}'
    return 'End', f'{run.detail.splitlines()[0]}; {status}'


LINES = [kernel, userspace, cpus, guest_memory, accelerator, counters,
         page_states, host_memory, memory_returned, program, ending]


def text(run, args):
    """The summary, a line for each of LINES that has something to tell."""
    told = filter(None, (line(run, args) for line in LINES))
    return '\n'.join(['', *(f'  {label:<18} {words}'
                            for label, words in told), ''])


def wrong(run):
    """What went wrong, in words, or None if nothing did."""
    if run.ending == guest.PANIC:
        why = [line for _, line in run.lines if 'Kernel panic' in line]
        return f'the guest panicked: {why[-1] if why else run.detail}'
    if run.ending != guest.POWEROFF:
        return run.detail
    if 'uptime' not in run.facts:
        return 'the guest never reached its userspace'
    if run.facts.get('exit', '0') != '0':
        return f"the guest's program ended with {run.facts['exit']}"
    if run.status != 0:
        return f'QEMU ended with status {run.status}'
    return None
