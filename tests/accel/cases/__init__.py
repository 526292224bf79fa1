# SPDX-License-Identifier: GPL-2.0-or-later
"""What the accelerator's cases share.

A case is a function of one Case object; it starts machines and says what is
a fact. A module lists its cases in CASES: (name, accelerators, function).
"""

import os
import subprocess

from kvm390 import guest
from kvm390.machine import Machine
from kvm390.paths import BUILD, Failure

PROGRAMS = os.path.join(BUILD, 'tests/guest')
# What a program prints last.
PROGRAM_END = '# end'
NM = 's390x-linux-gnu-nm'


class Case:
    """One case under one accelerator, and what came of it.

    accel       the accelerator
    behaves     the accelerator that the guest's programs find
    work        a directory of its own, removed at its end
    timeout     seconds that anything may take
    facts       (whether it holds, text, what was seen instead)
    """

    def __init__(self, name, accel, function, options):
        self.name = name
        self.accel = self.behaves = accel
        self.work = None
        self.timeout = options.timeout
        self.facts = []
        self.seconds = 0.0
        self._qemu = options.qemu
        self._function = function
        self._machines = []

    def run(self):
        """Run the case; a Failure is a fact that does not hold."""
        try:
            self._function(self)
        except Failure as failure:
            self.ok(False, 'goes through', f'{failure}\n{self._remains()}')
        finally:
            for machine in self._machines:
                machine.close()

    def _remains(self):
        """The ends of the consoles and what QEMU complained of."""
        texts = []
        for machine in self._machines:
            texts += [text for _, text in machine.lines[-12:]]
            texts.append(machine.errors())
        return '\n'.join(texts)

    def ok(self, good, text, seen=''):
        """Note a fact; returns whether it holds."""
        self.facts.append((bool(good), text, seen))
        return bool(good)

    def equal(self, actual, expected, text):
        return self.ok(actual == expected, text,
                       f'{actual!r}, not {expected!r}')

    def accelerator(self, properties=''):
        """What -accel takes, with properties."""
        return ','.join(filter(None, [self.accel, properties]))

    def start(self, arguments, console='sclpconsole'):
        """A machine with these arguments; it ends with the case."""
        machine = Machine(self._qemu, arguments, console)
        self._machines.append(machine)
        if machine.gone():
            raise Failure(f'QEMU does not start: {machine.errors()}')
        return machine

    def linux(self, run, properties='', console='sclpconsole', **machine):
        """A machine that boots Linux and runs this program of its own."""
        return self.start(guest.linux_arguments(
            options={'run': run}, accel=self.accelerator(properties),
            **{'mem': '256M', **machine}), console)

    def program(self, name, properties='', smp=1, append='', extra=()):
        """A machine that runs a program of tests/guest."""
        image = os.path.join(PROGRAMS, f'{name}.elf')
        if not os.path.exists(image):
            raise Failure(f'there is no {image}; make guest-programs builds '
                          'it')
        return self.start(guest.machine_arguments(
            accel=self.accelerator(properties), smp=smp, mem='128M',
            cpu='max', kernel=image,
            append=f'accel={self.behaves} smp={smp} {append}'.strip(),
            extra=extra),
            'sclplmconsole')

    def finish_program(self, machine):
        """Wait for a program's end; whether all its facts hold."""
        def ended():
            return PROGRAM_END in texts(machine)

        machine.wait(lambda: ended() or machine.gone(), self.timeout)
        if not ended():
            raise Failure('the program did not reach its end')
        return not any(text.startswith('not ok') for text in texts(machine))

    def outcome(self, machine):
        """End a machine whose guest is done; QEMU's exit status."""
        machine.wait(lambda: machine.event('SHUTDOWN') is not None
                     or machine.event('GUEST_PANICKED') is not None
                     or machine.gone(), self.timeout)
        return machine.quit()

    def refusal(self, arguments):
        """(exit status, standard output and error) of a QEMU that ends at
        once."""
        done = subprocess.run(
            [self._qemu, '-display', 'none', '-nodefaults', '-machine',
             'none', *arguments], stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=self.timeout, check=False)
        # AddressSanitizer begins with a warning of its own.
        said = [line for line in done.stdout.splitlines(keepends=True)
                if '==WARNING: ASan' not in line]
        return done.returncode, ''.join(said)


def texts(machine):
    """The console's lines so far, without their times; the last one may be
    unfinished."""
    unfinished = machine.unfinished()
    return [*(text for _, text in machine.lines),
            *([unfinished] if unfinished else [])]


def symbol(program, name):
    """The address of a symbol of a program of tests/guest."""
    out = subprocess.run([NM, os.path.join(PROGRAMS, f'{program}.elf')],
                         stdout=subprocess.PIPE, text=True, check=True)
    for line in out.stdout.splitlines():
        address, _, found = line.split()
        if found == name:
            return int(address, 16)
    raise Failure(f'{program} has no symbol {name}')
