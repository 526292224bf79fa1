# SPDX-License-Identifier: GPL-2.0-or-later
"""Storage keys from outside: savevm and loadvm, of a machine that stands still
and of a guest that changes its keys all the time; memory devices."""

import base64
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


def kept(gfn):
    """The key that memory-device.c keeps for a page, R and C left out."""
    return gfn * 37 & 0xf8


def memory_device(case):
    """A virtio-mem device's memory: half of it plugged by the guest."""
    machine = case.program('memory-device', smp=1, append='seconds=3', extra=[
        '-m', '128M,maxmem=1G',
        '-object', 'memory-backend-ram,id=more,size=64M',
        '-device', 'virtio-mem-ccw,memdev=more,requested-size=32M'])

    def said(text):
        return any(text in line for line in texts(machine))

    def accepted(command, **arguments):
        try:
            machine.qmp(command, **arguments)
        except Failure as failure:
            return str(failure).rsplit(': ', 1)[-1]
        return True

    if not machine.poll(lambda: said('keeping'), case.timeout):
        raise Failure('the guest does not start')
    device = machine.qmp('query-memory-devices')[0]['data']
    first, pages = device['memaddr'] >> 12, device['size'] >> 12
    end = first + (device['max-size'] >> 12)
    case.equal(pages, 32 << 8, 'the guest has plugged its memory')

    def plugged_keys():
        data = machine.qmp('kvm390-get-skeys', **{
            'start-gfn': first, 'count': pages, 'format': 'hex'})['data']
        return bytes(key & 0xf8 for key in bytes.fromhex(data))

    expected = bytes(kept(first + n) for n in range(pages))
    case.ok(plugged_keys() == expected, 'its keys can be read')

    set_keys(machine, end - 1, b'\x7e')
    case.equal(iske(machine, end - 1), 0x7e, 'so can those of what is not '
               'plugged, as it has a memory slot')
    case.equal(accepted('kvm390-get-skeys', **{
        'start-gfn': end - 1, 'count': 2}), 'Bad address', 'not beyond it')
    case.equal(accepted('kvm390-get-skeys', **{
        'start-gfn': first - 1, 'count': 2}), 'Bad address',
        'nor in the hole before it')
    case.equal(accepted('kvm390-keyop', address=end << 12, operation='rrbe'),
               'Bad address', 'nor by a key operation')

    data = machine.qmp('kvm390-memop', op='absolute-read', size=8,
                       address=first + 5 << 12)['data']
    case.equal(int.from_bytes(base64.b64decode(data), 'big'), first + 5 << 12,
               'memory operations reach it')
    key = kept(first + 5) >> 4
    case.equal([machine.qmp('kvm390-memop', op='absolute-write', data='AA==',
                            address=(first + 5 << 12) + 16, key=k,
                            flags=['skey-protection'])
                .get('exception', {}).get('code') for k in (key, key ^ 1)],
               [None, 4], 'under its key and no other')
    case.equal(accepted('kvm390-set-cmma', **{
        'start-gfn': first, 'values': '01'}), True, 'page states as well')

    dump = os.path.join(case.work, 'dump')
    machine.qmp('dump-skeys', filename=dump)
    with open(dump, encoding='ascii') as file:
        lines = [line for line in file if f'page={first + 7:03x}:' in line]
    case.ok(len(lines) == 1 and f'ACC={kept(first + 7) >> 4:X}' in lines[0],
            'dump-skeys lists it', lines)

    make_disk(case, machine)
    save(case, machine)
    set_keys(machine, first, bytes(pages))
    case.equal(set(plugged_keys()), {0}, 'keys are changed')
    load(case, machine)
    case.ok(plugged_keys() == expected, 'and restored with a snapshot')
    if machine.qmp('query-status')['status'] != 'running':
        machine.qmp('cont')


def one(case):
    running(case, 1)


def four(case):
    running(case, 4)


def room(case):
    """The table's addresses are taken, or refused, with the machine."""
    text = case.refusal([*MACHINE, '-m', '64M,maxmem=512P,slots=1', '-accel',
                         case.accel, '-S', *no_firmware(case)])
    case.ok(text[0] == 1 and 'no address space for the storage keys' in
            text[1], 'more than the host has room for is refused', text)
    machine = case.start([*MACHINE, '-m', '64M,maxmem=1T,slots=1', '-accel',
                          case.accel, '-S', *no_firmware(case)])
    before = machine.host_memory()['VmSize']
    set_keys(machine, 0, b'\x30')
    grown = machine.host_memory()['VmSize'] - before
    case.ok(grown < 64 << 10, 'the first key takes no more of it',
            f'{grown} KiB')


CASES = [('skeys-room', ('kvm390',), room),
         ('skeys-snapshot', ('kvm390',), still),
         ('skeys-snapshot-unused', ('kvm390',), unused),
         ('skeys-snapshot-running', ('kvm390',), one),
         ('skeys-snapshot-running-4', ('kvm390',), four),
         ('skeys-memory-device', ('kvm390',), memory_device)]
