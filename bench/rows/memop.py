# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory operations in process, against memcpy() of as many bytes.

The guest is the peer of the tests of memory operations
(tests/guest/memop-peer.c): it holds its CPU in a state, DAT on with 4-KiB
pages, or counts on a word as fast as it can.
"""
import base64
import os
import struct
import subprocess
import time

from kvm390 import guest
from kvm390.bench import Row
from kvm390.machine import Machine
from kvm390.paths import BUILD, TOP, Failure

# memop-peer.c: mailbox, its fields, commands
MAILBOX = 0x8000
READY, NUMBER, COMMAND, RELEASE, DONE = 0, 8, 16, 24, 32
ARG, PSW_MASK, CR0, CR1, UNDER = 128, 160, 168, 176, 232
RUN_UNDER, SET_KEY, COUNT = 1, 2, 4

SEGMENT_TABLE = 0x400000
DATA = 0x800000
KEY = 3
WORD = 0xe00000
SIZE = 65536

# Seconds of attempts without one success that count as starving.
STARVED = 10


class Peer:
    """The guest, by memory operations over QMP."""

    def __init__(self, machine):
        self.machine = machine
        self.number = 0
        self._until(READY, 0x4d454d4f50454552)

    def write(self, address, data):
        for at in range(0, len(data), SIZE):
            self.machine.qmp('kvm390-memop', op='absolute-write',
                             address=address + at, data=base64.b64encode(
                                 data[at:at + SIZE]).decode())

    def put(self, field, value):
        self.write(MAILBOX + field, struct.pack('>Q', value))

    def get(self, field, base=MAILBOX):
        answer = self.machine.qmp('kvm390-memop', op='absolute-read',
                                  address=base + field, size=8)
        return struct.unpack('>Q', base64.b64decode(answer['data']))[0]

    def _until(self, field, value):
        end = time.monotonic() + 60
        while self.get(field) != value:
            if time.monotonic() > end:
                raise Failure('the guest does not answer')
            time.sleep(0.01)

    def begin(self, command, *args):
        for i, arg in enumerate(args):
            self.put(ARG + 8 * i, arg)
        self.put(RELEASE, 0)
        self.put(COMMAND, command)
        self.number += 1
        self.put(NUMBER, self.number)

    def finish(self):
        self.put(RELEASE, 1)
        self._until(DONE, self.number)

    def dat_on(self):
        """16 MiB one to one, a page table for each of 16 segments."""
        tables = SEGMENT_TABLE + 0x4000
        segments = [tables + i * 2048 for i in range(16)] + [0x20] * 2032
        pages = [i * 4096 for i in range(4096)]
        self.write(SEGMENT_TABLE, struct.pack('>2048Q', *segments))
        self.write(tables, struct.pack('>4096Q', *pages))
        for i in range(SIZE // 4096 + 1):
            self.begin(SET_KEY, DATA + i * 4096, KEY << 4)
            self._until(DONE, self.number)
        self.put(CR0, 0)
        self.put(CR1, SEGMENT_TABLE | 3)
        self.put(PSW_MASK, 0x0400000180000000)
        self.begin(RUN_UNDER, 0)
        self._until(UNDER, self.number)

    def time(self, count, **what):
        if 'cpu' in what:
            what['cpu-index'] = what.pop('cpu')
        answer = self.machine.qmp('x-kvm390-memop-time', count=count, **what)
        if answer['failed']:
            raise Failure(f'{what}: {answer["failed"]} operations failed')
        return answer


class MemopRow(Row):
    """Side A is memcpy(), side B the memory operation."""

    def __init__(self):
        super().__init__('memory operations in process, beside memcpy()',
                         ('memcpy', 'kvm390'))
        self._programs = os.path.join(BUILD, 'tests/guest')

    def prepare(self):
        built = subprocess.run(
            ['make', '-s', '-C', os.path.join(TOP, 'tests/guest'),
             f'OUT={self._programs}'], check=False)
        if built.returncode:
            raise Failure('tests/guest could not be built')

    def measure(self, qemu, accel, timeout):
        arguments = guest.machine_arguments(
            accel='kvm390', smp=2, mem='128M', cpu='max',
            kernel=os.path.join(self._programs, 'memop-peer.elf'))
        with Machine(qemu, arguments, console='sclplmconsole') as machine:
            results = list(self._timings(Peer(machine)))
        which = 'memcpy-ns' if accel == 'memcpy' else 'ns'
        return [(name, answer[which], 'ns') for name, answer in results]

    @staticmethod
    def _timings(peer):
        peer.dat_on()
        # keys other than 0: every page's storage key is looked at
        for name, size, count in (('64k', SIZE, 400), ('8', 8, 4000)):
            for op in ('absolute-read', 'absolute-write'):
                yield f'{op}-{name}', peer.time(
                    count, op=op, address=DATA, size=size, key=KEY)
            for op in ('logical-read', 'logical-write'):
                yield f'{op}-{name}', peer.time(
                    count, op=op, address=DATA, size=size, key=KEY, cpu=0)
        peer.finish()
        yield 'cmpxchg-8', peer.time(2000, op='absolute-cmpxchg',
                                     address=WORD, size=8, key=0)
        # a guest CPU counts on the same word; both must get on
        peer.begin(COUNT, WORD, 8, 1)
        before = peer.get(0, WORD)
        while peer.get(0, WORD) == before:
            time.sleep(0.01)
        # The guest counts faster than a memop returns what it found, so most
        # attempts come too late; not all of many, or we starve.
        end = time.monotonic() + STARVED
        while True:
            answer = peer.time(20000, op='absolute-cmpxchg', address=WORD,
                               size=8, key=0)
            if answer['exchanged']:
                break
            if time.monotonic() > end:
                raise Failure('cmpxchg starves beside a guest CPU')
        before = peer.get(0, WORD)
        time.sleep(0.01)
        if peer.get(0, WORD) == before:
            raise Failure('a guest CPU starves beside cmpxchg')
        yield 'cmpxchg-8-hammered', answer
        peer.finish()


ROW = MemopRow()
