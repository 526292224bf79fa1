# SPDX-License-Identifier: GPL-2.0-or-later
"""savevm and loadvm of a running Linux, by QMP's jobs."""

import os

from kvm390.paths import Failure

from . import texts
from .keepcount import Keepcount, in_sequence

SIZE = 64 << 20


def job(case, machine, command, **arguments):
    """Run a job to its end; its error, or None."""
    arguments['job-id'] = 'job'
    machine.qmp(command, **arguments)

    def state():
        return next(each for each in machine.qmp('query-jobs')
                    if each['id'] == 'job')

    if not machine.poll(lambda: state()['status'] == 'concluded',
                        case.timeout):
        raise Failure(f'{command} does not end')
    error = state().get('error')
    machine.qmp('job-dismiss', id='job')
    return error


def make_disk(case, machine):
    """An empty qcow2 image as the block node "disk"."""
    path = os.path.join(case.work, 'disk.qcow2')
    for error in (
            job(case, machine, 'blockdev-create', options={
                'driver': 'file', 'filename': path, 'size': 0}),
            machine.qmp('blockdev-add', **{
                'driver': 'file', 'filename': path, 'node-name': 'file'}),
            job(case, machine, 'blockdev-create', options={
                'driver': 'qcow2', 'file': 'file', 'size': SIZE})):
        if error:
            raise Failure(f'no disk for the snapshot: {error}')
    machine.qmp('blockdev-add', **{
        'driver': 'qcow2', 'file': 'file', 'node-name': 'disk'})


def snapshot(case, machine, command):
    return job(case, machine, command, tag='point', vmstate='disk',
               devices=['disk'])


def linux(case, cpus):
    machine = case.linux('keepcount', smp=cpus)
    guest = Keepcount(case, machine)
    total = guest.started()
    make_disk(case, machine)
    guest.show('set early')
    # The state is that of a moment between these two ticks: how much later
    # the second one comes depends on what else the machine does.
    first = guest.ticks(1, guest.mark())[-1]
    case.equal(snapshot(case, machine, 'snapshot-save'), None,
               'the state is saved')
    since = guest.mark()
    saved = guest.ticks(1, since)[0]
    case.equal(guest.show('set late')[2], 'late', 'the guest goes on')
    last = guest.ticks(10, since)[-1]

    since = guest.mark()
    case.equal(snapshot(case, machine, 'snapshot-load'), None,
               'the state is loaded')
    if machine.qmp('query-status')['status'] != 'running':
        machine.qmp('cont')
    # A tick or two of before the load may still have been on its way.
    ticks = [tick for tick in guest.ticks(10, since)]
    ticks = ticks[next((i for i, tick in enumerate(ticks) if tick < last),
                       0):]
    case.ok(first <= ticks[0] <= saved + 1, 'the guest is back at that point',
            f'{ticks[0]}, saved between {first} and {saved}, last at {last}')
    case.ok(in_sequence(ticks), 'and counts on from there', ticks)
    _, loaded_sum, word = guest.show()
    case.equal(word, 'early', 'what came later is forgotten')
    case.equal(loaded_sum, total, 'memory is restored')
    guest.end()
    case.equal(case.outcome(machine), 0, 'it powers itself off')


def one(case):
    linux(case, 1)


def two(case):
    linux(case, 2)


def condition_code(case):
    """A guest that is inside of a loop that keeps a condition code."""
    machine = case.program('condition-code', append='seconds=3')

    def said(text):
        return any(text in line for line in texts(machine))

    make_disk(case, machine)
    if not machine.poll(lambda: said('keeping'), case.timeout):
        raise Failure('the guest does not start')
    machine.wait(lambda: False, 0.3)
    case.equal(snapshot(case, machine, 'snapshot-save'), None,
               'the state is saved')
    for number in range(1, 4):
        machine.wait(lambda: False, 0.1)
        case.equal(snapshot(case, machine, 'snapshot-load'), None,
                   f'load {number}')
        if machine.qmp('query-status')['status'] != 'running':
            machine.qmp('cont')
    case.ok(case.finish_program(machine) and said('ok 1 '),
            'the guest found each condition code as it had set it')


CASES = [('snapshot', ('kvm390', 'tcg'), one),
         ('snapshot-2', ('kvm390',), two),
         ('snapshot-condition-code', ('kvm390', 'tcg'), condition_code)]
