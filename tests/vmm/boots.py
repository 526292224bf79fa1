# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux to its userspace by Debian's QEMU."""

import functools
import os

from kvm390 import guest, paths, vmm

MEMORY = 1024

# Options of the machine that each boot once: (NAME, OPTIONS, MEMORY). The
# guest's memory comes from a file of another kind.
BACKENDS = [
    ('memfd', ['-object', f'memory-backend-memfd,id=ram,size={MEMORY}M',
               '-machine', 'memory-backend=ram']),
    ('file-shared', ['-object', f'memory-backend-file,id=ram,size={MEMORY}M,'
                     'share=on,mem-path={logs}/ram', '-machine',
                     'memory-backend=ram']),
    ('file-private', ['-object', f'memory-backend-file,id=ram,size={MEMORY}M,'
                      'share=off,mem-path={logs}/ram', '-machine',
                      'memory-backend=ram']),
]

# Devices that need nothing of the host; the guest has to see each.
DEVICES = [
    '-device', 'virtio-rng-ccw', '-device', 'virtio-balloon-ccw',
    '-blockdev', 'null-co,node-name=disk,size=1048576,read-zeroes=on',
    '-device', 'virtio-blk-ccw,drive=disk',
    '-netdev', 'user,id=net', '-device', 'virtio-net-ccw,netdev=net',
]


def keep(logs, name, result):
    with open(os.path.join(logs, f'{name}.log'), 'w',
              encoding='utf-8') as log:
        for when, text in result.lines:
            log.write(f'{when:8.3f} {text}\n')
        log.write(f'{result.seconds:8.3f} {result.detail}\n')


def boot(name, suite, fact, logs, *, kernel, smp, extra=(), **machine):
    """Boot to userspace and power off; the guest.Run."""
    extra = [word.format(logs=logs) for word in extra]
    result = guest.run(vmm.EXEC, vmm.machine(
        suite, kernel=kernel, smp=smp, mem=f'{MEMORY}M', extra=extra,
        **machine), 300)
    keep(logs, name, result)
    said, counted = vmm.split_errors(result.detail)
    seen = f'{result.ending} after {result.seconds:.1f} s\n{result.detail}\n' \
           f'{result.tail()}'
    fact('reaches userspace', 'uptime' in result.facts, seen)
    fact(f'is Linux {paths.kernel_release(kernel)}',
         result.facts.get('kernel') == paths.kernel_release(kernel),
         result.facts)
    fact(f'has {smp} CPUs', result.facts.get('cpus') == str(smp),
         result.facts)
    fact('sees KVM as its hypervisor',
         result.facts.get('hypervisor') == 'KVM/Linux', result.facts)
    fact('powers itself off, and QEMU ends with 0',
         (result.ending, result.status) == (guest.POWEROFF, 0), seen)
    fact('has nothing to complain about', said[1:] == [], '\n'.join(said))
    fact('ran through KVM_RUN',
         any(line.split()[-1:] == ['KVM_RUN'] for line in counted),
         '\n'.join(counted))
    return result


def cases(whole):
    """[(NAME, SUITE, KERNEL, FUNCTION)]"""
    plain = [('trixie', 'bookworm', 1), ('bookworm', 'trixie', 2)]
    if whole:
        plain = [(suite, kernel, smp) for suite in vmm.SUITES
                 for kernel in paths.SUITES for smp in (1, 2, 4)]
    found = [_case(f'boot-{suite}-{kernel}-{smp}', suite, kernel, smp)
             for suite, kernel, smp in plain]
    found.append(_case('boot-devices', 'trixie', 'bookworm', 1, DEVICES))
    if whole:
        found += [_case(f'boot-{name}', 'trixie', 'bookworm', 2, options)
                  for name, options in BACKENDS]
        found.append(_case('boot-named-model', 'trixie', 'bookworm', 1,
                           cpu='z14,msa5=off,zpci=off'))
    return found


def _case(name, suite, kernel, smp, extra=(), **machine):
    return (name, suite, kernel, functools.partial(
        boot, name, suite, kernel=kernel, smp=smp, extra=extra, **machine))
