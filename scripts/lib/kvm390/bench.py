# SPDX-License-Identifier: GPL-2.0-or-later
"""The kinds of rows that bench/rows/ is made of.

A row's file sets ROW to one of these. measure() runs one guest on one side
and returns its measurements, (NAME, VALUE, UNIT) each; a NAME that comes
several times counts by its median. Smaller is better for every one.
"""

import os
import subprocess

from . import guest
from .paths import BUILD, TOP, Failure


class Row:
    """Something to measure.

    what      a line for people
    sides     the two -accel values to compare if not the command's own
    """

    def __init__(self, what, sides=None):
        self.what = what
        self.sides = sides

    def prepare(self):
        """Build what the row needs."""

    def measure(self, qemu, accel, timeout):
        """One guest on one side: its measurements."""
        raise NotImplementedError


def good_run(run, *endings):
    """The same guest.Run if it ended in one of these ways, else Failure."""
    if run.ending not in endings or run.facts.get('exit', '0') != '0':
        raise Failure(f'{run.detail}, facts {run.facts}\n{run.tail()}')
    return run


class LinuxBoot(Row):
    """Boot the guest image, and what that takes."""

    def __init__(self, what, sides=None, **machine):
        """machine: as for guest.linux_arguments()."""
        super().__init__(what, sides)
        self._machine = machine

    def measure(self, qemu, accel, timeout):
        run = good_run(guest.run(qemu, guest.linux_arguments(
            options={'sync': 1}, accel=accel, **self._machine), timeout),
            guest.POWEROFF)
        return [('userspace', run.fact_times['uptime'], 's'),
                ('host-peak', run.samples['end']['host_peak_kib'] / 1024,
                 'MiB')]


class LinuxProgram(Row):
    """A program of bench/programs/ under Linux; its `bench` lines."""

    def __init__(self, what, program, arguments=(), sides=None, **machine):
        super().__init__(what, sides)
        self._options = {'run': program}
        if arguments:
            self._options['args'] = ','.join(map(str, arguments))
        self._machine = machine

    def measure(self, qemu, accel, timeout):
        return good_run(guest.run(qemu, guest.linux_arguments(
            options=self._options, accel=accel, **self._machine), timeout),
            guest.POWEROFF).bench


class MemoryReturned(LinuxBoot):
    """Fill and free guest memory, and see what the host gets back."""

    def measure(self, qemu, accel, timeout):
        run = good_run(guest.run(qemu, guest.linux_arguments(
            options={'sync': 1, 'fill': 700}, accel=accel, **self._machine),
            timeout), guest.POWEROFF)
        before, filled, freed = (run.samples[at]['host_rss_kib'] / 1024 for at
                                 in ('before-fill', 'filled', 'freed'))
        return [('filled', filled, 'MiB'), ('freed', freed, 'MiB'),
                ('kept', 100 * (freed - before) / (filled - before), '%')]


class UnitTest(Row):
    """What a unit test measures on the host, without a guest."""

    def __init__(self, what, test, cases):
        super().__init__(what)
        self._test = test
        self._cases = cases

    def prepare(self):
        built = subprocess.run(['ninja', '-C', os.path.join(BUILD, 'obj'),
                                '--quiet', 'kvm390-unit'], check=False)
        if built.returncode:
            raise Failure('the unit tests could not be built')

    def measure(self, qemu, accel, timeout):
        command = [os.path.join(
            BUILD, f'obj/kvm390/tests/unit/kvm390-test-{self._test}'), '--tap']
        for case in self._cases:
            command += ['-p', f'/kvm390/{self._test}/{case}']
        done = subprocess.run(command, check=False, text=True,
                              stdout=subprocess.PIPE, timeout=timeout)
        if done.returncode:
            raise Failure(f'{command[0]} failed:\n{done.stdout}')
        found = map(guest.MEASUREMENT.match, done.stdout.splitlines())
        return [(m[1], float(m[2]), m[3]) for m in found if m]


class BareMetal(Row):
    """A bare-metal program of bench/guest/; its `bench` lines.

    It stands on the library of tests/guest and prints with
    tap_note("bench NAME VALUE UNIT").
    """

    def __init__(self, what, program, arguments=(), sides=None, **machine):
        super().__init__(what, sides)
        self._image = os.path.join(BUILD, f'bench/guest/{program}.elf')
        self._machine = {'cpu': 'max', 'mem': '128M', **machine}
        self._arguments = ' '.join(arguments)

    def prepare(self):
        built = subprocess.run(
            ['make', '-s', '-C', os.path.join(TOP, 'tests/guest'),
             f'FROM={TOP}/bench/guest', f'OUT={BUILD}/bench/guest'],
            check=False)
        if built.returncode:
            raise Failure('bench/guest could not be built')

    def run(self, qemu, accel, timeout):
        """The guest.Run of the program, which reached its end."""
        words = f'accel={accel.split(",")[0]} ' \
            f'smp={self._machine.get("smp", 1)} {self._arguments}'
        run = good_run(guest.run(qemu, guest.machine_arguments(
            accel=accel, kernel=self._image, append=words.strip(),
            **self._machine), timeout, console='sclplmconsole'),
            guest.PANIC, guest.POWEROFF)
        if not any(text == '# end' for _, text in run.lines):
            raise Failure(f'the program did not reach its end\n{run.tail()}')
        return run

    def measure(self, qemu, accel, timeout):
        return self.run(qemu, accel, timeout).bench


class WithArgument(BareMetal):
    """A side is an accelerator and an argument: 'kvm390 key=3'."""

    def run(self, qemu, accel, timeout):
        accel, self._arguments = accel.split(' ')
        return super().run(qemu, accel, timeout)
