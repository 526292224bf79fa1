# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a guest to its end and keep what it said.

A guest talks to the host by lines on its console:

  kvm390: KEY=VALUE           a fact
  kvm390: checkpoint=NAME     the guest waits; the host looks at the machine
                              (hostfacts.py) and answers with an empty line
  bench NAME VALUE UNIT       a measurement, for bench/ ("# " may precede)
"""

import os
import re
import time

from .hostfacts import host_facts
from .machine import Machine
from .paths import GUEST, Failure, kernel_image

FACT = re.compile(r'kvm390: (\w+)=(.*)$')
MEASUREMENT = re.compile(r'(?:# )?bench (\S+) (\d+(?:\.\d+)?) (\S+)$')

# How a guest can end, from the last QMP event or none.
POWEROFF, PANIC, RESET, EXIT, TIMEOUT = (
    'poweroff', 'panic', 'reset', 'exit', 'timeout')


class Run:
    """What one guest did.

    ending      how it ended: POWEROFF, PANIC, RESET, EXIT (QEMU ended by
                itself) or TIMEOUT
    detail      the ending in words
    status      QEMU's exit status; None if it had to be killed
    seconds     how long it ran, by the host's clock
    lines       the console: (seconds, text)
    facts       KEY: VALUE as the guest said them, the last of each
    fact_times  KEY: seconds
    samples     CHECKPOINT: the host's facts there; 'end' for the end
    bench       (NAME, VALUE, UNIT) in the order they came
    """

    def __init__(self):
        self.ending = self.detail = self.status = None
        self.seconds = 0.0
        self.lines = []
        self.facts = {}
        self.fact_times = {}
        self.samples = {}
        self.bench = []

    def tail(self, count=15):
        """The last console lines, indented, for a message."""
        texts = [text for _, text in self.lines[-count:]] or ['(nothing)']
        return '\n'.join(f'    {text}' for text in texts)


def machine_arguments(accel='kvm390', smp='1', mem='2G', cpu=None,
                      kernel=None, initrd=None, append=None, extra=()):
    """QEMU's arguments for a machine that has nothing but a console."""
    arguments = ['-nodefaults', '-no-reboot', '-machine', 's390-ccw-virtio',
                 '-accel', accel, '-smp', str(smp), '-m', str(mem),
                 '-L', os.path.join(GUEST, 'firmware')]
    for option, value in (('-cpu', cpu), ('-kernel', kernel),
                          ('-initrd', initrd), ('-append', append)):
        if value:
            arguments += [option, value]
    return [*arguments, *extra]


def linux_arguments(kernel='bookworm', options=None, append='', **machine):
    """QEMU's arguments to boot the guest image.

    kernel: a suite or a path; options: {NAME: VALUE}, given to the guest's
    init as kvm390.NAME=VALUE; append: more of the kernel command line.
    """
    initrd = os.path.join(GUEST, 'initramfs.cpio')
    if not os.path.exists(initrd):
        raise Failure(f'there is no {initrd}; make guest-image builds it')
    words = [f'kvm390.{name}={value}'
             for name, value in (options or {}).items()]
    return machine_arguments(kernel=kernel_image(kernel), initrd=initrd,
                             append=' '.join([*words, append]).strip(),
                             **machine)


def _ending(machine):
    """(ending, detail) if the guest is done, else None."""
    if machine.event('GUEST_PANICKED') is not None:
        return PANIC, 'the guest stopped in a disabled wait'
    shutdown = machine.event('SHUTDOWN')
    if shutdown is not None:
        reason = shutdown.get('reason', '?')
        if reason == 'guest-shutdown':
            return POWEROFF, 'the guest powered itself off'
        if reason == 'guest-reset':
            return RESET, 'the guest reset itself'
        return EXIT, f'QEMU shut the guest down: {reason}'
    if machine.gone():
        return EXIT, 'QEMU ended by itself'
    return None


def _registers(machine):
    """What QEMU says of a guest that hangs; nothing if it hangs itself."""
    try:
        return machine.qmp('human-monitor-command', **{
            'command-line': 'info registers -a'})
    except Failure as failure:
        return str(failure)


class _Listener:
    """Turns console lines into the parts of a Run, once each."""

    def __init__(self, machine, result, on_line):
        self._machine = machine
        self._result = result
        self._on_line = on_line

    def serve(self):
        result = self._result
        while len(result.lines) < len(self._machine.lines):
            when, text = self._machine.lines[len(result.lines)]
            result.lines.append((when, text))
            if self._on_line:
                self._on_line(when, text)
            fact = FACT.search(text)
            if fact:
                self._fact(when, *fact.groups())
            measurement = MEASUREMENT.match(text)
            if measurement:
                name, value, unit = measurement.groups()
                result.bench.append((name, float(value), unit))

    def _fact(self, when, key, value):
        result = self._result
        if key == 'checkpoint':
            result.samples[value] = host_facts(self._machine)
            self._machine.send('\n')
        else:
            result.facts[key] = value
            result.fact_times[key] = when


def run(qemu, arguments, timeout, on_line=None, console='sclpconsole'):
    """Run a guest until it ends or so many seconds are over: its Run.

    on_line(seconds, text) is called for each console line; console is the
    machine's console device.
    """
    result = Run()
    deadline = time.monotonic() + timeout
    with Machine(qemu, arguments, console) as machine:
        listener = _Listener(machine, result, on_line)

        def news():
            return len(result.lines) < len(machine.lines) or _ending(machine)

        while True:
            in_time = machine.wait(news, deadline - time.monotonic())
            listener.serve()
            ending = _ending(machine)
            if ending or not in_time:
                break
        result.seconds = time.monotonic() - machine.started
        if not ending:
            ending = TIMEOUT, (f'no end after {timeout:g} s\n'
                               f'{_registers(machine)}')
        result.ending, result.detail = ending
        if not machine.gone():
            result.samples['end'] = host_facts(machine)
        result.status = machine.quit()
        # What was still on its way when the guest ended.
        machine.wait(machine.gone, 1)
        listener.serve()
        errors = machine.errors()
        if errors:
            result.detail += f'\n{errors}'
    return result
