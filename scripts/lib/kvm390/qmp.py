# SPDX-License-Identifier: GPL-2.0-or-later
"""A plain QMP client: one connection, one command at a time.

For what needs nothing but answers; machine.py follows a guest that it runs.
"""

import json
import socket
import time

from .paths import Failure


def address_of(text):
    """A socket's address: a path, or HOST:PORT."""
    host, colon, port = text.rpartition(':')
    if colon and port.isdigit() and '/' not in text:
        return socket.AF_INET, (host or 'localhost', int(port))
    return socket.AF_UNIX, text


class Qmp:
    """A connection; use it in a `with` statement."""

    def __init__(self, address, timeout=10, wait=0):
        """Connect; try for so many seconds if nobody listens there yet."""
        deadline = time.monotonic() + wait
        family, where = address_of(address)
        while True:
            self._socket = socket.socket(family)
            self._socket.settimeout(timeout)
            try:
                self._socket.connect(where)
                self._file = self._socket.makefile('rwb')
                self._answer('QMP')
                self.execute('qmp_capabilities')
                return
            except OSError as error:
                self._socket.close()
                if time.monotonic() >= deadline:
                    raise Failure(f'{address}: {error}') from None
                time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self._file.close()
        except OSError:
            pass            # QEMU went first
        self._socket.close()

    def _answer(self, *keys):
        """The next message that has one of these keys; events are none."""
        while True:
            try:
                line = self._file.readline()
            except OSError as error:
                raise Failure(f'QEMU does not answer on QMP: {error}'
                              ) from None
            if not line:
                raise Failure('QEMU has closed the QMP connection')
            message = json.loads(line)
            if any(key in message for key in keys):
                return message

    def execute(self, command, **arguments):
        """The answer to a command; Failure if it is an error or none."""
        try:
            self._file.write(json.dumps(
                {'execute': command, 'arguments': arguments}
            ).encode() + b'\n')
            self._file.flush()
        except OSError as error:
            raise Failure(f'QEMU has ended: {error}') from None
        message = self._answer('return', 'error')
        if 'error' in message:
            raise Failure(f'{command}: {message["error"]["desc"]}')
        return message['return']
