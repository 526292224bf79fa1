# SPDX-License-Identifier: GPL-2.0-or-later
"""A program of tests/guest on one machine, and what of it a second one has to
have after a migration.

The programs say "churning" or "holding" when they are to be moved, and their
facts in the end.
"""

import os

from . import guest
from .machine import Machine
from .paths import BUILD, Failure

LIMIT = 300
# For how many seconds of its clock a program works; if that was over before it
# was moved, on a busy host, it is tried with the next.
SECONDS = (15, 60, 300)
MEMORY = 128
PAGES = MEMORY << 8


class TooLate(Failure):
    """The program had come to its end before it was moved."""


def patiently(attempt):
    """attempt(seconds), again with more of them while it is TooLate."""
    for seconds in SECONDS[:-1]:
        try:
            return attempt(seconds)
        except TooLate:
            pass
    return attempt(SECONDS[-1])


def at_work(machine):
    """TooLate if the program has ended."""
    if said(machine, '1..') or machine.event('GUEST_PANICKED') is not None:
        raise TooLate('the program ended before it was moved')


def start(qemu, accel, program, append='', extra=(), cpu='max', prefix=()):
    """The program on two CPUs of this QEMU; prefix: arguments before its own.

    With -incoming in extra it waits for one to be sent.
    """
    image = os.path.join(BUILD, f'tests/guest/{program}.elf')
    if not os.path.exists(image):
        raise Failure(f'there is no {image}; make guest-programs builds it')
    machine = Machine(qemu, [*prefix, *guest.machine_arguments(
        accel=accel, smp=2, mem=f'{MEMORY}M', cpu=cpu, kernel=image,
        append=f'accel=kvm390 smp=2 {append}'.strip(), extra=extra)],
        'sclplmconsole')
    if machine.gone():
        raise Failure(f'QEMU does not start: {machine.errors()}')
    return machine


def said(machine, text):
    """Whether a line of the console has this text."""
    return any(text in line for _, line in machine.lines)


def console(machine):
    """What there is to see of a machine, for a message."""
    return '\n'.join([machine.errors(), *(text for _, text
                                          in machine.lines[-15:])])


def wait_for(machine, text):
    """Until the program has said this, or Failure."""
    machine.wait(lambda: said(machine, text) or machine.gone(), LIMIT)
    if not said(machine, text):
        raise Failure(f'{text!r} never came\n{console(machine)}')


def refusal(machine, command, **arguments):
    """The text of QEMU's refusal; empty if it did not refuse."""
    try:
        machine.qmp(command, **arguments)
    except Failure as failure:
        return str(failure)
    return ''


def keys(machine, work):
    """What dump-skeys writes; empty if the guest uses none."""
    path = os.path.join(work, 'keys')
    if refusal(machine, 'dump-skeys', filename=path):
        return ''
    with open(path, encoding='ascii') as file:
        return file.read()


def states(machine):
    """What "info cmma" shows of all pages."""
    return machine.qmp('human-monitor-command', **{
        'command-line': f'info cmma 0 {PAGES}'})


def migrate(machine, uri, seconds=LIMIT, **parameters):
    """Migrate there; the status at its end, or the last one after so long.

    Nothing is asked meanwhile: on a busy host QEMU may take longer for its
    last part, in which it answers nobody, than an answer may take.
    """
    def status():
        return (machine.event('MIGRATION') or {}).get('status')

    machine.qmp('migrate-set-capabilities', capabilities=[
        {'capability': 'events', 'state': True}])
    machine.qmp('migrate-set-parameters', **{
        'max-bandwidth': 1 << 30, **parameters})
    machine.qmp('migrate', uri=uri)
    machine.wait(lambda: machine.gone() or status() in (
        'completed', 'failed', 'cancelled'), seconds)
    return status()


def send(machine, uri):
    """migrate(); TooLate if the program had come to its end."""
    status = migrate(machine, uri)
    at_work(machine)
    return status


def arrived(machine):
    """Until the guest stands, or Failure with what QEMU says."""
    machine.poll(lambda: machine.gone() or
                 machine.qmp('query-status')['status'] == 'paused', LIMIT)
    if machine.gone():
        raise Failure(f'the target refuses it\n{machine.errors()}')


def finds_all(machine, count):
    """The program goes on to its last fact: whether all of them hold."""
    machine.qmp('cont')
    wait_for(machine, f'1..{count}')
    return not said(machine, 'not ok') and said(machine, f'ok {count} ')
