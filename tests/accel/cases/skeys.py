# SPDX-License-Identifier: GPL-2.0-or-later
"""savevm and loadvm with storage keys, of a machine that stands still and of
a guest that changes its keys all the time."""

import os

from kvm390.paths import Failure

from . import texts
from .snapshot import make_disk, snapshot

PAGES = 64 * 256
MACHINE = ['-nodefaults', '-machine', 's390-ccw-virtio', '-m', '64M', '-cpu',
           'max']


def no_firmware(case):
    path = os.path.join(case.work, 'no-firmware')
    with open(path, 'wb') as file:
        file.write(bytes(16))
    return ['-bios', path]


def keys(machine):
    """All keys, or None if none are used."""
    answer = machine.qmp('kvm390-get-skeys', **{
        'start-gfn': 0, 'count': PAGES, 'format': 'hex'})
    return bytes.fromhex(answer['data']) if answer['used'] else None


def set_keys(machine, gfn, data):
    machine.qmp('kvm390-set-skeys', **{
        'start-gfn': gfn, 'data': data.hex(), 'format': 'hex'})


def iske(machine, gfn):
    return machine.qmp('kvm390-keyop', address=gfn << 12,
                       operation='iske')['key']


def save(case, machine):
    case.equal(snapshot(case, machine, 'snapshot-save'), None,
               'the state is saved')


def load(case, machine):
    case.equal(snapshot(case, machine, 'snapshot-load'), None,
               'the state is loaded')


def still(case):
    machine = case.start([*MACHINE, '-accel', case.accel, '-S',
                          *no_firmware(case)])
    make_disk(case, machine)
    pattern = bytes(n & 0xfe for n in range(0, 1000))
    set_keys(machine, 0, pattern)
    set_keys(machine, PAGES - 1, b'\x9e')
    before = keys(machine)
    save(case, machine)
    set_keys(machine, 0, bytes(500))
    set_keys(machine, 800, b'\x30' * 1000)
    set_keys(machine, PAGES - 2, b'\x12\x14')
    case.ok(keys(machine) != before, 'keys are changed')
    load(case, machine)
    case.ok(keys(machine) == before, 'every key is as it was saved')
    set_keys(machine, 5, b'\x40')
    case.equal(iske(machine, 5), 0x40, 'and can be changed')


def unused(case):
    """A snapshot of before keys were used brings that back."""
    machine = case.start([*MACHINE, '-accel', case.accel, '-S',
                          *no_firmware(case)])
    make_disk(case, machine)
    save(case, machine)
    set_keys(machine, 3, b'\x58')
    load(case, machine)
    case.equal(keys(machine), None, 'no keys are used')
    case.equal(iske(machine, 3), 0, 'no key is left')
    set_keys(machine, 4, b'\x70')
    case.equal(keys(machine)[:6].hex(), '000000007000', 'they are used anew')
    save_again = snapshot(case, machine, 'snapshot-load')
    case.equal((save_again, keys(machine)), (None, None), 'and again')


def running(case, cpus):
    """skey-migrate changes keys and checks each one against its memory."""
    machine = case.program('skey-migrate', smp=cpus)

    def said(text):
        return any(text in line for line in texts(machine))

    make_disk(case, machine)
    if not machine.poll(lambda: said('churning'), case.timeout):
        raise Failure('the guest does not start')
    machine.wait(lambda: False, 0.3)
    save(case, machine)
    for number in range(3):
        machine.wait(lambda: False, 0.3)
        load(case, machine)
        if machine.qmp('query-status')['status'] != 'running':
            machine.qmp('cont')
        case.ok(len(set(keys(machine))) > 100, f'load {number + 1}: the guest '
                'uses keys')
    case.ok(case.finish_program(machine) and said('ok 2 '),
            'the guest found every key as it had left it')


def one(case):
    running(case, 1)


def four(case):
    running(case, 4)


CASES = [('skeys-snapshot', ('kvm390',), still),
         ('skeys-snapshot-unused', ('kvm390',), unused),
         ('skeys-snapshot-running', ('kvm390',), one),
         ('skeys-snapshot-running-4', ('kvm390',), four)]
