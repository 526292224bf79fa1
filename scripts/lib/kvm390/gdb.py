# SPDX-License-Identifier: GPL-2.0-or-later
"""A small client of QEMU's gdbstub: GDB's remote serial protocol on a socket.

Numbers are registers' and addresses' values, memory is bytes. A command that
the stub refuses raises Failure.
"""

import socket

from .paths import Failure

# Register numbers of s390x in GDB.
PSW_MASK, PSW_ADDRESS, R0 = 0, 1, 2

# Kinds of Z packets.
BREAKPOINT, HARDWARE_BREAKPOINT, WRITE_WATCHPOINT = 0, 1, 2


def r(number):
    """GDB's number of a general register."""
    return R0 + number


class Gdb:
    """A debugger attached to the QEMU that listens at this path."""

    def __init__(self, path, timeout):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(path)
        self._stream = self._socket.makefile('rb')

    def close(self):
        self._stream.close()
        self._socket.close()

    def _send(self, text):
        body = text.encode('ascii')
        self._socket.sendall(b'$%s#%02x' % (body, sum(body) % 256))

    def _receive(self):
        """The next packet's content; it is acknowledged."""
        while True:
            byte = self._stream.read(1)
            if byte == b'$':
                break
            if not byte:
                raise Failure('the gdbstub hung up')
        body = bytearray()
        while (byte := self._stream.read(1)) != b'#':
            if not byte:
                raise Failure('the gdbstub hung up')
            body += byte
        checksum = int(self._stream.read(2), 16)
        if checksum != sum(body) % 256:
            raise Failure('a packet of the gdbstub has a wrong checksum')
        self._socket.sendall(b'+')
        return body.decode('ascii')

    def command(self, text):
        """The reply to a packet; Failure if it is an error or empty."""
        self._send(text)
        reply = self._receive()
        if reply.startswith('E') or not reply:
            raise Failure(f'the gdbstub refuses {text}: {reply or "unknown"}')
        return reply

    def register(self, number):
        return int(self.command(f'p{number:x}'), 16)

    def set_register(self, number, value):
        self.command(f'P{number:x}={value:016x}')

    def registers(self):
        """PSW mask, PSW address and the 16 general registers."""
        block = self.command('g')
        return [int(block[i:i + 16], 16) for i in range(0, 18 * 16, 16)]

    def memory(self, address, size):
        return bytes.fromhex(self.command(f'm{address:x},{size:x}'))

    def set_memory(self, address, data):
        self.command(f'M{address:x},{len(data):x}:{data.hex()}')

    def insert(self, kind, address, size=2):
        self.command(f'Z{kind},{address:x},{size:x}')

    def remove(self, kind, address, size=2):
        self.command(f'z{kind},{address:x},{size:x}')

    def resume(self):
        """Let the machine run; stopped() tells when it no longer does."""
        self._send('c')

    def interrupt(self):
        """Ask a running machine to stop."""
        self._socket.sendall(b'\x03')

    def step(self):
        """One instruction; the stop reply."""
        self._send('s')
        return self.stopped()

    def stopped(self):
        """The next stop reply, e.g. T05thread:01;."""
        try:
            return self._receive()
        except socket.timeout:
            raise Failure('the gdbstub reports no stop') from None

    def detach(self):
        """Leave; the machine runs on."""
        self.command('D')
